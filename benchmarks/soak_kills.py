"""Kill builds at random moments, and look at what they leave: the site must be the old one or the new one, whole.

    python benchmarks/soak_kills.py [--kills 200] [--seed 1]

Each build starts from what the killed ones before it left: cache, index, staging folders. The content changes from
build to build between two states; after every tenth kill a build may end, and its site must be that of a build from
nothing.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from pelican_tongbao import plan

ROOT = Path(__file__).parents[1]
_EACH = 10
_BULLETINS = 8


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    dice = random.Random(options.seed)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        content, output, cache = folder / "content", folder / "site", folder / "cache"
        sound, seconds = {}, 0.0
        for state in range(2):
            write(content, state)
            clock = time.perf_counter()
            start(content, folder / f"fresh{state}", folder / f"cache{state}").wait()
            seconds = time.perf_counter() - clock
            sound[state] = digest(folder / f"fresh{state}")
        start(content, output, cache).wait()
        builds = killed = damaged = unsound = rebuilt = 0
        while killed < options.kills:
            builds += 1
            state = builds % 2
            write(content, state)
            clock = time.perf_counter()
            build = start(content, output, cache)
            try:
                build.wait(dice.uniform(0, seconds))
                # It was done before its moment came: moments are drawn from what a build takes now.
                seconds = time.perf_counter() - clock
            except subprocess.TimeoutExpired:
                os.killpg(build.pid, signal.SIGKILL) if builds % 3 else build.kill()
                build.wait()
                killed += 1
            damaged += digest(output) not in sound.values()
            if builds % _EACH == 0 or killed == options.kills:
                start(content, output, cache).wait()
                rebuilt += 1
                unsound += digest(output) != sound[state]
                unsound += digest(folder / ".tongbao-site/next") != sound[state]
                said = f"{builds} builds, {killed} of them killed, {rebuilt} rebuilds after: "
                said += f"{damaged} damaged sites, {unsound} unsound rebuilds"
                print(said, file=sys.stderr, flush=True)
    print(said)
    return int(damaged + unsound > 0)


def write(content: Path, state: int) -> None:
    """The content in one of two states: half of the texts differ, and one is there or not."""
    (content / "bulletins").mkdir(parents=True, exist_ok=True)
    for number in range(_BULLETINS):
        more = "以上情况特此通报。" if state and number % 2 else ""
        text = f"关于第{number}轮核酸检测的通告\n\n2022年3月{number + 1}日，北海市开展核酸检测，请居民配合。{more}\n"
        (content / f"bulletins/{number}.txt").write_text(text, "utf-8")
    if state:
        (content / "bulletins/0.txt").unlink()


def start(content: Path, output: Path, cache: Path) -> subprocess.Popen[bytes]:
    """A build, in a process group of its own."""
    command = [sys.executable, "-m", "pelican", str(content), "-o", str(output), "-s", str(ROOT / "pelicanconf.py")]
    environment = {**os.environ, "TONGBAO_CACHE": str(cache), "TONGBAO_STATE": plan.state(content, "pelicanconf.py")}
    quiet = subprocess.DEVNULL
    return subprocess.Popen(command, cwd=ROOT, env=environment, stdout=quiet, stderr=quiet, start_new_session=True)


def digest(site: Path) -> str:
    """A digest of all files of a site."""
    made = hashlib.sha256()
    for path in sorted(site.rglob("*")):
        if path.is_file():
            made.update(f"{path.relative_to(site)}\0{hashlib.sha256(path.read_bytes()).hexdigest()}\n".encode())
    return made.hexdigest()


if __name__ == "__main__":
    sys.exit(main())

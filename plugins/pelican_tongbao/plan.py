"""Whether anything that a build reads has changed since the last one: asked before Pelican is loaded.

Run as a file, it says so by its exit code (0: the site is up to date): `python -I -S plan.py PATH OUTPUT SETTINGS`. If
not, it prints the state that a build which begins now is made of, for `TONGBAO_STATE` of that build. It uses the
standard library alone: on most days this is all there is to do, and to load what a build needs takes longer than to
ask.

A file is known by its name, size, inode and times; `st_ctime` changes with every write, also where a program sets the
time of modification back.
"""

from __future__ import annotations

import hashlib
import json
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from itertools import chain
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
# What a build reads besides its content: code, theme, settings, and the libraries' versions.
OWN = ("plugins", "theme", "pelicanconf.py", "publishconf.py", "pyproject.toml", "constraints.txt")
# Written by the interpreter and by pip, read by no build.
PASSED = ("__pycache__", ".egg-info")
# What of the environment reaches a site.
_ENVIRONMENT = ("TONGBAO_HANT", "STRICT", "SITEURL")
_MARKER = ".tongbao-site"
# The folder beside the output, and the file in it that a build removes when it begins and writes anew at its end.
BESIDE, SAME = ".tongbao-{}", "same"
UP_TO_DATE = "tongbao: nothing has changed, the site is up to date"


def state(content: Path, settings: str) -> str:
    """A digest of everything that a build of `content` with a file of settings reads."""
    digest = hashlib.sha256(repr((sys.version, str(content.resolve()), settings)).encode())
    digest.update(repr([os.environ.get(name) for name in _ENVIRONMENT]).encode())
    libraries = Path(sys.executable).parents[1] / "lib" / f"python{sys.version_info[0]}.{sys.version_info[1]}"
    digest.update(_line("site-packages", (libraries / "site-packages").stat).encode())  # changes with what is installed
    lines = (_lines(content.resolve()), *(_lines(ROOT / name, PASSED) for name in OWN))
    for line in chain.from_iterable(lines):
        digest.update(line.encode("utf-8", "surrogateescape"))
    return digest.hexdigest()


def _lines(top: Path, passed: tuple[str, ...] = ()) -> Iterator[str]:
    """A line for each file and folder below a path, by name; two for a link. A folder that links lead to is entered
    once: Pelican follows them.

    Folders whose names end with one of `passed` are not entered.
    """
    yield _line(str(top), top.stat)
    folders = [str(top)] if top.is_dir() else []
    linked: set[str] = set()
    while folders:
        try:
            with os.scandir(folders.pop()) as found:
                entries = sorted(found, key=lambda entry: entry.name)
        except OSError:  # It can't be read, or has gone just now; its own line, or that above it, says so.
            continue
        for entry in entries:
            yield _line(entry.path, lambda entry=entry: entry.stat(follow_symlinks=False))
            is_link = entry.is_symlink()
            if is_link:
                yield _line(entry.path, entry.stat)
            if not entry.is_dir() or entry.name.endswith(passed):
                continue
            if is_link:
                real = os.path.realpath(entry.path)
                if real in linked:
                    continue
                linked.add(real)
            folders.append(entry.path)


def _line(path: str, ask: Callable[[], os.stat_result]) -> str:
    try:
        told = ask()
    except OSError as error:
        return f"{path}\0{error.errno}\n"
    return f"{path}\0{told.st_size}\0{told.st_ino}\0{told.st_mtime_ns}\0{told.st_ctime_ns}\n"


def record(cache: Path, output: Path) -> Path:
    """The file in which it is noted what the site in `output` was made of."""
    return cache / "built" / f"{hashlib.sha256(os.fsencode(output.resolve())).hexdigest()[:16]}.json"


def _published(output: Path) -> list[int] | None:
    """What tells the site that stands there from any other: inode and time of modification of its folder and of what
    its build wrote last. The folder's alone don't: two folders take turns, and a build that changes nothing at the top
    of one leaves its time. None where there is no site, or a build has begun another and did not end."""
    output = output.resolve()
    try:
        told = [path.stat() for path in (output, output.with_name(BESIDE.format(output.name)) / SAME)]
    except OSError:
        return None
    return [n for each in told for n in (each.st_ino, each.st_mtime_ns)] if (output / _MARKER).is_file() else None


def is_current(cache: Path, output: Path, made_of: str) -> bool:
    """Whether the site in `output` is the one that was made of what has this state."""
    try:
        known = json.loads(record(cache, output).read_text("utf-8"))
    except (OSError, ValueError):
        return False
    site = _published(output)
    return site is not None and known == {"state": made_of, "site": site}


def remember(cache: Path, output: Path, made_of: str) -> None:
    """Note that the site in `output` was made of what had this state."""
    note = record(cache, output)
    note.parent.mkdir(parents=True, exist_ok=True)
    pending = note.with_suffix(f".{os.getpid()}")
    pending.write_text(json.dumps({"state": made_of, "site": _published(output)}), "utf-8")
    pending.replace(note)


def look(content: Path, output: Path, settings: str) -> tuple[str, bool]:
    """The state of what there is, and whether the site in `output` is made of it."""
    cache = Path(os.environ.get("TONGBAO_CACHE") or ROOT / ".cache")
    made_of = state(content, settings)
    return made_of, is_current(cache, output, made_of)


def main(arguments: Sequence[str]) -> int:
    """Say that the site is up to date, and return 0; else say of what state it is not made, and return 1."""
    content, output, settings = arguments
    made_of, current = look(Path(content), Path(output), settings)
    print(UP_TO_DATE if current else made_of)
    return 0 if current else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

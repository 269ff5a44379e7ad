"""Measure the search over synthetic bulletins: bytes, requests, exactness, parity; size, time and memory of the build.

    python benchmarks/bench_search.py [--count 1000] [--queries 60] [--out FOLDER] [--peer]

Bytes are those of the files that a server on loopback sends to the client in Node; HTML, CSS and modules are not in
them. *Cold* counts what a first query fetches with ten snippets, *warm* what a query fetches after three others. Totals
and the first page are compared with a plain substring search, ids and scores with Whoosh's.
"""

from __future__ import annotations

import argparse
import json
import random
import resource
import shutil
import statistics
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pagefind
from bulletins import bulletins
from counting import counted

from tongbao.places import divisions
from tongbao.script import fold
from tongbao.search import SearchDocument, build_index, export, query

ROOT = Path(__file__).parents[1]
MODULES = ROOT / "theme/static/js/search"
LIMIT = 10
# Name the dearest queries too.
VERBOSE = False


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--count", type=int, default=1000, help="bulletins")
    parser.add_argument("--queries", type=int, default=60)
    parser.add_argument("--out", type=Path, default=ROOT / ".cache/bench-search")
    parser.add_argument("--peer", action="store_true", help="measure Pagefind too, from npm")
    options = parser.parse_args()
    folder = options.out / str(options.count)
    shutil.rmtree(folder, ignore_errors=True)

    corpus = list(bulletins(options.count))
    raw = sum(len(document.text.encode()) for document in corpus)
    mean = statistics.mean(len(document.text) for document in corpus)
    print(f"{options.count} bulletins, {raw / 1e6:.1f} MB, mean {mean:.0f} characters")
    shutil.copytree(MODULES, folder / "site/theme/js/search")
    build(corpus, folder, raw)
    requests = make_queries(corpus, options.queries)
    report(ask(folder / "site", requests), corpus, folder / "index", requests)
    if options.peer:
        peer(corpus, folder, [r["q"] for r in requests if set(r) == {"q"} and " " not in r["q"]])
    return 0


def peer(corpus: Sequence[SearchDocument], folder: Path, queries: Sequence[str]) -> None:
    """Pagefind beside it, where npm is to be had."""
    program = pagefind.install(Path.home() / ".cache/tongbao-bench")
    if program is None:
        print("Pagefind is not measured: npm is missing or has no pagefind for this machine; install Node.js and npm")
        return
    folded = [(fold(d.title), fold(d.text), d) for d in corpus]
    pagefind.measure(program, corpus, folder / "pagefind", queries, lambda q: brute_force(folded, {"q": q}))


def build(corpus: Sequence[SearchDocument], folder: Path, raw: int) -> None:
    names = {code: (division.name, division.parent) for code, division in divisions().items()}
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    clock = time.perf_counter()
    build_index(corpus, folder / "index")
    indexed = time.perf_counter()
    export(folder / "index", folder / "site/search", names)
    exported = time.perf_counter()
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    seconds = f"index {indexed - clock:.1f} s, export {exported - indexed:.1f} s"
    print(f"{seconds}, peak {memory / 1024:.0f} MB ({before / 1024:.0f} before)")
    files = [path for path in (folder / "site/search").rglob("*.bin")]
    for name in ("t", "l", "d", "r", "s", ""):
        own = [path.stat().st_size for path in files if not name or path.parent.name == name]
        if own:
            share = f"{sum(own) / 1e6:8.2f} MB  {sum(own) / raw:.3f} of the text"
            print(f"  {name or 'all':4}{len(own):7} files {share}, largest {max(own)} B")
    for path in files:
        if path.parent.name not in {"t", "l", "d", "r", "s"}:
            print(f"  {path.name:14}{path.stat().st_size:8} B")


def make_queries(corpus: Sequence[SearchDocument], count: int) -> list[dict[str, Any]]:
    """Pieces of the texts, of 1 to 14 characters, in either script; some with more terms, exclusions or filters."""
    chance = random.Random(3)
    out: list[dict[str, Any]] = []
    while len(out) < count:
        document = chance.choice(corpus)
        text = chance.choice((document.hans, document.hant))
        size = chance.choice((1, 2, 2, 3, 4, 4, 5, 6, 7, 8, 10, 14))
        at = chance.randrange(len(text) - 20)
        request: dict[str, Any] = {"q": text[at : at + size]}
        die = chance.random()
        if die < 0.15:
            request["q"] += " " + text[at + 15 : at + 17]
        elif die < 0.2:
            request["q"] += " -" + text[at + 15 : at + 17]
        elif die < 0.3:
            request["regions"] = [document.regions[-1]]
        elif die < 0.35:
            request["from"] = "2020-06"
        if not any(mark in request["q"] for mark in '，。、；\n"'):
            out.append(request)
    return out


def ask(site: Path, requests: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """For each request the answer, and (requests, bytes) cold and warm."""
    with counted(site) as (base, _):
        module = (site / "theme/js/search/index.js").as_uri()
        job = json.dumps({"module": module, "base": base, "requests": requests})
        done = subprocess.run(["node", str(ROOT / "benchmarks/ask.mjs")], input=job, capture_output=True, text=True)
    if done.returncode:
        raise SystemExit(f"benchmarks/ask.mjs: {done.stderr.strip()}; node 20 is needed")
    answers: list[dict[str, Any]] = json.loads(done.stdout)
    return answers


def report(
    answers: Sequence[dict[str, Any]],
    corpus: Sequence[SearchDocument],
    index_dir: Path,
    requests: Sequence[dict[str, Any]],
) -> None:
    modules = sum(path.stat().st_size for path in MODULES.glob("*.js"))
    for kind in ("cold", "warm"):
        numbers = [len(answer[kind]) for answer in answers]
        sizes = [sum(size for _, size in answer[kind]) for answer in answers]
        print(
            f"{kind}: median {statistics.median(sizes) / 1e3:.1f} kB, worst {max(sizes) / 1e3:.1f} kB;"
            f" requests median {statistics.median(numbers):.0f}, worst {max(numbers)}"
        )
        for part in sorted({name for answer in answers for name, _ in answer[kind]}):
            own = [[size for name, size in answer[kind] if name == part] for answer in answers]
            mean = statistics.mean(map(sum, own)) / 1e3
            print(f"  {part:10}{mean:7.1f} kB, {statistics.mean(map(len, own)):5.1f} requests a query on average")
        if VERBOSE:
            for size, n in sorted(zip(sizes, range(len(sizes)), strict=True), reverse=True)[:8]:
                parts = [name for name, _ in answers[n][kind]]
                print(f"  {size / 1e3:.1f} kB", requests[n], {p: parts.count(p) for p in sorted(set(parts))})
    print(f"modules of the client: {modules / 1e3:.1f} kB as written")
    clocks = [answer["ms"] for answer in answers]
    print(f"answer in ms, cold: median {statistics.median(clocks):.0f}, worst {max(clocks):.0f}")
    folded = [(fold(d.title), fold(d.text), d) for d in corpus]
    wrong = differing = unproven = 0
    for request, answer in zip(requests, answers, strict=True):
        found = answer["value"]
        names = {"from": "date_from", "to": "date_to"}
        whoosh = query(index_dir, limit=LIMIT, **{names.get(k, k): v for k, v in request.items()})
        truth = brute_force(folded, request)
        unproven += not found["exact"]
        lower, upper = found["total"], found["atMost"]
        wrong += (
            not lower <= len(truth) <= upper or (found["exact"] and lower != len(truth)) or whoosh.total != len(truth)
        )
        wrong += any(hit["id"] not in truth for hit in found["hits"]) or len(found["hits"]) != min(LIMIT, len(truth))
        differing += [(h["id"], h["score"]) for h in found["hits"]] != [(h.id, h.score) for h in whoosh.hits]
    outcome = f"{wrong} wrong, {differing} differ from Whoosh, {unproven} totals said to be lower bounds"
    print(f"{len(answers)} queries: {outcome}")


def brute_force(corpus: Sequence[tuple[str, str, SearchDocument]], request: dict[str, Any]) -> set[str]:
    terms = fold(request["q"]).split()
    found = set()
    for title, text, document in corpus:
        if all((t[1:] not in title and t[1:] not in text) if t[0] == "-" else (t in title or t in text) for t in terms):
            inside = not request.get("regions") or set(request["regions"]) & set(document.regions)
            after = "from" not in request or (
                document.published is not None and document.published[1] >= request["from"]
            )
            if inside and after:
                found.add(document.id)
    return found


if __name__ == "__main__":
    sys.exit(main())

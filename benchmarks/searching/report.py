"""The numbers of a run as tables in Markdown, and all of them as JSON."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import mean, median
from typing import Any

from searching.ask import LIMIT, PROVE, WHOLE, Answer
from searching.browse import Seen
from searching.build import Built
from searching.memory import Cost
from searching.peer import VERSION, Found
from searching.queries import CLASSES, Asked
from searching.serve import Sent
from searching.truth import Expected

# Kinds of files that are the page; all others are the index.
PAGE = ("html", "css", "js", "svg")
# {bulletins: {row: (most at the median, most at worst)}}; what is for any size stands under 0.
LIMITS: dict[int, dict[str, tuple[float, ...]]] = {
    10_000: {
        "cold": (60, 100),
        "warm": (40, 80),
        "requests": (14, 14),
        "disk": (0.65,),
        "ratio": (1,),
        "peak": (2000,),
    },
    100_000: {"cold": (100,), "warm": (60,)},
    0: {"none": (0,), "asked": (300,)},
}
_DEAREST = 8


@dataclass(frozen=True, slots=True)
class Peer:
    """Pagefind: the cost of its build, files and bytes of its index, and what it found, by number of the query."""

    cost: Cost
    files: int
    bytes: int
    found: Mapping[int, Found]


@dataclass(frozen=True, slots=True)
class Run:
    """All that was measured at one size. `seen` is by number of the query, `scripts` by id of the bulletin."""

    count: int
    characters: float
    raw: int
    built: Built
    again: Mapping[str, Built]
    sizes: Mapping[str, tuple[int, int, int]]
    asked: Sequence[Asked]
    right: Sequence[Expected]
    answers: Sequence[Answer]
    seen: Mapping[int, Seen]
    scripts: Mapping[str, str]
    peer: Peer | None

    @property
    def page(self) -> list[Sent]:
        """What of a cold visit is the page itself: the same for all queries."""
        return [one for one in next(iter(self.seen.values())).cold if one.kind in PAGE]


@dataclass(frozen=True, slots=True)
class Row:
    """A line of the table: values of ours, of ours for the peer's queries, of the peer's; and the name of its limit."""

    name: str
    values: Sequence[Sequence[float]]
    limit: str = ""
    digits: int = 1

    def cells(self, limits: Mapping[str, tuple[float, ...]]) -> list[str]:
        limit = limits.get(self.limit, ())
        least = self.limit == "asked"
        pairs = zip(self.values[0], limit, strict=False)
        met = all(have >= bound if least else have <= bound for have, bound in pairs)
        verdict = ("**met**" if met else "**missed**") if limit else ""
        bounds = " / ".join(f"{bound:g}" for bound in limit)
        if limit and limit != (0,):
            bounds = f"{'≥' if least else '≤'} {bounds}"
        shown = [" / ".join(f"{value:.{self.digits}f}" for value in values) for values in self.values]
        return [self.name, *shown, *[""] * (3 - len(shown)), bounds, verdict]


def write(run: Run, folder: Path, verbose: bool) -> None:
    """Write `report.md` and `report.json` into a folder."""
    rows = list(_rows(run))
    limits = LIMITS.get(run.count, {}) | LIMITS[0]
    head = ["", "Tongbao", "Tongbao, the same queries", f"Pagefind {VERSION}", "limit", ""]
    cells = [row.cells(limits) for row in rows]
    if run.peer is None:
        head, cells = (_without(head, 2, 3), [_without(line, 2, 3) for line in cells])
    parts = [
        f"### {run.count:,} bulletins",
        f"{run.characters:.0f} characters each, {run.raw / 1e6:.1f} MB of UTF-8; {len(run.asked)} queries, "
        f"{len(run.seen)} of them in Chromium; pairs are median / worst, kB are bytes on the wire / 1000.",
        _table(head, cells),
        _table(*_files(run)),
        _table(*_classes(run)),
        *([_dearest(run)] if verbose else []),
        *_faults(run, verbose),
    ]
    (folder / "report.md").write_text("\n\n".join(parts) + "\n", "utf-8")
    (folder / "report.json").write_text(json.dumps(_numbers(run, rows), ensure_ascii=False, indent=1), "utf-8")


# --- the table side by side ------------------------------------------------------------------------------------------


def _rows(run: Run) -> Iterator[Row]:
    yield from _bytes(run)
    yield from _exactness(run)
    yield from _cost(run)


def _each(of: Callable[[Any], float], *groups: Iterable[Any]) -> list[list[float]]:
    return [_middle([of(one) for one in group]) for group in groups]


def _bytes(run: Run) -> Iterator[Row]:
    found = list(run.peer.found.values()) if run.peer else []
    same = [run.answers[n] for n in run.peer.found] if run.peer else []
    seen = list(run.seen.values())
    page, requests = _kb(run.page), len(run.page)

    yield Row("cold in Chromium, kB", _each(lambda s: _kb(s.cold), seen), "cold")
    ours = _each(lambda a: page + _kb(a.cold), run.answers, same)
    yield Row("cold, all queries, kB", [*ours, *_each(lambda f: _kb(f.cold), found)], "cold")
    yield Row("of it the page itself, kB", [[page]])
    yield Row("warm in Chromium, kB", _each(lambda s: _kb(s.warm), seen), "warm")
    yield Row("warm, all queries, kB", _each(lambda one: _kb(one.warm), run.answers, same, found), "warm")
    yield Row("cold, as stored, kB", _each(lambda s: sum(one.stored for one in s.cold) / 1e3, seen, (), found))
    yield Row("answers' headers cold, kB", _each(lambda s: sum(one.headers for one in s.cold) / 1e3, seen, (), found))
    yield Row("requests cold, Chromium", _each(lambda s: len(s.cold), seen), "requests", digits=0)
    ours = _each(lambda a: requests + len(a.cold), run.answers, same)
    yield Row("requests cold, all queries", [*ours, *_each(lambda f: len(f.cold), found)], "requests", digits=0)
    yield Row("requests warm, all queries", _each(lambda one: len(one.warm), run.answers, same, found), digits=0)
    faults = [fault for one in seen for fault in one.faults]
    elsewhere = sum(fault.startswith("other origin") for fault in faults)
    yield Row("requests to other origins", [[elsewhere]], "none", digits=0)
    yield Row("other faults in the browser", [[len(faults) - elsewhere]], "none", digits=0)


def _exactness(run: Run) -> Iterator[Row]:
    numbers, same = range(len(run.asked)), list(run.peer.found) if run.peer else []
    yield Row("queries", [[len(numbers)], [len(same)], [len(same)]] if same else [[len(numbers)]], "asked", digits=0)
    for name, test, those in (
        ("queries with something missed", _missed, numbers),
        ("queries with something false", _false, numbers),
        ("queries that differ from Whoosh", _differs, numbers),
        ("pages that show something else", _shows_other, run.seen),
    ):
        yield Row(name, [[sum(test(run, n) for n in those)]], "none", digits=0)

    ours = [_mean(_recall(run, n) for n in some) for some in (numbers, same)]
    yield Row("recall over both scripts", [*ours, _peer_recall(run)], digits=3)
    yield Row("recall within a query's script", [*ours, _peer_recall(run, in_script=True)], digits=3)
    yield Row("recall over both scripts, in quotes", [[], [], _peer_recall(run, quoted=True)], digits=3)
    yield Row("recall within its script, in quotes", [[], [], _peer_recall(run, True, True)], digits=3)
    ours = [_mean(_precision(run, n) for n in some) for some in (numbers, same)]
    yield Row("precision", [*ours, _peer_precision(run)], digits=3)
    yield Row("precision, in quotes", [[], [], _peer_precision(run, quoted=True)], digits=3)

    loose = [answer for answer in run.answers if not answer.exact]
    yield Row(
        "pages not filled at first", [[sum(_unfilled(run, n) for n in some)] for some in (numbers, same)], digits=0
    )
    far = sum(not _reaches(run, n) and len(run.answers[n].first) < len(run.right[n].hits) for n in numbers)
    yield Row(f"queries whose first {WHOLE} hits were not all reached here", [[far]], digits=0)
    yield Row("totals that are lower bounds", [[len(loose)], [sum(not run.answers[n].exact for n in same)]], digits=0)
    proof = [_kb(a.proof) - _kb(a.cold) for a in loose if a.proven is not None]
    yield Row("what their proof costs more, kB", [_middle(proof)])
    yield Row("bounds too far apart to prove here", [[sum(a.proven is None for a in loose)]], digits=0)
    yield Row("answer in Node, ms", [_middle([answer.ms for answer in run.answers])], digits=0)


def _cost(run: Run) -> Iterator[Row]:
    built, peer = run.built, run.peer
    files, size = (sum(part[at] for part in run.sizes.values()) for at in (0, 1))
    yield Row("on disk / raw text", [[size / run.raw], [], [peer.bytes / run.raw] if peer else []], "disk", digits=3)
    yield Row("files on disk", [[files], [], [peer.files] if peer else []], digits=0)
    yield Row("index + export, s", [[built.index, built.export], [], [peer.cost.seconds] if peer else []])
    if peer:
        yield Row("time, ours / theirs", [[built.seconds / peer.cost.seconds]], "ratio", digits=2)
        yield Row("CPU time, ours / theirs", [[built.cpu / peer.cost.cpu]], digits=2)
    yield Row("CPU of the build, s", [[built.cpu], [], [peer.cost.cpu] if peer else []])
    yield Row("memory at its peak, MB", [[built.peak], [], [peer.cost.peak] if peer else []], "peak", digits=0)
    yield Row("of it before the build, MB", [[built.before]], digits=0)
    for change, cost in run.again.items():
        yield Row(f"again, one bulletin {change}: index + export, s", [[cost.index, cost.export]])
        yield Row(f"again, one bulletin {change}: peak, MB", [[cost.peak]], digits=0)


def _kb(sent: Iterable[Sent]) -> float:
    return sum(one.wire for one in sent) / 1e3


def _middle(values: Sequence[float]) -> list[float]:
    """Median and worst."""
    return [median(values), max(values)] if values else []


def _missed(run: Run, n: int) -> bool:
    answer, right = run.answers[n], run.right[n]
    there = len(right.ids)
    totals = [answer.at_most, right.total, *([answer.proven] if answer.proven is not None else [])]
    return min(totals) < there or (_reaches(run, n) and len(answer.first) < min(WHOLE, there))


def _reaches(run: Run, n: int) -> bool:
    """Whether the first hits can all be reached by reading as many texts as are read here."""
    return run.answers[n].at_most - run.answers[n].total <= PROVE


def _unfilled(run: Run, n: int) -> bool:
    """Whether a page has fewer hits than it could: the client has read enough, and says that there may be more."""
    return len(run.answers[n].hits) < min(LIMIT, len(run.right[n].ids))


def _false(run: Run, n: int) -> bool:
    answer, right = run.answers[n], run.right[n]
    totals = [answer.total, right.total, answer.proven or 0, answer.at_most if answer.exact else 0]
    ids = {id for id, _ in (*answer.hits, *answer.first, *right.hits)}
    return not ids <= right.ids or max(totals) > len(right.ids)


def _differs(run: Run, n: int) -> bool:
    answer, right = run.answers[n], run.right[n]
    return any(hits != right.hits[: len(hits)] for hits in (answer.hits, answer.first))


def _shows_other(run: Run, n: int) -> bool:
    seen, answer, right = run.seen[n], run.answers[n], run.right[n]
    return seen.ids != tuple(id for id, _ in answer.hits) or not answer.total <= seen.total <= len(right.ids)


def _recall(run: Run, n: int) -> float:
    """The share of what is there that the client vouches for: by its first hits, by its total where it is proven."""
    answer, right = run.answers[n], run.right[n]
    if not right.ids:
        return 1.0
    shares = [len({id for id, _ in answer.first} & right.ids) / min(WHOLE, len(right.ids))]
    total = answer.total if answer.exact else answer.proven
    return min(1.0, *shares, *([] if total is None else [total / len(right.ids)]))


def _precision(run: Run, n: int) -> float:
    first = {id for id, _ in run.answers[n].first}
    return len(first & run.right[n].ids) / len(first) if first else 1.0


def _peer_recall(run: Run, in_script: bool = False, quoted: bool = False) -> list[float]:
    """Of the queries of which there is something to be found: in all bulletins, or in those of the query's script."""
    shares = []
    for n, found in run.peer.found.items() if run.peer else ():
        right = {id for id in run.right[n].ids if not in_script or run.scripts[id] == run.asked[n].script}
        if right:
            shares.append(len((found.quoted if quoted else found.typed) & right) / len(right))
    return _mean(shares)


def _peer_precision(run: Run, quoted: bool = False) -> list[float]:
    """Of the queries that found something."""
    some = [(f.quoted if quoted else f.typed, run.right[n].ids) for n, f in run.peer.found.items()] if run.peer else []
    return _mean(len(mine & right) / len(mine) for mine, right in some if mine)


def _mean(values: Iterable[float]) -> list[float]:
    listed = list(values)
    return [mean(listed)] if listed else []


# --- where bytes go, and classes of queries --------------------------------------------------------------------------


def _files(run: Run) -> tuple[list[str], list[list[str]]]:
    """By kind of file: means over the queries in Chromium, and what it takes on disk."""
    head = ["mean of a query in Chromium", "cold, kB", "requests", "warm, kB", "requests", "files", "on disk, MB",
            "/ raw text", "largest, kB"]  # fmt: skip
    kinds = dict.fromkeys(
        [*PAGE, *run.sizes, *(one.kind for seen in run.seen.values() for one in seen.cold + seen.warm)]
    )
    rows = []
    for kind in kinds:
        cells = [kind]
        for which in ("cold", "warm"):
            own = [[one for one in getattr(seen, which) if one.kind == kind] for seen in run.seen.values()]
            cells += [f"{mean(map(_kb, own)):.2f}", f"{mean(map(len, own)):.1f}"]
        files, size, largest = run.sizes.get(kind, (0, 0, 0))
        disk = [str(files), f"{size / 1e6:.2f}", f"{size / run.raw:.4f}", f"{largest / 1e3:.1f}"]
        rows.append(cells + (disk if files else [""] * 4))
    return head, rows


def _classes(run: Run) -> tuple[list[str], list[list[str]]]:
    head = ["class", "queries", "hits", "missed", "false", "differ", "not filled", "at least", "not proven",
            "proof, kB more", "index cold, kB", "requests", "index warm, kB", "requests"]  # fmt: skip
    rows = []
    for kind in CLASSES:
        own = [n for n, asked in enumerate(run.asked) if asked.kind == kind]
        answers = [run.answers[n] for n in own]
        loose = [answer for answer in answers if not answer.exact]
        counts = [sum(test(run, n) for n in own) for test in (_missed, _false, _differs, _unfilled)]
        cells = [kind, len(own), _pair([len(run.right[n].ids) for n in own], 0), *counts]
        cells += [len(loose), sum(a.proven is None for a in loose)]
        cells.append(_pair([_kb(a.proof) - _kb(a.cold) for a in loose if a.proven is not None]))
        for which in ("cold", "warm"):
            sent = [getattr(answer, which) for answer in answers]
            cells += [_pair(list(map(_kb, sent))), _pair(list(map(len, sent)), 0)]
        rows.append(list(map(str, cells)))
    return head, rows


def _pair(values: Sequence[float], digits: int = 1) -> str:
    return " / ".join(f"{value:.{digits}f}" for value in _middle(values))


def _dearest(run: Run) -> str:
    lines = []
    for which in ("cold", "warm"):
        ranked = sorted(range(len(run.answers)), key=lambda n: -_kb(getattr(run.answers[n], which)))
        lines.append(f"Dearest {which}, index files in Node:")
        for n in ranked[:_DEAREST]:
            sent = getattr(run.answers[n], which)
            makeup = ", ".join(f"{kind} {count}× {kb:.1f}" for kind, (count, kb) in _makeup(sent).items())
            asked = json.dumps(run.asked[n].request, ensure_ascii=False)
            lines.append(f"- {_kb(sent):.1f} kB: {asked}, {len(run.right[n].ids)} hits ({makeup})")
    return "\n".join(lines)


def _makeup(sent: Sequence[Sent]) -> dict[str, tuple[int, float]]:
    kinds = sorted({one.kind for one in sent})
    own = {kind: [one for one in sent if one.kind == kind] for kind in kinds}
    return {kind: (len(some), round(_kb(some), 3)) for kind, some in own.items()}


def _faults(run: Run, verbose: bool) -> Iterator[str]:
    """What has to be looked into: the index as the page fetches it, faults, and queries that went wrong."""
    lines = []
    apart = [
        abs(_kb(s for s in seen.cold if s.kind not in PAGE) - _kb(run.answers[n].cold)) for n, seen in run.seen.items()
    ]
    lines.append(f"Index files in Chromium and in Node: at most {max(apart):.1f} kB apart for one query.")
    for fault in dict.fromkeys(fault for seen in run.seen.values() for fault in seen.faults):
        lines.append(f"- {fault}")
    wrong = {"missed": _missed, "false": _false, "differs": _differs}
    for n, asked in enumerate(run.asked) if verbose else ():
        what = [name for name, test in wrong.items() if test(run, n)]
        what += ["shown otherwise"] if n in run.seen and _shows_other(run, n) else []
        if what:
            lines.append(f"- {', '.join(what)}: {json.dumps(asked.request, ensure_ascii=False)}")
    yield "\n".join(lines)


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    return "\n".join(f"| {' | '.join(line)} |" for line in (head, ["---"] * len(head), *rows))


def _without(line: Sequence[str], *places: int) -> list[str]:
    return [cell for place, cell in enumerate(line) if place not in places]


# --- all numbers -----------------------------------------------------------------------------------------------------


def _numbers(run: Run, rows: Sequence[Row]) -> dict[str, Any]:
    return {
        "bulletins": run.count,
        "characters": run.characters,
        "raw": run.raw,
        "rows": [asdict(row) for row in rows],
        "built": asdict(run.built),
        "again": {change: asdict(built) for change, built in run.again.items()},
        "peer": asdict(run.peer.cost) | {"files": run.peer.files, "bytes": run.peer.bytes} if run.peer else None,
        "sizes": {
            part: dict(zip(("files", "bytes", "largest"), size, strict=True)) for part, size in run.sizes.items()
        },
        "page": _makeup(run.page),
        "queries": [_query(run, n) for n in range(len(run.asked))],
    }


def _query(run: Run, n: int) -> dict[str, Any]:
    asked, right, answer = run.asked[n], run.right[n], run.answers[n]
    out: dict[str, Any] = {"class": asked.kind, "script": asked.script, "request": asked.request}
    out |= {"there": len(right.ids), "whoosh": right.total, "total": answer.total, "at_most": answer.at_most}
    out |= {"exact": answer.exact, "proven": answer.proven, "ms": round(answer.ms, 1)}
    out |= {"missed": _missed(run, n), "false": _false(run, n), "differs": _differs(run, n)}
    out |= {"unfilled": _unfilled(run, n)}
    out |= {which: _makeup(getattr(answer, which)) for which in ("cold", "warm", "proof")}
    if n in run.seen:
        seen = run.seen[n]
        out["chromium"] = {"cold": _makeup(seen.cold), "warm": _makeup(seen.warm), "faults": seen.faults}
    if run.peer and n in run.peer.found:
        found = run.peer.found[n]
        sets = {"typed": found.typed, "quoted": found.quoted}
        out["pagefind"] = {"cold": _makeup(found.cold), "warm": _makeup(found.warm)}
        out["pagefind"] |= {name: [len(ids), len(ids & right.ids)] for name, ids in sets.items()}
    return out

"""The right answers: what a plain substring search over all folded texts finds, and what Whoosh says."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from evaluate.pool import spread

from searching.queries import Request
from tongbao.script import fold
from tongbao.search import SearchDocument, query
from tongbao.search.syntax import parse


@dataclass(frozen=True, slots=True)
class Folded:
    """What of a bulletin decides whether it is found."""

    id: str
    title: str
    text: str
    days: tuple[str, str] | None
    regions: frozenset[str]
    script: str
    kind: str | None
    repairs: tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class Expected:
    """The ids that a substring search finds, and Whoosh's answer: total and (id, score) of the first hits."""

    ids: frozenset[str]
    total: int
    hits: tuple[tuple[str, float], ...]


def folded(documents: Iterable[SearchDocument]) -> list[Folded]:
    return [_folded(document) for document in documents]


def _folded(d: SearchDocument) -> Folded:
    return Folded(d.id, fold(d.title), fold(d.text), d.published, frozenset(d.regions), d.script, d.kind, d.repairs)


def expected(corpus: Sequence[Folded], index: Path, requests: Sequence[Request], first: int) -> Iterator[Expected]:
    """The right answers to requests, with the `first` hits as Whoosh ranks them."""
    for request, (total, hits) in zip(requests, spread(_whoosh, ((index, r, first) for r in requests)), strict=True):
        yield Expected(find(corpus, request), total, hits)


def find(corpus: Iterable[Folded], request: Request) -> frozenset[str]:
    terms = parse(request["q"])
    first, last = _bound(request.get("from"), "-01-01", "0000"), _bound(request.get("to"), "-99-99", "9999")
    dated = "from" in request or "to" in request
    found = []
    for one in corpus:
        if dated and not (one.days and one.days[0] <= last and one.days[1] >= first):
            continue
        if request.get("regions") and one.regions.isdisjoint(request["regions"]):
            continue
        if request.get("scripts") and one.script not in request["scripts"]:
            continue
        if request.get("kinds") and one.kind not in request["kinds"]:
            continue
        if not all(term in one.text or term in one.title for term in terms.include):
            continue
        if any(term in one.text or term in one.title for term in terms.exclude):
            continue
        if request.get("received") and not all(_received(one, term) for term in terms.include):
            continue
        found.append(one.id)
    return frozenset(found)


def _bound(day: str | None, rest: str, none: str) -> str:
    """A day as written, filled up so that comparing strings compares days."""
    return (day or none) + rest[len(day or none) - 4 :]


def _received(one: Folded, term: str) -> bool:
    """Whether a term stands where no repair was, or in the title alone."""
    at, there = one.text.find(term), False
    while at >= 0:
        there = True
        if all(end <= at or at + len(term) <= start for start, end in one.repairs):
            return True
        at = one.text.find(term, at + 1)
    return not there


def _whoosh(asked: tuple[Path, Request, int]) -> tuple[int, tuple[tuple[str, float], ...]]:
    index, request, first = asked
    names = {"from": "date_from", "to": "date_to"}
    found = query(index, limit=first, **{names.get(name, name): value for name, value in request.items()})
    return found.total, tuple((hit.id, hit.score) for hit in found.hits)

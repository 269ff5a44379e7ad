"""Answer a query from the Whoosh index, as the browser's client answers it from the exported files."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from tongbao.folding import fold
from tongbao.search import snippet
from tongbao.search.contents import FIELDS
from tongbao.search.documents import SearchDocument, date_label, first_day, last_day
from tongbao.search.index import Index
from tongbao.search.syntax import Query, parse

SORTS = ("relevance", "newest", "oldest")


@dataclass(frozen=True, slots=True)
class Hit:
    """A bulletin that was found. `date` is the shortest ISO form; title and snippet are in Simplified."""

    id: str
    score: float
    title: str
    date: str | None
    regions: tuple[str, ...]
    snippet: tuple[snippet.Run, ...]


@dataclass(frozen=True, slots=True)
class Facets:
    """How many hits have each region code, year, kind and script; sorted by count, then by value."""

    regions: tuple[tuple[str, int], ...]
    years: tuple[tuple[str, int], ...]
    kinds: tuple[tuple[str | None, int], ...]
    scripts: tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True)
class Results:
    """All hits counted, and those of one page in order."""

    total: int
    hits: tuple[Hit, ...]
    facets: Facets


@dataclass(frozen=True, slots=True)
class _Filter:
    regions: frozenset[str]
    scripts: frozenset[str]
    kinds: frozenset[str]
    first: str | None
    last: str | None

    def __call__(self, index: Index, number: int) -> bool:
        wanted = (
            (self.regions, index.heads[number].regions),
            (self.scripts, (index.heads[number].script,)),
            (self.kinds, (index.heads[number].kind,)),
        )
        if any(values and values.isdisjoint(own) for values, own in wanted):
            return False
        if self.first is None and self.last is None:
            return True
        published = index.heads[number].published
        if published is None or (self.last is not None and published[0] > self.last):
            return False
        return self.first is None or published[1] >= self.first


def query(
    index_dir: Path,
    q: str,
    regions: Sequence[str] = (),
    date_from: str | None = None,
    date_to: str | None = None,
    sort: str = "relevance",
    limit: int = 10,
    offset: int = 0,
    scripts: Sequence[str] = (),
    kinds: Sequence[str] = (),
    received: bool = False,
) -> Results:
    """Find the bulletins that contain every term of `q` in title or text and none of its excluded terms.

    A bulletin needs one of the codes in `regions`, one of `scripts` (as received) and one of `kinds`, unless these are
    empty; `date_from` and `date_to` (yyyy, yyyy-mm or yyyy-mm-dd) keep the bulletins whose publication may fall between
    them, never those without a date. With `received`, a term of `q` counts only as it was received: where it stands in
    the text outside all repairs, or in the title while the text does not hold it. `sort` is one of SORTS; where `q` has
    no term, relevance is that of the newest.
    Raises ValueError for a date or an order that can't be read, SearchIndexError where there is no index.
    """
    if sort not in SORTS:
        raise ValueError(f"{sort!r} is no order; write one of {', '.join(SORTS)}")
    days = first_day(date_from) if date_from else None, last_day(date_to) if date_to else None
    passes = _Filter(frozenset(regions), frozenset(scripts), frozenset(kinds), *days)
    parsed = parse(q)
    with Index(index_dir) as index:
        scores = _matching(index, parsed)
        numbers = [number for number in scores if passes(index, number)]
        if received:
            numbers = [
                n for n in numbers if not index.heads[n].repaired or _as_received(index.document(n), parsed.include)
            ]
        numbers.sort(key=_order(index, scores, sort if parsed.include or sort != "relevance" else "newest"))
        page = numbers[offset : offset + limit]
        hits = tuple(_hit(index, n, scores[n], parsed.include) for n in page)
        return Results(len(numbers), hits, _facets(index, numbers))


def _matching(index: Index, parsed: Query) -> dict[int, float]:
    """{document number: score}; a document's score is the sum over terms of its title's and its text's score."""
    total: dict[int, float] = dict.fromkeys(range(len(index)), 0.0)
    for term in parsed.include:
        scores: dict[int, float] = {}
        for field in FIELDS:
            for number, score in index.scores(field, term).items():
                scores[number] = scores.get(number, 0.0) + score
        total = {number: score + scores[number] for number, score in total.items() if number in scores}
    for term in parsed.exclude:
        for field in FIELDS:
            for number in index.scores(field, term):
                total.pop(number, None)
    return total


def _as_received(document: SearchDocument, terms: Sequence[str]) -> bool:
    """Whether each term stands in the text outside all repairs, or in the title alone."""
    folded = fold(document.text)
    for term in terms:
        found = snippet.matches(folded, [term])
        clean = (all(end <= a or b <= start for a, b in document.repairs) for start, end, _ in found)
        if found and not any(clean):
            return False
    return True


def _order(index: Index, scores: dict[int, float], sort: str) -> Callable[[int], tuple[float, int]]:
    """The sort key of documents; ties go by their numbers. Those without a date come last, where dates decide."""
    if sort == "relevance":
        return lambda n: (-scores[n], n)
    dated = sorted({head.published for head in index.heads if head.published})
    step = -1 if sort == "newest" else 1
    place: dict[tuple[str, str] | None, int] = {days: at * step for at, days in enumerate(dated)}
    place[None] = len(dated)
    return lambda n: (place[index.heads[n].published], n)


def _hit(index: Index, number: int, score: float, terms: Sequence[str]) -> Hit:
    document = index.document(number)
    runs = snippet.runs(document.hans, fold(document.text), terms, document.repairs)
    label = date_label(document.published)
    return Hit(document.id, score, document.title_hans, label, document.regions, runs)


_Value = TypeVar("_Value")


def _count(values: list[_Value]) -> tuple[tuple[_Value, int], ...]:
    return tuple(sorted(Counter(values).items(), key=lambda item: (-item[1], str(item[0] or ""))))


def _facets(index: Index, numbers: Sequence[int]) -> Facets:
    spans = [p for n in numbers if (p := index.heads[n].published)]
    return Facets(
        regions=_count([code for n in numbers for code in index.heads[n].regions]),
        years=_count([f"{y:04}" for a, b in spans for y in range(int(a[:4]), int(b[:4]) + 1)]),
        kinds=_count([index.heads[n].kind for n in numbers]),
        scripts=_count([index.heads[n].script for n in numbers]),
    )

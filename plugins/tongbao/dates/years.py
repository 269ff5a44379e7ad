"""The year of a day that a text gives without one, as an intersection of intervals that a reader can follow.

Each *bound* is a fact with a span of the text: what it names began, ended or held at known days (the tables
`data/year_*.tsv`), a full date or a document's year stands nearby, a weekday or a lunar day is given beside the solar
one. A year is answered when exactly one is left.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from tongbao.model import Evidence

# The years that are weighed. A day that no bound closes on both sides keeps many of them, and gets no answer.
YEARS = range(1990, 2050)

Span = tuple[date, date]


@dataclass(frozen=True, slots=True)
class Bound:
    """What one fact says about the day of writing: `allows(day)`. Soft ones are set aside where they leave nothing.

    `shown`, where the bound is made of several facts, gives the evidence of those that allow a day.

    `rule` names the fact: a row of a table, or `weekday`, `lunar`, `document-year`, `full-date` and the like.
    """

    rule: str
    allows: Callable[[date], bool]
    evidence: tuple[Evidence, ...]
    soft: bool = False
    shown: Callable[[date], tuple[Evidence, ...]] | None = None

    def evidence_for(self, day: date) -> tuple[Evidence, ...]:
        """The part of the evidence that speaks for this day."""
        return self.shown(day) if self.shown else self.evidence


@dataclass(frozen=True, slots=True)
class Within:
    """Whether a day lies in one of the spans, ends included."""

    spans: tuple[Span, ...]

    def __call__(self, day: date) -> bool:
        return any(first <= day <= last for first, last in self.spans)

    @property
    def span(self) -> Span:
        """From the first beginning to the last end."""
        return min(first for first, _ in self.spans), max(last for _, last in self.spans)


def between(spans: Iterable[Span]) -> Within:
    """Whether a day lies in one of the spans, ends included."""
    return Within(tuple(spans))


def near(day: date, days: int = 31) -> Callable[[date], bool]:
    """Whether a day lies at most so many days from the one given."""
    return lambda other: abs((other - day).days) <= days


@dataclass(frozen=True, slots=True)
class Inference:
    """The day that is left, and the bounds that leave no other."""

    day: date
    bounds: tuple[Bound, ...]


def day_in(year: int, month: int, day: int) -> date | None:
    """The day, or None where the year has no such day (29 February, 31 November)."""
    try:
        return date(year, month, day)
    except ValueError:
        return None


def nearest(month: int, day: int, to: date) -> date | None:
    """The day of that month and day that lies nearest to another."""
    days = [d for year in (to.year - 1, to.year, to.year + 1) if (d := day_in(year, month, day))]
    return min(days, key=lambda d: abs((d - to).days), default=None)


def infer(month: int, day: int, bounds: Sequence[Bound]) -> Inference | None:
    """The one day of that month and day that every bound allows; None where none or several are left.

    Hard bounds hold together or there is no answer. Soft ones follow in order while more than one year is left, each
    only where it leaves something. The answer names a smallest set of bounds that excludes all other years.
    """
    days = [d for year in YEARS if (d := day_in(year, month, day))]
    held = [b for b in bounds if not b.soft]
    left = [d for d in days if all(b.allows(d) for b in held)]
    for bound in bounds:
        if len(left) <= 1:
            break
        kept = [d for d in left if bound.allows(d)] if bound.soft else left
        if 0 < len(kept) < len(left):
            held, left = [*held, bound], kept
    if len(left) != 1:
        return None
    return Inference(left[0], _needed(left[0], days, held))


def _needed(answer: date, days: Sequence[date], bounds: Sequence[Bound]) -> tuple[Bound, ...]:
    """Greedily, the bounds that exclude most of the other years, until all are excluded."""
    others, needed = [d for d in days if d != answer], []
    while others:
        best = max(bounds, key=lambda b: sum(not b.allows(d) for d in others))
        others = [d for d in others if best.allows(d)]
        needed.append(best)
    return tuple(needed)


def enclose(bounds: Sequence[Bound]) -> tuple[Bound, Bound, Span] | None:
    """The hard bounds that give the latest beginning and the earliest end, and the span between; None without one."""
    spans = [(b, b.allows.span) for b in bounds if not b.soft and isinstance(b.allows, Within)]
    if not spans:
        return None
    since, (first, _) = max(spans, key=lambda pair: pair[1][0])
    until, (_, last) = min(spans, key=lambda pair: pair[1][1])
    return (since, until, (first, last)) if first <= last else None


def week(day: date) -> Span:
    """The Monday and the Sunday of a day's week."""
    monday = day - timedelta(days=day.weekday())
    return monday, monday + timedelta(days=6)

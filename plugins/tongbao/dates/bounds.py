"""What the dates of a text say about the day it was written: full dates, weekdays, lunar days, numbers, stamps."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import date, timedelta

from tongbao.dates.anchors import fact_bounds, outbreak_bound
from tongbao.dates.expressions import Expression, Form
from tongbao.dates.lunar import LUNAR_FESTIVALS, SOLAR_FESTIVALS, festival_day, solar_day
from tongbao.dates.roles import Place, Placed, layout
from tongbao.dates.units import unit_bounds
from tongbao.dates.years import Bound, between, day_in, near, nearest
from tongbao.model import Document, Evidence
from tongbao.patterns import regex

# A full date that no word marks as future may still lie so many days ahead.
_AHEAD = timedelta(days=31)

_DOCUMENT_YEAR = regex(
    r"[〔\[【(]((?:19|20)\d\d)年?[〕\]】)] ?(?:第 ?)?\d{1,4} ?号|((?:19|20)\d\d)年(?:第 ?)?\d{1,4} ?号"
)


def full_day(expression: Expression) -> date | None:
    """The (last) day of an expression that gives a full date; None for any other, or where there is no such day."""
    point = expression.last or expression.first
    if point.year and point.month and point.day:
        return day_in(point.year, point.month, point.day)
    return None


def spans(document: Document, *expressions: Expression) -> tuple[Evidence, ...]:
    """The expressions as evidence."""
    return tuple(Evidence(e.start, e.end, document.text[e.start : e.end]) for e in expressions)


def all_bounds(document: Document, placed: Sequence[Placed], regions: Sequence[str]) -> list[Bound]:
    """Every bound on the day of writing. Soft ones in the order in which they are tried: nearest evidence first."""
    found = [
        *_stamps(document, placed),
        *_document_years(document),
        *_full_dates(document, placed),
        *_calendar(document, placed),
        *fact_bounds(document, regions),
        *unit_bounds(document, regions),
    ]
    if outbreak := outbreak_bound(document, regions):
        found.append(outbreak)
    return found


def _stamps(document: Document, placed: Sequence[Placed]) -> Iterator[Bound]:
    """A page's own days: the text existed then, and most often had not existed for long."""
    for item in placed:
        day = full_day(item.expression)
        if day and item.place in (Place.HEADER, Place.MASTHEAD, Place.UPDATED, Place.CLOCK):
            rule, shown = f"{item.place}-date", spans(document, item.expression)
            yield Bound(rule, between([(date.min, day + timedelta(days=1))]), shown)
            if item.place is not Place.CLOCK:
                yield Bound(rule, near(day), shown, soft=True)
    if fetched := document.sidecar.fetched:
        shown = (Evidence(0, 0, fetched.isoformat(), "sidecar"),)
        yield Bound("fetched", between([(date.min, fetched + timedelta(days=1))]), shown)


def _document_years(document: Document) -> Iterator[Bound]:
    """A document that is cited is older; the number in a text's own head gives its year."""
    lines = layout(document)
    body = lines.starts[lines.body] if lines.body < len(lines.starts) else len(document.folded)
    for match in _DOCUMENT_YEAR.finditer(document.folded[:20_000]):
        year = int(match[1] or match[2])
        shown = (Evidence(match.start(), match.end(), document.text[match.start() : match.end()]),)
        own = match.start() < body
        last = date(year, 12, 31) if own else date.max
        yield Bound("document-year" if own else "cited-year", between([(date(year, 1, 1), last)]), shown)


_NARRATED = (Place.LEAD, Place.BODY, Place.TITLE, Place.EFFECT, Place.DEADLINE, Place.DATELINE)


def _full_dates(document: Document, placed: Sequence[Placed]) -> Iterator[Bound]:
    """Full dates of the text itself: what is told has happened, what is announced has not, and most lies close by."""
    for item in placed:
        expression = item.expression
        if expression.form is Form.FESTIVAL and expression.first.year:
            name = document.folded[expression.start : expression.end].partition("年")[2].strip()
            known = name in LUNAR_FESTIVALS or name in SOLAR_FESTIVALS
            if known and (day := festival_day(name, expression.first.year)):
                yield Bound("festival", near(day, 45), spans(document, expression), soft=True)
            continue
        if item.place not in _NARRATED or not (day := full_day(expression)):
            continue
        shown = spans(document, expression)
        if item.future:
            yield Bound("future-date", between([(date.min, day)]), shown)
        elif item.place is not Place.DEADLINE:
            yield Bound("full-date", between([(day - _AHEAD, date.max)]), shown)
        yield Bound("near-date", near(day), shown, soft=True)


def _calendar(document: Document, placed: Sequence[Placed]) -> Iterator[Bound]:
    """Solar days without a year that are given with their weekday or their lunar day."""
    for item in placed:
        expression = item.expression
        point = expression.first
        if item.place is Place.FURNITURE or point.year or not (point.month and point.day):
            continue
        month, number = point.month, point.day
        if (weekday := expression.weekday) is not None:
            yield Bound("weekday", _falls_on(month, number, weekday), spans(document, expression))
        if lunar := expression.lunar:
            yield Bound("lunar", _coincides(month, number, lunar), spans(document, expression))


def _falls_on(month: int, day: int, weekday: int) -> Callable[[date], bool]:
    """Whether month and day, in the year that brings them nearest to the day of writing, fall on a weekday."""

    def allows(writing: date) -> bool:
        told = nearest(month, day, writing)
        return told is not None and told.weekday() == weekday

    return allows


def _coincides(month: int, day: int, lunar: tuple[int, int]) -> Callable[[date], bool]:
    """Whether month and day, in the year that brings them nearest to the day of writing, are a lunar day."""

    def allows(writing: date) -> bool:
        told = nearest(month, day, writing)
        # A lunar year begins in January or February: its last months lie in the next solar year.
        return told is not None and told in (solar_day(told.year - 1, *lunar), solar_day(told.year, *lunar))

    return allows

"""Events: the days that a text tells of, resolved against its day of publication."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta

from tongbao.dates import edtf
from tongbao.dates.bounds import spans
from tongbao.dates.expressions import Base, Expression, Form, Partial, Shift
from tongbao.dates.lunar import LUNAR_FESTIVALS, SOLAR_FESTIVALS, festival_day, solar_day
from tongbao.dates.publication import Text
from tongbao.dates.roles import Place
from tongbao.dates.years import Span, day_in, nearest, week
from tongbao.model import DateTag, Document, Evidence

_TOLD = (Place.TITLE, Place.LEAD, Place.BODY, Place.EFFECT, Place.DEADLINE, Place.CITED, Place.DATELINE)


@dataclass
class _State:
    """What earlier expressions leave for later ones: the day before, and the year written out in the same sentence."""

    published: date | None
    previous: date | None = None
    year: int | None = None
    end: int = 0


@dataclass
class _Group:
    span: Span
    rule: str
    evidence: list[Evidence] = field(default_factory=list)


def events(text: Text, published: DateTag | None) -> tuple[DateTag, ...]:
    """One tag for each day or span and role, in order of the days. What can't be resolved to a day is left out."""
    groups: dict[tuple[str, str], _Group] = {}
    for role, expression, notation, span, rule in _resolved(text, published):
        group = groups.setdefault((notation, role), _Group(span, rule))
        group.evidence += spans(text.document, expression)
    tags = [
        DateTag(notation, g.span[0].isoformat(), g.span[1].isoformat(), role, g.rule, tuple(g.evidence))
        for (notation, role), g in groups.items()
    ]
    return tuple(sorted(tags, key=lambda t: (t.earliest, t.latest, t.role)))


def _resolved(text: Text, published: DateTag | None) -> Iterator[tuple[str, Expression, str, Span, str]]:
    state = _State(date.fromisoformat(published.edtf) if published and published.earliest == published.latest else None)
    folded = text.document.folded
    for item in text.placed:
        expression = item.expression
        if item.place not in _TOLD:
            continue
        if "。" in folded[state.end : expression.start] or "\n" in folded[state.end : expression.start]:
            state.year = None
        state.end = expression.end
        if found := _resolve(text.document, expression, state):
            notation, span, rule = found
            state.previous = span[1]
            if expression.first.year:
                state.year = span[1].year
            yield _role(text, item.place, expression), expression, notation, span, rule


def _role(text: Text, place: Place, expression: Expression) -> str:
    if place is Place.CITED:
        return "cited"
    before = text.document.folded[max(0, expression.start - 3) : expression.start]
    return "window" if expression.hours or before.endswith(("截至", "截止")) else "event"


def _resolve(document: Document, expression: Expression, state: _State) -> tuple[str, Span, str] | None:
    """(EDTF, first and last day, rule) of an expression, or None where its day is not to be known."""
    if expression.form is Form.FESTIVAL:
        return _festival(document, expression)
    if expression.form is Form.LUNAR:
        return _lunar(expression, state)
    if expression.form is Form.DEICTIC or (expression.shift and expression.first.month is None):
        return _deictic(expression, state)
    if expression.form is Form.YEAR or (expression.first.month is None and expression.form is not Form.DAY):
        return None
    first = _point(expression.first, expression.shift, state)
    if first is None:
        return None
    if isinstance(first, str):
        notation, span = edtf.month(*map(int, first.split("-")))
        return notation, span, "month"
    last = first
    if expression.last:
        found = _point(expression.last, expression.shift, state, after=first)
        last = found if isinstance(found, date) and found >= first else first
    rule = "full" if expression.first.year else "partial" if expression.form is not Form.DAY else "day"
    return edtf.interval(first, last), (first, last), rule


def _point(point: Partial, shift: Shift | None, state: _State, after: date | None = None) -> date | str | None:
    """The day; `yyyy-mm` for a month without a day; None where the year is not to be known."""
    base = after or state.published
    year = point.year
    if year is None and shift and state.published:
        year = state.published.year + shift.years
    if year is None and state.year and after is None:
        year = state.year
    if point.month is None:
        return _lone_day(point.day, after or state.previous or state.published) if point.day else None
    if point.day is None:
        return f"{year}-{point.month}" if year else None
    if year:
        return day_in(year, point.month, point.day)
    return nearest(point.month, point.day, base) if base else None


def _lone_day(day: int, base: date | None) -> date | None:
    """A bare day lies in the month that brings it nearest to the date before it."""
    if base is None:
        return None
    around = (base + timedelta(days=n) for n in range(-15, 17))
    return min((d for d in around if d.day == day), key=lambda d: abs((d - base).days), default=None)


def _deictic(expression: Expression, state: _State) -> tuple[str, Span, str] | None:
    shift = expression.shift
    assert shift is not None
    base = state.published if shift.base is Base.PUBLICATION else state.previous
    if base is None:
        return None
    if expression.first.day is not None:
        month = base.year * 12 + base.month - 1 + shift.months
        day = day_in(month // 12, month % 12 + 1, expression.first.day)
    elif shift.weekday is not None:
        day = week(base)[0] + timedelta(weeks=shift.weeks, days=shift.weekday)
    else:
        day = base + timedelta(days=shift.days)
    return (edtf.day(day), (day, day), "deictic") if day else None


def _lunar(expression: Expression, state: _State) -> tuple[str, Span, str] | None:
    if expression.lunar is None:
        return None
    if year := expression.first.year:
        # The last lunar months of a year lie in the next one, and a writer may mean either.
        known = solar_day(year, *expression.lunar) if expression.lunar[0] <= 10 else None
        return (edtf.day(known), (known, known), "lunar") if known else None
    base = state.previous or state.published
    if base is None:
        return None
    days = [d for y in (base.year - 1, base.year, base.year + 1) if (d := solar_day(y, *expression.lunar))]
    day = min(days, key=lambda d: abs((d - base).days), default=None)
    return (edtf.day(day), (day, day), "lunar") if day else None


def _festival(document: Document, expression: Expression) -> tuple[str, Span, str] | None:
    name = document.folded[expression.start : expression.end].partition("年")[2].strip()
    if not expression.first.year or (name not in LUNAR_FESTIVALS and name not in SOLAR_FESTIVALS):
        return None
    day = festival_day(name, expression.first.year)
    return (edtf.day(day), (day, day), "festival") if day else None

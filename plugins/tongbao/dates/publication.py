"""The day of publication: sign-off, dateline, header, masthead, meta data, address, body, in this order; failing these,
the month or the year that is certain."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import cached_property

from tongbao.dates import edtf
from tongbao.dates.anchors import fact_bounds
from tongbao.dates.bounds import all_bounds, full_day, spans
from tongbao.dates.expressions import Expression, Form, Partial
from tongbao.dates.roles import Place, Placed, meta_names
from tongbao.dates.years import Bound, day_in, enclose, infer, nearest
from tongbao.model import DateTag, Document, Evidence
from tongbao.patterns import regex

# Events that lie further apart than so many days do not tell when a text was written.
_SPREAD = 120
_MONTH = 31


@dataclass(frozen=True)
class Text:
    """What the rules read: a document, its placed dates, and (when first asked for) the bounds on its year."""

    document: Document
    placed: tuple[Placed, ...]
    regions: tuple[str, ...]

    def at(self, *places: Place) -> Iterator[Expression]:
        """The expressions at these places, in the order of the places, then of the text."""
        for place in places:
            yield from (item.expression for item in self.placed if item.place is place)

    @cached_property
    def bounds(self) -> list[Bound]:
        return all_bounds(self.document, self.placed, self.regions)


def publication(text: Text) -> DateTag | None:
    """The day that the first rule with an answer gives; None where the text does not support any.

    What the later rules would have answered is kept as alternatives, but for the month or the year of the same day.
    """
    answers = [tag for rule in RULES if (tag := rule(text))]
    if not answers:
        return None
    taken, *others = answers
    rejected = {tag.edtf: tag.rule for tag in reversed(others) if not taken.edtf.startswith(tag.edtf)}
    return replace(taken, alternatives=tuple(reversed(rejected.items())))


def _tag(
    day: date, rule: str, evidence: Sequence[Evidence], bounds: Sequence[Bound] = (), later: timedelta = timedelta()
) -> DateTag:
    """The full date, `later` than the day. The rule names the bounds, joined by `+`; the evidence is in this order."""
    iso = (day + later).isoformat()
    rules = "+".join(dict.fromkeys([rule, *(b.rule for b in bounds)]))
    shown = dict.fromkeys([*evidence, *(e for b in bounds for e in b.evidence_for(day))])
    return DateTag(iso, iso, iso, "publication", rules, tuple(shown))


def _answer(
    text: Text, expression: Expression, rule: str, point: Partial | None = None, days: int = 0
) -> DateTag | None:
    """The tag for an expression's last day: as given, or with the year that the bounds leave; `days` later."""
    point = point or expression.last or expression.first
    # 去年12月25日 is never the day of writing.
    if not (point.month and point.day) or (expression.shift and expression.shift.years):
        return None
    evidence, later = spans(text.document, expression), timedelta(days=days)
    if point.year:
        day = day_in(point.year, point.month, point.day)
        return _tag(day + later, rule, evidence) if day else None
    inferred = infer(point.month, point.day, text.bounds)
    return _tag(inferred.day, rule, evidence, inferred.bounds, later) if inferred else None


def _signoff(text: Text) -> DateTag | None:
    """The first sign-off. Several dates alone on their lines, none of them signed, are the headings of a chronicle."""
    found = list(text.at(Place.SIGNOFF))
    if len({(e.first.month, e.first.day) for e in found}) > 2:
        return None
    return next((tag for e in found if (tag := _answer(text, e, "signoff"))), None)


def _dateline(text: Text) -> DateTag | None:
    for expression in text.at(Place.DATELINE):
        point = expression.first if expression.first.month else _month_of(text, expression)
        if not point:
            continue
        tag = _beside_header(text, expression, point) or _answer(text, expression, "dateline", point)
        if tag:
            return tag
    return None


def _beside_header(text: Text, expression: Expression, point: Partial) -> DateTag | None:
    """A dateline without a year takes that of a date in the page's head which follows it within a month."""
    for header in text.at(Place.HEADER, Place.MASTHEAD):
        stamped = full_day(header)
        if point.year or not stamped or not (point.month and point.day):
            continue
        day = nearest(point.month, point.day, stamped)
        if day and -1 <= (stamped - day).days <= _MONTH:
            return _tag(day, f"dateline+{Place.HEADER}-date", spans(text.document, expression, header))
    return None


def _month_of(text: Text, day: Expression) -> Partial | None:
    """A bare day of a dateline takes its month (and year) from the date of the text that lies nearest to it."""
    if day.first.day is None:
        return None
    others = [e.first for e in text.at(Place.LEAD, Place.BODY, Place.TITLE, Place.HEADER, Place.MASTHEAD, Place.EFFECT)]
    for other in others:
        if other.month and other.day:
            # Any year does: only the month that brings the two days closest is asked for.
            base = day_in(other.year or 2020, other.month, other.day)
            if base is None:
                continue
            days = [base + timedelta(days=n) for n in (*range(0, 16), *range(-1, -16, -1))]
            found = min((d for d in days if d.day == day.first.day), key=lambda d: abs((d - base).days), default=None)
            if found:
                return Partial(found.year if other.year else None, found.month, found.day)
    return None


def _header(text: Text) -> DateTag | None:
    return next((tag for e in text.at(Place.HEADER) if (tag := _answer(text, e, "header"))), None)


def _masthead(text: Text) -> DateTag | None:
    """A date above the text may be the visitor's clock: what the text tells must fit it."""
    for expression in text.at(Place.MASTHEAD):
        day = full_day(expression)
        if day and _fits(text, day, expression):
            return _tag(day, "masthead", spans(text.document, expression))
    return None


def _fits(text: Text, day: date, expression: Expression) -> bool:
    told = [e for e in text.at(Place.LEAD, Place.BODY, Place.TITLE, Place.DATELINE) if e.first.month and e.first.day]
    events = [full_day(e) if e.first.year else nearest(e.first.month or 1, e.first.day or 1, day) for e in told]
    if any(event and -1 <= (day - event).days <= _MONTH for event in events):
        return True
    return not told and expression.weekday is None and _possible(text, day)


def _possible(text: Text, day: date) -> bool:
    """Whether no fact that the text names is younger than the day, or over by then."""
    return all(b.soft or b.allows(day) for b in fact_bounds(text.document, text.regions))


def _consistent(text: Text, day: date) -> bool:
    """Whether nothing at all in the text forbids the day: facts, other dates, the page's own stamps."""
    return all(b.soft or b.allows(day) for b in text.bounds)


_ISO_DAY = regex(r"(?<!\d)((?:19|20)\d\d)[-/.年]?(\d{1,2})[-/.月]?(\d{1,2})(?!\d)")


def _meta(text: Text) -> DateTag | None:
    """`<meta name="PubDate">` and its kin."""
    for name, content in text.document.html.pairs if text.document.html else ():
        match = _ISO_DAY.search(content) if re.sub(r"[^a-z]", "", name.lower()) in meta_names() else None
        day = day_in(int(match[1]), int(match[2]), int(match[3])) if match else None
        if day:
            return _tag(day, "meta", [Evidence(0, 0, f"{name}: {content}", "meta")])
    return None


_URL_DAY = regex(r"(?<!\d)((?:19|20)\d\d)[-/_]?([01]\d)[-/_]?([0-3]\d)(?!\d)")


def _url(text: Text) -> DateTag | None:
    """The day in a page's address, where content systems file it: /2022-03/14/, /20220314/, /2022/0314/."""
    url = text.document.sidecar.url or ""
    match = _URL_DAY.search(url)
    day = day_in(int(match[1]), int(match[2]), int(match[3])) if match else None
    return _tag(day, "url", [Evidence(0, 0, url, "sidecar")]) if day else None


def _lead(text: Text) -> DateTag | None:
    """The day that the first sentence reports."""
    for expression in text.at(Place.LEAD):
        last = expression.last or expression.first
        point = last if last.month else _month_of(text, expression)
        tag = _answer(text, expression, "lead", point) if point else None
        if tag and _possible(text, date.fromisoformat(tag.edtf)):
            return tag
    return None


def _latest(text: Text) -> DateTag | None:
    """The latest day of which the text tells, for texts that give no day of their own.

    A reporting window that runs to midnight is reported on the day after it.
    """
    places = (Place.TITLE, Place.LEAD, Place.BODY, Place.SIGNOFF)
    ahead = {item.expression.first for item in text.placed if item.future or item.place is Place.DEADLINE}
    forms = (Form.DATE, Form.NUMERIC)
    told = [e for e in text.at(*places) if e.form in forms and e.first.day and not e.shift and e.first not in ahead]
    dated = [(day, e) for e in told if (day := full_day(e))]
    if dated:
        base = max(day for day, _ in dated)
        day, expression = max([*dated, *_around(told, base)], key=lambda pair: pair[0])
        day += _after_window(expression)
        return _tag(day, "latest", spans(text.document, expression)) if _consistent(text, day) else None
    last = _last_of(told)
    return _answer(text, last, "latest", days=_after_window(last).days) if last else None


def _around(told: Sequence[Expression], base: date) -> Iterator[tuple[date, Expression]]:
    """The days without a year, where they lie within a month of one that has it."""
    for expression in told:
        point = expression.last or expression.first
        if point.year or not (point.month and point.day):
            continue
        day = nearest(point.month, point.day, base)
        if day and abs((day - base).days) <= _MONTH:
            yield day, expression


def _after_window(expression: Expression) -> timedelta:
    return timedelta(days=bool(expression.hours and expression.hours[1] == 24))


def _last_of(told: Sequence[Expression]) -> Expression | None:
    """The latest of days without a year: the one before the largest gap of the circle that the year is."""
    on: dict[int, Expression] = {}
    for expression in told:
        point = expression.last or expression.first
        if point.month and point.day and (day := day_in(2020, point.month, point.day)):
            on.setdefault(day.timetuple().tm_yday, expression)
    days = sorted(on)
    if not days:
        return None
    # A single day is followed by a gap of the whole year.
    gaps = [((after - day - 1) % 366 + 1, day) for day, after in zip(days, [*days[1:], days[0]], strict=True)]
    gap, last = max(gaps)
    return on[last] if 366 - gap <= _SPREAD else None


def _signed_month(text: Text) -> DateTag | None:
    """A sign-off that gives no more than a month."""
    for expression in text.at(Place.SIGNOFF):
        point = expression.first
        if point.year and point.month and not point.day:
            notation, (first, last) = edtf.month(point.year, point.month)
            shown = spans(text.document, expression)
            return DateTag(notation, first.isoformat(), last.isoformat(), "publication", "signoff", shown)
    return None


def _closed(text: Text) -> DateTag | None:
    """The month or the year that holds all days which the hard bounds leave."""
    found = enclose(text.bounds)
    if not found or found[2][0].year != found[2][1].year:
        return None
    since, until, (first, last) = found
    month = first.month == last.month
    notation, (start, end) = edtf.month(first.year, first.month) if month else edtf.year(first.year)
    rules = "+".join(dict.fromkeys(["closed-month" if month else "closed-year", since.rule, until.rule]))
    shown = tuple(dict.fromkeys([*since.evidence, *until.evidence]))
    return DateTag(notation, start.isoformat(), end.isoformat(), "publication", rules, shown)


RULES: tuple[Callable[[Text], DateTag | None], ...] = (
    _signoff,
    _dateline,
    _header,
    _masthead,
    _meta,
    _url,
    _lead,
    _latest,
    _signed_month,
    _closed,
)

"""Bulletins in time: by month or year as bars, by day as a calendar, by division and month as a table.

A bulletin counts in a unit (day, month, year) only where its date of publication lies wholly within it. What can't be
placed so is told apart, so that the numbers of a picture always add up to the bulletins it is made of.
"""

from __future__ import annotations

import calendar
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby, pairwise
from typing import NamedTuple

from tongbao.export.browse import Entry
from tongbao.export.scale import Scale, scale

# Bars have this many heights, 1 to 20.
HEIGHTS = 20
# Of more years than this with bulletins a picture shows years, not months.
MOST_YEARS = 10
# A table of more months than this shows years.
MOST_COLUMNS = 60
# A picture with more links than this leaves its bars out of the Tab order; its headings and its table have links too.
MOST_STOPS = 60

# What `within` says of a date that lies within no year.
SEVERAL = "*"
UNDATED = ""

_DAY, _MONTH, _YEAR, _DECADE = 10, 7, 4, 3


class Apart(NamedTuple):
    """Bulletins that a picture has no place for, by how far their dates are known: to a month, to a year, to several
    years, not at all."""

    month: int = 0
    year: int = 0
    several: int = 0
    undated: int = 0

    @property
    def total(self) -> int:
        """All of them."""
        return sum(self)


class Bar(NamedTuple):
    """The bulletins of a month (`yyyy-mm`) or a year; `height` is 0 for none, else 1 to 20. The first of them is `at`
    that place in the list parted by month (`by_month`)."""

    period: str
    number: int
    height: int
    at: int = 0


class Group(NamedTuple):
    """The twelve bars of a year (`yyyy`), or the ten of a decade (`yyy`). `number` counts the bulletins that lie in it,
    those of no bar too; `skipped` are the years or decades before it, after the last group, that have none. The first
    bulletin of a year is `at` that place in the list parted by month."""

    period: str
    number: int
    skipped: int
    bars: tuple[Bar, ...]
    at: int = 0


@dataclass(frozen=True, slots=True)
class Timeline:
    """Bars by month in groups by year, or by year in groups by decade, oldest first. `grain` is `month` or `year`.

    `most` is the greatest number of a bar, `total` all the bulletins, those told apart too. `stops` says whether the
    bars are few enough to be reached one by one with Tab.
    """

    grain: str
    groups: tuple[Group, ...]
    most: int
    total: int
    apart: Apart
    stops: bool


class Day(NamedTuple):
    """A day of a month with its bulletins; the first of them is `at` that place in the list of the month."""

    day: int
    number: int
    step: int
    at: int


class Month(NamedTuple):
    """A month (`yyyy-mm`) in weeks from Monday to Sunday; None stands for the days of its neighbours. `number` are
    the bulletins that lie within it, those of no day too."""

    period: str
    number: int
    weeks: tuple[tuple[Day | None, ...], ...]


@dataclass(frozen=True, slots=True)
class Calendar:
    """The months of a period that have bulletins, in order, by day. `total` counts those told apart too."""

    period: str
    months: tuple[Month, ...]
    scale: Scale
    total: int
    apart: Apart


class Column(NamedTuple):
    """A month or a year of a table; with an empty `period`, a cut of `skipped` months or years without bulletins."""

    period: str
    skipped: int = 0


class Row(NamedTuple):
    """A division's counts, one for each column, and where in its list parted by month the bulletins of each column are
    `at`; `apart` are its bulletins without a column, `total` all of them."""

    code: str
    cells: tuple[int, ...]
    at: tuple[int, ...]
    apart: int
    total: int


@dataclass(frozen=True, slots=True)
class Matrix:
    """Divisions by months or years (`grain`). `heads` are (year, number of its columns) above the months, the year of
    a cut being empty; `sums` counts each bulletin once, although it may stand in several rows."""

    grain: str
    columns: tuple[Column, ...]
    heads: tuple[tuple[str, int], ...]
    rows: tuple[Row, ...]
    sums: Row
    scale: Scale


def within(entry: Entry) -> str:
    """The day, the month or the year (`yyyy-mm-dd`, `yyyy-mm`, `yyyy`) that the date lies wholly within, the smallest;
    else SEVERAL or UNDATED."""
    if not entry.latest:
        return UNDATED
    for length in (_DAY, _MONTH, _YEAR):
        if entry.earliest[:length] == entry.latest[:length]:
            return entry.latest[:length]
    return SEVERAL


def by_month(entries: Iterable[Entry]) -> list[tuple[str, Entry]]:
    """Entries parted by month: (`yyyy-mm`, `yyyy`, SEVERAL or UNDATED, entry). Newest month first; what is known only
    to a year stands after its months, what lies in no year last. Within a part the order stays."""
    parted = [(_part(within(entry)), entry) for entry in entries]
    return sorted(parted, key=lambda item: _order(item[0]))


def starts(entries: Iterable[Entry]) -> dict[str, int]:
    """{month or year: place of its first entry in the list parted by month}, and the same of SEVERAL and UNDATED."""
    return _starts(Counter(map(within, entries)))


def timeline(entries: Iterable[Entry]) -> Timeline:
    """The bars of an archive, of a shelf, or of any other entries."""
    counts = Counter(map(within, entries))
    grain = "month" if len(_sums(counts, _YEAR)) <= MOST_YEARS else "year"
    inner, outer = (_MONTH, _YEAR) if grain == "month" else (_YEAR, _DECADE)
    bars, sums = _sums(counts, inner), _sums(counts, outer)
    most, at = max(bars.values(), default=0), _starts(counts)
    groups = tuple(
        Group(
            period,
            sums[period],
            skipped,
            tuple(_bar(each, bars, most, at) for each in _parts(period)),
            at.get(period, 0),
        )
        for period, skipped in zip(sorted(sums), _skipped(sorted(map(int, sums))), strict=True)
    )
    stops = len(bars) + len(groups) <= MOST_STOPS
    return Timeline(grain, groups, most, counts.total(), _apart(counts, inner), stops)


def day_calendar(period: str, entries: Sequence[Entry]) -> Calendar:
    """The days of a month (`yyyy-mm`) or a year (`yyyy`), from its entries as `Catalogue.periods` has them, in their
    order there."""
    counts = Counter(map(within, entries))
    days = {each: n for each, n in counts.items() if len(each) == _DAY and each.startswith(period)}
    months = {each: n for each, n in _sums(counts, _MONTH).items() if each.startswith(period)}
    places = _places(entries)
    steps = scale(days.values())

    def day(month: str, day: int) -> Day | None:
        date = f"{month}-{day:02d}"
        number = days.get(date, 0)
        return Day(day, number, steps.step(number), places.get(date, 0)) if day else None

    made = tuple(
        Month(month, months[month], tuple(tuple(day(month, each) for each in week) for week in _weeks(month)))
        for month in sorted(months)
    )
    return Calendar(period, made, steps, counts.total(), _apart(counts, _DAY))


def matrix(shelves: Iterable[tuple[str, Sequence[Entry]]], entries: Iterable[Entry]) -> Matrix:
    """The counts of divisions by month: `shelves` are (code, entries) in the order of the rows, of which empty ones are
    left out, and `entries` are all those that stand on them, each once."""
    counted = [(code, Counter(map(within, shelf))) for code, shelf in shelves if shelf]
    every = Counter(map(within, entries))
    grain, length, columns = "month", _MONTH, _columns(_sums(every, _MONTH))
    if len(columns) > MOST_COLUMNS:
        grain, length, columns = "year", _YEAR, _columns(_sums(every, _YEAR))
    rows = tuple(_row(code, counts, length, columns) for code, counts in counted)
    heads = tuple((year, len(list(same))) for year, same in groupby(c.period[:_YEAR] for c in columns))
    steps = scale(n for row in rows for n in row.cells)
    return Matrix(grain, columns, heads, rows, _row("", every, length, columns), steps)


def _part(period: str) -> str:
    """The month that a day or a month is in; other dates are parts of their own."""
    return period[:_MONTH]


def _order(part: str) -> tuple[int, int, int]:
    """Where a part of a list stands among the others."""
    if part in (SEVERAL, UNDATED):
        return (1 if part == SEVERAL else 2), 0, 0
    return 0, -int(part[:_YEAR]), -int(part[_YEAR + 1 :] or 0)


def _starts(counts: Mapping[str, int]) -> dict[str, int]:
    parts: Counter[str] = Counter()
    for period, count in counts.items():
        parts[_part(period)] += count
    found: dict[str, int] = {}
    at = 0
    for part in sorted(parts, key=_order):
        found.setdefault(part[:_YEAR], at)  # A year begins with its last month.
        found[part] = min(found.get(part, at), at)
        at += parts[part]
    return found


def _sums(counts: Mapping[str, int], length: int) -> Counter[str]:
    """The counts by unit: those of its parts together with its own."""
    found: Counter[str] = Counter()
    for period, count in counts.items():
        # A decade is no precision that a date has: what lies in one lies at least in a year.
        if len(period) >= max(length, _YEAR):
            found[period[:length]] += count
    return found


def _apart(counts: Mapping[str, int], length: int) -> Apart:
    """What has no unit of that length."""
    known = Counter({len(UNDATED): 0})
    for period, count in counts.items():
        known[len(period)] += count
    month = known[_MONTH] if length > _MONTH else 0
    year = known[_YEAR] if length > _YEAR else 0
    return Apart(month, year, known[len(SEVERAL)], known[len(UNDATED)])


def _bar(period: str, counts: Mapping[str, int], most: int, starts: Mapping[str, int]) -> Bar:
    count = counts[period]
    return Bar(period, count, -(-count * HEIGHTS // most) if most else 0, starts.get(period, 0))


def _parts(period: str) -> Iterable[str]:
    """The months of a year, or the years of a decade."""
    if len(period) == _YEAR:
        return (f"{period}-{month:02d}" for month in range(1, 13))
    return (f"{period}{year}" for year in range(10))


def _skipped(numbers: Sequence[int]) -> list[int]:
    """How many numbers are left out before each."""
    return [0, *(b - a - 1 for a, b in pairwise(numbers))][: len(numbers)]


def _places(entries: Iterable[Entry]) -> dict[str, int]:
    """{day: place of its first entry among those that lie within its month}."""
    seen: Counter[str] = Counter()
    places: dict[str, int] = {}
    for period in map(within, entries):
        if len(period) == _DAY:
            places.setdefault(period, seen[period[:_MONTH]])
        seen[period[:_MONTH]] += 1
    return places


def _weeks(month: str) -> list[list[int]]:
    return calendar.Calendar().monthdayscalendar(int(month[:4]), int(month[5:]))


def _columns(counts: Mapping[str, int]) -> tuple[Column, ...]:
    """Every unit from the first to the last with a count, but for runs of years without any: each is one column."""
    columns: list[Column] = []
    periods = sorted(counts)
    for earlier, later in zip(["", *periods], periods, strict=False):
        between = range(_number(earlier) + 1, _number(later)) if earlier else range(0)
        # A year or more without bulletins is cut out; less is shown, as the gap it is.
        if len(between) >= (12 if len(later) == _MONTH else 1):
            columns.append(Column("", len(between)))
        else:
            columns += [Column(_period(number)) for number in between]
        columns.append(Column(later))
    return tuple(columns)


def _number(period: str) -> int:
    """Months since the year 0, or the year."""
    return int(period[:4]) * 12 + int(period[5:]) - 1 if len(period) == _MONTH else int(period)


def _period(months: int) -> str:
    return f"{months // 12:04d}-{months % 12 + 1:02d}"


def _row(code: str, counts: Counter[str], length: int, columns: Sequence[Column]) -> Row:
    sums, starts = _sums(counts, length), _starts(counts)
    cells = tuple(sums[column.period] for column in columns)
    at = tuple(starts[column.period] if n else 0 for column, n in zip(columns, cells, strict=True))
    return Row(code, cells, at, counts.total() - sum(cells), counts.total())

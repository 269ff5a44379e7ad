"""Days and spans of days as EDTF (ISO 8601-2) strings."""

from __future__ import annotations

import calendar
from datetime import date

from tongbao.dates.years import Span


def day(value: date) -> str:
    """`2022-03-14`."""
    return value.isoformat()


def month(year: int, number: int) -> tuple[str, Span]:
    """`2022-03` and its first and last day."""
    return f"{year:04}-{number:02}", (
        date(year, number, 1),
        date(year, number, calendar.monthrange(year, number)[1]),
    )


def year(number: int) -> tuple[str, Span]:
    """`2022` and its first and last day."""
    return f"{number:04}", (date(number, 1, 1), date(number, 12, 31))


def interval(first: date, last: date) -> str:
    """`2021-12-23/2021-12-24`, or the day alone where both are the same."""
    return day(first) if first == last else f"{day(first)}/{day(last)}"

"""The lunisolar calendar: the solar days of lunar days and of festivals. Conversions are borax's (1900-2100)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from functools import cache
from types import MappingProxyType

from borax.calendars.lunardate import InvalidLunarDateError, LunarDate  # type: ignore[import-untyped]

# Name: (month, day) of the lunar calendar. Day 0 of a month is the last day of the month before it: New Year's Eve.
LUNAR_FESTIVALS: Mapping[str, tuple[int, int]] = MappingProxyType(
    {
        "除夕": (1, 0),
        "大年三十": (1, 0),
        "春节": (1, 1),
        "元宵": (1, 15),
        "端午": (5, 5),
        "七夕": (7, 7),
        "中元": (7, 15),
        "中秋": (8, 15),
        "重阳": (9, 9),
    }
)
# The same for the solar calendar. 清明 falls on the fourth or fifth of April.
SOLAR_FESTIVALS: Mapping[str, tuple[int, int]] = MappingProxyType(
    {"元旦": (1, 1), "清明": (4, 5), "五一": (5, 1), "国庆": (10, 1)}
)


@cache
def solar_day(year: int, month: int, day: int) -> date | None:
    """The solar day of a lunar month and day in the lunar year that begins in `year`; None where that has none."""
    try:
        if day == 0:
            first: date = LunarDate(year, month, 1).to_solar_date()
            return first - timedelta(days=1)
        solar: date = LunarDate(year, month, day).to_solar_date()
    except (InvalidLunarDateError, ValueError):
        return None
    return solar


def festival_day(name: str, year: int) -> date | None:
    """The solar day of a festival in a solar year."""
    if name in SOLAR_FESTIVALS:
        return date(year, *SOLAR_FESTIVALS[name])
    return solar_day(year, *LUNAR_FESTIVALS[name])

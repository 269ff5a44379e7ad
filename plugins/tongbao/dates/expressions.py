"""Date expressions: what a text writes, before anything is concluded from it.

`scan` reads the folded text once. Each quantifier of the patterns is bounded, so the time is linear in the text.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum

from tongbao.dates.lunar import LUNAR_FESTIVALS, SOLAR_FESTIVALS
from tongbao.dates.numerals import full_year, number
from tongbao.patterns import regex

# A bulletin is a page or a few; of a longer text only this much is read for dates.
LIMIT = 200_000
# ... and so many dates.
MOST = 2_000


class Form(StrEnum):
    """How a date is written."""

    DATE = "date"  # 2022年3月14日, 3月14日, 2022年3月, 今年3月
    NUMERIC = "numeric"  # 2022-03-14, 2022/3/14, 22-3-14 08:00
    DAY = "day"  # 14日, 本月14日
    YEAR = "year"  # 2022年
    DEICTIC = "deictic"  # 今天, 昨日, 次日, 本周五
    LUNAR = "lunar"  # 正月十七, 除夕
    FESTIVAL = "festival"  # 2022年国庆


class Base(StrEnum):
    """What a deictic expression counts from."""

    PUBLICATION = "publication"
    PREVIOUS = "previous"


@dataclass(frozen=True, slots=True)
class Partial:
    """A day of which year, month or day may be left unsaid."""

    year: int | None = None
    month: int | None = None
    day: int | None = None


@dataclass(frozen=True, slots=True)
class Shift:
    """A distance from `base`: years, months or days; or the day `weekday` (Monday is 0) of the week `weeks` away."""

    base: Base
    years: int = 0
    months: int = 0
    days: int = 0
    weeks: int = 0
    weekday: int | None = None


@dataclass(frozen=True, slots=True)
class Expression:
    """folded[start:end] and what it says.

    `last` is the end of a range. `weekday` (Monday is 0) and `lunar` (month, day) stand beside a date or are the date.
    `hours` is a reporting window within the day; `clock` tells that a time of day follows.
    """

    start: int
    end: int
    form: Form
    first: Partial = Partial()
    last: Partial | None = None
    weekday: int | None = None
    lunar: tuple[int, int] | None = None
    shift: Shift | None = None
    hours: tuple[int, int] | None = None
    clock: bool = False
    chinese: bool = False


_ARABIC_MONTH, _ARABIC_DAY = r"(?:1[0-2]|0?[1-9])(?!\d)", r"(?:3[01]|[12]\d|0?[1-9])(?!\d)"
# Zeros of a numeral; in years the letter and the digit are written for them as well.
_ZERO = "〇零○"
_CHINESE_MONTH = f"(?:十[一二]?|[{_ZERO}]?[一二三四五六七八九]|元)"
_CHINESE_DAY = f"(?:三十一?|卅一?|(?:二十|廿|十)[一二三四五六七八九]?|[{_ZERO}]?[一二三四五六七八九])"
_MONTH, _DAY = f"(?:{_ARABIC_MONTH}|{_CHINESE_MONTH})", f"(?:{_ARABIC_DAY}|{_CHINESE_DAY})"
# Three digits count from the first year of the Republic, as Taiwan writes; from 105 on, since 建校100年 is no year.
_YEAR = rf"(?:(?:19|20)\d\d|10[5-9]|11\d|\d\d|[一二][{_ZERO}o0一二三四五六七八九]{{3}})"
_TO = r"(?:[—–~～-]{1,2}|至|到)"
_S = r"[  ]{0,2}"
# A numeral is read whole or not at all: 二十 is no part of 二十四, 月初五 none of 月初五名.
_WHOLE = r"(?![\d一二三四五六七八九十]|[名例个位人批家次天种宗项])"
_LUNAR_DAY = f"(?:初[一二三四五六七八九十]|三十|(?:二十|廿|十)[一二三四五六七八九]?){_WHOLE}"
_CALENDAR, _CYCLE = "(?:农历|阴历|旧历)", "[甲乙丙丁戊己庚辛壬癸][子丑寅卯辰巳午未申酉戌亥]年"
_FESTIVALS = "|".join([*LUNAR_FESTIVALS, *SOLAR_FESTIVALS])
_WEEKDAYS = {c: i for i, c in enumerate("一二三四五六日")} | {"天": 6}
_RELATIVE_YEAR = {"今": 0, "本": 0, "当": 0, "去": -1, "上": -1, "明": 1, "前": -2}
_RELATIVE_MONTH = {"本": 0, "当": 0, "上": -1, "下": 1}
_DEICTIC = {
    **dict.fromkeys(("昨日", "昨天", "昨晚", "昨夜"), (Base.PUBLICATION, -1)),
    **dict.fromkeys(("前天",), (Base.PUBLICATION, -2)),
    **dict.fromkeys(("今日", "今天", "今晨", "今早", "今晚", "今起"), (Base.PUBLICATION, 0)),
    **dict.fromkeys(("明日", "明天", "明早"), (Base.PUBLICATION, 1)),
    **dict.fromkeys(("后天",), (Base.PUBLICATION, 2)),
    **dict.fromkeys(("次日", "翌日"), (Base.PREVIOUS, 1)),
    **dict.fromkeys(("当日", "当天", "当晚", "同日"), (Base.PREVIOUS, 0)),
}

# Months and days of the lunar calendar say so: 农历, 正月, 初五, 廿五. 二月二十四 alone may be of either calendar, and
# 廿五日 is how formal letters write a solar day.

_LUNAR = rf"""
    (?:{_CALENDAR}{_S}(?:{_CYCLE}{_S})?(?P<am>[正腊冬]|{_MONTH})月{_S}(?P<ad>{_LUNAR_DAY}|{_DAY}{_WHOLE})[日号]?
     | (?<!闰)(?P<bm>[正腊冬])月(?P<bd>{_LUNAR_DAY})[日号]?
     | (?<!闰)(?P<cm>{_CHINESE_MONTH})月(?P<cd>初[一二三四五六七八九十]|廿[一二三四五六七八九]?){_WHOLE}(?!{_S}[日号])
     | 大年(?P<newyear>初[一二三四五六七])
    )
"""
# A month behind one of these is lunar, or no month of its own.
_BRANCH = "[子丑寅卯辰巳午未申酉戌亥]"
_NOT_SOLAR = f"(?<!农历)(?<!阴历)(?<!旧历)(?<!闰)(?<!{_BRANCH})(?<!{_BRANCH}年)(?<!十)"
_DATE = rf"""
    (?:(?P<era>(?:中华)?民国)?{_S}(?P<y>{_YEAR}){_S}年{_S}|(?P<ry>[今去明本当前])年(?:的)?|(?P<lost>年))?
    (?P<m>{_MONTH}){_S}月(?!龄|度|嫂|饼|球|亮)(?:份)?
    (?:{_S}(?P<d>{_DAY})
        (?:{_S}[日号](?!线|楼|院|门|店|文|令)|(?=(?:{_S}(?:{_TO}|、){_S}(?:{_MONTH}{_S}月{_S})?{_DAY}){{1,6}}{_S}[日号])))?
"""
_NUMERIC = rf"""
    (?P<ny>(?:19|20)\d\d|1[01]\d)(?P<sep>[-/.])(?P<nm>{_ARABIC_MONTH})(?P=sep)(?P<nd>{_ARABIC_DAY})(?!(?P=sep)\d)
  | (?P<xm>[01]\d)-(?P<xd>[0-3]\d)(?=[ ]\d\d:\d\d)
  | (?P<sy>\d\d)(?P<ssep>[-/])(?P<sm>{_ARABIC_MONTH})(?P=ssep)(?P<sd>{_ARABIC_DAY})(?=[ t]\d\d?:\d\d)
"""
# A day of a month is not a number of days, nor a part of a word.
_NO_DAY = "|".join(
    (
        "[内后前间期龄均游元志程]|以[内上下后前]|医学|隔离",
        "(?:居家|集中)(?:隔离|医学|健康|观察)|健康(?:监测|观察)|报(?![告道送备])",
    )
)
_LONE_DAY = rf"""
    (?:(?P<rm>[本上下当])个?月|(?<![第满近续共每去前后达少超约期个月]))
    (?P<ld>{_DAY}){_S}日(?!{_NO_DAY})
"""
_MASTER = regex(
    rf"""
    (?<![\d./])(?:{_NUMERIC})
  | (?P<fy>(?:19|20)\d\d){_S}年{_S}(?P<festival>{_FESTIVALS})
  | (?<![\d.])(?:(?P<ly>{_YEAR}){_S}年{_S})?{_LUNAR}
  | (?<![\d.]){_NOT_SOLAR}(?:{_DATE})
  | (?<![\d.一二三四五六七八九十〇零○])(?P<yo>(?:19|20)\d\d|[一二][〇零○一二三四五六七八九]{{3}}){_S}年(?!前|后|级|来)
  | (?<![\d.:一二三四五六七八九十])(?:{_LONE_DAY})
  | (?P<deictic>{"|".join(_DEICTIC)})(?!头条|关注|热|推荐|看点|要闻|之)
  | (?P<week>[本上下])周(?P<wd>[一二三四五六日])
    """,
    re.VERBOSE,
)
# Every first character of the master pattern: trying it there only is many times quicker than searching with it.
_START = regex("[0-9一二三四五六七八九十廿卅元正腊冬农阴大中民今去明本当前昨次翌后同上下年]")
# What may follow a date, in this order.
_RANGE = regex(
    rf"(?:{_S}[日号])?{_S}{_TO}{_S}(?:(?P<y>{_YEAR})年{_S})?(?:(?P<m>{_MONTH}){_S}月{_S})?(?P<d>{_DAY}){_S}[日号]"
)
_NUMERIC_RANGE = regex(
    rf"{_S}{_TO}{_S}(?P<y>(?:19|20)\d\d)(?P<sep>[-/.])(?P<m>{_ARABIC_MONTH})(?P=sep)(?P<d>{_ARABIC_DAY})"
)
# 周 is a surname, too: behind a comma, what follows must not be a name's end.
_WEEKDAY = regex(
    rf"{_S}[(\[]?{_S}(?:星期|周|礼拜)(?P<wd>[一二三四五六日天])(?!至|到)[)\]]?"
    rf"|{_S},{_S}(?:星期|礼拜)(?P<wd2>[一二三四五六日天])(?!至|到)"
    rf"|{_S},{_S}周(?P<wd3>[一二三四五六日])(?=[,)。;\s]|[上下中]午|[早晚]|凌晨)"
)
_LUNAR_TAIL = regex(
    rf"""
    {_S}(?:[,(]{_S})?
    (?:{_LUNAR}
     | (?<=\()(?:(?P<lm>{_CHINESE_MONTH})月(?P<ld>{_LUNAR_DAY})|(?P<festival>{_FESTIVALS})节?)(?=\))
    )[)\]]?
    """,
    re.VERBOSE,
)
_HOURS = regex(
    rf"{_S},?{_S}(?P<h1>\d{{1,2}})(?:[时点]|:\d\d)?{_S}(?:{_TO}|[—–-]{{1,2}}){_S}(?:当日)?(?P<h2>\d{{1,2}})(?:[时点]|:\d\d)"
)
_CLOCK = regex(r"[ t ]{0,12}\d{1,2}:\d\d")


def scan(folded: str) -> tuple[Expression, ...]:
    """The date expressions of a folded text (at most `MOST`, in its first `LIMIT` characters), in order."""
    text, at = folded[:LIMIT], 0
    found: list[Expression] = []
    for start in _START.finditer(text):
        if start.start() < at or not (match := _MASTER.match(text, start.start())):
            continue
        expression = _with_tails(text, _expression(match))
        at = expression.end
        if expression.form is not Form.DAY or _plain_day(text, expression, found):
            found.append(expression)
        if len(found) == MOST:
            break
    return tuple(found)


def _plain_day(text: str, day: Expression, before: list[Expression]) -> bool:
    """A bare Chinese numeral with 日 is a date only in a text that writes its months and days so."""
    if not day.chinese or day.shift:
        return True
    return any(e.chinese and e.form is Form.DATE and e.first.day for e in before)


def _expression(match: re.Match[str]) -> Expression:
    """The expression that the master pattern found, without its tails."""
    group, start, end = match.groupdict(), match.start(), match.end()

    def make(form: Form, first: Partial = Partial(), **rest: object) -> Expression:
        return replace(Expression(start, end, form, first), **rest)  # type: ignore[arg-type]

    if group["m"]:
        return _date(group, make(Form.DATE))
    for year, month, day in (("ny", "nm", "nd"), ("sy", "sm", "sd")):
        if group[year]:
            return make(Form.NUMERIC, Partial(full_year(int(group[year])), int(group[month]), int(group[day])))
    if group["xm"]:
        return make(Form.NUMERIC, Partial(month=int(group["xm"]), day=int(group["xd"])))
    if group["festival"]:
        return make(Form.FESTIVAL, Partial(int(group["fy"])))
    if lunar := _lunar(group):
        since = Partial(full_year(number(group["ly"]))) if group["ly"] else Partial()
        return make(Form.LUNAR, since, lunar=lunar)
    if group["yo"]:
        return make(Form.YEAR, Partial(full_year(number(group["yo"]))))
    if group["ld"]:
        shift = Shift(Base.PUBLICATION, months=_RELATIVE_MONTH[group["rm"]]) if group["rm"] else None
        return make(Form.DAY, Partial(day=number(group["ld"])), shift=shift, chinese=not group["ld"].isascii())
    if group["deictic"]:
        base, days = _DEICTIC[group["deictic"]]
        return make(Form.DEICTIC, shift=Shift(base, days=days))
    weeks = {"本": 0, "上": -1, "下": 1}[group["week"]]
    return make(Form.DEICTIC, shift=Shift(Base.PUBLICATION, weeks=weeks, weekday=_WEEKDAYS[group["wd"]]))


def _date(group: dict[str, str | None], empty: Expression) -> Expression:
    year, month, day, relative = group["y"], group["m"], group["d"], group["ry"]
    assert month is not None
    partial = Partial(
        full_year(number(year), bool(group["era"])) if year else None, number(month), number(day) if day else None
    )
    shift = Shift(Base.PUBLICATION, years=_RELATIVE_YEAR[relative]) if relative else None
    return replace(empty, first=partial, shift=shift, chinese=not month.isascii())


def _with_tails(text: str, expression: Expression) -> Expression:
    """The expression with the range, weekday, lunar day and hours that stand right behind it."""
    found = expression
    if found.first.day is not None:
        pattern = _NUMERIC_RANGE if found.form is Form.NUMERIC else _RANGE
        if match := pattern.match(text, found.end):
            found = replace(found, end=match.end(), last=_range_end(match, found.first))
    if match := _WEEKDAY.match(text, found.end):
        found = replace(found, end=match.end(), weekday=_WEEKDAYS[match["wd"] or match["wd2"] or match["wd3"]])
    if found.form in (Form.DATE, Form.DAY) and (match := _LUNAR_TAIL.match(text, found.end)):
        lunar = _lunar(match.groupdict())
        # 2月24日(二月二十四) says the same day twice: no lunar day has the numbers of its solar one.
        same = lunar == (found.first.month, found.first.day)
        found = replace(found, end=match.end(), lunar=None if same else lunar)
    if match := _HOURS.match(text, found.end):
        hours = int(match["h1"]), int(match["h2"])
        if hours[0] <= 24 and hours[1] <= 24:
            return replace(found, end=match.end(), hours=hours)
    if match := _CLOCK.match(text, found.end):
        found = replace(found, clock=True)
    return found


def _range_end(match: re.Match[str], first: Partial) -> Partial:
    """The last day of a range: what it leaves unsaid, it takes from the first day."""
    year = full_year(number(match["y"])) if match["y"] else first.year
    month = number(match["m"]) if match["m"] else first.month
    if year == first.year and year and month and first.month and month < first.month and not match["y"]:
        year += 1
    return Partial(year, month, number(match["d"]))


def _lunar(group: Mapping[str, str | None]) -> tuple[int, int] | None:
    """The lunar month and day that a match of `_LUNAR` or of its tail gives, if any."""
    if festival := group.get("festival"):
        return LUNAR_FESTIVALS.get(festival)
    for month, day in (("am", "ad"), ("bm", "bd"), ("cm", "cd"), ("lm", "ld")):
        if (m := group.get(month)) and (d := group.get(day)):
            return number(m), number(d)
    return (1, number(new)) if (new := group.get("newyear")) else None

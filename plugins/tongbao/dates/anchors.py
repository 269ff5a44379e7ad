"""Facts with known days: the tables of year anchors, terms of office and outbreaks, matched against a text."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib.resources import files

from tongbao.dates.years import Bound, between
from tongbao.model import Document, Evidence
from tongbao.patterns import regex

# Facts are looked for in this much of a text: a bulletin, not an archive in one file.
LIMIT = 40_000
_MIN, _MAX = date.min, date.max


@dataclass(frozen=True, slots=True)
class Anchor:
    """A text that matches `pattern` was written in [after, before]. A side named in `soft` is usual, not certain.

    `place` is a GB/T 2260 code: the fact holds only for texts about that division or one below it. No text without
    `needed` matches.
    """

    id: str
    needed: str
    pattern: re.Pattern[str]
    place: str
    after: date
    before: date
    soft: str


@dataclass(frozen=True, slots=True)
class Outbreak:
    """A division had local cases, reported day by day, in [after, before]."""

    id: str
    place: str
    name: re.Pattern[str]
    after: date
    before: date


def _rows(name: str) -> Iterator[list[str]]:
    text = files("tongbao.data").joinpath(name).read_text("utf-8")
    rows = (line.split("\t") for line in text.splitlines() if line and not line.startswith("#"))
    next(rows)  # the head
    yield from rows


def _day(text: str, default: date) -> date:
    return date.fromisoformat(text) if text else default


# 原省长, 时任省长: the term is over.
_INCUMBENT = "(?<!副)(?<!原)(?<!前)(?<!前任)(?<!时任)(?<!原国务院)(?<!时任国务院)"
# Between an office and the name of its holder: other offices of the same person.
_OFFICES = (
    "(?:[、,]|省委|市委|自治区|省|市|政府|党委|人大|常委会?|政协|党组|书记|主任|主席|新冠|肺炎|疫情|防控|应对|工作|领导小组"
    "|指挥部|总?指挥长?|组长|双|第一|代|同志){0,16}"
)


@cache
def anchors() -> tuple[Anchor, ...]:
    """The rows of `year_anchors.tsv` and `year_officials.tsv`."""
    facts = [
        Anchor(id_, "", regex(pattern), place, _day(after, _MIN), _day(before, _MAX), soft)
        for id_, pattern, place, after, before, soft, _ in _rows("year_anchors.tsv")
    ]
    for name, office, place, after, before, _ in _rows("year_officials.tsv"):
        pattern = regex(rf"{_INCUMBENT}(?:{office}){_OFFICES}{name}|{name}(?:{office})")
        facts.append(Anchor(f"{name}-{office}", name, pattern, place, _day(after, _MIN), _day(before, _MAX), ""))
    return tuple(facts)


@cache
def outbreaks() -> tuple[Outbreak, ...]:
    """The rows of `year_outbreaks.tsv`."""
    return tuple(
        Outbreak(f"{place}-{after}", place, regex(name), date.fromisoformat(after), date.fromisoformat(before))
        for place, name, after, before, _ in _rows("year_outbreaks.tsv")
    )


def evidence(document: Document, match: re.Match[str]) -> Evidence:
    """The span of a match as evidence."""
    return Evidence(match.start(), match.end(), document.text[match.start() : match.end()])


def fact_bounds(document: Document, regions: Sequence[str]) -> Iterator[Bound]:
    """A bound for each fact that the text names; where one side of it is only usual, a hard and a soft one."""
    text = document.folded[:LIMIT]
    for anchor in anchors():
        if (anchor.place and anchor.place not in regions) or anchor.needed not in text:
            continue
        if not (match := anchor.pattern.search(text)):
            continue
        spans = (evidence(document, match),)
        hard = (_MIN if "after" in anchor.soft else anchor.after, _MAX if "before" in anchor.soft else anchor.before)
        if hard != (_MIN, _MAX):
            yield Bound(anchor.id, between([hard]), spans)
        if anchor.soft:
            yield Bound(anchor.id, between([(anchor.after, anchor.before)]), spans, soft=True)


# An outbreak dates a text only if the text is about one: new cases, lockdowns, mass testing.
_LOCAL_CASES = regex(
    r"新增.{0,16}(?:确诊|病例|无症状|感染者|阳性|\d+[例宗])|阳性感染者|[初复]筛阳性|全员核酸|静态管理|封控区|封闭管理|封城|[本此]轮疫情"
    r"|流调溯源|首例.{0,6}(?:确诊|病例)|(?:发现|报告|出现).{0,12}(?:确诊|病例|无症状|阳性|感染者)|(?:累计|现有).{0,12}(?:确诊|无症状)"
    r"|(?:确诊|病例|无症状|感染者).{0,16}(?:上升|增加|激增)|疫情处置|高风险地?区"
)


def outbreak_bound(document: Document, regions: Sequence[str]) -> Bound | None:
    """The outbreaks of the regions that a text is about, or that it names in these, as one soft bound."""
    text = document.folded[:LIMIT]
    if not regions or not (sign := _LOCAL_CASES.search(text)):
        return None
    # A text about a county is not about the other counties of its province that it names.
    focus = set(regions) - {above for code in regions for above in ancestors(code) - {code}}
    found: list[tuple[Outbreak, Evidence]] = []
    for outbreak in outbreaks():
        match = outbreak.name.search(text)
        if outbreak.place in regions or (match and ancestors(outbreak.place) & focus):
            found.append((outbreak, evidence(document, match or sign)))
    if not found:
        return None

    def shown(day: date) -> tuple[Evidence, ...]:
        named = (e for outbreak, e in found if outbreak.after <= day <= outbreak.before)
        return tuple(dict.fromkeys([*named, evidence(document, sign)]))

    allows = between([(outbreak.after, outbreak.before) for outbreak, _ in found])
    return Bound("outbreak", allows, tuple(dict.fromkeys(e for _, e in found)), soft=True, shown=shown)


def ancestors(code: str) -> set[str]:
    """The codes of the prefecture and the province that a GB/T 2260 code belongs to."""
    return {code[:4] + "00", code[:2] + "0000"}

"""Roles: what each date expression does in its text, judged by its line and by what stands right beside it."""

from __future__ import annotations

import re
import tomllib
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from importlib.resources import files
from typing import Any

from tongbao.dates.expressions import Expression, Form
from tongbao.model import BlockKind, Document
from tongbao.patterns import regex


class Place(StrEnum):
    """Where a date stands and what that makes it. In each group the stronger comes first."""

    SIGNOFF = "signoff"
    DATELINE = "dateline"
    HEADER = "header"  # labelled as the time of publication, or a time stamp in a header line
    MASTHEAD = "masthead"  # a date alone, or with a paper's name, above the text
    TITLE = "title"
    LEAD = "lead"  # the first sentence of the body, with a verb of reporting
    BODY = "body"
    EFFECT = "effect"  # the day from which a measure holds, or of an event that a label names
    DEADLINE = "deadline"
    CITED = "cited"
    UPDATED = "updated"
    CLOCK = "clock"
    COPYRIGHT = "copyright"
    FURNITURE = "furniture"


@dataclass(frozen=True, slots=True)
class Placed:
    """An expression and its place. `future` tells that the text looks forward to the date."""

    expression: Expression
    place: Place
    future: bool = False


@dataclass(frozen=True, slots=True)
class Contexts:
    """The patterns of `data/date_contexts.toml`, compiled."""

    published: re.Pattern[str]
    loose: re.Pattern[str]
    updated: re.Pattern[str]
    clock: re.Pattern[str]
    copyright: re.Pattern[str]
    furniture: re.Pattern[str]
    header: re.Pattern[str]
    dateline: re.Pattern[str]
    quoted: re.Pattern[str]
    organisation: re.Pattern[str]
    report: re.Pattern[str]
    deadline_before: re.Pattern[str]
    deadline_after: re.Pattern[str]
    future_before: re.Pattern[str]
    effect_after: re.Pattern[str]


def _any(words: Iterable[str]) -> str:
    """An alternation, longest first."""
    return "|".join(map(re.escape, sorted(words, key=len, reverse=True)))


@cache
def _table() -> dict[str, Any]:
    return tomllib.loads(files("tongbao.data").joinpath("date_contexts.toml").read_text("utf-8"))


@cache
def meta_names() -> frozenset[str]:
    """The names of HTML meta elements that hold the time of publication, letters only, lower case."""
    return frozenset(_table()["meta"]["names"])


@cache
def contexts() -> Contexts:
    """The patterns of the table of contexts."""
    table = _table()
    labels, lines, verbs = table["labels"], table["lines"], table["verbs"]

    def label(words: Sequence[str], apart: Sequence[str] = ()) -> str:
        gap = r"[ :|/\u3000\[(]"
        # 安排公布 二月二十四日: with no more than a space between, the word must stand alone.
        loose = rf"|(?:(?<![\u4e00-\u9fff])(?:{_any(apart)}) |(?:{_any(apart)})[:|/\[(]){gap}{{0,4}}$" if apart else ""
        return rf"(?:{_any(words)}){gap}{{0,4}}$" + loose

    return Contexts(
        published=regex(label(labels["published"], labels["published_apart"])),
        loose=regex(rf"(?<![\u4e00-\u9fff]){label(labels['loose'])}"),
        updated=regex(label(labels["updated"])),
        clock=regex(label(labels["clock"])),
        copyright=regex(_any(lines["copyright"])),
        furniture=regex(_any(lines["furniture"])),
        header=regex(_any(lines["header"])),
        dateline=regex(rf" ?(?:{_any(table['datelines']['after'])})(?!话|子|视|力)"),
        quoted=regex(rf"(?:{_any(table['datelines']['quoted'])})"),
        # The signing body stands between a full stop, a line's start or white space, and the date.
        organisation=regex(
            rf"(?:^|[。;!?\s])[^。;!?,:\n]{{2,60}}(?:{_any(table['organisations']['suffixes'])})[)》]?\s{{0,24}}$"
        ),
        report=regex(_any(verbs["report"])),
        deadline_before=regex(rf"(?:{_any(verbs['deadline_before'])}) ?$"),
        deadline_after=regex(rf"[^,。;、]{{0,6}}?(?:{_any(verbs['deadline_after'])})(?!期|往|后|来|述|提|线|沿|瞻)"),
        future_before=regex(rf"(?:{_any(verbs['future_before'])}) ?$"),
        effect_after=regex(rf"[^,。;、年月]{{0,8}}?(?:{_any(verbs['effect_after'])})(?!草|诉|点|源|来|伏)"),
    )


@dataclass(frozen=True, slots=True)
class Layout:
    """The lines of a text: spans without surrounding white space, and the index of the first line of the body."""

    starts: tuple[int, ...]
    ends: tuple[int, ...]
    body: int

    def line(self, offset: int) -> int:
        """The index of the line that holds the offset."""
        return max(0, bisect_right(self.starts, offset) - 1)


_LINE = regex(r"[^\s][^\n\r]*")
# A line without a full stop is body when it is longer than any title or header line.
_LONG = 80
# In a text of one line, the head is this many characters.
_HEAD = 300


def layout(document: Document) -> Layout:
    """The lines of a document. The body begins with the first paragraph that the reading found, or with the first line
    that reads like one."""
    folded, header = document.folded, contexts().header
    spans = [(m.start(), m.start() + len(m[0].rstrip())) for m in _LINE.finditer(folded)]
    paragraph = next((b.start for b in document.reading.blocks if b.kind is BlockKind.PARAGRAPH), len(folded))
    body = next((i for i, (a, b) in enumerate(spans) if b > paragraph or _is_body(folded[a:b], header)), len(spans))
    return Layout(tuple(a for a, _ in spans), tuple(b for _, b in spans), body)


def _is_body(line: str, header: re.Pattern[str]) -> bool:
    return ("。" in line and len(line) >= 12) or (len(line) >= _LONG and len(header.findall(line[:_HEAD])) < 2)


def place(document: Document, expressions: Sequence[Expression]) -> tuple[Placed, ...]:
    """Give each expression its place. At most one dateline and one lead: the first of each."""
    lines, folded = layout(document), document.folded
    chrome = _chrome(document)
    out: list[Placed] = []
    for expression in expressions:
        index = lines.line(expression.start)
        line = _Line(folded, expression, lines, index, _inside(chrome, expression.start))
        found = _place(line)
        seen = {p.place for p in out}
        if found in (Place.DATELINE, Place.LEAD) and (found in seen or (found is Place.LEAD and Place.BODY in seen)):
            found = Place.BODY
        future = bool(contexts().future_before.search(line.before))
        out.append(Placed(expression, found, future))
    return tuple(out)


def _chrome(document: Document) -> list[tuple[int, int]]:
    return [(b.start, b.end) for b in document.reading.blocks if b.kind is BlockKind.CHROME]


def _inside(spans: Sequence[tuple[int, int]], offset: int) -> bool:
    at = bisect_right(spans, (offset, 1 << 60)) - 1
    return at >= 0 and spans[at][0] <= offset < spans[at][1]


class _Line:
    """What stands around one expression."""

    def __init__(self, folded: str, expression: Expression, lines: Layout, index: int, chrome: bool) -> None:
        start, end = (lines.starts[index], lines.ends[index]) if lines.starts else (0, 0)
        self.expression = expression
        self.chrome = chrome
        self.before = folded[max(start, expression.start - 80) : expression.start]
        self.after = folded[expression.end : min(end, expression.end + 60)]
        self.whole = folded[start : min(end, start + 400)] if end - start > 400 else folded[start:end]
        self.previous = folded[lines.starts[index - 1] : lines.ends[index - 1]][-80:] if index > 0 else ""
        self.in_head = index < lines.body
        self.after_body = index > lines.body
        self.in_top = self.in_head or expression.start < _HEAD
        self.is_first_body = index == lines.body
        self.offset = expression.start - start
        self.length = end - start


_OTHER_LABEL = regex(r"[\u4e00-\u9fff](?:时间|日期) ?:[ \u3000]{0,3}$")
_BRACKETS = "()[]【】〔〕{}:|,。.-—_*· \t  "
_TIME_OF_DAY = regex(r"(?:[ t]{0,12}\d{1,2}:\d{2}(?::\d{2})?|\d{1,2}[时点](?:\d{1,2}分)?|印发|发布|[上下]午|晚)")


def _place(line: _Line) -> Place:
    c, expression = contexts(), line.expression
    if c.copyright.search(line.whole) and line.length < 400:
        return Place.COPYRIGHT
    if labelled := _labelled(line):
        return labelled
    if _inside_title_marks(line.before):
        return Place.CITED
    described = line.in_head and c.header.search(line.whole)
    if line.chrome and not described:
        return Place.FURNITURE
    alone = not _TIME_OF_DAY.sub("", line.after).strip(_BRACKETS)
    signable = expression.first.day or (expression.first.year and expression.first.month)
    if signable and (found := _signed(line, alone)):
        return found
    if c.furniture.search(line.whole) and line.length < 200 and not described:
        return Place.FURNITURE
    if expression.first.year and expression.first.day and line.in_top and (found := _headed(line, alone)):
        return found
    if expression.first.day and line.offset <= 40 and c.dateline.match(line.after) and not c.quoted.match(line.before):
        return Place.DATELINE
    return _in_prose(line)


def _labelled(line: _Line) -> Place | None:
    """The place that a label right before the date gives it."""
    c = contexts()
    for pattern, found in ((c.updated, Place.UPDATED), (c.clock, Place.CLOCK)):
        if pattern.search(line.before):
            return found
    if not line.expression.first.day:
        return None
    if c.effect_after.match(line.after):
        return None
    if c.published.search(line.before) and (line.in_top or line.length < 120):
        return Place.HEADER
    if c.loose.search(line.before) and (line.in_head or c.header.search(line.whole)) and line.length < 300:
        return Place.HEADER
    # 报名时间, 会议日期: the time of something else.
    return Place.EFFECT if _OTHER_LABEL.search(line.before) else None


def _inside_title_marks(before: str) -> bool:
    return before.rfind("《") > before.rfind("》")


def _signed(line: _Line, alone: bool) -> Place | None:
    """A sign-off: a date at the end of a line, behind the name of the body that signs, or alone below the text."""
    if not alone or line.expression.form not in (Form.DATE, Form.NUMERIC) or line.expression.hours:
        return None
    own_line = not line.before.strip(_BRACKETS).removeprefix("年")
    if own_line and line.after_body:
        written = line.expression.form is Form.DATE and not line.expression.clock
        signed = bool(contexts().organisation.search(line.previous))
        return Place.SIGNOFF if written or (signed and not line.expression.clock) else None
    if not line.in_head and not own_line and contexts().organisation.search(line.before):
        return Place.SIGNOFF
    return None


def _headed(line: _Line, alone: bool) -> Place | None:
    """A date of the page's head: a time stamp, a date alone, or one at either end of a short line."""
    expression, header = line.expression, contexts().header.search(line.whole)
    if expression.form is Form.NUMERIC:
        if line.in_head or expression.clock or header:
            return Place.HEADER
        return None
    if not line.in_head:
        return None
    if expression.weekday is not None and expression.clock and not header:
        return Place.CLOCK
    if alone or not line.before.strip(_BRACKETS):
        # `2022年3月14日全县疫情通报` is a title, `2022年3月14日 第3版` a masthead.
        set_apart = alone or header or line.after[:1] in (" ", "\t", " ", "|", "第", ")", "】", "]", ":")
        return Place.MASTHEAD if set_apart else Place.TITLE
    return Place.HEADER if header else Place.TITLE


def _in_prose(line: _Line) -> Place:
    c = contexts()
    ahead = c.future_before.search(line.before) or c.deadline_before.search(line.before)
    # 截至 looks back, 至 forward.
    if ahead and not line.before.endswith(("截至", "截止", "截止到", "截至到")):
        return Place.DEADLINE
    if c.deadline_after.match(line.after):
        return Place.DEADLINE
    if c.effect_after.match(line.after):
        return Place.EFFECT
    if line.in_head:
        return Place.TITLE
    first_sentence = line.is_first_body and "。" not in line.before and line.offset < 80
    sentence = line.after.partition("。")[0]
    if first_sentence and line.expression.first.day and c.report.search(sentence):
        return Place.LEAD
    return Place.BODY

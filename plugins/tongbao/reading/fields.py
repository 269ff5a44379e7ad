"""Header fields: lines that consist of labels and values, dates, or credits."""

from __future__ import annotations

import re
from functools import cache

from tongbao.model import HeaderField
from tongbao.patterns import regex
from tongbao.reading.lines import Line, table

# Longer lines are text, whatever labels they hold.
LONGEST_LINE = 300
LONGEST_VALUE = 60
# Values of these fields hold digits, and are no longer than this.
NUMERIC = {"time": 40, "updated": 40, "views": 16}

_WEEKDAY = r"\(?(?:星期|周)[一二三四五六日天]\)?"
_CLOCK = r"(?:[\st]*\d{1,2}[:时]\d{1,2}(?::\d{1,2}|分)?)?"
_DAY = r"[12]\d{3}\s?[-/.年]\s?\d{1,2}\s?[-/.月]\s?\d{1,2}\s?日?"
_FULL_DATE = rf"{_DAY}(?:\s*{_WEEKDAY})?{_CLOCK}(?:\s*{_WEEKDAY})?"
_DATE = regex(_FULL_DATE)
# A date on a line of its own, with the newspaper before it or the page behind it at most.
_BARE_DATE = regex(
    r"(?:[^\s,.;:!?|\d]{2,12}(?:报|网|台|站)\s*)?"
    rf"(?P<date>{_FULL_DATE})"
    r"(?:[\s|]*第?[a-z]?\d*版[:\s]?\S{0,12})?"
)
_NAME = r"[\u3400-\u9fff·]{2,4}"
_CREDIT = regex(
    r"\(?\s*(?:[\u3400-\u9fff]{0,8}?)(?P<role>记者|通讯员|评论员|特约撰稿人|编辑|责编|作者)\s*[:\s]\s*"
    rf"(?P<names>{_NAME}(?:[\s、/]+(?:[\u3400-\u9fff]{{0,8}}(?:记者|通讯员)\s*)?{_NAME}){{0,9}})"
    r"(?:\s*(?:摄|摄影报道|文/图|摄影))?\s*\)?"
)
_EDGES = " |/[](){}·,;"


def header_fields(line: Line) -> tuple[HeaderField, ...] | None:
    """The fields of a line of labels and values, with a date before them at most; None for other lines.

    An empty tuple stands for labels without values.
    """
    if line.size > LONGEST_LINE:
        return None
    bare = _BARE_DATE.fullmatch(line.plain)
    if bare:
        return (_field("time", line, *bare.span("date")),)
    pattern, names = _labels()
    labels = list(pattern.finditer(line.plain))
    if not labels:
        return _credits(line)
    head = line.plain[: labels[0].start()].strip(_EDGES)
    if head and not _DATE.fullmatch(head):
        return None
    at = line.plain.index(head)
    fields = [_field("time", line, at, at + len(head))] if head else []
    ends = [label.start() for label in labels[1:]] + [len(line.plain)]
    for label, end in zip(labels, ends, strict=True):
        name, (start, stop) = names[label[1]], _trim(line.plain, label.end(), end)
        if not _is_value(name, line.plain[start:stop]):
            return None
        if start < stop:
            fields.append(_field(name, line, start, stop))
    return tuple(fields)


def value(line: Line, fields: tuple[HeaderField, ...], name: str) -> str:
    """The plain characters of the first field called `name`, "" without one."""
    return next((line.plain[f.start - line.start : f.end - line.start] for f in fields if f.name == name), "")


@cache
def _labels() -> tuple[re.Pattern[str], dict[str, str]]:
    """A pattern for a label with its colon, and {label: name of the field}."""
    names = {label: name for name, labels in table()["labels"].items() for label in labels}
    alternatives = "|".join(re.escape(label) for label in sorted(names, key=len, reverse=True))
    return regex(rf"(?:^|(?<=[^a-z\u3400-\u9fff]))({alternatives})\s{{0,2}}:"), names


def _is_value(name: str, plain: str) -> bool:
    if name == "original-title":
        return True
    if len(plain) > NUMERIC.get(name, LONGEST_VALUE) or re.search(r"[。!?]", plain):
        return False
    if name in NUMERIC:
        return not plain or (bool(re.search(r"\d", plain)) and "," not in plain)
    return plain.count(",") <= 1


def _field(name: str, line: Line, start: int, end: int) -> HeaderField:
    return HeaderField(name, line.start + start, line.start + end)


def _trim(plain: str, start: int, end: int) -> tuple[int, int]:
    """The span without separators at its ends; a closing bracket stays where its opening one does."""
    while start < end and plain[start] in _EDGES:
        start += 1
    while start < end and plain[end - 1] in _EDGES and not (plain[end - 1] == ")" and "(" in plain[start:end]):
        end -= 1
    return start, end


def _credits(line: Line) -> tuple[HeaderField, ...] | None:
    """`(本报记者 某某 某某)` on a line of its own."""
    match = _CREDIT.fullmatch(line.plain)
    if not match:
        return None
    name = "editor" if match["role"] in ("编辑", "责编") else "author"
    return (_field(name, line, *match.span("names")),)

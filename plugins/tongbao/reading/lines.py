"""The lines of a text, and a first look at each by its own form: header fields, dates, chrome, issuers."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from tongbao.model import HeaderField

# Longer lines are paragraphs: their form need not be looked at.
LONGEST_FORMAL = 300

_LINE = re.compile("[^\n\r\v\f\x85\u2028\u2029]+")
_SPACES = " \t\u3000\xa0\u2002\u2003\u2009\u200b\ufeff"
# Half-width, lower case, plain spaces: what the data's patterns are written in. One character each.
_NARROW = {
    **{n: n - 0xFEE0 for n in range(0xFF01, 0xFF5F)},
    **{ord(c): " " for c in _SPACES},
    **{n: n + 32 for n in range(ord("A"), ord("Z") + 1)},
    **{n: n - 0xFEE0 + 32 for n in range(ord("Ａ"), ord("Ｚ") + 1)},
    **dict(zip(map(ord, "｜丨【】〖〗"), "||[][]", strict=True)),
}


@dataclass(frozen=True, slots=True)
class Line:
    """A line without surrounding white space: its span, and its characters in Simplified, narrow and lower case."""

    start: int
    end: int
    plain: str

    @property
    def size(self) -> int:
        return self.end - self.start


def lines(hans: str) -> Iterator[Line]:
    """The lines of the Simplified text that hold more than white space; spans are the repaired text's."""
    for match in _LINE.finditer(hans):
        whole = match[0]
        inner = whole.strip().strip(_SPACES).strip()
        if inner:
            start = match.start() + whole.index(inner[0])
            yield Line(start, start + len(inner), inner.translate(_NARROW))


@cache
def table() -> dict[str, Any]:
    """`data/reading.toml`."""
    return tomllib.loads(files("tongbao.data").joinpath("reading.toml").read_text("utf-8"))


# --- header fields ---------------------------------------------------------------------------------------------------

DAY = r"(?:[12]\d{3}|\d{2})?\s?[-/.年]?\s?\d{1,2}\s?[-/.月]\s?\d{1,2}\s?日?"
TIME = r"\d{1,2}[:时]\d{1,2}(?::\d{1,2}|分)?"
WEEKDAY = r"\(?(?:星期|周)[一二三四五六日天]\)?"
_DATE = re.compile(rf"[12]\d{{3}}\s?[-/.年]\s?\d{{1,2}}\s?[-/.月]\s?\d{{1,2}}\s?日?(?:\s*{WEEKDAY})?(?:[\st]*{TIME})?(?:\s*{WEEKDAY})?")
_BARE_DATE = re.compile(rf"(?P<paper>[^\s,.;:!?|\d]{{2,12}}(?:报|网|台|站)\s*)?(?P<date>{_DATE.pattern})(?P<page>[\s|]*第?[a-z]?\d*版[:\s]?\S{{0,12}})?")
_VALUE_LIMITS = {"time": 40, "updated": 40, "views": 16}
_LONGEST_VALUE = 60
_EDGES = " \t|/[](){}·,;，"


@cache
def _label() -> tuple[re.Pattern[str], dict[str, str]]:
    names = {label: name for name, labels in table()["labels"].items() for label in labels}
    alternatives = "|".join(re.escape(label) for label in sorted(names, key=len, reverse=True))
    return re.compile(rf"(?:^|(?<=[^a-z\u3400-\u9fff]))({alternatives})\s{{0,2}}:"), names


def header_fields(line: Line) -> tuple[HeaderField, ...] | None:
    """The fields of a line that consists of labels and values, with a date before them at most; None for other lines.

    An empty tuple stands for labels without values.
    """
    if line.size > LONGEST_FORMAL:
        return None
    bare = _BARE_DATE.fullmatch(line.plain)
    if bare:
        return (_field("time", line, *bare.span("date")),)
    pattern, names = _label()
    labels = list(pattern.finditer(line.plain))
    if not labels:
        return _credits(line)
    head = line.plain[: labels[0].start()].strip(_EDGES)
    dated = _DATE.fullmatch(head)
    if head and not dated:
        return None
    fields = []
    if dated:
        at = line.plain.index(head)
        fields.append(_field("time", line, at, at + len(head)))
    ends = [label.start() for label in labels[1:]] + [len(line.plain)]
    for label, end in zip(labels, ends, strict=True):
        name = names[label[1]]
        start, end = _trim(line.plain, label.end(), end)
        if not _is_value(name, line.plain[start:end]):
            return None
        if start < end:
            fields.append(_field(name, line, start, end))
    return tuple(fields)


def _is_value(name: str, value: str) -> bool:
    if len(value) > _VALUE_LIMITS.get(name, _LONGEST_VALUE) or re.search(r"[。!?]", value):
        return name == "original-title"
    if name in _VALUE_LIMITS:
        return not value or bool(re.search(r"\d", value)) and "," not in value
    return name in ("original-title", "other") or value.count(",") <= 1


def _field(name: str, line: Line, start: int, end: int) -> HeaderField:
    return HeaderField(name, line.start + start, line.start + end)


def _trim(plain: str, start: int, end: int) -> tuple[int, int]:
    """The span without separators at its ends; a closing bracket stays with its opening one."""
    while start < end and plain[start] in _EDGES:
        start += 1
    while start < end and plain[end - 1] in _EDGES and not (plain[end - 1] == ")" and "(" in plain[start:end]):
        end -= 1
    return start, end


_CREDIT = re.compile(
    r"\(?\s*(?:[\u3400-\u9fff]{0,8}?)(?P<role>记者|通讯员|评论员|特约撰稿人|编辑|责编|作者)\s*[:\s]\s*(?P<names>[\u3400-\u9fff·]{2,4}(?:[\s、/]+(?:[\u3400-\u9fff]{0,8}(?:记者|通讯员)\s*)?[\u3400-\u9fff·]{2,4}){0,9})(?:\s*(?:摄|摄影报道|文/图|摄影))?\s*\)?"
)


def _credits(line: Line) -> tuple[HeaderField, ...] | None:
    """`(总台记者 某某 某某)` on a line of its own."""
    match = _CREDIT.fullmatch(line.plain)
    if not match:
        return None
    name = "editor" if match["role"] in ("编辑", "责编") else "author"
    return (_field(name, line, *match.span("names")),)


# --- other forms -----------------------------------------------------------------------------------------------------

_SIGN_DATE = re.compile(
    rf"(?P<issuer>[^\d,。;:!?]{{4,40}}?)?\s*(?P<date>(?:(?:[12]\d{{3}}|\d{{2}}|[二〇○零一九0-9]{{4}})?\s*年\s*)(?:\d{{1,2}}|[一二三四五六七八九十]{{1,3}})\s*月\s*(?:\d{{1,2}}|[一二三四五六七八九十]{{1,3}})\s*日(?:\s*\d{{1,2}}[:时](?:\d{{1,2}}分?)?)?|[12]\d{{3}}[-/.]\d{{1,2}}[-/.]\d{{1,2}})\s*\)?"
)


def signed_date(line: Line) -> str | None:
    """`issuer` for a line that is an issuer with a date, `date` for a date alone, None for others."""
    if line.size > 60:
        return None
    match = _SIGN_DATE.fullmatch(line.plain)
    if not match:
        return None
    issuer = (match["issuer"] or "").strip()
    return "date" if not issuer else "issuer" if is_issuer(issuer) else None


def is_issuer(plain: str) -> bool:
    """Whether a short line is the name of a body that issues bulletins."""
    return 4 <= len(plain) <= 40 and plain.endswith(tuple(table()["issuers"]["endings"])) and not re.search(r"[,。;:!?、]", plain)


@cache
def _chrome() -> re.Pattern[str]:
    return re.compile("|".join(f"(?:{line})" for line in table()["chrome"]["lines"]))


def is_chrome(line: Line) -> bool:
    """Whether the line is of the site, not of the bulletin."""
    return line.size <= LONGEST_FORMAL and bool(_chrome().fullmatch(line.plain))


def is_paragraph(line: Line) -> bool:
    """Whether the line reads as running text: a sentence that ends, or a long one."""
    plain = line.plain
    return line.size > 70 or "。" in plain or plain.endswith((";", ";”")) or (line.size > 40 and plain.count(",") >= 2)

"""The title of a bulletin: the line of its head with the most points for being one."""

from __future__ import annotations

import re
from collections.abc import Sequence

from tongbao.model import BlockKind, HeaderField, HtmlMeta
from tongbao.reading.lines import Line, is_issuer, table

# Below this a text has no title line, and is called by its first words.
FEWEST_POINTS = 3.0

_KEY = re.compile(r"[^\u3400-\u9fff0-9a-z]+")
_NUMBER_LINE = re.compile(r"[(\[〔【]?[^\d]{0,8}[(\[〔]?\d{4}[年)\]〕]?\s?第?\s?\d*\s?号?[)\]〕】]?|\(?第\s?\d+\s?号\)?")


def choose_title(
    lines: Sequence[Line],
    kinds: Sequence[BlockKind | None],
    fields: Sequence[tuple[HeaderField, ...]],
    head: int,
    html: HtmlMeta | None,
) -> int | None:
    """The index of the title among the first `head` lines, None where none is like a title."""
    wanted = _html_titles(html)
    repeats = [_key(line.plain) for line in lines[: head + 1]]
    best: tuple[float, int] | None = None
    position = 0
    for index in range(head):
        line = lines[index]
        value = _original_title(line, fields[index])
        if kinds[index] is not None and not value:
            continue
        points = _points(value or line.plain) - position
        position += 1
        points += 8 * any(_same(_key(line.plain), title) for title in wanted)
        points += 6 * (index > 0 and _is_bare_label(fields[index - 1], lines[index - 1]))
        points -= 3 * bool(value)
        points += 3 * (index + 1 < len(lines) and kinds[index + 1] is BlockKind.HEADER and not value)
        points += 2 * any(_same(repeats[index], other) for at, other in enumerate(repeats) if at != index)
        if best is None or points > best[0]:
            best = (points, index)
    return best[1] if best and best[0] >= FEWEST_POINTS else None


def _points(plain: str) -> float:
    """What the line itself is worth as a title."""
    size = len(plain)
    points = 5.0 if 8 <= size <= 50 else 4.0 if 5 <= size <= 70 else 1.0
    points += 3 * bool(re.search(_endings() + r"(\s?[(\[〔].{1,20}[)\]〕])?$", plain))
    points += plain.startswith("关于")
    points -= 5 * any(re.match(lead, plain) for lead in table()["titles"]["not_leads"])
    points -= 6 * bool(_NUMBER_LINE.fullmatch(plain))
    points -= 3 * (is_issuer(plain) or "_" in plain)
    points -= 3 * plain.endswith((":", ",", ";", "、"))
    return points


def _endings() -> str:
    return "(" + "|".join(table()["titles"]["endings"]) + ")"


def _original_title(line: Line, fields: tuple[HeaderField, ...]) -> str:
    """The value of `原标题:…` on the same line."""
    return next((line.plain[f.start - line.start : f.end - line.start] for f in fields if f.name == "original-title"), "")


def _is_bare_label(fields: tuple[HeaderField, ...], line: Line) -> bool:
    return not fields and any(re.fullmatch(re.escape(label) + r"\s?:", line.plain) for label in table()["labels"]["original-title"])


def _key(plain: str) -> str:
    return _KEY.sub("", plain)


def _same(key: str, other: str) -> bool:
    """Whether one of two lines holds the other; short ones must be equal."""
    if len(key) < 6 or len(other) < 6:
        return bool(key) and key == other
    return key in other or other in key


def _html_titles(html: HtmlMeta | None) -> list[str]:
    if html is None:
        return []
    named = [value for name, value in html.pairs if name.lower() in ("articletitle", "og:title", "citation_title", "dc.title")]
    return [key for key in map(_key, [*named, html.title or ""]) if key]

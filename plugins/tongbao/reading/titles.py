"""The title of a bulletin: the line of its head with the most points for being one."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

from tongbao.model import BlockKind, HeaderField, HtmlMeta
from tongbao.patterns import regex
from tongbao.reading.fields import value
from tongbao.reading.forms import is_issuer
from tongbao.reading.lines import Line, table

# Below this a text has no title line, and is called by its first words.
FEWEST_POINTS = 3.0
# The issuers above a title take this many lines at most.
ISSUER_LINES = 3

_KEY = regex(r"[^\u3400-\u9fff0-9a-z]+")
_SHORTEST_KEY = 6
_NUMBER_LINE = regex(r"[(\[〔]?[^\d]{0,8}[(\[〔]?\d{4}[年)\]〕]?\s?第?\s?\d*\s?号?[)\]〕]?|\(?第\s?\d+\s?号\)?")


@dataclass(frozen=True, slots=True)
class Candidate:
    """A line of the head, with what its own form says it is."""

    line: Line
    kind: BlockKind | None
    fields: tuple[HeaderField, ...]

    @property
    def original_title(self) -> str:
        """The title behind `原标题:` on the same line."""
        return value(self.line, self.fields, "original-title")


def choose_title(head: Sequence[Candidate], html: HtmlMeta | None) -> int | None:
    """The index of the title among the lines of the head, None where none is like a title.

    For it speak its length and last word, the page's own title, a header line below it, and a second copy of it; of two
    lines alike the first one is it.
    """
    keys = [_key(c.line.plain) for c in head]
    wanted = _html_titles(html)
    best: tuple[float, int] | None = None
    position = 0
    for index, candidate in enumerate(head):
        original = candidate.original_title
        if candidate.kind is not None and not original:
            continue
        points = _points(original or candidate.line.plain) - position
        position += 1
        points += 8 * any(_same(keys[index], title) for title in wanted)
        points += 6 * (index > 0 and _is_bare_label(head[index - 1]))
        points -= 2 * bool(original)
        points += 3 * (index + 1 < len(head) and head[index + 1].kind is BlockKind.HEADER and not original)
        points += 2 * any(_same(keys[index], other) for at, other in enumerate(keys) if at != index)
        if best is None or points > best[0]:
            best = (points, index)
    return best[1] if best and best[0] >= FEWEST_POINTS else None


def issuer_lines(head: Sequence[Candidate], chosen: int) -> range:
    """The lines above the title that belong to it: an official title is the issuer, the matter and the kind of document
    (GB/T 9704), and is often set with the issuers on lines of their own above `关于…的通告` or a bare `通告`.

    Empty where a line above may be the beginning of the issuer's name: half a name is worse than none.
    """
    first = chosen
    if _needs_issuer(head[chosen].line.plain):
        while first > max(0, chosen - ISSUER_LINES) and _is_issuer_line(head[first - 1]):
            first -= 1
    whole = first == 0 or head[first - 1].kind is not None
    return range(first, chosen) if whole else range(chosen, chosen)


def _needs_issuer(plain: str) -> bool:
    return plain.startswith("关于") or bool(_bare_kind().fullmatch(plain))


def _is_issuer_line(candidate: Candidate) -> bool:
    return candidate.kind is None and is_issuer(candidate.line.plain)


def _points(plain: str) -> float:
    """What the line by itself is worth as a title."""
    size = len(plain)
    points = 5.0 if 8 <= size <= 50 else 4.0 if 5 <= size <= 70 else 1.0
    points += 3 if _ending("documents").search(plain) else bool(_ending("headlines").search(plain))
    points += plain.startswith("关于")
    points -= 5 * any(re.match(lead, plain) for lead in table()["titles"]["not_leads"])
    points -= 6 * bool(_NUMBER_LINE.fullmatch(plain))
    points -= 3 * (is_issuer(plain) or "_" in plain)
    points -= 3 * plain.endswith((":", ",", ";", "、"))
    return points


@cache
def _ending(kind: str) -> re.Pattern[str]:
    """What titles of documents, or headlines, end in; a number may follow."""
    return regex(rf"({_alternatives(kind)})(\s?[(\[〔].{{1,20}}[)\]〕])?$")


@cache
def _bare_kind() -> re.Pattern[str]:
    """The kind of document as a title's whole line, with its number at most: 通告, 第3号通告, 公告(第5号)."""
    return regex(rf"(第?\s?\d+号)?({_alternatives('documents')})(\s?[(\[〔].{{1,20}}[)\]〕])?")


def _alternatives(kind: str) -> str:
    return "|".join(map(re.escape, table()["titles"][kind]))


def _is_bare_label(candidate: Candidate) -> bool:
    """`原标题:` alone on a line."""
    plain = candidate.line.plain
    return not candidate.fields and plain.rstrip(": ") in table()["labels"]["original-title"] and plain.endswith(":")


def _key(plain: str) -> str:
    return _KEY.sub("", plain)


def _same(key: str, other: str) -> bool:
    """Whether one of two lines holds the other; short ones must be equal."""
    if min(len(key), len(other)) < _SHORTEST_KEY:
        return bool(key) and key == other
    return key in other or other in key


def _html_titles(html: HtmlMeta | None) -> list[str]:
    """Keys of the titles that the page's head gives, the site's own title fields before the title element."""
    if html is None:
        return []
    named = [content for name, content in html.pairs if name.lower() in table()["titles"]["meta_names"]]
    return [key for key in map(_key, [*named, html.title or ""]) if key]

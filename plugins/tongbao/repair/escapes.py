"""Escapes left over: `&ldquo;`, `\\u75ab`, `%E7%96%AB`, where a character was meant.

*Cause.* Text was escaped twice, or once more than it was unescaped. *Inverse.* Unescape what spells Chinese text or its
marks. Code, URLs, pages with tags, and texts about escapes mean what they show, and keep them.
"""

from __future__ import annotations

import html
import re
import unicodedata
from bisect import bisect_left
from html.entities import name2codepoint
from operator import itemgetter
from typing import Final

from tongbao.model import Edit, EditEvidence
from tongbao.patterns import regex
from tongbao.repair import tables
from tongbao.repair.about import speaks_of_escapes
from tongbao.repair.verdict import NOTHING, Verdict

_HAN = "\u3400-\u9fff\uf900-\ufaff"
_WIDE = regex("[\u2e80-\u9fff\uf900-\ufaff\uff00-\uffef\u2010-\u2027\u00b7]")
# The semicolon may be a full-width one, or lost before Chinese text or another entity.
_ENTITY = regex(
    rf"&((?:amp;){{0,3}})(#\d{{2,7}}|#[xX][0-9a-fA-F]{{2,6}}|[A-Za-z][A-Za-z0-9]{{1,7}})(?:[;；]|(?=[{_HAN}，。、；：“”（）《》&])|(?<=&#\d{{5}})(?=\s|$))"
)
# What programs escape by name; HTML's later names are written by hand, by who means them.
_NAMES: Final = frozenset(name2codepoint)
_UNICODE = regex(r"(?:\\{1,2}u[0-9a-fA-F]{4}|%u[0-9a-fA-F]{4})+")
_PAIR = r"(?:%(?:25){0,2}|\\x)[0-9a-fA-F]{2}"
_PAIRS = regex(f"(?:{_PAIR})+")
_PERCENT = regex(rf"(?:{_PAIR})+(?:[A-Za-z0-9._~+-]{{0,20}}(?:{_PAIR})+)*")
_URL = regex(
    r"(?:[a-z][a-z0-9+.-]{1,9}:)?//[^\s\"'<>“”「」（）\u3000-\u9fff]*|[?&][\w.-]+=[^\s\"'<>]*|\]\([^()\s]*",
    re.IGNORECASE,
)
# HTML and Markdown are shown as they are written.
_TAG = regex(
    r"</?(?:p|div|br|span|a|b|i|em|strong|font|h[1-6]|td|tr|li|ul|ol|html|body|script|style|meta|img|table|pre|code)\b|```",
    re.IGNORECASE,
)
# An entity alone in quotes is shown, not meant.
_QUOTED = regex("[\"'“‘`「『].[\"'”’`」』]", re.DOTALL)
# Entities for space between the two characters of a word that was spread for looks.
_SPREAD = regex(rf"(?<![{_HAN}])[{_HAN}](?:&(?:emsp|ensp|nbsp|#12288|#8195);)+[{_HAN}](?![{_HAN}])")
_SPACES = regex(r"(?:&(?:emsp|ensp|nbsp|#12288|#8195);)+")

_REASONS: Final = {
    "entity": "HTML实体没有还原，改为所代表的字符。",
    "unicode": "Unicode转义没有还原，改为所代表的字符。",
    "percent": "百分号编码没有还原，按UTF-8解码。",
}


def damage(text: str, kind: str) -> str:
    """The forward model: escape the wide characters of a text.

    `entity` writes decimal references, `unicode` writes `\\uXXXX` (with surrogate pairs), `percent` UTF-8 in hex pairs.
    """
    return _WIDE.sub(lambda m: _escape(m[0], kind), text)


def _escape(character: str, kind: str) -> str:
    if kind == "entity":
        return f"&#{ord(character)};"
    if kind == "unicode":
        data = character.encode("utf-16-be")
        return "".join(f"\\u{data[at : at + 2].hex()}" for at in range(0, len(data), 2))
    return "".join(f"%{byte:02x}" for byte in character.encode())


def undo(text: str) -> Verdict:
    """Unescape what spells Chinese text; suggest it where the text may mean its escapes."""
    if "&" not in text and "\\" not in text and "%" not in text:
        return NOTHING
    edits = [*_entities(text), *_unicode(text), *_percents(text)]
    if not edits:
        return NOTHING
    edits.sort(key=lambda e: (e.start, -e.end))
    kept: list[Edit] = []
    for edit in edits:
        if not kept or edit.start >= kept[-1].end:
            kept.append(edit)
    return Verdict(suggestions=tuple(kept)) if speaks_of_escapes(text) else Verdict(tuple(kept))


# Letters of no language stand side by side as entities; bytes that were taken for letters do.
_TRIGGER = regex(f"[{_HAN}]|&#|(?:&[A-Za-z]{{2,8}};){{4}}")


def _entities(text: str) -> list[Edit]:
    if "&" not in text or _TAG.search(text) or not _TRIGGER.search(text):
        return []
    edits = [_edit("entity", m.start(), m[0], _SPACES.sub("", m[0])) for m in _SPREAD.finditer(text)]
    urls = _spans(_URL, text)
    for match in _ENTITY.finditer(text):
        plain = _character(match[2])
        around = text[max(0, match.start() - 1) : match.start()] + "&" + text[match.end() : match.end() + 1]
        if plain and not _QUOTED.fullmatch(around) and not _within(match, urls):
            edits.append(_edit("entity", match.start(), match[0], plain))
    return edits


def _character(reference: str) -> str | None:
    """What a reference to a character means, a name or a number; None for what no page shows."""
    if not reference.startswith("#"):
        reference = reference if reference in _NAMES else reference.lower()
        return html.unescape(f"&{reference};").replace("\u00a0", " ") if reference in _NAMES else None
    plain = html.unescape(f"&{reference};").replace("\u00a0", " ")
    shown = plain.isprintable() or plain.isspace() or unicodedata.category(plain[0]) == "Cf"
    return plain if len(plain) == 1 and shown else None


def _unicode(text: str) -> list[Edit]:
    found = []
    for match in _UNICODE.finditer(text):
        units = re.findall(r"u([0-9a-fA-F]{4})", match[0])
        try:
            plain = bytes.fromhex("".join(units)).decode("utf-16-be")
        except UnicodeDecodeError:
            continue
        if _is_wide(plain):
            found.append((match, plain))
    # One character may be meant as it is written; where a text has words so, all are escaped.
    if not any(len(plain) >= 2 for _, plain in found):
        return []
    return [_edit("unicode", match.start(), match[0], plain) for match, plain in found]


def _percents(text: str) -> list[Edit]:
    if "%" not in text and "\\x" not in text:
        return []
    urls = _spans(_URL, text)
    edits = []
    for match in _PERCENT.finditer(text):
        plain = None if _within(match, urls) else _decoded(match[0])
        if plain is not None and _is_wide(plain):
            edits.append(_edit("percent", match.start(), match[0], plain))
    return edits


_MARK = regex("[，。、；：！？“”（）《》]")


def _decoded(escaped: str) -> str | None:
    """The text of hex pairs in UTF-8, or, in a form or an address, in GBK if its characters are common ones."""
    for codec in ("utf-8", "gbk") if escaped.startswith("%") else ("utf-8",):
        try:
            plain = _PAIRS.sub(lambda m, codec=codec: _bytes(m[0]).decode(codec), escaped)  # type: ignore[misc]
        except UnicodeDecodeError:
            continue
        if codec == "utf-8" or (len(plain) >= 2 and all(tables.is_common(c) or _MARK.match(c) for c in plain)):
            return plain
    return None


def _bytes(pairs: str) -> bytes:
    while "%25" in pairs:
        pairs = pairs.replace("%25", "%")
    return bytes.fromhex(pairs.replace("%", "").replace("\\x", ""))


def _spans(pattern: re.Pattern[str], text: str) -> list[tuple[int, int]]:
    return [m.span() for m in pattern.finditer(text)]


def _within(match: re.Match[str], spans: list[tuple[int, int]]) -> bool:
    """Whether a match touches one of the spans, which are in order."""
    at = bisect_left(spans, match.end(), key=itemgetter(0)) - 1
    return at >= 0 and spans[at][1] > match.start()


def _is_wide(text: str) -> bool:
    return 2 * len(_WIDE.findall(text)) > len(text)


def _edit(kind: str, start: int, before: str, after: str) -> Edit:
    return Edit(f"escape-{kind}", start, start + len(before), before, after, 1.0, EditEvidence(_REASONS[kind]))

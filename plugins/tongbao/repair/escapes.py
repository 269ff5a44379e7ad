"""Escapes left over: `&ldquo;`, `\\u75ab`, `%E7%96%AB`, where a character was meant.

*Cause.* Text was escaped twice, or once more than it was unescaped. *Inverse.* Unescape what spells Chinese text or its
marks. Code, URLs, pages with tags, and texts about escapes mean what they show, and keep them.
"""

from __future__ import annotations

import html
import re
from typing import Final

from tongbao.model import Edit, EditEvidence
from tongbao.repair.verdict import NOTHING, Verdict

_HAN = "\u3400-\u9fff\uf900-\ufaff"
_WIDE = re.compile("[\u2e80-\u9fff\uf900-\ufaff\uff00-\uffef\u2010-\u2027\u00b7]")
_ENTITY = re.compile(r"&(?:amp;){0,3}(?:#\d{2,7}|#[xX][0-9a-fA-F]{2,6}|[A-Za-z][A-Za-z0-9]{1,30});")
_UNICODE = re.compile(r"(?:\\u[0-9a-fA-F]{4}|%u[0-9a-fA-F]{4})+")
_PERCENT = re.compile(r"(?:%[0-9a-fA-F]{2})+(?:[A-Za-z0-9._~+-]{0,20}(?:%[0-9a-fA-F]{2})+)*")
_URL = re.compile(
    r"(?:[a-z][a-z0-9+.-]{1,9}:)?//[^\s\"'<>“”「」（）\u3000-\u9fff]*|[?&][\w.-]+=[^\s\"'<>]*|\]\([^()\s]*",
    re.IGNORECASE,
)
_TAG = re.compile(r"</?(?:p|div|br|span|a|td|tr|li|ul|html|body|script|meta|img|table)\b", re.IGNORECASE)
_ABOUT = re.compile(r"转义|轉義|编码|編碼|(?:字符|网页|超文本)实体|正则|(?i:escap|encod|entit|regex|unicode)")
# Entities for space between the two characters of a word that was spread for looks.
_SPREAD = re.compile(rf"(?<![{_HAN}])[{_HAN}](?:&(?:emsp|ensp|nbsp|#12288|#8195);)+[{_HAN}](?![{_HAN}])")
_SPACES = re.compile(r"(?:&(?:emsp|ensp|nbsp|#12288|#8195);)+")

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
    if "&" not in text and "\\u" not in text and "%" not in text:
        return NOTHING
    edits = [*_entities(text), *_unicode(text), *_percents(text)]
    if not edits:
        return NOTHING
    edits.sort(key=lambda e: (e.start, -e.end))
    kept: list[Edit] = []
    for edit in edits:
        if not kept or edit.start >= kept[-1].end:
            kept.append(edit)
    return Verdict(suggestions=tuple(kept)) if _ABOUT.search(text) else Verdict(tuple(kept))


def _entities(text: str) -> list[Edit]:
    if "&" not in text or _TAG.search(text) or not re.search(f"[{_HAN}]|&#", text):
        return []
    spread = [m for m in _SPREAD.finditer(text)]
    edits = [_edit("entity", m.start(), m[0], _SPACES.sub("", m[0])) for m in spread]
    for match in _ENTITY.finditer(text):
        plain = match[0]
        for _ in range(4):
            plain = html.unescape(plain)
        if plain != match[0] and not plain.endswith(";") and plain.isprintable() | plain.isspace():
            edits.append(_edit("entity", match.start(), match[0], plain.replace("\u00a0", " ")))
    return edits


def _unicode(text: str) -> list[Edit]:
    edits = []
    for match in _UNICODE.finditer(text):
        units = re.findall(r"u([0-9a-fA-F]{4})", match[0])
        try:
            plain = bytes.fromhex("".join(units)).decode("utf-16-be")
        except UnicodeDecodeError:
            continue
        if len(units) >= 2 and _is_wide(plain):
            edits.append(_edit("unicode", match.start(), match[0], plain))
    return edits


def _percents(text: str) -> list[Edit]:
    if "%" not in text:
        return []
    urls = [(m.start(), m.end()) for m in _URL.finditer(text)]
    edits, at = [], 0
    for match in _PERCENT.finditer(text):
        while at < len(urls) and urls[at][1] <= match.start():
            at += 1
        if at < len(urls) and urls[at][0] < match.end():
            continue
        try:
            plain = re.sub(r"(?:%[0-9a-fA-F]{2})+", lambda m: bytes.fromhex(m[0].replace("%", "")).decode(), match[0])
        except UnicodeDecodeError:
            continue
        if _is_wide(plain):
            edits.append(_edit("percent", match.start(), match[0], plain))
    return edits


def _is_wide(text: str) -> bool:
    return 2 * len(_WIDE.findall(text)) > len(text)


def _edit(kind: str, start: int, before: str, after: str) -> Edit:
    return Edit(f"escape-{kind}", start, start + len(before), before, after, 1.0, EditEvidence(_REASONS[kind]))

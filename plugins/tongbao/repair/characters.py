"""Characters that stand for others: radicals, compatibility and presentation forms, wide, private and unseen ones.

*Causes.* PDF fonts and OCR put a radical's code for the character (⼈ for 人); old standards have their own codes for
some characters; house styles and converters widen digits; layouts for vertical text leave its marks; GBK had private
codes for characters that Unicode lacked; editors and trackers leave zero-width characters. *Inverse.* A table,
`data/characters.tsv`, and what must stand beside the character for it to be damage.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from itertools import chain, groupby
from typing import Final

from tongbao.data import rows
from tongbao.model import Edit, EditEvidence
from tongbao.patterns import regex
from tongbao.repair.text_model import FLOOR, model
from tongbao.repair.verdict import Verdict

_REASONS: Final[Mapping[str, str]] = {
    "radical": "部首字符代替了汉字本身，多见于PDF和文字识别。",
    "compatibility": "兼容汉字，改为通行的编码。",
    "width": "全角字母和数字，改为半角。",
    "vertical": "竖排或小号标点，改为通行的标点。",
    "private": "GBK私用区的旧编码，改为现行编码。",
    "invisible": "看不见的字符，删去。",
}
# Scripts in which invisible characters are letters' business: Arabic, Indic, Thai and its neighbours, Mongolian, emoji.
_SHAPED = "\u0600-\u08ff\u0900-\u0dff\u0e00-\u0fff\u1000-\u109f\u1780-\u18af\ufe0f\U0001f000-\U0001faff"
_INVISIBLE = regex(
    rf"(?<![{_SHAPED}])[\u180e\u200b-\u200d\u2060-\u2064\ufeff]+(?![{_SHAPED}])"
    r"|(?<=[\u3000-\u9fff\uff00-\uffef])[\u00ad\u200e\u200f\u202a-\u202e\u2066-\u2069]+"
    r"|[\u00ad\u200e\u200f\u202a-\u202e\u2066-\u2069]+(?=[\u3000-\u9fff\uff00-\uffef])"
    r"|[\x00-\x08\x0b\x0e-\x1f\x7f]+"
)
# A text about radicals, codes or width means the characters that it shows.
_RADICALS = regex("部首|偏旁|康熙字典|兼容字|相容字|(?i:unicode)")
_ABOUT: Final[Mapping[str, re.Pattern[str]]] = {
    "radical": _RADICALS,
    "compatibility": _RADICALS,
    "width": regex("全角(?!度)|全形(?:字|符|標|數)|(?i:unicode)"),
    "vertical": regex("(?:竖排|豎排|直排|小号|小型)[标標]?[点點]|(?i:unicode)"),
}
# Any of these at all: a quick look before the slower one.
_UNSEEN = regex("[\x00-\x08\x0b\x0e-\x1f\x7f\u00ad\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]")
# Marks inside a wide number or name are wide with it.
_WIDE_MARK = regex("(?<=[０-９Ａ-Ｚａ-ｚ])[．－／＆＋＠＿](?=[０-９Ａ-Ｚａ-ｚ])|(?<=[０-９])％")
# From a wide character to the narrow one.
_NARROWER = 0xFEE0
# Kana, without の, which shops in China write, and Hangul.
_FOREIGN = regex("[\u3041-\u306d\u306f-\u30ff\uac00-\ud7a3]")
_HAN = regex("[\u3400-\u9fff]")
# What mojibake is made of and Chinese text is not, pinyin apart: controls, letters of Europe, kana, box lines, private
# use.
_ODD = regex("[\x80-\x9f\u00aa-\u024f\u0370-\u052f\u2500-\u257f\u3041-\u30ff\ue000-\uf8ff\ufffd]")
_NOT_ODD = frozenset("·×°±÷§®©«»āáǎàēéěèīíǐìōóǒòūúǔùǖǘǚǜü")
# How near it must stand, and how much of it.
NEAR, MANY = 4, 2
# Text costs less than this on average, in the text model's steps (9 nats a character), told by so many characters on
# each side.
GIBBERISH, CLOSE = 72, 3
# How certain is what stands among other damage.
LIKELY = 0.9
# What stands behind a gloss that has lost its beginning is what is left of other characters.
_BROKEN = regex("[a-zü-ǜāáǎàēéěèīíǐìōóǒòūúǔù][)）]\\Z")
# The compatibility ideographs beyond the basic plane.
_SUPPLEMENT = regex("[\U0002f800-\U0002fa1d]+")
# Brackets of vertical text come in pairs; alone they are faces.
_OPENING = "︵︷︹︻︽︿﹁﹃﹇﹙﹛﹝"
_PARTNER = {**{c: chr(ord(c) + 1) for c in _OPENING}, **{chr(ord(c) + 1): c for c in _OPENING}}


@cache
def table() -> Mapping[str, tuple[str, str]]:
    """{character: (kind, what is meant)}."""
    return {chr(int(code, 16)): (kind, plain) for kind, code, plain in rows("characters.tsv")}


@cache
def _pattern() -> re.Pattern[str]:
    """The characters of the basic plane; a class that reaches beyond it would be slow."""
    return regex(f"[{re.escape(''.join(c for c in table() if ord(c) < 0x10000))}]+")


def damage(text: str, kind: str) -> str:
    """The forward model: put the characters of `kind` (see the table) for those that are meant.

    `invisible` puts a zero-width space behind each full stop. Where several characters of a kind mean one, the first
    of the table is put.
    """
    if kind == "invisible":
        return text.replace("。", "。\u200b")
    inverse: dict[int, str] = {}
    for character, (name, plain) in table().items():
        if name == kind:
            inverse.setdefault(ord(plain), character)
    return text.translate(inverse)


def undo(text: str) -> Verdict:
    """Put the characters that are meant; in Japanese and Korean text width and old forms are left as they are."""
    unseen = _INVISIBLE.finditer(text) if _UNSEEN.search(text) else ()
    edits = [_edit("invisible", m.start(), m[0], "") for m in unseen]
    matches = chain(_pattern().finditer(text), _SUPPLEMENT.finditer(text))
    found = [edit for m in matches for edit in _plain(m) if _is_meant(text, edit)]
    if found:
        marks = _WIDE_MARK.finditer(text)
        found += (_edit("width", m.start(), m[0], chr(ord(m[0]) - _NARROWER)) for m in marks)
    if not found or not _is_chinese(text):
        return Verdict(tuple(edits))
    shown = {f"character-{kind}" for kind, about in _ABOUT.items() if about.search(text)}
    edits += (_weighed(text, edit) for edit in found if edit.rule not in shown)
    offered = (edit for edit in found if edit.rule in shown)
    return Verdict(tuple(sorted(edits, key=lambda e: e.start)), tuple(sorted(offered, key=lambda e: e.start)))


def _is_meant(text: str, edit: Edit) -> bool:
    """Whether a character stands for another here: it is no part of a face, nor, alone, of other damage."""
    if edit.rule == "character-vertical":
        return all(text.count(c) == text.count(_PARTNER[c]) for c in edit.before if c in _PARTNER)
    if len(edit.before) > 1:
        return True
    left, right = text[max(0, edit.start - NEAR) : edit.start], text[edit.end : edit.end + NEAR]
    if sum(map(_is_odd, left + right)) >= MANY or _BROKEN.search(left):
        return False
    if edit.rule != "character-width":
        return True
    meant = left[-CLOSE:] + edit.after + right[:CLOSE]
    return len(meant) <= CLOSE or model().cost(meant) < GIBBERISH * len(meant)


def _weighed(text: str, edit: Edit) -> Edit:
    """An edit, not certain where all around is other damage: the character may be part of that."""
    left, right = text[max(0, edit.start - NEAR) : edit.start], text[edit.end : edit.end + NEAR]
    around = (left + right).strip()
    gibberish = len(around) >= NEAR and model().cost(around) >= GIBBERISH * len(around)
    return replace(edit, confidence=LIKELY) if gibberish else edit


def _is_odd(character: str) -> bool:
    """Whether hardly anyone writes this character in Chinese text."""
    if character in _NOT_ODD or character in table():
        return False
    return bool(_ODD.match(character)) or (bool(_HAN.match(character)) and model().rarity(character) >= FLOOR)


def _is_chinese(text: str) -> bool:
    foreign = len(_FOREIGN.findall(text))
    return not foreign or 20 * foreign <= len(_HAN.findall(text))


def _plain(match: re.Match[str]) -> list[Edit]:
    """One edit for each stretch of one kind."""
    edits: list[Edit] = []
    start = match.start()
    for kind, stretch in groupby(match[0], key=lambda c: table()[c][0]):
        before = "".join(stretch)
        edits.append(_edit(kind, start, before, "".join(table()[c][1] for c in before)))
        start += len(before)
    return edits


def _edit(kind: str, start: int, before: str, after: str) -> Edit:
    return Edit(f"character-{kind}", start, start + len(before), before, after, 1.0, EditEvidence(_REASONS[kind]))

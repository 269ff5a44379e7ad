"""Pinyin glosses: `關(guān)于` for 關于.

*Cause.* A spinner that republishes text inserts a pinyin gloss after every occurrence of each character of a set of
its own; the set holds characters in daily use, nearly all of them Traditional forms, and is the same all through a
document. (It works on GBK bytes, which damages text in a second way: see `gbk_bytes`.)

*Inverse.* A gloss is removed where the character before it has that reading, in a document whose glosses behave like a
spinner's. Readings that an author gave on purpose (rare names, lessons) fail that test: they stand at rare characters,
or once only. An excerpt with one or two glosses has little evidence, and more is asked of each.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence

from tongbao.model import Edit, EditEvidence
from tongbao.patterns import regex
from tongbao.repair import tables
from tongbao.repair.text_model import model

_MARKED = "üāáǎàēéěèīíǐìōóǒòūúǔùǖǘǚǜńňǹḿêẑĉŝŋ"
_LETTERS = f"a-zA-Z{_MARKED}{_MARKED.upper()}ɑɡ"
_SPACE = r"(?:[ \t\xa0\u3000\u200b]|&nbsp;)*"
# The longest syllable has six letters (`zhuang`); decomposed tone marks may double a vowel, or a number gives the tone.
_SYLLABLE = rf"[{_LETTERS}][{_LETTERS}\u0300-\u030c]{{0,7}}[0-5]?"
# What stands in the brackets: a syllable, or two where the site gives two readings.
READING = rf"{_SYLLABLE}(?:{_SPACE}[,，、/;；]{_SPACE}{_SYLLABLE})?"
OPEN, CLOSE = rf"[(（]{_SPACE}", rf"{_SPACE}[)）]"
GLOSS = regex(rf"(?<=[\u3400-\u9fff\uf900-\ufaff]){OPEN}({READING}){CLOSE}")

# A document's glosses count as a spinner's when so many different characters have them ...
MIN_DISTINCT = 3
# ... when, between the first gloss and the last, those characters nearly always have them ...
MIN_CONSISTENT = 0.9
# ... and when they are nearly all Traditional, and either mostly common or glossed again and again; in Simplified text
# they must be both.
MIN_TRADITIONAL = 0.9
MIN_COMMON = 0.8
MIN_REPEATED = 4
# Fewer glosses are a spinner's where each stands at a Traditional form in daily use (10 nats) with its usual reading,
# which no writer explains, wherever that character is, in Traditional text.
DAILY = 80
# A text that speaks of readings may give some.
_LESSON = regex("拼音|注音|[讀读][作音]|[發发]音|生[字詞词]|多音字|[聲声][調调]|[組组][詞词]|同音|音同")


def damage(text: str, readings: Mapping[str, str]) -> str:
    """The forward model: insert `(reading)` after every occurrence of each character.

    `readings` is {character: gloss}, the glossing site's set. `gbk_bytes.damage` is the fuller model, which also
    glosses pairs of bytes that straddle two characters.
    """
    return text.translate({ord(character): f"{character}({gloss})" for character, gloss in readings.items()})


def find(text: str) -> list[re.Match[str]]:
    """The glosses that fit the character before them, in a spun document; none in another."""
    if ")" not in text and "）" not in text:
        return []
    every = list(GLOSS.finditer(text))
    # A spinner has brackets of one shape; an author's glosses beside may have the other.
    groups = ([m for m in every if m[0][0] == bracket] for bracket in "(（")
    return sorted((m for group in groups for m in _spun(text, group)), key=re.Match.start)


def _spun(text: str, group: Sequence[re.Match[str]]) -> list[re.Match[str]]:
    """Of glosses in brackets of one shape, those that a spinner made."""
    found = [m for m in group if text[m.start() - 1] in tables.readers(m[1])]
    if is_spun(text, found):
        return [m for m in found if _is_usual(text[m.start() - 1])]
    return found if len(found) == len(group) and _is_excerpt(text, found) else []


def _is_usual(character: str) -> bool:
    """Whether a spinner's set may hold a character: what is neither Traditional nor common has an author's gloss."""
    return tables.is_traditional(character) or tables.is_common(character)


def edit(text: str, match: re.Match[str]) -> Edit:
    """The edit that removes a gloss."""
    reason = f"“{text[match.start() - 1]}”读作“{match[1]}”，括号内的注音是转载程序插入的。"
    return Edit("pinyin-gloss", match.start(), match.end(), match[0], "", 1.0, EditEvidence(reason))


def is_spun(text: str, found: Sequence[re.Match[str]]) -> bool:
    """Whether glosses that fit their characters are a spinner's: see the limits above."""
    counts = Counter(text[m.start() - 1] for m in found)
    if len(counts) < MIN_DISTINCT:
        return False
    span = Counter(text[found[0].start() - 1 : found[-1].end()])
    total = sum(span[character] for character in counts)
    traditional = sum(map(tables.is_traditional, counts)) / len(counts)
    common = sum(map(tables.is_common, counts)) / len(counts)
    if len(found) < MIN_CONSISTENT * total:
        return False
    repeated = len(found) - len(counts) >= MIN_REPEATED
    if not repeated and (_LESSON.search(text) or 2 * sum(_is_inside(text, m) for m in found) < len(found)):
        return False
    if traditional >= MIN_TRADITIONAL:
        return repeated or common >= MIN_COMMON
    return repeated and common == 1


def _is_excerpt(text: str, found: Sequence[re.Match[str]]) -> bool:
    """Whether these few glosses, all that the text has, can be a spinner's only."""
    glossed = {text[m.start() - 1] for m in found}
    return (
        bool(found)
        and all(_is_needless(text[m.start() - 1], m[1]) for m in found)
        and sum(map(text.count, glossed)) == len(found)
        and any(_is_inside(text, m) for m in found)
        and 2 * sum(map(tables.is_foreign_to_traditional, text)) <= sum(map(tables.is_traditional, text))
        and not _LESSON.search(text)
    )


def _is_needless(character: str, reading: str) -> bool:
    return (
        tables.is_traditional(character)
        and model().rarity(character) < DAILY
        and character in tables.readers(reading, usual=True)
    )


def _is_inside(text: str, gloss: re.Match[str]) -> bool:
    """Whether a glossed character stands in running text, not by itself."""
    at = gloss.start() - 1
    return tables.is_han(text[at - 1 : at] or " ") or tables.is_han(text[gloss.end() : gloss.end() + 1] or " ")

"""Pinyin glosses: `關(guān)于` for 關于.

*Cause.* A spinner that republishes text inserts a pinyin gloss after every occurrence of each character of a set of
its own; the set holds characters in daily use, nearly all of them Traditional forms, and is the same all through a
document. (It works on GBK bytes, which damages text in a second way: see `gbk_bytes`.)

*Inverse.* A gloss is removed where the character before it has that reading, in a document whose glosses behave like a
spinner's. Readings that an author gave on purpose (rare names, lessons) fail that test: they stand at rare characters,
or once only.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence

from tongbao.model import Edit, EditEvidence
from tongbao.repair import tables

_LETTERS = "a-zA-Züāáǎàēéěèīíǐìōóǒòūúǔùǖǘǚǜńňǹḿɑɡêẑĉŝŋ"
# The longest syllable has six letters (`zhuang`); decomposed tone marks may double a vowel.
GLOSS = re.compile(rf"(?<=[\u3400-\u9fff\uf900-\ufaff])[(（]([{_LETTERS}][{_LETTERS}\u0300-\u030c]{{0,7}})[)）]")
SYLLABLE = re.compile(rf"[{_LETTERS}][{_LETTERS}\u0300-\u030c]{{0,7}}")

# A document's glosses count as a spinner's when so many different characters have them ...
MIN_DISTINCT = 3
# ... when, between the first gloss and the last, those characters nearly always have them ...
MIN_CONSISTENT = 0.9
# ... and when they are nearly all Traditional, and either mostly common or glossed again and again; in Simplified text
# they must be both.
MIN_TRADITIONAL = 0.9
MIN_COMMON = 0.6
MIN_REPEATED = 4


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
    found = [m for m in GLOSS.finditer(text) if text[m.start() - 1] in tables.readers(m[1])]
    return found if is_spun(text, found) else []


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
    if traditional >= MIN_TRADITIONAL:
        return repeated or common >= MIN_COMMON
    return repeated and common == 1

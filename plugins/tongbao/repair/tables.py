"""Tables of characters that several families of damage read: scripts, pinyin readings, GBK and Big5 pairs."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from functools import cache, lru_cache

from opencc import OpenCC

from tongbao.data import rows
from tongbao.folding import fold_table
from tongbao.patterns import regex

# Spelling variants inside GBK pinyin glosses: IPA letters that GBK carries, the keyboard spelling of ü, tone numbers.
_SPELLING = str.maketrans({"ɑ": "a", "ɡ": "g", "v": "ü", "V": "ü"} | dict.fromkeys("012345", ""))
_PARTED = regex(r"[,，、/;；]")
_TONES = {"\u0304", "\u0301", "\u030c", "\u0300"}


def toneless(syllable: str) -> str:
    """The syllable without its tone mark (`lǜ` gives `lü`)."""
    kept = (c for c in unicodedata.normalize("NFD", syllable) if c not in _TONES)
    return unicodedata.normalize("NFC", "".join(kept))


def spell(gloss: str) -> str:
    """A syllable in the spelling of the readings table: NFC, lower case, ü for v, no IPA letters, no tone number."""
    return unicodedata.normalize("NFC", gloss.translate(_SPELLING).lower())


_Readings = Mapping[str, frozenset[str]]


@cache
def _readings(usual: bool) -> tuple[_Readings, _Readings]:
    """{syllable: characters}, with tone marks and without; of their usual readings only, or of all."""
    toned = {s: frozenset(first if usual else first + others) for s, first, others in rows("readings.tsv")}
    plain: dict[str, frozenset[str]] = {}
    for syllable, characters in toned.items():
        key = toneless(syllable)
        plain[key] = plain.get(key, frozenset()) | characters
    return toned, plain


@lru_cache(maxsize=1 << 14)
def readers(gloss: str, usual: bool = False) -> frozenset[str]:
    """The characters that can be, or usually are, read as `gloss`: as each of its syllables where it gives several.

    A syllable without a tone mark stands for all tones.
    """
    toned, plain = _readings(usual)
    syllables = (spell(part.strip()) for part in _PARTED.split(gloss))
    # A syllable of the neutral tone has no mark either: then all tones are meant, which includes it.
    found = [plain.get(s) or toned.get(s) or frozenset() for s in syllables]
    return frozenset.intersection(*found)


def is_traditional(character: str) -> bool:
    """Whether folding changes this Han character: it has another, Simplified form."""
    return is_han(character) and fold_table().get(ord(character), character) != character


def is_han(character: str) -> bool:
    """Whether this is an ideograph of the basic plane."""
    return "\u3400" <= character <= "\u9fff" or "\uf900" <= character <= "\ufaff"


@cache
def _simplified() -> frozenset[str]:
    """Han characters that only Simplified text has: another character folds to them, and Big5 can't write them."""
    targets = {target for source, target in fold_table().items() if is_han(chr(source)) and is_han(target)}
    return frozenset(c for c in targets if not c.encode("big5", "ignore"))


def is_simplified(character: str) -> bool:
    """Whether this is a form of Simplified text only."""
    return character in _simplified()


@cache
def _converted() -> frozenset[str]:
    """What a converter makes of the characters of GB 2312, one by one."""
    pairs = (bytes((lead, trail)) for lead in range(0xB0, 0xF8) for trail in range(0xA1, 0xFF))
    characters = "\n".join(c for c in map(gbk_pairs().get, pairs) if c)
    return frozenset().union(*(OpenCC(config).convert(characters) for config in ("s2t", "s2tw", "s2hk")))


def is_foreign_to_traditional(character: str) -> bool:
    """Whether this Han character is neither in Big5 nor made by a converter: Simplified, Japanese, or rare."""
    return is_han(character) and character not in big5_bytes() and character not in _converted()


def is_common(character: str) -> bool:
    """Whether the Simplified form is in the first level of GB 2312, its 3,755 characters in daily use."""
    return character in common()


@cache
def common() -> frozenset[str]:
    """The characters whose Simplified form is in the first level of GB 2312."""
    rows_of_level = (bytes(b for trail in range(0xA1, 0xFF) for b in (lead, trail)) for lead in range(0xB0, 0xD8))
    level, folds = {c for row in rows_of_level for c in row.decode("gb2312", "ignore")}, fold_table()
    sources = (chr(code) for code, target in folds.items() if target in level)
    return frozenset(sources).union(c for c in level if ord(c) not in folds)


def _pairs(codec: str) -> Mapping[bytes, str]:
    table = {}
    for lead in range(0x81, 0xFF):
        for trail in range(0x40, 0xFF):
            pair = bytes((lead, trail))
            try:
                character = pair.decode(codec)
            except UnicodeDecodeError:
                continue
            if len(character) == 1:
                table[pair] = character
    return table


@cache
def gbk_pairs() -> Mapping[bytes, str]:
    """{two bytes: character} as cp936 decodes them, without user-defined pairs (they vanish when served)."""
    return _pairs("gbk")


@cache
def gbk_bytes() -> Mapping[str, bytes]:
    """{character: its two bytes}, the inverse of `gbk_pairs`."""
    return {character: pair for pair, character in gbk_pairs().items()}


@cache
def big5_pairs() -> Mapping[bytes, str]:
    """{two bytes: character} as cp950 decodes them, without user-defined pairs."""
    return _pairs("cp950")


@cache
def big5_bytes() -> Mapping[str, bytes]:
    """{character: its two bytes}; of two pairs with one character, the first."""
    return {character: pair for pair, character in reversed(list(big5_pairs().items()))}

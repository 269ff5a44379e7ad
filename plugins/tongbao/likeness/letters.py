"""What of a text counts when texts are compared: its letters and digits, folded; punctuation and layout do not."""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from tongbao.folding import fold

# Letters and digits as `fold` leaves them, first and last of each block. A table of our own: what Python calls a letter
# changes with its version, and the same text must give the same sketch everywhere.
_BLOCKS = (
    ("0", "9"),
    ("a", "z"),
    ("\u00c0", "\u1fff"),  # the alphabets from Latin to Greek, with Arabic, Tibetan and Mongolian
    ("\u3005", "\u3007"),  # 々〆〇
    ("\u3041", "\u30fa"),  # kana
    ("\u3105", "\u318e"),  # bopomofo, hangul letters
    ("\u3400", "\u4dbf"),
    ("\u4e00", "\ua4cf"),  # Han, Yi
    ("\uac00", "\ud7a3"),
    ("\uf900", "\ufaff"),
    ("\U00020000", "\U0003ffff"),
)
# Where letters begin and end in turn: a code point with an odd number of edges at or below it is one.
_EDGES = np.array([edge for first, last in _BLOCKS for edge in (ord(first), ord(last) + 1)], np.uint32)
# An odd factor with no pattern in its bits (Knuth's), and the two of MurmurHash3's last mixing.
_BASE = np.uint64(0x9E3779B97F4A7C15)
_MIX = np.uint64(0xFF51AFD7ED558CCD), np.uint64(0xC4CEB9FE1A85EC53)
_HALF = np.uint64(33)
# How many codes are compared at first; each time they are all the same, twice as many.
_STEP = 64

Codes = NDArray[np.uint32]


class Letters(NamedTuple):
    """The code points that count in a text, and the offset of each in it."""

    codes: Codes
    offsets: NDArray[np.intp]


@lru_cache(maxsize=4)  # A text is compared with several others.
def letters(text: str) -> Letters:
    """The letters and digits of a text in either script, folded."""
    folded = codes(fold(text))
    offsets = np.flatnonzero(np.searchsorted(_EDGES, folded, "right") & 1)
    return Letters(folded[offsets], offsets)


def codes(text: str) -> Codes:
    """The code points of a text."""
    return np.frombuffer(text.encode("utf-32-le", "surrogatepass"), "<u4")


def grams(codes: Codes, size: int) -> NDArray[np.uint64]:
    """A hash of each run of `size` codes; empty where there are fewer."""
    count = len(codes) - size + 1
    if count <= 0:
        return np.empty(0, np.uint64)
    wide = codes.astype(np.uint64)
    out = wide[:count].copy()
    for at in range(1, size):
        out *= _BASE
        out += wide[at : at + count]
    for factor in _MIX:
        out ^= out >> _HALF
        out *= factor
    out ^= out >> _HALF
    return out


def in_common(a: Codes, b: Codes) -> int:
    """How many codes two texts have in common from their beginnings on."""
    most, at, step = min(len(a), len(b)), 0, _STEP
    while at < most:
        end = min(at + step, most)
        differing = a[at:end] != b[at:end]
        if differing.any():
            return at + int(differing.argmax())
        at, step = end, 2 * step
    return most

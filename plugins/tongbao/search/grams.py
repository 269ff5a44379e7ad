"""N-grams: the terms of the index are runs of one or two characters; runs of three say where two of these join."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

LONGEST = 2
# Grams of a cover that count in scores.
CHIEF = 4
# Of a code point plus one, so that zero can stand for "no character".
BITS = 21
_MASK = (1 << BITS) - 1


def cover(term: str) -> tuple[tuple[int, str], ...]:
    """The fewest grams that cover a term, with their offsets in it: side by side, the last one flush with the end."""
    if len(term) <= LONGEST:
        return ((0, term),)
    last = len(term) - LONGEST
    return tuple((at, term[at : at + LONGEST]) for at in [*range(0, last, LONGEST), last])


def chief(size: int) -> tuple[int, ...]:
    """The places of those of so many grams of a cover that count in scores: at most `CHIEF`, at even steps.

    A bulletin holds all of the term or is no hit, so what more grams would add hardly parts one hit from another; but a
    browser would have to fetch the list of each.
    """
    if size <= CHIEF:
        return tuple(range(size))
    return tuple((2 * n * (size - 1) + CHIEF - 1) // (2 * CHIEF - 2) for n in range(CHIEF))


def key(run: str) -> int:
    """A run of up to three characters as a number; numbers sort as the runs do by code points."""
    codes = [ord(char) + 1 for char in run] + [0, 0]
    return codes[0] << 2 * BITS | codes[1] << BITS | codes[2]


def run(key: int) -> str:
    """The run that a number stands for."""
    codes = (key >> 2 * BITS, key >> BITS & _MASK, key & _MASK)
    return "".join(chr(code - 1) for code in codes if code)


def tail(keys: NDArray[np.int64]) -> NDArray[np.int64]:
    """The keys of the last two characters of runs of three."""
    return (keys & (1 << 2 * BITS) - 1) << BITS


def head(keys: NDArray[np.int64]) -> NDArray[np.int64]:
    """The keys of the first two characters of runs of three."""
    return keys & ~np.int64(_MASK)

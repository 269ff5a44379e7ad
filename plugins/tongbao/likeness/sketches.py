"""The sketch of a text: what `relate` needs to know of it, in some hundred bytes.

The *signature* is a MinHash of the text's shingles, from which the Jaccard index of two texts is estimated: how much of
what either says stands in both. The *prints* are winnowed (Schleimer, Wilkerson, Aiken 2003): of every `WINDOW`
consecutive grams the least hash is one, so two texts that share a run of `PASSAGE` letters share a print for certain.
"""

from __future__ import annotations

from functools import cache
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from tongbao.likeness.letters import grams, letters

# The shortest passage, in letters, that is found for certain. Shorter ones are found by chance, from `GRAM` letters on.
PASSAGE = 24
GRAM = 12
WINDOW = PASSAGE - GRAM + 1
# Five characters are two or three words: fewer are shared by texts that have nothing else in common.
SHINGLE = 5
# The standard error of an estimate of 0.5 is 0.044.
PERMUTATIONS, SEED = 128, 20030609


class Sketch(NamedTuple):
    """`signature` is the state of a MinHash, empty for a text without letters; `prints` are sorted `<u4`."""

    signature: bytes
    prints: bytes


def sketch(text: str) -> Sketch:
    """The sketch of a reading text without site chrome, in either script. Pure, and the same on every machine."""
    codes = letters(text).codes
    if not len(codes):
        return Sketch(b"", b"")
    plain = codes.tobytes().decode("utf-32-le")
    minhash = _minhash()(PERMUTATIONS, SEED)
    minhash.update([plain[at : at + SHINGLE] for at in range(max(1, len(plain) - SHINGLE + 1))])
    return Sketch(minhash.__getstate__(), _prints(codes).astype("<u4").tobytes())


def minhash(signature: bytes) -> Any:
    """The library's MinHash with this state. Raises ValueError for one of another version of the library."""
    out = _minhash()(PERMUTATIONS, SEED)
    out.__setstate__(signature)
    return out


def _prints(codes: NDArray[np.uint32]) -> NDArray[np.uint32]:
    """The winnowed hashes of a text, sorted, each once; none where the text is shorter than a passage."""
    hashes = (grams(codes, GRAM) >> np.uint64(32)).astype(np.uint32)
    if len(hashes) < WINDOW:
        return np.empty(0, np.uint32)
    return np.unique(_minima(hashes, WINDOW))


def _minima(values: NDArray[np.uint32], window: int) -> NDArray[np.uint32]:
    """The least value of each window: windows of twice the width from two that stand side by side."""
    width = 1
    while width < window:
        step = min(width, window - width)
        values = np.minimum(values[:-step], values[step:])
        width += step
    return values


@cache
def _minhash() -> Any:
    """The library's class; imported here, because most starts compare nothing."""
    from rensa import RMinHash

    return RMinHash

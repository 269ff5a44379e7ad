"""How Whoosh weighs: BM25F over frequencies, lengths and document frequencies that are rounded.

Rounding costs the ranking next to nothing, for BM25 flattens what it takes in anyway, and lets a browser compute the
same scores, to the last bit, from a few bits a posting: exponents for frequencies and lengths, and logarithms of which
browsers and Python agree on every bit that is left.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray
from whoosh import scoring  # type: ignore[import-untyped]
from whoosh.util.numeric import byte_to_length, length_to_byte  # type: ignore[import-untyped]

K1 = 1.2
# Titles are of one length; without normalisation no client needs their lengths.
B = {"title": 0.0, "text": 0.75}
_IDF_STEPS = 1024
# Logarithms of two libraries differ by less than this, in steps.
_DOUBT = 1e-9
# The powers of two below the numbers of a byte.
_POWERS: NDArray[np.uint8] = np.array([max(number.bit_length() - 1, 0) for number in range(256)], np.uint8)


class Weighting(scoring.BM25F):  # type: ignore[misc]
    """Whoosh's BM25F with rounded inverse document frequencies."""

    def __init__(self) -> None:
        super().__init__(K1=K1, **{f"{field}_B": b for field, b in B.items()})

    def idf(self, searcher: Any, fieldname: str, text: str) -> float:
        return _rounded(super().idf(searcher, fieldname, text))


def plain_idf(documents: int, frequency: int) -> float:
    """Whoosh's inverse document frequency of a term that so many of the documents have."""
    return math.log(documents / (frequency + 1)) + 1


def idf(documents: int, frequency: int) -> float:
    """The same, rounded."""
    return _rounded(plain_idf(documents, frequency))


def _rounded(value: float) -> float:
    """To steps of 1/1024, halves up."""
    return math.floor(value * _IDF_STEPS + 0.5) / _IDF_STEPS


def is_doubtful(value: float) -> bool:
    """Whether another library's logarithm might be rounded to another step."""
    steps = value * _IDF_STEPS + 0.5
    return abs(steps - round(steps)) < _DOUBT


def exponents(frequencies: NDArray[Any]) -> NDArray[np.uint8]:
    """Frequencies, at least 1, as the powers of two below them: 1, 2-3, 4-7, ... become 0, 1, 2, ..."""
    if frequencies.dtype == np.uint8:
        return _POWERS.take(frequencies)
    return (np.frexp(frequencies.astype(np.float64))[1] - 1).astype(np.uint8)


def round_length(characters: int) -> int:
    """A text's length to the nearest power of two, in the sense of ratios."""
    return 1 << round(math.log2(characters)) if characters else 0


def stored_length(characters: int) -> int:
    """The length of a text of so many characters as Whoosh keeps it: rounded, in a byte."""
    return int(byte_to_length(length_to_byte(round_length(characters))))


def average_length(characters: Iterable[int]) -> float:
    """The mean of texts' lengths, as Whoosh's scores take it; 1 for nothing."""
    lengths = [round_length(number) for number in characters]
    return sum(lengths) / len(lengths) if any(lengths) else 1.0

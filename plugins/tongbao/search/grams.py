"""N-grams of one to three characters: the terms of the index."""

from __future__ import annotations

LONGEST = 3


def count(length: int) -> int:
    """How many grams a text of `length` characters has, repetitions counted."""
    return sum(max(0, length - size + 1) for size in range(1, LONGEST + 1))


def cover(term: str) -> tuple[tuple[int, str], ...]:
    """The fewest grams that cover a term, with their offsets in it: side by side, the last one flush with the end."""
    if len(term) <= LONGEST:
        return ((0, term),)
    last = len(term) - LONGEST
    return tuple((at, term[at : at + LONGEST]) for at in [*range(0, last, LONGEST), last])

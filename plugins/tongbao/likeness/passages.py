"""The passages that two texts share, exactly: what relates bulletins that are no copies of each other."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import NamedTuple

import numpy as np

from tongbao.likeness.letters import Codes, Letters, grams, in_common, letters
from tongbao.likeness.sketches import PASSAGE

# Of the places where a passage begins in the other text, so many are tried, and the longest is taken.
MOST_PLACES = 16
# Bulletins share some dozens; a text that is all repetition may share more, which are not looked for.
MOST_PASSAGES = 4000

# Where a passage begins among the letters of either text, and how many they are.
_Match = tuple[int, int, int]


class Passage(NamedTuple):
    """a[a_start:a_end] and b[b_start:b_end] have the same letters, folded; `letters` is how many.

    The spans are offsets into the given texts. They begin and end with a letter and may hold punctuation and spaces.
    """

    a_start: int
    a_end: int
    b_start: int
    b_end: int
    letters: int


def shared_passages(a: str, b: str, least: int = PASSAGE) -> tuple[Passage, ...]:
    """All of `a` that stands in `b` in runs of `least` letters or more, in either script, in the order of `a`.

    Each passage is as long as it can be; none holds another, but two may overlap where the texts join them differently.
    Of what `b` has several times the longest is taken, then the first. The work is about linear in the two lengths.
    """
    mine, other = letters(a), letters(b)
    found: list[_Match] = []
    for match in islice(_matches(mine.codes, other.codes, least), MOST_PASSAGES):
        # A match that begins earlier, once it is as long as it can be to the left, may hold those before it.
        while found and match[0] <= found[-1][0]:
            found.pop()
        found.append(match)
    return tuple(_passage(mine, other, match) for match in found)


def _passage(a: Letters, b: Letters, match: _Match) -> Passage:
    i, j, size = match
    spans = (int(text.offsets[at]) for text, first in ((a, i), (b, j)) for at in (first, first + size - 1))
    a_first, a_last, b_first, b_last = spans
    return Passage(a_first, a_last + 1, b_first, b_last + 1, size)


def _matches(a: Codes, b: Codes, least: int) -> Iterator[_Match]:
    """Maximal matches whose ends in `a` increase, and which together hold each gram of `a` that stands in `b`."""
    hashes, theirs = grams(a, least), grams(b, least)
    order = np.argsort(theirs, kind="stable")
    ordered = theirs[order]
    first, last = np.searchsorted(ordered, hashes, "left"), np.searchsorted(ordered, hashes, "right")
    begins = np.flatnonzero(first < last)
    reached = 0
    while (at := int(np.searchsorted(begins, reached))) < len(begins):
        i = int(begins[at])
        places = order[first[i] : min(last[i], first[i] + MOST_PLACES)].tolist()
        size, j = max(((in_common(a[i:], b[j:]), j) for j in places), key=lambda found: (found[0], -found[1]))
        reached = i + 1
        if size >= least:  # If not, two grams have one hash.
            left = in_common(a[:i][::-1], b[:j][::-1])
            yield i - left, j - left, size + left
            reached = i + size - least + 1

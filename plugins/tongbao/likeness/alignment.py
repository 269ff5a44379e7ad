"""Where a copy differs: two texts aligned character by character.

The alignment is Levenshtein's, which is quadratic. Long texts are first parted where runs that each has once stand in
the same order in both; what is too long even between those is one replacement.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator
from enum import StrEnum
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from tongbao.likeness.letters import codes, grams, in_common

# The most characters of one text times those of the other that are aligned: some 20 ms.
MOST_WORK = 100_000_000
# How long a run must be to part long texts.
ANCHOR = 12
# More equal characters than this are no chance.
LONGEST_CHANCE = 2


class Change(StrEnum):
    """What a run is, seen from the first text."""

    SAME = "same"
    ONLY_A = "only-a"
    ONLY_B = "only-b"
    REPLACED = "replaced"


class Run(NamedTuple):
    """a[a_start:a_end] stands where b has b[b_start:b_end]; of ONLY_A and ONLY_B the other's span is empty."""

    change: Change
    a_start: int
    a_end: int
    b_start: int
    b_end: int


# A run of either text, and whether they are equal.
_Piece = tuple[bool, int, int, int, int]


def differences(a: str, b: str) -> tuple[Run, ...]:
    """The runs of two texts, which follow each other without gaps in both, so `b` is what they make of `a`.

    Give both texts in one script: what is compared is each character as it stands. Of two runs next to each other one
    is SAME, and one or two characters that are equal by chance within longer changes are part of the change.
    """
    # The parts of a long text are aligned best, but not the whole: what a change became may be no change.
    calmed = (
        (a[i:i_end] == b[j:j_end], i, i_end, j, j_end) for _, i, i_end, j, j_end in _calmed(_joined(_pieces(a, b)))
    )
    return tuple(Run(_change(piece), *piece[1:]) for piece in _joined(calmed))


def _change(piece: _Piece) -> Change:
    same, a_start, a_end, b_start, b_end = piece
    if same:
        return Change.SAME
    if b_start == b_end:
        return Change.ONLY_A
    return Change.ONLY_B if a_start == a_end else Change.REPLACED


def _pieces(a: str, b: str) -> Iterator[_Piece]:
    i = j = 0
    for begin, other in [*_anchors(a, b), (len(a), len(b))]:
        yield from _aligned(a, b, i, begin, j, other)
        if begin < len(a):
            yield True, begin, begin + 1, other, other + 1
        i, j = begin + 1, other + 1


def _aligned(a: str, b: str, i: int, i_end: int, j: int, j_end: int) -> Iterator[_Piece]:
    """The pieces of a[i:i_end] and b[j:j_end]."""
    if not (i < i_end and j < j_end):
        yield False, i, i_end, j, j_end
        return
    if (i_end - i) * (j_end - j) > MOST_WORK:
        mine, other = codes(a[i:i_end]), codes(b[j:j_end])
        head = in_common(mine, other)
        tail = in_common(mine[head:][::-1], other[head:][::-1])
        yield True, i, i + head, j, j + head
        yield False, i + head, i_end - tail, j + head, j_end - tail
        yield True, i_end - tail, i_end, j_end - tail, j_end
        return
    from rapidfuzz.distance import Levenshtein  # Most starts align nothing.

    for op in Levenshtein.opcodes(a[i:i_end], b[j:j_end]):
        yield op.tag == "equal", i + op.src_start, i + op.src_end, j + op.dest_start, j + op.dest_end


def _anchors(a: str, b: str) -> list[tuple[int, int]]:
    """Characters of long texts that are the same for certain: where runs begin that each text has once, as many as
    stand in the same order in both."""
    if len(a) * len(b) <= MOST_WORK:
        return []
    (mine, at), (theirs, to) = (_once(text) for text in (a, b))
    _, left, right = np.intersect1d(mine, theirs, assume_unique=True, return_indices=True)
    pairs = sorted(zip(at[left].tolist(), to[right].tolist(), strict=True))
    return _rising([(i, j) for i, j in pairs if a[i] == b[j]])


def _once(text: str) -> tuple[NDArray[np.uint64], NDArray[np.intp]]:
    """The grams that a text has once, by hash, and where."""
    hashes, at, count = np.unique(grams(codes(text), ANCHOR), return_index=True, return_counts=True)
    return hashes[count == 1], at[count == 1]


def _rising(pairs: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """The most of the pairs, which are in order of their first numbers, whose second numbers rise too."""
    tails: list[int] = []
    ends: list[int] = []
    before: list[int] = []
    for index, (_, j) in enumerate(pairs):
        at = bisect_left(tails, j)
        before.append(ends[at - 1] if at else -1)
        tails[at : at + 1], ends[at : at + 1] = [j], [index]
    out = []
    index = ends[-1] if ends else -1
    while index >= 0:
        out.append(pairs[index])
        index = before[index]
    return out[::-1]


def _joined(pieces: Iterator[_Piece]) -> Iterator[_Piece]:
    """Pieces of one kind that follow each other as one, without empty ones."""
    last: _Piece | None = None
    for piece in pieces:
        if piece[1] == piece[2] and piece[3] == piece[4]:
            continue
        if last is not None and last[0] == piece[0]:
            last = (last[0], last[1], piece[2], last[3], piece[4])
            continue
        if last is not None:
            yield last
        last = piece
    if last is not None:
        yield last


def _calmed(pieces: Iterator[_Piece]) -> list[_Piece]:
    """The pieces, with equal characters that are few beside the changes on either side taken into these."""
    out: list[_Piece] = []
    for piece in pieces:
        chance = len(out) > 1 and not piece[0] and 2 * _size(out[-1]) <= min(_size(out[-2]), _size(piece))
        if chance and _size(out[-1]) <= LONGEST_CHANCE:
            _, first = out.pop(), out.pop()
            out.append((False, first[1], piece[2], first[3], piece[4]))
        else:
            out.append(piece)
    return out


def _size(piece: _Piece) -> int:
    return max(piece[2] - piece[1], piece[4] - piece[3])

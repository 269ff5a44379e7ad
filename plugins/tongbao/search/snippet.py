"""The piece of a text that shows why it was found, as runs for a page to set as text nodes.

The browser's client cuts the same piece (`theme/static/js/search/text.js`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

WIDTH = 96
# Places that are weighed: enough for any text that people read, and quick in one of millions of characters.
MOST = 1000
BEFORE = 18


@dataclass(frozen=True, slots=True)
class Run:
    """A run of characters: whether it is part of a match, and whether an edit made it."""

    text: str
    mark: bool = False
    repaired: bool = False


def matches(folded: str, terms: Sequence[str]) -> list[tuple[int, int, int]]:
    """(start, end, number of the term) of every occurrence, overlapping ones too, sorted."""
    found = []
    for number, term in enumerate(terms):
        at = folded.find(term)
        while at >= 0:
            found.append((at, at + len(term), number))
            at = folded.find(term, at + 1)
    return sorted(found)


def window(length: int, found: Sequence[tuple[int, int, int]]) -> tuple[int, int]:
    """The stretch of `WIDTH` characters with most different terms in it, then most matches, then the first."""
    best, start = (0, 0), 0
    for index, (at, _, _) in enumerate(found[:MOST]):
        inside = [m for m in found[index : index + WIDTH] if m[1] <= at - BEFORE + WIDTH]
        rank = (len({number for _, _, number in inside}), len(inside))
        if rank > best:
            best, start = rank, max(0, at - BEFORE)
    return start, min(length, start + WIDTH)


def runs(
    text: str, folded: str, terms: Sequence[str], repairs: Sequence[tuple[int, int]], whole: bool = False
) -> tuple[Run, ...]:
    """Cut `text` (of the length of `folded`, from which the matches come) into runs; white space becomes blanks.

    `whole` keeps all of the text, for titles.
    """
    found = matches(folded, terms)
    start, end = (0, len(text)) if whole else window(len(text), found)
    marked, repaired = [False] * (end - start), [False] * (end - start)
    for flags, spans in ((marked, [(a, b) for a, b, _ in found]), (repaired, repairs)):
        for a, b in spans:
            for at in range(max(a, start), min(b, end)):
                flags[at - start] = True
    out: list[Run] = []
    for char, mark, repair in zip(text[start:end], marked, repaired, strict=True):
        char = " " if char in "\t\n\v\f\r" else char
        if out and (out[-1].mark, out[-1].repaired) == (mark, repair):
            out[-1] = Run(out[-1].text + char, mark, repair)
        else:
            out.append(Run(char, mark, repair))
    return tuple(out)

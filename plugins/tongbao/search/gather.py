"""Posting lists of all documents, put together from those of the segments."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from tongbao.search import codec, grams
from tongbao.search.codec import Lists
from tongbao.search.contents import FIELDS, Part
from tongbao.search.weighting import exponents

Array = NDArray[np.int64]
# Postings of bigrams that are handled at once, and of runs of three.
_BATCH = 300_000
_NONE = np.zeros(0, np.int64)


class Postings(NamedTuple):
    """Lists end to end: list n is of `keys[n]` and has `sizes[n]` postings, by document number."""

    keys: Array
    sizes: Array
    numbers: NDArray[np.uint32]
    exponents: NDArray[np.uint8]

    @property
    def ends(self) -> Array:
        return np.cumsum(self.sizes)

    def between(self, begin: int, end: int) -> Postings:
        """Some of the lists."""
        first, last = (int(self.sizes[:at].sum()) for at in (begin, end))
        inside = slice(first, last)
        return Postings(self.keys[begin:end], self.sizes[begin:end], self.numbers[inside], self.exponents[inside])


def of(parts: Sequence[Part], name: str, keys: Array) -> Postings:
    """The lists of some keys, ascending and different ones, of a field; empty ones too. Triples have no exponents."""
    places, sizes = [], np.zeros(len(keys), np.int64)
    for part in parts:
        rows, begins, counts = _found(part.lists[name], keys)
        places.append((rows, begins, counts))
        sizes[rows] += counts
    starts = np.cumsum(sizes) - sizes
    total = int(sizes.sum())
    numbers, powers = np.empty(total, np.uint32), np.zeros(total, np.uint8)
    for part, (rows, begins, counts) in zip(parts, places, strict=True):
        lists = part.lists[name]
        inner = np.arange(int(counts.sum())) - np.repeat(np.cumsum(counts) - counts, counts)
        source, target = np.repeat(begins, counts) + inner, np.repeat(starts[rows], counts) + inner
        numbers[target] = part.numbers[lists.numbers[source]]
        if len(lists.counts):
            powers[target] = exponents(lists.counts[source])
        starts[rows] += counts
    return Postings(keys, sizes, numbers, powers)


def _found(lists: Lists, keys: Array) -> tuple[Array, Array, Array]:
    """Which of `keys` have lists, where these begin, and their sizes."""
    if not len(lists.keys):
        return _NONE, _NONE, _NONE
    at = np.minimum(np.searchsorted(lists.keys, keys), len(lists.keys) - 1)
    rows = np.flatnonzero(lists.keys[at] == keys)
    at = at[rows]
    begins = np.where(at > 0, lists.ends[at - 1], 0).astype(np.int64)
    return rows, begins, lists.ends[at].astype(np.int64) - begins


def keys(parts: Sequence[Part], name: str, low: int, high: int) -> Array:
    """The keys of a field from `low` up to `high`."""
    found = [_NONE]
    for part in parts:
        own = part.lists[name].keys
        begin, end = np.searchsorted(own, np.array([low, min(high, (1 << 63) - 1)], np.int64)).tolist()
        found.append(own[begin:end].astype(np.int64))
    return np.unique(np.concatenate(found))


def ranges(parts: Sequence[Part]) -> list[tuple[int, int]]:
    """Ranges of keys with about `_BATCH` postings each, parted between first characters."""
    postings: Counter[int] = Counter()
    for part in parts:
        for field in FIELDS:
            for name in (field, codec.triples(field)):
                lists = part.lists[name]
                firsts, starts = np.unique(lists.keys >> 2 * grams.BITS, return_index=True)
                sizes = np.diff(np.append(np.where(starts > 0, lists.ends[starts - 1], 0), len(lists.numbers)))
                postings.update(dict(zip(firsts.tolist(), sizes.tolist(), strict=True)))
    out, waiting, low = [], 0, 0
    for character in sorted(postings):
        waiting += postings[character]
        if waiting > _BATCH:
            out.append((low, (character + 1) << 2 * grams.BITS))
            waiting, low = 0, (character + 1) << 2 * grams.BITS
    if waiting:
        out.append((low, 1 << 3 * grams.BITS))
    return out


def of_documents(parts: Sequence[Part], name: str, chosen: Array) -> tuple[Array, Array, Array]:
    """Keys, document numbers and exponents of all postings of some documents."""
    out = [(_NONE, _NONE, _NONE)]
    for part in parts:
        marks = np.isin(part.numbers, chosen)
        if not marks.any():
            continue
        lists = part.lists[name]
        at = np.flatnonzero(marks[lists.numbers])
        rows = np.searchsorted(lists.ends, at, "right")
        powers = exponents(lists.counts[at]).astype(np.int64) if len(lists.counts) else np.zeros(len(at), np.int64)
        out.append((lists.keys[rows].astype(np.int64), part.numbers[lists.numbers[at]], powers))
    keys, numbers, powers = (np.concatenate(column) for column in zip(*out, strict=True))
    return keys, numbers, powers


def lone(keys: Array, marks: Array) -> NDArray[np.bool_]:
    """Which of some pairs of a key and a mark stand alone, where none stands more than twice."""
    order = np.lexsort((marks, keys))
    same = (np.diff(keys[order]) == 0) & (np.diff(marks[order]) == 0)
    twice = np.zeros(len(keys), bool)
    twice[1:] |= same
    twice[:-1] |= same
    out = np.empty(len(keys), bool)
    out[order] = ~twice
    return out

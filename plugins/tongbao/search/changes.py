"""What changed documents change in the terms, made from what an export before knew."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from tongbao import crew
from tongbao.search import codec, gather, grams, terms
from tongbao.search.contents import FIELDS, Contents, Part, parts
from tongbao.search.gather import Array
from tongbao.search.site import Site
from tongbao.search.state import State
from tongbao.search.table import Table, joined
from tongbao.search.terms import Lists, Payload
from tongbao.search.texts import Alphabet
from tongbao.search.whole import Made

# Where more than this part of the entries change, all are made anew.
_MOST_PART = 4
# Postings that a process takes at once, and those of them that it packs at once.
_BATCH, _PACKED = 4_000_000, 200_000
_LAST = (1 << grams.BITS) - 1


class _Field(NamedTuple):
    """What changes in a field: keys of lists, keys of trigrams of which something else may be said."""

    lists: Array
    triples: Array


class Plan(NamedTuple):
    """The segments as they are; by field what changes; the keys of all grams whose entries do."""

    after: list[Part]
    fields: list[_Field]
    keys: Array


class _Some(NamedTuple):
    """Some of the entries; by field what is said of their trigrams; what of them stands apart."""

    entries: Table
    said: list[Table]
    apart: list[str]


def plan(index_dir: Path, contents: Contents, old: State, changed: Array) -> Plan | None:
    """What some changed documents change; None where the old index is gone or nearly all is concerned."""
    try:
        before = parts(index_dir / old.digest, old.segments, old.numbers, changed)
    except OSError:
        return None
    after = parts(index_dir / contents.digest, contents.segments, np.array(contents.numbers, np.int64))
    fields = [_changes(before, after, name, changed) for name in FIELDS]
    keys = np.unique(np.concatenate([*(own.lists for own in fields), *(grams.head(own.triples) for own in fields)]))
    if len(keys) * _MOST_PART > len(old.entries.keys):
        return None
    return Plan(after, fields, keys)


def make(plan: Plan, limit: int, alphabet: Alphabet, old: State, site: Site) -> Made:
    """The terms after a change; writes what stands apart of them, where it is not as it was."""
    lists = [set(own.lists.tolist()) for own in plan.fields]
    rows = old.entries.rows(plan.keys)
    known = rows >= 0
    parted = dict(zip(plan.keys[known].tolist(), old.entries.columns[rows[known], terms.PARTS].tolist(), strict=True))

    def work(keys: Array) -> tuple[_Some, list[str]]:
        said, new = [], []
        moved: list[dict[int, set[int]]] = []
        for name, own, table in zip(FIELDS, plan.fields, old.said, strict=True):
            low, high = int(keys[0]), int(keys[-1]) + (1 << grams.BITS)
            begin, end = np.searchsorted(own.triples, (low, high))
            triples, table = own.triples[begin:end], table.between(low, high)
            new.append(_said(plan.after, name, triples, limit, alphabet))
            moved.append(_moved(triples, table, new[-1]))
            said.append(table.replaced(triples, new[-1]))
        made, apart = [], []
        fields = [gather.of(plan.after, name, keys) for name in FIELDS]
        edges = np.cumsum([0, *map(len, _split(keys, old, _PACKED))]).tolist()
        for begin, end in pairwise(edges):
            some = [own.between(begin, end) for own in fields]
            entries, payloads = terms.entries(some, said, limit, alphabet)
            made.append(entries)
            apart += payloads

        def is_new(payload: Payload) -> bool:
            if payload.part is None:
                return payload.key in lists[payload.field]
            codes = (code for own in moved for code in own.get(payload.key, ()))
            same = parted.get(payload.key) == payload.parts
            return not same or any(code % payload.parts == payload.part for code in codes)

        written = [payload for payload in apart if is_new(payload)]
        for payload in written:
            site.write(payload.path, payload.data)
        return _Some(joined(made, terms.WIDTH), new, [payload.path for payload in apart]), [
            payload.path for payload in written
        ]

    made = list(site.spread(work, _split(plan.keys, old, _BATCH, crew.cores())))
    had = set(terms.apart(old.entries, rows[known].tolist()))
    for path in sorted(had.difference(*(some.apart for some in made))):
        site.remove(path)
    entries = old.entries.replaced(plan.keys, joined([some.entries for some in made], terms.WIDTH))
    said = [joined([some.said[field] for some in made], 0) for field in range(len(FIELDS))]
    fields = zip(plan.fields, old.said, said, strict=True)
    return Made(entries, tuple(table.replaced(own.triples, new) for own, table, new in fields))


def _split(keys: Array, old: State, size: int, least: int = 1) -> list[Array]:
    """Keys in groups of at most about so many postings each, and where these are many, in so many groups at least.

    Postings of new grams are few, and not counted.
    """
    if not len(keys):
        return []
    postings = np.cumsum(old.entries.columns[old.entries.rows(keys), terms.TEXT], dtype=np.int64)
    share = max(_PACKED, int(postings[-1]) // least + 1)
    return np.split(keys, np.flatnonzero(np.diff(postings // min(size, share))) + 1)


def _moved(triples: Array, old: Table, new: Table) -> dict[int, set[int]]:
    """{bigram: code points that go on}, of the trigrams of which something else is said."""
    before, after = old.rows(triples), new.rows(triples)
    some = (before >= 0) | (after >= 0)
    both = (before >= 0) & (after >= 0)
    keys = triples[some & ~both].tolist()
    pairs = zip(triples[both].tolist(), old.bytes_of(before[both]), new.bytes_of(after[both]), strict=True)
    keys += [key for key, a, b in pairs if a != b]
    out: dict[int, set[int]] = {}
    for key in keys:
        out.setdefault(key & ~_LAST, set()).add((key & _LAST) - 1)
    return out


def _changes(before: Sequence[Part], after: Sequence[Part], name: str, changed: Array) -> _Field:
    keys, numbers, powers = _both(before, after, name, changed)
    lists = keys[gather.lone(keys, numbers << 8 | powers)]
    changed_member = gather.lone(keys, numbers)
    pairs = keys & (1 << 2 * grams.BITS) - 1 > 0
    triples, places, _ = _both(before, after, codec.triples(name), changed)
    own = triples[gather.lone(triples, places)]
    moved = _meeting(keys[pairs], numbers[pairs], changed_member[pairs])
    return _Field(np.unique(lists), np.unique(np.concatenate((own, moved))))


def _both(before: Sequence[Part], after: Sequence[Part], name: str, changed: Array) -> tuple[Array, Array, Array]:
    """Keys, numbers and exponents of the postings of documents as they were, then as they are."""
    found = [gather.of_documents(own, name, changed) for own in (before, after)]
    keys, numbers, powers = (np.concatenate(column) for column in zip(*found, strict=True))
    return keys, numbers, powers


def _meeting(keys: Array, numbers: Array, moved: NDArray[np.bool_]) -> Array:
    """The trigrams of two bigrams that one document holds, or held, of which one came or went."""
    heads = numbers << grams.BITS | keys >> grams.BITS & _LAST
    tails = numbers << grams.BITS | keys >> 2 * grams.BITS
    order = np.argsort(tails, kind="stable")
    out = [np.zeros(0, np.int64)]
    begin, end = (np.searchsorted(tails[order], heads, side) for side in ("left", "right"))
    sizes = end - begin
    left = np.repeat(np.arange(len(keys)), sizes)
    inner = np.arange(int(sizes.sum())) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    right = order[np.repeat(begin, sizes) + inner]
    chosen = moved[left] | moved[right]
    out.append(keys[left[chosen]] | keys[right[chosen]] >> grams.BITS & _LAST)
    return np.unique(np.concatenate(out))


def _said(after: Sequence[Part], name: str, triples: Array, limit: int, alphabet: Alphabet) -> Table:
    """What is said of some trigrams now."""
    bigrams = np.unique(np.concatenate((grams.head(triples), grams.tail(triples))))
    lists = terms.frequent(gather.of(after, name, bigrams))
    found = Lists.of(lists.keys, lists.sizes, lists.numbers)
    spoken = (found.rows(grams.head(triples)) >= 0) & (found.rows(grams.tail(triples)) >= 0)
    own = gather.of(after, codec.triples(name), triples[spoken])
    return terms.items(own, found, np.zeros(limit, bool), alphabet)

"""What changed documents change in the terms, made from what an export before knew."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from tongbao.search import codec, frames, gather, grams, terms
from tongbao.search.contents import FIELDS, Contents, Part, parts
from tongbao.search.gather import Array, Postings
from tongbao.search.state import State
from tongbao.search.table import Table, joined
from tongbao.search.terms import Lists, Payload
from tongbao.search.texts import Alphabet
from tongbao.search.whole import Made

# Where more than this part of the entries change, all are made anew.
_MOST_PART = 4
# Postings that are packed at once.
_BATCH = 2_000_000
_LAST = (1 << grams.BITS) - 1


class Renewal(NamedTuple):
    """All terms; the keys of the grams that are not as they were; what of them stands apart now, and what no longer."""

    made: Made
    keys: Array
    apart: list[Payload]
    removed: list[str]


class _Field(NamedTuple):
    """What changes in a field: keys of lists, keys of trigrams of which something else may be said."""

    lists: Array
    triples: Array


def terms_of(index_dir: Path, contents: Contents, alphabet: Alphabet, old: State, changed: Array) -> Renewal | None:
    """The terms after some documents changed; None where the old index is gone or nearly all is concerned."""
    documents = len(contents.heads)
    try:
        before = parts(index_dir / old.digest, old.segments, [n for n in changed.tolist() if n < len(old.digests)])
    except OSError:
        return None
    after = parts(index_dir / contents.digest, contents.segments)
    fields = [_changes(before, after, name, changed) for name in FIELDS]
    counted = [_recounted(old, documents, column) for column in (terms.TITLE, terms.TEXT)]
    heads = [grams.head(own.triples) for own in fields]
    keys = np.unique(np.concatenate([*(own.lists for own in fields), *counted, *heads]))
    if len(keys) * _MOST_PART > len(old.entries.keys):
        return None
    said, spoken = [], []
    for name, own, table in zip(FIELDS, fields, old.said, strict=True):
        triples = _said(after, name, own.triples, documents, alphabet)
        said.append(table.replaced(own.triples, triples))
        spoken.append(triples)
    entries, apart = _entries(after, keys, said, documents, alphabet)
    rows = old.entries.rows(keys)
    had = set(terms.apart(old.entries, rows[rows >= 0].tolist()))
    made = Made(old.entries.replaced(keys, entries), tuple(said))
    return Renewal(made, keys, apart, sorted(had - {path for path, _ in apart}))


def _recounted(old: State, documents: int, column: int) -> Array:
    """The keys of the lists whose bytes hang on the number of documents."""
    before = len(old.digests)
    if before == documents:
        return np.zeros(0, np.int64)
    sizes = old.entries.columns[:, column].astype(np.int64)
    different = np.unique(sizes)
    different = different[different > 0]
    packed = [frames.parameters(different, limit) for limit in (before, documents)]
    other = (packed[0] != packed[1]) | (different * 2 > min(before, documents))
    return old.entries.keys[np.isin(sizes, different[other])]


def _changes(before: Sequence[Part], after: Sequence[Part], name: str, changed: Array) -> _Field:
    keys, numbers, powers, news = _both(before, after, name, changed)
    lists = keys[gather.lone(keys, numbers << 8 | powers)]
    changed_member = gather.lone(keys, numbers)
    pairs = keys & (1 << 2 * grams.BITS) - 1 > 0
    triples, places, _, _ = _both(before, after, codec.triples(name), changed)
    own = triples[gather.lone(triples, places)]
    moved = _meeting(keys[pairs], numbers[pairs], changed_member[pairs])
    return _Field(np.unique(lists), np.unique(np.concatenate((own, moved))))


def _both(before: Sequence[Part], after: Sequence[Part], name: str, changed: Array) -> tuple[Array, ...]:
    """Keys, numbers and exponents of the postings of documents as they were, then as they are; which are new."""
    found = [gather.of_documents(own, name, changed) for own in (before, after)]
    news = np.repeat([False, True], [len(own[0]) for own in found])
    keys, numbers, powers = (np.concatenate(column) for column in zip(*found, strict=True))
    return keys, numbers, powers, news


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


def _said(after: Sequence[Part], name: str, triples: Array, documents: int, alphabet: Alphabet) -> Table:
    """What is said of some trigrams now."""
    bigrams = np.unique(np.concatenate((grams.head(triples), grams.tail(triples))))
    lists = terms.frequent(gather.of(after, name, bigrams))
    found = Lists.of(lists.keys, lists.sizes, lists.numbers)
    spoken = (found.rows(grams.head(triples)) >= 0) & (found.rows(grams.tail(triples)) >= 0)
    own = gather.of(after, codec.triples(name), triples[spoken])
    return terms.items(own, found, np.zeros(documents, bool), alphabet)


def _entries(
    after: Sequence[Part], keys: Array, said: Sequence[Table], documents: int, alphabet: Alphabet
) -> tuple[Table, list[Payload]]:
    made, apart = [], []
    for own in np.array_split(keys, max(1, len(keys) // 5000)):
        fields: list[Postings] = [gather.of(after, name, own) for name in FIELDS]
        entries, payloads = terms.entries(fields, said, documents, alphabet)
        made.append(entries)
        apart += payloads
    return joined(made, terms.WIDTH), apart

"""The posting lists of the grams, packed into shards (`docs/search-format.md`, *Shards and lists*, *Continuations*)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from tongbao.search import frames, grams
from tongbao.search.frames import Array, uvarint
from tongbao.search.index import FIELDS, Index
from tongbao.search.texts import Alphabet

SHARD_BYTES = 896
# What is longer stands in a file of its own, so that its shard's other grams do not pay for it.
LIST_BYTES = 2048
MORE_BYTES = 512
# From this document frequency on, a list may stand apart.
LONG = 64
# Up to so many documents that hold both bigrams of a trigram are cheap to read: nothing is said of it.
RARE = 32
Bits = NDArray[np.bool_]
_TEXT, _TITLE = FIELDS.index("text"), FIELDS.index("title")
# The continuations of a bigram in a field: {character that goes on: bytes}.
_Items = dict[str, bytes]


class Packed(NamedTuple):
    """A posting list: document frequency and bytes."""

    size: int
    data: bytes


@dataclass(frozen=True, slots=True)
class Shards:
    """The payloads of the shards, of the lists and of the continuations that stand apart."""

    shards: tuple[bytes, ...]
    lists: tuple[bytes, ...]
    more: tuple[bytes, ...]


@dataclass(slots=True)
class _Apart:
    """Payloads that stand in files of their own."""

    lists: list[bytes] = field(default_factory=list)
    more: list[bytes] = field(default_factory=list)


def shards(index: Index, alphabet: Alphabet) -> Shards:
    """Pack all posting lists of an index."""
    entries: dict[int, list[Packed | None]] = {}
    continuations: dict[int, list[_Items]] = {}
    for place, name in enumerate(FIELDS):
        pairs: list[tuple[Array, Array, Array]] = []
        for batch in index.postings(name):
            packed = frames.postings(batch.sizes, len(index), batch.numbers, batch.exponents.astype(np.int64))
            for key, size, data in zip(batch.keys.tolist(), batch.sizes.tolist(), packed, strict=True):
                entries.setdefault(key, [None] * len(FIELDS))[place] = Packed(size, data)
            pairs.append(_frequent(batch.keys, batch.sizes, batch.numbers))
        for key, items in _continuations(index, name, _Lists(pairs), alphabet):
            continuations.setdefault(key, [{} for _ in FIELDS])[place] = items
    return _written(entries, continuations, alphabet)


# --- continuations ---------------------------------------------------------------------------------------------------


def _frequent(keys: Array, sizes: Array, numbers: Array) -> tuple[Array, Array, Array]:
    """Of some lists those of bigrams in more than `RARE` documents."""
    chosen = (sizes > RARE) & (keys & (1 << 2 * grams.BITS) - 1 > 0)
    return keys[chosen], sizes[chosen], numbers[np.repeat(chosen, sizes)].astype(np.uint32)


class _Lists:
    """Lists by key."""

    def __init__(self, parts: Sequence[tuple[Array, Array, Array]]) -> None:
        none = np.zeros(0, np.int64)
        self.keys = np.concatenate([none, *(keys for keys, _, _ in parts)])
        self.sizes = np.concatenate([none, *(sizes for _, sizes, _ in parts)])
        self._numbers = np.concatenate([none.astype(np.uint32), *(numbers for _, _, numbers in parts)])
        self._ends = np.cumsum(self.sizes)

    def rows(self, keys: Array) -> Array:
        """The rows of keys; -1 for those that have no list."""
        if not len(self.keys):
            return np.full(len(keys), -1)
        at = np.minimum(np.searchsorted(self.keys, keys), len(self.keys) - 1)
        return np.where(self.keys[at] == keys, at, -1)

    def numbers(self, row: int) -> Array:
        return self._numbers[self._ends[row] - self.sizes[row] : self._ends[row]]


class _Triple(NamedTuple):
    """A trigram of which something is said: its key, how many documents hold both its bigrams, and the places among
    these of the documents with it."""

    key: int
    both: int
    places: Array


def _continuations(index: Index, name: str, lists: _Lists, alphabet: Alphabet) -> Iterator[tuple[int, _Items]]:
    """(bigram, its items) of a field."""
    mark = np.zeros(len(index), bool)
    for batch in index.triples(name):
        triples = list(_triples(batch.keys, batch.sizes, batch.numbers, lists, mark))
        sizes = np.array([len(triple.places) for triple in triples], np.int64)
        limits = np.array([triple.both for triple in triples], np.int64)
        places = np.concatenate([np.zeros(0, np.int64), *(triple.places for triple in triples)])
        bits = frames.pack(len(triples), frames.numbers(sizes, limits, places))
        own: dict[int, _Items] = {}
        for triple, data in zip(triples, bits, strict=True):
            size = len(triple.places) % triple.both  # 0 for all of them
            last = grams.run(triple.key)[2]
            item = alphabet.encode(last) + uvarint(size)
            own.setdefault(triple.key >> grams.BITS, {})[last] = item + uvarint(len(data)) + data if size else item
        for pair, items in own.items():
            yield pair << grams.BITS, items


def _triples(keys: Array, sizes: Array, numbers: Array, lists: _Lists, mark: Bits) -> Iterator[_Triple]:
    """`mark` is a scratch of a bit a document."""
    heads, tails = lists.rows(grams.head(keys)), lists.rows(grams.tail(keys))
    ends = np.cumsum(sizes)
    marked = -1
    chosen = np.flatnonzero((heads >= 0) & (tails >= 0))
    rows = zip(chosen.tolist(), heads[chosen].tolist(), tails[chosen].tolist(), strict=True)
    for at, head, tail in rows:
        if head != marked:
            if marked >= 0:
                mark[lists.numbers(marked)] = False
            mark[lists.numbers(head)] = True
            marked = head
        follow = lists.numbers(tail)
        inside = mark[follow]
        both = int(np.count_nonzero(inside))
        if both <= RARE:
            continue
        own = numbers[ends[at] - sizes[at] : ends[at]]
        yield _Triple(int(keys[at]), both, np.searchsorted(follow[inside], own))
    if marked >= 0:
        mark[lists.numbers(marked)] = False


# --- bytes -----------------------------------------------------------------------------------------------------------


def _written(
    entries: dict[int, list[Packed | None]], continuations: dict[int, list[_Items]], alphabet: Alphabet
) -> Shards:
    apart = _Apart()
    out: dict[str, bytes] = {}
    for key in sorted(entries):
        gram = grams.run(key)
        parts = [alphabet.encode(gram), *_entry(entries[key], apart)]
        if len(gram) == grams.LONGEST:
            parts += _more(continuations.get(key), apart)
        out[gram] = b"".join(parts)
    shards = tuple(_shard(own, out) for own in frames.sharded(out, SHARD_BYTES))
    return Shards(shards, tuple(apart.lists), tuple(apart.more))


def _shard(members: Sequence[str], out: dict[str, bytes]) -> bytes:
    parts: list[bytes] = []
    for size in range(1, grams.LONGEST + 1):
        own = [gram for gram in members if len(gram) == size]
        parts += [uvarint(len(own)), *(out[gram] for gram in own)]
    return b"".join(parts)


def _entry(entry: Sequence[Packed | None], apart: _Apart) -> Iterator[bytes]:
    """The text's list, then the title's."""
    text, title = entry[_TEXT], entry[_TITLE]
    yield uvarint((text.size if text else 0) * 2 + (title is not None))
    if text:
        yield from _list(text, apart)
    if title:
        yield uvarint(title.size)
        yield from _list(title, apart)


def _list(packed: Packed, apart: _Apart) -> Iterator[bytes]:
    if packed.size < LONG:
        yield packed.data
    elif len(packed.data) > LIST_BYTES:
        apart.lists.append(packed.data)
        yield uvarint(len(apart.lists))
    else:
        yield b"\0" + packed.data


def _more(fields: Sequence[_Items] | None, apart: _Apart) -> Iterator[bytes]:
    """The continuations of a bigram; many of them in files of their own, parted by their characters."""
    if fields is None:
        yield b"\0"
        return
    data = _items(fields, 0, 1)
    if len(data) > MORE_BYTES:
        parts = -(-len(data) // MORE_BYTES)
        yield uvarint(1 + parts) + uvarint(len(apart.more))
        apart.more += [_items(fields, part, parts) for part in range(parts)]
    else:
        yield b"\1" + data


def _items(fields: Sequence[_Items], part: int, parts: int) -> bytes:
    """The items of the text, then those of the title, whose characters belong to a part."""
    out = []
    for place in (_TEXT, _TITLE):
        own = [item for char, item in fields[place].items() if ord(char) % parts == part]
        out += [uvarint(len(own)), *own]
    return b"".join(out)

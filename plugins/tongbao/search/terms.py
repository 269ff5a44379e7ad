"""The entries of the grams: posting lists and continuations (`docs/search-format.md`, *Shards and lists*)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from tongbao.search import frames, grams
from tongbao.search.contents import FIELDS
from tongbao.search.frames import uvarint
from tongbao.search.gather import Array, Postings
from tongbao.search.table import Table
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
# The columns of a table of entries: document frequencies by field; whether a list stands apart, by field; in how many
# files the continuations do.
TITLE, TEXT, APART, PARTS = 0, 1, (2, 3), 4
WIDTH = 5


class Payload(NamedTuple):
    """A file that stands apart: a list of a gram in a field, or a part of what goes on after a bigram."""

    path: str
    data: bytes
    key: int
    field: int = TEXT
    part: int | None = None
    parts: int = 0


# --- continuations ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Lists:
    """Lists of bigrams by key, one after the other in `numbers`."""

    keys: Array
    sizes: Array
    numbers: NDArray[np.uint32]
    ends: Array

    @classmethod
    def of(cls, keys: Array, sizes: Array, numbers: NDArray[np.uint32]) -> Lists:
        return cls(keys, sizes, numbers, np.cumsum(sizes))

    def rows(self, keys: Array) -> Array:
        """The rows of keys; -1 for those that have no list."""
        if not len(self.keys):
            return np.full(len(keys), -1)
        at = np.minimum(np.searchsorted(self.keys, keys), len(self.keys) - 1)
        return np.where(self.keys[at] == keys, at, -1)


def frequent(postings: Postings) -> Postings:
    """Of some lists those of bigrams in more than `RARE` documents."""
    chosen = is_frequent(postings.keys, postings.sizes)
    inside = np.repeat(chosen, postings.sizes)
    none = postings.exponents[:0]
    return Postings(postings.keys[chosen], postings.sizes[chosen], postings.numbers[inside], none)


def is_frequent(keys: Array, sizes: Array) -> Bits:
    """Which are keys of bigrams in more than `RARE` documents."""
    return (sizes > RARE) & (keys & (1 << 2 * grams.BITS) - 1 > 0)


class _Triple(NamedTuple):
    """A trigram of which something is said: its key, how many documents hold both its bigrams, and the places among
    these of the documents with it."""

    key: int
    both: int
    places: Array


def items(triples: Postings, lists: Lists, mark: Bits, alphabet: Alphabet) -> Table:
    """What is said of each trigram, if anything. `lists` are those of frequent bigrams, of all of theirs at least;
    `mark` is a scratch of a bit a number."""
    found = list(_triples(triples, lists, mark))
    sizes = np.array([len(triple.places) for triple in found], np.int64)
    limits = np.array([triple.both for triple in found], np.int64)
    places = np.concatenate([np.zeros(0, np.int64), *(triple.places for triple in found)])
    bits = frames.pack(len(found), frames.numbers(sizes, limits, places))
    out = []
    for triple, data in zip(found, bits, strict=True):
        size = len(triple.places) % triple.both  # 0 for all of them
        item = alphabet.encode(grams.run(triple.key)[2]) + uvarint(size)
        out.append(item + uvarint(len(data)) + data if size else item)
    return Table.of([triple.key for triple in found], out, [()] * len(out), 0)


def _triples(triples: Postings, lists: Lists, mark: Bits) -> Iterator[_Triple]:
    heads, tails = lists.rows(grams.head(triples.keys)), lists.rows(grams.tail(triples.keys))
    chosen = np.flatnonzero((heads >= 0) & (tails >= 0) & (triples.sizes > 0))
    own_ends, ends, all_numbers = triples.ends, lists.ends, lists.numbers
    heads, tails = heads[chosen], tails[chosen]
    rows = zip(
        triples.keys[chosen].tolist(),
        (own_ends - triples.sizes)[chosen].tolist(),
        own_ends[chosen].tolist(),
        (ends[heads] - lists.sizes[heads]).tolist(),
        ends[heads].tolist(),
        (ends[tails] - lists.sizes[tails]).tolist(),
        ends[tails].tolist(),
        strict=True,
    )
    marked, marked_end = all_numbers[:0], -1
    for key, begin, end, head, head_end, tail, tail_end in rows:
        if head_end != marked_end:
            mark[marked] = False
            marked, marked_end = all_numbers[head:head_end], head_end
            mark[marked] = True
        follow = all_numbers[tail:tail_end]
        follow = follow[mark[follow]]
        if len(follow) > RARE:
            yield _Triple(key, len(follow), follow.searchsorted(triples.numbers[begin:end]))
    mark[marked] = False


# --- entries ---------------------------------------------------------------------------------------------------------


def entries(
    fields: Sequence[Postings], said: Sequence[Table], limit: int, alphabet: Alphabet
) -> tuple[Table, list[Payload]]:
    """The entries of some grams, and what of them stands apart.

    `fields` are their lists in titles and in texts, of the same keys, with numbers below `limit`; `said` has the items
    of their trigrams.
    """
    packed = [
        frames.postings(own.sizes, limit, own.numbers.astype(np.int64), own.exponents.astype(np.int64))
        for own in fields
    ]
    keys = fields[TEXT].keys
    bounds = [
        zip(*(np.searchsorted(own.keys, edge).tolist() for edge in (keys, keys + (1 << grams.BITS))), strict=True)
        for own in said
    ]
    own_keys: list[int] = []
    data: list[bytes] = []
    columns: list[tuple[int, ...]] = []
    apart: list[Payload] = []
    characters = _Characters(said)
    rows = zip(keys.tolist(), fields[TITLE].sizes.tolist(), fields[TEXT].sizes.tolist(), *packed, *bounds, strict=True)
    for key, titles, texts, title, text, more_title, more_text in rows:
        if not titles and not texts:
            continue
        gram = grams.run(key)
        name = "-".join(str(ord(char)) for char in gram)
        parts = [alphabet.encode(gram), uvarint(texts * 2 + (titles > 0))]
        long: list[int] = []
        more: list[Payload] = []
        if texts:
            parts.append(_inside(texts, text))
            if is_long(texts, text):
                long.append(TEXT)
                apart.append(Payload(f"l/text-{name}.bin", text, key, TEXT))
        if titles:
            parts += (uvarint(titles), _inside(titles, title))
            if is_long(titles, title):
                long.append(TITLE)
                apart.append(Payload(f"l/title-{name}.bin", title, key, TITLE))
        if len(gram) == grams.LONGEST:
            head, more = _more(key, name, characters.of(TEXT, *more_text), characters.of(TITLE, *more_title))
            parts.append(head)
            apart += more
        own_keys.append(key)
        data.append(b"".join(parts))
        columns.append((titles, texts, TITLE in long, TEXT in long, len(more)))
    return Table.of(own_keys, data, columns, WIDTH), apart


def is_long(size: int, data: bytes) -> bool:
    """Whether a list stands in a file of its own."""
    return size >= LONG and len(data) > LIST_BYTES


def _inside(size: int, data: bytes) -> bytes:
    """A list as it stands in its entry."""
    if is_long(size, data):
        return b"\1"
    return data if size < LONG else b"\0" + data


class _Characters:
    """The items of a bigram with the characters that they are of."""

    def __init__(self, said: Sequence[Table]) -> None:
        self._said = [(own.keys, own.ends - own.sizes, own.ends, own.data) for own in said]

    def of(self, field: int, begin: int, end: int) -> list[tuple[int, bytes]]:
        if begin == end:
            return []
        keys, begins, ends, data = self._said[field]
        codes = ((keys[begin:end] & (1 << grams.BITS) - 1) - 1).tolist()
        places = zip(begins[begin:end].tolist(), ends[begin:end].tolist(), strict=True)
        return [(code, data[first:last]) for code, (first, last) in zip(codes, places, strict=True)]


def _more(
    key: int, name: str, text: list[tuple[int, bytes]], title: list[tuple[int, bytes]]
) -> tuple[bytes, list[Payload]]:
    """The continuations of a bigram; many of them in files of their own, parted by their characters."""
    if not text and not title:
        return b"\0", []
    data = _items(text, title)
    if len(data) <= MORE_BYTES:
        return b"\1" + data, []
    count = -(-len(data) // MORE_BYTES)
    parts = []
    for part in range(count):
        chosen = ([item for item in own if item[0] % count == part] for own in (text, title))
        parts.append(Payload(f"x/{name}-{part}.bin", _items(*chosen), key, part=part, parts=count))
    return uvarint(1 + count), parts


def _items(text: Sequence[tuple[int, bytes]], title: Sequence[tuple[int, bytes]]) -> bytes:
    """The items of the text, then those of the title."""
    return b"".join(chain.from_iterable((uvarint(len(own)), *(item for _, item in own)) for own in (text, title)))


def apart(entries: Table, rows: Iterable[int]) -> Iterator[str]:
    """The paths of what stands apart of some entries."""
    for row in rows:
        columns = entries.columns[row].tolist()
        if not any(columns[2:]):
            continue
        name = "-".join(str(ord(char)) for char in grams.run(int(entries.keys[row])))
        for field, column in zip(FIELDS, APART, strict=True):
            if columns[column]:
                yield f"l/{field}-{name}.bin"
        yield from (f"x/{name}-{part}.bin" for part in range(columns[PARTS]))


# --- shards ----------------------------------------------------------------------------------------------------------


def count(entries: Table) -> int:
    """How many shards there are."""
    return frames.rung(len(entries.data) / SHARD_BYTES)


def hashes(keys: Array) -> NDArray[np.uint32]:
    """FNV-1a of the UTF-8 of grams, given as keys."""
    out = np.full(len(keys), 0x811C9DC5, np.uint32)
    for shift in (2 * grams.BITS, grams.BITS):
        code = (keys >> shift & (1 << grams.BITS) - 1) - 1
        size = (code >= 0) + (code >= 0x80).astype(np.int64) + (code >= 0x800) + (code >= 0x10000)
        lead = np.array([0, 0, 0xC0, 0xE0, 0xF0])[size]
        for place in range(4):
            tail = size - 1 - place
            byte = code >> 6 * np.maximum(tail, 0) & np.where(size == 1, 0x7F, 0x3F)
            byte = byte | (lead if place == 0 else 0x80)
            out = np.where(tail >= 0, (out ^ byte.astype(np.uint32)) * np.uint32(0x01000193), out)
    return out


@dataclass(frozen=True, slots=True)
class Shards:
    """The entries by shard: those of shard n are `order[edges[n]:edges[n + 1]]`."""

    entries: Table
    ends: Array
    order: Array
    edges: Array

    @classmethod
    def of(cls, entries: Table, number: int, numbers: NDArray[np.uint32]) -> Shards:
        """`numbers` are the hashes of the entries' keys."""
        own = numbers % np.uint32(number)
        # Grams of one character come first.
        singles = entries.keys & (1 << 2 * grams.BITS) - 1 == 0
        order = np.lexsort((~singles, own))
        edges = np.searchsorted(own[order], np.arange(number + 1))
        return cls(entries, entries.ends, order, edges)

    def payload(self, number: int) -> bytes:
        """A shard: the list of grams of one character, then that of grams of two."""
        rows = self.order[self.edges[number] : self.edges[number + 1]]
        ends = self.ends[rows]
        begins = (ends - self.entries.sizes[rows]).tolist()
        data = [self.entries.data[a:b] for a, b in zip(begins, ends.tolist(), strict=True)]
        singles = int(np.count_nonzero(self.entries.keys[rows] & (1 << 2 * grams.BITS) - 1 == 0))
        return b"".join((uvarint(singles), *data[:singles], uvarint(len(data) - singles), *data[singles:]))

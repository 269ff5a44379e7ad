"""The posting lists of the grams, packed into shards (`docs/search-format.md`, *Shards and lists*).

A trigram's documents are among those of the bigram with which it begins, so its list is written below the bigram's and
in terms of it: three bits a posting instead of eight. Only where the trigrams of a bigram would fill a shard by
themselves, each of them stands in its own.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from tongbao.search import frames
from tongbao.search.codec import Postings
from tongbao.search.frames import Array, Lists, uvarint
from tongbao.search.index import FIELDS, Index
from tongbao.search.texts import Alphabet

SHARD_BYTES = 3072
# A list above this size stands in a file of its own, so that its shard's other grams do not pay for it.
LIST_BYTES = 2048
# A bigram is heavy where its trigrams take more than this; so many at most, since clients need to know which.
HEAVY_BYTES = 1536
MOST_HEAVY = 600
# From this document frequency on, a gram carries its idf; below it, the manifest has a table.
IDF_TABLE = 64
_NO_LIMIT = 1 << 40
_TEXT = FIELDS.index("text")


@dataclass(frozen=True, slots=True)
class Packed:
    """One gram in one field: document frequency, idf, its list by itself or below its bigram."""

    size: int
    idf: float
    data: bytes


Entry = list[Packed | None]  # by field


@dataclass(slots=True)
class _Grams:
    """Grams by themselves, trigrams below their bigram, and again by themselves where it may be heavy."""

    alone: dict[str, Entry] = field(default_factory=dict)
    below: dict[str, dict[str, Entry]] = field(default_factory=dict)
    spare: dict[str, dict[str, Entry]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Shards:
    """The payloads of the shards and of the lists that stand apart, the heavy bigrams, {document frequency: idf}."""

    shards: tuple[bytes, ...]
    lists: tuple[bytes, ...]
    heavy: tuple[str, ...]
    idf: Mapping[int, float]


def shards(index: Index, alphabet: Alphabet) -> Shards:
    """Pack all posting lists of an index."""
    packed = _Grams()
    for place in (_TEXT, FIELDS.index("title")):  # the texts decide which bigrams are heavy
        for batch in index.postings(FIELDS[place]):
            _pack(index, place, batch, packed)
    sizes = {pair: _size(trigrams) for pair, trigrams in packed.spare.items()}
    heavy = sorted(sorted(sizes, key=lambda pair: (-sizes[pair], pair))[:MOST_HEAVY])
    for pair in heavy:
        packed.alone.update(packed.spare[pair])
        del packed.below[pair]
    return _written(packed, tuple(heavy), alphabet)


def _size(trigrams: Mapping[str, Entry]) -> int:
    return sum(len(packed.data) for entry in trigrams.values() for packed in entry if packed)


def _pack(index: Index, place: int, batch: Postings, out: _Grams) -> None:
    """Pack one batch of one field."""
    name = FIELDS[place]
    sizes = batch.sizes
    below = np.full(len(sizes), len(index), np.int64)
    no_limit = np.full(len(batch.numbers), _NO_LIMIT, np.int64)
    absolute = Lists(sizes, below, batch.numbers.astype(np.int64), batch.frequencies.astype(np.int64), no_limit)
    lengths = np.array([len(gram) for gram in batch.grams], np.int64)
    nested = frames.postings(_nested(absolute, lengths, len(index)))
    # The idf depends on the document frequency alone, and asking Whoosh takes a look-up.
    by_size = {
        size: index.idf(name, gram) for size, gram in dict(zip(sizes.tolist(), batch.grams, strict=True)).items()
    }
    idfs = [by_size[size] for size in sizes.tolist()]
    rows = zip(batch.grams, sizes.tolist(), idfs, nested, strict=True)
    weight: dict[str, int] = {}
    for gram, size, idf, data in rows:
        if len(gram) < 3:
            entry = out.alone.setdefault(gram, [None] * len(FIELDS))
        else:
            entry = out.below.setdefault(gram[:2], {}).setdefault(gram, [None] * len(FIELDS))
            weight[gram[:2]] = weight.get(gram[:2], 0) + len(data)
        entry[place] = Packed(size, idf, data)
    heavy = {pair for pair, total in weight.items() if (total > HEAVY_BYTES if place == _TEXT else pair in out.spare)}
    if heavy:
        chosen = np.array([len(gram) == 3 and gram[:2] in heavy for gram in batch.grams])
        spare = frames.postings(_some(absolute, chosen))
        for at, data in zip(np.flatnonzero(chosen).tolist(), spare, strict=True):
            gram = batch.grams[at]
            entry = out.spare.setdefault(gram[:2], {}).setdefault(gram, [None] * len(FIELDS))
            entry[place] = Packed(int(sizes[at]), idfs[at], data)


def _nested(lists: Lists, lengths: Array, documents: int) -> Lists:
    """The lists of trigrams in terms of their bigrams': places in that list for numbers, its frequencies as limits."""
    starts = np.cumsum(lists.sizes) - lists.sizes
    pairs = lengths == 2
    # Grams come in order: the bigram of a trigram is the last one before it.
    parent = np.maximum.accumulate(np.where(pairs, np.arange(len(lengths)), -1))
    triples = np.repeat(lengths == 3, lists.sizes)
    owner = np.repeat(np.arange(len(lengths)), lists.sizes)
    keys = owner * documents + lists.numbers
    at = np.searchsorted(keys, parent[owner[triples]] * documents + lists.numbers[triples])
    numbers, most, below = lists.numbers.copy(), lists.most.copy(), lists.below.copy()
    numbers[triples] = at - starts[parent[owner[triples]]]
    most[triples] = lists.frequencies[at]
    below[lengths == 3] = lists.sizes[parent[lengths == 3]]
    return Lists(lists.sizes, below, numbers, lists.frequencies, most)


def _some(lists: Lists, chosen: Array) -> Lists:
    inside = np.repeat(chosen, lists.sizes)
    return Lists(
        lists.sizes[chosen],
        lists.below[chosen],
        lists.numbers[inside],
        lists.frequencies[inside],
        lists.most[inside],
    )


# --- bytes -----------------------------------------------------------------------------------------------------------


def _written(packed: _Grams, heavy: tuple[str, ...], alphabet: Alphabet) -> Shards:
    lists: list[bytes] = []
    table: dict[int, float] = {}
    out: dict[str, bytes] = {}
    for gram in sorted(packed.alone):
        trigrams = packed.below.get(gram, {})
        # Below a bigram stand lists in terms of its own, which is therefore at hand.
        entry = _entry(packed.alone[gram], None if trigrams else lists, table)
        number = uvarint(len(trigrams)) if len(gram) == 2 else b""
        below = (alphabet.encode(name[2]) + _entry(trigrams[name], None, table) for name in sorted(trigrams))
        out[gram] = b"".join((alphabet.encode(gram), number, entry, *below))
    count = max(1, round(sum(map(len, out.values())) / SHARD_BYTES))
    members: list[list[str]] = [[] for _ in range(count)]
    for gram in out:
        members[frames.fnv(gram.encode()) % count].append(gram)
    return Shards(tuple(_shard(grams, out) for grams in members), tuple(lists), heavy, table)


def _shard(members: Sequence[str], out: Mapping[str, bytes]) -> bytes:
    """The grams by length (1, 2, 3): for each length their number, then the entries."""
    parts: list[bytes] = []
    for size in (1, 2, 3):
        grams = [gram for gram in members if len(gram) == size]
        parts += [uvarint(len(grams)), *(out[gram] for gram in grams)]
    return b"".join(parts)


def _entry(entry: Entry, lists: list[bytes] | None, table: dict[int, float]) -> bytes:
    """The text's list, then the title's; `lists` takes those that stand apart, None where none may."""
    title, text = entry
    head = uvarint((text.size if text else 0) * 2 + (title is not None))
    return head + b"".join(_fields(title, text, lists, table))


def _fields(
    title: Packed | None, text: Packed | None, lists: list[bytes] | None, table: dict[int, float]
) -> Iterator[bytes]:
    for packed, known in ((text, True), (title, False)):
        if packed is None:
            continue
        if not known:
            yield uvarint(packed.size)
        data = packed.data
        if packed.size < IDF_TABLE:
            table[packed.size] = packed.idf
        else:
            yield struct.pack("<d", packed.idf)
            if lists is not None:
                if len(data) > LIST_BYTES:
                    lists.append(data)
                    yield uvarint(len(lists))
                    continue
                yield b"\0"
        yield data

"""How Whoosh keeps the grams: a codec for posting lists that are written in one go.

Whoosh's own codec spends some 160 bytes on a gram that occurs once, and its writer handles each posting by itself in
Python; over grams that is twenty times the text on disk and 70 ms a bulletin. Here the postings of all grams come out
of one sort per slice of the alphabet, and a list is three arrays: document numbers, frequencies, positions. Term
dictionary, lengths, stored documents, table of contents, searchers and scores are Whoosh's.
"""

from __future__ import annotations

import struct
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from whoosh import formats, index  # type: ignore[import-untyped]
from whoosh.codec import whoosh3  # type: ignore[import-untyped]
from whoosh.filedb import filestore, filetables  # type: ignore[import-untyped]
from whoosh.matching import ListMatcher  # type: ignore[import-untyped]
from whoosh.util.numeric import length_to_byte  # type: ignore[import-untyped]

from tongbao.search.grams import LONGEST

NAME = "MAIN"
# As whoosh3.W3TermInfo reads it: flags, weight, document frequency, least and greatest length byte, greatest weight,
# first and last document; then place and size of the list.
_TERM = struct.Struct("!BfIBBfIIqi")
_FIELD = struct.Struct("!H")
_BITS = 21  # of a code point plus one, so that zero can stand for "no character"
# Characters sorted at once: about 150 MB of arrays.
_SLICE = 1_500_000


class Postings(NamedTuple):
    """The lists of some grams in order, end to end: list n has `sizes[n]` postings."""

    grams: list[str]
    sizes: NDArray[np.int64]
    numbers: NDArray[np.int64]
    frequencies: NDArray[np.int64]
    positions: NDArray[np.int64]


class GramFormat(formats.Positions):  # type: ignore[misc]
    """Positions that are kept as an array."""

    def decode_positions(self, value: tuple[int, ...]) -> tuple[int, ...]:
        return value


class GramCodec(whoosh3.W3Codec):  # type: ignore[misc]
    """Whoosh's codec but for the posting lists. The types are those of the smallest unsigned integers that suffice."""

    def __init__(self, number: str, frequency: str, position: str) -> None:
        super().__init__()
        self.types = (number, frequency, position)

    def postings_reader(
        self, dbfile: Any, terminfo: Any, format_: Any, term: Any = None, scorer: Any = None
    ) -> ListMatcher:
        offset, (size,) = terminfo.extent()  # Whoosh leaves the size in the tuple that it unpacked
        return GramMatcher(dbfile.get(offset, size), terminfo.doc_frequency(), self.types, format_, term, scorer)


class GramMatcher(ListMatcher):  # type: ignore[misc]
    """The postings of one gram."""

    _i: int

    def __init__(
        self, data: bytes, size: int, types: Sequence[str], format_: Any, term: Any = None, scorer: Any = None
    ) -> None:
        number, frequency, position = (np.dtype(t) for t in types)
        split = number.itemsize * size
        numbers = np.frombuffer(data, number, size)
        frequencies = np.frombuffer(data, frequency, size, split)
        positions = np.frombuffer(data, position, offset=split + frequency.itemsize * size)
        values = _Slices(positions, np.concatenate(([0], np.cumsum(frequencies, dtype=np.int64))))
        weights = frequencies.astype(float).tolist()
        super().__init__(numbers.tolist(), weights, values, format_, scorer, term=term)

    def skip_to(self, id: int) -> None:
        if self.is_active() and id > self.id():
            self._i = bisect_left(self._ids, id, self._i)


def read_lists(folder: Path, field: str) -> Iterator[tuple[str, NDArray[Any], NDArray[Any]]]:
    """Yield (gram, document numbers, frequencies) of a field in the order of the grams, straight from the files."""
    storage = filestore.FileStorage(str(folder))
    (segment,) = index.TOC.read(storage, NAME).segments
    gram_codec = segment.codec()
    number, frequency, _ = (np.dtype(t) for t in gram_codec.types)
    path = folder / segment.make_filename(gram_codec.POSTS_EXT)
    terms = gram_codec.terms_reader(storage, segment)
    try:
        data = np.memmap(path, np.uint8, "r").data if path.stat().st_size else b""
        for (name, gram), info in terms.items_from(field, b""):
            if name != field:
                break
            size, at = info.doc_frequency(), info.extent()[0]
            numbers = np.frombuffer(data, number, size, at)
            yield gram.decode(), numbers, np.frombuffer(data, frequency, size, at + numbers.nbytes)
    finally:
        terms.close()


class _Slices:
    """The positions of each posting, cut out when asked for."""

    def __init__(self, positions: NDArray[Any], edges: NDArray[np.int64]) -> None:
        self._positions, self._edges = positions, edges

    def __getitem__(self, at: int) -> tuple[int, ...]:
        return tuple(self._positions[self._edges[at] : self._edges[at + 1]].tolist())


def invert(texts: Sequence[str]) -> Iterator[Postings]:
    """Yield the postings of every gram of `texts`, in the order of their code points, which is that of their UTF-8."""
    characters = np.frombuffer("".join(texts).encode("utf-32-le"), np.uint32)
    sizes = np.array([len(text) for text in texts], np.int64)
    starts = np.cumsum(sizes) - sizes
    owner = np.repeat(np.arange(len(texts), dtype=np.uint32), sizes)
    order = np.argsort(characters, kind="stable")
    firsts = characters[order]
    # A place beyond the end of a text reads as "no character".
    ends = (starts + sizes)[owner]
    begin = 0
    while begin < len(order):
        end = min(begin + _SLICE, len(order))
        if end < len(order):
            end = int(np.searchsorted(firsts, firsts[end - 1], "right"))
        places = order[begin:end]
        yield _lists(_keys(characters, ends, places), np.tile(places, LONGEST), owner, starts)
        begin = end


def _keys(characters: NDArray[np.uint32], ends: NDArray[np.int64], places: NDArray[np.int64]) -> NDArray[np.int64]:
    """The grams of one, two and three characters that begin at `places`, as sortable numbers; 0 where a text ends."""
    out = []
    key = np.zeros(len(places), np.int64)
    whole = np.ones(len(places), bool)
    for size in range(LONGEST):
        inside = places + size < ends[places]
        code = characters[np.minimum(places + size, len(characters) - 1)].astype(np.int64) + 1
        whole &= inside
        key = key | (code << (_BITS * (LONGEST - 1 - size)))
        out.append(np.where(whole, key, 0))
    return np.concatenate(out)


def _lists(
    keys: NDArray[np.int64], places: NDArray[np.int64], owner: NDArray[np.uint32], starts: NDArray[np.int64]
) -> Postings:
    real = keys != 0
    keys, places = keys[real], places[real]
    order = np.argsort(keys, kind="stable")
    keys, places = keys[order], places[order]
    numbers = owner[places].astype(np.int64)
    positions = places - starts[numbers]
    new_gram = np.concatenate(([True], keys[1:] != keys[:-1]))
    new_posting = new_gram | np.concatenate(([True], numbers[1:] != numbers[:-1]))
    postings = np.flatnonzero(new_posting)
    frequencies = np.diff(postings, append=len(keys))
    lists = np.flatnonzero(new_gram[postings])
    grams = [_gram(key) for key in keys[new_gram].tolist()]
    return Postings(grams, np.diff(lists, append=len(postings)), numbers[postings], frequencies, positions)


def _gram(key: int) -> str:
    codes = (key >> shift & (1 << _BITS) - 1 for shift in range(_BITS * (LONGEST - 1), -1, -_BITS))
    return "".join(chr(code - 1) for code in codes if code)


class ListWriter:
    """Writes the posting lists and the term dictionary of a segment. Fields and grams must come in order."""

    def __init__(self, codec: GramCodec, storage: Any, segment: Any) -> None:
        self._types = tuple(np.dtype(t) for t in codec.types)
        self._terms = filetables.OrderedHashWriter(segment.create_file(storage, codec.TERMS_EXT))
        self._fields: dict[str, int] = {}
        self._terms.extras["fieldmap"] = self._fields
        self._lists = segment.create_file(storage, codec.POSTS_EXT)

    def add(self, field: str, postings: Postings, lengths: Sequence[int]) -> None:
        """Add lists of a field; `lengths` are the field's lengths by document number."""
        prefix = _FIELD.pack(self._fields.setdefault(field, len(self._fields)))
        ends = np.cumsum(postings.sizes)
        starts = ends - postings.sizes
        length_bytes = np.array([length_to_byte(length) for length in lengths], np.int64)[postings.numbers]
        rows = zip(
            postings.grams,
            starts.tolist(),
            ends.tolist(),
            np.add.reduceat(postings.frequencies, starts).tolist(),
            np.maximum.reduceat(postings.frequencies, starts).tolist(),
            np.minimum.reduceat(length_bytes, starts).tolist(),
            np.maximum.reduceat(length_bytes, starts).tolist(),
            strict=True,
        )
        numbers, frequencies, positions = (
            array.astype(kind) for array, kind in zip(postings[2:], self._types, strict=True)
        )
        at = 0
        for gram, start, end, weight, most, shortest, longest in rows:
            data = (
                numbers[start:end].tobytes() + frequencies[start:end].tobytes() + positions[at : at + weight].tobytes()
            )
            at += weight
            span = int(numbers[start]), int(numbers[end - 1])
            info = _TERM.pack(0, weight, end - start, shortest, longest, most, *span, self._lists.tell(), len(data))
            self._lists.write(data)
            self._terms.add(prefix + gram.encode(), info)

    def close(self) -> None:
        self._terms.close()
        self._lists.close()


def smallest_type(most: int) -> str:
    """The numpy type, little-endian, of the smallest unsigned integers that hold 0 to `most`."""
    return next(t for t, bits in (("<u1", 8), ("<u2", 16), ("<u4", 32), ("<u8", 64)) if most < 1 << bits)

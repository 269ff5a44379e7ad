"""How Whoosh keeps the grams: a codec for posting lists that are written in one go.

Whoosh's own codec spends some 160 bytes on a gram that occurs once, and its writer handles each posting by itself in
Python; over grams that is twenty times the text on disk and 70 ms a bulletin. Here the postings of all grams come out
of one sort per slice of the alphabet, and stand as arrays: keys, document numbers, counts, positions.
Lengths, stored documents, table of contents, searchers and scores are Whoosh's.
"""

from __future__ import annotations

import json
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from whoosh import formats  # type: ignore[import-untyped]
from whoosh.codec import base, whoosh3  # type: ignore[import-untyped]
from whoosh.matching import ListMatcher  # type: ignore[import-untyped]
from whoosh.reading import TermInfo  # type: ignore[import-untyped]

from tongbao.search import grams
from tongbao.search.weighting import exponents

NAME = "MAIN"
GRAMS_EXT = ".grams"
# Characters sorted at once: about 150 MB of arrays.
_SLICE = 1_500_000
_HEAD = 4  # bytes of the length of a file's head
_ALIGN = 8
_LONGEST = 1 << 31

Numbers = NDArray[Any]


class Lists(NamedTuple):
    """Posting lists in the order of their keys: list n ends before posting `ends[n]`.

    `counts` are the true numbers of places, `positions` all of them end to end. Runs of three have neither.
    """

    keys: NDArray[np.int64]
    ends: Numbers
    numbers: Numbers
    counts: Numbers
    positions: Numbers


class GramFormat(formats.Positions):  # type: ignore[misc]
    """Positions that are kept as an array."""

    def decode_positions(self, value: tuple[int, ...]) -> tuple[int, ...]:
        return value


class GramCodec(whoosh3.W3Codec):  # type: ignore[misc]
    """Whoosh's codec but for terms and posting lists."""

    def terms_reader(self, storage: Any, segment: Any) -> GramTerms:
        return GramTerms(Path(storage.folder, segment.make_filename(GRAMS_EXT)))


class GramTerms(base.TermsReader):  # type: ignore[misc]
    """The terms of a segment."""

    def __init__(self, path: Path) -> None:
        self.lists = read_lists(path)

    def _find(self, term: tuple[str, bytes]) -> int | None:
        field, gram = term[0], term[1].decode()
        if field not in self.lists or not 0 < len(gram) <= grams.LONGEST:
            return None
        keys, key = self.lists[field].keys, grams.key(gram)
        at = int(np.searchsorted(keys, key))
        return at if at < len(keys) and keys[at] == key else None

    def __contains__(self, term: tuple[str, bytes]) -> bool:
        return self._find(term) is not None

    def _at(self, fieldname: str, text: bytes) -> int:
        at = self._find((fieldname, text))
        if at is None:
            raise KeyError((fieldname, text))
        return at

    def term_info(self, fieldname: str, text: bytes) -> TermInfo:
        """Weights and lengths are bounds: no score is decided by them."""
        lists = self.lists[fieldname]
        start, end = _bounds(lists.ends, self._at(fieldname, text))
        first, last, most = int(lists.numbers[start]), int(lists.numbers[end - 1]), float(lists.counts[start:end].max())
        return TermInfo(most * (end - start), end - start, 1, _LONGEST, most, first, last)

    def frequency(self, fieldname: str, text: bytes) -> float:
        return float(self.term_info(fieldname, text).weight())

    def doc_frequency(self, fieldname: str, text: bytes) -> int:
        start, end = _bounds(self.lists[fieldname].ends, self._at(fieldname, text))
        return end - start

    def matcher(self, fieldname: str, text: bytes, format_: Any, scorer: Any = None) -> GramMatcher:
        lists = self.lists[fieldname]
        start, end = _bounds(lists.ends, self._at(fieldname, text))
        counts = lists.counts[start:end]
        before = int(lists.counts[:start].sum(dtype=np.int64))
        edges = np.concatenate(([0], np.cumsum(counts, dtype=np.int64))) + before
        return GramMatcher(lists.numbers[start:end], counts, _Slices(lists.positions, edges), format_, scorer)

    def items_from(self, fieldname: str, prefix: bytes) -> Iterator[tuple[tuple[str, bytes], TermInfo]]:
        for field, gram in self.terms_from(fieldname, prefix):
            yield (field, gram), self.term_info(field, gram)

    def items(self) -> Iterator[tuple[tuple[str, bytes], TermInfo]]:
        for field, gram in self.terms():
            yield (field, gram), self.term_info(field, gram)

    def terms_from(self, fieldname: str, prefix: bytes) -> Iterator[tuple[str, bytes]]:
        return (term for term in self.terms() if term >= (fieldname, prefix))

    def terms(self) -> Iterator[tuple[str, bytes]]:
        for field in self.indexed_field_names():
            for key in self.lists[field].keys.tolist():
                yield field, grams.run(key).encode()

    def indexed_field_names(self) -> list[str]:
        return sorted(field for field in self.lists if field != triples(field))

    def cursor(self, fieldname: str, fieldobj: Any) -> Any:
        raise NotImplementedError("terms are looked up, never walked, by their fields")

    def close(self) -> None:
        self.lists = {}


class GramMatcher(ListMatcher):  # type: ignore[misc]
    """The postings of one gram, weighed by their rounded frequencies."""

    _i: int

    def __init__(self, numbers: Numbers, counts: Numbers, values: _Slices, format_: Any, scorer: Any = None) -> None:
        weights = np.exp2(exponents(counts)).tolist()
        super().__init__(numbers.tolist(), weights, values, format_, scorer)

    def skip_to(self, id: int) -> None:
        if self.is_active() and id > self.id():
            self._i = bisect_left(self._ids, id, self._i)


class _Slices:
    """The positions of each posting, cut out when asked for."""

    def __init__(self, positions: Numbers, edges: NDArray[np.int64]) -> None:
        self._positions, self._edges = positions, edges

    def __getitem__(self, at: int) -> tuple[int, ...]:
        return tuple(self._positions[self._edges[at] : self._edges[at + 1]].tolist())


def _bounds(ends: Numbers, at: int) -> tuple[int, int]:
    return int(ends[at - 1]) if at else 0, int(ends[at])


def triples(field: str) -> str:
    """The name under which the runs of three of a field stand; their own field for themselves."""
    return field if field.endswith("3") else f"{field}3"


# --- making lists ----------------------------------------------------------------------------------------------------


def invert(texts: Sequence[str]) -> tuple[Lists, Lists]:
    """The posting lists of the grams of `texts`, and those of their runs of three."""
    parts = list(_slices(texts))
    return _joined([pair for pair, _ in parts]), _joined([triple for _, triple in parts])


def _slices(texts: Sequence[str]) -> Iterator[tuple[Lists, Lists]]:
    characters = np.frombuffer("".join(texts).encode("utf-32-le"), np.uint32)
    sizes = np.array([len(text) for text in texts], np.int64)
    starts = np.cumsum(sizes) - sizes
    owner = np.repeat(np.arange(len(texts), dtype=np.int64), sizes)
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
        one, two, three = _keys(characters, ends, places)
        pair = _lists(np.concatenate((one, two)), np.tile(places, 2), owner, starts)
        yield _small(pair), _small(_without_places(_lists(three, places, owner, starts)))
        begin = end


def _keys(
    characters: NDArray[np.uint32], ends: NDArray[np.int64], places: NDArray[np.int64]
) -> tuple[NDArray[np.int64], ...]:
    """The runs of one, two and three characters that begin at `places`, as keys; 0 where a text ends before."""
    out = []
    key = np.zeros(len(places), np.int64)
    whole = np.ones(len(places), bool)
    for size in range(3):
        whole &= places + size < ends[places]
        code = characters[np.minimum(places + size, len(characters) - 1)].astype(np.int64) + 1
        key = key | (code << (grams.BITS * (2 - size)))
        out.append(np.where(whole, key, 0))
    return tuple(out)


def _lists(
    keys: NDArray[np.int64], places: NDArray[np.int64], owner: NDArray[np.int64], starts: NDArray[np.int64]
) -> Lists:
    real = keys != 0
    keys, places = keys[real], places[real]
    order = np.argsort(keys, kind="stable")
    keys, places = keys[order], places[order]
    numbers = owner[places]
    new_key = _changes(keys)
    postings = np.flatnonzero(new_key | _changes(numbers))
    starts_of_lists = np.flatnonzero(new_key[postings])
    ends = np.append(starts_of_lists[1:], len(postings)) if len(postings) else starts_of_lists
    counts = np.diff(postings, append=len(keys))
    return Lists(keys[new_key], ends, numbers[postings], counts, places - starts[numbers])


def _changes(values: NDArray[np.int64]) -> NDArray[np.bool_]:
    return np.concatenate((np.ones(min(len(values), 1), bool), values[1:] != values[:-1]))


def _without_places(lists: Lists) -> Lists:
    none = np.zeros(0, np.uint8)
    return lists._replace(counts=none, positions=none)


def _small(lists: Lists) -> Lists:
    return lists._replace(
        numbers=_smallest(lists.numbers), counts=_smallest(lists.counts), positions=_smallest(lists.positions)
    )


def _joined(parts: Sequence[Lists]) -> Lists:
    if not parts:
        return Lists(*(np.zeros(0, np.int64) for _ in Lists._fields))
    offsets = np.cumsum([0] + [len(part.numbers) for part in parts])
    shifted = [part._replace(ends=part.ends + offset) for part, offset in zip(parts, offsets, strict=False)]
    return Lists(*(np.concatenate(arrays) for arrays in zip(*shifted, strict=True)))


# --- files -----------------------------------------------------------------------------------------------------------


def write_lists(path: Path, lists: dict[str, Lists]) -> None:
    """A segment's lists, by field, in one file: a JSON head that says where each array stands, then the arrays."""
    arrays = {f"{field}.{name}": _smallest(a) for field, own in lists.items() for name, a in own._asdict().items()}
    rows, at = {}, 0
    for name, array in arrays.items():
        rows[name] = (array.dtype.str, len(array), at)
        at += -(-array.nbytes // _ALIGN) * _ALIGN
    head = json.dumps(rows).encode()
    head += b" " * (-(len(head) + _HEAD) % _ALIGN)
    with path.open("wb") as file:
        file.write(len(head).to_bytes(_HEAD, "little") + head)
        for array in arrays.values():
            file.write(array.tobytes() + bytes(-array.nbytes % _ALIGN))


def read_lists(path: Path) -> dict[str, Lists]:
    """The lists of a segment, by field, straight from the file's pages."""
    data = np.memmap(path, np.uint8, "r")
    size = int.from_bytes(data[:_HEAD].tobytes(), "little")
    rows = json.loads(data[_HEAD : _HEAD + size].tobytes())
    arrays = {
        name: np.frombuffer(data, np.dtype(kind), count, _HEAD + size + at) for name, (kind, count, at) in rows.items()
    }
    fields = dict.fromkeys(name.partition(".")[0] for name in arrays)
    return {field: Lists(*(arrays[f"{field}.{name}"] for name in Lists._fields)) for field in fields}


def _smallest(array: Numbers) -> Numbers:
    """As the smallest unsigned integers that hold it, little-endian; keys stay what they are."""
    if array.dtype == np.int64 and len(array) and array.max() >= 1 << 32:
        return array.astype("<i8")
    most = int(array.max(initial=0))
    return array.astype(next(t for t, bits in (("<u1", 8), ("<u2", 16), ("<u4", 32)) if most < 1 << bits))

"""What filters, facets and scores need of all bulletins: sets of them, and columns."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from typing import NamedTuple

import numpy as np

from tongbao.search import frames
from tongbao.search.documents import Head
from tongbao.search.frames import string, uvarint
from tongbao.search.weighting import stored_length

# Documents whose lengths stand in one file.
BLOCK = 1 << 14
# Up to so many regions all of them are columns; beyond that only the topmost ones are.
SHOWN = 64
SHARD_BYTES = 2048


def days(published: tuple[str, str] | None) -> bytes:
    """The first day, counted from 0001-01-01 as 1 (0: no date), and how many days later the last one is."""
    if published is None:
        return b"\0\0"
    first, last = (date.fromisoformat(day).toordinal() for day in published)
    return uvarint(first) + uvarint(last - first)


class Region(NamedTuple):
    """Code, name, Traditional name where it is unusual, code of the parent or nothing."""

    code: str
    name: str
    hant: str
    parent: str


class Regions:
    """The regions that documents have, by code."""

    def __init__(
        self,
        heads: Sequence[Head],
        regions: Mapping[str, tuple[str, str | None]],
        hant: Mapping[str, str],
        others: Mapping[str, str],
    ) -> None:
        """`regions` gives {code: (name in Simplified, parent's code)}, `hant` characters' usual Traditional ones,
        `others` {name: its Traditional form}."""
        self._members: defaultdict[str, list[int]] = defaultdict(list)
        for number, head in enumerate(heads):
            for code in dict.fromkeys(head.regions):
                self._members[code].append(number)
        self._names = names(regions, self._members)
        self._hant = {}
        for code, (name, _) in self._names.items():
            other = others[name]
            self._hant[code] = "" if other == "".join(hant.get(char, char) for char in name) else other
        tops = [code for code, (_, parent) in self._names.items() if parent not in self._names]
        self.shown = {code: row for row, code in enumerate(self._names if len(self._names) <= SHOWN else tops)}

    def rows(self) -> dict[str, Region]:
        """All regions, by code."""
        return {code: self.of(code) for code in self._names}

    def names(self) -> dict[str, str]:
        """{code: name in Simplified}, by code."""
        return {code: name for code, (name, _) in self._names.items()}

    def count(self, code: str) -> int:
        """How many documents have a region."""
        return len(self._members[code])

    def of(self, code: str) -> Region:
        """A region as files name it."""
        name, parent = self._names[code]
        return Region(code, name, self._hant[code], parent or "")

    def row(self, code: str) -> bytes:
        """The same as strings."""
        return b"".join(map(string, self.of(code)))

    def all(self) -> dict[str, object]:
        """Codes, names, unusual Traditional names by row, parents (row; code where it has none; -1) and counts."""
        rows = {code: row for row, code in enumerate(self._names)}
        return {
            "codes": list(rows),
            "names": [name for name, _ in self._names.values()],
            "hant": {rows[code]: other for code, other in self._hant.items() if other},
            "parents": [rows.get(parent, parent) if parent else -1 for _, parent in self._names.values()],
            "counts": [len(self._members[code]) for code in rows],
        }

    def sets(self) -> Iterator[tuple[str, bytes, list[int], list[str]]]:
        """(key, row, documents, keys of the children) of each region."""
        children: defaultdict[str, list[str]] = defaultdict(list)
        for code, (_, parent) in self._names.items():
            if parent in self._names:
                children[str(parent)].append(code)
        for code in self._names:
            yield code, self.row(code), self._members[code], children[code]

    def encode(self, codes: Sequence[str]) -> tuple[int, bytes]:
        """The shown ones of a set as the rows of those without parts in it, if these and their ancestors are all.

        Returns twice their number, plus 1 where all are named; and the rows.
        """
        wanted = {code for code in codes if code in self.shown}
        leaves = wanted - {up for code in wanted for up in self._above(code)}
        closed = {up for code in leaves for up in (code, *self._above(code))} == wanted
        rows = sorted(self.shown[code] for code in (leaves if closed else wanted))
        return len(rows) * 2 + (not closed), b"".join(map(uvarint, rows))

    def _above(self, code: str) -> Iterator[str]:
        seen = {code}
        while (parent := self._names[code][1]) in self._names and parent not in seen:
            code = str(parent)
            seen.add(code)
            yield code


def names(regions: Mapping[str, tuple[str, str | None]], codes: Iterable[str]) -> dict[str, tuple[str, str | None]]:
    """{code: (name, parent's code)} of some regions, by code; one without a name is its own name."""
    return {code: regions.get(code, (code, None)) for code in sorted(codes)}


def sets(heads: Sequence[Head], regions: Regions) -> tuple[bytes, ...]:
    """The documents of each region, kind and script, and those with repairs, in shards by key."""
    entries = [*regions.sets(), *_plain_sets(heads)]
    sizes = np.array([len(members) for _, _, members, _ in entries], np.int64)
    numbers = np.array([number for _, _, members, _ in entries for number in members], np.int64)
    packed = frames.pack(len(sizes), frames.numbers(sizes, np.full(len(sizes), len(heads), np.int64), numbers))
    rows = {
        key: row + uvarint(len(members)) + data for (key, row, members, _), data in zip(entries, packed, strict=True)
    }
    out = {
        key: b"".join((rows[key], uvarint(len(children)), *(rows[child] for child in children)))
        for key, _, _, children in entries
    }
    return tuple(uvarint(len(own)) + b"".join(out[key] for key in own) for own in frames.sharded(out, SHARD_BYTES))


def _plain_sets(heads: Sequence[Head]) -> Iterator[tuple[str, bytes, list[int], list[str]]]:
    members: defaultdict[str, list[int]] = defaultdict(list)
    for number, head in enumerate(heads):
        members[f"script:{head.script}"].append(number)
        members[f"kind:{head.kind or ''}"].append(number)
        if head.repaired:
            members["repaired"].append(number)
    for key in sorted(members):
        yield key, string(key) + string("") * 3, members[key], []


def lengths(heads: Sequence[Head]) -> tuple[bytes, ...]:
    """The lengths of the texts, in blocks: the different ones, the most frequent first; which texts have each but the
    last, among those that have none of the ones before. A code of whole bits a text takes a tenth more."""
    out = []
    for begin in range(0, len(heads), BLOCK):
        own = np.array([stored_length(head.length) for head in heads[begin : begin + BLOCK]], np.int64)
        values = [length for length, _ in sorted(Counter(own.tolist()).items(), key=lambda item: (-item[1], item[0]))]
        parts = [uvarint(len(values)), *map(uvarint, values)]
        for length in values[:-1]:
            places = np.flatnonzero(own == length)
            (packed,) = frames.pack(1, frames.numbers(np.array([len(places)]), np.array([len(own)]), places))
            parts += [uvarint(len(places)), packed]
            own = own[own != length]
        out.append(b"".join(parts))
    return tuple(out)


def columns(heads: Sequence[Head], regions: Regions) -> tuple[bytes, ...]:
    """What facets count of every document, column by column."""
    codes = {head.regions: (0, b"") for head in heads}
    codes.update((own, regions.encode(own)) for own in codes)
    sets = [codes[head.regions] for head in heads]
    shown = uvarint(len(regions.shown)) + b"".join(regions.row(code) for code in regions.shown)
    return (
        shown,
        b"".join(uvarint(head) for head, _ in sets),
        b"".join(rows for _, rows in sets),
        _column([head.script for head in heads]),
        _column([head.kind or "" for head in heads]),
    )


def publications(heads: Sequence[Head]) -> tuple[bytes, ...]:
    """Runs of documents with one publication, or with none: their number; gaps between first days; last days; sizes."""
    runs = Counter(head.published for head in heads)  # in the order of their publication, which Counter keeps
    dated = [tuple(date.fromisoformat(day).toordinal() for day in p) if p else (0, 0) for p in runs]
    return (
        uvarint(len(dated)),
        frames.gaps(first for first, _ in dated),
        b"".join(uvarint(last - first) for first, last in dated),
        b"".join(map(uvarint, runs.values())),
    )


def _column(values: Sequence[str]) -> bytes:
    """Each value as its place among the different ones."""
    rows = {value: uvarint(row) for row, value in enumerate(sorted(set(values)))}
    return b"".join(rows[value] for value in values)

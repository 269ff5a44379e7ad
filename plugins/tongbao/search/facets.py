"""What filters, facets and scores need of all bulletins: columns, and the bulletins of each region."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import date

import numpy as np

from tongbao.model import Standard
from tongbao.script import to_hant
from tongbao.search import frames
from tongbao.search.frames import Lists, string, uvarint
from tongbao.search.index import Index

# Up to so many regions all of them are columns; beyond that only the topmost ones are, since a client needs the columns
# for every query of more than a page of hits.
SHOWN = 64
SHARD_BYTES = 2048


def days(published: tuple[str, str] | None) -> bytes:
    """The first day, counted from 0001-01-01 as 1 (0: no date), and how many days later the last one is."""
    if published is None:
        return b"\0\0"
    first, last = (date.fromisoformat(day).toordinal() for day in published)
    return uvarint(first) + uvarint(last - first)


class Regions:
    """The regions that documents have, by code."""

    def __init__(
        self,
        index: Index,
        regions: Mapping[str, tuple[str, str | None]],
        hant: Mapping[str, str],
        standard: Standard = Standard.TW,
    ) -> None:
        """`regions` gives {code: (name in Simplified, parent's code)}, `hant` characters' usual Traditional ones.

        Names are made Traditional after `standard`.
        """
        self._documents = len(index)
        self._members: defaultdict[str, list[int]] = defaultdict(list)
        for number, codes in enumerate(index.regions):
            for code in dict.fromkeys(codes):
                self._members[code].append(number)
        self._names = {code: regions.get(code, (code, None)) for code in sorted(self._members)}
        self._hant = {}
        for code, (name, _) in self._names.items():
            other = to_hant(name, standard)
            self._hant[code] = "" if other == "".join(hant.get(char, char) for char in name) else other
        tops = [code for code, (_, parent) in self._names.items() if parent not in self._names]
        self.shown = {code: row for row, code in enumerate(self._names if len(self._names) <= SHOWN else tops)}

    def names(self) -> dict[str, str]:
        """{code: name in Simplified}, by code."""
        return {code: name for code, (name, _) in self._names.items()}

    def count(self, code: str) -> int:
        """How many documents have a region."""
        return len(self._members[code])

    def row(self, code: str) -> bytes:
        """Code, name, Traditional name where it is unusual, code of the parent or nothing: strings."""
        name, parent = self._names[code]
        return b"".join(map(string, (code, name, self._hant[code], parent or "")))

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

    def shards(self) -> tuple[bytes, ...]:
        """For each region its row, its documents, its ancestors, and the rows and documents of its children."""
        children: defaultdict[str, list[str]] = defaultdict(list)
        for code, (_, parent) in self._names.items():
            if parent in self._names:
                children[str(parent)].append(code)
        packed = dict(zip(self._names, self._lists(), strict=True))
        entries = {
            code: b"".join(
                (
                    *(packed[code], uvarint(len(above)), *(packed[up] for up in above)),
                    *(uvarint(len(children[code])), *(packed[child] for child in children[code])),
                )
            )
            for code in self._names
            for above in [list(self._above(code))]
        }
        count = max(1, round(sum(map(len, entries.values())) / SHARD_BYTES))
        members: list[list[bytes]] = [[] for _ in range(count)]
        for code, entry in entries.items():
            members[frames.fnv(code.encode()) % count].append(entry)
        return tuple(uvarint(len(own)) + b"".join(own) for own in members)

    def _lists(self) -> list[bytes]:
        members = [self._members[code] for code in self._names]
        sizes = np.array([len(own) for own in members], np.int64)
        numbers = np.array([number for own in members for number in own], np.int64)
        ones = np.ones(len(numbers), np.int64)
        packed = frames.postings(Lists(sizes, np.full(len(sizes), self._documents, np.int64), numbers, ones, ones))
        heads = (self.row(code) + uvarint(len(self._members[code])) for code in self._names)
        return [head + data for head, data in zip(heads, packed, strict=True)]

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


def columns(index: Index, regions: Regions) -> tuple[bytes, ...]:
    """What filters, facets and scores need of every document, column by column."""
    sets = [regions.encode(codes) for codes in index.regions]
    shown = uvarint(len(regions.shown)) + b"".join(regions.row(code) for code in regions.shown)
    lengths = [index.length("text", n) for n in range(len(index))]
    values = sorted(set(lengths))
    rank = {length: uvarint(row) for row, length in enumerate(values)}
    return (
        *_runs(index),
        shown,
        b"".join(uvarint(head) for head, _ in sets),
        b"".join(rows for _, rows in sets),
        *_names(index.script),
        *_names([kind or "" for kind in index.kind]),
        uvarint(len(values)) + frames.gaps(values),
        b"".join(rank[length] for length in lengths),
        # Which have a repair: only there does "as received" need the text.
        np.packbits(np.array(index.repaired, bool)).tobytes(),
    )


def _runs(index: Index) -> Iterator[bytes]:
    """Runs of documents with one publication: number; gaps between first days; last days; sizes."""
    runs = Counter(index.published)  # documents are in the order of their publication, which Counter keeps
    dated = [tuple(date.fromisoformat(day).toordinal() for day in p) for p in runs if p]
    yield uvarint(len(dated))
    yield frames.gaps(first for first, _ in dated)
    yield b"".join(uvarint(last - first) for first, last in dated)
    yield b"".join(uvarint(size) for published, size in runs.items() if published)


def _names(column: Sequence[str]) -> tuple[bytes, bytes]:
    values = sorted(set(column))
    rows = {value: uvarint(row) for row, value in enumerate(values)}
    return uvarint(len(values)) + b"".join(map(string, values)), b"".join(rows[value] for value in column)

"""What filters, facets and scores need of all bulletins: sets of them, and columns."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from typing import NamedTuple, TypeVar

import numpy as np

from tongbao.search import frames
from tongbao.search.contents import Contents
from tongbao.search.frames import string, uvarint
from tongbao.search.weighting import stored_length

Value = TypeVar("Value")
# Numbers of which the texts' lengths stand in one file.
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
        contents: Contents,
        regions: Mapping[str, tuple[str, str | None]],
        hant: Mapping[str, str],
        others: Mapping[str, str],
    ) -> None:
        """`regions` gives {code: (name in Simplified, parent's code)}, `hant` characters' usual Traditional ones,
        `others` {name: its Traditional form}."""
        self._members: defaultdict[str, list[int]] = defaultdict(list)
        for number, head in zip(contents.numbers, contents.heads, strict=True):
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


def sets(contents: Contents, regions: Regions) -> tuple[bytes, ...]:
    """The documents of each region, kind and script, and those with repairs, in shards by key."""
    entries = [*regions.sets(), *_plain_sets(contents)]
    sizes = np.array([len(members) for _, _, members, _ in entries], np.int64)
    numbers = np.array([number for _, _, members, _ in entries for number in members], np.int64)
    packed = frames.pack(len(sizes), frames.numbers(sizes, np.full(len(sizes), contents.limit, np.int64), numbers))
    rows = {
        key: row + uvarint(len(members)) + data for (key, row, members, _), data in zip(entries, packed, strict=True)
    }
    out = {
        key: b"".join((rows[key], uvarint(len(children)), *(rows[child] for child in children)))
        for key, _, _, children in entries
    }
    return tuple(uvarint(len(own)) + b"".join(out[key] for key in own) for own in frames.sharded(out, SHARD_BYTES))


def _plain_sets(contents: Contents) -> Iterator[tuple[str, bytes, list[int], list[str]]]:
    members: defaultdict[str, list[int]] = defaultdict(list)
    for number, head in zip(contents.numbers, contents.heads, strict=True):
        members[f"script:{head.script}"].append(number)
        members[f"kind:{head.kind or ''}"].append(number)
        if head.repaired:
            members["repaired"].append(number)
    for key in sorted(members):
        yield key, string(key) + string("") * 3, members[key], []


def lengths(contents: Contents) -> tuple[bytes, ...]:
    """The lengths of the texts, in blocks: the different ones, the most frequent first; which texts have each but the
    last, among those that have none of the ones before. A code of whole bits a text takes a tenth more. Numbers that no
    text has count as of the most frequent length, which is cheapest."""
    out = []
    known = np.full(contents.limit, -1, np.int64)
    known[list(contents.numbers)] = [stored_length(head.length) for head in contents.heads]
    for begin in range(0, contents.limit, BLOCK):
        own = known[begin : begin + BLOCK]
        counts = Counter(own[own >= 0].tolist())
        values = [length for length, _ in sorted(counts.items(), key=lambda item: (-item[1], item[0]))]
        own[own < 0] = values[0] if values else 0
        parts = [uvarint(len(values)), *map(uvarint, values)]
        for length in values[:-1]:
            places = np.flatnonzero(own == length)
            (packed,) = frames.pack(1, frames.numbers(np.array([len(places)]), np.array([len(own)]), places))
            parts += [uvarint(len(places)), packed]
            own = own[own != length]
        out.append(b"".join(parts))
    return tuple(out)


def columns(contents: Contents, regions: Regions) -> tuple[bytes, ...]:
    """What facets count of every document, column by column; of a number that none has, what takes least."""
    heads = contents.heads
    codes = {head.regions: regions.encode(head.regions) for head in heads}
    sets = _by_number(contents, [codes[head.regions] for head in heads], (0, b""))
    shown = uvarint(len(regions.shown)) + b"".join(regions.row(code) for code in regions.shown)
    return (
        shown,
        b"".join(uvarint(head) for head, _ in sets),
        b"".join(rows for _, rows in sets),
        b"".join(_by_number(contents, _rows([head.script for head in heads]), b"\0")),
        b"".join(_by_number(contents, _rows([head.kind or "" for head in heads]), b"\0")),
    )


def publications(contents: Contents) -> tuple[bytes, ...]:
    """The different publications, those without a date first, then by date: their number, gaps between first days, how
    much later the last days are. Then of each number the place of its publication among these, counted from 1, or 0
    where no document has it: all lowest bytes, all middle ones, all highest ones."""
    known = sorted({head.published for head in contents.heads}, key=lambda days: days or ("", ""))
    dated = [tuple(date.fromisoformat(day).toordinal() for day in days) if days else (0, 0) for days in known]
    place = {days: at for at, days in enumerate(known, 1)}
    places = np.array(_by_number(contents, [place[head.published] for head in contents.heads], 0), np.uint32)
    return (
        uvarint(len(dated)),
        frames.gaps(first for first, _ in dated),
        b"".join(uvarint(last - first) for first, last in dated),
        *((places >> shift & 255).astype(np.uint8).tobytes() for shift in (0, 8, 16)),
    )


def _by_number(contents: Contents, values: Sequence[Value], none: Value) -> list[Value]:
    """Values of the documents by their numbers, `none` where no document has a number."""
    out = [none] * contents.limit
    for number, value in zip(contents.numbers, values, strict=True):
        out[number] = value
    return out


def _rows(values: Sequence[str]) -> list[bytes]:
    """Each value as its place among the different ones."""
    rows = {value: uvarint(row) for row, value in enumerate(sorted(set(values)))}
    return [rows[value] for value in values]

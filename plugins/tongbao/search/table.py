"""Bytes by key, many of them: sorted keys, sizes, and one run of bytes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.int64]


class Table(NamedTuple):
    """Row n is of `keys[n]`, which ascend, and has the next `sizes[n]` bytes of `data`.

    `columns` have more numbers of each row; a row that is given without them has zeros.
    """

    keys: Array
    sizes: NDArray[np.uint32]
    data: bytes
    columns: NDArray[np.uint32]

    @classmethod
    def of(cls, keys: Sequence[int], data: Sequence[bytes], columns: Sequence[tuple[int, ...]], width: int) -> Table:
        """Rows given one by one, each with `width` numbers more."""
        sizes = np.fromiter(map(len, data), np.uint32, len(data))
        more = np.array(columns, np.uint32).reshape(len(keys), width)
        return cls(np.array(keys, np.int64), sizes, b"".join(data), more)

    @property
    def ends(self) -> Array:
        return np.cumsum(self.sizes, dtype=np.int64)

    def rows(self, keys: Array) -> Array:
        """The rows of keys, -1 for those that have none."""
        if not len(self.keys):
            return np.full(len(keys), -1)
        at = np.minimum(np.searchsorted(self.keys, keys), len(self.keys) - 1)
        return np.where(self.keys[at] == keys, at, -1)

    def bytes_of(self, rows: Array) -> Iterator[bytes]:
        """The bytes of some rows."""
        ends = self.ends[rows]
        begins = ends - self.sizes[rows]
        return (self.data[begin:end] for begin, end in zip(begins.tolist(), ends.tolist(), strict=True))

    def between(self, low: int, high: int) -> Table:
        """The rows of the keys from `low` up to `high`."""
        begin, end = np.searchsorted(self.keys, (low, high)).tolist()
        first, last = (int(self.sizes[:at].sum(dtype=np.int64)) for at in (begin, end))
        return Table(self.keys[begin:end], self.sizes[begin:end], self.data[first:last], self.columns[begin:end])

    def replaced(self, dropped: Array, new: Table) -> Table:
        """The same without the rows of the keys in `dropped`, among which are all of `new`, whose rows come in."""
        rows = self.rows(dropped)
        rows = rows[rows >= 0]
        keep = np.ones(len(self.keys), bool)
        keep[rows] = False
        inserted: dict[int, list[bytes]] = {int(row): [] for row in rows}
        for at, data in zip(
            np.searchsorted(self.keys, new.keys).tolist(), new.bytes_of(np.arange(len(new.keys))), strict=True
        ):
            inserted.setdefault(at, []).append(data)
        edges = np.concatenate((np.zeros(1, np.int64), self.ends))
        gone = set(rows.tolist())
        pieces: list[bytes | memoryview] = []
        done, whole = 0, memoryview(self.data)
        for at in sorted(inserted):
            pieces += (whole[edges[done] : edges[at]], *inserted[at])
            done = at + 1 if at in gone else at
        pieces.append(whole[edges[done] :])
        keys = np.concatenate((self.keys[keep], new.keys))
        order = np.argsort(keys, kind="stable")
        sizes = np.concatenate((self.sizes[keep], new.sizes))[order]
        columns = np.concatenate((self.columns[keep], new.columns))[order]
        return Table(keys[order], sizes, b"".join(pieces), columns)


def joined(tables: Sequence[Table], width: int) -> Table:
    """Tables of ascending keys as one."""
    whole = [Table.of([], [], [], width), *tables]
    keys, sizes, data, columns = zip(*whole, strict=True)
    return Table(np.concatenate(keys), np.concatenate(sizes), b"".join(data), np.concatenate(columns))

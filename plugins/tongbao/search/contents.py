"""What an index holds, without Whoosh: the heads of its documents, its segments, the files of their posting lists."""

from __future__ import annotations

import pickle
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from tongbao.search import codec
from tongbao.search.codec import Lists
from tongbao.search.documents import Head
from tongbao.search.errors import SearchIndexError
from tongbao.search.numbering import places

Array = NDArray[np.int64]

FIELDS = ("title", "text")
CURRENT = "CURRENT"
_META = "documents.pickle"


class Part(NamedTuple):
    """The posting lists of a segment by field, which count its documents from 0, and the numbers of these."""

    lists: dict[str, Lists]
    numbers: NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Contents:
    """Name of the index, heads of its documents in the order of their numbers, these, and (name, size) of its segments.

    Whoosh counts the documents from 0 without a gap; `numbers` are those of the exported files, below `limit`.
    """

    digest: str
    heads: tuple[Head, ...]
    numbers: tuple[int, ...]
    segments: tuple[tuple[str, int], ...]

    @property
    def limit(self) -> int:
        return places(len(self.heads))

    @classmethod
    def read(cls, index_dir: Path) -> Contents:
        """What the finished index in `index_dir` holds. Raises SearchIndexError where there is none."""
        name = current(index_dir)
        if name is None:
            raise SearchIndexError(index_dir, "it holds no finished search index", "build the site first (make html)")
        segments, numbers, columns = pickle.loads((index_dir / name / _META).read_bytes())
        return cls(name, tuple(map(Head, *columns)), numbers, segments)

    def write(self, folder: Path) -> None:
        """Write what `read` reads."""
        columns = list(zip(*self.heads, strict=True)) or [()] * len(Head._fields)
        (folder / _META).write_bytes(pickle.dumps((self.segments, self.numbers, columns), protocol=5))


def current(index_dir: Path) -> str | None:
    """The name of the finished index in a folder, if there is one."""
    pointer = index_dir / CURRENT
    if not pointer.is_file():
        return None
    name = pointer.read_text("ascii").strip()
    return name if (index_dir / name / _META).is_file() else None


def parts(folder: Path, segments: Sequence[tuple[str, int]], numbers: Array, chosen: Array | None = None) -> list[Part]:
    """The segments of an index of a folder, whose documents have these numbers; with `chosen`, only those that hold one
    of these documents.

    Raises OSError where a file is missing.
    """
    ends = np.cumsum([size for _, size in segments], dtype=np.int64)
    wanted = range(len(segments))
    if chosen is not None:
        held = np.flatnonzero(np.isin(numbers, chosen))
        wanted = np.unique(np.searchsorted(ends, held, "right")).tolist()
    return [
        Part(codec.read_lists(folder / file_of(name)), numbers[end - size : end])
        for at in wanted
        for (name, size), end in [(segments[at], int(ends[at]))]
    ]


def file_of(segment: str) -> str:
    """The file of a segment's posting lists, as Whoosh names it."""
    return f"{codec.NAME}_{segment}{codec.GRAMS_EXT}"

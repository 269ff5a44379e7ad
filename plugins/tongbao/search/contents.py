"""What an index holds, without Whoosh: the heads of its documents, its segments, the files of their posting lists."""

from __future__ import annotations

import pickle
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np

from tongbao.search import codec
from tongbao.search.codec import Lists
from tongbao.search.documents import Head
from tongbao.search.errors import SearchIndexError

FIELDS = ("title", "text")
CURRENT = "CURRENT"
_META = "documents.pickle"


class Part(NamedTuple):
    """The posting lists of a segment by field, the number of its first document, and how many it has."""

    lists: dict[str, Lists]
    offset: int
    size: int


@dataclass(frozen=True, slots=True)
class Contents:
    """Name of the index, heads by document number, and (name, number of documents) of each segment."""

    digest: str
    heads: tuple[Head, ...]
    segments: tuple[tuple[str, int], ...]

    @classmethod
    def read(cls, index_dir: Path) -> Contents:
        """What the finished index in `index_dir` holds. Raises SearchIndexError where there is none."""
        name = current(index_dir)
        if name is None:
            raise SearchIndexError(index_dir, "it holds no finished search index", "build the site first (make html)")
        segments, columns = pickle.loads((index_dir / name / _META).read_bytes())
        return cls(name, tuple(map(Head, *columns)), segments)

    def write(self, folder: Path) -> None:
        """Write what `read` reads."""
        columns = list(zip(*self.heads, strict=True)) or [()] * len(Head._fields)
        (folder / _META).write_bytes(pickle.dumps((self.segments, columns), protocol=5))


def current(index_dir: Path) -> str | None:
    """The name of the finished index in a folder, if there is one."""
    pointer = index_dir / CURRENT
    if not pointer.is_file():
        return None
    name = pointer.read_text("ascii").strip()
    return name if (index_dir / name / _META).is_file() else None


def parts(folder: Path, segments: Sequence[tuple[str, int]], chosen: Sequence[int] | None = None) -> list[Part]:
    """The segments of an index of a folder; with `chosen`, only those that hold these documents.

    Raises OSError where a file is missing.
    """
    ends = np.cumsum([size for _, size in segments])
    wanted = range(len(segments)) if chosen is None else np.unique(np.searchsorted(ends, chosen, "right")).tolist()
    return [
        Part(codec.read_lists(folder / file_of(name)), int(ends[at]) - size, size)
        for at in wanted
        for name, size in [segments[at]]
    ]


def file_of(segment: str) -> str:
    """The file of a segment's posting lists, as Whoosh names it."""
    return f"{codec.NAME}_{segment}{codec.GRAMS_EXT}"

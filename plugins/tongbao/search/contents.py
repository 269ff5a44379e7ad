"""What an index holds, without Whoosh: the heads of its documents, its segments, the files of their posting lists."""

from __future__ import annotations

import hashlib
import pickle
import sys
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files as resources
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
        """What the finished index in `index_dir` holds. Raises SearchIndexError where there is none or it is broken."""
        name = current(index_dir)
        if name is None:
            raise SearchIndexError(index_dir, "it holds no finished search index", "build the site first (make html)")
        try:
            segments, numbers, columns = pickle.loads((index_dir / name / _META).read_bytes())
        except (ValueError, EOFError, IndexError, pickle.PickleError) as error:
            raise SearchIndexError(
                index_dir, f"the search index is broken ({error})", "remove it, build again"
            ) from error
        return cls(name, tuple(map(Head, *columns)), numbers, segments)

    def write(self, folder: Path) -> None:
        """Write what `read` reads."""
        columns = list(zip(*self.heads, strict=True)) or [()] * len(Head._fields)
        (folder / _META).write_bytes(pickle.dumps((self.segments, self.numbers, columns), protocol=5))


@cache
def made_by() -> str:
    """SHA-256 over the code of this room and what else decides its bytes but documents and regions."""
    total = hashlib.sha256(f"{zlib.ZLIB_RUNTIME_VERSION} {sys.version_info[:2]} {np.__version__}".encode())
    for entry in sorted(resources("tongbao.search").iterdir(), key=lambda entry: entry.name):
        if entry.name.endswith(".py"):
            total.update(entry.name.encode() + entry.read_bytes())
    return total.hexdigest()


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

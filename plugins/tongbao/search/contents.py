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
        """What the finished index in `index_dir` holds. Raises SearchIndexError where there is none or it is broken."""
        name = current(index_dir)
        if name is None:
            raise SearchIndexError(index_dir, "it holds no finished search index", "build the site first (make html)")
        try:
            segments, columns = pickle.loads((index_dir / name / _META).read_bytes())
        except (ValueError, EOFError, IndexError, pickle.PickleError) as error:
            raise SearchIndexError(
                index_dir, f"the search index is broken ({error})", "remove it, build again"
            ) from error
        return cls(name, tuple(map(Head, *columns)), segments)

    def write(self, folder: Path) -> None:
        """Write what `read` reads."""
        columns = list(zip(*self.heads, strict=True)) or [()] * len(Head._fields)
        (folder / _META).write_bytes(pickle.dumps((self.segments, columns), protocol=5))


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

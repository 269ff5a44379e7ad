"""What an export leaves for the next one, in a folder of its own named like the folder of the export.

A state is used only where that very folder still is: then its files are those that the state tells of.
"""

from __future__ import annotations

import mmap
import pickle
import re
import shutil
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, NamedTuple

import numpy as np
from numpy.typing import NDArray

from tongbao.search.facets import Region
from tongbao.search.packing import Tables
from tongbao.search.table import Table

NAME = re.compile("[0-9a-f]{16}")
_FILE = "state.bin"
_HEAD = 4


@dataclass(frozen=True, slots=True)
class State:
    """An export.

    `digest` and `segments` are of its index, `digests` of its documents by number, empty where a number has none.
    `sample` is the digest of what its tables were counted in, `texts` has the bytes of the documents' files by number.
    `entries` are those of all grams, `said` what is said of trigrams, by field. `small` has {path: digest of the
    payload} of all other files, `titles` {document's digest: packed title}.
    """

    digest: str
    segments: tuple[tuple[str, int], ...]
    digests: tuple[str, ...]
    sample: str
    tables: Tables
    regions: dict[str, Region]
    texts: NDArray[np.uint32]
    entries: Table
    said: tuple[Table, ...]
    shards: int
    small: dict[str, bytes]
    titles: dict[str, bytes]
    manifest: bytes

    @property
    def numbers(self) -> NDArray[np.int64]:
        """The numbers of its documents, ascending."""
        return np.array([number for number, digest in enumerate(self.digests) if digest], np.int64)


class Found(NamedTuple):
    """A state and the name of its folder."""

    name: str
    state: State


def find(folder: Path, there: Sequence[str], wanted: str, made_by: str) -> Found | None:
    """An export that is still there and was made by this very code, if possible that of the name `wanted`."""
    for name in sorted(there, key=lambda name: (name != wanted, name)):
        if NAME.fullmatch(name) and (state := _read(folder / name / _FILE, made_by)) is not None:
            return Found(name, state)
    return None


def _read(path: Path, made_by: str) -> State | None:
    try:
        with path.open("rb") as file:
            whole = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    except (OSError, ValueError):  # none, or an empty one
        return None
    # Not read into memory beside what is made of it: it has half of what the search has on disk.
    with whole, memoryview(whole) as data, data[_HEAD:] as pickled:
        if zlib.crc32(pickled, zlib.crc32(made_by.encode())).to_bytes(_HEAD, "little") != data[:_HEAD]:
            return None
        state: State = pickle.loads(pickled)
    return state


class _Checked:
    """A file that is written, and the checksum of what was."""

    def __init__(self, file: IO[bytes], checksum: int) -> None:
        self._file, self.checksum = file, checksum

    def write(self, data: bytes | memoryview) -> int:
        self.checksum = zlib.crc32(data, self.checksum)
        return self._file.write(data)


def write(folder: Path, name: str, state: State, made_by: str) -> None:
    """Keep a state."""
    target = folder / name / _FILE
    target.parent.mkdir(parents=True, exist_ok=True)
    pending = target.with_suffix(".new")
    with pending.open("wb") as file:
        file.seek(_HEAD)
        checked = _Checked(file, zlib.crc32(made_by.encode()))
        pickle.dump(state, checked, protocol=5)
        file.seek(0)
        file.write(checked.checksum.to_bytes(_HEAD, "little"))
    pending.replace(target)


def forget(folder: Path, name: str) -> None:
    """Remove a state, if there is one."""
    (folder / name / _FILE).unlink(missing_ok=True)


def sweep(folder: Path, kept: Sequence[str]) -> None:
    """Remove all other states."""
    for other in folder.iterdir():
        if NAME.fullmatch(other.name) and other.name not in kept:
            shutil.rmtree(other)

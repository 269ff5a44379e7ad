"""Partitions: items cut by size, and the checkpoints that keep what a finished one gave.

A checkpoint is one file: what it holds by key, then the values. Its name is the digest of the keys, which stand for
everything that a value depends on, so a partition that is done twice is one file. A rerun takes what it finds by key,
however the items are cut then.
"""

from __future__ import annotations

import hashlib
import os
import pickle
import shutil
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import NamedTuple, TypeVar

Item = TypeVar("Item")


class _Place(NamedTuple):
    path: Path
    offset: int
    length: int


def cut(items: Iterable[Item], size: Callable[[Item], int], most: int) -> Iterator[list[Item]]:
    """The items in their order, in parts of at most `most` bytes each; a larger item is a part of its own."""
    part: list[Item] = []
    held = 0
    for item in items:
        if part and held + size(item) > most:
            yield part
            part, held = [], 0
        part.append(item)
        held += size(item)
    if part:
        yield part


class Checkpoints:
    """The finished partitions in `folder`, of code with this digest; those of other code are dropped.

    Raises OSError where the folder can't be written.
    """

    def __init__(self, folder: Path, digest: str) -> None:
        self._folder = folder / digest[:16]
        self._folder.mkdir(parents=True, exist_ok=True)
        for other in folder.iterdir():
            if other != self._folder:
                shutil.rmtree(other, ignore_errors=True)
        self._places: dict[str, _Place] = {}
        for path in sorted(self._folder.glob("*.part")):
            self._places.update(_index(path))

    def __contains__(self, key: str) -> bool:
        return key in self._places

    def keep(self, values: Mapping[str, bytes]) -> None:
        """Write what a partition gave: the whole file, or none."""
        if not values:
            return
        name = hashlib.sha256("".join(sorted(values)).encode()).hexdigest()[:32]
        path = self._folder / f"{name}.part"
        staged = self._folder / f".{name}-{os.getpid()}"
        with staged.open("wb") as handle:
            pickle.dump({key: len(value) for key, value in values.items()}, handle)
            handle.writelines(values.values())
        staged.replace(path)
        self._places.update(_index(path))

    def values(self, keys: Iterable[str]) -> Iterator[bytes]:
        """The value of each key, in their order."""
        for key in keys:
            place = self._places[key]
            with place.path.open("rb") as handle:
                handle.seek(place.offset)
                yield handle.read(place.length)

    def drop(self) -> None:
        """Remove the checkpoints that this one knows: their values are kept elsewhere."""
        for path in {place.path for place in self._places.values()}:
            path.unlink(missing_ok=True)
        self._places.clear()


def _index(path: Path) -> dict[str, _Place]:
    """Where the values stand; nothing where the file is not whole: the partition is done again."""
    places = {}
    with path.open("rb") as handle:
        try:
            lengths: dict[str, int] = pickle.load(handle)
        except (pickle.UnpicklingError, EOFError, ValueError):
            return {}
        offset = handle.tell()
        for key, length in lengths.items():
            places[key] = _Place(path, offset, length)
            offset += length
        return places if handle.seek(0, os.SEEK_END) == offset else {}

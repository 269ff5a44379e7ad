"""Where an export stands: what it asks of the site that it is a part of."""

from __future__ import annotations

import os
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from io import FileIO
from pathlib import Path
from typing import Protocol

_NEW, _GONE = ".new", ".gone"


class Files(Protocol):
    """The files below `search/`; all paths are relative to it, with slashes."""

    def folders(self) -> list[str]:
        """The names of the folders there."""

    def write(self, path: str, data: bytes) -> None:
        """Write a file, and the folders above it. It is also called in forked processes, which change no state here."""

    def wrote(self, paths: Sequence[str]) -> None:
        """Take note of files that `write` wrote in forked processes; it is called in the process of the export."""

    def remove(self, path: str) -> None:
        """Remove a file, or a folder with all that is in it."""

    def rename(self, old: str, new: str) -> None:
        """Give a folder another name, which no folder has."""


@dataclass(frozen=True, slots=True)
class Folder:
    """Files straight in a directory, which may hold links to files of others: none is ever written through."""

    path: Path

    def folders(self) -> list[str]:
        if not self.path.is_dir():
            return []
        return [entry.name for entry in os.scandir(self.path) if entry.is_dir() and not entry.name.endswith(_GONE)]

    def write(self, path: str, data: bytes) -> None:
        target = self.path / path
        if "/" not in path:  # the manifest, which must be whole at any time
            pending = target.with_name(target.name + _NEW)
            self._put(pending, data)
            pending.replace(target)
        else:
            self._put(target, data)

    def _put(self, target: Path, data: bytes) -> None:
        try:
            file = target.open("r+b", 0)  # tens of times faster than another file
        except FileNotFoundError:
            file = self._new(target)
        else:
            if os.fstat(file.fileno()).st_nlink > 1:
                file.close()
                target.unlink()
                file = self._new(target)
        with file:
            file.write(data)
            file.truncate()

    def _new(self, target: Path) -> FileIO:
        try:
            return target.open("xb", 0)
        except FileNotFoundError:
            target.parent.mkdir(parents=True, exist_ok=True)
            return target.open("xb", 0)

    def wrote(self, paths: Sequence[str]) -> None:
        pass

    def remove(self, path: str) -> None:
        target = self.path / path
        if target.is_dir():
            # Under another name first: what is killed meanwhile leaves no half of a folder under its name.
            gone = target.with_name(target.name + _GONE)
            shutil.rmtree(gone, ignore_errors=True)
            shutil.rmtree(target.rename(gone))
        else:
            target.unlink(missing_ok=True)

    def rename(self, old: str, new: str) -> None:
        (self.path / old).rename(self.path / new)

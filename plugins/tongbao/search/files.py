"""Where an export stands: what it asks of the site that it is a part of."""

from __future__ import annotations

import os
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

_NEW, _GONE = ".new", ".gone"


class Files(Protocol):
    """The files below `search/`; all paths are relative to it, with slashes."""

    def folders(self) -> list[str]:
        """The names of the folders there."""

    def write(self, path: str, data: bytes) -> None:
        """Write a file, and the folders above it. This is also called in forked processes, which change no state here."""

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
        target = f"{self.path}/{path}"
        if "/" not in path:  # the manifest, which must be whole at any time
            self._create(target + _NEW, data)
            os.replace(target + _NEW, target)
        else:
            self._create(target, data)

    def _create(self, target: str, data: bytes) -> None:
        try:
            file = os.open(target, os.O_WRONLY)  # tens of times faster than another file
        except FileNotFoundError:
            file = self._new(target)
        else:
            if os.fstat(file).st_nlink > 1:
                os.close(file)
                os.unlink(target)
                file = self._new(target)
        with open(file, "wb", buffering=0) as out:
            out.write(data)
            out.truncate()

    def _new(self, target: str) -> int:
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL
        try:
            return os.open(target, flags, 0o666)
        except FileNotFoundError:
            os.makedirs(os.path.dirname(target), exist_ok=True)
            return os.open(target, flags, 0o666)

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

"""The folder of one export: framed files, written by one process or by several."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from tongbao import crew
from tongbao.search import frames
from tongbao.search.errors import SearchIndexError
from tongbao.search.files import Files

Item = TypeVar("Item")
Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class Site:
    """`folder` is the name of the export's folder among `files`."""

    files: Files
    folder: str

    def write(self, path: str, *payload: bytes) -> int:
        """Frame and write a file. Returns its bytes."""
        data = frames.frame(path, *payload)
        self.files.write(f"{self.folder}/{path}", data)
        return len(data)

    def wrote(self, paths: Sequence[str]) -> None:
        """Take note of what other processes wrote."""
        self.files.wrote([f"{self.folder}/{path}" for path in paths])

    def remove(self, path: str) -> None:
        self.files.remove(f"{self.folder}/{path}")

    def spread(
        self, work: Callable[[Item], tuple[Result, Sequence[str]]], items: Sequence[Item], least: int = 2
    ) -> Iterator[Result]:
        """The results of `work`, which also returns what it wrote; in forked processes from `least` items on."""
        if len(items) < least:
            yield from (work(item)[0] for item in items)
            return
        for result, paths in crew.spread(work, items, _lost, chunk=1):
            self.wrote(paths)
            yield result


def _lost(_: object) -> tuple[Any, Sequence[str]]:
    raise SearchIndexError("search", "a process that wrote files of it died", "build again, with more memory")

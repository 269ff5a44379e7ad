"""The files of the search in the stage of a build."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from pelican_tongbao.publish import Stage, put, remove_from


def _folders(paths: Iterable[str]) -> list[str]:
    """The folders of the search that some files of the site stand in."""
    return sorted({path.split("/")[1] for path in paths if path.startswith("search/") and path.count("/") > 1})


class SearchFiles:
    """The files of the search (`tongbao.search.Files`): all that are there stay, unless removed.

    What is done in a process of its own is noted here, and by `take_over` in the stage.
    """

    def __init__(self, stage: Stage) -> None:
        self._stage: Stage | None = stage
        self._folder = stage.folder
        # An export takes it for granted that all files of its folder are there: where one is damaged, all go.
        for folder in _folders(stage.damaged()):
            stage.drop(f"search/{folder}")
        self._there = _folders(stage.keep_below("search/"))
        # In order: what was called, with what.
        self._done: list[tuple[str, tuple[Any, ...]]] = []

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "_stage": None}

    def folders(self) -> list[str]:
        return self._there

    def write(self, path: str, data: bytes) -> None:
        written = put(self._folder, f"search/{path}", data)
        self._done.append(("note", (written,)))

    def wrote(self, paths: Sequence[str]) -> None:
        self._done += [("wrote", (f"search/{path}",)) for path in paths]

    def remove(self, path: str) -> None:
        remove_from(self._folder, f"search/{path}")
        self._done.append(("dropped", (f"search/{path}",)))

    def rename(self, old: str, new: str) -> None:
        (self._folder / "search" / old).rename(self._folder / "search" / new)
        self._done.append(("renamed", (f"search/{old}", f"search/{new}")))

    def take_over(self, other: SearchFiles) -> None:
        """Note in the stage what was done in the other process. It only notes: what is done twice undoes what came
        between, as where a folder was removed and written anew."""
        assert self._stage is not None
        for name, values in other._done:
            getattr(self._stage, name)(*values)

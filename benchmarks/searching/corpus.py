"""The bulletins of a run on disk: made once, on all cores, and read by whoever needs them."""

from __future__ import annotations

import pickle
from collections.abc import Iterator
from pathlib import Path

from bulletins import bulletin
from evaluate.pool import spread

from tongbao.search import SearchDocument

_CHUNK = 100


def write(count: int, path: Path) -> None:
    """Write `count` bulletins and, to `spare(path)`, two more that are not among them."""
    with path.open("wb") as file:
        for chunk in spread(_made, (range(at, min(at + _CHUNK, count)) for at in range(0, count, _CHUNK))):
            pickle.dump(chunk, file, pickle.HIGHEST_PROTOCOL)
    spare(path).write_bytes(pickle.dumps(_made(range(count, count + 2)), pickle.HIGHEST_PROTOCOL))


def read(path: Path) -> Iterator[SearchDocument]:
    """The bulletins, in the order of their numbers."""
    with path.open("rb") as file:
        while file.peek(1):
            yield from pickle.load(file)


def spare(path: Path) -> Path:
    return path.with_suffix(".spare")


def _made(numbers: range) -> list[SearchDocument]:
    return [bulletin(number) for number in numbers]

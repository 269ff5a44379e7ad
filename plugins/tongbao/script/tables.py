"""The data files of this room."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.resources import files


def rows(name: str) -> Iterator[list[str]]:
    """The rows of a tab-separated data file, comments left out."""
    lines = files("tongbao.data").joinpath(name).read_text("utf-8").splitlines()
    return (line.split("\t") for line in lines if line and not line.startswith("# "))

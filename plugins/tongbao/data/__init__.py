"""The data tables, and how they are read. Where each comes from stands in `SOURCES.md`; none is edited in place."""

from __future__ import annotations

import tomllib
from importlib.resources import files
from typing import Any


def text(name: str) -> str:
    """A table as it lies on disk (UTF-8)."""
    return files(__name__).joinpath(name).read_text("utf-8")


def rows(name: str) -> list[list[str]]:
    """The rows of a tab-separated table, without its comments (lines that begin with `# `) and empty lines."""
    return [line.split("\t") for line in text(name).splitlines() if line and not line.startswith("# ")]


def toml(name: str) -> dict[str, Any]:
    """A TOML table."""
    return tomllib.loads(text(name))

"""How much a page weighs for somebody who comes for the first time: itself and all that it asks for, packed."""

from __future__ import annotations

import gzip
import importlib
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from lxml import html  # type: ignore[import-untyped]

LOADED = "//link[@rel='stylesheet' or @rel='modulepreload' or @rel='icon']/@href | //script/@src | //img/@src"


def parts(page: Path) -> list[Path]:
    """The page and the files that it loads, each once. What they load in turn is not followed."""
    targets = (target.split("?")[0] for target in html.fromstring(page.read_bytes()).xpath(LOADED))
    files = ((page.parent / target).resolve() for target in targets if not target.startswith("data:"))
    return [page, *dict.fromkeys(files)]


def weigh(page: Path, pack: Callable[[bytes], bytes]) -> int:
    """Bytes, each file packed by itself."""
    return sum(len(pack(file.read_bytes())) for file in parts(page))


def packers() -> dict[str, Callable[[bytes], bytes]]:
    """The ways of packing that are at hand."""
    found: dict[str, Callable[[bytes], bytes]] = {"gzip": lambda data: gzip.compress(data, 9, mtime=0)}
    with suppress(ImportError):
        found["brotli"] = importlib.import_module("brotli").compress
    return found

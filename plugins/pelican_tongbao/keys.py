"""Keys of files: the same key, the same bytes. A key is a digest of all that a file is made of."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from importlib.metadata import version
from pathlib import Path

# The libraries whose behaviour reaches a page beyond those that reach its bulletin.
LIBRARIES = ("feedgenerator", "jinja2", "markupsafe", "pelican", "tdewolff-minify")


def digest(*parts: object) -> str:
    """SHA-256 of some values, by their `repr`: it has all of a frozen dataclass, and no addresses of memory."""
    return hashlib.sha256("\0".join(map(repr, parts)).encode("utf-8", "surrogatepass")).hexdigest()


def ground(folders: Iterable[Path], *settings: object) -> str:
    """What many files are made of: the content of every file in some folders, the libraries, and the settings."""
    files = hashlib.sha256()
    for folder in folders:
        for path in sorted(p for p in folder.rglob("*") if p.is_file() and "__pycache__" not in p.parts):
            content = path.read_bytes()
            files.update(f"{path.relative_to(folder)}\0{len(content)}\0".encode() + content)
    return digest(files.hexdigest(), [version(name) for name in LIBRARIES], settings)

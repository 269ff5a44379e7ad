"""Pages that need not be rendered again: what they show has not changed, so the old site's file is taken over.

A page's key is a digest of all that its HTML is made of: code, tables, templates, settings (`Ground`), and its own
content. The old site's file is taken only if it is, by size and time, the very one that was written under that key.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path

# The libraries whose behaviour reaches a page beyond those that reach its bulletin.
LIBRARIES = ("jinja2", "markupsafe", "pelican")


def digest(*parts: object) -> str:
    """SHA-256 of some values, by their `repr`: it has all of a frozen dataclass, and no addresses of memory."""
    return hashlib.sha256("\0".join(map(repr, parts)).encode("utf-8", "surrogatepass")).hexdigest()


def ground(folders: Iterable[Path], *settings: object) -> str:
    """What all pages are made of: the content of every file in some folders, the libraries, and the settings."""
    files = hashlib.sha256()
    for folder in folders:
        for path in sorted(p for p in folder.rglob("*") if p.is_file() and "__pycache__" not in p.parts):
            content = path.read_bytes()
            files.update(f"{path.relative_to(folder)}\0{len(content)}\0".encode() + content)
    return digest(files.hexdigest(), [version(name) for name in LIBRARIES], settings)


@dataclass(slots=True)
class Pages:
    """The pages of the site in `old`, as the record in the file `path` has them: {file: (key, size, time)}."""

    path: Path
    old: Path
    _known: dict[str, tuple[str, int, int]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        try:
            known = json.loads(self.path.read_text("utf-8"))
            self._known = {file: (str(key), int(size), int(time)) for file, (key, size, time) in known.items()}
        except (OSError, ValueError, TypeError, AttributeError):  # None, or a broken one: all is rendered.
            self._known = {}

    def take(self, file: str, key: str, new: Path) -> bool:
        """Put the old site's `file` into the folder `new`, if it is what has this key. False: it is to be rendered."""
        known = self._known.get(file)
        if known is None or known[0] != key:
            return False
        source, target = self.old / file, new / file
        try:
            told = source.stat()
            if (told.st_size, told.st_mtime_ns) != known[1:]:
                return False
            target.parent.mkdir(parents=True, exist_ok=True)
            os.link(source, target)
        except OSError:  # It is gone, or the file system has no links.
            return False
        return True

    def remember(self, keys: Mapping[str, str]) -> None:
        """Note the keys of the files of the site that has been published."""
        rows = {file: (key, *_stamp(self.old / file)) for file, key in sorted(keys.items())}
        self.path.parent.mkdir(parents=True, exist_ok=True)
        pending = self.path.with_suffix(f".{os.getpid()}")
        pending.write_text(json.dumps(rows, ensure_ascii=False, separators=(",", ":")), "utf-8")
        pending.replace(self.path)


def _stamp(path: Path) -> Iterator[int]:
    told = path.stat()
    yield told.st_size
    yield told.st_mtime_ns

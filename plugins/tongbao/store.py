"""Processed bulletins, kept by what went in: the received text, the standard of its Traditional, the digest of code,
data and libraries.

A stored bulletin is served only under the very key that made it, so a change of a rule, a table or a pinned library
makes every older entry unreachable; `Store.sweep` then drops them. One SQLite file: a killed writer leaves the last
commit, and two builds at once wait for each other.
"""

from __future__ import annotations

import hashlib
import pickle
import sqlite3
from collections.abc import Iterable, Iterator
from functools import cache
from importlib.metadata import version
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from types import TracebackType

from tongbao.model import Bulletin, Received, Standard

# The libraries whose behaviour reaches a bulletin's text or tags.
LIBRARIES = ("ahocorasick-rs", "borax", "ftfy", "lxml", "numpy", "opencc", "rjieba")
SCHEMA = "CREATE TABLE IF NOT EXISTS bulletins (key TEXT PRIMARY KEY, digest TEXT NOT NULL, value BLOB NOT NULL)"


@cache
def code_digest() -> str:
    """SHA-256 over the library's source, its data tables and the versions of `LIBRARIES`."""
    digest = hashlib.sha256()
    for path, content in sorted(_walk(files("tongbao"), "")):
        digest.update(f"{path}\0{len(content)}\0".encode() + content)
    for name in LIBRARIES:
        digest.update(f"{name}=={version(name)}\0".encode())
    return digest.hexdigest()


def _walk(folder: Traversable, prefix: str) -> Iterator[tuple[str, bytes]]:
    for entry in folder.iterdir():
        if entry.is_dir():
            if entry.name != "__pycache__":
                yield from _walk(entry, f"{prefix}{entry.name}/")
        else:
            yield prefix + entry.name, entry.read_bytes()


def key(received: Received, standard: Standard) -> str:
    """The key of a received text and of the standard that its Traditional follows.

    Everything in the text takes part, its paths and sidecar too.
    """
    return hashlib.sha256(repr((received, standard.value)).encode("utf-8", "surrogatepass")).hexdigest()


def _open(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(path, timeout=60)
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute(SCHEMA)
    return connection


class Store:
    """Bulletins by key, in the SQLite file `path` (made with its folder where missing).

    Raises OSError or sqlite3.Error where the file can't be written; the message names the file.
    """

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            self._connection = _open(path)
        except sqlite3.OperationalError:
            raise
        except sqlite3.DatabaseError:
            # Not a database, or a broken one: a cache is made again.
            path.unlink()
            self._connection = _open(path)

    def __enter__(self) -> Store:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._connection.close()

    def get(self, received: Received, standard: Standard = Standard.TW) -> Bulletin | None:
        """The stored bulletin of this received text, made by this very code, or None."""
        query = "SELECT value FROM bulletins WHERE key = ? AND digest = ?"
        row = self._connection.execute(query, (key(received, standard), code_digest())).fetchone()
        if row is None:
            return None
        bulletin: Bulletin = pickle.loads(row[0])
        return bulletin

    def put(self, bulletins: Iterable[Bulletin]) -> None:
        """Keep the bulletins, all or none."""
        rows = [(key(b.received, b.scripts.standard), code_digest(), pickle.dumps(b, protocol=5)) for b in bulletins]
        with self._connection:
            self._connection.executemany("INSERT OR REPLACE INTO bulletins VALUES (?, ?, ?)", rows)

    def sweep(self) -> None:
        """Drop what other code made."""
        with self._connection:
            self._connection.execute("DELETE FROM bulletins WHERE digest != ?", (code_digest(),))

"""Received texts and processed bulletins, kept by what went in: received bytes; a received text and the standard of its
Traditional; either with the digest of code, data and libraries.

A stored bulletin is served only under the very key that made it, so a change of a rule, a table or a pinned library
makes every older entry unreachable; `Store.sweep` then drops them. One SQLite file: a killed writer leaves the last
commit, and two builds at once wait for each other.
"""

from __future__ import annotations

import hashlib
import pickle
import sqlite3
import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import fields, is_dataclass
from enum import Enum
from functools import cache
from importlib.metadata import version
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from types import TracebackType
from typing import Any

from tongbao.model import Bulletin, Received, Sidecar, Standard

# The libraries whose behaviour reaches a bulletin's text or tags.
LIBRARIES = ("ahocorasick-rs", "borax", "ftfy", "lxml", "numpy", "opencc", "rjieba")
TABLES = ("received", "bulletins")
_SCHEMA = "CREATE TABLE IF NOT EXISTS {} (key TEXT PRIMARY KEY, digest TEXT NOT NULL, value BLOB NOT NULL)"


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


def key_of_bytes(data: bytes, source: str, sidecar: Sidecar) -> str:
    """The key of a received file: everything that decoding takes."""
    described = repr((source, sidecar)).encode("utf-8", "surrogatepass")
    return hashlib.sha256(hashlib.sha256(data).digest() + described).hexdigest()


def pack(value: object) -> bytes:
    """The value's pickle, the same bytes for equal values.

    Pickle writes an object that it meets again as a reference. Which equal strings are one object depends on what a
    process has done before, and on the way that a value came; so each object is made anew here, and equal strings one.
    """
    return pickle.dumps(_canonical(value), protocol=5)


def _canonical(value: Any) -> Any:
    if type(value) is str:
        return sys.intern(value)
    if type(value) is tuple:
        return tuple([_canonical(each) for each in value])
    if type(value) is dict:
        return {_canonical(name): _canonical(each) for name, each in value.items()}
    if is_dataclass(value) and not isinstance(value, (type, Enum)):
        return type(value)(*[_canonical(getattr(value, name)) for name in _names(type(value))])
    return value


@cache
def _names(kind: Any) -> tuple[str, ...]:
    return tuple(field.name for field in fields(kind))


def _open(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(path, timeout=60)
    connection.execute("PRAGMA journal_mode=WAL")
    for table in TABLES:
        connection.execute(_SCHEMA.format(table))
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
        bulletin: Bulletin | None = self._get("bulletins", key(received, standard))
        return bulletin

    def put(self, bulletins: Iterable[Bulletin]) -> None:
        """Keep the bulletins, all or none."""
        self._put("bulletins", ((key(b.received, b.scripts.standard), b) for b in bulletins))

    def get_received(self, key: str) -> Received | None:
        """What decoding made of the received file with this key, or None."""
        received: Received | None = self._get("received", key)
        return received

    def put_received(self, received: Mapping[str, Received]) -> None:
        """Keep received texts by the keys of their files, all or none."""
        self._put("received", received.items())

    def digest(self) -> str:
        """SHA-256 over all received texts and bulletins in key order: two stores that hold the same give the same."""
        digest = hashlib.sha256()
        for table in ("received", "bulletins"):
            for name, code, value in self._connection.execute(f"SELECT * FROM {table} ORDER BY key"):
                digest.update(f"{table} {name} {code} {len(value)}\0".encode() + value)
        return digest.hexdigest()

    def sweep(self) -> None:
        """Drop what other code made."""
        with self._connection:
            for table in TABLES:
                self._connection.execute(f"DELETE FROM {table} WHERE digest != ?", (code_digest(),))

    def _get(self, table: str, key: str) -> Any:
        query = f"SELECT value FROM {table} WHERE key = ? AND digest = ?"
        row = self._connection.execute(query, (key, code_digest())).fetchone()
        return row and pickle.loads(row[0])

    def _put(self, table: str, items: Iterable[tuple[str, object]]) -> None:
        rows = [(name, code_digest(), pack(value)) for name, value in items]
        with self._connection:
            self._connection.executemany(f"INSERT OR REPLACE INTO {table} VALUES (?, ?, ?)", rows)

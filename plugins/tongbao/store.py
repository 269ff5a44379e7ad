"""Received texts and processed bulletins, kept by what went in: received bytes; a received text and the standard of its
Traditional; either with the digest of code, data and libraries. Beside a bulletin stands its text as copies of other
bulletins' passages are looked for in it.

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
from dataclasses import fields, is_dataclass, replace
from enum import Enum
from functools import cache
from importlib.metadata import version
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from types import MappingProxyType, TracebackType
from typing import Any

from tongbao.model import Bulletin, Received, Repaired, Sidecar, Standard

# The libraries whose behaviour reaches a bulletin's text or tags.
LIBRARIES = ("ahocorasick-rs", "borax", "ftfy", "lxml", "numpy", "opencc", "rapidfuzz", "rensa", "rjieba")
TABLES = ("received", "bulletins", "settled", "texts")
# The most that the store holds beside what the last build used, in bytes.
MOST_BYTES = 4 << 30
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

    Everything known of the file takes part, its paths and sidecar too, but not the text itself: the hash of its bytes
    stands for it, with how they were read.
    """
    told = replace(received, text="")
    return hashlib.sha256(repr((told, standard.value)).encode("utf-8", "surrogatepass")).hexdigest()


def key_with_copies(key: str, repaired: Repaired) -> str:
    """The key of a bulletin whose text copies have settled so."""
    return hashlib.sha256(repr((key, repaired)).encode("utf-8", "surrogatepass")).hexdigest()


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
    try:
        connection.execute("PRAGMA auto_vacuum=INCREMENTAL")  # before the first table
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=NORMAL")  # after a loss of power the last builds are made again
        for table in TABLES:
            connection.execute(_SCHEMA.format(table))
        connection.execute("CREATE TABLE IF NOT EXISTS last (digest TEXT NOT NULL)")
    except sqlite3.Error:
        connection.close()
        raise
    return connection


def discard(path: Path) -> None:
    """Remove a store that is broken: a cache is made again."""
    for part in ("", "-wal", "-shm"):
        Path(f"{path}{part}").unlink(missing_ok=True)


class Store:
    """Bulletins by key, in the SQLite file `path` (made with its folder where missing).

    Raises OSError or sqlite3.OperationalError where the file can't be written, and any of them may raise another
    sqlite3.DatabaseError where it meets a page that is broken: `discard` it then.
    """

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            self._connection = _open(path)
        except sqlite3.OperationalError:
            raise
        except sqlite3.DatabaseError:
            discard(path)  # Not a database, or a broken one.
            self._connection = _open(path)

    def __enter__(self) -> Store:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._connection.close()

    def get(self, received: Received, standard: Standard = Standard.TW) -> Bulletin | None:
        """The stored bulletin of this received text, made by this very code, or None."""
        return self.load(key(received, standard))

    def load(self, key: str) -> Bulletin | None:
        """The bulletin under a key, by itself or with the help of copies, or None."""
        bulletin: Bulletin | None = self._get("bulletins", key) or self._get("settled", key)
        return bulletin

    def keys(self, table: str = "bulletins") -> set[str]:
        """The keys of all that this very code made: bulletins by themselves, or those `settled` by copies."""
        query = f"SELECT key FROM {table} WHERE digest = ?"
        return {key for (key,) in self._connection.execute(query, (code_digest(),))}

    def put(self, bulletins: Iterable[Bulletin]) -> None:
        """Keep the bulletins, all or none."""
        self.put_packed({key(b.received, b.scripts.standard): pack(b) for b in bulletins})

    def put_packed(
        self,
        bulletins: Mapping[str, bytes] = MappingProxyType({}),
        texts: Mapping[str, str] = MappingProxyType({}),
        received: Mapping[str, bytes] = MappingProxyType({}),
        settled: Mapping[str, bytes] = MappingProxyType({}),
    ) -> None:
        """Keep what `pack` has packed, by key, and the texts that copies are looked for in, all or none."""
        with self._connection:
            self._put("received", received.items())
            self._put("bulletins", bulletins.items())
            self._put("settled", settled.items())
            self._put("texts", ((name, text.encode()) for name, text in texts.items()))

    def text(self, key: str) -> str | None:
        """The text of a bulletin that copies are looked for in, or None."""
        row = self._row("texts", key)
        return None if row is None else row.decode()

    def get_received(self, key: str) -> Received | None:
        """What decoding made of the received file with this key, or None."""
        received: Received | None = self._get("received", key)
        return received

    def put_received(self, received: Mapping[str, Received]) -> None:
        """Keep received texts by the keys of their files, all or none."""
        self.put_packed(received={name: pack(value) for name, value in received.items()})

    def bound(self, used: Iterable[str], most: int = MOST_BYTES) -> None:
        """Drop the oldest of what is not `used`, by key, until the store takes no more than `most` bytes."""
        over = self._bytes() - most
        if over <= 0:
            return
        wanted = set(used)
        with self._connection:
            for table in TABLES:
                rows = self._connection.execute(f"SELECT rowid, key, length(value) FROM {table} ORDER BY rowid")
                for row, name, size in rows.fetchall():
                    if over > 0 and name not in wanted:
                        self._connection.execute(f"DELETE FROM {table} WHERE rowid = ?", (row,))
                        over -= size
        self._connection.execute("PRAGMA incremental_vacuum").fetchall()

    def _bytes(self) -> int:
        count, size = (self._connection.execute(f"PRAGMA {name}").fetchone()[0] for name in ("page_count", "page_size"))
        return int(count) * int(size)

    def digest(self) -> str:
        """SHA-256 over all received texts and bulletins in key order: two stores that hold the same give the same."""
        digest = hashlib.sha256()
        for table in ("received", "bulletins"):
            for name, code, value in self._connection.execute(f"SELECT * FROM {table} ORDER BY key"):
                digest.update(f"{table} {name} {code} {len(value)}\0".encode() + value)
        return digest.hexdigest()

    def sweep(self) -> None:
        """Drop what other code made, if other code was here last."""
        last = self._connection.execute("SELECT digest FROM last").fetchone()
        if last == (code_digest(),):
            return
        with self._connection:
            for table in TABLES:
                self._connection.execute(f"DELETE FROM {table} WHERE digest != ?", (code_digest(),))
            self._connection.execute("DELETE FROM last")
            self._connection.execute("INSERT INTO last VALUES (?)", (code_digest(),))

    def _get(self, table: str, key: str) -> Any:
        row = self._row(table, key)
        try:
            return None if row is None else pickle.loads(row)
        except (ValueError, EOFError, IndexError, KeyError, TypeError, AttributeError, pickle.PickleError) as error:
            raise sqlite3.DatabaseError(f"a value is broken: {error}") from error

    def _row(self, table: str, key: str) -> bytes | None:
        query = f"SELECT value FROM {table} WHERE key = ? AND digest = ?"
        row = self._connection.execute(query, (key, code_digest())).fetchone()
        return None if row is None else bytes(row[0])

    def _put(self, table: str, items: Iterable[tuple[str, bytes]]) -> None:
        rows = [(name, code_digest(), value) for name, value in items]
        self._connection.executemany(f"INSERT OR REPLACE INTO {table} VALUES (?, ?, ?)", rows)

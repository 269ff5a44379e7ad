"""The scan of a content folder: every file below `bulletins/` is received or quarantined, none is silently dropped."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

from tongbao.model import Quarantined, Received, Sidecar
from tongbao.receive.core import MAX_BYTES, SUFFIXES, receive_bytes, too_long
from tongbao.receive.sidecar import SidecarError, parse_sidecar

# A sidecar has a handful of short fields.
MAX_SIDECAR_BYTES = 64 * 2**10


# What tells a file from what was there before, as far as it can be told without reading: inode, size, times of the
# file and of its sidecar.
Stamp = tuple[int, ...]


class Raw(NamedTuple):
    """A received file before it is decoded: its bytes, its POSIX path below the content folder, its sidecar."""

    data: bytes
    source: str
    sidecar: Sidecar


class Found(NamedTuple):
    """A file of a content folder: where it stands, its POSIX path below that folder, the path of its sidecar, if there
    is one, and its stamp; nothing of it has been read."""

    path: str
    source: str
    sidecar: str | None
    stamp: Stamp


class ReceiveError(Exception):
    """The content folder itself can't be read: names the folder, the fault and the remedy."""


class _UnreadableError(Exception):
    """A file can't be read; carries the fault and the remedy."""

    def __init__(self, fault: str, remedy: str) -> None:
        super().__init__(fault)
        self.fault = fault
        self.remedy = remedy


def receive_folder(content: Path) -> tuple[tuple[Received, ...], tuple[Quarantined, ...]]:
    """Receive all of `content`/bulletins/**: received texts in id order, quarantined files in path order.

    Identical bytes are one text: the first path is its `source`, the others are `also_received_as`. Raises ReceiveError
    where there is no such folder.
    """
    return settle([receive(found, content) for found in find(content)])


def find(content: Path) -> list[Found]:
    """All of `content`/bulletins/** but sidecars, in path order. Raises ReceiveError where there is no such folder."""
    bulletins = content / "bulletins"
    if not bulletins.is_dir():
        raise ReceiveError(f"{bulletins}: there is no such folder; create it and put the received files into it")
    if not bulletins.resolve().is_relative_to(content.resolve()):
        raise ReceiveError(f"{bulletins}: the folder is a link that leads out of {content}; put a real folder there")
    stamps = dict(_walk(os.fspath(bulletins)))
    sidecars = {name: side for name in stamps if (side := _sidecar(name, stamps.__contains__))}
    used = set(sidecars.values())
    skipped = len(os.fspath(content)) + len(os.sep) if os.fspath(content) != os.curdir else 0
    found = []
    for name in sorted(stamps, key=os.fsencode):
        if name not in used:
            side = sidecars.get(name)
            stamp = (*stamps[name], *stamps[side]) if side else stamps[name]
            found.append(Found(name, _shown(name[skipped:]), side, stamp))
    return found


def receive(found: Found, content: Path) -> Received | Quarantined:
    """Read and decode one file."""
    taken = take(found, content)
    return receive_bytes(*taken) if isinstance(taken, Raw) else taken


def settle(verdicts: Iterable[Received | Quarantined]) -> tuple[tuple[Received, ...], tuple[Quarantined, ...]]:
    """What `receive_folder` gives, of the verdicts on files in path order."""
    listed = list(verdicts)
    received, clashes = _unique(v for v in listed if isinstance(v, Received))
    quarantined = [v for v in listed if isinstance(v, Quarantined)] + clashes
    return tuple(sorted(received, key=lambda r: r.id)), tuple(sorted(quarantined, key=lambda q: q.source))


def receive_file(path: Path, content: Path) -> Received | Quarantined:
    """Receive one file below the folder `content`, with its sidecar if there is one."""
    side = _sidecar(os.fspath(path), os.path.lexists)
    return receive(Found(os.fspath(path), _source(path, content), side, ()), content)


def take(found: Found, content: Path) -> Raw | Quarantined:
    """The bytes of one file, with what its sidecar says."""
    path, source = Path(found.path), found.source
    try:
        if path.suffix.lower() not in SUFFIXES:
            raise _stranger(path)
        data = _read(path, content, MAX_BYTES)
        if data is None:
            return too_long(source, path.stat().st_size)
        described = Sidecar() if found.sidecar is None else _describe(Path(found.sidecar), content)
    except (_UnreadableError, SidecarError) as error:
        return Quarantined(source, error.fault, error.remedy)
    return Raw(data, source, described)


def locate(content: Path, source: str) -> Path:
    """The file that was received as `source`. Raises FileNotFoundError where it is gone."""
    path = content / source
    if path.exists():
        return path
    # A name that is not UTF-8 is shown escaped.
    for other, _ in _walk(os.fspath(content / "bulletins")):
        if _source(Path(other), content) == source:
            return Path(other)
    raise FileNotFoundError(f"{path}: the received file is gone; build again")


def _walk(folder: str) -> Iterator[tuple[str, Stamp]]:
    """(path, stamp) of all below `folder` that is no folder, dotfiles left out.

    Links to folders are given as they are, not followed. What can't be told or read has an empty stamp.
    """
    pending = [folder]
    while pending:
        here = pending.pop()
        try:
            entries = [e for e in os.scandir(here) if not e.name.startswith(".")]
        except OSError:
            yield here, ()  # reported like a file that can't be read
            continue
        for entry in entries:
            if entry.is_dir(follow_symlinks=False):
                pending.append(entry.path)
                continue
            stamp: Stamp = ()
            with suppress(OSError):
                told = entry.stat()
                stamp = told.st_ino, told.st_size, told.st_mtime_ns, told.st_ctime_ns
            yield entry.path, stamp


def _sidecar(name: str, is_there: Callable[[str], bool]) -> str | None:
    """The sidecar beside a received file: `a.txt.toml` goes before `a.toml`, which may serve several files."""
    suffix = next((each for each in SUFFIXES if name.lower().endswith(each)), None)
    if suffix is None:
        return None
    return next((side for side in (f"{name}.toml", f"{name[: -len(suffix)]}.toml") if is_there(side)), None)


def _source(path: Path, content: Path) -> str:
    """The POSIX path below the content folder, as it is shown."""
    return _shown(path.relative_to(content).as_posix())


def _shown(name: str) -> str:
    """A name; bytes of it that are not UTF-8 are shown as `\\xNN`."""
    return os.fsencode(name).decode("utf-8", "backslashreplace")


def _describe(sidecar: Path, content: Path) -> Sidecar:
    """Read and check a sidecar. Raises SidecarError."""
    name = _source(sidecar, content)
    try:
        notes = _read(sidecar, content, MAX_SIDECAR_BYTES)
    except _UnreadableError as error:
        raise SidecarError(f"its sidecar {name}: {error.fault}", error.remedy) from error
    if notes is None:
        raise SidecarError(f"its sidecar {name} has more than {MAX_SIDECAR_BYTES:,} bytes", f"shorten {name}")
    return parse_sidecar(notes, name)


def _stranger(path: Path) -> _UnreadableError:
    """What is wrong with a path that is neither a bulletin nor the sidecar of one."""
    if path.is_dir():
        return _UnreadableError("a link to a folder, or a folder that can't be read", "put real, readable folders here")
    if path.suffix.lower() == ".toml":
        remedy = f"put {path.stem}.txt or {path.stem}.html beside it, or delete it"
        return _UnreadableError("a sidecar without a received file of its name", remedy)
    suffix = f"the suffix {path.suffix}" if path.suffix else "no suffix"
    remedy = f"rename it to one of {', '.join(SUFFIXES)}, or move it out of the folder"
    return _UnreadableError(f"a file with {suffix} is no bulletin", remedy)


def _read(path: Path, content: Path, limit: int) -> bytes | None:
    """The bytes of a regular file inside `content`, None above the limit. Raises _UnreadableError."""
    try:
        real = path.resolve(strict=True)
        if not real.is_relative_to(content.resolve()):
            raise _UnreadableError("a link that leads out of the content folder", "put a copy of the file in its place")
        if not stat.S_ISREG(real.stat().st_mode):  # opening a pipe would wait for ever
            raise _UnreadableError("not a regular file", "put a regular file in its place")
        with real.open("rb") as handle:
            data = handle.read(limit + 1)
    except RuntimeError as error:  # pathlib's word for a link that leads to itself
        raise _UnreadableError("a link that leads to itself", "put a copy of the file in its place") from error
    except OSError as error:
        raise _UnreadableError(f"the file can't be read: {error.strerror}", "make it readable, or delete it") from error
    return data if len(data) <= limit else None


def _unique(received: Iterable[Received]) -> tuple[list[Received], list[Quarantined]]:
    """Merge identical bytes; of different files with one id the first in path order keeps it."""
    by_hash: dict[str, Received] = {}
    for item in received:
        first = by_hash.get(item.sha256)
        by_hash[item.sha256] = item if first is None else _merge(first, item)
    owners: dict[str, Received] = {}
    clashes = []
    for item in by_hash.values():
        # An id is a folder of the site: some hosts do not tell `A` from `a`.
        owner = owners.setdefault(item.id.lower(), item)
        if owner is not item:
            fault = f"its id {item.id!r} is already that of {owner.source}"
            clashes.append(Quarantined(item.source, fault, "give one of the two another id in its sidecar"))
    return list(owners.values()), clashes


def _merge(first: Received, other: Received) -> Received:
    """One text for identical bytes. A sidecar at any of the paths describes it, the first path's before the others'."""
    described = other if first.sidecar == Sidecar() != other.sidecar else first
    return replace(described, source=first.source, also_received_as=(*first.also_received_as, other.source))

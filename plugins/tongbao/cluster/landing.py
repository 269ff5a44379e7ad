"""Put records into the content folder, where a build looks for received bytes: never over a file that is another."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from tongbao.cluster.sources import Found, Record
from tongbao.model import Quarantined


@dataclass(frozen=True, slots=True)
class Landed:
    """How many files came (sidecars too), how many were there, how many records hold no text, and what was refused."""

    new: int
    there: int
    without_text: int
    refused: tuple[Quarantined, ...]


def land(found: Iterable[Found], content: Path) -> Landed:
    """Put all records into `content`/bulletins, bytes unchanged. Asked again, it goes on where it was ended.

    Raises OSError where the folder can't be written.
    """
    counts = {True: 0, False: 0}
    refused: list[Quarantined] = []
    without_text = 0
    folder = content / "bulletins"
    folder.mkdir(parents=True, exist_ok=True)
    for item in found:
        if item is None:
            without_text += 1
        elif isinstance(item, Quarantined):
            refused.append(item)
        else:
            for name, data in _files(item):
                fault = _refusal(folder, name, data)
                refused += [fault] if fault else []
                if not fault:
                    counts[_write(folder / name, data)] += 1
    return Landed(counts[True], counts[False], without_text, tuple(refused))


def _files(record: Record) -> list[tuple[str, bytes]]:
    """The sidecar first: a text is never there without what is said of it."""
    notes = [] if record.notes is None else [(f"{record.name}.toml", record.notes)]
    return [*notes, (record.name, record.data)]


def _refusal(folder: Path, name: str, data: bytes) -> Quarantined | None:
    if name.startswith("/") or "\0" in name or {"", ".", ".."} & set(name.split("/")):
        return Quarantined(name, "its name leads out of the folder, or is none", "give it another name")
    path = folder / name
    if path.is_dir() or (path.exists() and path.read_bytes() != data):
        return Quarantined(name, f"{path} is there already, and another", "rename one of the two")
    return None


def _write(path: Path, data: bytes) -> bool:
    """Whether the file was still to be written. Whole or not at all: dotfiles are no bulletins."""
    if path.exists():
        return False
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".part-{os.getpid()}")
    part.write_bytes(data)
    part.replace(path)
    return True

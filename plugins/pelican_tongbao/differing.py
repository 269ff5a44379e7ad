"""What of a site is not as it was written.

To look at each of its files costs more than all else that a small change costs: a second at 10,000 bulletins, twenty at
100,000. The time of a folder changes with each file that comes into it, goes from it or is replaced, so only folders
whose times are not the known ones are looked into. What is written into a file in place leaves no trace there; for its
sake each build also looks into some of the other folders, so that all have their turn.
"""

from __future__ import annotations

import os
import zlib
from collections.abc import Iterable, Mapping
from pathlib import Path

from tongbao.archive import TICK

# Two builds, one for each copy of a site, look into one in so many of its folders.
TURNS = 8

# A file of a site: the key that it was made under, its size, its time of modification (ns).
Row = tuple[str, int, int]
# Times of modification (ns) of folders, by their paths in a site; that of the site itself is empty.
Times = Mapping[str, int]


def folders(paths: Iterable[str]) -> set[str]:
    """All folders in which some files of a site stand, the site's own among them."""
    found = {""}
    for above in {path.rpartition("/")[0] for path in paths}:
        while above not in found:
            found.add(above)
            above = above.rpartition("/")[0]
    return found


def times(site: Path, names: Iterable[str], clock: int) -> dict[str, int]:
    """The times of some folders of a site, but of those that are not there, or so new at `clock` (ns) that they may not
    change again when the folder does."""
    top = os.fspath(site)
    told = {name: _time(f"{top}/{name}") for name in names}
    return {name: time for name, time in told.items() if 0 <= time < clock - TICK}


def _time(path: str) -> int:
    try:
        return os.lstat(path).st_mtime_ns
    except OSError:
        return -1


def differing(site: Path, files: Mapping[str, Row], known: Times, turn: int) -> list[str]:
    """The paths of what is not as it was written: files that are gone or others, and what is no file of the site."""
    top = os.fspath(site)
    expected = folders(files)
    suspect = {
        name
        for name in expected
        if name not in known or zlib.crc32(name.encode("utf-8", "surrogateescape")) % TURNS == turn % TURNS
        or _time(f"{top}/{name}") != known[name]
    }  # fmt: skip
    missing = {path: row for path, row in files.items() if path.rpartition("/")[0] in suspect}
    other: list[str] = []
    waiting = list(suspect)
    while waiting:
        folder = waiting.pop()
        prefix = f"{folder}/" if folder else ""
        try:
            found = os.scandir(f"{top}/{folder}")
        except OSError:  # It is gone, or no folder any more; then so is all that stood in it.
            continue
        empty = True
        with found as entries:
            for entry in entries:
                empty = False
                path = prefix + entry.name
                row = missing.pop(path, None)
                if row is None and entry.is_dir(follow_symlinks=False):
                    if path not in expected:
                        waiting.append(path)
                    continue
                told = entry.stat(follow_symlinks=False)
                if row is None or entry.is_symlink() or (told.st_size, told.st_mtime_ns) != row[1:]:
                    other.append(path)
        if folder and empty:
            other.append(folder)
    # Where something else has the place of a folder, its files are not there, whatever a link may pretend.
    instead = tuple(f"{path}/" for path in other if path in expected)
    if instead:
        missing |= {path: row for path, row in files.items() if path.startswith(instead)}
    return [*other, *missing]


def renewed(known: Times, names: Iterable[str], touched: Iterable[str], site: Path, clock: int) -> dict[str, int]:
    """The times of the folders `names` after a build: as known, but of those that it `touched` or did not know."""
    asked = set(touched)
    kept = {name: known[name] for name in names if name in known and name not in asked}
    return kept | times(site, (name for name in names if name not in kept), clock)

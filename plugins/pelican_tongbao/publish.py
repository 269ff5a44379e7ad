"""Atomic publishing: a site is brought up to date in a copy of the old one, and takes its place in one step.

Beside the output stands a folder of ours, `.tongbao-NAME`, with a second copy of the site in it: `next`. Most of its
files are hard links to those of the output. A build changes `next`, only where something has changed, and never
through a link: such a file is replaced, not written to. When it is complete, `renameat2(RENAME_EXCHANGE)` swaps the
two, and what was changed is done to the other copy too: the next build begins where this one ended. A build costs
what it changes.

A build that is killed leaves the old site whole, or the new one. What it leaves of `next` is told by what is noted
beside it: which folder the ledger of files describes, and whether the two copies are known to be the same. Where they
are not, `next` is linked anew from the output. Where the system can't exchange two names, two renames take its place.
"""

from __future__ import annotations

import ctypes
import errno
import fcntl
import marshal
import os
import shutil
import sys
import zlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple

from pelican_tongbao.differing import Row, Times, differing, folders, renewed
from pelican_tongbao.plan import BESIDE, SAME
from tongbao import crew

# Present in every site that this program wrote; a folder without it is never replaced.
MARKER = ".tongbao-site"
MARKER_TEXT = "This folder is written by Tongbao and replaced by each build. Nothing else should be kept here.\n"

_NEXT, _OLD, _LEDGER = "next", "old", "ledger"
# Many of the files in its folders change with each build; each copy has its own, to be written to.
_OFTEN = "search/"
# Marshalled values are those of one version of Python.
_FORM = f"tongbao 1 {sys.version_info[0]}.{sys.version_info[1]}"
_AT_FDCWD = -100
_RENAME_EXCHANGE = 2


class PublishError(Exception):
    """The output can't be replaced: which folder, why, and what to do."""


class Written(NamedTuple):
    """A file that a build has seen to: its path in the site, its row, and whether it is another file than before."""

    path: str
    row: Row
    changed: bool


class Ledger(NamedTuple):
    """What is known of a site: its folder's inode, its files by path, and notes of whoever wrote them."""

    inode: int = 0
    files: Mapping[str, Row] = MappingProxyType({})
    notes: Mapping[str, Any] = MappingProxyType({})


class Copies(NamedTuple):
    """The two copies of a site: the inode of the output, as the ledger has it, and that of the other one; how many
    builds have looked into them; the times of their folders."""

    output: int = 0
    other: int = 0
    turn: int = 0
    output_times: Times = MappingProxyType({})
    other_times: Times = MappingProxyType({})


class Stage:
    """The site that is being made: a folder with the files of the old one. What is neither kept nor written goes.

    `notes` are what the build before left for this one; what this one puts there is for the next.
    """

    def __init__(self, folder: Path, ledger: Ledger, copies: Copies) -> None:
        self.folder = folder
        self.notes: dict[str, Any] = {}
        self.before = ledger.notes
        self._old = dict(ledger.files)
        self._files: dict[str, Row] = {}
        self._damaged: set[str] = set()
        # In order: (what was there, what is there now); either may be nothing, both are paths.
        self._done: list[tuple[str, str]] = []
        # While other things are looked at: it only reads.
        known, turn = copies.other_times, copies.turn // 2
        self._differing = crew.aside(lambda: differing(folder, ledger.files, known, turn)) if ledger.files else None
        self._copies = copies

    def _checked(self) -> dict[str, Row]:
        """The files that are there as they were written; all others that are there have been removed."""
        if self._differing is not None:
            for path in self._differing():
                if self._old.pop(path, None) is not None:
                    self._damaged.add(path)
                self._remove(path)
            self._differing = None
        return self._old

    def keep(self, path: str, key: str) -> bool:
        """Whether the old site's file is what has this key; then it stays."""
        row = self._checked().get(path)
        if row is None or row[0] != key:
            return False
        self._files[path] = row
        return True

    def keep_all(self, paths: Sequence[str]) -> bool:
        """Keep the old site's files, whatever their keys, if all of them are there."""
        old = self._checked()
        if not all(path in old for path in paths):
            return False
        self._files.update({path: old[path] for path in paths})
        return True

    def has(self, path: str) -> bool:
        """Whether the old site's file is there as it was written."""
        return path in self._checked()

    def damaged(self) -> frozenset[str]:
        """The old site's files that were not there as they were written."""
        self._checked()
        return frozenset(self._damaged)

    def keep_below(self, prefix: str) -> list[str]:
        """Keep all files whose path begins so, and return their paths."""
        kept = {path: row for path, row in self._checked().items() if path.startswith(prefix)}
        self._files.update(kept)
        return list(kept)

    def put(self, path: str, data: bytes, key: str = "") -> Written:
        """`put` into the stage. For forked processes: `note` what it returns."""
        return put(self.folder, path, data, key)

    def note(self, written: Written) -> None:
        """Take note of what `put` has done."""
        path, row, changed = written
        self._files[path] = row
        if changed:
            self._done.append(("", path))

    def write(self, path: str, data: bytes, key: str = "") -> None:
        """`put` and `note`."""
        self._checked()
        self.note(self.put(path, data, key))

    def wrote(self, path: str, key: str = "") -> None:
        """Take note of a file that has been put into `folder` by a rename."""
        told = (self.folder / path).stat()
        self.note(Written(path, (key, told.st_size, told.st_mtime_ns), True))

    def drop(self, path: str) -> None:
        """Remove a file, or a folder with all that is in it."""
        self._checked()
        remove_from(self.folder, path)
        self.dropped(path)

    def dropped(self, path: str) -> None:
        """Take note of a file or a folder that has been removed from `folder`: what has its place by now stays."""
        for files in (self._files, self._checked()):
            for each in [each for each in files if each == path or each.startswith(f"{path}/")]:
                del files[each]
        self._done.append((path, ""))

    def renamed(self, old: str, new: str) -> None:
        """Take note of a folder that has another name now."""
        self._done.append((old, new))
        begin, size = f"{old}/", len(old)
        self._files, self._old = (
            {f"{new}{path[size:]}" if path.startswith(begin) else path: row for path, row in files.items()}
            for files in (self._files, self._old)
        )

    def finish(self) -> None:
        """Remove what is no part of the site any more."""
        for path in self._checked().keys() - self._files.keys():
            self._remove(path)

    def _remove(self, path: str) -> None:
        remove_from(self.folder, path)
        self._done.append((path, ""))

    def do_again(self, other: Path) -> None:
        """Do to another copy of the old site what was done to this one."""
        for old, new in self._done:
            if old and new:
                (other / old).rename(other / new)
            elif old:
                remove_from(other, old)
            elif (self.folder / new).exists():  # else it was removed again
                _copy(self.folder, other, new)

    def times(self, clock: int) -> tuple[dict[str, int], dict[str, int]]:
        """The times of the folders of this copy, and of those of the other one in which nothing has been done."""
        ours, theirs = dict(self._copies.other_times), dict(self._copies.output_times)
        changed = []
        for old, new in self._done:
            if old and new:
                ours, theirs = _moved(ours, old, new), _moved(theirs, old, new)
            # What is written to in place leaves its folder as it is.
            if old or new not in self._old or not new.startswith(_OFTEN):
                changed += [path for path in (old, new) if path]
        names, touched = folders(self._files), folders(changed)
        theirs = {name: time for name, time in theirs.items() if name in names and name not in touched}
        return renewed(ours, names, touched, self.folder, clock), theirs

    def ledger(self, inode: int) -> Ledger:
        """What is known of the site, as the folder with this inode."""
        return Ledger(inode, self._files, self.notes)


@contextmanager
def staged(output: Path) -> Iterator[Stage]:
    """Yield the stage of a new site; when the block ends without an error it takes the place of `output`.

    Builds of the same output wait for each other. Raises PublishError, before anything is built, where `output` is a
    file, or a folder with content that is no site of this program.
    """
    output = output.resolve()
    output.parent.mkdir(parents=True, exist_ok=True)
    _require_replaceable(output)
    own = output.with_name(BESIDE.format(output.name))
    own.mkdir(exist_ok=True)
    lock = _lock(own)
    try:
        _mend(own, output)
        ledger, copies = _prepare(own, output)
        stage = Stage(own / _NEXT, ledger, copies)
        yield stage
        stage.write(MARKER, MARKER_TEXT.encode())
        stage.finish()
        _require_replaceable(output)
        new = _inode(own / _NEXT)
        _swap(own / _NEXT, output, own / _OLD)
        stage.folder = output
        _note(own / _LEDGER, tuple(stage.ledger(new)))
        output_times, other_times = stage.times((own / _LEDGER).stat().st_mtime_ns)
        try:
            (own / _NEXT).stat()
            stage.do_again(own / _NEXT)
        except OSError:  # There is none yet, or somebody has been at it.
            _remove(own / _NEXT)
            _copy_tree(output, own / _NEXT)
            other_times = {}
        _note(own / SAME, tuple(Copies(new, _inode(own / _NEXT), copies.turn + 1, output_times, other_times)))
    finally:
        os.close(lock)


def _mend(own: Path, output: Path) -> None:
    """Finish a swap by two renames that was cut between them."""
    if (own / _OLD).is_dir() and not output.exists():
        (own / _OLD).rename(output)
    _remove(own / _OLD)


def _prepare(own: Path, output: Path) -> tuple[Ledger, Copies]:
    """Make `next` a copy of the old site, and return what is known of them."""
    following = own / _NEXT
    noted, same = _noted(own / _LEDGER), _noted(own / SAME)
    ledger, copies = noted and Ledger(*noted), Copies(*same or ())
    with suppress(FileNotFoundError):
        (own / SAME).unlink()  # From here on it is changed.
    if ledger and following.is_dir():
        there = _inode(following)
        # The same as the output; or the old site itself, of a build that was killed before it could note the new one.
        if (copies.output, copies.other) == (ledger.inode, there):
            return ledger, copies
        if ledger.inode == there and same is None:
            return ledger, Copies()
    _remove(following)
    if ledger and output.is_dir() and _inode(output) == ledger.inode:
        _copy_tree(output, following)
        return ledger, copies._replace(other_times={})
    following.mkdir()
    return Ledger(), Copies()


def _inode(folder: Path) -> int:
    return folder.stat().st_ino


def _note(path: Path, value: object) -> None:
    """Note values of built-in types: `marshal` takes a tenth of the time of other forms."""
    data = marshal.dumps(value)
    pending = path.with_suffix(".part")
    with pending.open("wb") as file:
        file.write(f"{_FORM} {zlib.crc32(data)}\n".encode() + data)
    pending.replace(path)


def _noted(path: Path) -> Any:
    """What was noted in a file; None where there is nothing, or not what was written."""
    try:
        head, _, data = path.read_bytes().partition(b"\n")
    except OSError:
        return None
    return marshal.loads(data) if head == f"{_FORM} {zlib.crc32(data)}".encode() else None


# --- files -----------------------------------------------------------------------------------------------------------


def _moved(known: Mapping[str, int], old: str, new: str) -> dict[str, int]:
    """The same times after a folder got another name."""
    begin = f"{old}/"
    return {
        f"{new}{name[len(old) :]}" if name == old or name.startswith(begin) else name: time
        for name, time in known.items()
    }


def put(folder: Path, path: str, data: bytes, key: str = "") -> Written:
    """Write a file below a folder, unless it is there with the same bytes."""
    target = folder / path
    with suppress(OSError):
        told = target.stat()
        if told.st_size == len(data) and target.read_bytes() == data:
            return Written(path, (key, told.st_size, told.st_mtime_ns), False)
    _overwrite(target, data)
    told = target.stat()
    return Written(path, (key, told.st_size, told.st_mtime_ns), True)


def _overwrite(target: Path, data: bytes) -> None:
    """Write a file, straight into it if that is nobody else's: to make a file anew takes many times as long."""
    try:
        alone = target.stat().st_nlink == 1 and not target.is_symlink()
    except FileNotFoundError:
        target.parent.mkdir(parents=True, exist_ok=True)
    else:
        if alone:
            with target.open("r+b") as file:
                file.write(data)
                file.truncate()
            return
        target.unlink()  # It may be a link to the file of the site that is being read.
    target.write_bytes(data)


def remove_from(folder: Path, path: str) -> None:
    """Remove a file or a folder below `folder`, and the folders that are empty then."""
    target = folder / path
    if target.is_dir() and not target.is_symlink():
        shutil.rmtree(target)
    else:
        with suppress(FileNotFoundError):
            target.unlink()
    for parent in target.parents:
        if parent == folder:
            return
        try:
            parent.rmdir()
        except FileNotFoundError:
            continue
        except OSError:  # It is not empty.
            return


def _copy_tree(source: Path, target: Path, prefix: str = "") -> None:
    (target / prefix).mkdir()
    with os.scandir(source / prefix) as entries:
        for entry in entries:
            path = f"{prefix}{entry.name}"
            if entry.is_dir(follow_symlinks=False):
                _copy_tree(source, target, f"{path}/")
            else:
                _copy(source, target, path)


def _copy(source: Path, target: Path, path: str) -> None:
    """Make a file of one copy of a site that of the other, with its time of modification."""
    old, new = source / path, target / path
    if path.startswith(_OFTEN) and path.count("/") > 1:
        told = old.stat()
        _overwrite(new, old.read_bytes())
        os.utime(new, ns=(told.st_atime_ns, told.st_mtime_ns))
        return
    with suppress(FileNotFoundError):
        new.unlink()
    new.parent.mkdir(parents=True, exist_ok=True)
    try:
        os.link(old, new, follow_symlinks=False)
    except OSError:  # a file system without links, or a file with too many
        shutil.copy2(old, new, follow_symlinks=False)


# --- the exchange ----------------------------------------------------------------------------------------------------


def _require_replaceable(output: Path) -> None:
    if output.exists() and not output.is_dir():
        raise PublishError(f"{output}: the output is a file; name a folder with -o (make html OUTPUT=...)")
    if output.is_dir() and any(output.iterdir()) and not (output / MARKER).is_file():
        raise PublishError(
            f"{output}: the folder is not empty and is no site of ours (it has no {MARKER}), so it is left alone; "
            "name another folder with -o (make html OUTPUT=...), or empty this one"
        )


def _swap(new: Path, output: Path, old: Path) -> None:
    """Put `new` in the place of `output`, and the old site, if there is one, in the place of `new`."""
    try:
        if not output.exists():
            new.rename(output)
        elif not _exchange(new, output):
            output.rename(old)
            new.rename(output)
            old.rename(new)
    except OSError as error:
        raise PublishError(
            f"{output}: the new site can't be put in its place ({error.strerror}); the old one is unchanged; "
            "check the rights of the parent folder, and that the output is no mount point"
        ) from error


def _exchange(one: Path, other: Path) -> bool:
    """Exchange two names in one step. False where the system or the file system does not know how."""
    renameat2 = getattr(ctypes.CDLL(None, use_errno=True), "renameat2", None)
    if renameat2 is None:
        return False
    if renameat2(_AT_FDCWD, os.fsencode(one), _AT_FDCWD, os.fsencode(other), _RENAME_EXCHANGE) == 0:
        return True
    code = ctypes.get_errno()
    if code in (errno.ENOSYS, errno.EINVAL, errno.ENOTSUP):
        return False
    raise OSError(code, os.strerror(code), str(other))


def _remove(folder: Path) -> None:
    if folder.is_dir():
        shutil.rmtree(folder)


def _lock(folder: Path) -> int:
    """A descriptor of the folder that holds its lock; closing it, or dying, gives the lock back."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            print(f"tongbao: another build writes this site; waiting ({folder})", file=sys.stderr, flush=True)
            fcntl.flock(descriptor, fcntl.LOCK_EX)
    except OSError as error:
        os.close(descriptor)
        raise PublishError(
            f"{folder}: the file system can't lock folders ({error.strerror}); build on a local disk and copy the site"
        ) from error
    return descriptor

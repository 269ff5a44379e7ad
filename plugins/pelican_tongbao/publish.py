"""Atomic publishing: a site is written beside the old one and takes its place in one step.

A build writes into a staging folder next to the output. When it is complete, `renameat2(RENAME_EXCHANGE)` swaps the
two; a build killed at any moment leaves the old site whole. Where the system can't exchange two names, two renames
take its place, and what a kill between them leaves is put right by the next build.

A staging folder is locked (`flock`) by its build for as long as it lives, so that other builds can tell the remains of
the dead from the work of the living.
"""

from __future__ import annotations

import ctypes
import errno
import fcntl
import filecmp
import os
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

# Present in every site that this program wrote; a folder without it is never replaced.
MARKER = ".tongbao-site"
MARKER_TEXT = "This folder is written by Tongbao and replaced by each build. Nothing else should be kept here.\n"

_NEW, _OLD = ".new", ".old"
_AT_FDCWD = -100
_RENAME_EXCHANGE = 2


class PublishError(Exception):
    """The output can't be replaced: which folder, why, and what to do."""


@contextmanager
def staged(output: Path) -> Iterator[Path]:
    """Yield an empty folder beside `output`; when the block ends without an error it takes the place of `output`.

    Raises PublishError, before anything is built, where `output` is a file, or a folder with content that is no site of
    this program.
    """
    output = output.resolve()
    output.parent.mkdir(parents=True, exist_ok=True)
    with _locked(output.parent):
        _sweep(output)
        _require_replaceable(output)
        staging = output.with_name(f".tongbao-{output.name}-{secrets.token_hex(8)}{_NEW}")
        staging.mkdir()
        lock = _open_locked(staging)
    try:
        (staging / MARKER).write_text(MARKER_TEXT, "utf-8")
        yield staging
        _keep_times(staging, output)
        with _locked(output.parent):
            _require_replaceable(output)
            old = _swap(staging, output)
        _remove(old)
    finally:
        os.close(lock)
        _remove(staging)


def _keep_times(staging: Path, output: Path) -> None:
    """Give files that are the same as before their old times of modification: what copies a site goes by them."""
    folders = [""]
    while folders:
        folder = folders.pop()
        with os.scandir(staging / folder) as entries:
            for entry in entries:
                name = f"{folder}{entry.name}"
                if entry.is_dir(follow_symlinks=False):
                    folders.append(f"{name}/")
                    continue
                with suppress(OSError):  # Not in the old site, or not to be read there: it is new.
                    old = (output / name).stat()
                    if old.st_ino == entry.inode():
                        continue
                    if old.st_size == entry.stat().st_size and filecmp.cmp(output / name, entry.path, shallow=False):
                        os.utime(entry.path, ns=(old.st_atime_ns, old.st_mtime_ns))


def _require_replaceable(output: Path) -> None:
    if output.exists() and not output.is_dir():
        raise PublishError(f"{output}: the output is a file; name a folder with -o (make html OUTPUT=...)")
    if output.is_dir() and any(output.iterdir()) and not (output / MARKER).is_file():
        raise PublishError(
            f"{output}: the folder is not empty and is no site of ours (it has no {MARKER}), so it is left alone; "
            "name another folder with -o (make html OUTPUT=...), or empty this one"
        )


def _swap(staging: Path, output: Path) -> Path:
    """Put `staging` in the place of `output`; return where the old site is now."""
    try:
        if not output.exists():
            staging.rename(output)
        elif not _exchange(staging, output):
            old = staging.with_suffix(_OLD)
            output.rename(old)
            staging.rename(output)
            return old
    except OSError as error:
        raise PublishError(
            f"{output}: the new site can't be put in its place ({error.strerror}); the old one is unchanged; "
            "check the rights of the parent folder, and that the output is no mount point"
        ) from error
    return staging


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


def _sweep(output: Path) -> None:
    """Remove what dead builds left beside `output`, and finish a swap by two renames that was cut in the middle."""
    prefix = f".tongbao-{output.name}-"
    remains = sorted(p for p in output.parent.iterdir() if p.name.startswith(prefix) and p.suffix in (_NEW, _OLD))
    for old in remains:
        if old.suffix == _OLD and not output.exists() and (old / MARKER).is_file():
            old.rename(output)
    for folder in remains:
        if folder.suffix == _OLD:
            _remove(folder)
            continue
        with suppress(BlockingIOError, FileNotFoundError):  # locked: its build is alive; gone: its build has ended
            lock = _open_locked(folder, wait=False)
            try:
                _remove(folder)
            finally:
                os.close(lock)


def _remove(folder: Path) -> None:
    """Remove a folder, even while another build removes it as well."""
    if not folder.is_dir():
        return

    def gone(_function: object, _path: str, failure: tuple[type[BaseException], BaseException, object]) -> None:
        if not isinstance(failure[1], FileNotFoundError):
            raise failure[1]

    shutil.rmtree(folder, onerror=gone)


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    """Hold the folder's lock: the moments at which builds look at each other's folders."""
    lock = _open_locked(folder)
    try:
        yield
    finally:
        os.close(lock)


def _open_locked(folder: Path, wait: bool = True) -> int:
    """A descriptor of the folder that holds its lock; closing it, or dying, gives the lock back."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
    except BlockingIOError:
        os.close(descriptor)
        raise
    except OSError as error:
        os.close(descriptor)
        raise PublishError(
            f"{folder}: the file system can't lock folders ({error.strerror}); build on a local disk and copy the site"
        ) from error
    return descriptor

"""Which files a site is made of, and the news that one of them has changed."""

from __future__ import annotations

import re
import threading
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from queue import Empty, SimpleQueue

from watchfiles import watch

from pelican_tongbao import plan

News = SimpleQueue[set[Path]]

# What editors write beside a file for a moment. None of these names is one that a received file can have.
_TEMPORARY = re.compile(r"~$|^#.*#$|^4913$|___jb_\w+___$")
# Milliseconds after which a watched folder is looked for anew: one that was moved away is watched no more.
_LOOK = 2000


@dataclass(frozen=True, slots=True)
class Sources:
    """What a build reads: folders with all below them, and single files. `written` is what builds write."""

    content: Path
    folders: tuple[Path, ...]
    files: tuple[Path, ...]
    written: tuple[Path, ...]

    def counts(self, path: Path) -> bool:
        """Whether a change of this path may change the site."""
        if path in self.files:
            return True
        if any(path.is_relative_to(each) for each in self.written):
            return False
        folder = next((each for each in (self.content, *self.folders) if path.is_relative_to(each)), None)
        if folder is None:
            return False
        parts = path.relative_to(folder).parts
        if any(part.startswith(".") for part in parts) or _TEMPORARY.search(path.name):
            return False
        return folder == self.content or not any(part.endswith(plan.PASSED) for part in parts)

    def restarts(self, path: Path) -> bool:
        """Whether a process that has loaded the code, the tables and the settings is out of date after a change.

        Content and theme are read by each build.
        """
        return not any(path.is_relative_to(each) for each in (self.content, plan.ROOT / "theme"))


def sources(content: Path, output: Path, settings: Path, cache: Path) -> Sources:
    """What a build of `content` with a file of settings reads: that of which `plan.state` knows."""
    own = [plan.ROOT / name for name in plan.OWN]
    files = {path for path in own if not path.is_dir()} | {settings.resolve()}
    return Sources(
        content.resolve(),
        tuple(path for path in own if path.is_dir()),
        tuple(sorted(files)),
        (output.resolve(), cache.resolve()),
    )


def follow(known: Sources, news: News, stop: threading.Event) -> list[threading.Thread]:
    """Put what changes into `news` until `stop` is set; returns the threads that do.

    A single file is watched by its folder, for many editors put another file into its place.
    """
    beside = tuple(sorted({path.parent for path in known.files}))
    jobs = (((known.content, *known.folders), True), (beside, False))
    threads = [threading.Thread(target=_follow, args=(known, *job, news, stop), daemon=True) for job in jobs]
    for thread in threads:
        thread.start()
    return threads


def _follow(known: Sources, roots: Sequence[Path], below: bool, news: News, stop: threading.Event) -> None:
    last: list[int | None] | None = None
    while not stop.is_set():
        there = _inodes(roots)
        if last not in (None, there):
            news.put({root for root, one, other in zip(roots, last or (), there, strict=True) if one != other})
        last = there
        present = [root for root, inode in zip(roots, there, strict=True) if inode is not None]
        if not present:
            stop.wait(_LOOK / 1000)
            continue
        with suppress(FileNotFoundError):  # It went away just now.
            for changes in watch(
                *present,
                watch_filter=lambda _, path: known.counts(Path(path)),
                stop_event=stop,
                rust_timeout=_LOOK,
                yield_on_timeout=True,
                recursive=below,
            ):
                if changes:
                    news.put({Path(path) for _, path in changes})
                if _inodes(roots) != there:
                    break


def _inodes(paths: Sequence[Path]) -> list[int | None]:
    found: list[int | None] = []
    for path in paths:
        try:
            found.append(path.stat().st_ino)
        except OSError:
            found.append(None)
    return found


def heard(news: News) -> set[Path]:
    """What has changed and was not taken yet; does not wait."""
    changed: set[Path] = set()
    while True:
        try:
            changed |= news.get_nowait()
        except Empty:
            return changed

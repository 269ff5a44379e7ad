"""Pelican with a conscience: the site is replaced as a whole, after a build without errors, or not at all."""

from __future__ import annotations

import errno
import gc
import logging
import os
import shutil
import sqlite3
import sys
from pathlib import Path
from typing import Any

from pelican import Pelican
from pelican.plugins import signals

from pelican_tongbao import plan
from pelican_tongbao.assets import AssetError
from pelican_tongbao.generator import (
    BulletinGenerator,
    ChangedError,
    SettingError,
    StrictError,
    take_over,
)
from pelican_tongbao.publish import PublishError, Stage, staged
from tongbao import crew, pipeline, store
from tongbao.archive import STORE, Archive, ArchiveError
from tongbao.export.brief import Brief
from tongbao.receive import ReceiveError
from tongbao.search import SearchIndexError

_FAILED = 1
_INTERRUPTED = 130


class BuildError(Exception):
    """Pelican logged errors that it does not stop for; the site would be incomplete."""


# What can go wrong with the input and the output, each with a message of its own; anything else is a fault of ours.
_FAULTS = (
    ArchiveError,
    AssetError,
    BuildError,
    ChangedError,
    FileNotFoundError,
    crew.LostError,
    PublishError,
    ReceiveError,
    SearchIndexError,
    SettingError,
    StrictError,
)


class Site(Pelican):  # type: ignore[misc]
    """`PELICAN_CLASS` of the archive. Exits with code 1, the old site untouched, where anything goes wrong."""

    def __init__(self, settings: dict[str, Any]) -> None:
        self._errors = _Errors()
        logging.getLogger("pelican").addHandler(self._errors)
        super().__init__(settings)

    def run(self) -> None:
        """Build into a staging folder and publish it."""
        output = Path(self.settings["OUTPUT_PATH"])
        # What was there before anything was read: what changes from then on is for the next build.
        made_of = os.environ.get("TONGBAO_STATE")
        # While the rest is loaded, a process gets ready for the texts that have changed.
        standby = crew.Standby(pipeline.load)
        try:
            self._require_apart(output)
            self._require_no_errors()
            # What is loaded stays to the end: to look for garbage in it again and again takes a quarter of the time.
            gc.disable()
            with staged(output) as stage:
                made = self._build(stage, standby)
                self._require_no_errors()
            if made_of:
                plan.remember(Path(self.settings["TONGBAO_CACHE"]), output, made_of)
        except _FAULTS as error:
            print(f"tongbao: {error}", file=sys.stderr)
            sys.exit(_FAILED)
        except (OSError, sqlite3.OperationalError) as error:
            if not _is_full(error):
                raise
            where = getattr(error, "filename", None) or "the disk of the site or of the cache"
            print(
                f"tongbao: {where}: no space is left; the site that stands is whole; make room and build again",
                file=sys.stderr,
            )
            sys.exit(_FAILED)
        except sqlite3.DatabaseError as error:
            where = Path(self.settings["TONGBAO_CACHE"]) / STORE
            store.discard(where)
            print(
                f"tongbao: {where}: the store was broken ({error}) and has been removed; build again", file=sys.stderr
            )
            sys.exit(_FAILED)
        except KeyboardInterrupt:
            print("tongbao: stopped; the site is as it was", file=sys.stderr)
            sys.exit(_INTERRUPTED)
        finally:
            standby.close()
            self._errors.messages.clear()
            gc.enable()
        _announce(made.archive)

    def _build(self, stage: Stage, standby: crew.Standby) -> BulletinGenerator:
        """Run Pelican; what is neither the archive's nor the theme's goes into a folder beside the stage first."""
        made: list[BulletinGenerator] = []

        def collect(generators: list[Any]) -> None:
            made.extend(g for g in generators if isinstance(g, BulletinGenerator))

        published, static = self.settings["OUTPUT_PATH"], self.settings["THEME_STATIC_PATHS"]
        scratch = stage.folder.with_name("pelican")
        shutil.rmtree(scratch, ignore_errors=True)
        scratch.mkdir()
        # The theme's files are published by the generator, which knows which of them have changed.
        self.settings |= {
            "TONGBAO_STANDBY": standby,
            "TONGBAO_STAGE": stage,
            "TONGBAO_STATIC": static,
            "THEME_STATIC_PATHS": [],
        }
        self.settings["OUTPUT_PATH"] = self.output_path = str(scratch)
        try:
            with signals.all_generators_finalized.connected_to(collect):
                super().run()
        finally:
            self.settings["OUTPUT_PATH"] = self.output_path = published
            self.settings["THEME_STATIC_PATHS"] = static
        take_over(scratch, stage)
        return made[0]

    def _require_apart(self, output: Path) -> None:
        """Neither the content nor the theme may lie inside what is replaced, nor the output inside what is read."""
        for name in ("PATH", "THEME"):
            source = Path(self.settings[name]).resolve()
            if source.is_relative_to(output.resolve()):
                raise PublishError(f"{output}: the output holds {source}, which the build reads; name another folder")
        if output.resolve().is_relative_to(Path(self.settings["PATH"]).resolve()):
            raise PublishError(f"{output}: the output lies inside the content folder; name another folder")

    def _require_no_errors(self) -> None:
        if self._errors.messages:
            listed = "\n  ".join(self._errors.messages)
            raise BuildError(f"nothing was published, because of these errors:\n  {listed}")


class _Errors(logging.Handler):
    """Keeps the errors that Pelican logs and goes on from."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.messages: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.messages.append(record.getMessage())


def _is_full(error: Exception) -> bool:
    """Whether a disk or a quota is full."""
    return getattr(error, "errno", None) in (errno.ENOSPC, errno.EDQUOT) or "disk is full" in str(error)


def _announce(archive: Archive[Brief]) -> None:
    """Say what was published and, at the very end, what was not."""
    print(f"tongbao: {len(archive.holdings)} bulletins published")
    for warning in archive.warnings:
        print(f"tongbao: warning: {warning}", file=sys.stderr)
    if review := sum(bool(holding.brief.review) for holding in archive.holdings):
        print(f"tongbao: {review} for a curator to look at, listed in data/report.json", file=sys.stderr)
    if archive.quarantined:
        print(f"tongbao: {len(archive.quarantined)} quarantined, listed in data/report.json:", file=sys.stderr)
        for item in archive.quarantined:
            print(f"  {item.source}: {item.fault}; {item.remedy}", file=sys.stderr)

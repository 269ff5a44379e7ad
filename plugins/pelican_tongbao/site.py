"""Pelican with a conscience: the site is replaced as a whole, after a build without errors, or not at all."""

from __future__ import annotations

import logging
import os
import sys
from pathlib import Path
from typing import Any

from pelican import Pelican
from pelican.plugins import signals

from pelican_tongbao import plan, reuse
from pelican_tongbao.assets import AssetError
from pelican_tongbao.generator import BulletinGenerator, ChangedError, SettingError, StrictError, WorkerError
from pelican_tongbao.publish import PublishError, staged
from tongbao.pipeline import Corpus
from tongbao.receive import ReceiveError
from tongbao.search import SearchIndexError

_FAILED = 1
_INTERRUPTED = 130


class BuildError(Exception):
    """Pelican logged errors that it does not stop for; the site would be incomplete."""


# What can go wrong with the input and the output, each with a message of its own; anything else is a fault of ours.
_FAULTS = (
    AssetError,
    BuildError,
    ChangedError,
    FileNotFoundError,
    PublishError,
    ReceiveError,
    SearchIndexError,
    SettingError,
    StrictError,
    WorkerError,
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
        # Make names the settings for which it asks next time whether anything has changed.
        planned = os.environ.get("TONGBAO_PLAN")
        try:
            made_of = plan.state(Path(self.settings["PATH"]), planned) if planned else ""
            self._require_apart(output)
            self._require_no_errors()
            with staged(output) as staging:
                made = self._build(staging)
                self._require_no_errors()
            reuse.Pages(made.record, made.published).remember(made.keys)
            if planned:
                plan.remember(Path(self.settings["TONGBAO_CACHE"]), output, made_of)
        except _FAULTS as error:
            print(f"tongbao: {error}", file=sys.stderr)
            sys.exit(_FAILED)
        except KeyboardInterrupt:
            print("tongbao: stopped; the site is as it was", file=sys.stderr)
            sys.exit(_INTERRUPTED)
        finally:
            self._errors.messages.clear()
        _announce(made.corpus)

    def _build(self, staging: Path) -> BulletinGenerator:
        """Run Pelican with the staging folder as its output."""
        made: list[BulletinGenerator] = []

        def collect(generators: list[Any]) -> None:
            made.extend(g for g in generators if isinstance(g, BulletinGenerator))

        published = self.settings["OUTPUT_PATH"]
        self.settings["TONGBAO_PUBLISHED"] = str(Path(published).resolve())
        self.settings["OUTPUT_PATH"] = self.output_path = str(staging)
        try:
            with signals.all_generators_finalized.connected_to(collect):
                super().run()
        finally:
            self.settings["OUTPUT_PATH"] = self.output_path = published
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


def _announce(corpus: Corpus) -> None:
    """Say what was published and, at the very end, what was not."""
    print(f"tongbao: {len(corpus.bulletins)} bulletins published")
    for warning in corpus.warnings:
        print(f"tongbao: warning: {warning}", file=sys.stderr)
    if review := sum(bool(b.repaired.review) for b in corpus.bulletins):
        print(f"tongbao: {review} for a curator to look at, listed in data/report.json", file=sys.stderr)
    if corpus.quarantined:
        count = len(corpus.quarantined)
        print(f"tongbao: {count} quarantined, listed in data/report.json:", file=sys.stderr)
        for item in corpus.quarantined:
            print(f"  {item.source}: {item.fault}; {item.remedy}", file=sys.stderr)

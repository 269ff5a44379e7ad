"""The Pelican adapters of Tongbao: one module per hook, no rule of the domain in them.

`PELICAN_CLASS = "pelican_tongbao.Site"` publishes atomically; `PLUGINS = ["pelican_tongbao"]` brings the reader and the
generator.
"""

from __future__ import annotations

from pelican.plugins import signals

from pelican_tongbao.generator import BulletinGenerator
from pelican_tongbao.reader import add_readers
from pelican_tongbao.site import Site

__all__ = ["Site", "register"]


def register() -> None:
    """Connect the adapters to Pelican's signals."""
    signals.readers_init.connect(add_readers)
    signals.get_generators.connect(_generators)


def _generators(_: object) -> type[BulletinGenerator]:
    return BulletinGenerator

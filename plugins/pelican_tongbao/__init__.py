"""The Pelican adapters of Tongbao: one module per hook, no rule of the domain in them.

`PELICAN_CLASS = "pelican_tongbao.Site"` publishes atomically; `PLUGINS = ["pelican_tongbao"]` brings the reader and the
generator.
"""

from __future__ import annotations

from typing import Any

__all__ = ["Site", "register"]

# Pelican and the library are loaded when they are asked for: the development server is a part of this package too, and
# goes on where a module of theirs is broken.


def __getattr__(name: str) -> Any:
    if name == "Site":
        from pelican_tongbao.site import Site

        return Site
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def register() -> None:
    """Connect the adapters to Pelican's signals."""
    from pelican.plugins import signals

    from pelican_tongbao.reader import add_readers

    signals.readers_init.connect(add_readers)
    signals.get_generators.connect(_generators)


def _generators(_: object) -> type[Any]:
    from pelican_tongbao.generator import BulletinGenerator

    return BulletinGenerator

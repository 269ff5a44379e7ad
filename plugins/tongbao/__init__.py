"""Tongbao (通報): recover, tag, search and publish response bulletins.

The library is pure: no Pelican, no network, no clock. `tongbao.pipeline` is the only room that knows all stages;
every other room can be used alone (see `docs/design.md`).
"""

__version__ = "0.1.0"

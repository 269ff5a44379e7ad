"""Regular expressions that are compiled when they are first used.

Most of the library's patterns look for damage that most texts do not have, and compiling a class of Han characters
takes a millisecond. A build that has one new bulletin to process needs few of them, and one that has none needs none.
"""

from __future__ import annotations

import re
from typing import Any, cast

_METHODS = ("search", "match", "fullmatch", "finditer", "findall", "sub", "split")


class _Lazy:
    """Stands for a compiled pattern. The methods become its own at the first use, which costs nothing from then on."""

    def __init__(self, source: str, flags: int) -> None:
        self._source, self._flags = source, flags

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        compiled = re.compile(self._source, self._flags)
        self.__dict__.update((method, getattr(compiled, method)) for method in _METHODS)
        return getattr(compiled, name)


def regex(source: str, flags: int = 0) -> re.Pattern[str]:
    """A regular expression, as of `re.compile`, that is compiled at its first use: an error in it is raised then."""
    return cast("re.Pattern[str]", _Lazy(source, flags))

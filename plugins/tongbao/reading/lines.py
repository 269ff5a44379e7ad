"""The lines of a text, in a plain form that one set of patterns can read."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

from tongbao.data import toml
from tongbao.patterns import regex

# A bulletin has some hundreds of lines.
MAX_LINES = 20_000

_LINE = regex("[^\n\r\v\f\x85\u2028\u2029]+")
_SPACES = " \t\u3000\xa0\u2002\u2003\u2009\u200b\ufeff"


def _plain_table() -> dict[int, int]:
    """{code point: code point} to half-width, lower case, and plain spaces: one character each, whatever the script."""
    out = {n: n - 0xFEE0 for n in range(0xFF01, 0xFF5F)}
    out |= {n: n + 32 for n in range(ord("A"), ord("Z") + 1)}
    out |= {n: n - 0xFEE0 + 32 for n in range(ord("Ａ"), ord("Ｚ") + 1)}
    out |= {ord(space): ord(" ") for space in _SPACES}
    return out | {ord(a): ord(b) for a, b in zip("丨【】〖〗", "|[][]", strict=True)}


_PLAIN = _plain_table()


@dataclass(frozen=True, slots=True)
class Line:
    """A line without surrounding white space: its span in the text, and its characters in plain form."""

    start: int
    end: int
    plain: str

    @property
    def size(self) -> int:
        return self.end - self.start


def lines(hans: str) -> Iterator[Line]:
    """The lines of the Simplified text that hold more than white space; their spans are the repaired text's.

    Of a text of more than `MAX_LINES`, the last one is all the rest.
    """
    plain = hans.translate(_PLAIN)
    for count, match in enumerate(_LINE.finditer(plain), 1):
        whole = match[0] if count < MAX_LINES else plain[match.start() :]
        inner = whole.strip()
        if inner:
            start = match.start() + whole.index(inner[0])
            yield Line(start, start + len(inner), inner)
        if count == MAX_LINES:
            return


@cache
def table() -> dict[str, Any]:
    """`data/reading.toml`: labels, chrome, words of titles and issuers."""
    return toml("reading.toml")

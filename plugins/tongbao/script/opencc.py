"""OpenCC with lengths kept."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

from opencc import OpenCC

from tongbao.model import Standard
from tongbao.patterns import regex

# OpenCC's configurations to the standard forms of Taiwan and of Hong Kong, and back. The phrase table of s2twp is kept
# out, since it replaces words and changes lengths.
TO_HANT = {Standard.TW: "s2tw", Standard.HK: "s2hk"}
TO_HANS = {Standard.TW: "tw2s", Standard.HK: "hk2s"}

# Beyond these OpenCC can't go: NUL ends its text, lone surrogates have no UTF-8.
_UNFIT = regex("[\0\ud800-\udfff]")
_STAND_IN = "\ufffc"


def convert_text(config: str, text: str) -> str:
    """Convert by OpenCC, of the same length: where the length of a line changes, it is converted by characters.

    A character of the Basic Multilingual Plane stays where its counterpart lies beyond it: few fonts have those.
    """
    safe = _UNFIT.sub(_STAND_IN, text)
    convert_line = _converter(config)
    before, after = safe.split("\n"), convert_line(safe).split("\n")
    if len(before) != len(after):
        after = [convert_line(line) for line in before]
    lines = (a if len(a) == len(b) else _by_characters(convert_line, b) for b, a in zip(before, after, strict=True))
    out = "\n".join(lines)
    if safe == text and not any(c > "\uffff" for c in out):
        return out
    pairs = zip(text, safe, out, strict=True)
    return "".join(t if s == _STAND_IN or t <= "\uffff" < c else c for t, s, c in pairs)


@cache
def _converter(config: str) -> Callable[[str], str]:
    convert: Callable[[str], str] = OpenCC(config).convert
    return convert


def _by_characters(convert_line: Callable[[str], str], line: str) -> str:
    converted = ((character, convert_line(character)) for character in line)
    return "".join(new if len(new) == 1 else character for character, new in converted)

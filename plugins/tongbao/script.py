"""Script: which one a text was received in, canonical Simplified and proper Traditional of it, folding for matching.

Much of the web's Traditional text was made from Simplified character by character (關于, 先后, 松懈). Canonical Simplified
is had from either kind, and proper Traditional from that, by phrases. Genuine Traditional stays as its writers wrote it.
All results have the length of the text, so that one offset serves them all.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from opencc import OpenCC

from tongbao.model import Script, Scripts

# A text is of mixed script when the rarer script has at least this share of the characters that tell. Below it are names
# and quotations.
MIXED_SHARE = 0.2

# OpenCC's configurations: Taiwan's standard forms both ways. Other forms come in as they are (裏, 着) and are understood;
# the phrase table of s2twp is kept out, since it replaces words and changes lengths.
TO_HANS, TO_HANT = "tw2s", "s2tw"

# Beyond these OpenCC can't go: NUL ends its text, lone surrogates have no UTF-8.
_UNFIT = re.compile("[\0\ud800-\udfff]")
_STAND_IN = "\ufffc"


def _table(name: str) -> Iterator[list[str]]:
    """The rows of a tab-separated data file, comments left out."""
    lines = files("tongbao.data").joinpath(name).read_text("utf-8").splitlines()
    return (line.split("\t") for line in lines if line and not line.startswith("# "))


# --- folding ---------------------------------------------------------------------------------------------------------


@cache
def fold_table() -> dict[int, str]:
    """{code point: folded character}, for `str.translate`; from `data/fold.tsv`."""
    return {ord(source): target for target, sources in _table("fold.tsv") for source in sources}


def fold(text: str) -> str:
    """Map each character to its Simplified, narrow, lower-case form; the result has the length of `text`."""
    return text.translate(fold_table())


# --- conversion ------------------------------------------------------------------------------------------------------


def convert(text: str) -> Scripts:
    """Canonical Simplified and proper Traditional of a repaired text, both of its length.

    Simplified text is its own canonical form, genuine Traditional text its own proper form, but for stray characters of
    the other script in either.
    """
    told = _count(text)
    received = told.verdict()
    hans = _opencc(TO_HANS, text) if told.hant else text
    proper = to_hant(hans)
    if received is Script.HANT and _is_genuine(text, hans, proper):
        only_hans, _ = _telling()
        proper = "".join(p if c in only_hans else c for c, p in zip(text, proper, strict=True))
    return Scripts(received, hans, proper)


def to_hant(text: str) -> str:
    """Proper Traditional of a Simplified text, of its length: by OpenCC's phrases, the exceptions table and the names."""
    hant = _opencc(TO_HANT, text)
    for start, replacement in _exceptions(text):
        hant = hant[:start] + replacement + hant[start + len(replacement) :]
    return hant


# --- which script ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Count:
    """How many characters of a text exist in one script only."""

    hans: int
    hant: int

    def verdict(self) -> Script:
        rarer, total = min(self.hans, self.hant), self.hans + self.hant
        if total and rarer >= MIXED_SHARE * total:
            return Script.MIXED
        return Script.HANT if self.hant > self.hans else Script.HANS


@cache
def _telling() -> tuple[frozenset[str], frozenset[str]]:
    """The characters of Simplified only and of Traditional only.

    Converted away by OpenCC, and absent from the other script's national character set (GB 2312, the commoner half of
    Big5): so 后, 里, 台 tell nothing.
    """
    characters = [chr(n) for n in range(0x3400, 0xA000)]
    lines = "\n".join(characters)
    hans, hant = (_opencc(config, lines).split("\n") for config in (TO_HANS, "s2t"))
    only_hans = {c for c, h in zip(characters, hant, strict=True) if c != h and not _in_big5(c)}
    only_hant = {c for c, h in zip(characters, hans, strict=True) if c != h and not _in_gb2312(c)}
    return frozenset(only_hans - only_hant), frozenset(only_hant - only_hans)


def _in_gb2312(character: str) -> bool:
    return len(character.encode("gb2312", "ignore")) == 2


def _in_big5(character: str) -> bool:
    return b"\xa4\x40" <= character.encode("big5", "ignore") <= b"\xc6\x7e"


def _count(text: str) -> _Count:
    only_hans, only_hant = _telling()
    return _Count(sum(c in only_hans for c in text), sum(c in only_hant for c in text))


@cache
def _marks() -> frozenset[str]:
    """Simplified characters that stand for several Traditional ones, which a conversion by characters leaves as they are."""
    return frozenset(c for (c,) in _table("naive_marks.tsv"))


def _is_genuine(text: str, hans: str, proper: str) -> bool:
    """Whether Traditional `text` was written as such, not converted by characters from Simplified.

    Where Simplified has one of the telling characters and proper Traditional another, genuine text has the latter.
    """
    naive = genuine = 0
    marks = _marks()
    for character, simple, right in zip(text, hans, proper, strict=True):
        if simple in marks and right != simple:
            naive += character == simple
            genuine += character != simple
    return genuine >= naive


# --- OpenCC ----------------------------------------------------------------------------------------------------------


@cache
def _converter(config: str) -> Callable[[str], str]:
    return OpenCC(config).convert


def _opencc(config: str, text: str) -> str:
    """Convert by OpenCC, of the same length: where a line's length changes, it is converted by characters.

    A character of the Basic Multilingual Plane stays where its counterpart lies beyond it: few fonts have those.
    """
    safe = _UNFIT.sub(_STAND_IN, text)
    convert_line = _converter(config)
    before, after = safe.split("\n"), convert_line(safe).split("\n")
    if len(before) != len(after):
        after = [convert_line(line) for line in before]
    lines = (a if len(a) == len(b) else _by_characters(convert_line, b) for b, a in zip(before, after, strict=True))
    out = "\n".join(lines)
    if safe is not text and safe != text or any(c > "\uffff" for c in out):
        return "".join(t if s == _STAND_IN or t < "\uffff" < c else c for t, s, c in zip(text, safe, out, strict=True))
    return out


def _by_characters(convert_line: Callable[[str], str], line: str) -> str:
    converted = ((character, convert_line(character)) for character in line)
    return "".join(new if len(new) == 1 else character for character, new in converted)


# --- exceptions ------------------------------------------------------------------------------------------------------


@cache
def _exception_table() -> tuple[re.Pattern[str], dict[str, str]]:
    rows = {hans: hant for hans, hant, _reason in _table("script_exceptions.tsv")}
    longest_first = sorted(rows, key=len, reverse=True)
    return re.compile("|".join(map(re.escape, longest_first))), rows


def _exceptions(hans: str) -> Iterator[tuple[int, str]]:
    """Where the phrases of the exceptions table stand in a Simplified text, and what they are in Traditional."""
    pattern, rows = _exception_table()
    for match in pattern.finditer(hans):
        yield match.start(), rows[match[0]]

"""Canonical Simplified and proper Traditional of a text, and the script it was received in."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache, partial
from itertools import groupby

from tongbao.data import rows
from tongbao.model import Edit, EditEvidence, Script, Scripts, Standard
from tongbao.patterns import regex
from tongbao.script import townships
from tongbao.script.names import names, traditional
from tongbao.script.opencc import TO_HANS, TO_HANT, convert_text

# A text is of mixed script when the rarer script has at least this share of the characters that tell. Below it are
# names and quotations.
MIXED_SHARE = 0.2


def convert(text: str, standard: Standard = Standard.TW) -> Scripts:
    """Canonical Simplified and proper Traditional of a repaired text, both of its length.

    Simplified text is its own canonical form, genuine Traditional text its own proper form, but for stray characters of
    the other script in either.
    """
    told = _count(text)
    received = told.verdict()
    hans = text if told.hans and not told.hant else to_hans(text)
    proper = to_hant(hans, standard)
    if received is Script.HANT and _is_genuine(text, hans, proper):
        strays = _strays()
        proper = "".join(p if c in strays else c for c, p in zip(text, proper, strict=True))
    return Scripts(received, hans, proper, standard)


def to_hans(text: str, standard: Standard = Standard.TW) -> str:
    """Canonical Simplified of a Traditional text, of its length. The inverse of `to_hant` for the same standard; the
    forms of the other one are understood too (衞, 裏, 着)."""
    return convert_text(TO_HANS[standard], text).translate(_left_over(standard))


def to_hant(text: str, standard: Standard = Standard.TW) -> str:
    """Proper Traditional of a Simplified text, of its length: by phrases, exceptions, and names by themselves."""
    out = list(convert_text(TO_HANT[standard], text))
    pattern, phrases = _exceptions(standard)
    for match in pattern.finditer(text):
        out[match.start() : match.end()] = phrases[match[0]]
    for start, character in townships.kept(text):
        out[start] = character
    for start, name in names(text):
        out[start : start + len(name)] = traditional(name, partial(_one, standard))
    return "".join(out)


def script_edits(text: str, converted: str, rule: str) -> tuple[Edit, ...]:
    """The edits from a text to a conversion of it, by runs of characters that differ.

    Raises ValueError where the lengths differ: then it is no conversion of this text.
    """
    changed = [a != b for a, b in zip(text, converted, strict=True)]
    edits, start = [], 0
    for differs, run in groupby(changed):
        end = start + len(list(run))
        if differs:
            edits.append(Edit(rule, start, end, text[start:end], converted[start:end], 1.0, _EVIDENCE))
        start = end
    return tuple(edits)


_EVIDENCE = EditEvidence("简繁转换；人名、地名和例外词语各按其字形")


@cache
def _one(standard: Standard, character: str) -> str:
    """Traditional of a single Simplified character."""
    return convert_text(TO_HANT[standard], character)


@cache
def _left_over(standard: Standard) -> dict[int, str]:
    """The characters that only the other standard's table simplifies: {code point: Simplified}.

    Characters that Simplified has itself are left alone: 著 is 着 in Taiwan, and itself in Hong Kong.
    """
    sources, targets = _characters()[f"left-over-{standard}"]
    return {ord(source): target for source, target in zip(sources, targets, strict=True)}


@cache
def _characters() -> dict[str, list[str]]:
    """{kind: columns} of the table of characters that tell scripts apart."""
    return {kind: columns for kind, *columns in rows("script_characters.tsv")}


@cache
def _exceptions(standard: Standard) -> tuple[re.Pattern[str], dict[str, str]]:
    """A pattern for the phrases of the exceptions table, longest first, and {Simplified: Traditional}."""
    column = list(Standard).index(standard) + 1
    phrases = {row[0]: row[column] for row in rows("script_exceptions.tsv")}
    return regex("|".join(map(re.escape, sorted(phrases, key=len, reverse=True)))), phrases


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
    """The characters of Simplified only and of Traditional only."""
    table = _characters()
    return frozenset(table["hans"][0]), frozenset(table["hant"][0])


@cache
def _strays() -> frozenset[str]:
    """The characters that no Traditional text has. Some that tell of Simplified are Hong Kong's too (温, 户, 税)."""
    return frozenset(_characters()["stray"][0])


def _count(text: str) -> _Count:
    only_hans, only_hant = _telling()
    return _Count(sum(c in only_hans for c in text), sum(c in only_hant for c in text))


def _is_genuine(text: str, hans: str, proper: str) -> bool:
    """Whether Traditional `text` was written as such, not converted by characters from Simplified.

    Where Simplified has one of the marks and proper Traditional another character, genuine text has the latter.
    """
    naive = genuine = 0
    marks = _marks()
    for character, simple, right in zip(text, hans, proper, strict=True):
        if simple in marks and right != simple:
            naive += character == simple
            genuine += character != simple
    return genuine >= naive


@cache
def _marks() -> frozenset[str]:
    """Simplified characters for several Traditional ones, which a conversion by characters leaves as they are."""
    return frozenset(c for (c,) in rows("naive_marks.tsv"))

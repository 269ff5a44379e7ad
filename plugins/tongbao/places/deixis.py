"""What a text says of its own region (我省, 全市, 市委, 市内) or of one just named (该市), and which one that is."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from tongbao.places.gazetteer import COUNTRY, LEVELS, divisions
from tongbao.places.vocabulary import vocabulary

# How strongly each kind says so, where a mention in the body weighs 0.5.
STRENGTH = {"own": 1.5, "whole": 0.7, "organ": 0.7, "inside": 0.5, "said": 0.5}
# The kind that takes up what was named last.
SAID = "said"
# A word counts less each time, and not at all after this many.
REPEATS = 3
# 我市 is the county-level city where it holds this share of what its prefecture holds.
DOMINANT = 0.6
# A district named with at least this weight (a headline's) is what 我区 means, even inside an autonomous region.
NAMED = 4.0
# What holds less than two mentions in the body is too little to be the text's own region.
ENOUGH = 0.6


@dataclass(frozen=True, slots=True)
class Deixis:
    """folded[start:end] stands for the text's own `unit` (省, 市, 区…). `repeat` counts from 1."""

    kind: str
    unit: str
    start: int
    end: int
    repeat: int


def deictics(folded: str) -> Iterator[Deixis]:
    """The deictic words of a folded text, the first few of each kind and unit."""
    words, seen = vocabulary(), Counter[tuple[str, str]]()
    kinds = ("own", words.own), ("whole", words.whole), ("organ", words.organ)
    for kind, pattern in (*kinds, ("inside", words.inside), (SAID, words.said)):
        for match in pattern.finditer(folded):
            key = kind, match["unit"]
            seen[key] += 1
            if seen[key] <= REPEATS:
                yield Deixis(kind, match["unit"], match.start(), match.end(), seen[key])


def antecedent(deixis: Deixis, named: Sequence[tuple[int, str]]) -> str | None:
    """What 该市 takes up: of (offset, code) in order, the last before it that is such a unit."""
    before = (code for at, code in reversed(named) if at < deixis.start)
    return next((code for code in before if divisions()[code].name.endswith(deixis.unit)), None)


def bind(unit: str, folded: str, leading: Mapping[str, float], direct: Mapping[str, float]) -> str | None:
    """The division that a unit stands for: of those at its level the one that holds most. `leading` is weight by code
    with all that lies below, `direct` without."""
    held = (code for code, weight in leading.items() if code != COUNTRY and weight >= ENOUGH)
    fits = [code for code in held if divisions()[code].name.endswith(unit)]
    if unit == "区":
        fits = _own_districts(folded, fits, direct)
    best = max(fits, key=lambda code: (leading[code], code), default=None)
    below = [c for c in fits if best and divisions()[c].parent == best and leading[c] >= DOMINANT * leading[best]]
    return below[0] if below else best


def _own_districts(folded: str, fits: list[str], direct: Mapping[str, float]) -> list[str]:
    """我区 is an autonomous region where the text speaks of one, unless a district is named as prominently as in a
    headline."""
    districts = [c for c in fits if divisions()[c].level == LEVELS[2]]
    if prominent := [c for c in districts if direct.get(c, 0.0) >= NAMED]:
        return prominent
    regions = [c for c in fits if divisions()[c].level == LEVELS[0]]
    return regions if regions and "自治区" in folded else districts

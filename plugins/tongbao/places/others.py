"""Places that are no divisions: foreign countries, and ports of entry and functional areas with what they lie in."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType

from ahocorasick_rs import AhoCorasick

from tongbao.data import rows
from tongbao.folding import fold
from tongbao.model import Evidence, PlaceTag
from tongbao.patterns import regex
from tongbao.places.disambiguation import Resolution
from tongbao.places.gazetteer import LEVELS, divisions
from tongbao.places.mentions import NAMING, Kind
from tongbao.places.vocabulary import vocabulary
from tongbao.places.words import cut

COUNTRY, PORT, AREA = "country", "port", "functional-area"
GATE = "口岸"
# How far on either side of a short name its words are cut; a longer name is no part of other words.
WINDOW, SHORT = 10, 2
# What joins the ports of one list.
JOINT = regex("[、,和及与]")

Span = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Place:
    """A country (`code` is ISO 3166-1) or a port of entry (`parent` is its county's GB/T 2260 code). `neighbour` is
    what lies across the border (ISO 3166-1); `lat` and `lon` are degrees (WGS 84), None where no source has them."""

    kind: str
    code: str
    name: str
    aliases: tuple[str, ...]
    parent: str
    neighbour: str
    lat: float | None
    lon: float | None


@dataclass(frozen=True, slots=True)
class _Found:
    """One occurrence of a place."""

    kind: str
    name: str
    parent: str
    code: str
    rule: str
    span: Span


@cache
def foreign_and_ports() -> tuple[Place, ...]:
    """Countries, then ports, from `data/places.tsv`."""
    _, *lines = rows("places.tsv")
    return tuple(
        Place(kind, code, name, tuple(filter(None, others.split("|"))), parent, across, _degrees(lat), _degrees(lon))
        for kind, code, name, others, parent, across, lat, lon in lines
    )


def _degrees(text: str) -> float | None:
    return float(text) if text else None


def others(text: str, folded: str, resolutions: Sequence[Resolution]) -> tuple[PlaceTag, ...]:
    """The places of a text that are no divisions, in order of their first evidence. `folded` has the length of `text`;
    `resolutions` are its divisions, in order."""
    matched = _leftmost_longest(folded)
    gates = list(_ports(folded, resolutions, matched))
    areas = list(_areas(folded, resolutions))
    taken = [r.mention for r in resolutions if r.code and r.mention.kind in NAMING]
    spans = (*((m.start, m.end) for m in taken), *(gate.span for gate in gates))
    covered = {at for start, end in spans for at in range(start, end)}
    lands = (f for f in _countries(folded, matched) if f.span[0] not in covered)
    grouped: dict[tuple[str, str, str], list[_Found]] = defaultdict(list)
    for found in sorted((*gates, *areas, *lands), key=lambda f: f.span):
        grouped[found.kind, found.name, found.parent].append(found)
    return tuple(_tag(text, group) for group in grouped.values())


def _tag(text: str, group: Sequence[_Found]) -> PlaceTag:
    first, spans = group[0], dict.fromkeys(f.span for f in group)
    evidence = tuple(Evidence(start, end, text[start:end]) for start, end in spans)
    return PlaceTag(first.kind, first.name, first.parent or None, first.code or None, first.rule, evidence)


# --- names in the text -----------------------------------------------------------------------------------------------


@cache
def _names() -> tuple[Mapping[str, Place], AhoCorasick]:
    """{folded name: place}, ports without their generic part, and what finds the names."""
    names: dict[str, Place] = {}
    for place in foreign_and_ports():
        for name in (place.name.removesuffix(GATE), *place.aliases):
            names.setdefault(fold(name), place)
    return MappingProxyType(names), AhoCorasick(sorted(names))


def _leftmost_longest(folded: str) -> list[tuple[Place, Span]]:
    names, automaton = _names()
    spans = sorted(
        ((start, end) for _, start, end in automaton.find_matches_as_indexes(folded, overlapping=True)),
        key=lambda span: (span[0], -span[1]),
    )
    chosen: list[tuple[Place, Span]] = []
    for start, end in spans:
        if not chosen or start >= chosen[-1][1][1]:
            chosen.append((names[folded[start:end]], (start, end)))
    return chosen


def _countries(folded: str, matched: Sequence[tuple[Place, Span]]) -> Iterator[_Found]:
    for place, (start, end) in matched:
        if place.kind == COUNTRY and not vocabulary().people_tail.match(folded, end) and _is_word(folded, start, end):
            yield _Found(COUNTRY, place.name, "", place.code, "name", (start, end))


def _is_word(folded: str, start: int, end: int) -> bool:
    """Whether a short name stands between word boundaries (越南, but not 穿越南山)."""
    if end - start > SHORT:
        return True
    at = first = max(0, start - WINDOW)
    edges = {at}
    for word in cut(folded[first : end + WINDOW]):
        at += len(word)
        edges.add(at)
    return start in edges and end in edges


# --- ports -----------------------------------------------------------------------------------------------------------


def _ports(folded: str, resolutions: Sequence[Resolution], matched: Sequence[tuple[Place, Span]]) -> Iterator[_Found]:
    """Each 口岸 with the name before it, a known port's or (below the provinces, which have many) a division's; known
    ports before it in a list are ports too."""
    known = {span[1]: (place, span) for place, span in matched if place.kind == PORT}
    divided = {r.mention.end: r for r in resolutions if r.code and r.mention.kind in NAMING}
    for gate in vocabulary().gate.finditer(folded):
        at = gate.start()
        if at in known:
            while at in known:
                place, (start, end) = known[at]
                stop = gate.end() if end == gate.start() else end
                yield _Found(PORT, place.name, place.parent, "", "name", (start, stop))
                at = start - 1 if JOINT.fullmatch(folded, start - 1, start) else -1
        elif at in divided and not gate["border"]:
            mention, code = divided[at].mention, divided[at].code or ""
            if divisions()[code].level != LEVELS[0]:
                name = folded[mention.start : gate.end()]
                yield _Found(PORT, name, code, "", "division", (mention.start, gate.end()))


# --- functional areas ------------------------------------------------------------------------------------------------


def _areas(folded: str, resolutions: Sequence[Resolution]) -> Iterator[_Found]:
    """Areas known by name, and those named by the division that they lie in (南昌经开区)."""
    for resolution in resolutions:
        mention, code = resolution.mention, resolution.code
        if code and mention.kind is Kind.AREA:
            name = folded[mention.start : mention.end]
            yield _Found(AREA, name, code, "", "name", (mention.start, mention.end))
        elif code and mention.kind in NAMING and (tail := vocabulary().area_tail.match(folded, mention.end)):
            name = folded[mention.start : tail.end()]
            yield _Found(AREA, name, code, "", "division", (mention.start, tail.end()))

"""The gazetteer: divisions with their names, and the automaton that finds every name in a text in one pass."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import IntEnum
from functools import cache
from types import MappingProxyType

from ahocorasick_rs import AhoCorasick

from tongbao.data import rows
from tongbao.folding import fold

COUNTRY = "100000"
LEVELS = ("province", "prefecture", "county")
# Texts of the archive end with 2022: where a name passed from one code to another later, it means the earlier one.
REFERENCE_YEAR = 2022


@dataclass(frozen=True, slots=True)
class Former:
    """A name that a division had until the year `ended`, and the unit's code then (None where the source has none)."""

    name: str
    ended: int
    code: str | None


@dataclass(frozen=True, slots=True)
class Division:
    """A division of China.

    `code` is GB/T 2260 (ISO 3166-2 for Taiwan's counties), `parent` the code above (100000 above the provinces),
    `level` province, prefecture or county. `short` is the name without its generic part, `aliases` other names, `chars`
    one-character abbreviations, `areas` functional areas inside it, `media` newspapers and sites whose names do not say
    that they are its. `former` are earlier names, the oldest first. `since` and `until` are years, None where open.
    `lat` and `lon` are degrees (WGS 84); `located` is False where they are the parent's.
    """

    code: str
    name: str
    level: str
    parent: str
    short: str
    aliases: tuple[str, ...]
    chars: tuple[str, ...]
    areas: tuple[str, ...]
    media: tuple[str, ...]
    former: tuple[Former, ...]
    since: int | None
    until: int | None
    lat: float
    lon: float
    located: bool


def _former(entry: str, code: str) -> Former:
    name, _, year = entry.partition("<")
    return Former(name, int(year), None if code == "-" else code)


class Form(IntEnum):
    """How a name names its division; of two readings of one string the lower one is meant."""

    FULL = 0
    FORMER = 1
    ALIAS = 2
    SHORT = 3
    AREA = 4
    MEDIA = 5
    TOWNSHIP = 6


@cache
def divisions() -> Mapping[str, Division]:
    """{code: division} in order of codes, from `data/divisions.tsv`."""
    header, *lines = rows("divisions.tsv")
    records = (dict(zip(header, line, strict=True)) for line in lines)
    return MappingProxyType({r["code"]: _division(r) for r in records})


def _division(record: Mapping[str, str]) -> Division:
    def several(column: str) -> tuple[str, ...]:
        return tuple(filter(None, record[column].split("|")))

    def year(column: str) -> int | None:
        return int(record[column]) if record[column] else None

    return Division(
        code=record["code"],
        name=record["name"],
        level=record["level"],
        parent=record["parent"],
        short=record["short"],
        aliases=several("aliases"),
        chars=several("chars"),
        areas=several("areas"),
        media=several("media"),
        former=tuple(map(_former, several("former"), several("former_codes"))),
        since=year("since"),
        until=year("until"),
        lat=float(record["lat"]),
        lon=float(record["lon"]),
        located=record["point"] == "own",
    )


@cache
def lineage(code: str) -> tuple[str, ...]:
    """The code and its ancestors, lowest first, without the country. Raises KeyError for a code that is not known."""
    parent = divisions()[code].parent
    return (code,) if parent == COUNTRY else (code, *lineage(parent))


def is_above(ancestor: str, code: str) -> bool:
    """Whether `ancestor` lies above `code` in the tree (a division does not lie above itself)."""
    return ancestor != code and ancestor in lineage(code)


@dataclass(frozen=True, slots=True)
class Gazetteer:
    """`names` maps a folded name to {form: codes}; `automaton` finds them, and `patterns` are its names in order."""

    names: Mapping[str, Mapping[Form, tuple[str, ...]]]
    patterns: tuple[str, ...]
    automaton: AhoCorasick

    def occurrences(self, folded: str) -> Iterator[tuple[int, int]]:
        """The spans of all names in a folded text, overlapping ones included, in order of their ends."""
        return ((start, end) for _, start, end in self.automaton.find_matches_as_indexes(folded, overlapping=True))


@cache
def gazetteer() -> Gazetteer:
    """All names of two characters and more, of divisions of any year and of the townships that tell theirs."""
    names: dict[str, dict[Form, list[str]]] = defaultdict(lambda: defaultdict(list))
    for division in sorted(divisions().values(), key=lambda d: (d.since or 0, d.code)):
        for form, name in _forms(division):
            held = names[name]
            # A division of later years takes only names that nothing bore in the reference year.
            later = (division.since or 0) > REFERENCE_YEAR and any(f <= form for f in held)
            if len(name) > 1 and not later and division.code not in (c for codes in held.values() for c in codes):
                held[form].append(division.code)
    for name, code in townships():
        if name not in names:
            names[name][Form.TOWNSHIP].append(code)
    kept = {name: {f: tuple(c) for f, c in sorted(forms.items())} for name, forms in names.items() if forms}
    patterns = tuple(sorted(kept))
    return Gazetteer(MappingProxyType(kept), patterns, AhoCorasick(patterns))


def townships() -> Iterator[tuple[str, str]]:
    """(folded name, county's code) of the townships whose names occur once in China, from `data/townships.tsv`."""
    for code, names in rows("townships.tsv"):
        yield from ((fold(name), code) for name in names.split("|"))


def _forms(division: Division) -> Iterator[tuple[Form, str]]:
    yield Form.FULL, fold(division.name)
    for former in division.former:
        yield Form.FORMER, fold(former.name)
    for name in division.aliases:
        yield (Form.SHORT if name == division.short else Form.ALIAS), fold(name)
    for name in division.areas:
        yield Form.AREA, fold(name)
    for name in division.media:
        yield Form.MEDIA, fold(name)

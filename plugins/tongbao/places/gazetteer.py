"""The gazetteer: divisions with their names, and what finds every name in a text in one pass."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum
from functools import cache
from itertools import chain
from types import MappingProxyType

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
    assert header == _COLUMNS, "data/divisions.tsv has other columns"
    return MappingProxyType({line[0]: _division(*line) for line in lines})


_COLUMNS = [
    *("code", "name", "level", "parent", "short", "aliases", "chars", "areas", "media"),
    *("former", "former_codes", "since", "until", "lat", "lon", "point"),
]


def _division(
    code: str,
    name: str,
    level: str,
    parent: str,
    short: str,
    aliases: str,
    chars: str,
    areas: str,
    media: str,
    former: str,
    former_codes: str,
    since: str,
    until: str,
    lat: str,
    lon: str,
    point: str,
) -> Division:
    return Division(
        code=code,
        name=name,
        level=level,
        parent=parent,
        short=short,
        aliases=_several(aliases),
        chars=_several(chars),
        areas=_several(areas),
        media=_several(media),
        former=tuple(map(_former, _several(former), _several(former_codes))) if former else (),
        since=int(since) if since else None,
        until=int(until) if until else None,
        lat=float(lat),
        lon=float(lon),
        located=point == "own",
    )


def _several(entries: str) -> tuple[str, ...]:
    return tuple(filter(None, entries.split("|"))) if entries else ()


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
    """`names` maps a folded name of divisions to {form: codes}, `townships` that of a township to its county's code;
    `lengths` are those of the names that begin with two characters.

    Two look-ups a name are made sooner than an automaton of all names, which few texts would make up for.
    """

    names: Mapping[str, Mapping[Form, tuple[str, ...]]]
    townships: Mapping[str, str]
    lengths: Mapping[str, Sequence[int]]

    def forms(self, name: str) -> Mapping[Form, tuple[str, ...]]:
        """{form: codes} of a folded name; nothing for what is no name."""
        if found := self.names.get(name):
            return found
        return {Form.TOWNSHIP: (self.townships[name],)} if name in self.townships else {}

    def occurrences(self, folded: str) -> Iterator[tuple[int, int]]:
        """The spans of all names in a folded text, overlapping ones included, in order of their beginnings."""
        names, townships, lengths = self.names, self.townships, self.lengths
        for start in range(len(folded) - 1):
            for length in lengths.get(folded[start : start + 2], ()):
                name = folded[start : start + length]
                # The end of the text cuts a name short, and what is left may be one.
                if (name in names or name in townships) and len(name) == length:
                    yield start, start + length


@cache
def gazetteer() -> Gazetteer:
    """All names of two characters and more, of divisions of any year and of the townships that tell theirs."""
    held: dict[str, dict[Form, list[str]]] = {}
    ordered = sorted(divisions().values(), key=lambda d: (d.since or 0, d.code))
    named = [(division, form, name) for division in ordered for form, name in _forms(division)]
    folded = fold("\n".join(name for _, _, name in named)).split("\n")
    for (division, form, _), name in zip(named, folded, strict=True):
        forms = held.setdefault(name, {})
        # A division of later years takes only names that nothing bore in the reference year.
        later = (division.since or 0) > REFERENCE_YEAR and any(f <= form for f in forms)
        if len(name) > 1 and not later and not any(division.code in codes for codes in forms.values()):
            forms.setdefault(form, []).append(division.code)
    names = {name: {f: tuple(c) for f, c in sorted(forms.items())} for name, forms in held.items() if forms}
    below: dict[str, str] = {}
    for name, code in townships():
        if name not in held:
            below.setdefault(name, code)
    lengths: dict[str, set[int]] = {}
    for name in chain(names, below):
        lengths.setdefault(name[:2], set()).add(len(name))
    return Gazetteer(MappingProxyType(names), MappingProxyType(below), {head: sorted(n) for head, n in lengths.items()})


def townships() -> Iterator[tuple[str, str]]:
    """(folded name, county's code) of the townships whose names occur once in China, from `data/townships.tsv`."""
    table = rows("townships.tsv")
    for (code, _), names in zip(table, fold("\n".join(names for _, names in table)).split("\n"), strict=True):
        yield from ((name, code) for name in names.split("|"))


def _forms(division: Division) -> Iterator[tuple[Form, str]]:
    """The names of a division, not folded."""
    yield Form.FULL, division.name
    for former in division.former:
        yield Form.FORMER, former.name
    for name in division.aliases:
        yield (Form.SHORT if name == division.short else Form.ALIAS), name
    for name in division.areas:
        yield Form.AREA, name
    for name in division.media:
        yield Form.MEDIA, name

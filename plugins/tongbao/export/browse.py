"""The ways into an archive: its bulletins by time, by division and by date, each list in one total order."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from tongbao.export.marks import plain
from tongbao.export.page import in_language, simplified, title
from tongbao.export.urls import LANGUAGES, UNKNOWN, host
from tongbao.model import BlockKind, Bulletin, Role, Standard
from tongbao.reading import render

Lineage = Callable[[str], tuple[str, ...]]

_SUMMARY_LENGTH = 110


class Entry(NamedTuple):
    """What lists show of a bulletin. `date` is its publication (EDTF), `earliest` and `latest` the bounds of that as
    ISO days, all empty where it is undated; `regions` its primary codes, `mentions` the others. `issuer`, `ports` (of
    entry) and `origin`, where the copy came from, are names in Simplified. `damage` is 0 to 1. `digest` stands for all
    the rest."""

    id: str
    titles: Mapping[str, str]
    summaries: Mapping[str, str]
    date: str
    earliest: str
    latest: str
    regions: tuple[str, ...]
    mentions: tuple[str, ...]
    kind: str | None
    issuer: str | None
    ports: tuple[str, ...]
    origin: str
    script: str
    repairs: int
    damage: float
    digest: str = ""


@dataclass(frozen=True, slots=True)
class Shelf:
    """The bulletins of one division: those about it or a part of it, and those that only mention it or a part of it."""

    primary: tuple[Entry, ...]
    mentioned: tuple[Entry, ...]


@dataclass(frozen=True, slots=True)
class Catalogue:
    """The archive's bulletins, newest first, and their lists.

    `shelves`: division code -> Shelf, for every division with bulletins and its ancestors, in code order.
    `children`: division code -> codes of the divisions below it that have shelves; the empty code holds the roots.
    `periods`: `yyyy` and `yyyy-mm` -> entries, newest first; an imprecise date stands under each year that it touches
    and under a month only where it lies within it.
    `kinds`, `issuers` and `ports`: kind (`unknown` where a text does not tell) or Simplified name -> entries.
    `by_id`: id -> entry.
    `beside`: id -> the entries of its neighbours in time, newer and older, within the region that it is about.
    `standard`: the one that the bulletins' Traditional follows.
    """

    entries: tuple[Entry, ...]
    shelves: Mapping[str, Shelf]
    children: Mapping[str, tuple[str, ...]]
    unplaced: tuple[Entry, ...]
    periods: Mapping[str, tuple[Entry, ...]]
    undated: tuple[Entry, ...]
    kinds: Mapping[str, tuple[Entry, ...]]
    issuers: Mapping[str, tuple[Entry, ...]]
    ports: Mapping[str, tuple[Entry, ...]]
    by_id: Mapping[str, Entry]
    beside: Mapping[str, tuple[Entry | None, Entry | None]]
    standard: Standard = Standard.TW

    def years(self) -> list[str]:
        """The years that have entries, newest first."""
        return sorted((p for p in self.periods if len(p) == 4), reverse=True)

    def months(self, year: str) -> list[str]:
        """The months (`yyyy-mm`) of a year that have entries, newest first."""
        return sorted((p for p in self.periods if len(p) == 7 and p.startswith(year)), reverse=True)


def entry(bulletin: Bulletin) -> Entry:
    """What lists show of `bulletin`."""
    shown = _entry(bulletin)
    return shown._replace(digest=hashlib.sha256(repr(shown).encode("utf-8", "surrogatepass")).hexdigest()[:32])


def _entry(bulletin: Bulletin) -> Entry:
    published = bulletin.dates.published
    tags = bulletin.regions.tags
    return Entry(
        id=bulletin.id,
        titles={language: title(bulletin, language) for language in LANGUAGES},
        summaries={language: summary(bulletin, language) for language in LANGUAGES},
        date=published.edtf if published else "",
        earliest=published.earliest if published else "",
        latest=published.latest if published else "",
        regions=tuple(t.code for t in tags if t.role is Role.PRIMARY),
        mentions=tuple(t.code for t in tags if t.role is Role.MENTIONED),
        kind=bulletin.genre.kind,
        issuer=simplified(bulletin.genre.issuer or bulletin.received.sidecar.issuer) or None,
        ports=tuple(dict.fromkeys(plain(p.name) for p in bulletin.regions.others if p.kind == "port")),
        origin=_origin(bulletin),
        script=bulletin.scripts.received.value,
        repairs=len(bulletin.repaired.edits),
        damage=round(bulletin.repaired.damage, 4),
    )


def _origin(bulletin: Bulletin) -> str:
    """Where the copy came from: the site that the sidecar names, the host of its address, else the source that the text
    names itself; empty where nothing is known."""
    sidecar = bulletin.received.sidecar
    field = next((f for f in bulletin.reading.fields if f.name == "source"), None)
    told = bulletin.scripts.hans[field.start : field.end].strip() if field else ""
    return simplified(sidecar.site) or host(sidecar.url) or plain(told)


def summary(bulletin: Bulletin, language: str) -> str:
    """The beginning of the first paragraph, in a language, or else of the first line that is neither the title nor the
    web page's own; empty where there is none."""
    text = in_language(bulletin, language)
    told = [b for b in bulletin.reading.blocks if b.kind not in (BlockKind.TITLE, BlockKind.CHROME)]
    first = ([b for b in told if b.kind is BlockKind.PARAGRAPH] or told)[:1]
    words = plain(" ".join(render(text, replace(bulletin.reading, blocks=tuple(first))).split()))
    return words if len(words) <= _SUMMARY_LENGTH else words[: _SUMMARY_LENGTH - 1] + "…"


def catalogue(entries: Iterable[Entry], lineage: Lineage, standard: Standard = Standard.TW) -> Catalogue:
    """Arrange the entries of bulletins. `lineage` gives a division's code followed by its ancestors'."""
    entries = newest_first(entries)
    shelves = _shelves(entries, lineage)
    return Catalogue(
        entries=entries,
        shelves=shelves,
        children=_children(shelves, lineage),
        unplaced=tuple(e for e in entries if not e.regions),
        periods=_periods(entries),
        undated=tuple(e for e in entries if not e.latest),
        kinds=_listed(entries, lambda e: (e.kind or UNKNOWN,)),
        issuers=_listed(entries, lambda e: (e.issuer,) if e.issuer else ()),
        ports=_listed(entries, lambda e: e.ports),
        by_id={e.id: e for e in entries},
        beside=_beside(entries),
        standard=standard,
    )


def _listed(entries: Iterable[Entry], names: Callable[[Entry], Iterable[str]]) -> dict[str, tuple[Entry, ...]]:
    """Entries by each of their names, in the names' order."""
    found: dict[str, list[Entry]] = {}
    for item in entries:
        for name in names(item):
            found.setdefault(name, []).append(item)
    return {name: tuple(found[name]) for name in sorted(found)}


def _beside(entries: Iterable[Entry]) -> dict[str, tuple[Entry | None, Entry | None]]:
    """Each dated entry's neighbours among those with the same first region."""
    found: dict[str, tuple[Entry | None, Entry | None]] = {}
    for items in _listed(entries, lambda e: e.regions[:1] if e.latest else ()).values():
        for newer, item, older in zip((None, *items), items, (*items[1:], None), strict=False):
            found[item.id] = newer, older
    return found


def newest_first(entries: Iterable[Entry]) -> tuple[Entry, ...]:
    """By last possible day, then by first, newest first; undated ones last; ties by id."""
    by_id = sorted(entries, key=lambda e: e.id)
    return tuple(sorted(by_id, key=lambda e: (e.latest, e.earliest), reverse=True))


def _shelves(entries: Sequence[Entry], lineage: Lineage) -> dict[str, Shelf]:
    primary: dict[str, list[Entry]] = {}
    mentioned: dict[str, list[Entry]] = {}
    for item in entries:
        about = _with_ancestors(item.regions, lineage)
        named = _with_ancestors(item.mentions, lineage)
        for code in about:
            primary.setdefault(code, []).append(item)
        for code in named - about:
            mentioned.setdefault(code, []).append(item)
    codes = sorted(primary.keys() | mentioned.keys())
    return {code: Shelf(tuple(primary.get(code, ())), tuple(mentioned.get(code, ()))) for code in codes}


def _with_ancestors(codes: Iterable[str], lineage: Lineage) -> set[str]:
    return {ancestor for code in codes for ancestor in lineage(code)}


def _children(codes: Iterable[str], lineage: Lineage) -> dict[str, tuple[str, ...]]:
    below: dict[str, list[str]] = {}
    for code in codes:
        line = lineage(code)
        below.setdefault(line[1] if len(line) > 1 else "", []).append(code)
    return {code: tuple(sorted(children)) for code, children in sorted(below.items())}


def _periods(entries: Sequence[Entry]) -> dict[str, tuple[Entry, ...]]:
    found: dict[str, list[Entry]] = {}
    for item in entries:
        if not item.latest:
            continue
        for year in range(int(item.earliest[:4]), int(item.latest[:4]) + 1):
            found.setdefault(f"{year:04d}", []).append(item)
        if item.earliest[:7] == item.latest[:7]:
            found.setdefault(item.latest[:7], []).append(item)
    return {period: tuple(items) for period, items in sorted(found.items())}

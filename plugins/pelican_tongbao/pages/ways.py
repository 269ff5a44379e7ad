"""The ways into the archive: home, search, and lists by region, date, issuer, kind and port of entry."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, NamedTuple

from pelican_tongbao.labels import labels, say
from pelican_tongbao.pages.lists import NAMES_PER_PAGE, PER_PAGE, listed, listing, node, paged, tree
from pelican_tongbao.pages.page import Feeds, Page, feeds, few, region_name, twins
from tongbao import places
from tongbao.export import urls
from tongbao.export.browse import Catalogue, Entry
from tongbao.export.page import date_text
from tongbao.export.tilegrid import TileMap, tile_map
from tongbao.export.timeline import Calendar, Matrix, Timeline, by_month, day_calendar, matrix, starts, timeline
from tongbao.model import KINDS

# How many bulletins the home page shows.
NEWEST = 6

Lists = Mapping[str, Sequence[Entry]]


@dataclass(frozen=True, slots=True)
class Pictures:
    """What pages show in pictures, the same in each language: the bars, the map and the table of the archive; by
    period (`yyyy`, `yyyy-mm`) its calendar, its map, and where it begins in the list of each province-level unit."""

    line: Timeline
    map: TileMap
    table: Matrix
    days: Mapping[str, Calendar]
    maps: Mapping[str, TileMap]
    at: Mapping[str, Mapping[str, int]]


def pictures(catalogue: Catalogue) -> Pictures:
    """The pictures of an archive."""
    rows = [(code, catalogue.shelves[code].primary) for code in catalogue.children.get("", ())]
    starting = {code: starts(entries) for code, entries in rows}
    return Pictures(
        line=timeline(catalogue.entries),
        map=tile_map(catalogue.entries, places.lineage),
        table=matrix([*rows, (urls.UNKNOWN, catalogue.unplaced)], catalogue.entries),
        days={period: day_calendar(period, entries) for period, entries in catalogue.periods.items()},
        maps={period: tile_map(entries, places.lineage) for period, entries in catalogue.periods.items()},
        at={
            period: {code: begins[period] for code, begins in starting.items() if period in begins}
            for period in catalogue.periods
        },
    )


def home(catalogue: Catalogue, made: Pictures, language: str) -> Page:
    """What this is, the search, the newest bulletins, and the ways to the others."""
    view = {
        "entries": listed(catalogue.entries[:NEWEST], catalogue, language),
        "total": len(catalogue.entries),
        "years": [(year, len(catalogue.periods[year])) for year in catalogue.years()],
        "kinds": [(kind, len(entries)) for kind, entries in _kinds(catalogue)],
        "line": made.line,
        "map": made.map,
        "undated": len(catalogue.undated),
    }
    name = labels(urls.script(language), catalogue.standard)["site"]["name"]
    address = urls.home(language)
    return few(address, "home", language, twins(urls.home), "", view, feeds(urls.home, language=language, title=name))


def search(catalogue: Catalogue, language: str) -> Page:
    """The search page, with the divisions that a reader may choose."""
    view = {"options": list(tree("", catalogue, language))}
    heading = labels(language, catalogue.standard)["search"]["heading"]
    return few(urls.search(language), "search", language, twins(urls.search), heading, view)


# --- regions ---------------------------------------------------------------------------------------------------------


def regions(catalogue: Catalogue, made: Pictures, language: str) -> Iterator[Page]:
    """The tree of divisions, and the list of bulletins that tell of none."""
    words = labels(language, catalogue.standard)["region"]
    view = {
        "tree": list(tree("", catalogue, language)),
        "map": made.map,
        "years": catalogue.years(),
        "unplaced": len(catalogue.unplaced),
    }
    yield few(urls.region("", language), "regions", language, twins(urls.region, ""), words["heading"], view)
    yield from listing(
        catalogue, "region", urls.region, urls.UNKNOWN, language, words["unknown"],
        _parts("", catalogue.unplaced),
        {
            "intro": words["unknown_intro"],
            "path": (),
            "below": (),
            **_above(timeline(catalogue.unplaced), len(catalogue.unplaced)),
        },
    )  # fmt: skip


def region(code: str, catalogue: Catalogue, line_of: Timeline, language: str) -> Iterator[Page]:
    """The pages of a division; `region_shows` decides them. `line_of` are the bars of those that are about it."""
    shelf, line = catalogue.shelves[code], places.lineage(code)
    extra = {
        "intro": "",
        "path": [(c, region_name(c, language, catalogue.standard)) for c in reversed(line[1:])],
        "below": [node(c, catalogue, language) for c in catalogue.children.get(code, ())],
        **_above(line_of, len(shelf.primary), len(shelf.mentioned)),
    }
    entries = [*_parts("primary", shelf.primary), *((("mentioned", None), e) for e in shelf.mentioned)]
    name = region_name(code, language, catalogue.standard)
    yield from listing(
        catalogue, "region", urls.region, code, language, name, entries, extra,
        feeds(urls.region, code, language=language, title=region_name(code, urls.script(language), catalogue.standard)),
    )  # fmt: skip


def _parts(shelf: str, entries: Sequence[Entry]) -> list[tuple[tuple[str, str], Entry]]:
    """((shelf, month), entry) in the order of the list."""
    return [((shelf, part), entry) for part, entry in by_month(entries)]


def _above(line: Timeline, primary: int, mentioned: int = 0) -> dict[str, Any]:
    """What the pages of a division show above its list: bars that lead into it, page by page."""
    return {"line": line, "totals": {"primary": primary, "mentioned": mentioned}, "per_page": PER_PAGE}


def region_shows(code: str, catalogue: Catalogue) -> str:
    """A digest of what the pages and the feeds of a division show."""
    shelf = catalogue.shelves[code]
    parts = [code]
    for entries in (shelf.primary, shelf.mentioned):
        parts += ["", *[entry.digest for entry in entries]]
    for child in catalogue.children.get(code, ()):
        below = catalogue.shelves[child]
        parts += [child, str(len(below.primary)), str(len(below.mentioned))]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


# --- dates -----------------------------------------------------------------------------------------------------------


def dates(catalogue: Catalogue, made: Pictures, language: str) -> Iterator[Page]:
    """The list of years and months, each of these, and the list of undated bulletins."""
    words = labels(language, catalogue.standard)["date"]
    years = [(y, len(catalogue.periods[y]), _counts(catalogue, y)) for y in catalogue.years()]
    view = {
        "years": years,
        "undated": len(catalogue.undated),
        "line": made.line,
        "table": made.table,
        "per_page": PER_PAGE,
    }
    yield few(urls.date("", language), "dates", language, twins(urls.date, ""), words["heading"], view)
    yield from listing(
        catalogue, "date", urls.date, urls.UNDATED, language, words["undated"],
        [("", e) for e in catalogue.undated],
        {"intro": words["undated_intro"], "year": "", "months": (), "days": None, "map": None, "at": {}},
    )  # fmt: skip
    for period, entries in catalogue.periods.items():
        year, _, month = period.partition("-")
        extra = {
            "intro": "",
            "year": year if month else "",
            "months": () if month else _counts(catalogue, year),
            "days": made.days[period],
            "map": made.maps[period],
            "at": made.at[period],
            "per_page": PER_PAGE,
        }
        # In a month each day has a section, and those that may be of several days one before them.
        sections = [(_day(entry) if month else "", entry) for entry in entries]
        name = date_text(period, language)
        yield from listing(catalogue, "date", urls.date, period, language, name, sections, extra)


def _day(entry: Entry) -> str:
    return entry.latest if entry.earliest == entry.latest else ""


def _counts(catalogue: Catalogue, year: str) -> list[tuple[str, int]]:
    """(yyyy-mm, number of entries) for each month of a year, in calendar order."""
    return [(month, len(catalogue.periods[month])) for month in reversed(catalogue.months(year))]


# --- copies ----------------------------------------------------------------------------------------------------------


class Copy(NamedTuple):
    """What a family's page says of a copy besides its entry: the received `file`, and the id of the copy before it in
    time, with which it is compared, or empty."""

    file: str
    source: str


def copies(families: Lists, files: Mapping[str, str], catalogue: Catalogue, language: str) -> Iterator[Page]:
    """The families of copies, by name, the largest first, and the members of each, oldest first. `files` are the
    received ones, by id."""
    words = labels(language, catalogue.standard)["copies"]
    for shown, pager in paged(ranked(families), PER_PAGE, partial(urls.copies, "", language)):
        first = listed((families[name][0] for name in shown), catalogue, language)
        view = {"families": [(name, each, len(families[name])) for name, each in zip(shown, first, strict=True)]}
        yield _few_of("families", urls.copies, pager, language, words["heading"], view)
    script = urls.script(language)
    for name, members in families.items():
        sources = ("", *(member.id for member in members))
        notes = {member.id: Copy(files[member.id], source) for member, source in zip(members, sources, strict=False)}
        yield from listing(
            catalogue, "copies", urls.copies, name, language, members[0].titles[script], [("", e) for e in members],
            {}, notes=notes,
        )  # fmt: skip


def ranked(lists: Lists) -> list[str]:
    """The names of lists, the longest first."""
    return sorted(lists, key=lambda name: (-len(lists[name]), name))


def _few_of(
    template: str, address: Callable[..., str], pager: Mapping[str, Any], language: str, title: str,
    view: Mapping[str, Any],
) -> Page:  # fmt: skip
    """A page of a list of lists."""
    addresses = {each: address("", each, pager["number"]) for each in urls.SITE_LANGUAGES}
    return few(addresses[language], template, language, addresses, title, {**pager, **view})


# --- kinds, issuers, ports -------------------------------------------------------------------------------------------


def kinds(catalogue: Catalogue, language: str) -> Iterator[Page]:
    """The list of kinds, and the bulletins of each."""
    t = labels(language, catalogue.standard)
    view = {"kinds": [(kind, len(entries)) for kind, entries in _kinds(catalogue)]}
    yield few(urls.kind("", language), "kinds", language, twins(urls.kind, ""), t["kind"]["heading"], view)
    for kind, entries in _kinds(catalogue):
        name = t["kinds"]["none" if kind == urls.UNKNOWN else kind]
        yield from listing(
            catalogue, "named", urls.kind, kind, language, name, [("", e) for e in entries],
            {"way": "kind", "intro": t["kind_intros"]["none" if kind == urls.UNKNOWN else kind]},
            kind_feeds(kind, language, labels(urls.script(language), catalogue.standard)["kinds"].get(kind, "")),
        )  # fmt: skip


def kind_feeds(kind: str, language: str, title: str) -> Feeds | None:
    """The feeds of a kind; bulletins of which it is not known have none."""
    return None if kind == urls.UNKNOWN else feeds(urls.kind, kind, language=language, title=title)


def issuers(catalogue: Catalogue, language: str) -> Iterator[Page]:
    """The list of issuers, and the bulletins of each."""
    yield from _names("issuer", urls.issuer, catalogue.issuers, catalogue, language)


def ports(catalogue: Catalogue, language: str) -> Iterator[Page]:
    """The list of ports of entry that bulletins name, and the bulletins that name each."""
    yield from _names("port", urls.port, catalogue.ports, catalogue, language)


def _names(way: str, address: Callable[..., str], lists: Lists, catalogue: Catalogue, language: str) -> Iterator[Page]:
    words = labels(language, catalogue.standard)[way]
    for shown, pager in paged(ranked(lists), NAMES_PER_PAGE, partial(address, "", language)):
        names = [(name, say(name, language, catalogue.standard), len(lists[name])) for name in shown]
        yield _few_of("names", address, pager, language, words["heading"], {"way": way, "names": names})
    for name, entries in lists.items():
        yield from listing(
            catalogue, "named", address, name, language, say(name, language, catalogue.standard),
            [("", e) for e in entries], {"way": way, "intro": ""},
        )  # fmt: skip


def _kinds(catalogue: Catalogue) -> list[tuple[str, Sequence[Entry]]]:
    """The kinds that there are, in the genre's order, unknown ones last."""
    return [(kind, catalogue.kinds[kind]) for kind in (*KINDS, urls.UNKNOWN) if kind in catalogue.kinds]

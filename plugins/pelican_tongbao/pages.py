"""The pages of the site: for each its address, its template and what the template shows."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache, partial
from itertools import chain
from typing import Any

from pelican_tongbao.labels import labels, rule_names, say
from tongbao import places
from tongbao.export import page as export
from tongbao.export import urls
from tongbao.export.browse import Catalogue, Entry
from tongbao.model import Bulletin, Standard

# How many entries a page of a list shows.
PER_PAGE = 100
NEWEST = 20

# The value of `lang` for each language of the site.
TAGS = {"zh-hans": "zh-Hans", "zh-hant": "zh-Hant"}
# What each language calls itself; the same on every page.
OWN_NAMES = {"zh-hans": "简体", "zh-hant": "繁體"}


@dataclass(frozen=True, slots=True)
class Page:
    """A page: the address of its folder below the root, its template, its language, its twins, and what it shows.

    `title` is the page's own name, without the site's. `view` makes what the template shows, and `shows` decides it:
    with all else that is said here, the same `shows` gives the same page. `feed` is the address of its feed, if it has
    one. `standard` is the one that its Traditional follows.
    """

    address: str
    template: str
    language: str
    twins: Mapping[str, str]
    title: str
    view: Callable[[], Mapping[str, Any]] = field(repr=False)
    shows: object
    feed: str = ""
    standard: Standard = Standard.TW

    @property
    def file(self) -> str:
        """The file it is written to."""
        return f"{self.address}index.html"

    def context(self) -> dict[str, Any]:
        """What every template gets."""
        return {
            "page": self,
            "lang": TAGS[self.language],
            "language": self.language,
            "tags": TAGS,
            "own_names": OWN_NAMES,
            "root": urls.root(self.address),
            "urls": urls,
            "t": labels(self.language, self.standard),
            "say": lambda words: say(words, self.language, self.standard),
            "rules": lambda rule: rule_names(rule, self.language, self.standard),
            "region": lambda code: region_name(code, self.language, self.standard),
            "lineal": lambda code: lineal_name(code, self.language, self.standard),
            **self.view(),
        }


@dataclass(frozen=True, slots=True)
class RegionNode:
    """A division in a tree or a list: its name in the page's script and the counts of its shelf."""

    code: str
    name: str
    depth: int
    primary: int
    mentioned: int


@cache
def region_name(code: str, language: str, standard: Standard = Standard.TW) -> str:
    """A division's name; the code itself where the table does not know it."""
    division = places.divisions().get(code)
    name = division.name if division else code
    return say(name, language, standard)


def lineal_name(code: str, language: str, standard: Standard = Standard.TW) -> str:
    """A division's name after that of what it lies in (阳泉市城区), to tell it from its namesakes."""
    above = places.lineage(code)[1:2]
    return "".join(region_name(each, language, standard) for each in (*above, code))


def feed_address(address: str) -> str:
    """The feed beside a page."""
    return f"{address}atom.xml"


def list_pages(catalogue: Catalogue, own: Sequence[Any]) -> Iterator[Page]:
    """The pages that are not bulletins. `own` are Pelican's content pages (about, method, glossary)."""
    yield from overview_pages(catalogue, own)
    for code in catalogue.shelves:
        yield from region_pages(code, catalogue)


def overview_pages(catalogue: Catalogue, own: Sequence[Any]) -> Iterator[Page]:
    """Home, search, the tree of regions, dates, and the archive's own pages."""
    for language in urls.LANGUAGES:
        made = (
            [_home(catalogue, language), _search(catalogue, language)],
            _regions(catalogue, language),
            _dates(catalogue, language),
            (_own(page, language, catalogue.standard) for page in own),
        )
        yield from (replace(page, standard=catalogue.standard) for page in chain.from_iterable(made))


def region_pages(code: str, catalogue: Catalogue) -> Iterator[Page]:
    """The pages of a division; `region_shows` decides them."""
    for language in urls.LANGUAGES:
        yield from (replace(page, standard=catalogue.standard) for page in _region(code, catalogue, language))


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


def bulletin_pages(bulletin: Bulletin, catalogue: Catalogue, at: int) -> Iterator[Page]:
    """The pages of the bulletin whose entry is `at` that place, with its neighbours in time."""
    order = catalogue.entries
    newer = order[at - 1] if at else None
    older = order[at + 1] if at + 1 < len(order) else None
    for language, model in export.bulletin_pages(bulletin).items():
        twins = dict(model.addresses)
        view = partial(dict, b=model, newer=newer, older=older)
        shown = (bulletin.id, newer, older)
        yield Page(twins[language], "bulletin", language, twins, model.title, view, shown, standard=catalogue.standard)


def _page(
    address: str,
    template: str,
    language: str,
    twins: Mapping[str, str],
    title: str,
    view: Mapping[str, Any],
    feed: str = "",
) -> Page:
    """A page of which there are few: its view decides it."""
    return Page(address, template, language, twins, title, lambda: view, view, feed)


def _home(catalogue: Catalogue, language: str) -> Page:
    provinces = [_node(code, catalogue, language, 0) for code in catalogue.children.get("", ())]
    view = {
        "entries": _listed(catalogue.entries[:NEWEST], catalogue, language),
        "total": len(catalogue.entries),
        "regions": sorted(provinces, key=lambda n: (-n.primary, -n.mentioned, n.code)),
        "years": [(year, len(catalogue.periods[year])) for year in catalogue.years()],
        "undated": len(catalogue.undated),
        "unplaced": len(catalogue.unplaced),
    }
    address = urls.home(language)
    return _page(address, "home", language, _twins(urls.home), "", view, feed_address(address))


def _search(catalogue: Catalogue, language: str) -> Page:
    view = {"options": list(_tree("", catalogue, language, 0))}
    heading = labels(language, catalogue.standard)["search"]["heading"]
    return _page(urls.search(language), "search", language, _twins(urls.search), heading, view)


def _regions(catalogue: Catalogue, language: str) -> Iterator[Page]:
    words = labels(language, catalogue.standard)["region"]
    tree = list(_tree("", catalogue, language, 0))
    view = {"tree": tree, "unplaced": len(catalogue.unplaced)}
    yield _page(urls.region("", language), "regions", language, _twins(urls.region, ""), words["heading"], view)
    yield from _list(
        catalogue, "region", urls.region, urls.UNKNOWN, language, words["unknown"],
        [("", e) for e in catalogue.unplaced], {"intro": words["unknown_intro"], "path": (), "below": ()},
    )  # fmt: skip


def _region(code: str, catalogue: Catalogue, language: str) -> Iterator[Page]:
    shelf, line = catalogue.shelves[code], places.lineage(code)
    extra = {
        "intro": "",
        "path": [(c, region_name(c, language, catalogue.standard)) for c in reversed(line[1:])],
        "below": [_node(c, catalogue, language, 0) for c in catalogue.children.get(code, ())],
    }
    entries = [("primary", e) for e in shelf.primary] + [("mentioned", e) for e in shelf.mentioned]
    name, feed = region_name(code, language, catalogue.standard), feed_address(urls.region(code, language))
    yield from _list(catalogue, "region", urls.region, code, language, name, entries, extra, feed)


def _dates(catalogue: Catalogue, language: str) -> Iterator[Page]:
    words = labels(language, catalogue.standard)["date"]
    years = [(y, len(catalogue.periods[y]), _counts(catalogue, y)) for y in catalogue.years()]
    view = {"years": years, "undated": len(catalogue.undated)}
    yield _page(urls.date("", language), "dates", language, _twins(urls.date, ""), words["heading"], view)
    yield from _list(
        catalogue, "date", urls.date, urls.UNDATED, language, words["undated"],
        [("", e) for e in catalogue.undated], {"intro": words["undated_intro"], "year": "", "months": ()},
    )  # fmt: skip
    for period, entries in catalogue.periods.items():
        year, _, month = period.partition("-")
        name = f"{year}年{int(month)}月" if month else f"{year}年"
        extra = {"intro": "", "year": year if month else "", "months": () if month else _counts(catalogue, year)}
        yield from _list(catalogue, "date", urls.date, period, language, name, [("", e) for e in entries], extra)


def _counts(catalogue: Catalogue, year: str) -> list[tuple[str, int]]:
    """(yyyy-mm, number of entries) for each month of a year, in calendar order."""
    return [(month, len(catalogue.periods[month])) for month in reversed(catalogue.months(year))]


def _own(page: Any, language: str, standard: Standard) -> Page:
    """A content page; its words are Simplified, and converted for the Traditional twin."""
    twins = {each: f"{each}/{page.slug}/" for each in urls.LANGUAGES}
    view = {"content": say(page.content, language, standard)}
    return _page(twins[language], "page", language, twins, say(page.title, language, standard), view)


def _list(
    catalogue: Catalogue, template: str, address: Any, key: str, language: str, name: str,
    entries: Sequence[tuple[str, Entry]], extra: Mapping[str, Any], feed: str = "",
) -> Iterator[Page]:  # fmt: skip
    """The pages of a list of (section, entry), `PER_PAGE` a page; an empty list has one page."""
    last = max(1, -(-len(entries) // PER_PAGE))
    counts: dict[str, int] = {}
    for section, _ in entries:
        counts[section] = counts.get(section, 0) + 1
    for number in range(1, last + 1):
        shown = entries[(number - 1) * PER_PAGE : number * PER_PAGE]
        view = {
            "key": key,
            "number": number,
            "last": last,
            "previous": address(key, language, number - 1) if number > 1 else "",
            "next": address(key, language, number + 1) if number < last else "",
            **extra,
        }
        twins = {each: address(key, each, number) for each in urls.LANGUAGES}
        shows = (view, counts, [(section, entry.digest) for section, entry in shown])
        make = partial(_view, view, counts, shown, catalogue, language)
        yield Page(twins[language], template, language, twins, name, make, shows, feed)


def _view(
    view: Mapping[str, Any], counts: Mapping[str, int], shown: Sequence[tuple[str, Entry]], catalogue: Catalogue,
    language: str,
) -> dict[str, Any]:  # fmt: skip
    """What a page of a list shows: its entries by section."""
    sections = [
        (section, counts[section], _listed((e for s, e in shown if s == section), catalogue, language))
        for section in dict.fromkeys(s for s, _ in shown)
    ]
    return {**view, "sections": sections}


def _listed(entries: Iterable[Entry], catalogue: Catalogue, language: str) -> list[tuple[Entry, list[tuple[str, str]]]]:
    """Entries with the (code, name) of their regions."""
    standard = catalogue.standard
    return [(entry, [(code, region_name(code, language, standard)) for code in entry.regions]) for entry in entries]


def _tree(code: str, catalogue: Catalogue, language: str, depth: int) -> Iterator[RegionNode]:
    """The divisions below a code in depth-first order."""
    for child in catalogue.children.get(code, ()):
        yield _node(child, catalogue, language, depth)
        yield from _tree(child, catalogue, language, depth + 1)


def _node(code: str, catalogue: Catalogue, language: str, depth: int) -> RegionNode:
    shelf = catalogue.shelves[code]
    name = region_name(code, language, catalogue.standard)
    return RegionNode(code, name, depth, len(shelf.primary), len(shelf.mentioned))


def _twins(address: Any, *key: str) -> dict[str, str]:
    return {language: address(*key, language) for language in urls.LANGUAGES}

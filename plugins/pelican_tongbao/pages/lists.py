"""Lists of bulletins, page by page, and trees of divisions."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from types import MappingProxyType
from typing import Any, TypeVar

from pelican_tongbao.labels import say
from pelican_tongbao.pages.page import Feeds, Page, region_name
from tongbao.export import urls
from tongbao.export.browse import Catalogue, Entry

_T = TypeVar("_T")

# How many entries a page of a list shows, and how many names.
PER_PAGE, NAMES_PER_PAGE = 100, 500

# An entry with the (code, name) of its regions and its issuer's name.
Listed = tuple[Entry, list[tuple[str, str]], str]


@dataclass(frozen=True, slots=True)
class RegionNode:
    """A division in a tree or a list: its name in the page's script and the counts of its shelf."""

    code: str
    name: str
    depth: int
    primary: int
    mentioned: int


def listing(
    catalogue: Catalogue, template: str, address: Callable[..., str], key: str, language: str, name: str,
    entries: Sequence[tuple[Hashable, Entry]], extra: Mapping[str, Any], feeds: Feeds | None = None,
    notes: Mapping[str, object] = MappingProxyType({}),
) -> Iterator[Page]:  # fmt: skip
    """The pages of a list of (section, entry), `PER_PAGE` a page; an empty list has one page. `extra` is what the
    template shows besides, on each of them; `notes`, by id, what it shows of the entries on a page."""
    counts: dict[Hashable, int] = {}
    for section, _ in entries:
        counts[section] = counts.get(section, 0) + 1
    for shown, pager in paged(entries, PER_PAGE, partial(address, key, language)):
        number = pager["number"]
        told = {entry.id: notes[entry.id] for _, entry in shown if entry.id in notes}
        view = {"key": key, **pager, **extra, "notes": told}
        twins = {each: address(key, each, number) for each in urls.SITE_LANGUAGES}
        shows = (view, counts, [(section, entry.digest) for section, entry in shown])
        make = partial(_view, view, counts, shown, catalogue, language)
        yield Page(twins[language], template, language, twins, name, make, shows, feeds)


def paged(
    items: Sequence[_T], size: int, address: Callable[[int], str]
) -> Iterator[tuple[Sequence[_T], dict[str, Any]]]:
    """Items, `size` a page, with what the pager of each page shows; no items are one page. `address` gives a page's by
    its number, from 1."""
    last = max(1, -(-len(items) // size))
    for number in range(1, last + 1):
        pager = {
            "number": number,
            "last": last,
            "previous": address(number - 1) if number > 1 else "",
            "next": address(number + 1) if number < last else "",
        }
        yield items[(number - 1) * size : number * size], pager


def _view(
    view: Mapping[str, Any], counts: Mapping[Hashable, int], shown: Sequence[tuple[Hashable, Entry]],
    catalogue: Catalogue, language: str,
) -> dict[str, Any]:  # fmt: skip
    """What a page of a list shows: its entries by section."""
    sections = [
        (section, counts[section], listed((e for s, e in shown if s == section), catalogue, language))
        for section in dict.fromkeys(s for s, _ in shown)
    ]
    return {**view, "sections": sections}


def listed(entries: Iterable[Entry], catalogue: Catalogue, language: str) -> list[Listed]:
    """Entries with the names that a list shows of them."""
    standard = catalogue.standard
    return [
        (
            entry,
            [(code, region_name(code, language, standard)) for code in entry.regions],
            say(entry.issuer, language, standard) if entry.issuer else "",
        )
        for entry in entries
    ]


def tree(code: str, catalogue: Catalogue, language: str, depth: int = 0) -> Iterator[RegionNode]:
    """The divisions below a code in depth-first order."""
    for child in catalogue.children.get(code, ()):
        yield node(child, catalogue, language, depth)
        yield from tree(child, catalogue, language, depth + 1)


def node(code: str, catalogue: Catalogue, language: str, depth: int = 0) -> RegionNode:
    """A division with the counts of its shelf."""
    shelf = catalogue.shelves[code]
    name = region_name(code, language, catalogue.standard)
    return RegionNode(code, name, depth, len(shelf.primary), len(shelf.mentioned))

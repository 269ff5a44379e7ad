"""The pages of the site: for each its address, its template and what the template shows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from itertools import chain
from typing import Any

from pelican_tongbao.labels import labels
from pelican_tongbao.pages import glossary, others, ways
from pelican_tongbao.pages.bulletins import beside, bulletin_pages, compare_pages
from pelican_tongbao.pages.page import Feeds, Page, feeds, region_name, twins
from pelican_tongbao.pages.ways import Lists, kind_feeds, region_shows
from tongbao.export import urls
from tongbao.export.browse import Catalogue
from tongbao.export.timeline import timeline
from tongbao.model import Standard

__all__ = [
    "Feeds",
    "Page",
    "beside",
    "bulletin_pages",
    "compare_pages",
    "feeds",
    "kind_feeds",
    "others",
    "overview_pages",
    "region_name",
    "region_pages",
    "region_shows",
]


def overview_pages(
    catalogue: Catalogue, own: Sequence[Any], families: Lists, files: Mapping[str, str]
) -> Iterator[Page]:
    """Home, search, the ways to the bulletins but single regions, and the archive's own pages. `own` are Pelican's
    content pages (about, method), `families` the copies, by name, and `files` the received file of each, by id."""
    pictures = ways.pictures(catalogue)
    for language in urls.SITE_LANGUAGES:
        made = (
            [ways.home(catalogue, pictures, language), ways.search(catalogue, language)],
            ways.regions(catalogue, pictures, language),
            ways.dates(catalogue, pictures, language),
            ways.kinds(catalogue, language),
            ways.issuers(catalogue, language),
            ways.ports(catalogue, language),
            ways.copies(families, files, catalogue, language),
            [_glossary(language, catalogue.standard)],
        )
        yield from (replace(page, standard=catalogue.standard) for page in chain.from_iterable(made))
    yield from (replace(page, standard=catalogue.standard) for page in others.own(own, catalogue.standard))


def region_pages(code: str, catalogue: Catalogue) -> Iterator[Page]:
    """The pages of a division; `region_shows` decides them."""
    line = timeline(catalogue.shelves[code].primary)
    for language in urls.SITE_LANGUAGES:
        made = ways.region(code, catalogue, line, language)
        yield from (replace(page, standard=catalogue.standard) for page in made)


def _glossary(language: str, standard: Standard) -> Page:
    """The genre's terms: a table of the library, which is in the key of every page."""
    heading = labels(language, standard)["glossary"]["heading"]
    view = partial(glossary.view, language, standard)
    return Page(urls.glossary(language), "glossary", language, twins(urls.glossary), heading, view, "glossary")

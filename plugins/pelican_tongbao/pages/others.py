"""Pages about the archive: those of its keepers, the curator's report, and the one for addresses that lead nowhere."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import groupby
from typing import Any
from urllib.parse import urlsplit

from pelican_tongbao.labels import labels, say
from pelican_tongbao.pages.faults import told
from pelican_tongbao.pages.page import Page, few, twins
from pelican_tongbao.pages.ways import Lists, ranked
from tongbao.export import urls
from tongbao.model import Standard

# How many of each sort the report lists; all are in the data file.
MOST = 100


def own(pages: Sequence[Any], standard: Standard) -> Iterator[Page]:
    """The keepers' pages, as Pelican read them. Simplified ones are converted for their Traditional twins; an English
    one is written as such, under the same slug."""
    for slug, variants in groupby(sorted(pages, key=lambda page: page.slug), key=lambda page: page.slug):
        written = {page.lang: page for page in variants}
        if (simplified := written.get("zh-hans")) is not None:
            written.setdefault("zh-hant", simplified)
        there = [language for language in urls.SITE_LANGUAGES if language in written]
        for language in there:
            page = written[language]
            view = {"content": say(page.content, language, standard)}
            title = say(page.title, language, standard)
            addresses = twins(urls.own, slug, languages=there)
            yield few(addresses[language], "page", language, addresses, title, view)


def menus(pages: Iterable[Any], standard: Standard) -> dict[str, list[tuple[str, str]]]:
    """By language: (address, title) of the keepers' pages, in their order."""
    found: dict[str, list[tuple[str, str]]] = {language: [] for language in urls.SITE_LANGUAGES}
    ordered = sorted(pages, key=lambda page: (page.metadata.get("order", ""), page.slug))
    english = {page.slug for page in ordered if page.lang == "en"}
    for page in ordered:
        languages = ["en"] if page.lang == "en" else urls.LANGUAGES
        for language in languages:
            found[language].append((urls.own(page.slug, language), say(page.title, language, standard)))
        if page.lang != "en" and page.slug not in english:
            found["en"].append((urls.own(page.slug, "zh-hans"), page.title))
    return found


def report(made: Mapping[str, Any], families: Lists, standard: Standard) -> Iterator[Page]:
    """The curator's report, of the values of `data/report.json`, with the largest `families` of copies."""
    largest = ranked(families)[:MOST]
    for language in urls.SITE_LANGUAGES:
        heading, script = labels(language, standard)["report"]["heading"], urls.script(language)
        shown = [(name, families[name][0].titles[script], len(families[name])) for name in largest]
        refused = [
            (item["source"], *told(item["fault"], item["remedy"], language, standard))
            for item in made["quarantined"][:MOST]
        ]
        view = {"report": made, "families": shown, "refused": refused, "most": MOST}
        addresses = twins(urls.report)
        yield replace(few(addresses[language], "report", language, addresses, heading, view), standard=standard)


def not_found(site: str) -> Page:
    """The page for addresses that lead nowhere, in all languages. It may be shown under any address: its links begin at
    the root of the server, with the path of the site's own URL."""
    view = {"tables": {language: labels(language) for language in urls.SITE_LANGUAGES}}
    page = few("", "404", urls.LANGUAGES[0], {}, labels(urls.LANGUAGES[0])["missing"]["heading"], view)
    return replace(page, name=urls.NOT_FOUND, base=f"{urlsplit(site).path.rstrip('/')}/")

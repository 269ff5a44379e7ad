"""A page: its address, its template, its language, and what its template gets."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from markupsafe import Markup, escape

from pelican_tongbao.labels import labels, rule_names, say
from tongbao import places
from tongbao.export import tilegrid, urls
from tongbao.export.page import date_text
from tongbao.model import Standard

# What each language calls itself; the same on every page.
OWN_NAMES = {"zh-hans": "简体", "zh-hant": "繁體", "en": "English"}
# Runs of Chinese within English words.
_CHINESE = re.compile(
    r"[⺀-〿㇀-鿿豈-﫿！-～\U00020000-\U0003ffff]+(?:[^A-Za-z]*[⺀-〿㇀-鿿豈-﫿！-～\U00020000-\U0003ffff]+)*"
)


@dataclass(frozen=True, slots=True)
class Feeds:
    """The addresses of a page's feeds, and their title."""

    title: str
    atom: str
    json: str


@dataclass(frozen=True, slots=True)
class Page:
    """A page: the address of its folder below the root, its template, its language, its twins, and what it shows.

    `title` is the page's own name, without the site's. `view` makes what the template shows, and `shows` decides it:
    with all else that is said here, the same `shows` gives the same page. `standard` is the one that its Traditional
    follows. `name` is its file's, `base` the way to the root, where that is not the way up from its address.
    """

    address: str
    template: str
    language: str
    twins: Mapping[str, str]
    title: str
    view: Callable[[], Mapping[str, Any]] = field(repr=False)
    shows: object
    feeds: Feeds | None = None
    standard: Standard = Standard.TW
    name: str = "index.html"
    base: str = ""

    @property
    def file(self) -> str:
        """The file it is written to."""
        return f"{self.address}{self.name}"

    def context(self) -> dict[str, Any]:
        """What every template gets."""
        language, standard = self.language, self.standard
        return {
            "page": self,
            "lang": urls.TAGS[language],
            "language": language,
            "texts": urls.script(language),
            "tags": urls.TAGS,
            "own_names": OWN_NAMES,
            "root": self.base or urls.root(self.address),
            "urls": urls,
            "t": labels(language, standard),
            "say": lambda words: say(words, language, standard),
            "day": lambda edtf: date_text(edtf, language),
            "zh": chinese if language == "en" else escape,
            "rules": lambda rule: rule_names(rule, language, standard),
            "region": lambda code: region_name(code, language, standard),
            "lineal": lambda code: lineal_name(code, language, standard),
            **self.view(),
        }


def chinese(text: str) -> Markup:
    """Words of an English page, each run of Chinese in them with its language."""
    parts: list[Markup] = []
    at = 0
    for found in _CHINESE.finditer(text):
        parts += (escape(text[at : found.start()]), Markup('<span lang="zh-Hans">{}</span>').format(found[0]))
        at = found.end()
    return Markup("").join([*parts, escape(text[at:])])


@cache
def region_name(code: str, language: str, standard: Standard = Standard.TW) -> str:
    """A division's name; the code itself where the table does not know it. In English those of provinces."""
    if language == "en" and code in _english():
        return _english()[code]
    division = places.divisions().get(code)
    name = division.name if division else code
    return say(name, language, standard)


@cache
def _english() -> Mapping[str, str]:
    return {unit.code: unit.english for unit in tilegrid.units()}


def lineal_name(code: str, language: str, standard: Standard = Standard.TW) -> str:
    """A division's name after that of what it lies in (阳泉市城区), to tell it from its namesakes."""
    above = places.lineage(code)[1:2]
    return "".join(region_name(each, language, standard) for each in (*above, code))


def few(
    address: str, template: str, language: str, twins: Mapping[str, str], title: str, view: Mapping[str, Any],
    feeds: Feeds | None = None,
) -> Page:  # fmt: skip
    """A page of which there are few: its view decides it."""
    return Page(address, template, language, twins, title, lambda: view, view, feeds)


def twins(address: Callable[..., str], *key: str, languages: Iterable[str] = urls.SITE_LANGUAGES) -> dict[str, str]:
    """{language: address} of the same page in each language."""
    return {language: address(*key, language) for language in languages}


def feeds(address: Callable[..., str], *key: str, language: str, title: str) -> Feeds:
    """The feeds beside a page; those of an English one are the Simplified ones."""
    page = address(*key, urls.script(language))
    return Feeds(title, f"{page}atom.xml", f"{page}feed.json")

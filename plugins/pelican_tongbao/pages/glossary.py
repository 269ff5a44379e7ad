"""The page of the genre's terms: what its template shows, as plain values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pelican_tongbao.labels import say
from tongbao.export import glossary, urls
from tongbao.export.page import date_text
from tongbao.model import Standard


@dataclass(frozen=True, slots=True)
class Entry:
    """A term. `anchor` is its id on the page. `term`, `variants` and `source` are Chinese, in the page's script, and in
    Simplified on the English page; `english` is empty on the Chinese ones. `since` and `until` are dates as the page
    writes them, or empty; `period` is the label of what they say: from, to, from_to, or "" where there are none.
    `related` are (anchor, term)."""

    anchor: str
    term: str
    english: str
    definition: str
    variants: tuple[str, ...]
    period: str
    since: str
    until: str
    source: str
    related: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Section:
    """A section: its id on the page, its name in the page's language, its terms."""

    anchor: str
    name: str
    entries: tuple[Entry, ...]


def view(language: str, standard: Standard = Standard.TW) -> Mapping[str, Any]:
    """What the page shows in a language: `sections` and `total`, the number of terms. The data table decides it."""
    sections = tuple(
        Section(
            section.key,
            section.en if language == "en" else say(section.hans, language, standard),
            tuple(_entry(t, language, standard) for t in glossary.terms().values() if t.section == section.key),
        )
        for section in glossary.sections()
    )
    return {"sections": sections, "total": len(glossary.terms()), "chinese": urls.TAGS[urls.script(language)]}


# (whether the beginning is known, whether the end is): the label.
_PERIODS = {(False, False): "", (True, False): "from", (False, True): "to", (True, True): "from_to"}


def _entry(term: glossary.Term, language: str, standard: Standard) -> Entry:
    def said(words: str) -> str:
        return say(words, language, standard)

    english = language == "en"
    return Entry(
        anchor=_anchor(term.id),
        term=said(term.term),
        english=term.english if english else "",
        definition=term.en if english else said(term.hans),
        variants=tuple(map(said, term.variants)),
        period=_PERIODS[bool(term.since), bool(term.until)],
        since=term.since if english else date_text(term.since),
        until=term.until if english else date_text(term.until),
        source=said(term.source),
        related=tuple((_anchor(each), said(glossary.terms()[each].term)) for each in term.see),
    )


def _anchor(number: int) -> str:
    return f"t{number}"

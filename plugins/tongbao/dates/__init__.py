"""Dates: the day a bulletin was published and the days it tells of, each with its rule and spans."""

from __future__ import annotations

from collections.abc import Sequence

from tongbao.dates.events import events
from tongbao.dates.expressions import scan
from tongbao.dates.publication import Text, publication
from tongbao.dates.roles import place
from tongbao.model import DateTags, Document


def tag(document: Document, regions: Sequence[str]) -> DateTags:
    """The dates of a document. `regions` are the codes it is about, with their ancestors: they tell which local facts
    may date it. Evidence is in repaired coordinates. Pure; linear in the text."""
    text = Text(document, place(document, scan(document.folded)), tuple(regions))
    published = publication(text)
    return DateTags(published, events(text, published))

"""What is kept at hand of each bulletin while a site is made: lists, feeds, the report and the search need no more."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

from tongbao.export.browse import Entry, entry
from tongbao.export.kinship import sketch
from tongbao.export.searching import search_document
from tongbao.likeness import Sketch
from tongbao.model import Bulletin
from tongbao.search import Head, head


class Brief(NamedTuple):
    """`rules` are those of its edits, in their order; `confirmed` how many of these copies gave or confirmed."""

    entry: Entry
    head: Head
    source: str
    encoding: str
    duplicates: int
    rules: tuple[str, ...]
    confirmed: int
    suggestions: int
    review: tuple[str, ...]
    sketch: Sketch


def brief(bulletin: Bulletin, lineage: Callable[[str], Sequence[str]]) -> Brief:
    """The brief of a bulletin; `lineage` gives a division's code followed by its ancestors'."""
    received, repaired = bulletin.received, bulletin.repaired
    return Brief(
        entry=entry(bulletin),
        head=head(search_document(bulletin, lineage), received.source),
        source=received.source,
        encoding=received.encoding,
        duplicates=len(received.also_received_as),
        rules=tuple(edit.rule for edit in repaired.edits),
        confirmed=sum(bool(edit.evidence.copies) for edit in repaired.edits),
        suggestions=len(repaired.suggestions),
        review=repaired.review,
        sketch=sketch(bulletin),
    )

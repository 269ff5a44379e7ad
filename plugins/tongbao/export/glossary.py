"""The genre's terms: what they mean, and where a text uses them.

A term is known by a number (`data/glossary.toml` says why), which is the `number` of its marks in a text.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType
from typing import Any

from ahocorasick_rs import AhoCorasick, MatchKind

from tongbao.data import toml
from tongbao.export.marks import Mark
from tongbao.folding import fold
from tongbao.model import Block, BlockKind, Edit
from tongbao.patterns import regex

TERM = "term"

# Beyond these the automaton can't go: lone surrogates have no UTF-8.
_UNFIT = regex("[\ud800-\udfff]")
# What a text that looks like a term, and is none, stands for.
_NONE = 0


@dataclass(frozen=True, slots=True)
class Term:
    """A term of the genre. `term`, `variants`, `hans` (the definition) and `source` are in Simplified; `english` is a
    rendering of the term and `en` the definition in English. `since` and `until` are `yyyy`, `yyyy-mm`, `yyyy-mm-dd`
    or "". `see` are the ids of related terms. `spellings` are wordings not worth showing. `linked` says whether texts
    lead to the term, `not_before` and `not_after` beside what its wordings are parts of other words."""

    id: int
    section: str
    term: str
    english: str
    hans: str
    en: str
    variants: tuple[str, ...] = ()
    spellings: tuple[str, ...] = ()
    not_before: tuple[str, ...] = ()
    not_after: tuple[str, ...] = ()
    linked: bool = True
    since: str = ""
    until: str = ""
    source: str = ""
    see: tuple[int, ...] = ()

    @property
    def wordings(self) -> tuple[str, ...]:
        """All that is found in texts."""
        return (self.term, *self.variants, *self.spellings)


@dataclass(frozen=True, slots=True)
class Section:
    """A section of the glossary: its key, and its name in Simplified and in English."""

    key: str
    hans: str
    en: str


@cache
def terms() -> Mapping[int, Term]:
    """{id: term}, in the order of the table."""
    return MappingProxyType({row["id"]: Term(**_frozen(row)) for row in _table()["term"]})


@cache
def sections() -> tuple[Section, ...]:
    """The sections, in the order of the table."""
    return tuple(Section(**row) for row in _table()["section"])


def load() -> None:
    """Load the table and what finds its terms: some hundredths of a second, once a process."""
    _finder()


def occurrences(folded: str) -> tuple[tuple[int, int, int], ...]:
    """(start, end, id) of each term in a folded text, from left to right, the longest wording first."""
    automaton, meant = _finder()
    found = automaton.find_matches_as_indexes(_UNFIT.sub("\ufffc", folded))
    return tuple((start, end, meant[n]) for n, start, end in found if meant[n] != _NONE)


def links(text: str, blocks: Iterable[Block], marks: Iterable[Mark], edits: Iterable[Edit]) -> Iterator[Mark]:
    """A mark for each term of the text's paragraphs, where it first stands free.

    All in the coordinates of `text`; `marks` are those that it has already, `edits` its punctuation. A term stands free
    where none of these begins or ends inside it: a link may hold no other link, as repairs have, and is not cut in two.
    """
    folded = fold(text)
    taken = _edges(marks, edits)
    seen: set[int] = set()
    for block in blocks:
        if block.kind is BlockKind.PARAGRAPH:
            for start, end, term in occurrences(folded[block.start : block.end]):
                span = block.start + start, block.start + end
                if term not in seen and taken.isdisjoint(range(span[0] + 1, span[1])):
                    seen.add(term)
                    yield Mark(TERM, term, *span)


def _edges(marks: Iterable[Mark], edits: Iterable[Edit]) -> set[int]:
    """Where a mark begins or ends, and all of what an edit shows as one: marks grow to its edges."""
    edges = {at for mark in marks for at in (mark.start, mark.end)}
    edges.update(at for edit in edits if edit.end - edit.start > 1 for at in range(edit.start, edit.end + 1))
    return edges


@cache
def _finder() -> tuple[AhoCorasick, Sequence[int]]:
    """What finds the wordings, and the id of the term that each of its words means: `_NONE` for words that hold a
    wording and mean something else. Being longer, they are found in its place."""
    meant: dict[str, int] = {}
    for term in terms().values():
        if term.linked:
            for wording in map(fold, term.wordings):
                meant[wording] = term.id
                for other in (*(a + wording for a in term.not_after), *(wording + b for b in term.not_before)):
                    meant.setdefault(fold(other), _NONE)
    words = sorted(meant)
    return AhoCorasick(words, matchkind=MatchKind.LeftmostLongest), tuple(meant[word] for word in words)


@cache
def _table() -> Mapping[str, Any]:
    return toml("glossary.toml")


def _frozen(row: Mapping[str, Any]) -> dict[str, Any]:
    return {key: tuple(value) if isinstance(value, list) else value for key, value in row.items()}

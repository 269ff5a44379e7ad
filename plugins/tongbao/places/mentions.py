"""Where a text names divisions: every occurrence of a name that stands as a word of its own, with what it may mean.

Occurrences come from one pass of the gazetteer. Each is kept only if it begins and ends at a word boundary
and is not part of another proper name (a street, a firm, a person); of overlapping ones that remain, the leftmost
longest wins. Word boundaries are those of jieba's dictionary without its model of unknown words.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cache

from tongbao.patterns import regex
from tongbao.places.gazetteer import LEVELS, Form, divisions, gazetteer
from tongbao.places.vocabulary import vocabulary
from tongbao.places.words import cut

# How far beyond a name its surroundings are read, in characters.
REACH = 48
# A space inside Chinese text, as removed glosses leave it (城关 区).
GAP = regex(r"(?<=[\u4e00-\u9fff]) (?=[\u4e00-\u9fff])")


class Kind(StrEnum):
    """What an occurrence is evidence of. Only the first two name the division; the others tell where a text is from."""

    PLACE = "place"
    CHAR = "char"  # a one-character abbreviation (返京人员)
    MEDIA = "media"  # a newspaper, broadcaster or site
    AREA = "area"  # a functional area inside the division
    NUMBER = "number"  # the abbreviation that opens a document number
    TOWNSHIP = "township"  # a township of the division


CONNECTIVES = "和与及同跟"

NAMING = (Kind.PLACE, Kind.CHAR)
# Names that are no division's own.
BESIDE = {Form.AREA: Kind.AREA, Form.MEDIA: Kind.MEDIA, Form.TOWNSHIP: Kind.TOWNSHIP}


@dataclass(frozen=True, slots=True)
class Mention:
    """text[start:end] may name any of `candidates` (codes); `lesser` are those that it names by a weaker form (a former
    name, an alias), which only a parent beside it brings in. Repaired coordinates."""

    start: int
    end: int
    form: Form
    candidates: tuple[str, ...]
    kind: Kind = Kind.PLACE
    lesser: tuple[str, ...] = ()


def find(folded: str, headlines: Iterable[int] = ()) -> tuple[Mention, ...]:
    """All mentions in a folded text, in order, not overlapping. `headlines` are the offsets where headlines begin."""
    spans = (*gazetteer().occurrences(folded), *_broken(folded))
    edges, starts = _edges(folded, spans), {start for start, _ in spans}
    named = _leftmost_longest(m for span in spans if (m := _mention(folded, span, edges, starts)))
    taken = {at for mention in named for at in range(mention.start, mention.end)}
    lone = (m for m in _characters(folded, headlines, edges) if m.start not in taken)
    return tuple(sorted([*named, *lone], key=lambda m: m.start))


def _broken(folded: str) -> Iterator[tuple[int, int]]:
    """The spans of full names with a stray space inside."""
    gaps = [m.start() for m in GAP.finditer(folded)]
    if not gaps:
        return
    left_out = set(gaps)
    offsets = [at for at in range(len(folded)) if at not in left_out]
    closed = GAP.sub("", folded)
    for start, end in gazetteer().occurrences(closed):
        first, last = offsets[start], offsets[end - 1] + 1
        if last - first > end - start > 2 and Form.FULL in gazetteer().forms(closed[start:end]):
            yield first, last


def _edges(folded: str, spans: Sequence[tuple[int, int]]) -> set[int]:
    """Offsets of word boundaries. A word that is two names run together (广西南宁), or a name and a part that leaves it
    a place (昆明机场), has one between them."""
    edges, names, at = {0}, set(spans), 0
    compounds = vocabulary().compounds
    for word in cut(folded):
        end = at + len(word)
        if len(word) > 2:
            inner = (cut for cut in range(at + 2, end) if (at, cut) in names)
            edges |= {cut for cut in inner if (cut, end) in names or folded[cut:end] in compounds}
        edges.add(end)
        at = end
    return edges


def _mention(folded: str, span: tuple[int, int], edges: set[int], starts: set[int]) -> Mention | None:
    """The mention at a span, or None where it is part of something else. `starts` are the offsets where names begin."""
    start, end = span
    forms = gazetteer().forms(GAP.sub("", folded[start:end]))
    form = next(iter(forms))
    words, after = vocabulary(), GAP.sub("", folded[end - 1 : end + REACH])[1:]
    if form in BESIDE:
        return Mention(start, end, form, forms[form], BESIDE[form]) if start in edges or end - start > 3 else None
    whole = form in (Form.FULL, Form.FORMER) or (form is Form.ALIAS and end - start > 2)
    if not (_whole_fits if whole else _short_fits)(folded, start, end, edges):
        return None
    others = tuple(c for f, codes in forms.items() if f != form and f not in BESIDE for c in codes)
    candidates, lesser = (forms[form], others) if form is Form.FULL else (forms[form] + others, ())
    if words.media_tail.match(after):
        return Mention(start, end, form, candidates, Kind.MEDIA)
    # What another name follows is no part of a street's or a village's (江苏|镇江, 大连|庄河).
    if (not whole or end - start == 2) and end not in starts and _in_other_name(folded, start, after):
        return None
    if not whole and words.unit_tail.match(after):
        return None
    return Mention(start, end, form, candidates, lesser=lesser)


def _in_other_name(folded: str, start: int, after: str) -> bool:
    """Whether a short name is part of a street's, a school's, a firm's or a person's."""
    words = vocabulary()
    return bool(words.short_tail.match(after) or words.person_before.search(folded[max(0, start - 8) : start]))


def _whole_fits(folded: str, start: int, end: int, edges: set[int]) -> bool:
    """A full name carries its own boundary. One of two characters (眉县) needs a boundary before it too, and one of
    three must not be such a name after another word (其中|宁县, 成县和|康县)."""
    words = vocabulary()
    if words.full_tail.match(folded, end):
        return False
    loose = start not in edges or folded[start] in CONNECTIVES
    if end - start == 3 and loose and start + 1 in edges and gazetteer().forms(folded[start + 1 : end]):
        return False
    return end - start > 2 or (start in edges and not words.brief_tail.match(folded, end))


def _short_fits(folded: str, start: int, end: int, edges: set[int]) -> bool:
    return folded[start:end] not in vocabulary().never and start in edges and end in edges


def _characters(folded: str, headlines: Iterable[int], edges: set[int]) -> list[Mention]:
    """One-character abbreviations where nothing else can be meant: 返京人员, a headline 琼多地…, 桂政发〔2021〕3号;
    those of cities, and of provinces whose character has other uses, only as words of their own (来蓉, not 在深入)."""
    words, every, provinces = vocabulary(), _abbreviations(LEVELS), _abbreviations(LEVELS[:1])
    alone = (m.start("char") for m in words.lone_around.finditer(folded))
    found = {at: (Kind.CHAR, every) for at in alone if at in edges and at + 1 in edges}
    found |= {m.start("char"): (Kind.CHAR, provinces) for m in words.char_around.finditer(folded)}
    found |= {at: (Kind.CHAR, provinces) for at in headlines if words.char_headline.match(folded[at : at + REACH])}
    found |= {m.start("char"): (Kind.NUMBER, provinces) for m in words.number_around.finditer(folded)}
    return [Mention(at, at + 1, Form.ALIAS, codes[folded[at]], kind) for at, (kind, codes) in found.items()]


@cache
def _abbreviations(levels: tuple[str, ...]) -> dict[str, tuple[str, ...]]:
    """{character: the divisions of these levels that it stands for, the highest first}."""
    found: dict[str, tuple[str, ...]] = {}
    for division in sorted(divisions().values(), key=lambda d: LEVELS.index(d.level)):
        for char in division.chars if division.level in levels else ():
            found[char] = (*found.get(char, ()), division.code)
    return found


def _leftmost_longest(mentions: Iterable[Mention]) -> list[Mention]:
    chosen: list[Mention] = []
    for mention in sorted(mentions, key=lambda m: (m.start, -m.end)):
        if not chosen or mention.start >= chosen[-1].end:
            chosen.append(mention)
    return chosen

"""What a bulletin has in common with others, for its page: copies with their differences, and shared passages.

Who is akin to whom is worked out of all sketches at once (`tongbao.likeness.relate`); what is shown of it, here, out of
the texts themselves.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import count
from typing import NamedTuple

from tongbao import likeness
from tongbao.edits import OffsetMap, apply
from tongbao.export import urls
from tongbao.export.browse import Entry
from tongbao.export.marks import plain
from tongbao.export.page import in_language, title
from tongbao.likeness import Change, Likeness
from tongbao.model import BlockKind, Bulletin
from tongbao.reading import render

# Of a family of copies a page lists those nearest in time; the others are on the family's own page.
MOST_COPIES = 6
# Of the passages shared with one bulletin a page shows the longest.
MOST_PASSAGES = 5
_LONG = 60
_MARKS = "，。、；：！？“”‘’（）《》〈〉【】〔〕…—"
# Words between two marks, which are words to any browser: Chinese at either end, for within "3，000" no word ends.
_CLAUSE = re.compile(rf"(?<![^{_MARKS}\n])[\u3400-\u9fff][^{_MARKS}\s\W]*[\u3400-\u9fff](?=[{_MARKS}\n]|\Z)")


class Kin(NamedTuple):
    """Who is akin to a bulletin. `family` names its copies, itself included, and is empty where it has none; `copies`
    are the nearest others, in time; `source` the copy before it in time, with which it is compared, or empty; `next`
    the one after it; `related` those that share passages. Of a family one at most is related, and stands for all of it:
    `families` are the (id, family) of those.

    How many the copies are is not said: it would change the pages of all of them with each new one."""

    family: str = ""
    copies: tuple[str, ...] = ()
    source: str = ""
    next: str = ""
    related: tuple[str, ...] = ()
    families: tuple[tuple[str, str], ...] = ()

    @property
    def others(self) -> tuple[str, ...]:
        """Everyone who is named."""
        return tuple(dict.fromkeys((*self.copies, *filter(None, (self.source, self.next)), *self.related)))


@dataclass(frozen=True, slots=True)
class Kinship:
    """`kin` by id, of those that have any; `families`: the name of each -> its entries, oldest first.

    The name of a family is the least id in it. All its pages have it, and a copy that comes or goes changes it only
    where it is the least: of `n` one in `n`, so that on average one page or so is made again for its sake."""

    kin: Mapping[str, Kin]
    families: Mapping[str, tuple[Entry, ...]]


@dataclass(frozen=True, slots=True)
class Share:
    """What a bulletin shares with an `other`: how many passages (`count`), how many characters in all (`letters`), and
    the longest passages, with their numbers on the page."""

    other: Bulletin
    count: int
    letters: int
    passages: tuple[tuple[int, likeness.Passage], ...]


@dataclass(frozen=True, slots=True)
class Passage:
    """A shared passage: its `number` on the page, its words (or the first of many) in the page's script, and the
    address of the other bulletin's page, which opens at the paragraph that it begins in."""

    number: int
    text: str
    address: str


@dataclass(frozen=True, slots=True)
class Related:
    """A bulletin that shares passages: `letters` is how many characters in all, `count` how many passages."""

    id: str
    letters: int
    count: int
    passages: tuple[Passage, ...]


class Stretch(NamedTuple):
    """A stretch of a comparison: `change` is same, only-a, only-b or replaced; `a` and `b` what stands in each."""

    change: str
    a: str
    b: str


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two copies in the order of their family: their titles, the lines of both as stretches, and the number of places
    in which they differ. `percent` is how much of the longer text is the same in both, in per cent, rounded down:
    its characters in runs that are the same, of all its characters, white space aside. `ordered`: the first is older
    for certain, because its last possible day lies before the first possible day of the other."""

    titles: tuple[str, str]
    lines: tuple[tuple[Stretch, ...], ...]
    differences: int
    percent: int
    ordered: bool


def kinship(entries: Iterable[Entry], found: Likeness) -> Kinship:
    """Put copies and related bulletins in the order in which pages show them."""
    by_id = {entry.id: entry for entry in entries}
    kin: dict[str, Kin] = {}
    families: dict[str, tuple[Entry, ...]] = {}
    for group in found.groups:
        members = tuple(sorted((by_id[name] for name in group), key=_in_time))
        ids, name = [member.id for member in members], min(group)
        families[name] = members
        for at, (source, member, after) in enumerate(zip(["", *ids], ids, [*ids[1:], ""], strict=False)):
            kin[member] = Kin(name, _nearest(ids, at), source, after)
    for name, related in found.related.items():
        names = tuple(each.id for each in related)
        of = tuple((each, kin[each].family) for each in names if each in kin and kin[each].family)
        kin[name] = kin.get(name, Kin())._replace(related=names, families=of)
    return Kinship(kin, families)


def shares(bulletin: Bulletin, others: Sequence[str], load: Callable[[str], Bulletin]) -> tuple[Share, ...]:
    """What a bulletin shares with others, most first. `load` gives a bulletin by id."""
    mine = _text(bulletin)
    found = []
    for other in map(load, others):
        passages = sorted(likeness.shared_passages(mine, _text(other)), key=lambda p: (-p.letters, p.a_start))
        if passages:
            found.append((other, passages))
    found.sort(key=lambda item: (-sum(p.letters for p in item[1]), item[0].id))
    numbers = count(1)
    return tuple(
        Share(other, len(all_), sum(p.letters for p in all_), tuple(zip(numbers, all_[:MOST_PASSAGES], strict=False)))
        for other, all_ in found
    )


def marks(shared: Iterable[Share]) -> list[tuple[int, int, int]]:
    """Where the shared passages stand in the repaired text: (number, start, end)."""
    return [(number, each.a_start, each.a_end) for share in shared for number, each in share.passages]


def related(bulletin: Bulletin, shared: Iterable[Share], language: str) -> tuple[Related, ...]:
    """What is shared, in the words of a language."""
    mine = in_language(bulletin, language)
    out = []
    for share in shared:
        there = _Places(share.other, language)
        passages = tuple(
            Passage(number, _short(plain(mine[each.a_start : each.a_end])), there.address(each.b_start, each.b_end))
            for number, each in share.passages
        )
        out.append(Related(share.other.id, share.letters, share.count, passages))
    return tuple(out)


class _Places:
    """Where passages stand on a bulletin's page in a language."""

    def __init__(self, bulletin: Bulletin, language: str) -> None:
        structure = bulletin.reading
        carry = OffsetMap(structure.edits).to_result
        self._carry = carry
        self._text = apply(in_language(bulletin, language), structure.edits)
        self._page = urls.bulletin(bulletin.id, language)
        self._blocks = [carry(block.start, block.end) for block in structure.blocks]

    def address(self, start: int, end: int) -> str:
        """The address that opens the page at a passage, given in the repaired text: at its paragraph, and there at its
        words where they can be named. A browser looks for whole words from the top of the page, and where words of
        Chinese end is its own guess, so clauses are named, between marks or the ends of a line, and only those that
        do not stand further up as well."""
        start, end = self._carry(start, end)
        number, (first, last) = next((n, span) for n, span in enumerate(self._blocks, 1) if span[1] > start)
        clauses = [
            found.group()
            for found in _CLAUSE.finditer(self._text, first, last)
            if start <= found.start() and found.end() <= end and self._text.index(found.group()) == found.start()
        ]
        return urls.paragraph(self._page, number, dict.fromkeys((*clauses[:1], *clauses[-1:])))


def comparison(one: Bulletin, other: Bulletin, language: str) -> Comparison:
    """Two copies line by line, in a language; `one` comes before `other` in their family."""
    a, b = (_reading(each, language) for each in (one, other))
    runs = likeness.differences(a, b)
    same = sum(_size(a[run.a_start : run.a_end]) for run in runs if run.change is Change.SAME)
    stretches = [Stretch(run.change.value, a[run.a_start : run.a_end], b[run.b_start : run.b_end]) for run in runs]
    return Comparison(
        (title(one, language), title(other, language)),
        tuple(_lines(stretches)),
        sum(run.change is not Change.SAME for run in runs),
        100 * same // max(_size(a), _size(b), 1),
        _older(one, other),
    )


def sketch(bulletin: Bulletin) -> likeness.Sketch:
    """The sketch of a bulletin's reading text."""
    return likeness.sketch(render(bulletin.scripts.hans, bulletin.reading))


def _short(words: str) -> str:
    """A passage as a list shows it; where it stands in the text it is shown whole."""
    words = " ".join(words.split())
    return words if len(words) <= _LONG else f"{words[: _LONG - 1]}…"


def _size(text: str) -> int:
    return sum(map(len, text.split()))


def _older(one: Bulletin, other: Bulletin) -> bool:
    first, second = one.dates.published, other.dates.published
    return bool(first and second and first.latest < second.earliest)


def _in_time(entry: Entry) -> tuple[bool, str, str, str]:
    """Oldest first; undated ones last; ties by id."""
    return not entry.latest, entry.latest, entry.earliest, entry.id


def _nearest(names: Sequence[str], at: int) -> tuple[str, ...]:
    """The others nearest to the one `at` that place, in order."""
    first = max(0, min(at - MOST_COPIES // 2, len(names) - MOST_COPIES - 1))
    return tuple(name for name in names[first : first + MOST_COPIES + 1] if name != names[at])


def _text(bulletin: Bulletin) -> str:
    """The repaired text in Simplified, with blanks where the web page's own words stand: all offsets stay."""
    text, parts, at = bulletin.scripts.hans, [], 0
    for block in bulletin.reading.blocks:
        if block.kind is not BlockKind.CHROME:
            parts += [" " * (block.start - at), text[block.start : block.end]]
            at = block.end
    return "".join([*parts, " " * (len(text) - at)])


def _reading(bulletin: Bulletin, language: str) -> str:
    return plain(render(in_language(bulletin, language), bulletin.reading))


def _lines(stretches: Iterable[Stretch]) -> Iterator[tuple[Stretch, ...]]:
    """Stretches by line, without empty lines; what differs in its line ends stays with the line that it begins in."""
    line: list[Stretch] = []
    for each in stretches:
        if each.change != Change.SAME:
            line.append(each)
            continue
        for number, text in enumerate(each.a.split("\n")):
            if number and line:
                yield tuple(line)
                line = []
            if text:
                line.append(Stretch(each.change, text, text))
    if line:
        yield tuple(line)

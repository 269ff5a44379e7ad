"""What is asked: classes of requests, each with a function that draws one from the texts."""

from __future__ import annotations

import random
import re
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import Any

import rjieba
from bulletins import COMMONPLACES, LATIN

from tongbao.places import divisions
from tongbao.script import convert
from tongbao.search import SearchDocument

Request = dict[str, Any]
_SPLITS = re.compile(r'[\s"\-]')
_MARK = re.compile("[，、；：。]")


@dataclass(frozen=True, slots=True)
class Asked:
    """A request of a class, and the script that it was typed in."""

    kind: str
    request: Request
    script: str

    @property
    def plain(self) -> bool:
        """Whether it is one term and nothing else: what any search takes."""
        return set(self.request) == {"q"} and not _SPLITS.search(self.request["q"])


class Draw:
    """Pieces of texts by chance. `script` and `about` are those of the request that is being drawn."""

    def __init__(self, documents: Sequence[SearchDocument], seed: int) -> None:
        self.documents = documents
        self.chance = random.Random(seed)
        self.begin("Hans")

    def begin(self, script: str) -> None:
        """Begin a request in that script, about some bulletin."""
        self.script = script
        self.about = self.document()

    def document(self) -> SearchDocument:
        return self.chance.choice(self.documents)

    def near(self) -> SearchDocument:
        """The bulletin that the request is about, or now and then another."""
        return self.about if self.chance.random() < 0.7 else self.document()

    def text(self, document: SearchDocument) -> str:
        return document.hant if self.script == "Hant" else document.hans

    def write(self, hans: str) -> str:
        return convert(hans).hant if self.script == "Hant" else hans

    def piece(self, sizes: Sequence[int], marks: bool = False, other: bool = False) -> str:
        """A run of so many characters without white space, and with a mark inside or with none at all."""
        text = self.text(self.document() if other else self.about)
        while True:
            size = self.chance.choice(sizes)
            at = self.chance.randrange(len(text) - size)
            piece = text[at : at + size]
            if not _SPLITS.search(piece) and bool(_MARK.search(piece)) == marks:
                return piece

    @cached_property
    def rare(self) -> list[str]:
        """Codes of the regions that fewest bulletins are about."""
        counts = Counter(code for document in self.documents for code in document.regions)
        return sorted(counts, key=lambda code: (counts[code], code))[: max(20, len(counts) // 4)]


def _across(draw: Draw) -> Request:
    """From the middle of a word into the middle of a later one."""
    while True:
        text = draw.text(draw.about)
        start = draw.chance.randrange(max(1, len(text) - 200))
        text = text[start : start + 200]
        edges = [0]
        for word in rjieba.cut(text):
            edges.append(edges[-1] + len(word))
        long = [(a, b) for a, b in pairwise(edges) if b - a > 1]
        if len(long) < 8:
            continue
        at = draw.chance.randrange(len(long) - 3)
        (a, b), (c, d) = long[at], long[at + draw.chance.randrange(1, 3)]
        piece = text[draw.chance.randrange(a + 1, b) : draw.chance.randrange(c + 1, d)]
        if 2 <= len(piece) <= 14 and not _SPLITS.search(piece) and not _MARK.search(piece):
            return {"q": piece}


def _walk(draw: Draw) -> Request:
    """All pairs of its characters stand in one text, as a whole it does not."""
    text = draw.text(draw.about)
    follow: defaultdict[str, list[str]] = defaultdict(list)
    for a, b in pairwise(text):
        follow[a].append(b)
    while True:
        phrase = draw.piece((1,))
        size = draw.chance.randrange(3, 9)
        while len(phrase) < size and follow[phrase[-1]]:
            phrase += draw.chance.choice(follow[phrase[-1]])
        if len(phrase) == size and phrase not in text and not _SPLITS.search(phrase) and not _MARK.search(phrase):
            return {"q": phrase}


def _shuffled(draw: Draw) -> Request:
    """The characters of a phrase in another order."""
    characters = list(draw.piece((2, 3, 4, 5, 6, 8)))
    draw.chance.shuffle(characters)
    return {"q": "".join(characters)}


def _joined(draw: Draw) -> Request:
    """Two commonplaces in one, each as frequent alone; half of them share characters: 疫情防控工作, 严格落实落细."""
    pairs = [(a, b, _overlap(a, b)) for a in COMMONPLACES for b in COMMONPLACES if a != b]
    shared = [pair for pair in pairs if pair[2]]
    first, second, overlap = draw.chance.choice(shared if draw.chance.random() < 0.5 else pairs)
    return {"q": draw.write(first + second[overlap:])}


def _overlap(first: str, second: str) -> int:
    """How many characters at the end of one begin the other."""
    return next((n for n in range(min(len(first), len(second)) - 1, 0, -1) if first.endswith(second[:n])), 0)


def _name(draw: Draw) -> Request:
    """The name of a region that few bulletins are about; most of them say so in their title."""
    titled = [code for code in draw.about.regions if divisions()[code].name in draw.about.title_hans]
    code = draw.chance.choice(titled if titled and draw.chance.random() < 0.7 else draw.rare)
    return {"q": draw.write(divisions()[code].name)}


def _digits(draw: Draw) -> Request:
    """A number or Latin letters as they stand among characters, in any width and case."""
    while True:
        text = draw.text(draw.document())
        at = draw.chance.randrange(len(text) - 100)
        match = re.search(rf"[0-9]+|{'|'.join(map(re.escape, LATIN))}", text[at : at + 80])
        if not match:
            continue
        end = at + match.end() + draw.chance.choice((0, 1, 1, 2, 3))
        q = text[at + max(0, match.start() - draw.chance.choice((0, 0, 1, 2))) : end]
        if _MARK.search(q) or re.search(r'[\s"]', q) or q[0] == "-":
            continue
        style = draw.chance.random()
        if style < 0.25:
            q = "".join(chr(ord(c) + 0xFEE0) if "!" <= c <= "~" else c for c in q)
        elif style < 0.4:
            q = q.swapcase()
        return {"q": q}


def _terms(draw: Draw) -> Request:
    count = draw.chance.choice((2, 2, 2, 3))
    terms = [draw.piece((1, 2, 2, 3, 4, 6)) for _ in range(count)]
    return {"q": " ".join(f'"{term}"' if draw.chance.random() < 0.3 else term for term in terms)}


def _excluding(draw: Draw) -> Request:
    usual, piece = draw.write(draw.chance.choice(COMMONPLACES)), draw.piece((1, 2, 3, 5), other=True)
    other = usual if draw.chance.random() < 0.4 else piece
    without = f'-"{other}"' if draw.chance.random() < 0.3 else f"-{other}"
    return {"q": without if draw.chance.random() < 0.1 else f"{draw.piece((1, 2, 3, 4, 6))} {without}"}


def _days(draw: Draw) -> Request:
    first, last = sorted(one.published[0] if one.published else "2021-02-28" for one in (draw.near(), draw.document()))
    size = draw.chance.choice((4, 7, 10))
    which = draw.chance.randrange(3)
    return {**({"from": first[:size]} if which != 1 else {}), **({"to": last[:size]} if which else {})}


def _region(draw: Draw, count: int = 1) -> Request:
    return {"regions": sorted({draw.chance.choice(draw.near().regions) for _ in range(count)})}


def _kind(draw: Draw) -> Request:
    kinds = {draw.near().kind or "notice"} | ({"meeting"} if draw.chance.random() < 0.4 else set())
    return {"kinds": sorted(kinds)}


def _script(draw: Draw) -> Request:
    return {"scripts": [draw.near().script]}


def _received(draw: Draw) -> Request:
    """A phrase that a repair made part of, where it stands in one text at least."""
    while True:
        document = draw.document()
        if document.repairs:
            text, (start, end) = draw.text(document), draw.chance.choice(document.repairs)
            piece = text[max(0, start - draw.chance.randrange(3)) : end + draw.chance.randrange(3)]
            if piece and not _SPLITS.search(piece) and not _MARK.search(piece):
                return {"q": piece, "received": True}


def _sort(draw: Draw) -> Request:
    return {"sort": draw.chance.choice(("newest", "oldest"))}


def _phrase(draw: Draw) -> Request:
    return {"q": draw.piece((1, 2, 2, 3, 4, 4, 6, 8))}


def _alone(draw: Draw) -> Request:
    return {
        "q": "",
        **draw.chance.choice((_region, _days))(draw),
        **(_sort(draw) if draw.chance.random() < 0.5 else {}),
    }


def _mixed(draw: Draw) -> Request:
    parts = draw.chance.sample((_region, _days, _kind, _script, _sort), k=draw.chance.choice((2, 3)))
    request = draw.chance.choice((_phrase, _terms, _excluding))(draw)
    for part in parts:
        request |= part(draw)
    return request


def _with(part: Callable[[Draw], Request]) -> Callable[[Draw], Request]:
    return lambda draw: {**_phrase(draw), **part(draw)}


def _run(*sizes: int, marks: bool = False) -> Callable[[Draw], Request]:
    return lambda draw: {"q": draw.piece(sizes, marks=marks)}


# {class: (share, how one is drawn)}; shares are numbers of queries where nothing else is asked for.
CLASSES: dict[str, tuple[int, Callable[[Draw], Request]]] = {
    "1 character": (20, _run(1)),
    "2 characters": (28, _run(2)),
    "3 and 4 characters": (36, _run(3, 4)),
    "5 to 8 characters": (36, _run(5, 6, 7, 8)),
    "9 to 14 characters": (30, _run(9, 10, 11, 12, 13, 14)),
    "across words": (24, _across),
    "with a mark inside": (10, _run(4, 6, 9, marks=True)),
    "commonplaces": (24, lambda draw: {"q": draw.write(draw.chance.choice(COMMONPLACES))}),
    "pairs together, the whole not": (24, _walk),
    "characters in another order": (12, _shuffled),
    "commonplaces joined": (16, _joined),
    "rare names": (24, _name),
    "digits and Latin": (24, _digits),
    "two or three terms": (26, _terms),
    "exclusion": (20, _excluding),
    "region": (16, _with(_region)),
    "several regions": (10, _with(lambda draw: _region(draw, draw.chance.choice((2, 3))))),
    "dates": (18, _with(_days)),
    "kind": (8, _with(_kind)),
    "script": (8, _with(_script)),
    "as received": (14, _received),
    "newest or oldest": (14, _with(_sort)),
    "filters alone": (10, _alone),
    "several filters": (18, _mixed),
}
COUNT = sum(share for share, _ in CLASSES.values())


def draw(documents: Sequence[SearchDocument], count: int = COUNT, seed: int = 3) -> list[Asked]:
    """About `count` different requests of all classes, half of them in each script, in an order by chance."""
    by_chance = Draw(documents, seed)
    out: list[Asked] = []
    seen: set[str] = set()
    for kind, (share, one) in CLASSES.items():
        wanted = max(2, round(share * count / COUNT))
        for number in range(20 * wanted):
            by_chance.begin("Hant" if number % 2 else "Hans")
            request = one(by_chance)
            key = repr(sorted(request.items()))
            if key not in seen:
                seen.add(key)
                out.append(Asked(kind, request, by_chance.script))
                wanted -= 1
            if not wanted:
                break
    by_chance.chance.shuffle(out)
    return out

"""A decoder over byte lattices: which text do these alternative byte strings spell, bytes lost on the way included?

Damaged text is a row of *tokens*, usually one for each visible character. A token is a choice of *arcs*; an arc is a
string of bytes that may have been there, some of them unknown. The search walks all choices at once, feeds the bytes to
the codec that the text was written in, and keeps, for each state, the spelling that costs least by the text model
(Viterbi over codec state and last two characters, pruned to a beam).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from heapq import nsmallest

from tongbao.repair import tables
from tongbao.repair.codecs import ANY, SECOND, Codec, Pending, lost_pairs
from tongbao.repair.text_model import model

# What a hole swallowed, as a literal: it costs nothing, and the caller takes it out. VANISHED stands in a spelling's
# chain where a pair vanished.
SWALLOWED, VANISHED = "\x1a", "\x1b"

# States kept, how much dearer than the cheapest one may be (20 nats), and how much where pairs may have vanished.
BEAM, HOPELESS, DOUBTFUL = 32, 160, 64
# How many readings of an unknown byte are kept, by their cost.
READINGS = 12
# How many spellings are kept that reach the same state, so that the best has a runner-up.
RIVALS = 3


@dataclass(frozen=True, slots=True)
class Arc:
    """One choice for a token.

    `data` are the bytes that were there; `cost` is in the text model's steps. `literal` then passes through beside the
    codec, between characters only. `readers` demands that the last two bytes are one of these characters in GBK.
    `inside` is True for an arc that
    needs a character begun, False for one that needs none. `vanished` stands for a pair of bytes without a character,
    `again` for another one directly behind it.
    """

    data: Pending = ()
    cost: int = 0
    literal: str = ""
    readers: frozenset[str] | None = None
    inside: bool | None = None
    vanished: bool = False
    again: bool = False


# The arc of a choice to have nothing.
STAY = Arc()


@dataclass(frozen=True, slots=True)
class Spelling:
    """A text that the lattice spells, its cost, and how many pairs must have vanished for it."""

    text: str
    cost: int
    vanished: int = 0


class Budget:
    """How many more steps the searches of one document may take: it bounds the time of hostile texts."""

    __slots__ = ("left",)

    def __init__(self, left: int) -> None:
        self.left = left


_Chain = tuple["_Chain | None", str]
_Path = tuple[int, "_Chain | None"]
_State = tuple[Pending, str]
# The next state, the cost of getting there, and the text that it spells.
_Step = tuple[_State, int, str]


def search(
    tokens: Sequence[Sequence[Arc]],
    codec: Codec,
    before: str,
    beam: int = BEAM,
    rivals: int = RIVALS,
    budget: Budget | None = None,
) -> list[Spelling]:
    """The cheapest spellings that end between characters, best first; the best ones of each last character.

    Nothing where the budget ends before the search does.
    """
    states: dict[_State, list[_Path]] = {((), before[-2:]): [(0, None)]}
    for arcs in tokens:
        if budget is not None:
            budget.left -= len(states) * len(arcs)
            if budget.left < 0:
                return []
        following: dict[_State, list[_Path]] = {}
        cheapest = min(paths[0][0] for paths in states.values())
        for (pending, last), paths in states.items():
            for arc in arcs:
                if arc is STAY:
                    known = following.get((pending, last))
                    following[pending, last] = paths if known is None else sorted(known + paths, key=_price)[:rivals]
                    continue
                if arc.inside is not None and arc.inside != bool(pending):
                    continue
                if arc.vanished and paths[0][0] > cheapest + DOUBTFUL:
                    continue
                for (rest, tail), price, text in _follow(arc, codec, pending, last):
                    state = (rest, tail[-2:])
                    grown = [(cost + price, (chain, text) if text else chain) for cost, chain in paths]
                    known = following.get(state)
                    following[state] = grown if known is None else sorted(known + grown, key=_price)[:rivals]
        if not following:
            return []
        states = _prune(following, beam)
    ended: dict[str, Spelling] = {}
    for cost, chain in sorted((p for (pending, _), paths in states.items() if not pending for p in paths), key=_price):
        marked = _text(chain)
        text = marked.replace(VANISHED, "")
        ended.setdefault(text, Spelling(text, cost, len(marked) - len(text)))
    return list(ended.values())


def _prune(states: dict[_State, list[_Path]], beam: int) -> dict[_State, list[_Path]]:
    """The cheapest states, and none that is hopelessly dear."""
    limit = min(paths[0][0] for paths in states.values()) + HOPELESS
    kept = {state: paths for state, paths in states.items() if paths[0][0] <= limit}
    if len(kept) > beam:
        kept = dict(nsmallest(beam, kept.items(), key=lambda item: item[1][0][0]))
    return kept


def _price(path: _Path) -> int:
    return path[0]


def _follow(arc: Arc, codec: Codec, pending: Pending, last: str) -> Iterator[_Step]:
    """The states that an arc leads to, what they cost, and what they spell."""
    if arc.inside is not None and arc.inside != bool(pending):
        return
    if arc.vanished:
        if arc.again and pending[0] >= 0:
            return
        steps = _vanish(codec, pending, last)
    elif arc.readers is not None:
        steps = _pin(arc, codec, pending, last)
    else:
        steps = _feed(arc.data, codec, pending, last, 0, "")
    for (rest, tail), price, text in steps:
        if not arc.literal:
            yield (rest, tail), price + arc.cost, text
        elif arc.literal == SWALLOWED:
            if not rest:
                yield ((), tail), price + arc.cost, text + SWALLOWED
        elif not rest:
            yield ((), tail + arc.literal), price + arc.cost + model().cost(arc.literal, tail), text + arc.literal


def _feed(data: Pending, codec: Codec, pending: Pending, last: str, cost: int, text: str) -> Iterator[_Step]:
    """Feed bytes to the codec; several ways where unknown bytes complete a character."""
    for at, byte in enumerate(data):
        pending = (*pending, byte)
        found = codec(pending)
        if found is None:
            continue
        if len(found) == 1:
            cost += _step(last, found[0])
            last, text, pending = last + found[0], text + found[0], ()
            continue
        for price, character in _cheapest(found, last):
            rest = data[at + 1 :]
            if rest[:1] == (SECOND,):
                rest = (-character.encode()[-1], *rest[1:])
            yield from _feed(rest, codec, (), last + character, cost + price, text + character)
        return
    yield (pending, last), cost, text


def _vanish(codec: Codec, pending: Pending, last: str) -> Iterator[_Step]:
    """A pair of GBK bytes without a character: its first byte completes one character, its second begins the next."""
    encoded = tables.gbk_bytes()
    for price, character in _cheapest(_before_vanished(codec, pending), last):
        yield ((-encoded[character][1],), last + character), price, character + VANISHED


@lru_cache(maxsize=1 << 12)
def _before_vanished(codec: Codec, pending: Pending) -> tuple[str, ...]:
    """The characters that begin with these bytes and whose last byte may begin a pair without a character."""
    encoded = tables.gbk_bytes()
    return tuple(c for c in codec((*pending, ANY)) or () if c in encoded and encoded[c][1] in lost_pairs())


def _pin(arc: Arc, codec: Codec, pending: Pending, last: str) -> Iterator[_Step]:
    """Demand a reading of the last two bytes, the last of which is unknown if `data` holds one."""
    assert arc.readers is not None
    encoded = tables.gbk_bytes()
    tail = encoded.get(last[-1:]) or _over_ascii(last)
    if not arc.data:
        pair = tail if not pending else tail[1:] + bytes(b for b in pending if 0 < b < ANY)
        if tables.gbk_pairs().get(pair) in arc.readers:
            yield (pending, last), 0, ""
    elif pending:
        for price, character in _cheapest(_pinned(codec, pending, arc.readers), last):
            yield ((), last + character), price, character
    elif tail:
        for lead in sorted({encoded[c][1] for c in arc.readers if c in encoded and encoded[c][0] == tail[1]}):
            if lead >= 0x81:
                yield ((lead,), last), 0, ""


@lru_cache(maxsize=1 << 12)
def _pinned(codec: Codec, pending: Pending, readers: frozenset[str]) -> tuple[str, ...]:
    """The characters that begin with these bytes and have this reading."""
    return tuple(c for c in codec((*pending, ANY)) or () if c in readers)


def _over_ascii(last: str) -> bytes:
    """The last two bytes of a text that ends with a letter of ASCII behind a character of two bytes."""
    before = tables.gbk_bytes().get(last[-2:-1])
    return before[1:] + last[-1].encode() if before and "@" <= last[-1] <= "~" else b""


def _step(last: str, character: str) -> int:
    lm = model()
    return lm.after(last[-2:]).cost(lm.place(character))


def _cheapest(found: Sequence[str], last: str) -> list[tuple[int, str]]:
    return model().cheapest(tuple(found), last, READINGS)


def _text(chain: _Chain | None) -> str:
    parts = []
    while chain is not None:
        parts.append(chain[1])
        chain = chain[0]
    return "".join(reversed(parts))

"""A decoder over byte lattices: which text do these alternative byte strings spell, bytes lost on the way included?

Damaged text is a row of *tokens*, usually one for each visible character. A token is a choice of *arcs*; an arc is a
string of bytes that may have been there, some of them unknown. The search walks all choices at once, feeds the bytes to
the codec that the text was written in, and keeps, for each state, the spelling that costs least by the text model
(Viterbi over codec state and last two characters, pruned to a beam).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from heapq import nsmallest

import numpy as np

from tongbao.repair import tables
from tongbao.repair.codecs import ANY, Codec, Pending, after_first, lost_pairs
from tongbao.repair.text_model import model

# What a hole swallowed, as a literal: it costs nothing, and the caller takes it out. VANISHED stands in a spelling's
# chain where a pair vanished.
SWALLOWED, VANISHED = "\x1a", "\x1b"

# States kept, how much dearer than the cheapest one may be (20 nats), and how much where pairs may have vanished.
BEAM, HOPELESS, DOUBTFUL = 32, 160, 64
# How many readings of an unknown byte are kept, by their cost: by `best`, and by `search`, which keeps rivals.
READINGS, SEARCHED = 24, 12
# `best` keeps FEW states where it takes the usual arcs and MANY where it tries all, and none so much POORER than the
# cheapest. What it spells is unlikely where a character costs ODD (11 nats) or the last three STRANGE (27 nats)
# together: then a LONG reach of tokens behind it and before it is opened; a SHORT one first where nothing is spelled at
# all, since that shows the place. Bytes that no arc explains are given up at a price, and leave a mark.
FEW, MANY, POORER, ODD, STRANGE, GIVEN_UP, LEFT = 4, 32, 160, 88, 216, 160, "\ufffd"
LONG, SHORT = (9, 7), (4, 1)
UNLIMITED = 1 << 30
# How many spellings are kept that reach the same state, so that the best has a runner-up.
RIVALS = 3


@dataclass(frozen=True, slots=True)
class Arc:
    """One choice for a token.

    `data` are the bytes that were there; `cost` is in the text model's steps. `literal` then passes through beside the
    codec, between characters only. `readers` demands that the last two bytes are one of these characters in GBK.
    `inside` is True for an arc that needs a character begun, False for one that needs none. `vanished` stands for a
    pair of bytes without a character, `again` for another one directly behind it. `shown` is what is spelled in place
    of the literal. `best` tries a `last_resort` where all else has failed.
    """

    data: Pending = ()
    cost: int = 0
    literal: str = ""
    readers: frozenset[str] | None = None
    inside: bool | None = None
    vanished: bool = False
    again: bool = False
    shown: str = ""
    last_resort: bool = False
    # Whether there is nothing to it but bytes, and whether there is nothing to it at all.
    plain: bool = field(init=False)
    idle: bool = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "idle", not (self.data or self.literal or self.vanished or self.readers or self.cost))
        object.__setattr__(self, "plain", not self.literal and not self.vanished and self.readers is None)


# The arc of a choice to have nothing.
STAY = Arc()


@dataclass(frozen=True, slots=True)
class Guess:
    """A character of a spelling of which not all bytes were there: its place, and what its bytes may have been."""

    place: int
    choices: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Spelling:
    """A text that the lattice spells, its cost, and how many pairs must have vanished for it.

    `best` and `fill` tell the `guesses` in it, and its `cuts`: how many tokens spell how many of its characters, where
    no bytes wait between them.
    """

    text: str
    cost: int
    vanished: int = 0
    guesses: tuple[Guess, ...] = ()
    cuts: tuple[tuple[int, int], ...] = ()


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
        cheapest = min(paths[0][0] for paths in states.values())
        following: dict[_State, list[_Path]] = {}
        if arcs[0].idle:
            following, arcs = dict(states), arcs[1:]
        changed = not following
        for (pending, last), paths in states.items():
            for arc in arcs:
                if arc.inside is not None and arc.inside != bool(pending):
                    continue
                if arc.vanished and (paths[0][0] > cheapest + DOUBTFUL or (arc.again and pending[0] >= 0)):
                    continue
                for (rest, tail), price, text in _steps(arc, codec, pending, last):
                    changed = True
                    state = (rest, tail[-2:])
                    grown = [(cost + price, (chain, text) if text else chain) for cost, chain in paths]
                    known = following.get(state)
                    following[state] = grown if known is None else sorted(known + grown, key=_price)[:rivals]
        if not changed:
            continue
        if not following:
            return []
        states = _prune(following, beam)
    ended: dict[str, Spelling] = {}
    for cost, chain in sorted((p for (pending, _), paths in states.items() if not pending for p in paths), key=_price):
        marked = _text(chain)
        text = marked.replace(VANISHED, "")
        ended.setdefault(text, Spelling(text, cost, len(marked) - len(text)))
    return list(ended.values())


# --- the best spelling, with few steps -------------------------------------------------------------------------------

# A row of spelled pieces of text, each with the cost of the path up to its end, what its first character may have been
# if that is guessed, and how many tokens were read if no bytes wait behind it, or else AMID.
_Row = tuple["_Row | None", str, int, tuple[str, ...], int]
AMID = -1
_Layer = dict[_State, tuple[int, "_Row | None"]]


def best(
    tokens: Sequence[Sequence[Arc]],
    codec: Codec,
    before: str,
    following: str,
    budget: Budget,
    goes_on: Callable[[Pending, Pending], bool] | None = None,
    doubtful: Iterable[int] = (),
    wary: bool = True,
) -> Spelling | None:
    """The cheapest spelling of a long row of tokens, nearly always, with few steps.

    The first arc of each token is the usual one, and taken alone as long as what it spells is likely. Where it is not,
    or spells nothing, all arcs of the tokens around are tried. `following` is the text behind, of which the first
    character counts. `goes_on` says, as far as can be told at a glance, whether known bytes can follow others. Of the
    `doubtful` tokens all arcs are tried in any case. Without `wary`, unlikely text is taken for what it is. A token
    has at least one arc; nothing is spelled, and None returned, where the budget ends first.
    """
    layers: list[_Layer] = [{((), before[-2:]): (0, None)}]
    opened = bytearray(len(tokens))
    for at in doubtful:
        opened[at] = 1
    while (at := len(layers) - 1) < len(tokens) or (opened[-1:] < b"\2" and opened and _is_amid(layers[at])):
        if at == len(tokens):
            _open(opened, at - 1, layers, LONG)
            continue
        if at and opened[at - 1] and not opened[at] and _is_amid(layers[at]):
            opened[at] = 1
        wide = opened[at]
        if not wide and tokens[at][0].idle:
            layers.append(layers[at])
            continue
        arcs = tokens[at] if wide == 2 else [a for a in tokens[at] if not a.last_resort] if wide else tokens[at][:1]
        budget.left -= len(layers[at]) * len(arcs)
        if budget.left < 0:
            return None
        # Bytes may be missing behind those of a character, but behind missing ones none are.
        coming = _coming(tokens, at + 1) if wide and goes_on and tokens[at][0].idle else ()
        layer = _advance(layers[at], arcs, codec, at + 1, MANY if wide else FEW, goes_on, coming)
        if wide < 2 and (not layer or ((wary or wide) and _unlikely(layer, layers[at]))):
            _open(opened, at, layers, SHORT if not layer and not wide else LONG)
            continue
        if not layer:
            # What waits is given up, and the token itself only if nothing comes of it by itself.
            left = _given_up(layers[at])
            layer = _advance(left, arcs, codec, at + 1, MANY) or left
        layers.append(layer)
    ended = _given_up(layers[-1])
    cost, row = min(((c + model().cost(following[:1], last), r) for (_, last), (c, r) in ended.items()), key=_total)
    return _spelled(row, cost)


def _open(opened: bytearray, at: int, layers: list[_Layer], reach: tuple[int, int]) -> None:
    """Open the tokens around one wider than it is, and go back to the first of them."""
    first, end = max(0, at - reach[0]), min(len(opened), at + reach[1])
    level = opened[at] + 1
    opened[first:end] = bytes(max(o, level) for o in opened[first:end])
    del layers[first + 1 :]


def _is_amid(layer: _Layer) -> bool:
    """Whether the best path is amid a character."""
    (pending, _), _ = min(layer.items(), key=lambda item: item[1][0])
    return bool(pending)


def _coming(tokens: Sequence[Sequence[Arc]], at: int) -> Pending:
    """The bytes of the next token that has some, if they are known and no others are likely."""
    for token in tokens[at : at + 2]:
        if token[0].data or not token[0].plain:
            return token[0].data if token[0].plain and all(0 <= b < ANY for b in token[0].data) else ()
    return ()


def _advance(
    layer: _Layer,
    arcs: Sequence[Arc],
    codec: Codec,
    read: int,
    most: int,
    goes_on: Callable[[Pending, Pending], bool] | None = None,
    coming: Pending = (),
) -> _Layer:
    idle = arcs[0].idle
    following: _Layer = dict(layer) if idle else {}
    lm = model()
    step = lm.step
    # What is this much dearer than a state that is kept will not be kept.
    limit = min(map(_total, layer.values())) + POORER if idle else UNLIMITED
    for (pending, last), (cost, row) in layer.items():
        for arc in arcs[1:] if idle else arcs:
            if cost + arc.cost > limit:
                continue
            if (arc.inside is not None and arc.inside != bool(pending)) or (pending and arc.literal and not arc.data):
                continue
            if coming and goes_on and arc.data and arc.plain and not goes_on(pending + arc.data, coming):
                continue
            text, rest, choices = _outcome(codec, pending, arc.data) if arc.plain else (None, (), None)
            if text is not None:
                price, here, tail = cost + arc.cost, row, last
                for character in text:
                    price += step(tail, character)
                    tail = tail[-1:] + character
                    here = (here, character, price, (), AMID if rest else read)
                if (known := following.get(state := (rest, tail))) is None or price < known[0]:
                    following[state] = (price, here)
            elif choices is not None:
                for more, character in lm.cheapest(choices, last, READINGS):
                    price, state = cost + arc.cost + more, ((), last[-1:] + character)
                    if price > limit:
                        break
                    if (known := following.get(state)) is None or price < known[0]:
                        following[state] = (price, (row, character, price, choices, read))
            else:
                guessed = () if arc.vanished or arc.readers else _first_choices(codec, pending, arc.data)
                for state, more, spelled in _follow(arc, codec, pending, last):
                    price = cost + more
                    if price > limit:
                        continue
                    if (known := following.get(state)) is None or price < known[0]:
                        end = AMID if state[0] else read
                        following[state] = (price, (row, spelled, price, guessed, end) if spelled else row)
    if len(following) < 2:
        return following
    limit = min(limit, min(map(_total, following.values())) + POORER)
    kept = {state: path for state, path in following.items() if path[0] <= limit}
    return kept if len(kept) <= most else dict(nsmallest(most, kept.items(), key=lambda item: item[1][0]))


@lru_cache(maxsize=1 << 18)
def _outcome(codec: Codec, pending: Pending, data: Pending) -> tuple[str | None, Pending, tuple[str, ...] | None]:
    """What bytes come to behind others that wait.

    Either the text that they spell and the bytes that wait then, or the characters one of which they complete with
    their last byte, of which there may be none; or nothing that can be told so simply.
    """
    text, waiting = "", list(data)
    for at in range(len(data)):
        pending = (*pending, waiting[at])
        found = codec.find(pending)
        if found is None:
            continue
        if not found:
            return None, (), ()
        if len(found) > 1:
            simple = not text and at == len(data) - 1
            return None, (), tuple(found) if simple else None
        text, pending = text + found[0], ()
        waiting[at + 1 : at + 2] = _behind(waiting[at + 1 : at + 2], codec, found[0])
    return text, pending, None


@lru_cache(maxsize=1 << 14)
def _first_choices(codec: Codec, pending: Pending, data: Pending) -> tuple[str, ...]:
    """What the first character that bytes complete may be, if that is not known."""
    for at in range(len(data)):
        if found := codec.find((*pending, *data[: at + 1])):
            return tuple(found) if len(found) > 1 else ()
    return ()


def _behind(codes: Sequence[int], codec: Codec, character: str) -> list[int]:
    """The next code, if there is one, behind the character that the byte before it completed."""
    return [after_first(code, codec.last_byte(character)) if code < 0 else code for code in codes]


def _unlikely(layer: _Layer, previous: _Layer) -> bool:
    """Whether what the best path has just spelled is unlikely to be text."""
    cost, row = min(layer.values(), key=_total)
    if row is None or row is min(previous.values(), key=_total)[1]:
        return False
    costs = [cost]
    while row is not None and len(costs) < 4:
        row = row[0]
        costs.append(row[2] if row is not None else 0)
    return costs[0] - costs[1] >= ODD or costs[0] - costs[-1] >= STRANGE


def _given_up(layer: _Layer) -> _Layer:
    """The states of a layer between characters: bytes that are pending are given up, and marked."""
    ended: _Layer = {}
    for (pending, last), (cost, row) in layer.items():
        if pending:
            cost += GIVEN_UP
            row, last = (row, LEFT, cost, (), AMID), last[-1:] + LEFT
        if (known := ended.get(state := ((), last))) is None or cost < known[0]:
            ended[state] = (cost, row)
    return ended


def _total(path: tuple[int, object]) -> int:
    return path[0]


def _spelled(row: _Row | None, cost: int) -> Spelling:
    """The spelling that a row makes."""
    pieces: list[_Row] = []
    while row is not None:
        pieces.append(row)
        row = row[0]
    text = ""
    guesses: list[Guess] = []
    cuts: list[tuple[int, int]] = []
    for _, piece, _, choices, read in reversed(pieces):
        if choices:
            guesses.append(Guess(len(text), choices))
        text += piece
        if read != AMID:
            cuts.append((read, len(text)))
    return Spelling(text, cost, guesses=tuple(guesses), cuts=tuple(cuts))


# How many ways of filling a place are tried.
FILLINGS = 3


def fill(
    text: str, missing: tuple[str, ...], before: str, following: str, price: int, budget: Budget
) -> Spelling | None:
    """The likeliest text of which `text` is left when characters of `missing` are taken out.

    `price` is the cost of a character's being missing; none are put side by side. The tokens are characters of `text`.
    """
    layer: dict[str, tuple[int, _Row | None]] = {before[-2:]: (0, None)}
    step = model().step
    for read, character in enumerate(text + following[:1], 1):
        grown: dict[str, tuple[int, _Row | None]] = {}
        budget.left -= len(layer) * FILLINGS
        if budget.left < 0:
            return None
        for last, (cost, row) in layer.items():
            likely = _likely(missing, last, character)
            for added in ("", *likely):
                middle = last[-1:] + added if added else last
                total = cost + (price + step(last, added) if added else 0) + step(middle, character)
                tail = middle[-1:] + character
                if (known := grown.get(tail)) is None or total < known[0]:
                    grown[tail] = (total, (row, added + character, total, ("", *likely) if added else (), read))
        layer = dict(nsmallest(FEW, grown.items(), key=lambda item: item[1][0]))
    cost, ended = min(layer.values(), key=_total)
    spelled = _spelled(ended, cost)
    # What is missing at the very end is spelled together with the character behind.
    cuts = tuple(cut for cut in spelled.cuts if cut[0] <= len(text))
    return replace(spelled, text=spelled.text[: len(spelled.text) - len(following[:1])], cuts=cuts)


@lru_cache(maxsize=1 << 14)
def _likely(missing: tuple[str, ...], last: str, following: str) -> tuple[str, ...]:
    """The likeliest of the missing characters between two texts, the second of one character."""
    lm = model()
    costs = lm.after(last).all_costs()[_places(missing)] + _costs_of(missing, following)
    return tuple(missing[at] for at in np.argsort(costs, kind="stable")[:FILLINGS].tolist())


@lru_cache(maxsize=16)
def _places(characters: tuple[str, ...]) -> np.ndarray:
    return np.array(model().places(characters), np.intp)


@lru_cache(maxsize=1 << 13)
def _costs_of(characters: tuple[str, ...], following: str) -> np.ndarray:
    """What `following` costs behind each of the characters."""
    lm = model()
    place = lm.place(following)
    return np.array([lm.after(c).cost(place) for c in characters], np.uint16)


# --- steps -----------------------------------------------------------------------------------------------------------


def _steps(arc: Arc, codec: Codec, pending: Pending, last: str) -> Iterable[_Step]:
    """What `_follow` yields, told at once where an arc is bytes only."""
    text, rest, choices = _outcome(codec, pending, arc.data) if arc.plain else (None, (), None)
    if text is not None:
        return (((rest, last + text), arc.cost + model().cost(text, last), text),)
    if choices is not None:
        found = _cheapest(choices, last, SEARCHED)
        return [(((), last + character), arc.cost + price, character) for price, character in found]
    return _follow(arc, codec, pending, last, SEARCHED)


def _prune(states: dict[_State, list[_Path]], beam: int) -> dict[_State, list[_Path]]:
    """The cheapest states, and none that is hopelessly dear."""
    limit = min(paths[0][0] for paths in states.values()) + HOPELESS
    kept = {state: paths for state, paths in states.items() if paths[0][0] <= limit}
    if len(kept) > beam:
        kept = dict(nsmallest(beam, kept.items(), key=lambda item: item[1][0][0]))
    return kept


def _price(path: _Path) -> int:
    return path[0]


def _follow(arc: Arc, codec: Codec, pending: Pending, last: str, most: int = READINGS) -> Iterator[_Step]:
    """The states that an arc leads to, what they cost, and what they spell."""
    if arc.inside is not None and arc.inside != bool(pending):
        return
    if arc.vanished:
        if arc.again and pending[0] >= 0:
            return
        steps = _vanish(codec, pending, last, most)
    elif arc.readers is not None:
        steps = _pin(arc, codec, pending, last, most)
    else:
        steps = _feed(arc.data, codec, pending, last, 0, "", most)
    for (rest, tail), price, text in steps:
        if not arc.literal:
            yield (rest, tail), price + arc.cost, text
        elif arc.literal == SWALLOWED:
            if not rest:
                yield ((), tail), price + arc.cost, text + SWALLOWED
        elif not rest:
            shown = text + (arc.shown or arc.literal)
            yield ((), tail + arc.literal), price + arc.cost + model().cost(arc.literal, tail), shown


def _feed(data: Pending, codec: Codec, pending: Pending, last: str, cost: int, text: str, most: int) -> Iterator[_Step]:
    """Feed bytes to the codec; several ways where unknown bytes complete a character."""
    waiting = list(data)
    for at in range(len(data)):
        pending = (*pending, waiting[at])
        found = codec.find(pending)
        if found is None:
            continue
        if len(found) == 1:
            cost += _step(last, found[0])
            last, text, pending = last + found[0], text + found[0], ()
            waiting[at + 1 : at + 2] = _behind(waiting[at + 1 : at + 2], codec, found[0])
            continue
        for price, character in _cheapest(found, last, most):
            rest = (*_behind(data[at + 1 : at + 2], codec, character), *data[at + 2 :])
            if not rest:
                yield ((), last + character), cost + price, text + character
            elif len(rest) == 1 and rest[0] < 0:
                yield (rest, last + character), cost + price, text + character
            else:
                yield from _feed(rest, codec, (), last + character, cost + price, text + character, most)
        return
    yield (pending, last), cost, text


def _vanish(codec: Codec, pending: Pending, last: str, most: int) -> Iterator[_Step]:
    """A pair of GBK bytes without a character: its first byte completes one character, its second begins the next."""
    encoded = tables.gbk_bytes()
    for price, character in _cheapest(_before_vanished(codec, pending), last, most):
        yield ((-encoded[character][1],), last + character), price, character + VANISHED


@lru_cache(maxsize=1 << 12)
def _before_vanished(codec: Codec, pending: Pending) -> tuple[str, ...]:
    """The characters that begin with these bytes and whose last byte may begin a pair without a character."""
    encoded = tables.gbk_bytes()
    return tuple(c for c in codec.find((*pending, ANY)) or () if c in encoded and encoded[c][1] in lost_pairs("gbk"))


def _pin(arc: Arc, codec: Codec, pending: Pending, last: str, most: int) -> Iterator[_Step]:
    """Demand a reading of the last two bytes, the last of which is unknown if `data` holds one."""
    assert arc.readers is not None
    encoded = tables.gbk_bytes()
    tail = encoded.get(last[-1:]) or _over_ascii(last)
    if not arc.data:
        pair = tail if not pending else tail[1:] + bytes(b for b in pending if 0 < b < ANY)
        if tables.gbk_pairs().get(pair) in arc.readers:
            yield (pending, last), 0, ""
    elif pending:
        for price, character in _cheapest(_pinned(codec, pending, arc.readers), last, most):
            yield ((), last + character), price, character
    elif tail:
        for lead in sorted({encoded[c][1] for c in arc.readers if c in encoded and encoded[c][0] == tail[1]}):
            if lead >= 0x81:
                yield ((lead,), last), 0, ""


@lru_cache(maxsize=1 << 12)
def _pinned(codec: Codec, pending: Pending, readers: frozenset[str]) -> tuple[str, ...]:
    """The characters that begin with these bytes and have this reading."""
    return tuple(c for c in codec.find((*pending, ANY)) or () if c in readers)


def _over_ascii(last: str) -> bytes:
    """The last two bytes of a text that ends with a letter of ASCII behind a character of two bytes."""
    before = tables.gbk_bytes().get(last[-2:-1])
    return before[1:] + last[-1].encode() if before and "@" <= last[-1] <= "~" else b""


def _step(last: str, character: str) -> int:
    return model().step(last[-2:], character)


def _cheapest(found: Sequence[str], last: str, most: int) -> list[tuple[int, str]]:
    return model().cheapest(tuple(found), last, most)


def _text(chain: _Chain | None) -> str:
    parts = []
    while chain is not None:
        parts.append(chain[1])
        chain = chain[0]
    return "".join(reversed(parts))

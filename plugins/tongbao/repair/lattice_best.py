"""The best spelling of a long row of tokens with few steps; and what fills a text that characters are gone from."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from functools import lru_cache
from heapq import nsmallest

import numpy as np

from tongbao.repair.codecs import ANY, Codec, Pending
from tongbao.repair.lattice import LEFT, Arc, Budget, Guess, Spelling, State
from tongbao.repair.lattice_steps import first_choices, follow, outcome
from tongbao.repair.text_model import model

# How many readings of an unknown byte are kept, by their cost.
READINGS = 24
# FEW states are kept where the usual arcs are taken and MANY where all are tried, and none so much POORER than the
# cheapest. What is spelled is unlikely where a character costs ODD (11 nats) or the last three STRANGE (27 nats)
# together: then a LONG reach of tokens behind it and before it is opened; a SHORT one first where nothing is spelled at
# all, since that shows the place. Bytes that no arc explains are given up at a price, and leave a mark.
FEW, MANY, POORER, ODD, STRANGE, GIVEN_UP = 4, 32, 160, 88, 216, 160
LONG, SHORT = (9, 7), (4, 1)
UNLIMITED = 1 << 30
# How many ways of filling a place are tried.
FILLINGS = 3

# A row of spelled pieces of text, each with the cost of the path up to its end, what its first character may have been
# if that is guessed, and how many tokens were read if no bytes wait behind it, or else AMID.
_Row = tuple["_Row | None", str, int, tuple[str, ...], int]
AMID = -1
_Layer = dict[State, tuple[int, "_Row | None"]]


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
            text, rest, choices = outcome(codec, pending, arc.data) if arc.plain else (None, (), None)
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
                guessed = () if arc.vanished or arc.readers else first_choices(codec, pending, arc.data)
                for state, more, spelled in follow(arc, codec, pending, last, READINGS):
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

"""The search that tries every arc of a byte lattice and keeps rivals, for short windows of damaged text."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from heapq import nsmallest

from tongbao.repair.codecs import Codec, Pending
from tongbao.repair.lattice import VANISHED, Arc, Budget, Spelling, State, Step
from tongbao.repair.lattice_steps import cheapest, follow, outcome
from tongbao.repair.text_model import model

# States kept, how much dearer than the cheapest one may be (20 nats), and how much where pairs may have vanished.
BEAM, HOPELESS, DOUBTFUL = 32, 160, 64
# How many readings of an unknown byte are kept, by their cost.
READINGS = 12
# How many spellings are kept that reach the same state, so that the best has a runner-up.
RIVALS = 3

_Chain = tuple["_Chain | None", str]
_Path = tuple[int, "_Chain | None"]


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
    states: dict[State, list[_Path]] = {((), before[-2:]): [(0, None)]}
    for arcs in tokens:
        if budget is not None:
            budget.left -= len(states) * len(arcs)
            if budget.left < 0:
                return []
        cheapest = min(paths[0][0] for paths in states.values())
        following: dict[State, list[_Path]] = {}
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


def _steps(arc: Arc, codec: Codec, pending: Pending, last: str) -> Iterable[Step]:
    """What `follow` yields, told at once where an arc is bytes only."""
    text, rest, choices = outcome(codec, pending, arc.data) if arc.plain else (None, (), None)
    if text is not None:
        return (((rest, last + text), arc.cost + model().cost(text, last), text),)
    if choices is not None:
        found = cheapest(choices, last, READINGS)
        return [(((), last + character), arc.cost + price, character) for price, character in found]
    return follow(arc, codec, pending, last, READINGS)


def _prune(states: dict[State, list[_Path]], beam: int) -> dict[State, list[_Path]]:
    """The cheapest states, and none that is hopelessly dear."""
    limit = min(paths[0][0] for paths in states.values()) + HOPELESS
    kept = {state: paths for state, paths in states.items() if paths[0][0] <= limit}
    if len(kept) > beam:
        kept = dict(nsmallest(beam, kept.items(), key=lambda item: item[1][0][0]))
    return kept


def _price(path: _Path) -> int:
    return path[0]


def _text(chain: _Chain | None) -> str:
    parts = []
    while chain is not None:
        parts.append(chain[1])
        chain = chain[0]
    return "".join(reversed(parts))

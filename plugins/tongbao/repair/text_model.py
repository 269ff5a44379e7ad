"""How likely a text is as Chinese: a trigram model over folded characters.

`data/language_model.npz` is made by `tools/build_language_model.py`, which says from what and how. Costs are -ln p in
eighths of a nat (`STEP`), as whole numbers; rows of the model are unpacked when they are first needed.
"""

from __future__ import annotations

import io
from bisect import bisect_left
from collections.abc import Mapping, Sequence
from functools import cache, lru_cache
from heapq import nsmallest
from importlib.resources import files
from types import MappingProxyType

import numpy as np

from tongbao.folding import fold

TARGET_NAME = "language_model.npz"
# Costs are stored in eighths of a nat.
STEP = 0.125
# Classes: the edge of a line, the beginning of a word, a digit, a Latin letter.
EDGE, START, DIGIT, LATIN = "\n", "\x02", "0", "a"
# What the model does not know costs FLOOR, 17 nats, and nothing costs more; what follows it costs one nat extra.
FLOOR, AFTER_UNKNOWN = 136, 8
# Contexts kept in memory; there are millions in principle.
MAX_CONTEXTS = 200_000
# Costs of three characters kept in memory.
MAX_STEPS = 1_000_000
# Of more characters than this, the cheapest are sought in one step for all.
MANY = 48

_DIGITS = frozenset("0123456789")
_LETTERS = frozenset("abcdefghijklmnopqrstuvwxyz")
# White space of all kinds parts text in the same way, and quotes of all shapes quote.
_SAME = {"\r": EDGE, "\t": EDGE, " ": EDGE, "「": "“", "」": "”", "『": "‘", "』": "’"}


def symbols(folded: str) -> list[str]:
    """The symbols that the model counts: a folded character, or its class."""
    return [DIGIT if c in _DIGITS else LATIN if c in _LETTERS else _SAME.get(c, c) for c in folded]


class Context:
    """The costs of the next character: a row of pairs, and the triples that say otherwise."""

    __slots__ = ("backoff", "known", "row")

    def __init__(self, row: bytes, backoff: int = 0, known: Mapping[int, int] = MappingProxyType({})) -> None:
        self.row, self.backoff, self.known = row, backoff, known

    def cost(self, place: int) -> int:
        cost = self.known.get(place)
        return cost if cost is not None else min(self.row[place] + self.backoff, FLOOR)

    def costs(self, places: Sequence[int]) -> list[int]:
        row, backoff, known = self.row, self.backoff, self.known
        if not known:
            return [row[place] for place in places]
        return [known[p] if p in known else min(row[p] + backoff, FLOOR) for p in places]

    def all_costs(self) -> np.ndarray:
        """The cost of every symbol."""
        costs = np.minimum(np.frombuffer(self.row, np.uint8).astype(np.uint16) + self.backoff, FLOOR)
        if self.known:
            costs[list(self.known)] = list(self.known.values())
        return costs


class TextModel:
    """Costs of characters after characters."""

    def __init__(self) -> None:
        with np.load(io.BytesIO(files("tongbao.data").joinpath(TARGET_NAME).read_bytes())) as data:
            self._data = {name: data[name] for name in data.files}
        # numpy's search would make a number of its own of each key; the standard library's is quicker for one.
        self._triple_keys, self._columns = memoryview(self._data["triple_keys"]), memoryview(self._data["columns"])
        self._unigram = self._data["unigram"].astype(np.uint16)
        self._rarities = self._data["unigram"].tobytes()
        names = [chr(n) for n in self._data["vocabulary"].tolist()]
        self.size = len(names)
        self._symbol = {name: at for at, name in enumerate(names)}
        self._place: dict[str, int] = {}
        self._rows: dict[int, bytes] = {}
        self._contexts: dict[str, Context] = {}
        self._steps: dict[str, int] = {}
        self._all_costs = lru_cache(4096)(lambda last: self.after(last).all_costs())
        self._many_places = lru_cache(4096)(lambda characters: np.array(self.places(characters), np.intp))

    def place(self, character: str) -> int:
        """The number of a character's symbol; `size` for what the model does not know."""
        at = self._place.get(character)
        if at is None:
            at = self._place[character] = self._symbol.get(symbols(fold(character))[0], self.size)
        return at

    def places(self, characters: Sequence[str]) -> list[int]:
        """The numbers of several characters' symbols."""
        known = self._place
        return [known[c] if c in known else self.place(c) for c in characters]

    def cheapest(self, characters: tuple[str, ...], last: str, count: int) -> list[tuple[int, str]]:
        """The `count` of `characters` that cost least after the text `last`, cheapest first, with their costs."""
        if len(characters) <= MANY:
            costs = self.after(last[-2:]).costs(self.places(characters))
            return nsmallest(count, zip(costs, characters, strict=True))
        every = self._all_costs(last[-2:])[self._many_places(characters)]
        chosen = np.argsort(every, kind="stable")[:count]
        return [(int(every[at]), characters[at]) for at in chosen.tolist()]

    def after(self, last: str) -> Context:
        """What the model says of the character after `last`, of which the last two characters count."""
        context = self._contexts.get(last)
        if context is None:
            if len(self._contexts) > MAX_CONTEXTS:
                self._contexts.clear()
            context = self._contexts[last] = self._context(last)
        return context

    def step(self, last: str, character: str) -> int:
        """The cost of a character after `last`, two characters at most."""
        key = last + character
        cost = self._steps.get(key)
        if cost is None:
            if len(self._steps) > MAX_STEPS:
                self._steps.clear()
            cost = self._steps[key] = self.after(last).cost(self.place(character))
        return cost

    def cost(self, text: str, before: str = EDGE) -> int:
        """The cost of `text` after the text `before`, of which the last two characters count."""
        total, last, step = 0, before[-2:], self.step
        for character in text:
            total += step(last, character)
            last = last[-1:] + character
        return total

    def rarity(self, character: str) -> int:
        """The cost of a character by itself."""
        at = self.place(character)
        return FLOOR if at == self.size else self._rarities[at]

    def _context(self, last: str) -> Context:
        second = self.place(last[-1:] or EDGE)
        row = self._row(second)
        if len(last) < 2:
            return Context(row)
        # What was never seen together most often is the end of a word and the beginning of another.
        first = self.place(last[-2])
        at = self._triples_at(first, second)
        if at is None and not self._is_pair(first, second):
            at = self._triples_at(self.place(START), second)
        if at is None:
            return Context(row)
        data = self._data
        span = slice(int(data["triple_starts"][at]), int(data["triple_starts"][at + 1]))
        known = dict(zip(data["triple_columns"][span].tolist(), data["triple_costs"][span].tolist(), strict=True))
        return Context(row, int(data["triple_backoff"][at]), known)

    def _is_pair(self, first: int, second: int) -> bool:
        """Whether a pair of symbols was seen more often than chance would have it."""
        if first == self.size:
            return False
        start, end = self._data["starts"][first : first + 2].tolist()
        at = bisect_left(self._columns, second, start, end)
        return at < end and self._columns[at] == second

    def _triples_at(self, first: int, second: int) -> int | None:
        """Where the triples of two symbols stand, if they have some."""
        keys, key = self._triple_keys, first * self.size + second
        at = bisect_left(keys, key)
        return at if at < len(keys) and keys[at] == key else None

    def _row(self, first: int) -> bytes:
        """The cost of every symbol after symbol `first`, and last that of an unknown one."""
        row = self._rows.get(first)
        if row is None:
            if first == self.size:
                costs = self._unigram + AFTER_UNKNOWN
            else:
                costs = self._unigram + self._data["backoff"][first]
                span = slice(int(self._data["starts"][first]), int(self._data["starts"][first + 1]))
                costs[self._data["columns"][span]] = self._data["costs"][span]
            row = self._rows[first] = np.minimum(costs, FLOOR).astype(np.uint8).tobytes() + bytes((FLOOR,))
        return row


@cache
def model() -> TextModel:
    """The model, loaded once."""
    return TextModel()

"""How likely a text is as Chinese: a bigram model over folded characters.

`data/language_model.npz` is made by `tools/build_language_model.py`, which says from what and how. Costs are -ln p in
eighths of a nat (`STEP`), as whole numbers; rows of the model are unpacked when they are first needed.
"""

from __future__ import annotations

import io
from functools import cache
from importlib.resources import files

import numpy as np

from tongbao.repair.tables import fold

TARGET_NAME = "language_model.npz"
# Costs are stored in eighths of a nat.
STEP = 0.125
# Classes: the edge of a line, a digit, a Latin letter.
EDGE, DIGIT, LATIN = "\n", "0", "a"
# What the model does not know costs FLOOR, 17 nats, and nothing costs more; what follows it costs one nat extra.
FLOOR, AFTER_UNKNOWN = 136, 8

_DIGITS = frozenset("0123456789")
_LETTERS = frozenset("abcdefghijklmnopqrstuvwxyz")
# Marks that the sources write in several ways.
_SAME = {"“": '"', "”": '"', "〃": '"', "‘": "'", "’": "'", "\r": EDGE, "\t": " "}


def symbols(folded: str) -> list[str]:
    """The symbols that the model counts: a folded character, or its class."""
    return [DIGIT if c in _DIGITS else LATIN if c in _LETTERS else _SAME.get(c, c) for c in folded]


class TextModel:
    """Costs of characters after characters."""

    def __init__(self) -> None:
        with np.load(io.BytesIO(files("tongbao.data").joinpath(TARGET_NAME).read_bytes())) as data:
            self._unigram = data["unigram"].astype(np.uint16)
            self._backoff, self._starts = data["backoff"], data["starts"]
            self._columns, self._costs = data["columns"], data["costs"]
            names = [chr(n) for n in data["vocabulary"].tolist()]
        self.size = len(names)
        self._symbol = {name: at for at, name in enumerate(names)}
        self._place: dict[str, int] = {}
        self._rows: dict[int, bytes] = {}

    def place(self, character: str) -> int:
        """The number of a character's symbol; `size` for what the model does not know."""
        at = self._place.get(character)
        if at is None:
            at = self._place[character] = self._symbol.get(symbols(fold(character))[0], self.size)
        return at

    def row(self, first: int) -> bytes:
        """The cost of every symbol after symbol `first`, and last that of an unknown one."""
        row = self._rows.get(first)
        if row is None:
            if first == self.size:
                costs = self._unigram + AFTER_UNKNOWN
            else:
                costs = self._unigram + self._backoff[first]
                span = slice(int(self._starts[first]), int(self._starts[first + 1]))
                costs[self._columns[span]] = self._costs[span]
            row = self._rows[first] = np.minimum(costs, FLOOR).astype(np.uint8).tobytes() + bytes((FLOOR,))
        return row

    def cost(self, text: str, before: str = EDGE) -> int:
        """The cost of `text` after the character `before`."""
        total, at = 0, self.place(before)
        for character in text:
            following = self.place(character)
            total += self.row(at)[following]
            at = following
        return total

    def rarity(self, character: str) -> int:
        """The cost of a character by itself."""
        at = self.place(character)
        return FLOOR if at == self.size else int(self._unigram[at])


@cache
def model() -> TextModel:
    """The model, loaded once."""
    return TextModel()

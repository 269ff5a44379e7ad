"""Compact texts: characters by their rank in the corpus, and one text as its differences from another."""

from __future__ import annotations

import sys
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise

import numpy as np
from ahocorasick_rs import AhoCorasick, MatchKind
from numpy.typing import NDArray

from tongbao.folding import fold_table
from tongbao.search.frames import uvarint

# Blocks of the characters that texts of today have: Chinese punctuation, unified ideographs, full-width forms.
BLOCKS = ((0x3000, 0x303F), (0x4E00, 0x9FFF), (0xFF00, 0xFFEF))

SINGLES = 240
ESCAPE = 255
# Characters and words that have a place: what has none is spelt out.
MOST, MOST_WORDS = 3000, 400
# A character that stands in fewer texts costs more in the table than it saves.
_LEAST_TEXTS = 3
# A word of the table pays in an archive of so many characters.
_WORTH = 2000
_LONGEST_WORD = 7
# A run that recurs less often in the characters that are counted is no word.
_LEAST_RUNS = 20
# Characters that words are counted in: of one text, and of all.
_OF_TEXT, _OF_ALL = 20_000, 1_000_000
# Words are chosen in rounds, with so many times the wanted number left after each: what one saves hangs on the others.
_ROUNDS = (4, 2, 1.3, 1)
# Choices below it are variants.
CHOICES = 16


class Alphabet:
    """The frequent characters of the folded texts and their frequent words, the most frequent of either in one byte."""

    def __init__(self, first: Iterable[str], others: Iterable[str] = ()) -> None:
        """`first` are at most `SINGLES` characters and words, those in one byte."""
        parts = [sorted(part, key=lambda symbol: (len(symbol) > 1, symbol)) for part in (first, others)]
        self.characters = "".join(symbol for part in parts for symbol in part if len(symbol) == 1)
        self.words = tuple(symbol for part in parts for symbol in part if len(symbol) > 1)
        self.first = sum(len(symbol) == 1 for symbol in parts[0]), sum(len(symbol) > 1 for symbol in parts[0])
        codes = {
            symbol: _code(place)
            for part, start in zip(parts, (0, SINGLES), strict=True)
            for place, symbol in enumerate(part, start)
        }
        self._codes = _Codes({ord(symbol): code for symbol, code in codes.items() if len(symbol) == 1})
        self._words = [codes[word] for word in self.words]
        self._finder = AhoCorasick(self.words, matchkind=MatchKind.LeftmostLongest)

    def encode(self, text: str) -> bytes:
        """Each character by its place: below 240 in a byte, below 4,080 in two; without one 255 and the code point."""
        return text.translate(self._codes).encode("latin-1")

    def pack(self, text: str) -> bytes:
        """The same, with a place for each word: from left to right the longest ones."""
        parts: list[str] = []
        end = 0
        for number, start, after in self._finder.find_matches_as_indexes(text):
            parts += (text[end:start].translate(self._codes), self._words[number])
            end = after
        return "".join((*parts, text[end:].translate(self._codes))).encode("latin-1")


def ranked(texts: Sequence[str], characters: int) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The symbols of an archive of about so many characters, counted in `texts`: those in one byte, and the others.

    Ties go to the lower code points.
    """
    total: Counter[str] = Counter()
    spread: Counter[str] = Counter()
    for text in texts:
        counts = Counter(text)
        total.update(counts)
        spread.update(counts.keys())
    frequent = [char for char in total if spread[char] >= _LEAST_TEXTS]
    chars = sorted(frequent, key=lambda char: (-total[char], char))[:MOST]
    some = [text[:_OF_TEXT] for text in texts[:: -(-sum(map(len, texts)) // _OF_ALL) or 1]]
    words = _words(some, min(MOST_WORDS, characters // _WORTH))
    uses = _uses(some, words)
    symbols = sorted([*chars, *words], key=lambda symbol: (-uses[symbol], symbol))
    return tuple(symbols[:SINGLES]), tuple(symbols[SINGLES:])


class _Codes(dict[int, str]):
    """{code point: its bytes, as Latin-1}, for `str.translate`."""

    def __missing__(self, code: int) -> str:
        return (bytes([ESCAPE]) + uvarint(code)).decode("latin-1")


def _code(place: int) -> str:
    page, low = divmod(place - SINGLES, 256)
    return chr(place) if place < SINGLES else chr(SINGLES + page) + chr(low)


def _words(texts: Sequence[str], most: int) -> list[str]:
    """The runs of characters that save most symbols where each counts as one."""
    words = _frequent_runs(texts) if most else []
    for times in _ROUNDS:
        uses = _uses(texts, words)
        ranked = sorted((word for word in words if uses[word]), key=lambda word: (-uses[word] * (len(word) - 1), word))
        words = ranked[: round(most * times)]
    return words


def _frequent_runs(texts: Sequence[str]) -> list[str]:
    """Runs of two and more characters that recur; a run recurs no more often than what it begins with."""
    found: list[str] = []
    shorter: set[str] | None = None
    for size in range(2, _LONGEST_WORD + 1):
        runs = (text[at : at + size] for text in texts for at in range(len(text) - size + 1))
        counts = Counter(run for run in runs if shorter is None or run[:-1] in shorter)
        shorter = {run for run, count in counts.items() if count >= _LEAST_RUNS}
        found += sorted(shorter)
    return found


def _uses(texts: Iterable[str], words: Sequence[str]) -> Counter[str]:
    """How often texts need each word, and each character outside of words."""
    finder = AhoCorasick(words, matchkind=MatchKind.LeftmostLongest)
    uses: Counter[str] = Counter()
    for text in texts:
        end = 0
        for number, start, after in finder.find_matches_as_indexes(text):
            uses.update(text[end:start])
            uses[words[number]] += 1
            end = after
        uses.update(text[end:])
    return uses


class Variants:
    """The characters that fold to those of an alphabet, and the usual Traditional ones."""

    def __init__(self, alphabet: Alphabet, hant: Mapping[str, str]) -> None:
        """`hant` gives the characters that usually stand for others in Traditional texts."""
        sources: defaultdict[str, list[str]] = defaultdict(list)
        for source, target in sorted(fold_table().items()):
            if any(first <= source <= last for first, last in BLOCKS):
                sources[target].append(chr(source))
        self.hant: dict[str, str] = {}
        self.of: dict[str, tuple[str, ...]] = {}
        for char in alphabet.characters:
            usual_char = hant.get(char, char)
            self.of[char] = own = tuple(sorted(sources[char], key=lambda source: (source != usual_char, source)))
            if own and own[0] == usual_char:
                self.hant[char] = usual_char

    def payload(self) -> tuple[bytes, ...]:
        """Twice the number of each character's variants, plus 1 where the first is its usual Traditional one; then the
        variants."""
        codes = [ord(source) for own in self.of.values() for source in own]
        heads = b"".join(uvarint(len(own) * 2 + (char in self.hant)) for char, own in self.of.items())
        return heads, bytes(code >> 8 for code in codes), bytes(code & 255 for code in codes)


def usual(pairs: Iterable[tuple[str, str]]) -> dict[str, str]:
    """{character: the one that most often stands in its place in the other text}, where that is another.

    `pairs` are texts of one length. Ties go to the lower code point.
    """
    counts: Counter[tuple[str, str]] = Counter()
    for base, other in pairs:
        counts.update(zip(base, other, strict=True))
    return {char: other for char, other in _best(counts).items() if char != other}


def _best(counts: Mapping[tuple[str, str], int]) -> dict[str, str]:
    """The most frequent partner of each character, by character."""
    best: dict[str, tuple[int, str]] = {}
    for (char, other), number in counts.items():
        best[char] = min(best.get(char, (1, "")), (-number, other))
    return {char: other for char, (_, other) in sorted(best.items())}


def _points(text: str) -> NDArray[np.uint32]:
    return np.frombuffer(text.encode("utf-32-le"), np.uint32)


class Differ:
    """Packs a text as its differences from another of its length, under a table of the characters to expect."""

    def __init__(self, alphabet: Alphabet, expected: Mapping[str, str], choices: Mapping[str, Sequence[str]]) -> None:
        """`choices` gives characters' variants, by which others are named in a byte."""
        self._alphabet, self._expected, self._choices = alphabet, expected, choices
        self._table = np.arange(sys.maxunicode + 1, dtype=np.uint32)
        for char, usual_char in expected.items():
            self._table[ord(char)] = ord(usual_char)

    def __call__(self, base: str, other: str) -> bytes:
        """First the characters that this text usually has otherwise than expected: their number, then each with its
        choice. Then the places that are still otherwise: their number, then each gap to the one before and the choice.
        """
        bases, others = _points(base), _points(other)
        wrong = self._table[bases] != others
        if not wrong.any():
            return b"\0\0"
        odd = np.unique(bases[wrong])
        # Only the characters that are otherwise than expected somewhere matter.
        places = np.flatnonzero(np.isin(bases, odd)).tolist()
        pairs = Counter((base[at], other[at]) for at in places)
        own = {c: o for c, o in _best(pairs).items() if o != self._expected.get(c, c)}
        table = {**self._expected, **own}
        rest = [at for at in places if other[at] != table.get(base[at], base[at])]
        out = [uvarint(len(own)), *(self._alphabet.encode(c) + self._choice(c, o) for c, o in own.items())]
        out.append(uvarint(len(rest)))
        gaps = (at - before for before, at in pairwise([0, *rest]))
        out += [uvarint(gap) + self._choice(base[at], other[at]) for gap, at in zip(gaps, rest, strict=True)]
        return b"".join(out)

    def _choice(self, char: str, other: str) -> bytes:
        if other == char:
            return b"\0"
        own = self._choices.get(char, ())
        place = own.index(other) + 1 if other in own else CHOICES
        return uvarint(place if place < CHOICES else CHOICES + ord(other))

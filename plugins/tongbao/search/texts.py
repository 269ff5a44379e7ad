"""Compact texts: characters by their rank in the corpus, and one text as its differences from another."""

from __future__ import annotations

import sys
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from tongbao.folding import fold_table
from tongbao.search.frames import uvarint

# Blocks of the characters that texts of today have: Chinese punctuation, unified ideographs, full-width forms.
BLOCKS = ((0x3000, 0x303F), (0x4E00, 0x9FFF), (0xFF00, 0xFFEF))

SINGLES = 240
MOST = 3000
ESCAPE = 255
# A character that stands in fewer texts costs more in the table than it saves.
_LEAST_TEXTS = 3
# Phrases that texts are packed with: at most so many characters, and one for so many characters of the archive.
_PHRASES, _WORTH = 2000, 400
# Choices below it are variants.
CHOICES = 16


class Alphabet:
    """The frequent characters of the folded texts, those of one byte first, by code point in either part."""

    def __init__(self, characters: str) -> None:
        self.characters = characters
        self._codes = _Codes({ord(char): _code(rank) for rank, char in enumerate(characters)})

    @classmethod
    def of(cls, texts: Iterable[str]) -> Alphabet:
        """Count the characters of `texts`; ties go to the lower code point."""
        total: Counter[str] = Counter()
        spread: Counter[str] = Counter()
        for text in texts:
            counts = Counter(text)
            total.update(counts)
            spread.update(counts.keys())
        frequent = [char for char in total if spread[char] >= _LEAST_TEXTS]
        ranked = sorted(frequent, key=lambda char: (-total[char], char))[:MOST]
        return cls("".join(sorted(ranked[:SINGLES]) + sorted(ranked[SINGLES:])))

    def encode(self, text: str) -> bytes:
        """One byte for a rank below 240, two for one below 4,080, else 255 and the code point."""
        return text.translate(self._codes).encode("latin-1")

    def holds(self, text: str) -> bool:
        """Whether no character of a text is outside the alphabet."""
        return all(ord(char) in self._codes for char in set(text))

    @staticmethod
    def length(encoded: bytes) -> int:
        """How many characters some encoded ones are, if none of them is outside the alphabet."""
        at = count = 0
        while at < len(encoded):
            at += 1 if encoded[at] < SINGLES else 2
            count += 1
        return count


class _Codes(dict[int, str]):
    """{code point: its bytes, as Latin-1}, for `str.translate`."""

    def __missing__(self, code: int) -> str:
        return (bytes([ESCAPE]) + uvarint(code)).decode("latin-1")


def _code(rank: int) -> str:
    page, low = divmod(rank - SINGLES, 256)
    return chr(rank) if rank < SINGLES else chr(SINGLES + page) + chr(low)


def phrases(frequencies: Mapping[str, int], characters: int) -> str:
    """Phrases that recur in an archive of so many characters, the most frequent last, end to end.

    `frequencies` gives the document frequencies of its most frequent runs of three. A phrase begins with the most
    frequent one that no phrase has yet, and goes on while at least half of its documents have the next.
    """
    most = min(_PHRASES, characters // _WORTH)
    follow: defaultdict[str, list[str]] = defaultdict(list)
    ranked = sorted(frequencies, key=lambda run: (-frequencies[run], run))
    for run in ranked:
        follow[run[:2]].append(run)
    used: set[str] = set()
    found: list[str] = []
    size = 0
    for start in ranked:
        if size >= most:
            break
        run, phrase = start, start
        while run not in used:
            used.add(run)
            after = [other for other in follow[run[1:]][:1] if frequencies[other] * 2 >= frequencies[start]]
            if not after or after[0] in used:
                break
            run = after[0]
            phrase += run[2]
        else:
            continue
        found.append(phrase)
        size += len(phrase)
    return "".join(reversed(found))


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

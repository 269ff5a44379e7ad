"""Compact texts: characters by their rank in the corpus, and one text as its differences from another."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping

from tongbao.search.frames import uvarint

SINGLES, PAGES = 240, 15
MOST = 2000
ESCAPE = 255
# A character that stands in fewer texts costs more in the table than it saves.
_LEAST_TEXTS = 3


class Alphabet:
    """The frequent characters of the folded texts, those of one byte first, by code point in either part."""

    def __init__(self, characters: str) -> None:
        self.characters = characters
        self._codes = {char: _code(rank) for rank, char in enumerate(characters)}

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
        codes = self._codes
        return b"".join(codes.get(char) or bytes([ESCAPE]) + uvarint(ord(char)) for char in text)


def _code(rank: int) -> bytes:
    page, low = divmod(rank - SINGLES, 256)
    return bytes([rank]) if rank < SINGLES else bytes([SINGLES + page, low])


def usual(pairs: Iterable[tuple[str, str]]) -> dict[str, str]:
    """{character: the one that most often stands in its place in the other text}, where that is another.

    `pairs` are texts of one length. Ties go to the lower code point.
    """
    counts: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for base, other in pairs:
        for pair, number in Counter(zip(base, other, strict=True)).items():
            counts[pair[0]][pair[1]] += number
    best = {char: min(found, key=lambda other: (-found[other], other)) for char, found in counts.items()}
    return {char: other for char, other in sorted(best.items()) if char != other}


def difference(base: str, other: str, expected: Mapping[str, str]) -> bytes:
    """`other` as its differences from `base` (one length) under a table of expected characters.

    First the characters that this text usually has otherwise than expected: their number, then pairs of code points.
    Then the places that are still otherwise: their number, then pairs of the gap to the one before and the code point.
    """
    guess = base.translate({ord(char): usual_char for char, usual_char in expected.items()})
    odd = (
        {char for char, guessed, real in zip(base, guess, other, strict=True) if guessed != real}
        if guess != other
        else ()
    )
    own = {c: o for c, o in _usual_of(base, other, odd).items() if o != expected.get(c, c)} if odd else {}
    table = {**expected, **own} if odd else expected
    rest = [(at, o) for at, (c, o) in enumerate(zip(base, other, strict=True)) if c in odd and o != table.get(c, c)]
    out = [uvarint(len(own)), *(uvarint(ord(c)) + uvarint(ord(o)) for c, o in own.items()), uvarint(len(rest))]
    before = 0
    for at, char in rest:
        out.append(uvarint(at - before) + uvarint(ord(char)))
        before = at
    return b"".join(out)


def _usual_of(base: str, other: str, characters: Collection[str]) -> dict[str, str]:
    """Like `usual`, of one text and of some characters, identities kept."""
    counts: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for char, real in zip(base, other, strict=True):
        if char in characters:
            counts[char][real] += 1
    return {c: min(found, key=lambda o: (-found[o], o)) for c, found in sorted(counts.items())}

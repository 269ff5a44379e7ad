"""Names of townships in a Simplified text, in which some characters keep the form that they have as names.

里 in 里水镇 is a quarter and no inside, 斗 in 三斗坪镇 a measure and no fight: phrases would make them 裡 and 鬥. The
names are those of the table of townships; which characters keep their form stands in `names.toml`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache

from ahocorasick_rs import AhoCorasick, MatchKind

from tongbao.data import rows, toml
from tongbao.patterns import regex

# Beyond these the automaton can't go: lone surrogates have no UTF-8.
_UNFIT = regex("[\ud800-\udfff]")


def kept(hans: str) -> Iterator[tuple[int, str]]:
    """(offset, Traditional character) of the characters of townships' names that keep a form of their own."""
    automaton, forms, joined = _table()
    for _, start, end in automaton.find_matches_as_indexes(_UNFIT.sub("\ufffc", hans)):
        # The first character may belong to the word before: 这里|村镇, 位于|家务.
        first = start if hans[start - 1 : start] not in joined.get(hans[start], ()) or not start else start + 1
        yield from ((at, forms[hans[at]]) for at in range(first, end) if hans[at] in forms)


@cache
def _table() -> tuple[AhoCorasick, dict[str, str], dict[str, str]]:
    """The automaton of the names that hold such a character, the characters' forms, and what a first one joins with."""
    table = toml("names.toml")
    forms: dict[str, str] = table["township_forms"]
    held = re.findall(f"[^\t\n|]*[{''.join(forms)}][^\t\n|]*", "\n".join(row[1] for row in rows("townships.tsv")))
    fitting = [name for name in sorted(set(held)) if not any(w in name for w in table["township_words"])]
    joined: dict[str, str] = table["township_joined"]
    return AhoCorasick(fitting, matchkind=MatchKind.LeftmostLongest), forms, joined

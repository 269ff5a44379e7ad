"""Guessed characters of mojibake: what else their bytes may have been, and which guesses stand.

Bytes were lost, and the context decided. Each guess is weighed against its rivals where it stands: what is settled
stays in the text around it, what is in doubt becomes an edit by itself, what is less likely than its rivals together is
left open. Digits, and numerals that may be others, are never guessed.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from tongbao.model import Edit
from tongbao.repair.lattice import LEFT, Guess, Spelling
from tongbao.repair.mojibake_tokens import LOST
from tongbao.repair.text_model import DIGIT, STEP, model

# How certain is what the text model alone speaks for. Rivals of a guessed character that are weighed, and shown.
LIKELY, WEIGHED, SHOWN = 0.9, 8, 5
# A guessed character with a smaller share of the likelihood of all that its bytes may have been is an edit by itself.
SETTLED = 0.98
# One with a smaller share than this is left open.
LEFT_OPEN = 0.5


def improved(spelling: Spelling, behind: str) -> Spelling:
    """A spelling in which no guessed character has a likelier rival: what the search dropped too early comes back."""
    text = spelling.text + behind
    for guess in spelling.guesses:
        rivals = weigh(text, guess).rivals
        if rivals and rivals[0][0] < 0 and rivals[0][1] and not (rivals[0][1] + text[guess.place]).isnumeric():
            text = text[: guess.place] + rivals[0][1] + text[guess.place + 1 :]
    return replace(spelling, text=text[: len(spelling.text)])


def parts(spelling: Spelling, length: int, doubts: Sequence[int]) -> Iterator[tuple[tuple[int, int], tuple[int, int]]]:
    """Spans of a served text of some length and what they spell: each doubt by itself, up to where no bytes wait."""
    # Of several characters that end at one place, the last counts: some are made of lost bytes only.
    cuts = [*(dict(spelling.cuts) | {length: len(spelling.text)}).items()]
    in_doubt = [bisect_left(doubts, b) < bisect_left(doubts, s) for (_, b), (_, s) in pairwise([(0, 0), *cuts])]
    start = begin = 0
    for at, (end, stop) in enumerate(cuts):
        if at + 1 == len(cuts) or (stop > begin and (in_doubt[at] or in_doubt[at + 1])):
            yield (start, end), (begin, stop)
            start, begin = end, stop


@dataclass(frozen=True, slots=True)
class Weighed:
    """A guessed character's place, its rivals and how much dearer each is, and its share of the likelihood of all."""

    place: int
    rivals: tuple[tuple[int, str], ...]
    share: float


def weigh(restored: str, guess: Guess) -> Weighed:
    """A guessed character of a text and what is behind it, against what else its bytes may have been.

    Where the character was added to what is there, one rival is that none is missing.
    """
    at, lm = guess.place, model()
    if restored[at] not in guess.choices:
        # The mark of a number that is not guessed.
        return Weighed(at, (), 0.0)
    # A question mark is what is shown of a digit: the search has seen one there.
    before, behind = restored[max(0, at - 2) : at] or "\n", restored[at + 1 : at + 3].replace("?", DIGIT)
    own = lm.cost(restored[at] + behind, before)
    likely = lm.cheapest(tuple(c for c in guess.choices if c), before, WEIGHED)
    rivals = [(lm.cost(c + behind, before) - own, c) for _, c in likely if c != restored[at] and not c.isdecimal()]
    if "" in guess.choices:
        rivals.append((lm.cost(behind, before) - own - LOST, ""))
    rivals.sort()
    share = 1 / (1 + sum(math.exp(-margin * STEP) for margin, _ in rivals))
    return Weighed(at, tuple(rivals[:SHOWN]), share)


def doubted(edit: Edit, begin: int, weighed: Sequence[Weighed]) -> Edit:
    """An edit of guessed characters with what else it may read; `begin` is where it begins among their places.

    A character that is less likely than all its rivals together is left open: a mark stands in its place.
    """
    rivals = sorted((margin, w.place - begin, c) for w in weighed for margin, c in w.rivals)[:SHOWN]
    read = [edit.after[:at] + c + edit.after[at + 1 :] for _, at, c in rivals]
    evidence, after = edit.evidence, edit.after
    for at in (w.place - begin for w in weighed if w.rivals and w.share < LEFT_OPEN):
        after = after[:at] + LEFT + after[at + 1 :]
    if after != edit.after:
        reason = evidence.reason.partition("其中")[0] + "标记处的字节不全，几种读法都有可能，未予补出。"
        shown = (edit.after, *read)[:SHOWN]
        return replace(
            edit, after=after, evidence=replace(evidence, reason=reason, candidates=shown, restored_bytes="")
        )
    if rivals:
        confidence = round(min(LIKELY, *(w.share for w in weighed if w.rivals)), 2)
        evidence = replace(evidence, candidates=tuple(read), runner_up=read[0], margin=rivals[0][0] * STEP)
        return replace(edit, confidence=confidence, evidence=evidence)
    return edit


def without_numbers(spelling: Spelling, before: str, behind: str) -> str:
    """A text with marks in place of guessed digits, and of the guessed numerals that are parts of numbers and may be
    others: those are never invented. `before` and `behind` are the characters beside the text.
    """
    around = [before, *spelling.text, behind]
    out = list(spelling.text)
    for guess in spelling.guesses:
        last, character, following = around[guess.place : guess.place + 3]
        counted = last.isnumeric() or following.isnumeric() or (following and following in _COUNTED)
        if character.isdecimal() or (character.isnumeric() and counted and _is_open(spelling.text + behind, guess)):
            out[guess.place] = "\ufffd"
    return "".join(out)


def _is_open(restored: str, guess: Guess) -> bool:
    """Whether the bytes that are there leave open which numeral a guessed one is, or whether it is one."""
    return sum(c.isnumeric() for c in guess.choices) > 1 or weigh(restored, guess).share < SETTLED


# What numbers count.
_COUNTED = frozenset("月日号號年岁歲时時点點分秒名人个個例户戶元角吨噸倍度届屆次条條项項件批公斤亩畝米%％")

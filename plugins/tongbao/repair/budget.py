"""The budget of a document: where too much of a text rests on weighing or stays in doubt, a curator should look.

Edits that follow a table or undo a whole text's codec don't count, however many they are: a glossed text may be half
glosses and yet leave nothing to ask. What counts are readings that were searched for among rivals, and damage that
was left standing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from tongbao.model import Edit, Repaired

# The share of the received characters that searched readings may stand for.
WEIGHED = 0.15
# The share of the received characters that may stay in doubt, and the number of such places.
DOUBTFUL, MOST_DOUBTS = 0.05, 20
# Where mojibake touches more than this share, the text as a whole was read in the wrong codec: one decision, not many.
WHOLE = 0.5
# Suggestions that question no character of the text, only its lines and spaces.
_HARMLESS = "layout-"


def mark(repaired: Repaired) -> Repaired:
    """The same text, with the reasons why a curator should look at it in `review`."""
    return replace(repaired, review=review(repaired))


def review(repaired: Repaired) -> tuple[str, ...]:
    """The budgets that a text exceeds, a sentence each; none for a text within them."""
    size = len(repaired.received)
    if not size:
        return ()
    weighed = _size(_weighed(repaired.edits, size))
    doubts = [s for s in repaired.suggestions if not s.rule.startswith(_HARMLESS)]
    places, doubtful = len(_places(doubts)), _size(doubts)
    reasons = []
    if weighed > WEIGHED * size:
        reasons.append(f"逐字节推断的文字占原文的{weighed / size:.0%}，超过{WEIGHED:.0%}，请对照原件校核。")
    if doubtful > DOUBTFUL * size or places > MOST_DOUBTS:
        reasons.append(f"{places}处损伤未能确定读法，占原文的{doubtful / size:.0%}，请对照原件校核。")
    return tuple(reasons)


def _weighed(edits: Sequence[Edit], size: int) -> list[Edit]:
    """The edits whose reading was searched for among rivals, other than the decoding of a whole text."""
    mojibake = [e for e in edits if "mojibake-" in e.rule]
    whole = _size(mojibake) > WHOLE * size
    return [
        e
        for e in edits
        # What a copy shows was not inferred.
        if not e.evidence.copies
        and (
            # A guessed character is one whatever the share of mojibake.
            (e.confidence < 1 and (not whole or bool(e.evidence.candidates)))
            if "mojibake-" in e.rule
            else "gbk-bytes" in e.rule
        )
    ]


def _size(edits: Sequence[Edit]) -> int:
    """How many received characters the edits touch."""
    return sum(end - start for start, end in _places(edits))


def _places(edits: Sequence[Edit]) -> list[tuple[int, int]]:
    """The spans of the edits, those that overlap as one."""
    merged: list[tuple[int, int]] = []
    for start, end in sorted((e.start, e.end) for e in edits):
        if merged and start < merged[-1][1]:
            merged[-1] = merged[-1][0], max(end, merged[-1][1])
        else:
            merged.append((start, end))
    return merged

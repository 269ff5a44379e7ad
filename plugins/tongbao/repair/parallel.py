"""Parallel copies: where another copy of the same passage shows what the damage hides, the suggestion becomes an edit.

A pure function over a repaired text and the repaired texts of other bulletins. A copy holds the passage if the context
on both sides of the damage stands in it, in either script. What it has between them is taken if all such copies agree
and the damage could have made of it what was received. The edit names the copies; it depends on no others.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from tongbao import edits as edit_lists
from tongbao.folding import fold
from tongbao.model import Edit, Repaired
from tongbao.repair import gbk_search

# Context on each side in characters, and how many of them must be Han.
CONTEXT, LEAST_HAN = 10, 6
# How sure such an edit is.
CONFIDENCE = 0.99
# The most suggestions of a text that are looked up.
MOST = 200

_HAN = re.compile("[\u3400-\u9fff\uf900-\ufaff]")


def confirm(repaired: Repaired, copies: Sequence[tuple[str, str]]) -> Repaired:
    """Make edits of the suggestions that other copies of their passages confirm or fill.

    `copies` are (id of the bulletin, its repaired text). Digits and names come from the copies only, never from a
    guess. Returns `repaired` itself where no copy says anything.
    """
    if not copies or not repaired.suggestions:
        return repaired
    folded = [(name, text, fold(text)) for name, text in copies]
    offsets = edit_lists.OffsetMap(repaired.edits)
    found: list[Edit] = []
    for suggestion in repaired.suggestions[:MOST]:
        edit = _confirmed(repaired, suggestion, offsets.to_result(suggestion.start, suggestion.end), folded)
        if edit is not None and (not found or edit.start >= found[-1].end) and _holds(repaired.edits, edit):
            found.append(edit)
    return _with(repaired, found) if found else repaired


def _confirmed(
    repaired: Repaired, suggestion: Edit, span: tuple[int, int], copies: Sequence[tuple[str, str, str]]
) -> Edit | None:
    """The edit that the copies make of a suggestion, or None."""
    text = repaired.text
    left, right = text[max(0, span[0] - CONTEXT) : span[0]], text[span[1] : span[1] + CONTEXT]
    if any(len(_HAN.findall(side)) < LEAST_HAN for side in (left, right)):
        return None
    longest = 2 * len(suggestion.before) + 2
    readings: dict[str, list[tuple[str, str]]] = {}
    for name, copy, folded in copies:
        for start, end in _between(folded, fold(left), fold(right), longest):
            if "\ufffd" in folded[start:end]:
                continue
            same_script = copy[start - len(left) : start] == left and copy[end : end + len(right)] == right
            readings.setdefault(folded[start:end], []).append((name, copy[start:end] if same_script else ""))
    if len(readings) != 1:
        return None
    ((plain, witnesses),) = readings.items()
    after = _consistent(repaired.received, suggestion, plain, [reading for _, reading in witnesses if reading])
    if after is None:
        return None
    names = "、".join(sorted({name for name, _ in witnesses}))
    reason = f"parallel：同一段落的其他副本（{names}）此处作“{after}”。"
    offered = (suggestion.after, *suggestion.evidence.candidates)
    others = tuple(c for c in offered if c not in (after, suggestion.before))
    evidence = replace(suggestion.evidence, reason=reason, candidates=others)
    return replace(suggestion, after=after, confidence=CONFIDENCE, evidence=evidence)


def _between(text: str, left: str, right: str, longest: int) -> Iterator[tuple[int, int]]:
    """The spans of `text` between `left` and `right`, where these stand close enough to each other."""
    at = text.find(left)
    while at >= 0:
        start = at + len(left)
        end = text.find(right, start, start + longest + len(right))
        if end >= 0:
            yield start, end
        at = text.find(left, at + 1)


def _consistent(received: str, suggestion: Edit, plain: str, readings: Sequence[str]) -> str | None:
    """The reading in the text's own script, if the damage could have made of it what was received.

    `plain` is the reading folded, `readings` are its forms in copies of the same script.
    """
    for candidate in (suggestion.after, *suggestion.evidence.candidates):
        if fold(candidate) == plain and candidate != suggestion.before:
            return candidate
    for reading in readings:
        if reading != suggestion.before and _could_be(received, suggestion, reading):
            return reading
    return None


def _could_be(received: str, suggestion: Edit, reading: str) -> bool:
    """Whether this damage of `reading` may look as it was received."""
    before = suggestion.before
    if suggestion.rule == "gbk-bytes":
        return gbk_search.regenerates(received, suggestion.start, suggestion.end, reading)
    if suggestion.rule == "unrecoverable":
        # A replacement character stands for one lost character at most; 锟斤拷 for two replacement characters.
        return 0 < len(reading) <= (len(before) if "\ufffd" in before else (2 * len(before) + 2) // 3)
    if suggestion.rule == "adversarial-mask":
        return len(reading) == len(before) and _HAN.match(reading) is not None
    return False


def _holds(edits: Sequence[Edit], edit: Edit) -> bool:
    """Whether each of `edits` stands wholly inside or wholly outside `edit`."""
    return all(
        e.end <= edit.start or e.start >= edit.end or (edit.start <= e.start and e.end <= edit.end) for e in edits
    )


def _with(repaired: Repaired, found: Sequence[Edit]) -> Repaired:
    """The repaired text with more edits, in place of those that they hold and of the suggestions that they settle."""
    spans = [(e.start, e.end) for e in found]
    kept = [e for e in repaired.edits if not any(a <= e.start and e.end <= b for a, b in spans)]
    edits = tuple(sorted([*kept, *found], key=lambda e: (e.start, e.end)))
    left = tuple(s for s in repaired.suggestions if not any(s.start < b and a < s.end for a, b in spans))
    touched = sum(len(e.before) for e in edits)
    return Repaired(
        repaired.received,
        edit_lists.apply(repaired.received, edits),
        edits,
        left,
        min(1.0, touched / len(repaired.received)),
    )

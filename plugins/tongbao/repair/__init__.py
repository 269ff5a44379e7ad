"""Repair: undo what the web did to a text, by its cause, and say why.

    from tongbao.repair import repair

`RULES` is the table of families in the order of their application: each rule reads the text that the rules before it
left, and its edits are carried back to the received text.
"""

from __future__ import annotations

import gc
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace

from tongbao import edits as edit_lists
from tongbao.model import Edit, Repaired
from tongbao.repair import adversarial, characters, escapes, layout, mojibake, spinner, unrecoverable, western
from tongbao.repair.verdict import Rule

RULES: tuple[tuple[str, Rule], ...] = (
    ("mojibake", mojibake.undo),
    ("western", western.undo),
    ("spinner", spinner.undo),
    ("escapes", escapes.undo),
    ("characters", characters.undo),
    ("layout", layout.undo),
    ("adversarial", adversarial.suggest),
    ("unrecoverable", unrecoverable.flag),
)

# One damage may hide another: the rules are applied until nothing changes, so often at most.
ROUNDS = 4


def repair(text: str) -> Repaired:
    """Undo the damage in a decoded text.

    Linear in the length of the text; never raises, whatever the text holds. `edits` replayed over `received` give
    `text`, undone they give `received` back.
    """
    with _collector_at_rest():
        return _repair(text)


def _repair(text: str) -> Repaired:
    current = text
    made: tuple[Edit, ...] = ()
    offered: list[Edit] = []
    for round_ in range(ROUNDS):
        before = current
        for _, rule in RULES:
            verdict = rule(current)
            # What later rounds would suggest, they say without the traces that the first has removed.
            if round_ == 0 and verdict.suggestions:
                offsets = edit_lists.OffsetMap(made)
                offered += (_carry(s, text, current, offsets) for s in verdict.suggestions)
            if verdict.edits:
                current = edit_lists.apply(current, verdict.edits)
                made = edit_lists.compose(made, verdict.edits) if made else verdict.edits
        if current == before:
            break
    offered = sorted(_without_doubles(offered), key=lambda e: (e.start, e.end))
    touched = sum(len(e.before) for e in made)
    return Repaired(text, current, made, tuple(offered), min(1.0, touched / len(text)) if text else 0.0)


@contextmanager
def _collector_at_rest() -> Iterator[None]:
    """Without the cyclic garbage collector: a search makes many tuples and no cycles, and each of the collector's walks
    through the tables of the text model takes as long as the search of a damaged passage."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


def _without_doubles(offered: Sequence[Edit]) -> list[Edit]:
    """The suggestions without the flags of gaps that have a reading: one gap, one sign."""
    read = [(e.start, e.end) for e in offered if e.rule == "gbk-bytes"]
    return [e for e in offered if e.rule != "unrecoverable" or not any(e.start < b and a < e.end for a, b in read)]


def _carry(suggestion: Edit, received: str, current: str, offsets: edit_lists.OffsetMap) -> Edit:
    """A suggestion over the current text as one over the received text."""
    start, end = offsets.to_source(suggestion.start, suggestion.end)
    # Where the span grew to hold whole edits, every reading of the suggestion takes their results with it.
    first, last = offsets.to_result(start, end)
    left, right = current[first : suggestion.start], current[suggestion.end : last]
    evidence = suggestion.evidence
    if left or right:
        runner_up = None if evidence.runner_up is None else left + evidence.runner_up + right
        candidates = tuple(left + c + right for c in evidence.candidates)
        evidence = replace(evidence, candidates=candidates, runner_up=runner_up)
    return replace(
        suggestion,
        start=start,
        end=end,
        before=received[start:end],
        after=left + suggestion.after + right,
        evidence=evidence,
    )

"""Edit lists: apply, undo, compose, and carry offsets across them.

An edit list is a sorted sequence of non-overlapping `Edit`s over a *source* text; applying it gives the *result*. These
four functions are all that the promise "replay gives the reading text, undo gives the received text" rests on.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import replace

from tongbao.model import Edit, EditEvidence


class EditError(ValueError):
    """An edit list does not fit the text: overlapping, unsorted, or its `before` is not what stands there."""


def apply(source: str, edits: Sequence[Edit]) -> str:
    """Replay `edits` over `source`. Raises EditError where an edit does not fit."""
    out: list[str] = []
    at = 0
    for edit in edits:
        if edit.start < at or edit.end < edit.start or source[edit.start : edit.end] != edit.before:
            raise EditError(f"edit {edit.rule!r} at {edit.start}-{edit.end} does not fit the text or its neighbours")
        out += source[at : edit.start], edit.after
        at = edit.end
    return "".join([*out, source[at:]])


def invert(edits: Sequence[Edit]) -> tuple[Edit, ...]:
    """The edits, over the result, that give the source back."""
    out, shift = [], 0
    for edit in edits:
        start = edit.start + shift
        out.append(replace(edit, start=start, end=start + len(edit.after), before=edit.after, after=edit.before))
        shift += len(edit.after) - (edit.end - edit.start)
    return tuple(out)


def undo(result: str, edits: Sequence[Edit]) -> str:
    """Give the source back from the result and the edits that led to it."""
    return apply(result, invert(edits))


class OffsetMap:
    """Carries spans between the source and the result of an edit list, in O(log n) each.

    A span that touches an edit grows to hold the whole edit: what an edit made cannot be split.
    """

    def __init__(self, edits: Sequence[Edit]) -> None:
        inverse = invert(edits)
        self._source = [(e.start, e.end) for e in edits]
        self._result = [(e.start, e.end) for e in inverse]

    def to_source(self, start: int, end: int) -> tuple[int, int]:
        """The span of the source that gave result[start:end]."""
        return _carry(self._result, self._source, start, end)

    def to_result(self, start: int, end: int) -> tuple[int, int]:
        """The span of the result that source[start:end] became."""
        return _carry(self._source, self._result, start, end)


def _carry(here: Sequence[tuple[int, int]], there: Sequence[tuple[int, int]], start: int, end: int) -> tuple[int, int]:
    return _edge(here, there, start, False), max(_edge(here, there, end, True), _edge(here, there, start, False))


def _edge(here: Sequence[tuple[int, int]], there: Sequence[tuple[int, int]], at: int, closing: bool) -> int:
    """Carry one edge of a span. Insertions that touch a span at its ends stay outside it."""
    # The last edit that begins before the edge (for a closing edge) or at or before it (for an opening one).
    index = bisect_right(here, (at, at) if not closing else (at - 1, float("inf"))) - 1
    if index < 0:
        return at
    (_, h1), (t0, t1) = here[index], there[index]
    if at >= h1:
        return t1 + at - h1
    return t1 if closing else t0


def compose(first: Sequence[Edit], second: Sequence[Edit]) -> tuple[Edit, ...]:
    """One list over the source of `first` with the effect of `first`, then `second`.

    Edits of `second` that touch nothing of `first` are moved; where the two touch, they become one edit whose rule
    names both, in order, joined by `+`, with the lower confidence and both reasons.
    """
    merged: list[Edit] = []
    shift, queue = 0, list(first)
    # Groups of mutually touching edits, each expressed over the source.
    pending = [(e, 1) for e in invert(queue)] + [(e, 2) for e in second]
    pending.sort(key=lambda p: (p[0].start, p[0].end, p[1]))
    groups: list[list[tuple[Edit, int]]] = []
    reach = -1
    for item in pending:
        if item[0].start < reach:
            groups[-1].append(item)
        else:
            groups.append([item])
        reach = max(reach, item[0].end)
    for group in groups:
        start, end = min(e.start for e, _ in group), max(e.end for e, _ in group)
        middle = [e for e, layer in group if layer == 1]
        late = [e for e, layer in group if layer == 2]
        # `shift` is source minus middle, so far.
        source_start = start + shift
        text = _known(group, start, end)
        before = _rewrite(text, start, middle)
        after = _rewrite(text, start, late)
        rules = [e.rule for e, _ in sorted(group, key=lambda p: p[1])]
        evidences = [e.evidence for e, _ in sorted(group, key=lambda p: p[1])]
        evidence = evidences[0] if len(evidences) == 1 else _without(_join(evidences), after)
        merged.append(
            Edit(
                rule="+".join(dict.fromkeys(rules)),
                start=source_start,
                end=source_start + len(before),
                before=before,
                after=after,
                confidence=min(e.confidence for e, _ in group),
                evidence=evidence,
            )
        )
        shift += len(before) - (end - start)
    return tuple(merged)


def _known(group: Iterable[tuple[Edit, int]], start: int, end: int) -> str:
    """The middle text of a group of touching edits: its edits' `before`s cover it wholly."""
    chars = [""] * (end - start)
    for edit, _ in group:
        chars[edit.start - start : edit.end - start] = edit.before
    return "".join(chars)


def _rewrite(text: str, offset: int, edits: Sequence[Edit]) -> str:
    return apply(text, [replace(e, start=e.start - offset, end=e.end - offset) for e in edits])


def _without(evidence: EditEvidence, after: str) -> EditEvidence:
    """The evidence without rivals that the later edit made the same as what was read."""
    if after not in (*evidence.candidates, evidence.runner_up):
        return evidence
    others = tuple(c for c in evidence.candidates if c != after)
    if evidence.runner_up != after:
        return replace(evidence, candidates=others)
    return replace(evidence, candidates=others, runner_up=None, margin=None)


def _join(evidences: Sequence[EditEvidence]) -> EditEvidence:
    gains = [e.gain for e in evidences if e.gain is not None]
    # Of two rivals, the one that came nearer to being taken.
    rival = min((e for e in evidences if e.margin is not None), key=lambda e: e.margin or 0.0, default=EditEvidence(""))
    return EditEvidence(
        reason="；".join(dict.fromkeys(e.reason for e in evidences if e.reason)),
        received_bytes=next((e.received_bytes for e in evidences if e.received_bytes), ""),
        restored_bytes=next((e.restored_bytes for e in reversed(evidences) if e.restored_bytes), ""),
        gain=sum(gains) if gains else None,
        candidates=tuple(dict.fromkeys(c for e in evidences for c in e.candidates)),
        runner_up=rival.runner_up,
        margin=rival.margin,
        copies=tuple(dict.fromkeys(c for e in evidences for c in e.copies)),
    )

"""Text with marks over it: spans that may nest, cross or be empty, as a stream of tokens that always nest.

A template turns tokens into elements without knowing offsets. Where two marks cross, the inner one is closed and opened
again, so that opening and closing tokens always pair like brackets.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from tongbao.model import Edit

# Characters that show nothing, turn the direction of the line, or can't stand in HTML: they are shown by their number.
# Tab, line feed and the carriage return of a CRLF pair pass.
_CONTROL = re.compile(
    "\r(?!\n)|[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f"
    "\u200b-\u200f\u2028-\u202e\u2060-\u206f\u3164\ufeff\uffa0\ufff0-\ufffb\ufffe\uffff\ud800-\udfff\U000e0000-\U000e0fff]"
)


@dataclass(frozen=True, slots=True)
class Mark:
    """A span of a text. `kind` is repair, suggestion, evidence, shared or term; `number` counts within the kind from 1,
    a term's (`glossary.TERM`) is its id. `added` says whether a repair put text where there was none."""

    kind: str
    number: int
    start: int
    end: int
    added: bool = False


@dataclass(frozen=True, slots=True)
class Token:
    """`kind` is text, control (an invisible character, `text` its number as `U+202E`), restored (a mark of punctuation,
    `was` as it stood before), open or close. `first` says whether an opening is the first of its mark on the page: that
    one carries the anchor."""

    kind: str
    text: str = ""
    mark: Mark | None = None
    first: bool = False
    was: str = ""


def plain(text: str) -> str:
    """The text with its invisible and direction-turning characters written out as `⟨U+202E⟩`."""
    return _CONTROL.sub(lambda match: f"⟨{_number(match[0])}⟩", text)


class Marker:
    """Cuts a text into tokens, block by block and in order.

    `marks` and `edits` (sorted, non-overlapping replacements that only change what is shown) are in the coordinates of
    `text`. An empty mark is shown once, in the first block that touches it.
    """

    def __init__(self, text: str, marks: Iterable[Mark], edits: Sequence[Edit] = ()) -> None:
        self._text = text
        self._marks = sorted(marks, key=lambda m: (m.start, -m.end, m.kind, m.number))
        self._edits = edits
        self._next_mark = self._next_edit = 0
        self._active: list[Mark] = []
        self.placed: set[tuple[str, int]] = set()

    def block(self, start: int, end: int) -> tuple[Token, ...]:
        """The tokens of text[start:end]. Blocks are asked for in ascending order and do not overlap."""
        while self._next_mark < len(self._marks) and self._marks[self._next_mark].start <= end:
            self._active.append(self._marks[self._next_mark])
            self._next_mark += 1
        self._active = [m for m in self._active if m.end >= start]
        while self._next_edit < len(self._edits) and self._edits[self._next_edit].start < start:
            self._next_edit += 1
        edits = []
        while self._next_edit < len(self._edits) and self._edits[self._next_edit].end <= end:
            edits.append(self._edits[self._next_edit])
            self._next_edit += 1
        marks = [
            replace(m, start=max(m.start, start), end=min(m.end, end))
            for m in self._active
            if (m.start < end and m.end > start)
            or (m.start == m.end and start <= m.start <= end and (m.kind, m.number) not in self.placed)
        ]
        return tuple(self._tokens(start, end, marks, edits))

    def _tokens(self, start: int, end: int, marks: Sequence[Mark], edits: Sequence[Edit]) -> Iterator[Token]:
        marks = _snapped(marks, edits)
        inserted = {e.start: e for e in edits if e.start == e.end}
        replaced = {e.start: e for e in edits if e.start < e.end}
        inside = {at for e in edits for at in range(e.start + 1, e.end)}
        cuts = (
            {start, end} | {p for m in marks for p in (m.start, m.end)} | {p for e in edits for p in (e.start, e.end)}
        )
        opening: dict[int, list[Mark]] = {}
        for mark in marks:
            opening.setdefault(mark.start, []).append(mark)
        stack: list[Mark] = []
        ordered = sorted(cuts - inside)
        for at, following in zip(ordered, [*ordered[1:], end], strict=True):
            if stack:
                yield from _closed(stack, at)
            for mark in sorted(opening.get(at, ()), key=lambda m: (m.end != at, -m.end, m.kind, m.number)):
                yield self._opened(mark)
                if mark.end == at:
                    yield Token("close", mark=mark)
                else:
                    stack.append(mark)
            for edit in (inserted.get(at), replaced.get(at)):
                if edit is not None:
                    yield Token("restored", plain(edit.after), was=plain(edit.before))
            if at not in replaced:
                yield from _text(self._text[at:following])

    def _opened(self, mark: Mark) -> Token:
        key = (mark.kind, mark.number)
        first = key not in self.placed
        self.placed.add(key)
        return Token("open", mark=mark, first=first)


def _closed(stack: list[Mark], at: int) -> Iterator[Token]:
    """Close the marks that end here; what was opened inside them is closed and opened again."""
    deepest = next((i for i, m in enumerate(stack) if m.end <= at), None)
    if deepest is None:
        return
    reopened = [m for m in stack[deepest:] if m.end > at]
    for mark in reversed(stack[deepest:]):
        yield Token("close", mark=mark)
    del stack[deepest:]
    for mark in reopened:
        yield Token("open", mark=mark)
        stack.append(mark)


def _snapped(marks: Sequence[Mark], edits: Sequence[Edit]) -> list[Mark]:
    """Marks whose edges fall inside an edit grow to its edges: what an edit shows cannot be split."""
    if all(e.end - e.start < 2 for e in edits):  # As nearly all: they have no inside.
        return list(marks)
    first = {at: e.start for e in edits for at in range(e.start + 1, e.end)}
    last = {at: e.end for e in edits for at in range(e.start + 1, e.end)}
    return [replace(m, start=first.get(m.start, m.start), end=last.get(m.end, m.end)) for m in marks]


def _text(text: str) -> Iterator[Token]:
    at = 0
    for match in _CONTROL.finditer(text):
        if match.start() > at:
            yield Token("text", text[at : match.start()])
        yield Token("control", _number(match[0]))
        at = match.end()
    if at < len(text):
        yield Token("text", text[at:])


def _number(character: str) -> str:
    return f"U+{ord(character):04X}"

"""The reading texts: blocks joined by newlines, punctuation restored, chrome left out."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable
from dataclasses import replace

from tongbao import edits
from tongbao.model import Block, BlockKind, Reading

# A bulletin without a title line is called by the beginning of its text, up to a mark or this many characters.
BORROWED_TITLE = 40
_STOPS = "。！？；\n"


def render(text: str, reading: Reading) -> str:
    """The reading text of `text`, which has the length of the repaired text (itself, or its `hans` or `hant`)."""
    return "\n".join(_blocks(text, reading, (b for b in reading.blocks if b.kind is not BlockKind.CHROME)))


def title(text: str, reading: Reading) -> str:
    """The title in the characters of `text`, its lines as one; where no line is one, the beginning of the text."""
    lines = list(_blocks(text, reading, (b for b in reading.blocks if b.kind is BlockKind.TITLE)))
    if lines:
        return "".join(lines)
    order = (BlockKind.HEADING, BlockKind.PARAGRAPH, BlockKind.SUBTITLE, BlockKind.SIGNOFF, BlockKind.HEADER)
    for kinds in (order[:2], order[2:], (BlockKind.CHROME,)):
        first = next((b for b in reading.blocks if b.kind in kinds), None)
        if first is not None:
            short = replace(first, end=min(first.end, first.start + 4 * BORROWED_TITLE))
            return _beginning("".join(_blocks(text, reading, [short])))
    return ""


def _beginning(line: str) -> str:
    stop = min((at for mark in _STOPS if (at := line.find(mark)) > 0), default=len(line))
    return line[:stop] if stop <= BORROWED_TITLE else line[: BORROWED_TITLE - 1] + "…"


def _blocks(text: str, reading: Reading, blocks: Iterable[Block]) -> Iterable[str]:
    starts = [e.start for e in reading.edits]
    for block in blocks:
        inside = reading.edits[bisect_left(starts, block.start) : bisect_left(starts, block.end)]
        moved = [replace(e, start=e.start - block.start, end=e.end - block.start) for e in inside if e.end <= block.end]
        yield edits.apply(text[block.start : block.end], moved)

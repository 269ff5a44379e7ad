"""The reading texts: blocks joined by newlines, punctuation restored, chrome left out."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable
from dataclasses import replace
from itertools import chain, pairwise

from tongbao import edits
from tongbao.model import Block, BlockKind, Edit, EditEvidence, Reading

# A bulletin without a title line is called by the beginning of its text, up to a mark or this many characters.
BORROWED_TITLE = 40
_STOPS = "。！？；\n"


def render(text: str, reading: Reading) -> str:
    """The reading text of `text`, which has the length of the repaired text (itself, or its `hans` or `hant`)."""
    return "\n".join(_blocks(text, reading, (b for b in reading.blocks if b.kind is not BlockKind.CHROME)))


def plain(reading: Reading) -> Reading:
    """The same structure, with the punctuation left as it was."""
    return replace(reading, edits=())


def page_edits(text: str, reading: Reading) -> tuple[Edit, ...]:
    """The edits that make the reading text of `text` once its punctuation is restored: what stands between the blocks
    becomes a line feed, chrome and white space together. Over the restored text, and so undone exactly.

    `text` is the text before its punctuation is restored, of the length of the repaired text.
    """
    restored = edits.apply(text, reading.edits)
    carry = edits.OffsetMap(reading.edits).to_result
    kept = [carry(b.start, b.end) for b in reading.blocks if b.kind is not BlockKind.CHROME]
    chrome = [carry(b.start, b.end) for b in reading.blocks if b.kind is BlockKind.CHROME]
    gaps = pairwise([0, *chain.from_iterable(kept), len(restored)])
    found = []
    for number, (start, end) in enumerate(list(gaps)[::2]):
        after = "\n" if 0 < number < len(kept) else ""
        if restored[start:end] != after:
            dropped = any(a < end and start < b for a, b in chrome)
            rule, evidence = ("reading-chrome", _CHROME) if dropped else ("reading-space", _SPACE)
            found.append(Edit(rule, start, end, restored[start:end], after, 1.0, evidence))
    return tuple(found)


_CHROME = EditEvidence("网页的栏目、导航等残留文字，不属于通报正文")
_SPACE = EditEvidence("段落之间的空白，归并为一个换行")


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

"""The structure of a bulletin: what each line is, decided by its own form and then by its place among the others."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from tongbao.model import Block, BlockKind, Edit, HeaderField, HtmlMeta, Reading
from tongbao.patterns import regex
from tongbao.reading.fields import header_fields
from tongbao.reading.forms import (
    chrome_tail,
    is_chrome,
    is_issuer,
    is_numbered,
    is_paragraph,
    is_unmarked,
    signed_date,
)
from tongbao.reading.lines import Line, lines
from tongbao.reading.punctuation import restore
from tongbao.reading.titles import Candidate, choose_title, issuer_lines

# A bulletin has some hundreds of edits; beyond this a text is no bulletin, and the rest of it keeps its marks.
MAX_EDITS = 100_000
# The head ends at the first paragraph, and is no longer than this.
HEAD_LINES = 20
LONGEST_HEADING = 40
LONGEST_BUTTON = 12
# An issuer's name takes this many lines at most.
ISSUER_LINES = 3
# Credits may stand anywhere, other labels in the middle of a text are the text's own.
CREDITS = ("editor", "author", "source")

_LISTING = regex("(相关|热点|热门|推荐|最新|延伸|更多|往期|猜你|大家|点击排行|上一|下一|前一|后一)")


@dataclass(slots=True)
class _Marked:
    """A line with what is known of it so far; `split` is where a second block begins on it, as the title's."""

    line: Line
    kind: BlockKind | None = None
    fields: tuple[HeaderField, ...] = ()
    split: int | None = None
    split_kind: BlockKind = BlockKind.SUBTITLE


def read(text: str, hans: str, html: HtmlMeta | None = None) -> Reading:
    """Read the structure of a repaired text. `hans` is its Simplified form, of the same length (else ValueError)."""
    if len(text) != len(hans):
        raise ValueError(f"hans has {len(hans)} characters, the text {len(text)}: they must have the same length")
    marked = [_look(line) for line in lines(hans)]
    head = next((i for i, m in enumerate(marked) if m.kind is BlockKind.PARAGRAPH or i >= HEAD_LINES), len(marked))
    _mark_head(marked[:head], html)
    _mark_signatures(marked, head)
    _mark_body(marked, head)
    blocks = tuple(block for m in marked for block in _blocks(m))
    fields = tuple(field for m in marked for field in m.fields)
    return Reading(blocks, fields, tuple(_punctuate(text, blocks)))


def _look(line: Line) -> _Marked:
    """What a line's own form says."""
    fields = header_fields(line)
    if fields is not None:
        original = next((f.start for f in fields if f.name == "original-title"), None)
        return _Marked(line, BlockKind.HEADER, fields, split=original)
    if is_chrome(line):
        return _Marked(line, BlockKind.CHROME)
    return _Marked(line, BlockKind.PARAGRAPH if is_paragraph(line) else None)


def _mark_head(head: Sequence[_Marked], html: HtmlMeta | None) -> None:
    """Find the title (of one line or several) before the first paragraph; short lines around it are subtitles."""
    candidates = [Candidate(m.line, m.kind, m.fields) for m in head]
    chosen = choose_title(candidates, html)
    if chosen is None:
        return
    if head[chosen].split is None:
        for index in (*issuer_lines(candidates, chosen), chosen):
            head[index].kind = BlockKind.TITLE
    else:
        head[chosen].split_kind = BlockKind.TITLE
    for index, m in enumerate(head):
        if m.kind is None and index > chosen and (is_numbered(m.line) or m.line.plain.endswith(":")):
            break  # the body begins with a heading or a salutation
        m.kind = m.kind or BlockKind.SUBTITLE


def _mark_signatures(marked: Sequence[_Marked], head: int) -> None:
    """A date on a line of its own after a paragraph, with the issuer's lines before it; or an issuer as last line."""
    for index in range(head + 1, len(marked)):
        signed = None if marked[index].kind is BlockKind.PARAGRAPH else signed_date(marked[index].line)
        if signed is None:
            continue
        marked[index].kind, marked[index].fields = BlockKind.SIGNOFF, ()
        for above in reversed(marked[max(head + 1, index - ISSUER_LINES) : index]):
            if signed == "issuer" or above.kind is not None or not is_unmarked(above.line) or is_numbered(above.line):
                break
            above.kind = BlockKind.SIGNOFF
    outside = (BlockKind.CHROME, BlockKind.HEADER)
    final = next((m for m in reversed(marked[head:]) if m.kind not in outside), None)
    if final is not None and final.kind is None and is_issuer(final.line.plain):
        final.kind = BlockKind.SIGNOFF


def _mark_body(marked: Sequence[_Marked], head: int) -> None:
    """Headings and paragraphs, and the tail after the last paragraph, where a site's lists and buttons stand."""
    last = max((i for i, m in enumerate(marked) if m.kind is BlockKind.PARAGRAPH), default=len(marked))
    in_list = False
    for index, m in enumerate(marked):
        if m.kind is BlockKind.CHROME:
            in_list = in_list or bool(_LISTING.match(m.line.plain))
        elif m.kind is BlockKind.HEADER:
            if head < index < last and any(f.name not in CREDITS for f in m.fields):
                m.kind, m.fields, m.split = BlockKind.PARAGRAPH, (), None
        elif m.kind is None:
            chrome = index > last and (in_list or _is_button(m.line, marked[index - 1].kind))
            heading = index + 1 < len(marked) and _is_heading(m.line, marked[index + 1].kind)
            m.kind = BlockKind.CHROME if chrome else BlockKind.HEADING if heading else BlockKind.PARAGRAPH
        else:
            in_list = False


def _is_button(line: Line, before: BlockKind | None) -> bool:
    """A few characters without a mark or digit, right after chrome at the text's end: a button, or a site's name."""
    short = line.size <= LONGEST_BUTTON and is_unmarked(line) and not re.search(r"\d", line.plain)
    return short and before is BlockKind.CHROME


def _is_heading(line: Line, after: BlockKind | None) -> bool:
    """A short line without a final mark before a paragraph, or a numbered one before any line."""
    if line.size > LONGEST_HEADING or line.plain.endswith((":", ";", ",", ".", "、")):
        return False
    return is_numbered(line) or (after is BlockKind.PARAGRAPH and ":" not in line.plain)


def _blocks(m: _Marked) -> Iterator[Block]:
    """The blocks of a line: one, or two where a label stands before a title, or chrome behind the text."""
    kind, line = m.kind or BlockKind.PARAGRAPH, m.line
    titled = BlockKind.TITLE in (kind, m.split_kind)
    tail = chrome_tail(line, titled) if kind is not BlockKind.CHROME else 0
    starts = [(kind, line.start)]
    if m.split is not None:
        starts.append((m.split_kind, m.split))
    if tail:
        starts.append((BlockKind.CHROME, line.end - tail))
    ends = [start for _, start in starts[1:]] + [line.end]
    for (each, start), end in zip(starts, ends, strict=True):
        trimmed = start + len(line.plain[start - line.start : end - line.start].rstrip())
        if trimmed > start:
            yield Block(each, start, trimmed)


def _punctuate(text: str, blocks: Sequence[Block]) -> Iterator[Edit]:
    count = 0
    for block in blocks:
        if block.kind is not BlockKind.CHROME and count < MAX_EDITS:
            for edit in restore(text[block.start : block.end], block.start):
                count += 1
                yield edit

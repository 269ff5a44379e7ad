"""The structure of a bulletin: what each line is, decided by its own form and then by its place among the others."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from tongbao.model import Block, BlockKind, Edit, HeaderField, HtmlMeta, Reading
from tongbao.reading.lines import Line, header_fields, is_chrome, is_issuer, is_paragraph, lines, signed_date, table
from tongbao.reading.punctuation import restore
from tongbao.reading.titles import choose_title

# A bulletin has some hundreds of edits; beyond this a text is no bulletin, and the rest of it keeps its marks.
MAX_EDITS = 100_000
# The head ends at the first paragraph, and is no longer than this.
HEAD_LINES = 20
LONGEST_HEADING = 40
LONGEST_SIGNATURE = 40

_NUMBERED = re.compile(r"([一二三四五六七八九十]{1,3}[、.]|\([一二三四五六七八九十]{1,3}\)|第[一二三四五六七八九十]{1,3}[章节条部])")
_LISTING = re.compile(r"(相关|热点|热门|推荐|最新|延伸|更多|往期|猜你|大家|点击排行|上一|下一|前一|后一).*")


@dataclass(slots=True)
class _Marked:
    """A line with what is known of it so far."""

    line: Line
    kind: BlockKind | None = None
    fields: tuple[HeaderField, ...] = ()
    parts: list[Block] = field(default_factory=list)


def read(text: str, hans: str, html: HtmlMeta | None) -> Reading:
    """Read the structure of a repaired text. `hans` is its Simplified form, of the same length."""
    if len(text) != len(hans):
        raise ValueError(f"hans has {len(hans)} characters, the text {len(text)}: they must have the same length")
    marked = [_look(line) for line in lines(hans)]
    head = _head(marked)
    _mark_title(marked, head, html)
    _mark_body(marked, head)
    blocks = tuple(_blocks(marked))
    return Reading(blocks, tuple(f for m in marked for f in m.fields), tuple(_punctuate(text, blocks)))


def _look(line: Line) -> _Marked:
    """What a line's own form says."""
    fields = header_fields(line)
    if fields is not None:
        return _Marked(line, BlockKind.HEADER, fields)
    if is_chrome(line):
        return _Marked(line, BlockKind.CHROME)
    return _Marked(line, BlockKind.PARAGRAPH if is_paragraph(line) else None)


def _head(marked: Sequence[_Marked]) -> int:
    """How many lines stand before the first paragraph."""
    return next((i for i, m in enumerate(marked) if m.kind is BlockKind.PARAGRAPH or i >= HEAD_LINES), len(marked))


def _mark_title(marked: Sequence[_Marked], head: int, html: HtmlMeta | None) -> None:
    """Find the title among the lines of the head; the other short lines of the head are subtitles."""
    for m in marked[:head]:
        original = next((f for f in m.fields if f.name == "original-title"), None)
        if original and original.end == m.line.end:  # `原标题:` and the title on one line: two blocks
            m.parts = [
                Block(BlockKind.HEADER, m.line.start, _trimmed_end(m.line, original.start)),
                Block(BlockKind.SUBTITLE, original.start, original.end),
            ]
    chosen = choose_title([m.line for m in marked], [m.kind for m in marked], [m.fields for m in marked], head, html)
    if chosen is None:
        return
    title = marked[chosen]
    if title.parts:
        title.parts[-1] = Block(BlockKind.TITLE, title.parts[-1].start, title.parts[-1].end)
    else:
        title.kind = BlockKind.TITLE
    for index, m in enumerate(marked[:head]):
        if index > chosen and (_NUMBERED.match(m.line.plain) or m.line.plain.endswith(":")) and m.kind is None:
            break  # the body begins with a heading or a salutation
        m.kind = m.kind or BlockKind.SUBTITLE


def _trimmed_end(line: Line, end: int) -> int:
    return line.start + len(line.plain[: end - line.start].rstrip())


def _mark_body(marked: Sequence[_Marked], head: int) -> None:
    """Headings, signatures, and the tail, where site chrome follows the last paragraph."""
    last = max((i for i, m in enumerate(marked) if m.kind is BlockKind.PARAGRAPH), default=-1)
    _mark_signatures(marked, head)
    listing = False
    for index, m in enumerate(marked):
        listing = m.kind is BlockKind.CHROME and (listing or bool(_LISTING.match(m.line.plain))) or (listing and m.kind is None)
        if m.kind is BlockKind.HEADER and head < index < last and not _is_credit(m):
            m.kind, m.fields = BlockKind.PARAGRAPH, ()  # a label inside the body is the body's
        elif m.kind is None:
            after = marked[index + 1] if index + 1 < len(marked) else None
            if index > last and (listing or _follows_chrome(marked, index)):
                m.kind = BlockKind.CHROME
            elif _is_heading(m.line, after):
                m.kind = BlockKind.HEADING
            else:
                m.kind = BlockKind.PARAGRAPH


def _is_credit(m: _Marked) -> bool:
    return bool(m.fields) and all(f.name in ("editor", "author", "source") for f in m.fields)


def _follows_chrome(marked: Sequence[_Marked], index: int) -> bool:
    """A few characters without a mark right after chrome at the text's end: a button or a site's name."""
    plain = marked[index].line.plain
    return index > 0 and marked[index - 1].kind is BlockKind.CHROME and len(plain) <= 12 and not re.search(r"[,。;:!?、\d]", plain)


def _is_heading(line: Line, after: _Marked | None) -> bool:
    """A short line without a final mark before a paragraph."""
    if line.size > LONGEST_HEADING or line.plain.endswith((":", ";", ",", ".", "、")) or after is None:
        return False
    return bool(_NUMBERED.match(line.plain)) or (after.kind is BlockKind.PARAGRAPH and ":" not in line.plain)


def _mark_signatures(marked: Sequence[_Marked], head: int) -> None:
    """A date on a line of its own after a paragraph, with the issuer's lines before it."""
    for index in range(head + 1, len(marked)):
        signed = signed_date(marked[index].line)
        if signed is None or (marked[index].kind is BlockKind.PARAGRAPH):
            continue
        marked[index].kind, marked[index].fields = BlockKind.SIGNOFF, ()
        above = index - 1
        while signed == "date" and above > head and index - above <= 3 and _is_signature(marked[above]):
            marked[above].kind = BlockKind.SIGNOFF
            above -= 1
    final = next((m for m in reversed(marked[head:]) if m.kind not in (BlockKind.CHROME, BlockKind.HEADER)), None)
    if final is not None and final.kind is None and is_issuer(final.line.plain):
        final.kind = BlockKind.SIGNOFF


def _is_signature(m: _Marked) -> bool:
    plain = m.line.plain
    return m.kind is None and len(plain) <= LONGEST_SIGNATURE and not re.search(r"[,。;:!?]", plain) and not _NUMBERED.match(plain)


def _blocks(marked: Sequence[_Marked]) -> Iterator[Block]:
    for m in marked:
        if m.parts:
            yield from m.parts
            continue
        kind, line = m.kind or BlockKind.PARAGRAPH, m.line
        tail = _tail(line) if kind is not BlockKind.CHROME else 0
        if tail:
            yield Block(kind, line.start, _trimmed_end(line, line.end - tail))
            yield Block(BlockKind.CHROME, line.end - tail, line.end)
        else:
            yield Block(kind, line.start, line.end)


def _tail(line: Line) -> int:
    """How many characters at the end of a line are chrome."""
    for pattern in table()["chrome"]["tails"]:
        match = re.search(pattern, line.plain[-40:])
        if match and match.end() > match.start():
            return len(match[0].lstrip())
    return 0


def _punctuate(text: str, blocks: Sequence[Block]) -> Iterator[Edit]:
    count = 0
    for block in blocks:
        if block.kind is not BlockKind.CHROME:
            edits = restore(text[block.start : block.end], block.start)[: MAX_EDITS - count]
            count += len(edits)
            yield from edits

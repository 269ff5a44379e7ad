"""Where in a bulletin a span stands: the zone that decides how much it says about what the text is about."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from enum import StrEnum

from tongbao.model import BlockKind, Document
from tongbao.patterns import regex
from tongbao.places.lines import Lines
from tongbao.places.vocabulary import vocabulary


class Zone(StrEnum):
    """From the issuer's own name down to what the site puts around a text."""

    ISSUER = "issuer"
    SIGNOFF = "signoff"
    TITLE = "title"
    LEAD = "lead"
    BODY = "body"
    DATELINE = "dateline"
    HEADER = "header"
    CHROME = "chrome"


BLOCKS = {
    BlockKind.TITLE: Zone.TITLE,
    BlockKind.SUBTITLE: Zone.TITLE,
    BlockKind.HEADER: Zone.HEADER,
    BlockKind.CHROME: Zone.CHROME,
    BlockKind.SIGNOFF: Zone.SIGNOFF,
}
# 人民网呼和浩特10月18日电: how far into a line a dateline's place may stand, and what follows it.
DATELINE = regex(r"[^\n。,]{0,4}(?:\d{1,2}月)?\d{1,2}日(?:电|讯|消息)")
DATELINE_REACH = 12
# 中共怀化市鹤城区委…: what may stand before the issuer's place in its line.
OPENING = regex(r"\s*(?:中共|中国共产党|共青团|(?:新疆生产建设)?兵团)?")


@dataclass(frozen=True, slots=True)
class Layout:
    """The zones of one document, by offset."""

    folded: str
    lines: Lines
    starts: tuple[int, ...]
    zones: tuple[tuple[int, Zone], ...]  # the end of each block and its zone

    def at(self, offset: int) -> Zone:
        """The zone of the block at an offset; what no block covers counts as body."""
        index = bisect_right(self.starts, offset) - 1
        if index < 0 or offset >= self.zones[index][0]:
            return Zone.BODY
        return self.zones[index][1]

    def of_name(self, start: int, end: int, chain: int) -> Zone:
        """The zone that a place name weighs in. `chain` is where the run of names it ends (怀化市鹤城区) begins."""
        zone = self.at(start)
        if zone in (Zone.CHROME, Zone.HEADER, Zone.SIGNOFF):
            return zone
        line = self.lines.start(chain)
        if zone is not Zone.TITLE and chain - line < DATELINE_REACH and DATELINE.match(self.folded, end):
            return Zone.DATELINE
        opens = OPENING.fullmatch(self.folded, line, chain)
        return Zone.ISSUER if opens and vocabulary().issuer_after.match(self.folded, end) else zone


def layout(document: Document) -> Layout:
    """The blocks as zones. The lead is the first paragraph."""
    blocks, led = [], False
    for block in sorted(document.reading.blocks, key=lambda b: b.start):
        zone = BLOCKS.get(block.kind, Zone.BODY)
        if block.kind is BlockKind.PARAGRAPH and not led:
            zone, led = Zone.LEAD, True
        blocks.append((block.start, block.end, zone))
    starts, zones = tuple(s for s, _, _ in blocks), tuple((e, z) for _, e, z in blocks)
    return Layout(document.folded, Lines(document.folded), starts, zones)

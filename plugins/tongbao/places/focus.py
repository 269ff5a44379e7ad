"""Which regions a text is about.

Each decided mention weighs by where it stands: the issuer's name and the sign-off most, then the headline, the lead, the
body; datelines, the names of media and the chrome of a site almost nothing. What the text says of itself (我省, 全市, 市委) is
bound to the ancestor at that level of the region that leads so far, and adds to it. Then the tree is descended from the country
while one child outweighs what speaks for the node itself; two strong children are two primary regions, many mean their
parent.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from math import log2

from tongbao.model import BlockKind, Document
from tongbao.places.disambiguation import Reading
from tongbao.places.gazetteer import COUNTRY, LEVELS, divisions, is_above, lineage
from tongbao.places.mentions import REACH, Kind
from tongbao.places.vocabulary import vocabulary

# Weights of one mention by zone. Fitted by hand on the order that archivists give: who signs, what the headline says,
# what the first paragraph says, what the rest says.
WEIGHTS = {"issuer": 6.0, "signoff": 6.0, "title": 4.0, "lead": 1.5, "body": 0.5, "media": 1.5, "chrome": 0.5, "dateline": 0.2}
CAPS = {"body": 2.0, "lead": 2.0, "media": 1.5, "chrome": 0.5, "dateline": 0.2}
DEIXIS = {"own": 1.5, "whole": 0.7, "organ": 0.7}
# A child is the text's subject where it holds this share of what its siblings hold together.
DOMINANT, PAIR, PAIR_EACH = 0.6, 0.75, 0.3
DATELINE = re.compile(r"[^\n。]{0,8}\d{0,2}月?\d{1,2}日(?:电|讯|消息)")


@dataclass(frozen=True, slots=True)
class Zone:
    """A stretch of the text and what stands there."""

    name: str
    start: int
    end: int


@dataclass(slots=True)
class Scores:
    """Weight by code, by zone, with the spans that gave it."""

    direct: dict[str, float] = field(default_factory=lambda: defaultdict(float))
    spans: dict[str, list[tuple[float, str, int, int]]] = field(default_factory=lambda: defaultdict(list))

    def add(self, code: str, weight: float, rule: str, start: int, end: int) -> None:
        self.direct[code] += weight
        self.spans[code].append((weight, rule, start, end))

    def subtree(self) -> dict[str, float]:
        """Weight of each division with all that lies below it; the country's too."""
        total: dict[str, float] = defaultdict(float)
        for code, weight in self.direct.items():
            for above in (*lineage(code), COUNTRY):
                total[above] += weight
        return total


@dataclass(frozen=True, slots=True)
class Primary:
    """A region that a text is about, with the rule and the repaired-text spans that weighed most for it."""

    code: str
    rule: str
    spans: tuple[tuple[int, int], ...]


def focus(document: Document, readings: Sequence[Reading], hints: Iterable[str] = ()) -> tuple[Primary, ...]:
    """The primary regions, in order of weight; none where nothing in the text decides."""
    scores = Scores()
    for code in hints:
        scores.add(code, WEIGHTS["media"], "sidecar", 0, 0)
    zones = zones_of(document)
    _weigh_mentions(document.folded, zones, readings, scores)
    _weigh_deixis(document.folded, zones, scores)
    return tuple(_primary(code, scores) for code in _descend(scores))


# --- zones -----------------------------------------------------------------------------------------------------------


def zones_of(document: Document) -> tuple[Zone, ...]:
    """The blocks as zones. The lead is the first paragraph; what no block covers counts as body."""
    names = {
        BlockKind.TITLE: "title",
        BlockKind.SUBTITLE: "title",
        BlockKind.HEADER: "chrome",
        BlockKind.CHROME: "chrome",
        BlockKind.SIGNOFF: "signoff",
    }
    zones, led = [], False
    for block in document.reading.blocks:
        name = names.get(block.kind, "body")
        if block.kind is BlockKind.PARAGRAPH and not led:
            name, led = "lead", True
        zones.append(Zone(name, block.start, block.end))
    return tuple(zones)


def _zone_at(zones: Sequence[Zone], at: int) -> Zone | None:
    return next((zone for zone in zones if zone.start <= at < zone.end), None)


# --- weights ---------------------------------------------------------------------------------------------------------


def _weigh_mentions(folded: str, zones: Sequence[Zone], readings: Sequence[Reading], scores: Scores) -> None:
    spent: dict[tuple[str, str], float] = defaultdict(float)
    sizes = _list_sizes(folded, readings)
    for index, reading in enumerate(readings):
        if reading.code is None or _qualifies_next(folded, readings, index) or _is_origin(folded, reading):
            continue
        zone = zone_name(folded, zones, reading)
        weight = WEIGHTS[zone] / (sizes[index] if sizes[index] > 2 else 1)
        key = (reading.code, zone)
        cap = CAPS.get(zone, WEIGHTS[zone])
        # Repetition counts less and less: the second mention in a zone half of the first, and so on up to the cap.
        weight = min(weight / (1 + log2(1 + spent[key] / WEIGHTS[zone])), cap - spent[key])
        if weight > 0:
            spent[key] += weight
            rule = "area" if reading.mention.kind is Kind.AREA else zone
            scores.add(reading.code, weight, rule, reading.mention.start, reading.mention.end)


def zone_name(folded: str, zones: Sequence[Zone], reading: Reading) -> str:
    """The zone that a mention weighs in."""
    mention = reading.mention
    if mention.kind is Kind.MEDIA:
        return "media"
    zone = _zone_at(zones, mention.start)
    name = zone.name if zone else "body"
    if name in ("chrome", "signoff"):
        return name
    line = folded.rfind("\n", 0, mention.start) + 1
    if DATELINE.match(folded, mention.end) and mention.start - line < 12 and name != "title":
        return "dateline"
    if mention.start - line < 8 and vocabulary().issuer_after.match(_rest(folded, mention.end)):
        return "issuer" if name == "title" or mention.start == line else name
    return name


def _rest(folded: str, at: int) -> str:
    """What follows, with line breaks inside an organisation's name closed."""
    return folded[at : at + REACH].replace("\n", "")


def _qualifies_next(folded: str, readings: Sequence[Reading], index: int) -> bool:
    """A division right before one that lies in it (阜阳颍上) only says where that one lies."""
    if index + 1 == len(readings):
        return False
    left, right = readings[index], readings[index + 1]
    if left.code is None or right.code is None or right.mention.start - left.mention.end > 1:
        return False
    return is_above(left.code, right.code)


def _is_origin(folded: str, reading: Reading) -> bool:
    """Whether people or goods come from there (天津市旅居史, 来自上海)."""
    words, mention = vocabulary(), reading.mention
    before = folded[max(0, mention.start - 10) : mention.start]
    return bool(words.origin_before.search(before) or words.origin_after.match(folded[mention.end : mention.end + REACH]))


def _list_sizes(folded: str, readings: Sequence[Reading]) -> list[int]:
    """For each reading, how many siblings stand in a row with it."""
    sizes, run = [1] * len(readings), [0] if readings else []
    for index in range(1, len(readings) + 1):
        joined = index < len(readings) and _joined(folded, readings[index - 1], readings[index])
        if not joined:
            for member in run:
                sizes[member] = len(run)
            run = []
        if index < len(readings):
            run.append(index)
    return sizes


def _joined(folded: str, left: Reading, right: Reading) -> bool:
    gap = folded[left.mention.end : right.mention.start]
    return 0 < len(gap) < 8 and any(sign in gap for sign in "、,和及与") and not set(gap) & set("。;:\n!?")


# --- deixis ----------------------------------------------------------------------------------------------------------


def _weigh_deixis(folded: str, zones: Sequence[Zone], scores: Scores) -> None:
    """Add what the text says of itself to the region that leads at that level. Headlines first, then own > whole > organ."""
    leading = scores.subtree()
    if not leading:
        return
    words = vocabulary()
    autonomous = "自治区" in folded
    seen: dict[tuple[str, str, str], int] = defaultdict(int)
    for kind, pattern in (("own", words.own), ("whole", words.whole), ("organ", words.organ)):
        for match in pattern.finditer(folded):
            zone = _zone_at(zones, match.start())
            place = zone.name if zone else "body"
            if place == "chrome":
                continue
            unit = match["unit"]
            title = place == "title"
            seen[kind, unit, place] += 1
            if seen[kind, unit, place] > 3:
                continue
            code = bind(unit, autonomous, leading)
            if code:
                weight = (WEIGHTS["title"] * (1 if kind == "own" else 0.8) if title else DEIXIS[kind]) / seen[kind, unit, place]
                scores.add(code, weight, "deixis", match.start(), match.end())


def bind(unit: str, autonomous: bool, leading: Mapping[str, float]) -> str | None:
    """The heaviest division that a deictic unit may stand for, among those that hold any weight."""
    fits = [code for code in leading if code != COUNTRY and _is_unit(unit, code, autonomous)]
    return max(fits, key=lambda code: (leading[code], code), default=None)


def _is_unit(unit: str, code: str, autonomous: bool) -> bool:
    """Whether 我<unit> can mean the division: 我市 a city of any level, 我区 an autonomous region or a district."""
    division = divisions()[code]
    if unit == "区":
        return division.name.endswith("自治区") if autonomous else division.name.endswith("区") and division.level != LEVELS[1]
    if unit in "港澳":
        return code == {"港": "810000", "澳": "820000"}[unit]
    return division.name.endswith(unit)


# --- the tree --------------------------------------------------------------------------------------------------------


def _descend(scores: Scores) -> list[str]:
    """The node where the weight stops dividing, or two of its children."""
    total = scores.subtree()
    node = COUNTRY
    while True:
        below = sorted(
            ((weight, code) for code, weight in total.items() if code != COUNTRY and divisions()[code].parent == node),
            key=lambda pair: (-pair[0], pair[1]),
        )
        direct = scores.direct.get(node, 0.0)
        if not below or direct >= below[0][0]:
            break
        children = sum(weight for weight, _ in below)
        if below[0][0] >= DOMINANT * children:
            node = below[0][1]
            continue
        pair = [code for weight, code in below[:2] if weight >= PAIR_EACH * children]
        if len(pair) == 2 and sum(w for w, _ in below[:2]) >= PAIR * children and node != COUNTRY:
            return pair
        break
    return [node] if node != COUNTRY else []


def _primary(code: str, scores: Scores) -> Primary:
    """The rule and the spans: the heaviest evidence of the division itself, else of what lies below it (rolled up)."""
    own = sorted(scores.spans.get(code, ()), key=lambda s: (-s[0], s[2]))
    if own:
        rule = own[0][1]
        return Primary(code, rule, tuple(sorted({(s, e) for _, r, s, e in own if r == rule})))
    below = sorted(_below(code, scores), key=lambda s: (-s[0], s[2]))
    return Primary(code, "rolled-up", tuple(sorted({(s, e) for _, _, s, e in below[:8]})))


def _below(code: str, scores: Scores) -> Iterator[tuple[float, str, int, int]]:
    return (span for other, spans in scores.spans.items() if is_above(code, other) for span in spans)

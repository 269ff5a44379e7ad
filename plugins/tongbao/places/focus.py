"""Which regions a text is about.

Each decided mention weighs by where it stands: the issuer's name and the sign-off most, then the headline, the lead,
the body; datelines, the names of media and the chrome of a site almost nothing. What the text says of itself (我省,
全市, 市委) is bound to the division at that level that leads so far, and adds to it. Then the tree is descended from
the country while one child outweighs both what speaks for the node itself and the other children; two strong children
are two primary regions, many mean their parent.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from math import inf, log2

from tongbao.places.deixis import SAID, STRENGTH, antecedent, bind, deictics
from tongbao.places.disambiguation import Resolution
from tongbao.places.gazetteer import COUNTRY, divisions, is_above, lineage
from tongbao.places.mentions import NAMING, REACH, Kind
from tongbao.places.vocabulary import vocabulary
from tongbao.places.zones import Layout, Zone

# Weight of the first mention in a zone, and the most that all mentions of a division there can weigh. The order is what
# counts: who signs, what the headline says, what the first paragraph says, what the rest says.
WEIGHTS = {
    Zone.ISSUER: 6.0,
    Zone.SIGNOFF: 6.0,
    Zone.TITLE: 4.0,
    Zone.LEAD: 1.5,
    Zone.BODY: 0.5,
    Zone.HEADER: 0.5,
    Zone.CHROME: 0.5,
    Zone.DATELINE: 0.2,
}
CAPS = WEIGHTS | {Zone.LEAD: 2.0, Zone.BODY: 2.0}
# A source's name near the head of a line (来源:) and elsewhere; a document number; the sidecar or the page's head.
SOURCE, SOURCE_REACH, SOURCE_ELSEWHERE, NUMBER, HINT = 1.5, 16, 0.5, 3.0, 1.5
# What stands before a paper that is quoted, and so is not the text's own source.
QUOTED = ("据", "《", "在", "由")
# A township in the headline or the lead, and elsewhere: less than any name of its county, so that it decides only where
# the text is silent.
TOWNSHIP, TOWNSHIP_ELSEWHERE = 0.4, 0.2
SOURCES = {Kind.MEDIA: "media", Kind.NUMBER: "document-number", Kind.TOWNSHIP: "township"}
# What may name in passing a place that the text is not about, and the weight from which it does not.
PASSING = {"media": SOURCE, "township": TOWNSHIP, "deixis": inf}
# A child is the subject where it holds this share of what its siblings hold together; a pair, where both do.
DOMINANT, PAIR, PAIR_EACH = 0.6, 0.75, 0.3
# A division in a row of more siblings than this shares the weight of one name with them.
ROW = 2


@dataclass(frozen=True, slots=True)
class Hint:
    """A division that the sidecar or the page's head names; `text` quotes it, `where` is `sidecar` or `meta`."""

    code: str
    where: str
    text: str


@dataclass(frozen=True, slots=True)
class Primary:
    """A region that a text is about, with the rule and the spans (repaired coordinates) that weighed most for it."""

    code: str
    rule: str
    spans: tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class Weighed:
    """One piece of evidence."""

    weight: float
    rule: str
    start: int
    end: int


@dataclass(slots=True)
class Scores:
    """Evidence by code; COUNTRY is a code here."""

    evidence: dict[str, list[Weighed]] = field(default_factory=lambda: defaultdict(list))
    direct: dict[str, float] = field(default_factory=lambda: defaultdict(float))

    def add(self, code: str, weight: float, rule: str, start: int, end: int) -> None:
        self.evidence[code].append(Weighed(weight, rule, start, end))
        self.direct[code] += weight

    def total(self) -> dict[str, float]:
        """Weight of each division together with all that lies below it."""
        total: dict[str, float] = defaultdict(float)
        for code, weight in self.direct.items():
            for above in () if code == COUNTRY else (*lineage(code), COUNTRY):
                total[above] += weight
        return total


def focus(layout: Layout, resolutions: Sequence[Resolution], hints: Iterable[Hint] = ()) -> tuple[Primary, ...]:
    """The primary regions, in order of weight; none where nothing in the text decides, or it is about the country."""
    scores = Scores()
    for hint in hints:
        scores.add(hint.code, HINT, hint.where, 0, 0)
    _weigh_names(layout, [r for r in resolutions if r.code], scores)
    _weigh_country(layout, scores)
    spoken = _weigh_deixis(layout, resolutions, scores)
    return tuple(_primary(code, scores) for code in _descend(scores) if _is_strong(code, scores, spoken))


# --- weights ---------------------------------------------------------------------------------------------------------


def _weigh_names(layout: Layout, named: Sequence[Resolution], scores: Scores) -> None:
    spent: dict[tuple[str, Zone], float] = defaultdict(float)
    rows, chains = _rows(layout.folded, named), _chain_starts(named)
    origins = {i for row in rows if any(_is_origin(layout.folded, named[i]) for i in row) for i in row}
    sizes = {i: len(row) for row in rows for i in row}
    for index, resolution in enumerate(named):
        mention, code = resolution.mention, resolution.code
        assert code is not None
        if mention.kind in SOURCES:
            _weigh_once(layout, resolution, scores)
            continue
        if _qualifies_next(named, index) or index in origins:
            continue
        zone = layout.of_name(mention.start, mention.end, chains[index])
        share = WEIGHTS[zone] / (sizes[index] if sizes[index] > ROW else 1)
        # Repetition counts less and less.
        weight = min(share / (1 + log2(1 + spent[code, zone] / WEIGHTS[zone])), CAPS[zone] - spent[code, zone])
        if weight > 0:
            spent[code, zone] += weight
            rule = "area" if mention.kind is Kind.AREA else zone.value
            scores.add(code, weight, rule, mention.start, mention.end)


def _weigh_once(layout: Layout, resolution: Resolution, scores: Scores) -> None:
    """The name of a paper or site, a document number, a township tell where a text comes from; each kind once."""
    mention, code = resolution.mention, resolution.code or ""
    rule = SOURCES[mention.kind]
    if any(e.rule == rule for e in scores.evidence.get(code, ())):
        return
    line = layout.lines.start(mention.start)
    before = layout.folded[max(line, mention.start - SOURCE_REACH) : mention.start]
    quoted = before.endswith(QUOTED)
    near = "来源" in before or (mention.start - line < SOURCE_REACH and not quoted)
    heads = layout.at(mention.start) in (Zone.TITLE, Zone.LEAD)
    fixed = {Kind.NUMBER: NUMBER, Kind.TOWNSHIP: TOWNSHIP if heads else TOWNSHIP_ELSEWHERE}
    weight = fixed.get(mention.kind, SOURCE if near else SOURCE_ELSEWHERE)
    scores.add(code, weight, rule, mention.start, mention.end)


def _weigh_country(layout: Layout, scores: Scores) -> None:
    """A headline or a lead that opens with a national body is about the country until something outweighs it."""
    pattern, seen = vocabulary().national_opening, set[Zone]()
    for start, (_, zone) in zip(layout.starts, layout.zones, strict=True):
        match = pattern.match(layout.folded, start)
        if match and zone in (Zone.TITLE, Zone.LEAD) and zone not in seen:
            seen.add(zone)
            scores.add(COUNTRY, WEIGHTS[zone], zone.value, start, match.end())


def _weigh_deixis(layout: Layout, resolutions: Sequence[Resolution], scores: Scores) -> bool:
    """Add what the text says of itself to the division that leads at that level, and of one just named to that one.
    Whether the text speaks of itself at all."""
    leading, direct, spoken = scores.total(), dict(scores.direct), False
    named = [(r.mention.start, r.code) for r in resolutions if r.code and r.mention.kind in NAMING]
    for deixis in deictics(layout.folded):
        zone = layout.at(deixis.start)
        if zone in (Zone.HEADER, Zone.CHROME):
            continue
        itself = deixis.kind != SAID
        spoken = spoken or itself
        code = bind(deixis.unit, layout.folded, leading, direct) if itself else antecedent(deixis, named)
        if code:
            strength = WEIGHTS[zone] if itself and zone is Zone.TITLE else STRENGTH[deixis.kind]
            scores.add(code, strength / deixis.repeat, "deixis", deixis.start, deixis.end)
    return spoken


def _qualifies_next(named: Sequence[Resolution], index: int) -> bool:
    """A division right before one that lies in it (阜阳颍上) only says where that one lies; one named twice in a breath
    (第七师胡杨河市) counts once."""
    if index + 1 == len(named):
        return False
    left, right = named[index], named[index + 1]
    close = right.mention.start - left.mention.end <= 1 and right.mention.kind not in SOURCES
    if not close or left.code is None or right.code is None:
        return False
    return left.code == right.code or is_above(left.code, right.code)


def _chain_starts(named: Sequence[Resolution]) -> list[int]:
    """For each name, where the run of adjacent names that it stands in begins."""
    starts: list[int] = []
    for index, resolution in enumerate(named):
        touches = index > 0 and _qualifies_next(named, index - 1)
        starts.append(starts[-1] if touches else resolution.mention.start)
    return starts


def _is_origin(folded: str, resolution: Resolution) -> bool:
    """Whether people or goods come from there (天津市旅居史, 来自上海)."""
    words, start, end = vocabulary(), resolution.mention.start, resolution.mention.end
    before = folded[max(0, start - 10) : start]
    if resolution.mention.kind is Kind.CHAR:
        return before.endswith(("来自", "途经"))  # 来京返京 is said where one arrives
    return bool(words.origin_before.search(before) or words.origin_after.match(folded[end : end + REACH]))


def _rows(folded: str, named: Sequence[Resolution]) -> list[range]:
    """Runs of names that stand in a row (洛阳、许昌、郑州), as indexes; a name alone is a run of one."""
    breaks = [0]
    for index in range(1, len(named)):
        left, right = named[index - 1].mention, named[index].mention
        if not (left.end == right.start or _in_row(folded[left.end : right.start])):
            breaks.append(index)
    return [range(begin, end) for begin, end in pairwise([*breaks, len(named)])]


def _in_row(gap: str) -> bool:
    """Whether what stands between two names joins them in a row; a row of links has only spaces between."""
    if gap.strip(" |·") == "":
        return 0 < len(gap) < 4
    return 0 < len(gap) < 8 and any(sign in gap for sign in "、,和及与") and not any(sign in gap for sign in "。;:\n!?")


# --- the tree --------------------------------------------------------------------------------------------------------


def _descend(scores: Scores) -> list[str]:
    """The nodes where the weight stops dividing; nothing where that is the country."""
    total = scores.total()

    def settle(node: str) -> list[str]:
        below = _children(node, total)
        if not below or scores.direct.get(node, 0.0) >= below[0][0]:
            return [node]
        children = sum(weight for weight, _ in below)
        if below[0][0] >= DOMINANT * children:
            return settle(below[0][1])
        # Two regions of different provinces are two subjects only if a headline or more speaks for each.
        least = max(PAIR_EACH * children, WEIGHTS[Zone.TITLE] if node == COUNTRY else 0.0)
        pair = [code for weight, code in below[:2] if weight >= least]
        if len(pair) == 2 and sum(weight for weight, _ in below[:2]) >= PAIR * children:
            return [code for member in pair for code in settle(member)]
        return [node]

    return [_certain(code, scores) for code in settle(COUNTRY) if code != COUNTRY]


def _certain(code: str, scores: Scores) -> str:
    """A county known by its townships alone may be a functional district on its land: what lies above it is certain."""
    parent = divisions()[code].parent
    only = {e.rule for e in scores.evidence.get(code, ())} == {"township"}
    return parent if only and parent != COUNTRY else code


def _is_strong(code: str, scores: Scores, spoken: bool) -> bool:
    """Whether more than a passing mention of a paper or of one township makes a region the subject: a name, a source at
    the head of the text, a township in its lead, several townships, or any of these in a text that speaks of its own
    region."""
    evidence = [*scores.evidence.get(code, ()), *_below(code, scores)]
    several = sum(e.rule == "township" for e in evidence) > 1
    return spoken or several or any(e.weight >= PASSING.get(e.rule, 0.0) for e in evidence)


def _children(node: str, total: Mapping[str, float]) -> list[tuple[float, str]]:
    """(weight, code) of what lies right below a node, the heaviest first."""
    found = [(weight, code) for code, weight in total.items() if code != COUNTRY and divisions()[code].parent == node]
    return sorted(found, key=lambda pair: (-pair[0], pair[1]))


def _primary(code: str, scores: Scores) -> Primary:
    """The rule and the spans: the heaviest evidence of the division itself, else of what lies below (rolled up)."""
    own = scores.evidence.get(code, [])
    if own:
        heaviest = max(own, key=lambda e: (e.weight, -e.start))
        spans = {(e.start, e.end) for e in own if e.rule in (heaviest.rule, "deixis")}
        return Primary(code, heaviest.rule, tuple(sorted(spans)))
    below = sorted(_below(code, scores), key=lambda e: (-e.weight, e.start))
    return Primary(code, "rolled-up", tuple(sorted({(e.start, e.end) for e in below[:8]})))


def _below(code: str, scores: Scores) -> Iterator[Weighed]:
    codes = (other for other in scores.evidence if other != COUNTRY and is_above(code, other))
    return (evidence for other in codes for evidence in scores.evidence[other])

"""Which division each mention means.

Passes, each weaker than the one before: a parent right before its child (吉林省吉林市, 德宏州的盈江县); names that one
division alone bears; lists, whose members share a parent; and what the rest of the text names. A short form of a
county needs a relative in the text, or a word beside it that only places have, before it counts at all; one that is an
ordinary word needs more. What stays undecided is reported with its candidates, never guessed.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from tongbao.patterns import regex
from tongbao.places.gazetteer import COUNTRY, LEVELS, Form, divisions, is_above, lineage
from tongbao.places.lines import Lines
from tongbao.places.mentions import NAMING, REACH, Kind, Mention
from tongbao.places.vocabulary import vocabulary

ADJACENT = regex(r"[的\s]?")
# Between the members of a list; what a count or a note adds to a member does not end it (天山区19例、沙依巴克区41例).
BETWEEN = regex(r"(?:[(:]?\d+[^,。;:、\s\w]{0,2}[例个宗名起])?[)\s]*(?:[、,/及和与或暨]|以及|等)+\s*")
SENTENCE = regex(r"[。;!?\n]")

# How many decided mentions back the parent of one may stand.
LOOK_BACK = 40

# How well a candidate goes with a decided division: itself by another name, one in its line below the provinces (or its
# direct parent), a sibling, and another part of its province.
SELF, LINE, SIBLING, PROVINCE = 4, 3, 2, 1


@dataclass(frozen=True, slots=True)
class Resolution:
    """What a mention means: `code`, or None where it stays open between its candidates. `rule` names the pass."""

    mention: Mention
    code: str | None
    rule: str


def resolve(folded: str, mentions: Sequence[Mention], hints: Iterable[str] = ()) -> tuple[Resolution, ...]:
    """Decide the mentions of a folded text. `hints` are codes known from elsewhere (the sidecar, the page's head)."""
    solver = _Solver(folded, mentions, hints)
    solver.adjacent()
    solver.unique()
    # What the second round adds rests on what the first decided; a third has never added anything.
    for _ in range(2):
        decided = len(solver.chosen)
        solver.lists()
        solver.context()
        if len(solver.chosen) == decided:
            break
    solver.abbreviations()
    return solver.resolutions()


class _Solver:
    """The mentions of one text and what has been decided of them."""

    def __init__(self, folded: str, mentions: Sequence[Mention], hints: Iterable[str]) -> None:
        self.folded = folded
        self.lines = Lines(folded)
        self.mentions = mentions
        self.known = set(hints)
        self.towned = {m.candidates[0] for m in mentions if m.kind is Kind.TOWNSHIP}
        self.chosen: dict[int, tuple[str, str]] = {}
        self.supports: dict[str, int] = {}  # what `support` gave, until `known` grows
        self.groups = _lists(folded, mentions)

    # --- passes

    def adjacent(self) -> None:
        """A division right before one that lies in it decides both. From the right, so that chains settle upwards."""
        for index in range(len(self.mentions) - 2, -1, -1):
            if self.touch(index):
                left, right = self.options(index), self.options(index + 1)
                if self.mentions[index + 1].kind is Kind.TOWNSHIP and right[0] in left:
                    self.choose(index, right[0], "adjacent")
                    continue
                pairs = _pairs(left, right) or _pairs(left, self.mentions[index + 1].lesser)
                if len({b for _, b in pairs}) == 1:
                    # Of several parents (a province and a city of one name) the nearest.
                    above, below = max(pairs, key=lambda pair: len(lineage(pair[0])))
                    self.choose(index, above, "adjacent")
                    self.choose(index + 1, below, "adjacent")

    def unique(self) -> None:
        """Names that one division alone bears, and that need no support."""
        for index, mention in enumerate(self.mentions):
            code, *others = mention.candidates
            if not others and mention.kind is not Kind.CHAR and self.threshold(mention, code) == 0:
                self.choose(index, code, "unique")

    def lists(self) -> None:
        """Members of a list share a parent: the head's, else the one that most of them can have."""
        for group in self.groups:
            open_members = [i for i in group if i not in self.chosen]
            for parent in self.list_parents(group) if open_members else ():
                for index in open_members:
                    inside = self.inside(index, parent)
                    if index not in self.chosen and len(inside) == 1:
                        self.choose(index, inside[0], "list")

    def context(self) -> None:
        """What the rest of the text names decides."""
        trail: list[int] = []  # the decided mentions so far
        for index, mention in enumerate(self.mentions):
            if index not in self.chosen and mention.kind is not Kind.CHAR and (code := self.best(mention, trail)):
                self.choose(index, code, "context")
            if index in self.chosen:
                trail.append(index)

    def abbreviations(self) -> None:
        """One character is the place it abbreviates, unless a division named in the text has it in its own name (返津
        in 江津). Of several (宁: 宁夏, 南京) it is the one that the text names, or names a part of."""
        known = sorted(self.known)
        own = {char: code for code in known for char in divisions()[code].short}
        for index, mention in enumerate(self.mentions):
            if mention.kind is not Kind.CHAR:
                continue
            named = [c for c in mention.candidates if c in self.known]
            held = [c for c in mention.candidates if any(is_above(c, k) for k in known)]
            code, *others = named or held or mention.candidates
            nearer = own.get(self.text(mention), code)
            if not others:
                self.choose(index, code if named or is_above(code, nearer) else nearer, "context")

    # --- lists

    def list_parents(self, group: Sequence[int]) -> list[str]:
        """Parents that the members of a list may share, the likeliest first: the division named just before the list
        in the same sentence (吴忠市5个:利通区、…), then those that a decided member has or three open ones share."""
        votes = Counter(a for i in group for a in {a for c in self.options(i) for a in _above(c)})
        settled = Counter(divisions()[self.chosen[i][0]].parent for i in group if i in self.chosen)
        likely = [p for p, n in votes.items() if n > 1 and (settled[p] or n == len(group) > 2)]
        likely.sort(key=lambda p: (-settled[p], -votes[p], -_depth(p), p))
        head = self.chosen.get(group[0] - 1)
        if head is None:
            return likely
        gap = self.folded[self.mentions[group[0] - 1].end : self.mentions[group[0]].start]
        return likely if SENTENCE.search(gap) else [head[0], *likely]

    def inside(self, index: int, parent: str) -> list[str]:
        """The candidates of a mention that lie in `parent`; those of a weaker form where no other does."""
        mention = self.mentions[index]
        within = [c for c in mention.candidates if parent in _above(c)]
        return within or [c for c in mention.lesser if parent == divisions()[c].parent]

    # --- context

    def best(self, mention: Mention, trail: Sequence[int]) -> str | None:
        """The candidate that the decided mentions support most; None where they support none, or several alike. `trail`
        are the decided mentions before this one."""
        provinces = [c for c in mention.candidates if divisions()[c].level == LEVELS[0]]
        if provinces and mention.form is not Form.FULL:
            return provinces[0]
        support = {c: self.support(c) for c in mention.candidates}
        usable = {c: s for c, s in support.items() if s and s >= self.threshold(mention, c)}
        top = [c for c, s in usable.items() if s == max(usable.values())]
        if len(top) == 1:
            return top[0]
        return self.nearest(mention, trail, top) or self.highest(mention, top or mention.candidates)

    def support(self, code: str) -> int:
        """How well the decided divisions, and the townships named, go with a candidate; 0 where they do not."""
        if code not in self.supports:
            near = (_kinship(code, other) for other in (*self.known, *self.towned))
            named = SELF if code in self.known else LINE if code in self.towned else 0
            self.supports[code] = named or max(near, default=0)
        return self.supports[code]

    def threshold(self, mention: Mention, code: str) -> int:
        """The support that a reading of a mention needs: short forms of counties some, ordinary words and quarters that
        many towns have more, all else none."""
        text, words = self.text(mention), vocabulary()
        if mention.form in (Form.FULL, Form.FORMER):
            return SIBLING if text in words.dependent or text in words.wordlike else 0
        if text in words.misleading:
            return SIBLING
        if divisions()[code].level != LEVELS[2] or mention.kind not in (Kind.PLACE, Kind.MEDIA):
            return 0
        if text in words.common or words.station_tail.match(self.folded, mention.end):
            return SELF
        bare = len(text) == 2 and mention.form in (Form.SHORT, Form.ALIAS)
        return PROVINCE if bare and mention.kind is Kind.PLACE and not self.cued(mention) else 0

    def cued(self, mention: Mention) -> bool:
        """Whether what follows a name is said of places only (义乌疫情, 昆山新增)."""
        return bool(vocabulary().cue_after.match(self.folded[mention.end : mention.end + REACH]))

    def nearest(self, mention: Mention, trail: Sequence[int], codes: Sequence[str]) -> str | None:
        """Of candidates supported alike, the one whose parent was named last before, in the same line."""
        above = {code: set(_above(code)) - {COUNTRY} for code in codes}
        for before in reversed(trail[-LOOK_BACK:]):
            if self.lines.of(self.mentions[before].start) != self.lines.of(mention.start):
                break
            said = self.chosen[before][0]
            fits = [code for code in codes if said in above[code] and len(lineage(said)) > 1]
            if len(fits) == 1:
                return fits[0]
        return None

    def highest(self, mention: Mention, codes: Sequence[str]) -> str | None:
        """A bare name of a division and of its seat is the division's (玉树), also where a county elsewhere has it."""
        highest = min(codes, key=lambda c: LEVELS.index(divisions()[c].level))
        rest = [c for c in codes if c != highest]
        if self.threshold(mention, highest) > self.support(highest):
            return None
        if all(is_above(highest, c) for c in rest):
            return highest if rest else None
        level = LEVELS.index(divisions()[highest].level)
        lower = all(LEVELS.index(divisions()[c].level) > level for c in rest)
        open_ = self.text(mention) in vocabulary().contested or mention.form is Form.FULL
        return highest if lower and not open_ else None

    # --- small things

    def text(self, mention: Mention) -> str:
        return self.folded[mention.start : mention.end]

    def options(self, index: int) -> tuple[str, ...]:
        return (self.chosen[index][0],) if index in self.chosen else self.mentions[index].candidates

    def choose(self, index: int, code: str, rule: str) -> None:
        if index not in self.chosen:
            self.chosen[index] = code, rule
            if self.mentions[index].kind is not Kind.TOWNSHIP and code not in self.known:
                self.known.add(code)
                self.supports.clear()

    def touch(self, index: int) -> bool:
        left, right = self.mentions[index], self.mentions[index + 1]
        return bool(ADJACENT.fullmatch(self.folded, left.end, right.start)) and right.kind is not Kind.CHAR

    def resolutions(self) -> tuple[Resolution, ...]:
        decided = (self.chosen.get(i, (None, "open")) for i in range(len(self.mentions)))
        pairs = zip(self.mentions, decided, strict=True)
        return tuple(Resolution(m, code, rule) for m, (code, rule) in pairs if code or self.worth_reporting(m))

    def worth_reporting(self, mention: Mention) -> bool:
        """An open name is an ambiguity; an unsupported short form of one county, or an ordinary word, is none."""
        text, words = self.text(mention), vocabulary()
        if mention.kind not in NAMING or text in words.common or text in words.never:
            return False
        return len(mention.candidates) > 1 or text in words.dependent


def _kinship(code: str, other: str) -> int:
    """How near two different divisions are: LINE, SIBLING, PROVINCE, or 0."""
    line, across = lineage(code), lineage(other)
    if line[-1] != across[-1]:
        return 0
    if other == divisions()[code].parent or code in across or (other in line and len(across) > 1):
        return LINE
    return SIBLING if divisions()[code].parent == divisions()[other].parent else PROVINCE


def _pairs(left: Iterable[str], right: Iterable[str]) -> list[tuple[str, str]]:
    return [(a, b) for a in left for b in right if is_above(a, b)]


def _above(code: str) -> tuple[str, ...]:
    """All that a division lies in, the nearest first, the country last."""
    return (*lineage(code)[1:], COUNTRY)


def _depth(code: str) -> int:
    return 0 if code == COUNTRY else len(lineage(code))


def _lists(folded: str, mentions: Sequence[Mention]) -> list[tuple[int, ...]]:
    """Runs of mentions that stand in one enumeration, as indexes."""
    runs: list[list[int]] = []
    for index in range(len(mentions)):
        left = mentions[index - 1] if index else None
        if left and runs and runs[-1][-1] == index - 1 and BETWEEN.fullmatch(folded, left.end, mentions[index].start):
            runs[-1].append(index)
        else:
            runs.append([index])
    return [tuple(run) for run in runs if len(run) > 1]

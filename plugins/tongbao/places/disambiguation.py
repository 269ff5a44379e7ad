"""Which division each mention means.

Passes, each weaker than the one before: names that only one division bears; a parent right before its child (吉林省吉林市,
德宏州的盈江县); lists, whose members share a parent; and what the rest of the text names. A short form of a county needs a
relative in the text before it counts at all, and one that is an ordinary word needs more. What stays undecided is
reported with its candidates, never guessed.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from tongbao.places.gazetteer import COUNTRY, LEVELS, Form, divisions, is_above, lineage
from tongbao.places.mentions import Kind, Mention
from tongbao.places.vocabulary import vocabulary

ADJACENT = re.compile(r"[的\s]?")
# Between the members of a list; what a count or a note adds to a member does not end it (天山区19例、沙依巴克区41例).
BETWEEN = re.compile(r"(?:[(:]?\d+[^,。;:、\s\w]{0,2}[例个宗名起])?[)\s]*(?:[、,/及和与或暨]|以及|等)+\s*")
SENTENCE = re.compile(r"[。;!?\n]")


@dataclass(frozen=True, slots=True)
class Reading:
    """What a mention means: `code`, or None where it stays open between `candidates`. `rule` names the pass."""

    mention: Mention
    code: str | None
    rule: str
    candidates: tuple[str, ...] = ()


def resolve(folded: str, mentions: Sequence[Mention], hints: Iterable[str] = ()) -> tuple[Reading, ...]:
    """Decide the mentions of a text. `hints` are codes known from elsewhere (the sidecar's site or issuer)."""
    state = _State(folded, mentions, tuple(hints))
    state.adjacent()
    state.unique()
    state.lists()
    state.context()
    state.lists()
    state.context()
    return state.readings()


class _State:
    """The mentions of one text and what has been decided of them."""

    def __init__(self, folded: str, mentions: Sequence[Mention], hints: tuple[str, ...]) -> None:
        self.folded = folded
        self.mentions = mentions
        self.hints = hints
        self.chosen: dict[int, tuple[str, str]] = {}
        self.groups = _lists(folded, mentions)

    # --- passes

    def unique(self) -> None:
        """Names that one division alone bears, and that need no support."""
        for index, mention in enumerate(self.mentions):
            if len(mention.candidates) == 1 and not self.needs_support(mention, mention.candidates[0]):
                self.choose(index, mention.candidates[0], "unique")

    def adjacent(self) -> None:
        """A division right before one that lies in it decides both. From the right, so that chains settle upwards."""
        for index in range(len(self.mentions) - 2, -1, -1):
            if self.touch(index):
                left, right = self.options(index), self.options(index + 1)
                pairs = _pairs(left, right) or _pairs(left, self.mentions[index + 1].lesser)
                if len({b for _, b in pairs}) == 1:
                    # Of several parents (a province and a city of one name) the nearest.
                    a, b = max(pairs, key=lambda pair: len(lineage(pair[0])))
                    self.choose(index, a, "adjacent")
                    self.choose(index + 1, b, "adjacent")

    def lists(self) -> None:
        """Members of a list share a parent: the head's, else the one that most of them can have."""
        for group in self.groups:
            open_members = [i for i in group if i not in self.chosen]
            if not open_members:
                continue
            for parent in self.list_parents(group):
                for index in open_members:
                    inside = self.inside(index, parent)
                    if index not in self.chosen and len(inside) == 1:
                        self.choose(index, inside[0], "list")

    def context(self) -> None:
        """What the rest of the text names decides."""
        for index, mention in enumerate(self.mentions):
            if index not in self.chosen and (code := self.best(mention)):
                self.choose(index, code, "context")

    # --- the evidence

    def list_parents(self, group: Sequence[int]) -> list[str]:
        """Parents that the members of a list may share, the likeliest first."""
        head = self.chosen.get(group[0] - 1) if group[0] else None
        votes: Counter[str] = Counter()
        for index in group:
            above = {a for c in self.options(index) for a in (divisions()[c].parent, *lineage(c)[1:])}
            votes.update(above)
        settled = Counter(a for i in group if i in self.chosen for a in [divisions()[self.chosen[i][0]].parent])
        likely = [p for p, n in votes.most_common() if n > 1 and (settled[p] or n == len(group) > 2)]
        headed = self.head_code(group, head[0] if head else None)
        return ([headed] if headed else []) + sorted(likely, key=lambda p: (-settled[p], -votes[p], -_depth(p)))

    def inside(self, index: int, parent: str) -> list[str]:
        """The candidates of a mention that lie in `parent`; those of a weaker form where no other does."""
        mention = self.mentions[index]
        within = [c for c in mention.candidates if parent in (divisions()[c].parent, *lineage(c)[1:])]
        return within or [c for c in mention.lesser if parent == divisions()[c].parent]

    def head_code(self, group: Sequence[int], head: str | None) -> str | None:
        """The division named just before a list in the same sentence (吴忠市5个:利通区、…), if members lie in it."""
        if head is None:
            return None
        gap = self.folded[self.mentions[group[0] - 1].end : self.mentions[group[0]].start]
        return None if SENTENCE.search(gap) else head

    def best(self, mention: Mention) -> str | None:
        """The candidate that the decided mentions support most; None where they support none or several alike."""
        if self.hopeless(mention):
            return None
        support = {c: self.support(mention, c) for c in mention.candidates}
        provinces = [c for c in support if divisions()[c].level == LEVELS[0]]
        if provinces and mention.form is not Form.FULL:
            return provinces[0]
        usable = {c: s for c, s in support.items() if s >= self.threshold(mention, c)}
        top = [c for c, s in usable.items() if s == max(usable.values())]
        if len(top) == 1:
            return top[0]
        # A bare name of a seat and of the division around it is the division's (玉树).
        highest = min(top or mention.candidates, key=lambda c: LEVELS.index(divisions()[c].level))
        rest = [c for c in (top or mention.candidates) if c != highest]
        level = LEVELS.index(divisions()[highest].level)
        if all(is_above(highest, c) for c in rest) and (top or not self.needs_support(mention, highest)):
            return highest
        lower = all(LEVELS.index(divisions()[c].level) > level for c in rest)
        contested = self.text(mention) in vocabulary().contested
        return highest if lower and level < 2 and not contested and mention.form is not Form.FULL else None

    def support(self, mention: Mention, code: str) -> float:
        """How well the decided mentions go with a candidate: 4 itself by another name, 3 in one line, 2 a sibling, 1 the
        province; half a point more where it is the division last named before."""
        known = {c for i, (c, _) in self.chosen.items() if self.mentions[i] is not mention} | set(self.hints)
        line = lineage(code)
        score = 0.0
        for other in known:
            if other == code:
                score = max(score, 4)
            elif (is_above(other, code) and len(lineage(other)) > 1) or is_above(code, other):
                score = max(score, 3)
            elif divisions()[other].parent == line[-1] == divisions()[code].parent:
                score = max(score, 2)
            elif len(line) > 2 and divisions()[other].parent == line[1]:
                score = max(score, 2)
            elif lineage(other)[-1] == line[-1]:
                score = max(score, 1)
        return score

    def threshold(self, mention: Mention, code: str) -> float:
        if self.text(mention) in vocabulary().dependent and mention.form is Form.FULL:
            return 2
        if divisions()[code].level == LEVELS[2] and mention.form is not Form.FULL and self.text(mention) in vocabulary().common:
            return 4
        return 1

    def hopeless(self, mention: Mention) -> bool:
        return mention.kind is Kind.MEDIA and len(mention.candidates) > 3

    def needs_support(self, mention: Mention, code: str) -> bool:
        """Whether a name counts only beside a relative: short forms of counties, and quarters that many towns have."""
        if mention.kind is not Kind.PLACE:
            return False
        text = self.text(mention)
        short = mention.form in (Form.SHORT, Form.ALIAS) and len(text) == 2
        return text in vocabulary().dependent or (short and divisions()[code].level == LEVELS[2])

    # --- small things

    def text(self, mention: Mention) -> str:
        return self.folded[mention.start : mention.end]

    def options(self, index: int) -> tuple[str, ...]:
        return (self.chosen[index][0],) if index in self.chosen else self.mentions[index].candidates

    def choose(self, index: int, code: str, rule: str) -> None:
        self.chosen.setdefault(index, (code, rule))

    def touch(self, index: int) -> bool:
        left, right = self.mentions[index], self.mentions[index + 1]
        return bool(ADJACENT.fullmatch(self.folded, left.end, right.start)) and right.kind is not Kind.CHAR

    def readings(self) -> tuple[Reading, ...]:
        out = []
        for index, mention in enumerate(self.mentions):
            code, rule = self.chosen.get(index, (None, "open"))
            if code or self.worth_reporting(mention):
                out.append(Reading(mention, code, rule, mention.candidates))
        return tuple(out)

    def worth_reporting(self, mention: Mention) -> bool:
        """An open name is an ambiguity; an unsupported short form that one county bears, or an ordinary word, is none."""
        text = self.text(mention)
        return len(mention.candidates) > 1 and text not in vocabulary().common and mention.kind is Kind.PLACE


def _pairs(left: Iterable[str], right: Iterable[str]) -> list[tuple[str, str]]:
    return [(a, b) for a in left for b in right if is_above(a, b)]


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


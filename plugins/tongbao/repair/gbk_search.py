"""GBK byte damage undone: a search over the bytes that may have been there. The cause is told in `gbk_bytes`.

Around each trigger (a hole before a gloss that lost its bracket, a hole before a mark, a gloss that does not fit its
character) a window of the served text becomes a byte lattice: a hole is an unknown byte, a gloss *pins* two bytes (they
must be a character with that reading), an ASCII mark may have been the two bytes of a full-width one, and pairs may
have vanished. The best spelling is taken if it beats leaving the text alone by a margin, holds fewer rare characters
(or explains a gloss), and the forward model makes of it what was served.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from tongbao.folding import fold
from tongbao.model import Edit, EditEvidence
from tongbao.patterns import regex
from tongbao.repair import gbk_bytes, glosses, lattice, lattice_search, tables
from tongbao.repair.codecs import ANY
from tongbao.repair.gbk_proof import GAP, HOLES, NARROWING, Spinner, is_exotic, observe, readers_of, traceless
from tongbao.repair.gbk_windows import CLOSE, HAN, OPEN, RARE, READING, Token, Window, pairing, spans, tokenize
from tongbao.repair.lattice import Arc, Budget, Spelling
from tongbao.repair.pairings import double_bytes
from tongbao.repair.text_model import STEP, model
from tongbao.repair.verdict import NOTHING, Verdict

# All in the text model's steps of an eighth of a nat: what a repair must gain over the text as served; the price of a
# byte that was lost without a trace, and of a vanished pair.
MARGIN, TRACELESS, VANISHED = 64, 16, 0
# In a spun text a hole is evidence by itself.
MARGIN_HOLE = 32
# The stranger a text is to the model, the less its preferences mean: a reading is certain if every rival is dearer by
# what a character costs there and half a nat, within limits, and made if they are dearer by so much less.
HALF, SURE, LESS = 4, (28, 48), 16
# A reading with one more vanished pair is one character longer, and dearer for that: it is let off so much.
LENGTH = 4
# What a full stop is cheaper where a hole stands before a mark: it is there most often.
STOP = -16
# The price of an ASCII character that a hole swallowed.
SWALLOW = 16
# What a reading is dearer for each word in it, for each wide mark brought into a text of narrow ones (the spinner put
# those at any offset, too), for each quote of a shape that the text does not use, and for
# each that has no partner.
WORD, WIDE, QUOTE, UNPAIRED = 16, 40, 16, 20
# The most that what a reading changes may cost on average (9 nats a character), and an allowance for short ones.
CEILING, SHORT = 72, 32
# Where so many windows have no reading and none has a certain one, the damage is of another kind.
HOPELESS = 6
# A window with more holes than a FEW, and a larger share of them, is beyond repair.
FEW, MOST_GONE = 3, 0.25
# Spellings kept for each state; states kept at first, and where these don't decide; steps for each document.
RIVALS, BEAMS, STEPS = 8, (24, 48), 500_000
# A character that costs more than this (15.5 nats) where it stands makes a reading uncertain; other readings shown.
DOUBTFUL, SHOWN = 124, 5

# What stands before a window, with the gloss that it may have.
_BEFORE = regex(rf"([{HAN}])(?:{OPEN}{READING}{CLOSE})?\Z")


def find(text: str, site: Mapping[str, str]) -> Verdict:
    """The windows of GBK byte damage, undone where the evidence is strong, suggested where it is not.

    `site` is {character: gloss}, the set of the spinner that was at work as far as its whole glosses show it; empty
    where the document has none.
    """
    if "?" not in text and ")" not in text and "\ufffd" not in text:
        return NOTHING
    found = spans(text, bool(site))
    if not found:
        return NOTHING
    spinner, budget = observe(text, site), Budget(STEPS)
    made: list[Edit] = []
    offered: list[Edit] = []
    known: dict[Window, _Reading | None] = {}
    failed = 0
    for start, end in found:
        window = Window.at(text, start, end)
        if window not in known:
            known[window] = _read(window, spinner, budget) if _is_mostly_there(window.served) else None
        served, reading = window.served, known[window]
        failed += reading is None
        if failed == HOPELESS and not made:
            break
        if reading is None:
            continue
        if reading.confidence > 0.5:
            made += _edits(start, served, reading)
        else:
            offered += _edits(start, served, reading, peeled=False)
    return Verdict(tuple(made), tuple(offered))


def _is_mostly_there(served: str) -> bool:
    """Whether a window has few enough holes: a shift has one at each end, and each hides a byte or two."""
    holes = served.count("?") + served.count("\ufffd")
    return holes <= FEW or holes <= MOST_GONE * len(served)


def regenerates(text: str, start: int, end: int, reading: str) -> bool:
    """Whether the forward model makes of `reading` what was received as text[start:end]."""
    site = {text[m.start() - 1]: m[1] for m in glosses.find(text)}
    # A pair of bytes may straddle the border to the character before, which may have a gloss of its own.
    before = _BEFORE.search(text[max(0, start - 12) : start])
    first = start - (len(before[0]) if before else 0)
    tokens = list(tokenize(text[first:end]))
    restored = (before[1] if before else "") + reading
    return traceless(restored, tokens, observe(text, site)) is not None


def _arcs(token: Token, site: Mapping[str, str]) -> list[Arc]:
    """What may have stood for a token."""
    text = token.text
    if token.syllable:
        readers = readers_of(token.syllable, site)
        if token.kind == "gloss":
            return [Arc(readers=readers), Arc((ANY,), TRACELESS, readers=readers, inside=True)]
        return [Arc((ANY,), 0 if token.kind.startswith("holed") else TRACELESS, readers=readers), Arc(literal=text)]
    if token.kind == "residue":
        return [Arc((ANY,), literal=lattice.SWALLOWED), Arc(literal=text)]
    if token.kind == "lost":
        # A question mark may be one, of a page that serves marks as ASCII and holes as something else.
        mark = [Arc(tuple(tables.gbk_bytes()["？"]), inside=True)] if text == "?" else []
        return [Arc((ANY,)), Arc((0xA1,), STOP), Arc(literal=text), *mark, Arc((ANY,), SWALLOW, GAP)]
    if token.kind == "opening":
        return [Arc((ANY,), literal="("), Arc((ANY,)), Arc((0xA1,), STOP), Arc(literal=text), Arc((ANY,), SWALLOW, GAP)]
    if token.kind == "both":
        # The second byte was parted from a mark with which it looked like another: it can be one only.
        return [Arc((ANY, 0xA1)), Arc(literal=text)]
    if token.kind == "stop":
        # A comma was inserted before a mark, whose bytes were parted then: that is a full stop.
        return [Arc((0xA1,), STOP), Arc(literal=text)]
    if token.kind == "inserted" and site:
        return [Arc(), Arc(literal=text)]
    if token.kind in ("mark", "inserted"):
        wide = next((w for w, n in gbk_bytes.NARROW.items() if n == text), text)
        pair = tuple(tables.gbk_bytes()[wide])
        lost = [
            Arc((ANY,), TRACELESS, text, inside=True),
            Arc((ANY, *pair), TRACELESS, inside=False),
            Arc((0xA1, *pair), TRACELESS + STOP, inside=False),
        ]
        return [Arc(literal=text), Arc(pair, inside=True), *lost]
    if ord(text) <= 0x80:
        return [Arc((ord(text),)), *([Arc((ANY,), TRACELESS, text)] if text < "@" else [])]
    data = double_bytes("gbk").get(text)
    aligned = [Arc(literal=text)] if not data or is_exotic(text) else []
    return [Arc(data), *aligned] if data else aligned


@dataclass(frozen=True, slots=True)
class _Reading:
    """How a window may have read: `texts` best first, how much dearer than the best each of the others is, the gain of
    the best over the text as served, and how certain.
    """

    texts: tuple[str, ...]
    margins: tuple[int, ...]
    gain: int
    confidence: float


_GAP = (lattice.STAY, Arc(cost=VANISHED, inside=True, vanished=True))
_AGAIN = (lattice.STAY, Arc(cost=VANISHED, inside=True, vanished=True, again=True))


def _read(window: Window, spinner: Spinner, budget: Budget) -> _Reading | None:
    """The best reading of a window, if there is one that is better than the text as served."""
    tokens = list(tokenize(window.served))
    reading = None
    for beam in BEAMS:
        spellings = _spellings(window, tokens, spinner, beam, budget)
        reading = _weigh(window.served, window.before, tokens, spinner, spellings)
        # A wider search finds rivals of a reading that has none; it hardly ever made one certain that was not.
        if reading is None or len(reading.texts) > 1:
            break
    return reading


def _spellings(window: Window, tokens: Sequence[Token], spinner: Spinner, beam: int, budget: Budget) -> list[Spelling]:
    """What the tokens may spell in such a text, best first."""
    plain = "".join(token.text for token in tokens if not token.syllable)
    choices = [choice for token in tokens for choice in (_GAP, _AGAIN, _AGAIN, _arcs(token, spinner.readings))]
    found = [
        replace(s, cost=s.cost + _extra(s.text, window, spinner))
        for s in lattice_search.search(choices, spinner.codec, window.before, beam, RIVALS, budget)
        if not (spinner.converted and _foreign(s.text, window.served))
        and not _exotic(s.text, window.served)
        and _keeps_ascii(s.text, plain)
    ]
    return sorted(found, key=lambda s: s.cost)


def _whole(text: str) -> str:
    """A text without halves of surrogate pairs, which the word segmenter can't take."""
    return text.encode("utf-8", "replace").decode()


def _extra(text: str, window: Window, spinner: Spinner) -> int:
    """What words, marks and the text behind say of a spelling that its characters don't."""
    before = window.before
    import rjieba  # Reads its dictionary, a tenth of a second: only where there is damage to search.

    cost = WORD * sum(tables.is_han(word[0]) for word in rjieba.cut(_whole(fold(before + text + window.behind)), False))
    cost += model().cost(window.behind, text)
    if spinner.narrow:
        cost += WIDE * max(0, _wide(text) - _wide(window.served))
    return cost + QUOTE * sum(c in spinner.unused for c in text) + UNPAIRED * pairing(before + text)[1]


def _wide(text: str) -> int:
    return sum(c in "，：；？！" for c in text)


def _weigh(
    served: str, before: str, tokens: Sequence[Token], spinner: Spinner, spellings: Sequence[Spelling]
) -> _Reading | None:
    """The best spelling, if it gains enough over the text as served, and whether it is certain."""
    proofs = {s.text: traceless(s.text, tokens, spinner) for s in spellings}
    proved = [s for s in spellings if proofs[s.text] is not None]
    best = next(iter(proved or spellings), None)
    if best is None or best.text == served:
        return None
    gain = model().cost(served, before) - model().cost(best.text, before)
    pinned = any(t.kind == "orphan" or t.kind.startswith("holed") for t in tokens)
    holes = sum(HOLES.get(t.kind, 0) for t in tokens) if spinner.readings else 0
    # A gloss explained is evidence enough, if only nothing rarer comes of it.
    if gain < (MARGIN_HOLE if holes else MARGIN) or _rare(best.text) >= _rare(served) + (1 if pinned else holes):
        return None
    rivals = sorted(((_dearer(s, best), s.text) for s in proved or spellings if s.text != best.text), key=_price)
    lead = min((margin - _sure(best.text, text, served, before) for margin, text in rivals), default=0)
    made = (
        bool(proved)
        and lead >= -LESS
        # Where a pair vanished, readings of other lengths are possible: if there is no rival, none was weighed.
        and (bool(rivals) or not best.vanished)
        and _plausible(best.text, served, before)
        and _fluent(best.text, served, before)
        # Of two holes side by side too many readings are possible to weigh them all.
        and not any(a.kind == b.kind == "lost" for a, b in pairwise(tokens))
    )
    hole = next((t.text for t in tokens if t.kind == "lost"), "?")
    shown: dict[str, int] = {}
    for margin, text in ((0, best.text), *rivals):
        text = text.replace(lattice.SWALLOWED, "").replace(GAP, hole)
        shown.setdefault(text.translate(NARROWING) if spinner.narrow and not _wide(served) else text, margin)
    texts, margins = tuple(shown)[: SHOWN + 1], tuple(shown.values())[1 : SHOWN + 1]
    return _Reading(texts, margins, gain, (1.0 if lead >= 0 else 0.9) if made else 0.5)


def _sure(restored: str, rival: str, served: str, before: str) -> int:
    """How much dearer a rival must be for a reading to be certain: by what a character costs on average, either of
    those that only the reading has or of all that it changes.
    """
    costs = []
    for other in (rival, served):
        cost, length = _changed(restored, other, before)
        costs.append(cost // max(1, length))
    return max(SURE[0], min(SURE[1], min(costs) + HALF))


def _dearer(rival: Spelling, best: Spelling) -> int:
    """How much dearer a rival is than the best. Longer ones are dearer for their length, which is made good."""
    return rival.cost - LENGTH * max(0, rival.vanished - best.vanished) - best.cost


def _price(rival: tuple[int, str]) -> int:
    return rival[0]


def _plausible(restored: str, served: str, before: str) -> bool:
    """Whether every Han character that a reading brings in is one that may well stand where it does."""
    lm, last = model(), before
    for character in restored:
        new = character not in served and tables.is_han(character)
        if new and lm.after(last[-2:]).cost(lm.place(character)) > DOUBTFUL:
            return False
        last += character
    return True


def _fluent(restored: str, served: str, before: str) -> bool:
    """Whether what a reading changes is, with the character behind, as likely on average as text is."""
    cut = _Cut.of(served, restored)
    changed = restored[cut.head : cut.best_end + 1]
    return model().cost(changed, before + restored[: cut.head]) <= CEILING * len(changed) + SHORT


def _changed(restored: str, other: str, before: str) -> tuple[int, int]:
    """What the characters in which a reading differs from another cost, and how many those are; where it has none, the
    one behind.
    """
    cut = _Cut.of(other, restored)
    changed = restored[cut.head : max(cut.best_end, cut.head + 1)]
    return model().cost(changed, before + restored[: cut.head]), len(changed)


_DIGIT = regex("[0-9]")


def _foreign(restored: str, served: str) -> bool:
    """Whether a reading brings characters into text that was converted that no converter makes."""
    return any(tables.is_foreign_to_traditional(c) and c not in served for c in restored)


def _exotic(restored: str, served: str) -> bool:
    """Whether a reading brings in what is neither a Han character nor a mark in daily use: kana, Greek, frames."""
    return any(c not in served and is_exotic(c) for c in restored)


def _keeps_ascii(restored: str, plain: str) -> bool:
    """Whether a reading has the digits of the text as served, and no letters but those (a letter may be a byte)."""
    letters = Counter(c for c in restored if c.isascii() and c.isalpha())
    return _DIGIT.findall(restored) == _DIGIT.findall(plain) and letters <= Counter(plain)


def _rare(text: str) -> int:
    rarity = model().rarity
    return sum(rarity(c) >= RARE for c in text)


def _edits(start: int, served: str, reading: _Reading, peeled: bool = True) -> list[Edit]:
    """The edit for the best reading of a window, trimmed to what it changes, and apart from it the whole glosses that
    stand behind the damage.
    """
    best = reading.texts[0]
    cut = _Cut.of(served, best)
    glosses_behind: list[Edit] = []
    while peeled and (gloss := _GLOSS_BEHIND.search(served, cut.head, cut.served_end)):
        character, said = gloss[1], gloss[2]
        if best[cut.head : cut.best_end][-1:] != character or character not in tables.readers(said):
            break
        glosses_behind.insert(0, _gloss(start, gloss))
        cut = _Cut.of(served[: gloss.end(1)], best[: cut.best_end])
    if served[cut.head : cut.served_end] == best[cut.head : cut.best_end]:
        return glosses_behind
    return [_edit(start, served, reading, cut), *glosses_behind]


# A whole gloss at the end of what is searched, and the character before it.
_GLOSS_BEHIND = regex(rf"([\s\S]){OPEN}({READING}){CLOSE}\Z")


@dataclass(frozen=True, slots=True)
class _Cut:
    """What a reading changes: served[head:served_end] becomes best[head:best_end]."""

    head: int
    served_end: int
    best_end: int

    @classmethod
    def of(cls, served: str, best: str) -> _Cut:
        head = _common(served, best)
        tail = _common(served[head:][::-1], best[head:][::-1])
        return cls(head, len(served) - tail, len(best) - tail)


def _edit(start: int, served: str, reading: _Reading, cut: _Cut) -> Edit:
    """The edit of what a reading changes there, with those of its rivals that differ from it there only."""
    best = reading.texts[0]
    first, last = best[: cut.head], best[cut.best_end :]
    before, after = served[cut.head : cut.served_end], best[cut.head : cut.best_end]
    rivals = {
        text[cut.head : len(text) - len(last)]: margin
        for text, margin in zip(reading.texts[1:], reading.margins, strict=True)
        if text.startswith(first) and text.endswith(last) and len(text) >= len(first) + len(last)
    }
    runner_up, margin = next(iter(rivals.items()), (None, None))
    evidence = EditEvidence(
        reason=f"转载程序按字节插入内容，拆开了汉字的编码，其后的字节错位；按字节还原为“{after}”。",
        received_bytes=_hex(before),
        restored_bytes=_hex(after),
        gain=reading.gain * STEP,
        candidates=tuple(rivals),
        runner_up=runner_up,
        margin=None if margin is None else margin * STEP,
    )
    at = start + cut.head
    return Edit("gbk-bytes", at, at + len(before), before, after, reading.confidence, evidence)


def _gloss(start: int, gloss: re.Match[str]) -> Edit:
    """The edit that removes a whole gloss."""
    character, said = gloss[1], gloss[2]
    reason = f"“{character}”读作“{said}”，括号内的注音是转载程序插入的。"
    first, end = gloss.end(1), gloss.end()
    return Edit("pinyin-gloss", start + first, start + end, gloss[0][1:], "", 1.0, EditEvidence(reason))


def _common(first: str, second: str) -> int:
    """The length of the common beginning."""
    for at, (a, b) in enumerate(zip(first, second, strict=False)):
        if a != b:
            return at
    return min(len(first), len(second))


def _hex(text: str) -> str:
    """The GBK bytes of a text; a hole as `??`."""
    shown = []
    for character in text:
        if character == "\ufffd":
            shown.append("??")
        else:
            shown += [f"{b:02X}" for b in tables.gbk_bytes().get(character, character.encode("utf-8", "replace"))]
    return " ".join(shown)

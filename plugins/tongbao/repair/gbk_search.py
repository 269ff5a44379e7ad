"""GBK byte damage undone: a search over the bytes that may have been there. The cause is told in `gbk_bytes`.

Around each trigger (a hole before a gloss that lost its bracket, a hole before a mark, a gloss that does not fit its
character) a window of the served text becomes a byte lattice: a hole is an unknown byte, a gloss *pins* two bytes (they
must be a character with that reading), an ASCII mark may have been the two bytes of a full-width one, and pairs may
have vanished. The best spelling is taken if it beats leaving the text alone by a margin, holds fewer rare characters
(or explains a gloss), and the forward model makes of it what was served.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import islice, pairwise, product

import rjieba

from tongbao.folding import fold
from tongbao.model import Edit, EditEvidence
from tongbao.repair import gbk_bytes, glosses, lattice, tables
from tongbao.repair.codecs import ANY, Codec, gbk, without
from tongbao.repair.lattice import Arc, Budget, Spelling
from tongbao.repair.pairings import double_bytes
from tongbao.repair.text_model import STEP, model
from tongbao.repair.verdict import NOTHING, Verdict

# All in the text model's steps of an eighth of a nat: what a repair must gain over the text as served, and over the
# next reading, or the next where a byte was lost without a trace; the price of such a byte, and of a vanished pair.
MARGIN, LEAD, LEAD_TRACELESS, TRACELESS, VANISHED = 64, 16, 24, 16, 0
# In a spun text a hole is evidence by itself.
MARGIN_HOLE = 32
# With a shorter lead than this an edit is made, but not called certain.
SURE = 40
# A reading with one more vanished pair is one character longer, and dearer for that: it is let off so much.
LENGTH = 4
# What a full stop is cheaper where a hole stands before a mark: it is there most often.
STOP = -16
# The price of an ASCII character that a hole swallowed. A digit can't be known: GAP stands for it, which the model takes
# for a digit and GBK can't write.
SWALLOW, GAP = 16, "\U0001d7ce"
# What a reading is dearer for each word in it, for each wide mark brought into a text of narrow ones (the spinner put
# those at any offset, too), for each quote of a shape that the text does not use, and
# for each that has no partner.
WORD, WIDE, QUOTE, UNPAIRED = 16, 40, 16, 20
# The most that what a reading changes may cost on average (9 nats a character), and an allowance for short ones.
CEILING, SHORT = 72, 32
# Where so many windows have no reading and none has a certain one, the damage is of another kind.
HOPELESS = 12
# Sets of glosses tried for a reading.
MOST_SETS = 24
# Spellings kept for each state; states kept at first, and where these don't decide; steps for each document.
RIVALS, BEAMS, STEPS = 8, (32, 128), 500_000
# A character that costs more than this (15.5 nats) where it stands makes a reading uncertain; other readings shown.
DOUBTFUL, SHOWN = 124, 5
# A character at least this rare by itself (11 nats) is one that damage makes and writers seldom use.
RARE = 88
# A few characters that cost so much each (10 nats) are not text.
ODD = 80
# A window reaches at most so far beyond its trigger, adjoining windows are one up to a length, and a document has at
# most so many of so many characters (the rest is left for a curator: this model does not explain more damage).
REACH, LONGEST, MAX_WINDOWS, MAX_SEARCHED, CONTEXT = 48, 240, 400, 6000, 300

_HAN = "\u3400-\u9fff\uf900-\ufaff"
_READING, _OPEN, _CLOSE = glosses.READING, glosses.OPEN, glosses.CLOSE
_HOLE = "[?\ufffd]"
_MARK = "，。、；：！？,;:!?"
_TOKEN = re.compile(
    rf"(?P<hole>{_HOLE}?)(?P<open>(?:{_OPEN})?)(?P<gloss>{_READING}){_CLOSE}"
    rf"|(?P<residue>{_HOLE}/?[a-z]{{1,8}}\s?/?>)"
    rf"|(?P<stop>,{_HOLE}(?=[，、。；：！？]))"
    rf"|(?P<both>{_HOLE}{{2}}(?=[，、。；：！？]))"
    rf"|(?P<opening>{_HOLE}(?=[^()\n]{{1,40}}[\d{_HAN}]\)))"
    rf"|(?P<lost>{_HOLE})"
    rf"|(?P<inserted>,(?=[，、。；：！？]|{_HOLE}{_READING}{_CLOSE}))"
    rf"|(?P<mark>[{_MARK}])"
    r"|(?P<other>[\s\S])"
)
_TRIGGER = re.compile(
    rf"{_HOLE}(?:{_OPEN})?{_READING}{_CLOSE}"
    rf"|(?<=[{_HAN}]){_READING}{_CLOSE}"
    rf"|,?{_HOLE}(?=[，。、；：！？{_HAN}]|[,;:!?][@-~,;:!?{_HAN}])"
    rf"|(?<=[^\s(（]){_OPEN}{_READING}{_CLOSE}"
    rf"|(?<=[{_HAN}])[@-~](?=[{_HAN}，。、；：！？,;:!?])"
    # A mark that parted bytes without a trace shows by what comes behind it.
    rf"|[{_MARK}](?=[\u2e80-\uffff]{{2}})"
)


_NARROWING = str.maketrans(dict(gbk_bytes.NARROW) | {"（": "(", "）": ")"})
_WIDENING = str.maketrans({n: w for w, n in gbk_bytes.NARROW.items() if n not in "()"})


_BEFORE = re.compile(rf"([{_HAN}])(?:{_OPEN}{_READING}{_CLOSE})?\Z")
_QUOTES = "「」『』‘’"
_HOLED_MARK = re.compile(rf"{_HOLE}([{gbk_bytes.MARKS}]|(?<=\ufffd)[,;:!?])")
_UNTOLD = re.compile(rf"{_HOLE}|{GAP}|\((?={_READING}\))")
_WIDE_MARK = re.compile(rf"(?<=[{_HAN},])[{gbk_bytes.MARKS}]")
_NARROW_MARK = re.compile(rf"(?<=[{_HAN}])[,;:](?![{gbk_bytes.MARKS}])")


# How many holes a token shows; and what is left out where a reading's damage is compared to the text as served.
_HOLES = {"lost": 1, "opening": 1, "residue": 1, "stop": 1, "both": 2, "holed-gloss": 1, "holed-orphan": 1}
_UNSEEN = ("residue", "inserted", "stop")


@dataclass(frozen=True, slots=True)
class _Token:
    kind: str
    text: str
    syllable: str = ""


@dataclass(frozen=True, slots=True)
class _Window:
    """A span of the served text, and what of the text around it counts: the marks open before it and two characters,
    and one character behind.
    """

    served: str
    before: str
    behind: str


@dataclass(frozen=True, slots=True)
class _Spinner:
    """What a document shows of the spinner that was at work on it.

    `readings` is {character: gloss}. `stops` are sets of full-width marks at which it may have parted bytes, the
    likeliest first. `converted` says that it made Traditional text of Simplified, and `narrow` that marks are ASCII.
    `unused` are quotes of the shapes that the text has none of.
    """

    readings: Mapping[str, str]
    stops: tuple[str, ...]
    converted: bool
    narrow: bool
    unused: frozenset[str]

    @property
    def codec(self) -> Codec:
        """GBK of characters in daily use; text that was converted to Traditional ones holds no Simplified forms."""
        return without(gbk, _is_unlikely_in_traditional if self.converted else _is_exotic)


def _spinner(text: str, readings: Mapping[str, str]) -> _Spinner:
    holed = {m[1].translate(_WIDENING) for m in _HOLED_MARK.finditer(text)}
    bare = {m[0] for m in _WIDE_MARK.finditer(text) if _odd(text[m.end() : m.end() + 4])} if readings else set()
    seen, more = ("".join(m for m in gbk_bytes.MARKS if m in marks) for marks in (holed, holed | bare))
    told = readings or [c for c in text if tables.is_han(c)]
    wide, narrow = sum(m[0] in "，；：" for m in _WIDE_MARK.finditer(text)), len(_NARROW_MARK.findall(text))
    return _Spinner(
        readings,
        tuple(dict.fromkeys((seen, more, "", gbk_bytes.MARKS))),
        sum(map(tables.is_traditional, told)) > len(told) / (2 if readings else 8),
        narrow > 2 * wide,
        frozenset(_QUOTES) - set(text),
    )


def find(text: str, site: Mapping[str, str]) -> Verdict:
    """The windows of GBK byte damage, undone where the evidence is strong, suggested where it is not.

    `site` is {character: gloss}, the set of the spinner that was at work as far as its whole glosses show it; empty
    where the document has none.
    """
    if "?" not in text and ")" not in text and "\ufffd" not in text:
        return NOTHING
    windows = _windows(text, bool(site))
    if not windows:
        return NOTHING
    spinner, budget = _spinner(text, site), Budget(STEPS)
    made: list[Edit] = []
    offered: list[Edit] = []
    known: dict[_Window, _Reading | None] = {}
    failed = 0
    for start, end in windows:
        window = _Window(text[start:end], _before(text, start), text[end : end + 1] or "\n")
        if window not in known:
            known[window] = _read(window, spinner, budget)
        served, reading = window.served, known[window]
        failed += reading is None
        if failed == HOPELESS and not made:
            break
        if reading is None:
            continue
        edit = _edit(start, served, reading)
        if reading.confidence > 0.5:
            made += _peel(edit)
        else:
            offered.append(edit)
    return Verdict(tuple(made), tuple(offered))


def regenerates(text: str, start: int, end: int, reading: str) -> bool:
    """Whether the forward model makes of `reading` what was received as text[start:end]."""
    site = {text[m.start() - 1]: m[1] for m in glosses.find(text)}
    # A pair of bytes may straddle the border to the character before, which may have a gloss of its own.
    before = _BEFORE.search(text[max(0, start - 12) : start])
    first = start - (len(before[0]) if before else 0)
    tokens = list(_tokens(text[first:end]))
    restored = (before[1] if before else "") + reading
    return traceless(restored, tokens, _spinner(text, site)) is not None


# --- windows ---------------------------------------------------------------------------------------------------------


def _windows(text: str, spun: bool) -> list[tuple[int, int]]:
    """Spans that hold a whole shift each: from its trigger to what ends it, and a little context."""
    spans: list[tuple[int, int]] = []
    for match in _TRIGGER.finditer(text):
        if not _telling(text, match, spun):
            continue
        start, end = _start(text, match), _end(text, match)
        if spans and start <= spans[-1][1] and end - spans[-1][0] <= LONGEST:
            spans[-1] = (spans[-1][0], max(end, spans[-1][1]))
        elif len(spans) == MAX_WINDOWS:
            break
        else:
            spans.append((max(start, spans[-1][1]) if spans else start, end))
    room = MAX_SEARCHED
    kept = []
    for start, end in spans:
        room -= end - start
        if start < end and room >= 0:
            kept.append((start, end))
    return kept


def _telling(text: str, match: re.Match[str], spun: bool) -> bool:
    """Whether a trigger is one: glosses must be syllables, and whole ones must misfit, in a spun document."""
    if match[0] in _MARK and match.start() and match[0] != "?":
        return spun and _odd(text[match.end() : match.end() + 4])
    if len(match[0]) == 1 and match[0].isascii() and match[0] != "?":
        return spun and model().rarity(text[match.start() - 1]) >= RARE
    token = _TOKEN.match(match[0])
    if token is None or token["gloss"] is None:
        return spun or any(model().rarity(c) >= RARE for c in text[max(0, match.start() - 3) : match.end() + 12])
    if not tables.readers(token["gloss"]):
        return False
    if token["hole"]:
        return spun or not token["open"]
    if not spun:
        return False
    return not token["open"] or text[match.start() - 1] not in tables.readers(token["gloss"])


def _odd(text: str) -> bool:
    """Whether a text, up to a mark, is not what writers write."""
    run = re.split(rf"[{_MARK}]", text)[0]
    return len(run) > 1 and model().cost(run) >= ODD * len(run)


def _start(text: str, match: re.Match[str]) -> int:
    """Where the shift may begin: at the character before the trigger, or, with no hole to show it, at a mark before."""
    at = match.start()
    if match[0][0] not in f"?\ufffd{_MARK}":
        low = max(0, at - REACH)
        marks = [m.start() for m in re.finditer(rf"[{_MARK}\n]|{_HOLE}", text[low:at])]
        at = low + marks[-1] if marks else low
    while before := re.search(rf"{_OPEN}{_READING}{_CLOSE}\Z", text[max(0, at - 12) : at]):
        at -= len(before[0])
    return max(0, at - 1)


_WHOLE = re.compile(rf"{_OPEN}{_READING}{_CLOSE}")
_STOP = re.compile(rf"{_HOLE}(?:/?[a-z]{{1,8}}\s?/?>)?|(?:{_OPEN})?{_READING}{_CLOSE}|\n|[@-~](?![A-Za-z])")


def _end(text: str, match: re.Match[str]) -> int:
    """Behind what ends the shift: a hole, a gloss, a line's end, or a trail byte in ASCII; glosses are not cut."""
    at = match.end()
    found = match if "@" <= match[0] <= "~" and len(match[0]) == 1 else _STOP.search(text, at, at + REACH)
    end = min(len(text), found.end() + 3 if found else at + REACH)
    opened = max(text.rfind("(", end - 9, end), text.rfind("（", end - 9, end))
    for start in (opened, end):
        if start >= 0 and (gloss := _WHOLE.match(text, start)):
            end = max(end, gloss.end())
    return end


# --- one window ------------------------------------------------------------------------------------------------------


def _tokens(served: str) -> Iterator[_Token]:
    for match in _TOKEN.finditer(served):
        kind = match.lastgroup or "other"
        if match["gloss"] is not None:
            kind = ("holed-" if match["hole"] else "") + ("gloss" if match["open"] else "orphan")
            if not tables.readers(match["gloss"]):
                yield from (_Token("mark" if c in _MARK else "other", c) for c in match[0])
                continue
        yield _Token(kind, match[0], match["gloss"] or "")


@lru_cache(maxsize=4096)
def _traditional_readers(syllable: str) -> frozenset[str]:
    return frozenset(c for c in tables.readers(syllable) if tables.is_traditional(c))


def _readers(syllable: str, site: Mapping[str, str]) -> frozenset[str]:
    """The characters that a gloss may belong to: Traditional ones, or those that the site glosses."""
    return _traditional_readers(syllable) | (tables.readers(syllable) & site.keys())


def _arcs(token: _Token, site: Mapping[str, str]) -> list[Arc]:
    """What may have stood for a token."""
    text = token.text
    if token.syllable:
        readers = _readers(token.syllable, site)
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
    return [Arc(data)] if data else [Arc(literal=text)]


@dataclass(frozen=True, slots=True)
class _Reading:
    """How a window may have read: `texts` best first, the gain of the best over the text as served, and how certain."""

    texts: tuple[str, ...]
    gain: int
    confidence: float


_GAP = (Arc(), Arc(cost=VANISHED, inside=True, vanished=True))
_AGAIN = (Arc(), Arc(cost=VANISHED, inside=True, vanished=True, again=True))


def _read(window: _Window, spinner: _Spinner, budget: Budget) -> _Reading | None:
    """The best reading of a window, if there is one that is better than the text as served."""
    tokens = list(_tokens(window.served))
    reading = None
    for beam in BEAMS:
        spellings = _spellings(window, tokens, spinner, beam, budget)
        reading = _weigh(window.served, window.before, tokens, spinner, spellings)
        if reading is None or (reading.confidence == 1 and len(reading.texts) > 1):
            break
    return reading


def _spellings(
    window: _Window, tokens: Sequence[_Token], spinner: _Spinner, beam: int, budget: Budget
) -> list[Spelling]:
    """What the tokens may spell in such a text, best first."""
    choices = [choice for token in tokens for choice in (_GAP, _AGAIN, _AGAIN, _arcs(token, spinner.readings))]
    found = [
        replace(s, cost=s.cost + _extra(s.text, window, spinner))
        for s in lattice.search(choices, spinner.codec, window.before, beam, RIVALS, budget)
        if not (spinner.converted and _foreign(s.text, window.served)) and not _exotic(s.text, window.served)
    ]
    return sorted(found, key=lambda s: s.cost)


def _extra(text: str, window: _Window, spinner: _Spinner) -> int:
    """What words, marks and the text behind say of a spelling that its characters don't."""
    before = window.before
    cost = WORD * sum(tables.is_han(word[0]) for word in rjieba.cut(fold(before + text + window.behind), False))
    cost += model().cost(window.behind, text)
    if spinner.narrow:
        cost += WIDE * max(0, _wide(text) - _wide(window.served))
    return cost + QUOTE * sum(c in spinner.unused for c in text) + UNPAIRED * _pairs(before + text)[1]


_PAIRED = {"”": "“", "》": "《", ")": "(", "）": "（"}


def _pairs(text: str) -> tuple[str, int]:
    """The quotes and brackets still open behind a text, and how many close what is not open, or open what is."""
    unpaired, open_, last = 0, "", ""
    for character in text:
        opening = _PAIRED.get(character)
        unpaired += last != "" and last in "，。、；：" and character in "，。、；："
        last = character
        if character in _PAIRED.values():
            unpaired += character in open_
            open_ = open_.replace(character, "") + character
        elif opening is not None:
            unpaired += opening not in open_
            open_ = open_.replace(opening, "")
    return open_, unpaired


def _before(text: str, start: int) -> str:
    """What stands before a window: the quotes and brackets that are open in its line, and two characters."""
    line = text[max(text.rfind("\n", 0, start), start - CONTEXT, 0) : start]
    return _pairs(line[:-2])[0] + (line[-2:] or "\n")


def _wide(text: str) -> int:
    return sum(c in "，：；？！" for c in text)


def _weigh(
    served: str, before: str, tokens: Sequence[_Token], spinner: _Spinner, spellings: Sequence[Spelling]
) -> _Reading | None:
    """The best spelling, if it gains enough over the text as served, and whether it is certain."""
    proofs = {s.text: traceless(s.text, tokens, spinner) for s in spellings}
    proved = [s for s in spellings if proofs[s.text] is not None]
    best = next(iter(proved or spellings), None)
    if best is None or best.text == served:
        return None
    gain = model().cost(served, before) - model().cost(best.text, before)
    pinned = any(t.kind == "orphan" or t.kind.startswith("holed") for t in tokens)
    holes = sum(_HOLES.get(t.kind, 0) for t in tokens) if spinner.readings else 0
    # A gloss explained is evidence enough, if only nothing rarer comes of it.
    if gain < (MARGIN_HOLE if holes else MARGIN) or _rare(best.text) >= _rare(served) + (1 if pinned else holes):
        return None
    rivals = [s for s in proved or spellings if s.text != best.text]
    lead = _lead(best, rivals)
    made = (
        bool(proved)
        and lead >= _needed(proofs[best.text] or 0)
        and _plausible(best.text, served, before)
        and _fluent(best.text, served, before)
        # Of two holes side by side too many readings are possible to weigh them all.
        and not any(a.kind == b.kind == "lost" for a, b in pairwise(tokens))
    )
    hole = next((t.text for t in tokens if t.kind == "lost"), "?")
    shown = [s.text.replace(lattice.SWALLOWED, "").replace(GAP, hole) for s in (best, *rivals[:SHOWN])]
    if spinner.narrow and not _wide(served):
        shown = [text.translate(_NARROWING) for text in shown]
    return _Reading(tuple(shown), gain, (1.0 if lead >= SURE else 0.9) if made else 0.5)


def _needed(traceless: int) -> int:
    """The lead that a reading needs."""
    return LEAD_TRACELESS if traceless else LEAD


def _lead(best: Spelling, rivals: Sequence[Spelling]) -> int:
    """How much likelier the best is than the next. Longer rivals are dearer for their length, which is made good."""
    return min((r.cost - LENGTH * max(0, r.vanished - best.vanished) - best.cost for r in rivals), default=MARGIN)


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
    """Whether what a reading changes is as likely, on average, as text is."""
    head = _common(served, restored)
    tail = _common(served[head:][::-1], restored[head:][::-1])
    changed = restored[head : len(restored) - tail] + restored[len(restored) - tail :][:1]
    return model().cost(changed, before + restored[:head]) <= CEILING * len(changed) + SHORT


def _foreign(restored: str, served: str) -> bool:
    """Whether a reading brings characters into text that was converted that no converter makes."""
    return any(tables.is_foreign_to_traditional(c) and c not in served for c in restored)


_DAILY = re.compile(rf"[{GAP}\x1a-\x7f\n{_HAN}{_MARK}“”‘’（）《》〈〉「」『』【】〔〕—…·％]")


def _exotic(restored: str, served: str) -> bool:
    """Whether a reading brings in what is neither a Han character nor a mark in daily use: kana, Greek, frames."""
    return any(c not in served and _is_exotic(c) for c in restored)


def _is_exotic(character: str) -> bool:
    return not _DAILY.match(character)


def _is_unlikely_in_traditional(character: str) -> bool:
    return _is_exotic(character) or tables.is_foreign_to_traditional(character)


def _rare(text: str) -> int:
    rarity = model().rarity
    return sum(rarity(c) >= RARE for c in text)


def traceless(restored: str, tokens: Sequence[_Token], spinner: _Spinner) -> int | None:
    """How many bytes were lost without a trace, if the forward model makes the served tokens of `restored`; else None.

    Holes are left out of the comparison, since sites serve them as `?`, U+FFFD or nothing, and so is the width of
    marks. A gloss in the window belongs to the site's set even if it never stands whole.
    """
    # What a spinner put before marks is left out, too; a reading drops it or is dearer.
    shown = (f"{t.syllable})" if t.syllable else t.text for t in tokens if t.kind not in _UNSEEN)
    served = _plain("".join(shown))
    # Where the site serves marks as ASCII, the bytes were those of full-width marks.
    versions = dict.fromkeys((restored, restored.translate(_WIDENING)))
    visible = sum(_HOLES.get(t.kind, 0) for t in tokens)
    syllables = sorted({token.syllable for token in tokens} - {""})
    here = "".join(mark for mark in gbk_bytes.MARKS if mark in spinner.stops[0] or mark in restored)
    sets = dict.fromkeys((*spinner.stops, here))
    for readings, version, stops in product(_glossed(restored, syllables, spinner.readings), versions, sets):
        model_served = gbk_bytes.damage(version, readings, marks=stops, hole="\ufffd", mark_hole="\ufffd")
        if _plain(model_served) == served:
            return max(0, model_served.count("\ufffd") - visible)
    return None


def _glossed(restored: str, syllables: Sequence[str], site: Mapping[str, str]) -> Iterator[dict[str, str]]:
    """The sets of glosses that the spinner may have had for the pairs of bytes in `restored`, at any offset.

    A gloss that no known character of the site explains is that of a pair which this window shows for the first time.
    """
    data = b"".join(tables.gbk_bytes().get(c, c.encode("utf-8", "replace")) for c in restored)
    pairs = tables.gbk_pairs()
    present = {c for at in range(len(data) - 1) if (c := pairs.get(data[at : at + 2]))}
    known = {c: site[c] for c in present & site.keys()}
    choices: list[list[dict[str, str]]] = []
    for syllable in syllables:
        if syllable in known.values():
            continue
        fitting = sorted((present & _readers(syllable, site)) - site.keys())
        together = [dict.fromkeys(fitting, syllable)] if len(fitting) > 1 else []
        choices.append([*({c: syllable} for c in fitting), *together])
    for chosen in islice(product(*choices), MOST_SETS):
        yield known | {c: gloss for part in chosen for c, gloss in part.items()}


def _plain(served: str) -> str:
    narrow = served.translate(_NARROWING)
    return _UNTOLD.sub("", narrow)


def _edit(start: int, served: str, reading: _Reading) -> Edit:
    """The edit for the best reading of a window, trimmed to what it changes."""
    best, *others = reading.texts
    head = _common(served, best)
    tail = _common(served[head:][::-1], best[head:][::-1])
    before, after = served[head : len(served) - tail], best[head : len(best) - tail]
    evidence = EditEvidence(
        reason=f"转载程序按字节插入内容，拆开了汉字的编码，其后的字节错位；按字节还原为“{after}”。",
        received_bytes=_hex(before),
        restored_bytes=_hex(after),
        gain=reading.gain * STEP,
        candidates=tuple(other[head : len(other) - tail] for other in others),
    )
    return Edit("gbk-bytes", start + head, start + head + len(before), before, after, reading.confidence, evidence)


def _peel(edit: Edit) -> list[Edit]:
    """The edit, and apart from it the whole glosses that stand behind the damage in its window."""
    peeled: list[Edit] = []
    before, after = edit.before, edit.after
    while gloss := re.search(rf"(?<=(.)){_OPEN}({_READING}){_CLOSE}\Z", before):
        if not after or gloss[1] != after[-1] or gloss[1] not in tables.readers(gloss[2]):
            break
        start = edit.start + gloss.start()
        reason = f"“{gloss[1]}”读作“{gloss[2]}”，括号内的注音是转载程序插入的。"
        peeled.append(Edit("pinyin-gloss", start, start + len(gloss[0]), gloss[0], "", 1.0, EditEvidence(reason)))
        before = before[: gloss.start()]
        tail = _common(before[::-1], after[::-1])
        before, after = before[: len(before) - tail], after[: len(after) - tail]
    if not peeled:
        return [edit]
    evidence = replace(edit.evidence, received_bytes=_hex(before), restored_bytes=_hex(after))
    return [replace(edit, end=edit.start + len(before), before=before, after=after, evidence=evidence), *peeled[::-1]]


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

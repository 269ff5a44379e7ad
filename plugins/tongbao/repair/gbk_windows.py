"""Where GBK byte damage may be: windows of the served text around triggers, and their tokens.

A trigger is a hole before a gloss that lost its bracket or before a mark, a gloss that does not fit its character, a
stray trail byte in ASCII, or a mark with what is no text behind it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from tongbao.patterns import regex
from tongbao.repair import glosses, tables
from tongbao.repair.text_model import model

# A character at least this rare by itself (11 nats) is one that damage makes and writers seldom use.
RARE = 88
# A few characters that cost so much each (10 nats), one of them so rare at least (9 nats), are not text.
ODD, UNUSUAL = 80, 72
# A window reaches at most so far beyond its trigger, adjoining windows are one up to a length, and a document has at
# most so many of so many characters (the rest is left for a curator: this model does not explain more damage).
REACH, LONGEST, MAX_WINDOWS, MAX_SEARCHED, CONTEXT = 48, 240, 400, 6000, 300

HAN = "\u3400-\u9fff\uf900-\ufaff"
READING, OPEN, CLOSE = glosses.READING, glosses.OPEN, glosses.CLOSE
HOLE = "[?\ufffd]"
MARK = "，。、；：！？,;:!?"
_TOKEN = regex(
    rf"(?P<hole>{HOLE}?)(?P<open>(?:{OPEN})?)(?P<gloss>{READING}){CLOSE}"
    rf"|(?P<residue>{HOLE}/?[a-z]{{1,8}}\s?/?>)"
    rf"|(?P<stop>,{HOLE}(?=[，、。；：！？]))"
    rf"|(?P<both>{HOLE}{{2}}(?=[，、。；：！？]))"
    rf"|(?P<opening>{HOLE}(?=[^()\n]{{1,40}}[\d{HAN}]\)))"
    rf"|(?P<lost>{HOLE})"
    rf"|(?P<inserted>,(?=[，、。；：！？]|{HOLE}{READING}{CLOSE}))"
    rf"|(?P<mark>[{MARK}])"
    r"|(?P<other>[\s\S])"
)
_TRIGGER = regex(
    rf"{HOLE}(?:{OPEN})?{READING}{CLOSE}"
    rf"|(?<=[{HAN}]){READING}{CLOSE}"
    rf"|,?{HOLE}(?=[，。、；：！？{HAN}]|[,;:!?][@-~,;:!?{HAN}])"
    rf"|(?<=[^\s(（]){OPEN}{READING}{CLOSE}"
    rf"|(?<=[{HAN}])[@-~](?=[{HAN}，。、；：！？,;:!?])"
    # A mark that parted bytes without a trace shows by what comes behind it.
    rf"|[{MARK}](?=[\u2e80-\uffff])"
)


@dataclass(frozen=True, slots=True)
class Token:
    kind: str
    text: str
    syllable: str = ""


@dataclass(frozen=True, slots=True)
class Window:
    """A span of the served text, and what of the text around it counts: the marks open before it and two characters,
    and one character behind.
    """

    served: str
    before: str
    behind: str

    @classmethod
    def at(cls, text: str, start: int, end: int) -> Window:
        """The window of a span."""
        line = text[max(text.rfind("\n", 0, start), start - CONTEXT, 0) : start]
        return cls(text[start:end], pairing(line[:-2])[0] + (line[-2:] or "\n"), text[end : end + 1] or "\n")


# --- windows ---------------------------------------------------------------------------------------------------------


def spans(text: str, spun: bool) -> list[tuple[int, int]]:
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
    if match[0] in MARK and match[0] != "?":
        return spun and match.start() > 0 and is_odd(text[match.end() : match.end() + 4])
    if len(match[0]) == 1 and match[0].isascii() and match[0] != "?":
        return spun and model().rarity(text[match.start() - 1]) >= RARE
    token = _TOKEN.match(match[0])
    if token is None or token["gloss"] is None:
        around = text[max(0, match.start() - 3) : match.end() + 12]
        # A replacement character is as rare as can be, and says nothing of what made it.
        return spun or any(c != "\ufffd" and model().rarity(c) >= RARE for c in around)
    if not tables.readers(token["gloss"]):
        return False
    if token["hole"]:
        return spun or not token["open"]
    if not spun:
        return not token["open"] and _is_orphan(text, match.start(), token["gloss"])
    return not token["open"] or text[match.start() - 1] not in tables.readers(token["gloss"])


def _is_orphan(text: str, at: int, gloss: str) -> bool:
    """Whether a gloss lost its opening bracket: it has a tone mark, and no bracket is open before it."""
    before = text[max(0, at - REACH) : at]
    return not gloss.isascii() and before.count("(") + before.count("（") <= before.count(")") + before.count("）")


def is_odd(text: str) -> bool:
    """Whether a text, up to a mark or a bracket, is not what writers write."""
    run = re.split(rf"[{MARK}(（]", text)[0]
    lm = model()
    return len(run) > 1 and any(lm.rarity(c) >= UNUSUAL for c in run) and lm.cost(run) >= ODD * len(run)


def _start(text: str, match: re.Match[str]) -> int:
    """Where the shift may begin: at the character before the trigger, or, with no hole to show it, at a mark before."""
    at = match.start()
    if match[0][0] not in f"?\ufffd{MARK}":
        low = max(0, at - REACH)
        marks = [m.start() for m in re.finditer(rf"[{MARK}\n]|{HOLE}", text[low:at])]
        at = low + marks[-1] if marks else low
    while before := re.search(rf"{OPEN}{READING}{CLOSE}\Z", text[max(0, at - 12) : at]):
        at -= len(before[0])
    return max(0, at - 1)


_WHOLE = regex(rf"{OPEN}{READING}{CLOSE}")
_STOP = regex(rf"{HOLE}(?:/?[a-z]{{1,8}}\s?/?>)?|(?:{OPEN})?{READING}{CLOSE}|\n|[@-~](?![A-Za-z])")


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


# --- what is in a window, and around it ------------------------------------------------------------------------------


def tokenize(served: str) -> Iterator[Token]:
    for match in _TOKEN.finditer(served):
        kind = match.lastgroup or "other"
        if match["gloss"] is not None:
            kind = ("holed-" if match["hole"] else "") + ("gloss" if match["open"] else "orphan")
            if not tables.readers(match["gloss"]):
                yield from (Token("mark" if c in MARK else "other", c) for c in match[0])
                continue
        yield Token(kind, match[0], match["gloss"] or "")


_PAIRED = {"”": "“", "》": "《", ")": "(", "）": "（"}


def pairing(text: str) -> tuple[str, int]:
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

"""Full-width punctuation, restored inside Chinese: the edits for one block of a text.

A mark is restored for the text around it: the nearest characters on either side that are neither marks nor spaces.
Those are never edited, so the edits of a restored text are none. Numbers, times, Latin words, addresses and document
numbers have no Chinese characters on both sides of their marks, and keep them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from tongbao.model import Edit, EditEvidence
from tongbao.patterns import regex

FULL_WIDTH = {",": "，", ";": "；", ":": "：", "?": "？", "!": "！", ".": "。"}
NAMES = {",": "comma", ";": "semicolon", ":": "colon", "?": "question", "!": "exclamation", ".": "stop"}
EVIDENCE = EditEvidence("中文语句中的半角标点，恢复为全角")

# A longer paragraph has some hundreds of marks; a block with more than this is no prose, and keeps what it has.
MAX_MARKS = 20_000
# Leader dots of a table of contents are longer than any ellipsis.
LONGEST_ELLIPSIS = 6
# Fewer Chinese characters than this before a final `.`: an enumerator or an abbreviation, no sentence.
SHORTEST_SENTENCE = 6

_HAN = regex("[\u3005-\u3007\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]")
_LATIN = regex("[A-Za-z\u00c0-\u024f\u1e00-\u1eff]")
_ASCII = ",.;:?!\"'()-"
_ASCII_MARK = regex(f"[{re.escape(_ASCII)}]")
# Marks of either width and spaces; a run of them is judged by the characters at its two ends.
_RUN = regex(r"[\s,.;:?!\"'()\-，。；：？！、…—·“”‘’（）《》〈〉【】〔〕「」『』\[\]]+")
_DOCUMENT_NUMBER = regex(r"[(（]\d{4}[)）]\s*第?\s*\d+\s*号|[(（]\d{4}[)）]\s*第?\s*\d+\s*號")
_CODE = regex(r"[{}<>=\\`]")
_ADDRESS = regex(r"[A-Za-z]{2,6}://[!-~]+")


@dataclass(frozen=True, slots=True)
class _Place:
    """A mark, and what it stands between: characters that are no marks, or "" at the block's ends."""

    at: int
    left: str
    right: str

    @property
    def han_left(self) -> bool:
        return bool(_HAN.match(self.left))

    @property
    def han_right(self) -> bool:
        return bool(_HAN.match(self.right))


def restore(text: str, offset: int) -> list[Edit]:
    """The edits for the block `text`, which begins at `offset` of the repaired text; sorted, not overlapping."""
    if not 0 < sum(map(text.count, _ASCII)) <= MAX_MARKS or _is_code(text):
        return []
    runs = [run for run in _RUN.finditer(text) if _ASCII_MARK.search(run[0])]
    found = [*_single_marks(text, runs), *_brackets(text), *_quotes(text, runs)]
    out: list[Edit] = []
    for start, end, after, rule in sorted(found):
        if not out or start >= out[-1].end - offset:
            edit = Edit(f"punctuation.{rule}", start + offset, end + offset, text[start:end], after, 1.0, EVIDENCE)
            out.append(edit)
    return out


_Found = tuple[int, int, str, str]


def _is_code(text: str) -> bool:
    """Code and markup: its brackets and signs, and more Latin letters than Chinese characters."""
    words = _ADDRESS.sub("", text)
    return bool(_CODE.search(words)) and len(_LATIN.findall(words)) > len(_HAN.findall(words))


def _place(text: str, run: re.Match[str], at: int) -> _Place:
    left = text[run.start() - 1] if run.start() else ""
    return _Place(at, left, text[run.end() : run.end() + 1])


def _single_marks(text: str, runs: list[re.Match[str]]) -> Iterator[_Found]:
    """Commas, stops and the like, ellipses and dashes."""
    for run in runs:
        for match in re.finditer(r"(\.{2,})|(-{2,})|( {0,3})([,;:?!.])( {0,3})", run[0]):
            start, end = match.start() + run.start(), match.end() + run.start()
            place = _place(text, run, start)
            if match[1]:
                if 3 <= len(match[1]) <= LONGEST_ELLIPSIS and place.han_left and not _LATIN.match(place.right):
                    yield start, end, "……", "ellipsis"
            elif match[2]:
                if place.han_left and place.han_right:
                    yield start, end, "——", "dash"
            else:
                mark, at = match[4], match.start(4) + run.start()
                if _is_chinese(text, run, _Place(at, place.left, place.right)):
                    # A full-width mark has its own space.
                    if not (place.han_left and (place.han_right or not place.right)):
                        start, end = at, at + 1
                    yield start, end, FULL_WIDTH[mark], NAMES[mark]


def _is_chinese(text: str, run: re.Match[str], place: _Place) -> bool:
    """Whether the mark at `place` belongs to Chinese text."""
    mark, before, after = text[place.at], text[place.at - 1 : place.at], text[place.at + 1 : place.at + 2]
    if mark == ".":
        return _ends_sentence(text, run, place)
    if not place.left or (before.isdigit() and after.isdigit()):
        return False
    if place.han_left and (place.han_right or not place.right):
        return True
    latin_right, latin_left = _LATIN.match(place.right), _LATIN.match(place.left)
    if after.isspace() and (latin_right or latin_left):
        return False  # spaced like English
    if place.han_left:
        # A question mark before a letter may be a lost byte, an exclamation mark a part of a name (Yahoo!).
        return not (mark in "?!" and latin_right)
    return place.han_right


def _ends_sentence(text: str, run: re.Match[str], place: _Place) -> bool:
    """A stop ends the block, or a quotation or bracket in it, and stands after a sentence."""
    rest = text[place.at + 1 : run.end()].strip(" \"'”’)）」』")
    if rest or place.right or not place.han_left:
        return False
    sentence = text[: run.start()]
    return len(_HAN.findall(sentence[-2 * SHORTEST_SENTENCE :])) >= SHORTEST_SENTENCE


def _brackets(text: str) -> Iterator[_Found]:
    """Balanced round brackets, of either width, in Chinese context."""
    if "(" not in text and ")" not in text:
        return
    numbers = {match.start() for match in _DOCUMENT_NUMBER.finditer(text)}
    opened: list[_Place] = []
    for run in _RUN.finditer(text):
        for match in re.finditer("[()（）]", run[0]):
            place = _place(text, run, match.start() + run.start())
            if match[0] in "(（":
                opened.append(place)
            elif opened:
                start = opened.pop()
                if start.at not in numbers and _encloses_chinese(text, start, place):
                    for at, narrow, wide in ((start.at, "(", "（"), (place.at, ")", "）")):
                        if text[at] == narrow:
                            yield at, at + 1, wide, "bracket"


def _encloses_chinese(text: str, start: _Place, end: _Place) -> bool:
    """Chinese inside, or a Chinese word directly before; but a call of a function is none: `print("…")`, `f(x)`."""
    before = text[start.at - 1 : start.at]
    if _LATIN.match(before) and text[start.at + 1 : start.at + 2] in "\"'":
        return False
    return start.han_right or end.han_left or bool(_HAN.match(before))


def _quotes(text: str, runs: list[re.Match[str]]) -> Iterator[_Found]:
    """Straight quotes, where the block has an even number of them and the pair encloses Chinese inside Chinese."""
    for quote, wide, rule in (('"', "“”", "quote"), ("'", "‘’", "single-quote")):
        places = [_place(text, run, m.start() + run.start()) for run in runs for m in re.finditer(quote, run[0])]
        if len(places) % 2:
            continue
        for start, end in zip(places[::2], places[1::2], strict=True):
            outside = (start.han_left or not start.left) and (end.han_right or not end.right)
            if outside and start.han_right and end.han_left:
                yield start.at, start.at + 1, wide[0], rule
                yield end.at, end.at + 1, wide[1], rule

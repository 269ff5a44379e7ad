"""Layout damage: spread characters, hard wraps, fake bold, doubled lines and blocks, spaces before marks, jammers.

*Causes.* Designs spread a heading with spaces; PDF extraction keeps the ends of lines, as breaks or as spaces; printing
a character several times in one place looks bold and is extracted several times; templates repeat a block; editors put
a space before marks; forum software hides random strings against copying. Each inverse demands that the cause shows in
the document as a whole, and, where words are joined, that the text model agrees.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from itertools import accumulate
from math import inf
from statistics import median
from typing import Final

import numpy as np

from tongbao.model import Edit, EditEvidence
from tongbao.patterns import regex
from tongbao.repair.text_model import model
from tongbao.repair.verdict import NOTHING, Verdict

_HAN = "\u3400-\u9fff\uf900-\ufaff"
# In the text model's steps: what joining must gain, the most that the next character of a word costs, and the most that
# a character of joined text costs on average.
JOIN_GAIN, NEXT, PLAIN = 80, 48, 56

_ANY_HAN = regex(f"[{_HAN}]")
# Spaces of all widths, as pages and their entities have them.
_BLANK = " \u00a0\u2002\u2003\u2009\u3000"
_BLANKS = regex(f"[{_BLANK}]+")
_SPREAD = regex(rf"^[{_BLANK}\t]*([^\s](?:[{_BLANK}]{{1,4}}[^\s]){{5,}})(?=[{_BLANK}]*\r?$)", re.MULTILINE)
# What is counted with, and stands in rows: numerals, stems, branches, quarters.
_SERIES = regex("[一二三四五六七八九十甲乙丙丁戊己庚辛壬癸子丑寅卯辰巳午未申酉戌亥东東南西北]")
_BULLET = regex(rf"[#*>·•-]+[{_BLANK}]+")
# A line end: a break, or the space that it became; and what stands on both sides of one that parts a sentence.
_LINE_END, _ONE_BREAK = regex(r"[ \t\r\n\u3000]+"), regex(r"[ \t]*\r?\n")
# Where a line goes on, if it fills the page: not between letters or digits, whose space may be lost; and behind a full
# stop only where paragraphs are indented.
_SEAM = regex(
    rf"[{_HAN}，、,；：（“）”》%0-9A-Za-z][ \t]*\r?\n[{_HAN}“（《，。、；：）”》]"
    rf"|[{_HAN}，、,；：（“）”》%][ \t]*\r?\n[0-9A-Za-z]"
)
_STOP_SEAM = regex(rf"[。；！？][ \t]*\r?\n[{_HAN}“（《0-9A-Za-z]")
# Where lines were cut at a number of characters, whatever stands there.
_CUT = regex(r"[^\s。！？]\r?\n\S")
_INDENT = regex(r"^(?:\u3000\u3000| {4})\S", re.MULTILINE)
_BEFORE, _AFTER = regex(f"[{_HAN}][{_HAN}，、,]"), regex(f"[{_HAN}][{_HAN}，、。；：,]")
# How often each character is printed, and how many characters in a row must be.
_BOLD = tuple((n, least, regex(rf"(?:([^\s])\1{{{n - 1}}}){{{least},}}")) for n, least in ((4, 3), (3, 4), (2, 7)))
_SPACED_MARK = regex(rf"(?<=[^\s，、。；：,;])[{_BLANK}]{{1,2}}(?=[、，。；]|[,;](?=[{_HAN}]))")
_DOUBLE_MARK = regex(
    rf"(?<=[{_HAN}0-9)）”》])(?:，(?=[，。、；])|、(?=[、，。；])|；(?=；)|,(?=[,，。、；]))(?=.[{_HAN}“\n])"
)
_SPACE_AT_MARK, _MARK_AT_MARK = regex(f"[{_BLANK}][、，。；,;]"), regex("[，、；,][，。、；,]")
_ANY_MARK = regex("[，、。；,;]+")
_SENTENCE_MARK = regex("[，。；：“”（）]")
_FULL_STOP, _NUMBERED = (
    regex("[。；]"),
    regex(r"^[（(]?[一二三四五六七八九十\d]{1,3}[）)、.．]", re.MULTILINE),
)
# Marks in such rows are the writer's way to pause.
_PAUSE = regex(r"([，。、；,])\1\1")
# Discuz! `jammer()`: five times or more a character of 32-59, a space, a character of 63-126.
_JAMMED = regex("[ -;] [?-~][ -;] [?-~][ -;] [?-~]")
_JAMMER = regex(r"[ \t]?(?:[ -;] [?-~]){5,} ?")
_WORD = regex(r"[A-Za-z]{3}|\d{3}")
# So few spaces that may be line ends are no evidence.
FEW_SPACES = 2
# So many odd marks, and so large a share of all marks, are a habit of the program that made the text, not a slip of its
# writer.
OFTEN, SHARE = 3, 0.2
# The columns of lines that a page's width broke, and the share by which such lines differ.
NARROWEST, WIDEST, RAGGED = 40, 160, 0.12
# Lines that were cut at a number of characters differ by one character.
EVEN = 2
# So many different characters in a row are no laughter.
LONG_BOLD = 12
# What is doubled makes out so much of the text; less may be meant.
DOUBLED = 0.05
# A doubled line is at least so long; a doubled block has at most so many lines.
LINE, BLOCK = 8, 200

_REASONS: Final = {
    "spread": "字与字之间的空格是排版造成的，合并。",
    "wrap": "句子中间的换行或空格是原版面的行尾，接合。",
    "bold": "每个字重复多次，是以重叠印刷表示粗体造成的，保留一次。",
    "doubled": "紧接着重复的内容，保留一次。",
    "mark": "标点前多余的空格或标点，删去。",
    "jammer": "论坛程序插入的防复制乱码，删去。",
}


def damage(text: str, kind: str, width: int = 40) -> str:
    """The forward model.

    `spread` puts a space between all characters of each line; `wrap` breaks lines at `width` characters; `bold` prints
    each character four times; `doubled` repeats each line; `mark` puts a space before 、，。 and ；.
    """
    if kind == "spread":
        return "\n".join(" ".join(line) for line in text.split("\n"))
    if kind == "wrap":
        lines = text.split("\n")
        return "\n".join(
            "\n".join(line[at : at + width] for at in range(0, max(1, len(line)), width)) for line in lines
        )
    if kind == "bold":
        return "".join(c * 4 if not c.isspace() else c for c in text)
    if kind == "doubled":
        return "\n".join(f"{line}\n{line}" if line else line for line in text.split("\n"))
    return re.sub("(?=[、，。；])", " ", text)


def undo(text: str) -> Verdict:
    """Undo layout damage of all kinds; edits of different kinds that touch are left to the first."""
    if len(text) < 6:
        return NOTHING
    edits: list[Edit] = []
    offered: list[Edit] = []
    for kind, find in _KINDS:
        for start, end, after, certain in find(text):
            edit = Edit(f"layout-{kind}", start, end, text[start:end], after, 0.95, EditEvidence(_REASONS[kind]))
            (edits if certain else offered).append(edit)
    return Verdict(_apart(edits), tuple(offered))


def _apart(edits: list[Edit]) -> tuple[Edit, ...]:
    """In order, without those that overlap one that begins before them."""
    kept: list[Edit] = []
    for edit in sorted(edits, key=lambda e: (e.start, -e.end)):
        if not kept or edit.start >= kept[-1].end:
            kept.append(edit)
    return tuple(kept)


_Found = Iterator[tuple[int, int, str, bool]]


def _spread(text: str) -> _Found:
    """Lines whose characters are all parted by spaces."""
    if sum(map(text.count, _BLANK)) < 5:
        return
    found = []
    for match in _SPREAD.finditer(text):
        bullet = _BULLET.match(match[1])
        body = match[1][bullet.end() :] if bullet else match[1]
        joined = _BLANKS.sub("", body)
        han = len(_ANY_HAN.findall(joined))
        if han >= 5 and 2 * han > len(joined) and 2 * len(_SERIES.findall(joined)) < len(joined):
            found.append((match.end() - len(body), match.end(), joined, model().cost(joined) / len(joined)))
    # A single short line may be a list of names.
    if len(found) == 1 and len(found[0][2]) < LINE:
        return
    # Marks stand between words, not between the items of a list.
    found = [(start, end, joined, 0 if _is_sentence(joined) else cost) for start, end, joined, cost in found]
    # Where most such lines are plain text, the others are taken with them.
    plain = sum(cost <= PLAIN for *_, cost in found)
    limit = 1.5 * PLAIN if 2 * plain >= len(found) else PLAIN
    yield from ((start, end, joined, True) for start, end, joined, cost in found if cost <= limit)


def _is_sentence(line: str) -> bool:
    return len(line) >= 2 * LINE and bool(_SENTENCE_MARK.search(line))


def _wraps(text: str) -> _Found:
    """Line ends inside sentences, as breaks or spaces, where words are parted and the lines between are of one width.

    Words alone are no evidence: a name behind a title looks joined, too. Nor is width: verses and columns have it.
    Where both are found, the lines of this width that end beside a digit or a mark go on, too.
    """
    ends = list(_LINE_END.finditer(text))
    seams = [end for end in ends if _parts(text, end)]
    # Pages are as wide as their columns, programs count characters.
    measure = min((_columns, _doubled_length), key=lambda measure: _spread_of(_widths(text, seams, measure)))
    widths = _widths(text, seams, measure)
    page = _page(widths)
    full = [end for end, width in zip(seams, widths, strict=True) if abs(width - page) <= RAGGED * page]
    even = _spread_of(widths) <= EVEN
    if not page or 2 * len(full) < len(seams) or not _is_cut(text, full, even):
        return
    going_on = _CUT if even else _SEAM
    indented, known = _INDENT.search(text), set(full)
    rest = [
        end
        for end in ends
        if end not in known
        and (going_on.match(text, end.start() - 1) or (indented and _STOP_SEAM.match(text, end.start() - 1)))
    ]
    ragged = EVEN if even else RAGGED * page
    full += (e for e, width in zip(rest, _widths(text, rest, measure), strict=True) if abs(width - page) <= ragged)
    yield from ((m.start(), m.end(), "", True) for m in full)


def _is_cut(text: str, full: list[re.Match[str]], even: bool) -> bool:
    """Whether enough of these line ends part words; where the lines are of one width to the character, few do."""
    # A few spaces may stand so by chance.
    if len(full) < 2 or (len(full) <= FEW_SPACES and any("\n" not in m[0] for m in full)):
        return False
    parted = sum(_joins(text, m.start(), m.end()) for m in full)
    return parted >= 2 and (6 if even else 3) * parted >= len(full)


def _parts(text: str, end: re.Match[str]) -> bool:
    """Whether a line end stands between Han characters, so that it parts a sentence."""
    if end[0] not in ("\n", " ", "\u3000") and not _ONE_BREAK.fullmatch(end[0]):
        return False
    return bool(_BEFORE.match(text, max(0, end.start() - 2)) and _AFTER.match(text, end.end()))


def _widths(text: str, ends: list[re.Match[str]], measure: Callable[[str], int]) -> list[int]:
    """How wide the lines are that these line ends close; names and headings, which have no marks, have no width."""
    widths, at = [], 0
    for end in ends:
        line = text[max(at, text.rfind("\n", 0, end.start()) + 1) : end.start()]
        widths.append(measure(line) if _ANY_MARK.search(line, 0, len(line) - 1) else 0)
        at = end.end()
    return widths


def _page(widths: list[int]) -> float:
    """The width of the page that broke most of these lines; 0 for none."""
    wide = [width for width in widths if NARROWEST <= width <= WIDEST]
    return median(wide) if len(wide) > 1 else 0


def _spread_of(widths: list[int]) -> float:
    """By how much the widths of full lines differ."""
    page = _page(widths)
    full = [width for width in widths if abs(width - page) <= RAGGED * page]
    return max(full) - min(full) if full and page else inf


def _columns(line: str) -> int:
    """How wide a line is; a Han character takes two columns, as it takes two bytes of GBK."""
    return len(line.encode("gbk", "replace"))


def _doubled_length(line: str) -> int:
    """The same where all characters have one width."""
    return 2 * len(line)


def _joins(text: str, start: int, end: int) -> bool:
    """Whether the text model reads what stands on both sides as one word, not as two lines."""
    left, right = text[max(0, start - 2) : start], text[end : end + 3]
    lm = model()
    if lm.after(left).cost(lm.place(right[0])) > NEXT:
        return False
    return lm.cost("\n" + right, left) - lm.cost(right, left) >= JOIN_GAIN


def _bold(text: str) -> _Found:
    codes = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), np.uint32)
    twins = codes[1:] == codes[:-1]
    for times, least, pattern in _BOLD:
        row = twins
        for at in range(1, least):
            row = row[:-times] & twins[at * times :]
        if not row.any():
            continue
        runs = [m for m in pattern.finditer(text) if _is_printed(m[0][::times], m[0], times)]
        # Where most of a text is printed so, all of it is.
        if 2 * sum(len(m[0]) for m in runs) >= len(text):
            runs = list(re.finditer(rf"(?:([^\s])\1{{{times - 1}}})+", text))
        yield from ((m.start(), m.end(), m[0][::times], True) for m in runs)


def _is_printed(once: str, written: str, times: int) -> bool:
    """Whether a text was printed several times: it is Chinese, and not laughter or the like unless it is long."""
    han = len(_ANY_HAN.findall(once))
    if len(set(once)) < 3 or not (2 * han > len(once) or (han and times > 2)):
        return False
    return len(set(once)) >= LONG_BOLD or not _is_reduplication(once, written)


def _is_reduplication(once: str, written: str) -> bool:
    """Whether the text model knows what is written better than the characters once: laughter, 高高兴兴."""
    lm = model()
    return lm.cost(once) * len(written) >= lm.cost(written) * len(once)


def _doubled(text: str) -> _Found:
    """Lines and blocks of prose that are at once repeated, if they are a good part of the text."""
    found = list(_repeats(text))
    if found and _is_prose(text):
        certain = sum(end - start for start, end, _ in found) >= DOUBLED * len(text)
        yield from ((start, end, "", certain and sure) for start, end, sure in found)


def _is_prose(text: str) -> bool:
    """Whether there are sentences or numbered headings: the lines of songs return, but songs do without these."""
    return bool(_FULL_STOP.search(text) or _NUMBERED.search(text))


def _repeats(text: str) -> Iterator[tuple[int, int, bool]]:
    """The spans of what is repeated, and whether it is long enough to be no coincidence."""
    lines = text.splitlines(keepends=True)
    bare = [line.strip() for line in lines]
    starts = [0, *accumulate(map(len, lines))]
    seen: dict[str, int] = {}
    at = 0
    while at < len(lines):
        line = bare[at]
        if len(line) >= LINE:
            period = at - seen.get(line, at)
            if 0 < period <= BLOCK and bare[at - period : at] == bare[at : at + period] and _is_chinese(line):
                size = starts[at] - starts[at - period]
                sure = sum(map(bool, bare[at - period : at])) == 1 or size >= 60
                sure = sure or (size >= 30 and "。" in text[starts[at] : starts[at + period]])
                yield *_without_break(text, starts[at], starts[at + period]), sure
                at += period
                continue
            unit = _unit(line)
            if unit and at and bare[at - 1] == unit:
                yield *_without_break(text, starts[at], starts[at + 1]), True
            elif unit:
                start = starts[at] + lines[at].index(line)
                # Writers say a short thing twice, too, or more often; but not in the title.
                title = not any(bare[:at]) and not _ANY_MARK.search(unit)
                if len(line) == 2 * len(unit) and (title or len(unit) >= 30):
                    yield start + len(unit), start + len(line), title
            seen[line] = at
        at += 1


def _unit(line: str) -> str | None:
    """What a line repeats from its beginning to its end, if it does."""
    length = line.find(line[:LINE], LINE)
    unit = line[:length]
    return unit if length > 0 and unit * (len(line) // length) == line and _is_chinese(unit) else None


def _is_chinese(line: str) -> bool:
    """Whether most of a line is Han characters, and not the same few."""
    return 2 * len(_ANY_HAN.findall(line)) >= len(line) and len(set(line)) >= LINE / 2


def _without_break(text: str, start: int, end: int) -> tuple[int, int]:
    """The span of lines to delete: at the end of a text without a last break, with the break before them."""
    return (start - 1, end) if end == len(text) and not text.endswith("\n") else (start, end)


def _marks(text: str) -> _Found:
    for sign, pattern in ((_SPACE_AT_MARK, _SPACED_MARK), (_MARK_AT_MARK, _DOUBLE_MARK)):
        found = list(pattern.finditer(text)) if sign.search(text) else []
        if len(found) < 2 or (pattern is _DOUBLE_MARK and _PAUSE.search(text)):
            continue
        share = len(found) / len(_ANY_MARK.findall(text))
        certain = share >= (SHARE if len(found) >= OFTEN else 2 * SHARE)
        if certain or share >= SHARE / 2:
            yield from ((m.start(), m.end(), "", certain) for m in found)


def _jammers(text: str) -> _Found:
    """Jammers stand at a line's beginning or end, beside Chinese text."""
    if not _JAMMED.search(text):
        return
    for match in _JAMMER.finditer(text):
        line_start = text.rfind("\n", 0, match.start()) + 1
        newline = text.find("\n", match.end())
        line_end = newline if newline >= 0 else len(text)
        edge = not text[line_start : match.start()].strip() or not text[match.end() : line_end].strip()
        if edge and len(_ANY_HAN.findall(text[line_start:line_end])) >= 8 and not _WORD.search(match[0]):
            yield match.start(), match.end(), "", True


_KINDS: Final = (
    ("jammer", _jammers),
    ("spread", _spread),
    ("wrap", _wraps),
    ("bold", _bold),
    ("doubled", _doubled),
    ("mark", _marks),
)

"""Layout damage: spread characters, hard wraps, fake bold, doubled lines and blocks, spaces before marks, jammers.

*Causes.* Designs spread a heading with spaces; PDF extraction keeps the ends of lines, as breaks or as spaces; printing
a character several times in one place looks bold and is extracted several times; templates repeat a block; editors put
a space before marks; forum software hides random strings against copying. Each inverse demands that the cause shows in
the document as a whole, and, where words are joined, that the text model agrees.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from tongbao.model import Edit, EditEvidence
from tongbao.repair.text_model import model
from tongbao.repair.verdict import NOTHING, Verdict

_HAN = "\u3400-\u9fff\uf900-\ufaff"
# In the text model's steps: what joining must gain, the most that the next character of a word costs, and the most that
# a character of joined text costs on average.
JOIN_GAIN, NEXT, PLAIN = 80, 48, 56

_SPREAD = re.compile(r"[^\s](?:[ \u3000]{1,4}[^\s]){5,}(?=[ \u3000]*$)", re.MULTILINE)
_GAP = re.compile(rf"(?<=[{_HAN}][{_HAN}])[ \u3000](?=[{_HAN}][{_HAN}，、。；：,])")
_WRAP = re.compile(rf"(?<=[{_HAN}，、,])\r?\n(?=[{_HAN}][{_HAN}，。、；：,])")
_BOLD = {n: re.compile(rf"(?:([^\s])\1{{{n - 1}}}){{{least},}}") for n, least in ((4, 3), (3, 4), (2, 7))}
_SPACED_MARK = re.compile(rf"(?<=[{_HAN}0-9)）”》])[ \u3000]{{1,2}}(?=[、，。；]|[,;](?=[{_HAN}]))")
_DOUBLE_MARK = re.compile(
    rf"(?<=[{_HAN}0-9)）”》])(?:，(?=[，。、；])|、(?=[、，。；])|；(?=；)|,(?=[,，。、；]))(?=.[{_HAN}“\n])"
)
_ANY_MARK = re.compile("[，、。；,;]+")
# Discuz! `jammer()`: five times or more a character of 32-59, a space, a character of 63-126.
_JAMMER = re.compile(r"[ \t]?(?:[ -;] [?-~]){5,} ?")
# So many odd marks, and so large a share of all marks, are a habit of the program that made the text, not a slip of its
# writer.
OFTEN, SHARE = 3, 0.2
# Lines that a page's width broke are not longer.
WIDEST = 80
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
    found = []
    for match in _SPREAD.finditer(text):
        start = match.start()
        if text[text.rfind("\n", 0, start) + 1 : start].strip():
            continue
        bullet = re.match(r"[#*>·•-]+[ \u3000]+", match[0])
        body = match[0][bullet.end() :] if bullet else match[0]
        joined = re.sub(r"[ \u3000]+", "", body)
        han = len(re.findall(f"[{_HAN}]", joined))
        if han >= 5 and 2 * han > len(joined):
            found.append((match.end() - len(body), match.end(), joined, model().cost(joined) / len(joined)))
    # A single short line may be a list of names.
    if len(found) == 1 and len(found[0][2]) < LINE:
        return
    # Where most such lines are plain text, the others are taken with them.
    plain = sum(cost <= PLAIN for *_, cost in found)
    limit = 1.5 * PLAIN if 2 * plain >= len(found) else PLAIN
    yield from ((start, end, joined, True) for start, end, joined, cost in found if cost <= limit)


def _gaps(text: str) -> _Found:
    """Spaces inside words, where lines ended, in text whose other words are not parted."""
    gaps = list(_GAP.finditer(text))
    found = [m for m in gaps if _joins(text, m.start(), m.end(), NEXT)]
    # A name behind a title looks joined, too, but the names behind it do not.
    certain = len(found) >= 2 and 5 * len(found) >= 4 * len(gaps)
    yield from ((m.start(), m.end(), "", certain) for m in found)


def _wraps(text: str) -> _Found:
    """Line ends inside sentences: within a word, or, where a document's lines break so all along, between words."""
    prose = []
    for match in _WRAP.finditer(text):
        line = text[text.rfind("\n", 0, match.start()) + 1 : match.start()]
        if 30 <= len(line) <= WIDEST and re.search("[，。,；、]", line[:-1]):
            prose.append((match, len(line)))
    inside = [m for m, _ in prose if _joins(text, m.start(), m.end(), NEXT)]
    widths = [width for _, width in prose]
    if len(inside) >= 3 and 3 * len(inside) >= len(prose) and max(widths) - min(widths) <= 6:
        inside = [m for m, _ in prose]
    # One line end of many may look so by chance; more of them, or a space inside a word, show the cause.
    certain = (len(inside) >= 2 and 4 * len(inside) >= len(prose)) or any(certain for *_, certain in _gaps(text))
    yield from ((m.start(), m.end(), "", certain) for m in inside)


def _joins(text: str, start: int, end: int, limit: int) -> bool:
    """Whether the text model reads what stands on both sides as one word, not as two lines."""
    left, right = text[max(0, start - 2) : start], text[end : end + 3]
    lm = model()
    if lm.after(left).cost(lm.place(right[0])) > limit:
        return False
    return lm.cost("\n" + right, left) - lm.cost(right, left) >= JOIN_GAIN


def _bold(text: str) -> _Found:
    for times, pattern in _BOLD.items():
        # What is printed four times is also printed twice.
        if times == 4 and not _BOLD[2].search(text):
            continue
        for match in pattern.finditer(text):
            once = match[0][::times]
            if 2 * len(re.findall(f"[{_HAN}]", once)) > len(once) and len(set(once)) > 2:
                yield match.start(), match.end(), once, True


def _doubled(text: str) -> _Found:
    """Lines and blocks that are at once repeated, if they are a good part of the text."""
    found = list(_repeats(text))
    certain = sum(end - start for start, end, _ in found) >= DOUBLED * len(text)
    yield from ((start, end, "", certain and sure) for start, end, sure in found)


def _repeats(text: str) -> Iterator[tuple[int, int, bool]]:
    """The spans of what is repeated, and whether it is long enough to be no coincidence."""
    lines = text.splitlines(keepends=True)
    starts = [0]
    for line in lines:
        starts.append(starts[-1] + len(line))
    seen: dict[str, int] = {}
    at = 0
    while at < len(lines):
        line = lines[at].strip()
        if len(line) < LINE or 2 * len(re.findall(f"[{_HAN}]", line)) < len(line):
            at += 1
            continue
        first = seen.get(line)
        period = at - first if first is not None else 0
        if 0 < period <= BLOCK and _same(lines, at - period, at, period):
            certain = period == 1 or starts[at] - starts[at - period] >= 60
            yield *_without_break(text, starts[at], starts[at + period]), certain
            at += period
            continue
        previous = lines[at - 1].strip() if at else ""
        if len(previous) >= LINE and len(line) > len(previous) and line == previous * (len(line) // len(previous)):
            yield *_without_break(text, starts[at], starts[at + 1]), True
        seen[line] = at
        at += 1


def _without_break(text: str, start: int, end: int) -> tuple[int, int]:
    """The span of lines to delete: at the end of a text without a last break, with the break before them."""
    return (start - 1, end) if end == len(text) and not text.endswith("\n") else (start, end)


def _same(lines: list[str], first: int, second: int, count: int) -> bool:
    return second + count <= len(lines) and all(
        lines[first + k].strip() == lines[second + k].strip() for k in range(count)
    )


def _marks(text: str) -> _Found:
    marks = len(_ANY_MARK.findall(text))
    for pattern in (_SPACED_MARK, _DOUBLE_MARK):
        found = list(pattern.finditer(text))
        certain = len(found) >= max(OFTEN, SHARE * marks)
        yield from ((m.start(), m.end(), "", certain) for m in found)


def _jammers(text: str) -> _Found:
    """Jammers stand at a line's beginning or end, beside Chinese text."""
    for match in _JAMMER.finditer(text):
        line_start = text.rfind("\n", 0, match.start()) + 1
        newline = text.find("\n", match.end())
        line_end = newline if newline >= 0 else len(text)
        edge = not text[line_start : match.start()].strip() or not text[match.end() : line_end].strip()
        line = text[line_start:line_end]
        if edge and len(re.findall(f"[{_HAN}]", line)) >= 8 and not re.search(r"[A-Za-z]{3}|\d{3}", match[0]):
            yield match.start(), match.end(), "", True


_KINDS: Final = (
    ("jammer", _jammers),
    ("spread", _spread),
    ("wrap", _gaps),
    ("wrap", _wraps),
    ("bold", _bold),
    ("doubled", _doubled),
    ("mark", _marks),
)

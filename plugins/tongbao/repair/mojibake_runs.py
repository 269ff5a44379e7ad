"""Runs of characters that may be mojibake: Latin letters as they stand in no language, or unlikely Han characters."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from tongbao.patterns import regex
from tongbao.repair import tables
from tongbao.repair.text_model import model

# In the text model's steps of an eighth of a nat: characters are strange where they cost more than this (9 nats) on
# average over a window of so many. A run goes on over so many others, and takes in so many at its ends: a character of
# the run may look usual by chance.
STRANGE, WINDOW, BRIDGE, MARGIN = 72, 5, 6, 2
# Characters not in daily use make a cluster where they stand as near each other; so much around it is looked at, too.
AROUND = 12
# A run of which a larger share is replacement characters is beyond repair.
MOST_GONE = 0.5

_HIGH = "\u0080-\u07ff€‚ƒ„…†‡ˆ‰Š‹Œ‘’“”•–—˜™š›œŸŽž"
_LATIN_TRIGGER = regex(rf"[\u00a1-\u00ff][{_HIGH}]|[{_HIGH}][\u00a1-\u00ff]")
# What Latin pages have no letters for is at most a single character, made of three bytes.
_WIDE = "[\u2e80-\ua4cf\uac00-\ud7af\uf900-\ufaff\uff00-\uffef]"
_LATIN = rf"(?:[^\x00-\x7f](?<!{_WIDE})|{_WIDE}(?!{_WIDE})(?<!{_WIDE}{_WIDE}))"
_LATIN_9_LETTER, _NO_CP1252 = regex("[ŒœŠšŽžŸ€]"), regex("[\x80\x82-\x8c\x8e\x91-\x9c\x9e\x9f]")
_CYRILLIC_TRIGGER = regex("[\u0400-\u04ff][†‡€‰•™¤¦§©¬®°±µ¶‚„‹›]|[†‡€‰•™¤¦§©¬®°±µ¶‚„‹›][\u0400-\u04ff]")
# So many signs beside Cyrillic letters are no writer's.
MANY_SIGNS = 4
_LATIN_RUN = regex(rf"{_LATIN}(?:[\x20-\x7e]{{0,3}}{_LATIN})*[@-~]?")
# Letters between such characters may be halves of others.
_DOUBLE_RUN = regex(r"[^\x00-\x7f](?:[\x21-\x7e]{0,3}[^\x00-\x7f])*(?:\?|[@-~])?")
_PLAIN_RUN = regex(r"[^\x00-\x7f]+[@-~]?")


@dataclass(frozen=True, slots=True)
class Run:
    """A part of a text: where it starts, and what it is."""

    start: int
    text: str


def latin_runs(text: str) -> list[Run]:
    """The runs above ASCII, if Latin letters stand in them as they do in no language."""
    if not _LATIN_TRIGGER.search(text):
        return []
    return [Run(m.start(), m[0]) for m in _LATIN_RUN.finditer(text)]


def latin_9_runs(text: str) -> list[Run]:
    """Those of letters that cp1252 has, too, in a text with control characters that cp1252 has none of."""
    return latin_runs(text) if _LATIN_9_LETTER.search(text) and _NO_CP1252.search(text) else []


def cyrillic_runs(text: str) -> list[Run]:
    """The runs above ASCII, if signs stand beside Cyrillic letters as they do in no language."""
    if len(_CYRILLIC_TRIGGER.findall(text)) < MANY_SIGNS:
        return []
    return [Run(m.start(), m[0]) for m in _LATIN_RUN.finditer(text)]


def double_runs(text: str) -> list[Run]:
    """The parts of a text above ASCII that are unlikely to be text, around characters not in daily use."""
    runs: list[Run] = []
    low = 0
    for start_at, end_at in _clusters(text):
        line, newline = text.rfind("\n", 0, start_at) + 1, text.find("\n", end_at)
        first = max(low, line, start_at - AROUND)
        behind = min(end_at + AROUND, newline if newline >= 0 else len(text))
        for match in _DOUBLE_RUN.finditer(text, first, behind):
            for start, end in _strange(match[0]):
                run = Run(match.start() + start, match[0][start:end])
                low = run.start + len(run.text)
                if _odd_places(run.text) and run.text.count("\ufffd") <= MOST_GONE * len(run.text):
                    runs.append(run)
    return runs


def _clusters(text: str) -> Iterator[tuple[int, int]]:
    """The spans of several characters not in daily use that stand near each other in a line."""
    first = last = -BRIDGE - 2  # too far from any
    for at in _odd_places(text):
        if at - last <= BRIDGE + 1 and "\n" not in text[last:at]:
            last = at
            continue
        if last > first:
            yield first, last + 1
        first = last = at
    if last > first:
        yield first, last + 1


def _odd_places(text: str) -> list[int]:
    """Where the characters stand that are not in daily use."""
    codes = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), np.uint32)
    places: list[int] = np.flatnonzero(_odd()[codes]).tolist()
    return places


@cache
def _odd() -> NDArray[np.bool_]:
    """Whether each code point is a character that is not in daily use."""
    table = np.ones(sys.maxunicode + 1, np.bool_)
    table[:0x2E80] = False
    table[[ord(c) for c in tables.common() | _MARKS]] = False
    return table


def between(text: str, runs: Sequence[Run]) -> list[Run]:
    """What is above ASCII between runs: too short to be strange, perhaps, or clean."""
    edges = [0, *(edge for run in runs for edge in (run.start, run.start + len(run.text))), len(text)]
    gaps = zip(edges[::2], edges[1::2], strict=True)
    return [Run(m.start(), m[0]) for start, end in gaps for m in _PLAIN_RUN.finditer(text, start, end)]


def bridged(text: str, runs: Sequence[Run]) -> list[Run]:
    """Runs that go on over the second bytes of Big5 that a reader left alone, as letters and signs, to the next run."""
    joined: list[Run] = []
    for run in runs:
        end = joined[-1].start + len(joined[-1].text) if joined else 0
        if joined and _LETTERS.fullmatch(text, end, run.start):
            joined[-1] = Run(joined[-1].start, text[joined[-1].start : run.start + len(run.text)])
        else:
            joined.append(run)
    return joined


# The most characters between two runs that are one.
_LETTERS = regex(r"\S{0,16}")


def _strange(text: str) -> list[tuple[int, int]]:
    """The spans in which characters above ASCII cost more than those of any text do."""
    places, costs, last = [], [0], "\n"
    for at, character in enumerate(text):
        if character >= "\x80":
            places.append(at)
            costs.append(costs[-1] + model().step(last, character))
        last = last[-1:] + character
    spans: list[tuple[int, int]] = []
    size = min(WINDOW, len(places))
    for at in range(len(places) - size + 1):
        if costs[at + size] - costs[at] < STRANGE * size:
            continue
        if spans and at <= spans[-1][1] + BRIDGE:
            spans[-1] = (spans[-1][0], at + size)
        else:
            spans.append((at, at + size))
    ends = [*places, len(text)]
    return [(ends[max(0, first - MARGIN)], ends[min(len(places), end + MARGIN)]) for first, end in spans]


_MARKS = frozenset("，。、；：！？“”‘’（）《》〈〉【】「」『』—…·～％　")

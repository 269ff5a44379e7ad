"""Measures that the subjects share."""

from __future__ import annotations

import contextlib
import io
import statistics
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from rapidfuzz.distance import Levenshtein

from tongbao.edits import invert
from tongbao.model import Edit, Repaired


@dataclass(frozen=True, slots=True)
class Table:
    """A table under a heading, with notes behind it. `name` is its place in the published page."""

    name: str
    head: Sequence[str]
    rows: Sequence[Sequence[object]]
    notes: Sequence[str] = ()

    def markdown(self) -> str:
        lines = [self.head, ["---"] * len(self.head), *self.rows]
        body = "\n".join("| " + " | ".join(map(_cell, line)) + " |" for line in lines)
        notes = "\n".join(f"- {note}" for note in self.notes)
        return f"{body}\n\n{notes}".rstrip()


def _cell(value: object) -> str:
    if isinstance(value, float):
        return f"{value:.3f}"
    return str(value).replace("|", "\\|").replace("\n", "⏎")


def tidy(text: str) -> str:
    """Line ends and outer white space do not count."""
    return text.replace("\r\n", "\n").replace("\r", "\n").strip()


def distance(a: str, b: str) -> int:
    """Levenshtein distance in characters."""
    return Levenshtein.distance(a, b)


@dataclass(slots=True)
class Restored:
    """Counts over texts: how many came back exactly, how many got worse, and edit distances before and after."""

    n: int = 0
    exact: int = 0
    worse: int = 0
    failed: int = 0
    characters: int = 0
    before: int = 0
    after: int = 0

    def add(self, raw: str, gold: str, got: str | None) -> None:
        """Count a text; `got` is None where the engine failed, which leaves the text as it was."""
        raw, gold, got, failed = tidy(raw), tidy(gold), tidy(raw if got is None else got), got is None
        before, after = distance(raw, gold), distance(got, gold)
        self.n += 1
        self.exact += got == gold
        self.worse += after > before
        self.failed += failed
        self.characters += len(gold)
        self.before += before
        self.after += after

    @property
    def rates(self) -> tuple[float, float]:
        """Character error rate before and after."""
        size = max(1, self.characters)
        return self.before / size, self.after / size


@dataclass(slots=True)
class Found:
    """True positives, false positives and false negatives of sets."""

    both: int = 0
    extra: int = 0
    missed: int = 0

    def add(self, gold: Iterable[str], got: Iterable[str]) -> None:
        gold, got = set(gold), set(got)
        self.both += len(gold & got)
        self.extra += len(got - gold)
        self.missed += len(gold - got)

    @property
    def scores(self) -> tuple[float, float, float]:
        """Precision, recall and F1."""
        precision = self.both / max(1, self.both + self.extra)
        recall = self.both / max(1, self.both + self.missed)
        return precision, recall, 2 * precision * recall / max(1e-9, precision + recall)


Span = tuple[int, int]


def differences(gold: str, got: str) -> list[tuple[Span, Span]]:
    """Where two texts differ: (span of `gold`, span of `got`), in order."""
    return [
        ((op.src_start, op.src_end), (op.dest_start, op.dest_end))
        for op in Levenshtein.opcodes(gold, got)
        if op.tag != "equal"
    ]


def touches(span: Span, other: Span) -> bool:
    """Whether two spans share a character, or an empty one stands inside the other."""
    return span[0] < other[1] and other[0] < span[1]


def results(repaired: Repaired) -> list[tuple[Edit, Span]]:
    """Each edit with the span of the repaired text that it made."""
    return [(edit, (i.start, i.end)) for edit, i in zip(repaired.edits, invert(repaired.edits), strict=True)]


def cpu(function: Callable[[str], object], text: str, rounds: int = 5) -> float:
    """Median CPU milliseconds of a call; the first call, which loads tables, does not count. NaN where it fails."""
    times = []
    for _ in range(rounds + 1):
        began = time.process_time()
        try:
            function(text)
        except Exception:  # A peer's failure is its result here; the tables of quality count it.
            return float("nan")
        times.append((time.process_time() - began) * 1000)
    return statistics.median(times[1:])


def share(part: int, whole: int) -> str:
    """A percentage with one decimal, rounded down so that 100.0 means all."""
    return f"{int(1000 * part / whole) / 10:.1f} %" if whole else "–"


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """Swallow what a peer prints when it is imported."""
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        yield

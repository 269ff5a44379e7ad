"""Steps of counts, for pictures that show a count by its colour."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass

STEPS = 5


@dataclass(frozen=True, slots=True)
class Scale:
    """`bounds` are the least counts of steps 1, 2 …; below the first lies step 0. `most` is the greatest count."""

    bounds: tuple[int, ...]
    most: int

    def step(self, count: int) -> int:
        """The step of a count, 0 for none."""
        return bisect_right(self.bounds, count)

    def legend(self) -> tuple[tuple[int, int, int], ...]:
        """(step, least count, greatest count) for each step but 0."""
        ends = (*(bound - 1 for bound in self.bounds[1:]), self.most)
        return tuple((step, low, high) for step, (low, high) in enumerate(zip(self.bounds, ends, strict=False), 1))


def scale(counts: Iterable[int]) -> Scale:
    """A scale for these counts, of which zeros need no step: at most five steps from the least to the greatest, each
    about so many times as great as the one below, with bounds that are easy to read (1, 2, 5, 10 …)."""
    some = [count for count in counts if count]
    least, most = min(some, default=0), max(some, default=0)
    bounds = [least] if some else []
    for step in range(1, STEPS if some else 0):
        bound = max(_round(least * (most / least) ** (step / STEPS)), bounds[-1] + 1)
        if bound <= most:
            bounds.append(bound)
    return Scale(tuple(bounds), most)


def _round(number: float) -> int:
    """The nearest of 1, 2, 5, 10, 20 …, by ratio."""
    low: int = 10 ** (len(str(int(number))) - 1)
    return min((low, low * 2, low * 5, low * 10), key=lambda each: max(each / number, number / each))

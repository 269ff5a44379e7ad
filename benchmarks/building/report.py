"""Tables of what builds cost, in Markdown: medians, ratios between programs measured in one run, growth with size."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import median

from searching.memory import Cost

OURS, HUGO, PELICAN = "Tongbao", "Hugo", "Pelican"
FULL, NOTHING, CHANGED, ADDED = "from nothing", "nothing changed", "one changed", "the newest one added"
AMID, REMOVED, TEMPLATE = "one added amid the dates", "one removed", "a template changed"
_LIMITED = 10_000
_GROWTH = 1.15


@dataclass(frozen=True, slots=True)
class Built:
    """What was measured of one size: {(program, step): its costs}, {program: (HTML files, their bytes)}."""

    count: int
    costs: Mapping[tuple[str, str], Sequence[Cost]]
    pages: Mapping[str, tuple[int, int]]

    def seconds(self, program: str, step: str) -> float | None:
        """The median wall clock of a step; None where it was not measured."""
        costs = self.costs.get((program, step))
        return median(cost.seconds for cost in costs) if costs else None

    def cpu(self, program: str, step: str) -> float | None:
        """The median CPU seconds of a step; None where it was not measured."""
        costs = self.costs.get((program, step))
        return median(cost.cpu for cost in costs) if costs else None

    def ratio(self, step: str, peer: str, other: str) -> float | None:
        """Our wall clock of a step over a peer's of another."""
        ours, theirs = self.seconds(OURS, step), self.seconds(peer, other)
        return ours / theirs if ours is not None and theirs else None

    def hugo(self, step: str) -> float | None:
        """Our wall clock of a step over Hugo's of the same, or of its build after one change."""
        return self.ratio(step, HUGO, step if (HUGO, step) in self.costs else CHANGED)

    def pelican(self, step: str) -> float | None:
        """Our wall clock of a step over that of stock Pelican, which builds everything each time."""
        return self.ratio(step, PELICAN, FULL)


def table(built: Built) -> str:
    """All that was measured of one size."""
    lines = [
        f"### {built.count:,} bulletins",
        "",
        "| | | runs | wall, s | of a full build | CPU, s | CPU a bulletin, ms | MB | wall / Hugo's | / Pelican's |",
        "| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |",
        *(_row(built, program, step) for program in built.pages for name, step in built.costs if name == program),
        "",
        "; ".join(f"{name}: {files:,} pages of {size / 1e6:.1f} MB" for name, (files, size) in built.pages.items())
        + ".",
    ]
    if limits := list(_limits(built)):
        lines += ["", "| | measured | limit | |", "| --- | --- | --- | --- |", *limits]
    return "\n".join(lines) + "\n"


def growth(sizes: Sequence[Built]) -> str:
    """How the CPU of a bulletin grows from size to size; empty for one size."""
    out = []
    for small, large in pairwise(sizes):
        for step in (FULL, TEMPLATE):
            before, after = small.cpu(OURS, step), large.cpu(OURS, step)
            if before and after:
                times = (after / large.count) / (before / small.count)
                met = "" if step != FULL else ", " + _met(times, _GROWTH)
                out.append(f"{step}, {small.count:,} to {large.count:,}: CPU a bulletin times {times:.2f}{met}\n")
    return "".join(out)


def _row(built: Built, program: str, step: str) -> str:
    costs = built.costs[program, step]
    seconds, cpu = built.seconds(program, step) or 0, built.cpu(program, step) or 0
    whole = built.seconds(program, FULL)
    ratios = (built.hugo(step), built.pelican(step)) if program == OURS else (None, None)
    cells = [
        program, step, str(len(costs)), f"{seconds:.2f}", f"{seconds / whole:.3f}" if whole else "", f"{cpu:.2f}",
        f"{cpu / built.count * 1e3:.1f}", f"{max(cost.peak for cost in costs):.0f}", *map(_number, ratios),
    ]  # fmt: skip
    return f"| {' | '.join(cells)} |"


def _limits(built: Built) -> Iterator[str]:
    """A row for each limit of docs/benchmarks.md that stands for this size."""
    if built.count != _LIMITED:
        return
    cpu = built.cpu(OURS, FULL)
    faster = built.ratio(TEMPLATE, PELICAN, FULL)
    rows: list[tuple[str, float | None, float]] = [
        ("nothing changed, s", built.seconds(OURS, NOTHING), 0.8),
        ("nothing changed / Hugo's", built.hugo(NOTHING), 0.1),
        ("one changed, s", built.seconds(OURS, CHANGED), 2),
        ("one changed / Hugo's", built.hugo(CHANGED), 0.25),
        ("one added, s", built.seconds(OURS, ADDED), 2),
        ("one added / Hugo's", built.hugo(ADDED), 0.25),
        ("one added amid the dates, s", built.seconds(OURS, AMID), 2),
        ("from nothing, CPU a bulletin, ms", cpu / built.count * 1e3 if cpu else None, 100),
        ("a template changed (all read, rendered, written) / stock Pelican's build", faster, 1 / 2.5),
    ]
    for name, measured, limit in rows:
        if measured is not None:
            yield f"| {name} | {_number(measured)} | ≤ {limit:g} | **{_met(measured, limit)}** |"


def _met(measured: float, limit: float) -> str:
    return "met" if measured <= limit else "missed"


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:.3f}" if value < 1 else f"{value:.2f}"

"""How far a build is: a bar with rate and time left on a terminal, now and then a line elsewhere."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import TypeVar

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, ProgressColumn, Task, TextColumn, TimeRemainingColumn
from rich.text import Text

Step = TypeVar("Step")

# Fewer steps than this are done before anyone has read a line.
_FEW = 200
_LINES = 10


class _Rate(ProgressColumn):
    def render(self, task: Task) -> Text:
        speed = task.finished_speed or task.speed
        return Text(f"{speed:.0f}/s" if speed else "", "progress.data.speed")


def watched(steps: Iterator[Step], total: int, name: str) -> Iterator[Step]:
    """The same steps; on standard error, how many of `total` have gone by."""
    if not total:
        yield from steps
    elif sys.stderr.isatty():
        columns = TextColumn(name), BarColumn(), MofNCompleteColumn(), _Rate(), TimeRemainingColumn()
        with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
            yield from bar.track(steps, total)
    else:
        for number, step in enumerate(steps, 1):
            yield step
            if total >= _FEW and number * _LINES // total > (number - 1) * _LINES // total:
                print(f"tongbao: {name}: {number} of {total}", file=sys.stderr, flush=True)

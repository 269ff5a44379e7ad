"""Work in units, on all cores: JOBS processes (one a core unless the environment says otherwise)."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from typing import TypeVar

JOBS = int(os.environ.get("JOBS") or os.cpu_count() or 1)

Unit = TypeVar("Unit")
Result = TypeVar("Result")


def spread(work: Callable[[Unit], Result], units: Iterable[Unit]) -> Iterator[Result]:
    """The result of each unit, in the order of the units, whichever process is done first.

    Units go to processes, so `work` is a function of a module that depends on nothing but its unit.
    """
    if JOBS == 1:
        yield from map(work, units)
        return
    with ProcessPoolExecutor(JOBS) as pool:
        yield from pool.map(work, units)

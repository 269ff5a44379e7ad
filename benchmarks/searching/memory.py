"""Run a program and note its wall clock, its CPU time and the most memory that it and its children took at once."""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

_EVERY = 0.05
BENCHMARKS = Path(__file__).parents[1]


@dataclass(frozen=True, slots=True)
class Cost:
    """Seconds of wall clock and of CPU; megabytes at the peak."""

    seconds: float
    cpu: float
    peak: float


def run(command: Sequence[str]) -> tuple[str, Cost]:
    """Its output and its cost. Ends the benchmark where the program fails."""
    paths = [str(BENCHMARKS), *filter(None, [os.environ.get("PYTHONPATH")])]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(paths)}
    before, clock = _cpu(resource.RUSAGE_CHILDREN), time.perf_counter()
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=sys.stderr, text=True) as process:
        ended, peaks = threading.Event(), [0.0]

        def watch() -> None:
            while not ended.is_set():
                peaks.append(_taken(process.pid))
                ended.wait(_EVERY)

        # Beside it, so that the clock stops when the program does.
        watcher = threading.Thread(target=watch)
        watcher.start()
        try:
            output, _ = process.communicate()
        finally:
            seconds = time.perf_counter() - clock
            ended.set()
            watcher.join()
    peak = max(peaks)
    if process.returncode:
        raise SystemExit(f"{' '.join(command)}: failed with {process.returncode}")
    if not peak:
        peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / (1e6 if sys.platform == "darwin" else 1e3)
    return output, Cost(seconds, _cpu(resource.RUSAGE_CHILDREN) - before, peak)


def own_cpu() -> float:
    """CPU seconds of this process and of those of its children that have ended."""
    return _cpu(resource.RUSAGE_SELF) + _cpu(resource.RUSAGE_CHILDREN)


def own_peak() -> float:
    """The most megabytes that this process took; 0 where the system does not say."""
    return _field("self", "status", "VmHWM")


def _cpu(who: int) -> float:
    used = resource.getrusage(who)
    return used.ru_utime + used.ru_stime


def _taken(pid: int) -> float:
    """What a process and its children take now, without the pages of files, which the system can drop at any time."""
    kinds = ("Pss_Anon", "Pss_Shmem")
    return sum(_field(str(member), "smaps_rollup", kind) for member in _family(pid) for kind in kinds)


def _family(pid: int) -> Iterator[int]:
    yield pid
    for children in Path(f"/proc/{pid}/task").glob("*/children"):
        try:
            own = children.read_text().split()
        except OSError:  # it has ended
            continue
        for child in own:
            yield from _family(int(child))


def _field(process: str, file: str, name: str) -> float:
    try:
        lines = Path(f"/proc/{process}/{file}").read_text().splitlines()
    except OSError:
        return 0.0
    return next((int(line.split()[1]) * 1.024 / 1e3 for line in lines if line.startswith(f"{name}:")), 0.0)

"""Work spread over processes: in order, whatever happens to a process."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from itertools import islice
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tongbao import archive, crew, pipeline
from tongbao.model import Received


@settings(max_examples=20, deadline=None)
@given(st.lists(st.integers(-1000, 1000), max_size=200), st.integers(1, 5))
def test_results_come_in_order(items: list[int], workers: int) -> None:
    assert list(crew.spread(lambda n: n * 2, items, int, workers)) == [n * 2 for n in items]


@pytest.mark.parametrize("deadly", [[0], [99], [7, 8], [40, 41, 42, 43, 44, 45, 46, 47, 48], range(100)])
@pytest.mark.parametrize("end", [lambda: os._exit(3), lambda: os.kill(os.getpid(), signal.SIGKILL)])
def test_who_dies_takes_nothing_else_along(deadly: list[int], end: Callable[[], None]) -> None:
    def work(number: int) -> tuple[int, str]:
        if number in deadly:
            end()
        return number, "done"

    expected = [(n, "lost" if n in deadly else "done") for n in range(100)]
    assert list(crew.spread(work, range(100), lambda n: (n, "lost"), 2)) == expected


def test_what_is_raised_is_raised_here() -> None:
    def work(number: int) -> int:
        if number == 30:
            raise LookupError("thirty")
        return number

    results = crew.spread(work, range(100), int)
    assert list(islice(results, 24)) == list(range(24))
    with pytest.raises(LookupError, match="thirty"):
        list(results)


def test_no_process_outlives_its_work() -> None:
    results = crew.spread(lambda n: (n, os.getpid()), range(100), lambda n: (n, 0))
    pids = {pid for _, pid in islice(results, 50)}
    results.close()  # type: ignore[attr-defined]
    assert os.getpid() not in pids
    for pid in pids:
        with pytest.raises(ProcessLookupError):
            os.kill(pid, 0)


def test_workers_end_with_whoever_forked_them(tmp_path: Path) -> None:
    script = f"""
import os, time
from pathlib import Path
from tongbao import crew
def work(n):
    Path({str(tmp_path)!r}, str(os.getpid())).touch()
    time.sleep(600)
list(crew.spread(work, range(20), int, 2))
"""
    parent = subprocess.Popen([sys.executable, "-c", script])
    while len(list(tmp_path.iterdir())) < 2:
        time.sleep(0.01)
    parent.kill()
    parent.wait()
    pids = [int(path.name) for path in tmp_path.iterdir()]
    for _ in range(500):
        if not any(is_running(pid) for pid in pids):
            break
        time.sleep(0.01)
    assert not any(is_running(pid) for pid in pids)


def is_running(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def test_a_text_that_kills_its_process_is_quarantined(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "bulletins").mkdir()
    for number in range(20):
        (tmp_path / f"bulletins/{number}.txt").write_text(f"关于第{number}号点位的通知\n\n请居民配合。\n", "utf-8")
    attempt = pipeline.attempt

    def deadly(received: Received, standard: pipeline.Standard) -> pipeline.Bulletin | pipeline.Quarantined:
        if received.source == "bulletins/7.txt":
            os.kill(os.getpid(), signal.SIGKILL)
        return attempt(received, standard)

    monkeypatch.setattr(pipeline, "attempt", deadly)
    corpus = archive.everything(tmp_path, tmp_path / "cache")
    assert [item.source for item in corpus.quarantined] == ["bulletins/7.txt"]
    assert "the process ended" in corpus.quarantined[0].fault
    assert len(corpus.bulletins) == 19
    monkeypatch.undo()
    assert len(archive.everything(tmp_path, tmp_path / "cache").bulletins) == 20


def test_ctrl_c_amid_a_fork_is_heard() -> None:
    armed = [True]
    os.register_at_fork(after_in_parent=lambda: armed and armed.pop() and signal.raise_signal(signal.SIGINT))
    with pytest.raises(KeyboardInterrupt):
        crew.aside(int)()

"""Spread work over all cores, in order. A worker that dies takes the item that killed it along, and no other."""

from __future__ import annotations

import ctypes
import gc
import multiprocessing
import os
import signal
import sys
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from multiprocessing.connection import Connection
from multiprocessing.util import Finalize
from typing import Any, TypeVar, cast

Item = TypeVar("Item")
Result = TypeVar("Result")

# Items that travel to a worker together: few, so that an interrupted build ends soon.
CHUNK = 8
# Chunks that wait for a worker, for each worker: results that come early wait in memory for those before them.
_AHEAD = 4

_PR_SET_PDEATHSIG = 1
# Of what a process does at its end: before it waits for its children.
_FIRST = 100

# The function of a worker, in its process.
_work: Callable[[Any], Any] | None = None


class LostError(Exception):
    """A process died of what can't be left out."""


def cores() -> int:
    """How many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def spread(
    work: Callable[[Item], Result],
    items: Sequence[Item],
    lost: Callable[[Item], Result],
    workers: int | None = None,
    chunk: int = CHUNK,
) -> Iterator[Result]:
    """Yield `work(item)` of each item, in their order, from `workers` processes (as many as there are cores).

    The processes are forked: what this one has loaded they have too, and `work` may be any function. What it changes
    stays in its process; items and results travel and must be picklable. What it raises is raised here.
    `lost(item)` stands in for the result of an item of which its process died. `chunk` items travel together.
    Where forked processes can't be had that end with this one (not on Linux), all is done in this one.
    """
    workers = min(workers or cores(), len(items))
    if not workers:
        return
    if sys.platform != "linux":
        yield from map(work, items)
        return
    waiting: deque[tuple[Sequence[Item], Future[list[Result]]]] = deque()
    chunks = iter([items[at : at + chunk] for at in range(0, len(items), chunk)])
    pool = _pool(work, workers)
    try:
        while True:
            while len(waiting) < workers * _AHEAD and (some := next(chunks, None)) is not None:
                waiting.append((some, _submit(pool, some)))
            if not waiting:
                return
            some, future = waiting.popleft()
            try:
                results = future.result()
            except BrokenProcessPool:
                pool.shutdown()
                results = list(_one_by_one(work, some, lost))
                pool = _pool(work, workers)
                waiting = deque((c, f if _is_done(f) else _submit(pool, c)) for c, f in waiting)
            yield from results
    finally:
        pool.shutdown(cancel_futures=True)


def aside(work: Callable[[], Result]) -> Callable[[], Result]:
    """Begin `work()` in a process of its own; the function that is returned waits for what it gives, or raises.

    It ends with this process, whether anybody waited for it or not.
    """
    if sys.platform != "linux":
        return work
    context = multiprocessing.get_context("fork")
    ours, theirs = context.Pipe(duplex=False)
    process = context.Process(target=_aside, args=(work, theirs, os.getpid()))
    with _uninterrupted():
        process.start()
    theirs.close()
    # Else this process would wait at its end for one that waits to be heard.
    ended = Finalize(None, process.kill, exitpriority=_FIRST)

    def wait() -> Result:
        try:
            result, error = ours.recv()
        except EOFError:
            raise LostError("a process of the build ended without a word; is there memory left?") from None
        finally:
            process.join()
            ours.close()
            ended.cancel()
        if error is not None:
            raise error
        return cast(Result, result)

    return wait


def _aside(work: Callable[[], Any], line: Connection, parent: int) -> None:
    _begin(lambda _: work(), parent, lambda: None)
    try:
        line.send((work(), None))
    except Exception as error:
        line.send((None, error))


class Standby:
    """A process that makes itself ready for work while this one does other things, for a few items that come later.

    Unlike in `spread`, work travels to it: `work` must be picklable. It ends with this process.
    """

    def __init__(self, ready: Callable[[], object]) -> None:
        self._pool = _pool(_none, 1, ready) if sys.platform == "linux" else None
        if self._pool is not None:
            with _uninterrupted():
                self._pool.submit(_none, None)  # so that there is a process
            (process,) = self._pool._processes.values()
            self._ended = Finalize(None, process.kill, exitpriority=_FIRST)

    def each(
        self, work: Callable[[Item], Result], items: Sequence[Item], lost: Callable[[Item], Result]
    ) -> Iterator[Result]:
        """Yield `work(item)` of each item. If the process dies, `spread` does the rest, and finds the deadly item."""
        for place, item in enumerate(items):
            if self._pool is None:
                yield work(item)
                continue
            try:
                result = self._pool.submit(work, item).result()
            except BrokenProcessPool:
                yield from spread(work, items[place:], lost)
                return
            yield result

    def close(self) -> None:
        """Let it go, as soon as it is ready."""
        if self._pool is not None:
            self._pool.shutdown()
            self._ended.cancel()


def _none(_: object) -> None:
    pass


def _pool(work: Callable[[Any], Any], workers: int, ready: Callable[[], object] = lambda: None) -> ProcessPoolExecutor:
    # Under fork the arguments of an initializer are inherited, not pickled.
    context = multiprocessing.get_context("fork")
    return ProcessPoolExecutor(workers, context, initializer=_begin, initargs=(work, os.getpid(), ready))


def _begin(work: Callable[[Any], Any], parent: int, ready: Callable[[], object]) -> None:
    global _work
    _work = work
    # A worker whose parent is killed would wait for ever, and hold the parent's locks meanwhile.
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:  # It was killed before this could be said.
        os._exit(1)
    # Its parent may do without a collector; here many items come and go, but what was there before stays.
    gc.freeze()
    gc.enable()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # The process that waits for the results ends the work.
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    ready()


@contextmanager
def _uninterrupted() -> Iterator[None]:
    """Let Ctrl-C wait: where it comes amid a fork, Python says so and goes on."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _submit(pool: ProcessPoolExecutor, chunk: Sequence[Any]) -> Future[list[Any]]:
    try:
        with _uninterrupted():
            return pool.submit(_done, chunk)
    except BrokenProcessPool as error:
        failed: Future[list[Any]] = Future()
        failed.set_exception(error)
        return failed


def _done(chunk: Sequence[Any]) -> list[Any]:
    assert _work is not None
    return [_work(item) for item in chunk]


def _is_done(future: Future[Any]) -> bool:
    return future.done() and not isinstance(future.exception(), BrokenProcessPool)


def _one_by_one(
    work: Callable[[Item], Result], items: Sequence[Item], lost: Callable[[Item], Result]
) -> Iterator[Result]:
    """Each item of a chunk of which one may be deadly in a process that does nothing else at the time."""
    pool = _pool(work, 1)
    try:
        for item in items:
            try:
                yield _submit(pool, [item]).result()[0]
            except BrokenProcessPool:
                pool.shutdown()
                yield lost(item)
                pool = _pool(work, 1)
    finally:
        pool.shutdown(cancel_futures=True)


@contextmanager
def frozen() -> Iterator[None]:
    """Leave the objects that exist now alone: a collector that touches them would copy them into each worker."""
    gc.freeze()
    try:
        yield
    finally:
        gc.unfreeze()

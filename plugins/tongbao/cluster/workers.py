"""Work on the workers of a Dask cluster: as results come, whatever happens to a worker."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from distributed import Client, KilledWorker, LocalCluster, as_completed
from distributed.client import FutureCancelledError
from distributed.comm.core import CommClosedError

from tongbao.cluster.filling import Item, Result, Spread
from tongbao.store import code_digest

# Partitions that are under way for each worker: one that it does, one that waits, and what travels.
_AHEAD = 3
# Seconds that a scheduler may take to answer, and its workers to be there.
_PATIENCE = 30.0


class ClusterError(Exception):
    """The cluster can't be used: names the scheduler or worker, the fault and the remedy."""


@contextmanager
def connected(scheduler: str | None = None, workers: int | None = None) -> Iterator[Client]:
    """A client of the scheduler at that address, or else of `workers` processes here (as many as there are cores).

    Raises ClusterError where no scheduler answers, no worker is there, or one runs other code.
    """
    logging.getLogger("distributed.client").setLevel(logging.CRITICAL)  # What goes wrong is said here, in one line.
    if scheduler is None:
        with (
            LocalCluster(
                n_workers=workers, threads_per_worker=1, dashboard_address="127.0.0.1:0", silence_logs=logging.CRITICAL
            ) as cluster,
            Client(cluster) as client,
        ):
            yield client
        return
    try:
        client = Client(scheduler, timeout=_PATIENCE)
    except (OSError, ValueError) as error:
        remedy = "start one (dask scheduler), or leave the address out to work on this machine"
        raise ClusterError(f"{scheduler}: no scheduler answers ({error}); {remedy}") from error
    with client:
        _look_at_workers(client, scheduler)
        yield client


def _look_at_workers(client: Client, scheduler: str) -> None:
    try:
        client.wait_for_workers(1, timeout=_PATIENCE)
    except TimeoutError as error:
        raise ClusterError(f"{scheduler}: it has no worker; start some: dask worker {scheduler}") from error
    for address, answer in client.run(code_digest, on_error="return").items():
        if isinstance(answer, BaseException):
            remedy = "install the same version of tongbao[cluster] there"
            raise ClusterError(f"worker {address}: it can't load tongbao ({answer}); {remedy}") from answer
        if answer != code_digest():
            raise ClusterError(_other_code(address))


def _other_code(worker: str) -> str:
    return f"worker {worker}: it runs other code or tables than this machine; install the same version and restart it"


def over(client: Client) -> Spread:
    """A `Spread` over the workers of `client`.

    A partition whose worker dies is done again by another one, by Dask. One that has seen several die is done last,
    text by text, with nothing else under way: the text that its worker dies of again and again is `lost`, alone.
    """

    def spread(
        work: Callable[[Item], Result], parts: Iterable[Sequence[Item]], lost: Callable[[Item], Result]
    ) -> Iterator[tuple[Sequence[Item], Sequence[Result]]]:
        doubtful = []
        for part, results in _under_way(client, work, parts):
            if results is None:
                doubtful.append(part)
            else:
                yield part, results
        for part in doubtful:
            alone = (next(_under_way(client, work, [[item]]))[1] or [lost(item)] for item in part)
            yield part, [result for [result] in alone]

    return spread


def _under_way(
    client: Client, work: Callable[[Item], Result], parts: Iterable[Sequence[Item]]
) -> Iterator[tuple[Sequence[Item], Sequence[Result] | None]]:
    """Each part with its results as they come, None for one that workers died of."""
    pending = iter(parts)
    running: dict[Any, Sequence[Item]] = {}
    done = as_completed()

    def submit() -> None:
        if (part := next(pending, None)) is not None:
            future = client.submit(_done, work, part, code_digest(), pure=False)
            running[future.key] = part
            done.add(future)

    for _ in range(_AHEAD * max(1, len(client.nthreads()))):
        submit()
    for future in done:
        part = running.pop(future.key)
        try:
            results: Sequence[Result] | None = future.result()
        except KilledWorker:
            results = None
        except (FutureCancelledError, CommClosedError) as error:
            remedy = "run this again: what is finished is kept"
            raise ClusterError(f"the scheduler is gone; {remedy}") from error
        yield part, results
        submit()


def _done(work: Callable[[Any], Any], part: Sequence[Any], digest: str) -> list[Any]:
    """In a worker, which may have come later: only the code that the client has makes the client's bulletins."""
    if code_digest() != digest:
        from distributed import get_worker

        raise ClusterError(_other_code(get_worker().address))
    return [work(item) for item in part]

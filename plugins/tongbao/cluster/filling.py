"""Fill the store of a build from a content folder, in partitions with checkpoints.

The store holds afterwards what `pipeline.run` on one machine would have put there, byte for byte; a build takes
everything from it.
"""

from __future__ import annotations

import pickle
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Protocol, TypeVar

from tongbao import pipeline, receive
from tongbao.archive import BATCH
from tongbao.cluster.partitions import Checkpoints, cut
from tongbao.model import Bulletin, Quarantined, Received, Standard
from tongbao.store import Store, code_digest, key, key_of_bytes

Item = TypeVar("Item")
Result = TypeVar("Result")
# What became of a text: its pickled bulletin, or why there is none.
Made = bytes | Quarantined
# Lets results go by, of which there will be so many.
Watch = Callable[[Iterator[Made], int], Iterator[Made]]

# Received bytes that are one task: some 100 bulletins, two seconds' work, 2 MB of results.
PARTITION_BYTES = 2**20
# Files whose bytes are in memory at once.
_BATCH = 1000


class Spread(Protocol):
    """Does `work` on the items of parts, and gives each part with its results, in any order of the parts.

    `lost(item)` stands in for the result of an item that its worker dies of.
    """

    def __call__(
        self, work: Callable[[Item], Result], parts: Iterable[Sequence[Item]], lost: Callable[[Item], Result], /
    ) -> Iterator[tuple[Sequence[Item], Sequence[Result]]]: ...


def here(
    work: Callable[[Item], Result], parts: Iterable[Sequence[Item]], lost: Callable[[Item], Result]
) -> Iterator[tuple[Sequence[Item], Sequence[Result]]]:
    """All in this process, one after the other."""
    return ((part, [work(item) for item in part]) for part in parts)


@dataclass(frozen=True, slots=True)
class Filled:
    """How many received texts there are, and how many of them were processed now, taken from checkpoints, or known."""

    received: int
    processed: int
    taken_over: int
    known: int
    quarantined: tuple[Quarantined, ...]
    warnings: tuple[str, ...]


def fill(
    content: Path,
    cache: Path,
    standard: Standard = Standard.TW,
    spread: Spread = here,
    partition_bytes: int = PARTITION_BYTES,
    watch: Watch = lambda steps, total: steps,
) -> Filled:
    """Put every text of `content` that the store in `cache` doesn't know into it.

    What workers finish is kept in checkpoints as it comes and put into the store at the end, in the order of keys.
    Ended at any moment and asked again, it does what is not finished. Raises ReceiveError where there is no content
    folder, OSError where the cache can't be written.
    """
    with Store(cache / "bulletins.sqlite") as store:
        store.sweep()
        received, refused = receive.settle(_received(content, store, spread, partition_bytes))
        known = store.keys()
        missing = {name: item for item in received if (name := key(item, standard)) not in known}
        checkpoints = Checkpoints(cache / "partitions", code_digest())
        todo = [(name, item) for name, item in missing.items() if name not in checkpoints]
        steps = _processed(todo, standard, spread, partition_bytes, checkpoints)
        failed = [result for result in watch(steps, len(todo)) if isinstance(result, Quarantined)]
        made = sorted(name for name in missing if name in checkpoints)
        bulletins = map(_unpacked, checkpoints.values(made))
        while batch := list(islice(bulletins, BATCH)):
            store.put(batch)
        checkpoints.drop()
    return Filled(
        received=len(received),
        processed=len(todo),
        taken_over=len(missing) - len(todo),
        known=len(received) - len(missing),
        quarantined=tuple(sorted((*refused, *failed), key=lambda item: item.source)),
        warnings=tuple(f"{item.source}: {warning}" for item in received for warning in item.warnings),
    )


def _processed(
    todo: Sequence[tuple[str, Received]], standard: Standard, spread: Spread, size: int, checkpoints: Checkpoints
) -> Iterator[Made]:
    parts = cut(todo, lambda named: named[1].size, size)
    for part, results in spread(partial(_make, standard), parts, _lost):
        checkpoints.keep({name: r for (name, _), r in zip(part, results, strict=True) if isinstance(r, bytes)})
        yield from results


def _make(standard: Standard, named: tuple[str, Received]) -> Made:
    """In a worker: pickled there, so that results pass through this process as they are."""
    result = pipeline.attempt(named[1], standard)
    return pickle.dumps(result, protocol=5) if isinstance(result, Bulletin) else result


def _lost(named: tuple[str, Received]) -> Made:
    return pipeline.lost(named[1].source)


def _unpacked(value: bytes) -> Bulletin:
    bulletin: Bulletin = pickle.loads(value)
    return bulletin


def _received(content: Path, store: Store, spread: Spread, size: int) -> Iterator[Received | Quarantined]:
    """The verdict on each file; those that the store does not know are decoded in partitions."""
    files = iter(receive.find(content))
    while batch := list(islice(files, _BATCH)):
        taken = [receive.take(each, content) for each in batch]
        raws = [each for each in taken if isinstance(each, receive.Raw)]
        decoded = _decoded(raws, store, spread, size)
        yield from (next(decoded) if isinstance(each, receive.Raw) else each for each in taken)


def _decoded(raws: Sequence[receive.Raw], store: Store, spread: Spread, size: int) -> Iterator[Received | Quarantined]:
    keys = [key_of_bytes(*raw) for raw in raws]
    known: dict[str, Received | Quarantined] = {k: r for k in keys if (r := store.get_received(k))}
    todo = [(name, raw) for name, raw in zip(keys, raws, strict=True) if name not in known]
    fresh: dict[str, Received | Quarantined] = {}
    for part, results in spread(_decode, cut(todo, lambda named: len(named[1].data), size), _undecoded):
        fresh |= {name: result for (name, _), result in zip(part, results, strict=True)}
    store.put_received({name: result for name in sorted(fresh) if isinstance(result := fresh[name], Received)})
    return (known.get(name) or fresh[name] for name in keys)


def _decode(named: tuple[str, receive.Raw]) -> Received | Quarantined:
    return receive.receive_bytes(*named[1])


def _undecoded(named: tuple[str, receive.Raw]) -> Received | Quarantined:
    return pipeline.lost(named[1].source)

"""An archive: the bulletins of a content folder, kept in a store, with a brief of each at hand.

What `pipeline.run` works out of a whole folder at once, this works out of what has changed since the last time. A
file is read where its stamp has changed, a text processed where the store has no bulletin under its key, a passage
looked for where the text or the passage is new. A bulletin is in the store, and loaded when it is asked for.

What is remembered from one time to the next (`Memory`) only saves work: without it the result is the same.
"""

from __future__ import annotations

import gc
import hashlib
import os
import pickle
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any, Generic, NamedTuple, TypeVar

from tongbao import crew, pipeline, receive, store
from tongbao.model import Bulletin, Quarantined, Received, Repaired, Standard
from tongbao.repair import parallel
from tongbao.store import Store

Brief = TypeVar("Brief")
Step = TypeVar("Step")
Item = TypeVar("Item")
Result = TypeVar("Result")
# Lets steps go by, of which there will be so many.
Watch = Callable[[Iterator[Step], int], Iterator[Step]]

# The store's file in the cache.
STORE = "bulletins.sqlite"
# Bulletins are kept in the store in batches: a killed build loses at most this many.
BATCH = 64
# A file that was changed so shortly before it was read, in nanoseconds, may change again within one tick of the file
# system's clock, and keep its stamp.
TICK = 50_000_000
_FIELDS = tuple(each.name for each in fields(Received))
# So few texts are not worth a process.
_FEW = 16
# So few are not worth more processes than the one that stands by.
_STANDBY = 4


class ArchiveError(Exception):
    """The store does not hold what it held when the archive was opened: which file, and what to do."""


@dataclass(frozen=True, slots=True)
class Holding(Generic[Brief]):
    """A bulletin of the archive: its key in the store, what was received without its text, and its brief."""

    key: str
    received: Received
    brief: Brief


@dataclass(frozen=True, slots=True)
class Archive(Generic[Brief]):
    """Holdings in id order, inputs that can't be published in path order. `load` gives the bulletin under a key of the
    store, also in forked processes. `close` waits until all is noted for the next time."""

    holdings: tuple[Holding[Brief], ...]
    quarantined: tuple[Quarantined, ...]
    warnings: tuple[str, ...]
    load: Callable[[str], Bulletin]
    close: Callable[[], None]


class _File(NamedTuple):
    """A file as it was read: its stamp, the key of what was decoded, that of its bulletin, and what was received
    without its text."""

    stamp: receive.Stamp
    raw: str
    key: str
    received: Received


class _Note(NamedTuple):
    """What is remembered of a bulletin: its brief, and what is in doubt in its text."""

    brief: object
    gaps: tuple[parallel.Gap, ...]


@dataclass(slots=True)
class Memory:
    """What one time knows of the time before. By path: files. By key of a bulletin by itself: notes; what it has for
    the gaps that were looked for (`sought`); a digest of what copies told it, and its key with their help."""

    files: dict[str, _File] = field(default_factory=dict)
    notes: dict[str, _Note] = field(default_factory=dict)
    sought: frozenset[parallel.Key] = frozenset()
    found: dict[str, list[parallel.Found]] = field(default_factory=dict)
    settled: dict[str, tuple[str, str | None]] = field(default_factory=dict)


class _Job(NamedTuple):
    """A text to process: the key of its bulletin, what was received, the key of what was decoded, and its file."""

    key: str
    received: Received
    raw: str
    file: receive.Found


class _Made(NamedTuple):
    """A bulletin, packed, unless the store has it; its text for the search for copies; its note."""

    key: str
    packed: bytes | None
    text: str
    note: _Note


class _Gaps(NamedTuple):
    """A bulletin whose gaps copies know something of."""

    key: str
    gaps: tuple[parallel.Gap, ...]
    agreed: tuple[parallel.Agreed | None, ...]


def open_archive(
    content: Path,
    cache: Path,
    brief: Callable[[Bulletin], Brief],
    standard: Standard = Standard.TW,
    watch: Watch[_Made | Quarantined] = lambda steps, total: steps,
    standby: crew.Standby | None = None,
) -> Archive[Brief]:
    """The archive of a content folder, brought up to date; `brief` gives what is to be at hand of a bulletin.

    A few texts are processed by `standby`, if there is one; then `brief` must be picklable.

    The work is spread over all cores; `watch` sees the results go by, and is told how many there will be. A text that a
    stage fails on, or a process dies of, is quarantined with the fault, and the others go on. Raises
    receive.ReceiveError where there is no such folder.
    """
    path = cache / STORE
    remembered = cache / "memory" / f"{_digest(str(content.resolve()), standard.value)[:16]}.pickle"
    with Store(path) as kept:
        kept.sweep()
        clock = _clock(cache)
        memory = _recall(remembered)
        work = _Work(content, path, brief, standard, standby)
        found = receive.find(content)
        verdicts, files = _receive(found, memory, kept, work)
        received, quarantined = receive.settle(verdicts)
        jobs = _jobs(found, files, received, standard)
        notes, failed = _process(jobs, memory, kept, work, watch)
        alone = [job for job in jobs if job.key in notes]
        memory = Memory(
            {source: file for source, file in files.items() if max(file.stamp[3::4], default=clock) < clock - TICK},
            notes,
            *_copies(alone, notes, memory, kept, work),
        )
        done = crew.aside(lambda: _remember(remembered, memory))  # which takes longer than the rest
        holdings = []
        for job in alone:
            key = memory.settled.get(job.key, ("", None))[1] or job.key
            holdings.append(Holding(key, job.received, notes[key].brief))
        kept.bound([*notes, *(file.raw for file in files.values())])
    return Archive(
        tuple(holdings),  # type: ignore[arg-type]
        tuple(sorted((*quarantined, *failed), key=lambda q: q.source)),
        tuple(f"{item.source}: {warning}" for item in received for warning in item.warnings),
        work.load,
        done,
    )


def everything(content: Path, cache: Path, standard: Standard = Standard.TW) -> pipeline.Corpus:
    """The same as `pipeline.run` gives, by way of the store: all bulletins in memory."""
    archive = open_archive(content, cache, lambda bulletin: None, standard)
    archive.close()
    bulletins = tuple(archive.load(holding.key) for holding in archive.holdings)
    return pipeline.Corpus(bulletins, archive.quarantined, archive.warnings)


class _Work:
    """What processes do for the archive; each has its own connection to the store."""

    def __init__(
        self,
        content: Path,
        path: Path,
        brief: Callable[[Bulletin], object],
        standard: Standard,
        standby: crew.Standby | None,
    ) -> None:
        self._content, self._path, self._brief, self.standard, self._standby = content, path, brief, standard, standby
        self._stores: list[tuple[int, Store]] = []

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "_standby": None, "_stores": []}

    def spread(
        self, work: Callable[[Item], Result], items: Sequence[Item], lost: Callable[[Item], Result]
    ) -> Iterator[Result]:
        """`crew.spread`, or the process that stands by for a few items."""
        if self._standby is not None and len(items) <= _STANDBY:
            return self._standby.each(work, items, lost)
        return crew.spread(work, items, lost)

    @property
    def _store(self) -> Store:
        # A connection that a process was forked with is left alone, not closed: it is its parent's.
        if not self._stores or self._stores[-1][0] != os.getpid():
            self._stores.append((os.getpid(), Store(self._path)))
        return self._stores[-1][1]

    def load(self, key: str) -> Bulletin:
        bulletin = self._store.load(key)
        if bulletin is None:
            raise ArchiveError(f"{self._path}: a bulletin has gone from it while the site was built; build again")
        return bulletin

    def receive(self, found: receive.Found) -> tuple[str, Received, bytes | None] | Quarantined:
        """The key of a decoded text, what is known of it, and all of it, packed, unless the store has it."""
        raw = receive.take(found, self._content)
        if isinstance(raw, Quarantined):
            return raw
        key = store.key_of_bytes(*raw)
        known = self._store.get_received(key)
        made = known or receive.receive_bytes(*raw)
        return made if isinstance(made, Quarantined) else (key, _light(made), None if known else store.pack(made))

    def process(self, job: _Job) -> _Made | Quarantined:
        known = self._store.load(job.key)
        if known is not None:
            return self._made(job.key, known, None)
        whole = self._store.get_received(job.raw)
        if whole is None:
            raw = receive.take(job.file, self._content)
            read = receive.receive_bytes(*raw) if isinstance(raw, receive.Raw) else raw
            if isinstance(read, Quarantined) or _decoded(read) != _decoded(job.received):
                fault = "the file changed while it was read"
                return Quarantined(job.received.source, fault, "build again")
            whole = read
        made = pipeline.attempt(replace(job.received, text=whole.text), self.standard)
        return made if isinstance(made, Quarantined) else self._made(job.key, made, store.pack(made))

    def settle(self, item: _Gaps) -> _Made | None:
        """The bulletin with the help of copies; None where they settle nothing."""
        alone = self.load(item.key)
        repaired = parallel.settle(alone.repaired, item.gaps, item.agreed)
        if repaired is None:
            return None
        helped = pipeline.with_copies(alone, repaired)
        key = store.key_with_copies(item.key, helped.repaired)
        return None if helped is alone else self._made(key, helped, store.pack(helped))

    def repaired(self, key: str) -> Repaired:
        return self.load(key).repaired

    def text(self, key: str) -> str:
        """A text as copies are looked for in it."""
        known = self._store.text(key)
        return parallel.searched(self.repaired(key).text) if known is None else known

    def _made(self, key: str, bulletin: Bulletin, packed: bytes | None) -> _Made:
        note = _Note(self._brief(bulletin), parallel.gaps(bulletin.repaired))
        return _Made(key, packed, parallel.searched(bulletin.repaired.text), note)


# --- the steps -------------------------------------------------------------------------------------------------------


def _receive(
    found: Sequence[receive.Found], memory: Memory, kept: Store, work: _Work
) -> tuple[list[Received | Quarantined], dict[str, _File]]:
    """The verdict on each file, without the texts, and the files as they are now."""
    verdicts: dict[str, Received | Quarantined] = {}
    files: dict[str, _File] = {}
    todo = []
    standard = work.standard
    for each in found:
        file = memory.files.get(each.source)
        if file and each.stamp and file.stamp == each.stamp:
            files[each.source] = file
            verdicts[each.source] = file.received
        else:
            todo.append(each)
    fresh: dict[str, bytes] = {}
    for each, result in zip(
        todo, work.spread(work.receive, todo, lambda each: pipeline.lost(each.source)), strict=True
    ):
        if isinstance(result, Quarantined):
            verdicts[each.source] = result
            continue
        raw, received, packed = result
        verdicts[each.source] = received
        files[each.source] = _File(each.stamp, raw, store.key(received, standard), received)
        if packed:
            fresh[raw] = packed
        if len(fresh) == BATCH:
            kept.put_packed(received=fresh)
            fresh = {}
    kept.put_packed(received=fresh)
    return [verdicts[each.source] for each in found], files


def _jobs(
    found: Sequence[receive.Found], files: Mapping[str, _File], received: Sequence[Received], standard: Standard
) -> list[_Job]:
    """What there is to process, or has been."""
    by_source = {each.source: each for each in found}
    merged: dict[tuple[object, ...], str] = {}
    jobs = []
    for each in received:
        file = files[each.source]
        if each is file.received:
            jobs.append(_Job(file.key, each, file.raw, by_source[each.source]))
            continue
        # The same bytes at several paths: the text may be that of another one.
        merged = merged or {_decoded(other.received): source for source, other in files.items()}
        source = merged[_decoded(each)]
        jobs.append(_Job(store.key(each, standard), each, files[source].raw, by_source[source]))
    return jobs


def _process(
    jobs: Sequence[_Job], memory: Memory, kept: Store, work: _Work, watch: Watch[_Made | Quarantined]
) -> tuple[dict[str, _Note], list[Quarantined]]:
    """The note of each bulletin, and the texts that fail."""
    stored = kept.keys()
    notes = {job.key: note for job in jobs if (note := memory.notes.get(job.key)) and job.key in stored}
    todo = [job for job in jobs if job.key not in notes]
    failed: list[Quarantined] = []

    def results() -> Iterator[_Made]:
        with crew.frozen():
            made = work.spread(work.process, todo, lambda job: pipeline.lost(job.received.source))
            for each in watch(made, len(todo)):
                if isinstance(each, Quarantined):
                    failed.append(each)
                else:
                    yield each

    _keep(results(), notes, kept.put_packed)
    return notes, failed


def _copies(
    jobs: Sequence[_Job], notes: dict[str, _Note], memory: Memory, kept: Store, work: _Work
) -> tuple[frozenset[parallel.Key], dict[str, list[parallel.Found]], dict[str, tuple[str, str | None]]]:
    """What copies have for the gaps, and the bulletins that they help; the notes of these are added to `notes`."""
    names = {job.key: job.received.id for job in jobs}
    wanted = frozenset(gap.key for key in names for gap in notes[key].gaps)
    found = _search(names, wanted, memory, work)
    known = parallel.readings(found[key] for key in sorted(names, key=names.__getitem__))
    settled: dict[str, tuple[str, str | None]] = {}
    stored = kept.keys("settled")
    todo = []
    for key, name in names.items():
        gaps = notes[key].gaps
        agreed = tuple(parallel.agreed(known.get(gap.key, {}), name) for gap in gaps)
        if not any(agreed):
            continue
        told = _digest(agreed)
        before, helped = memory.settled.get(key, ("", None))
        if before == told and (helped is None or (helped in memory.notes and helped in stored)):
            settled[key] = told, helped
            notes.update({helped: memory.notes[helped]} if helped else {})
        else:
            settled[key] = told, None
            todo.append(_Gaps(key, gaps, agreed))

    def results() -> Iterator[_Made]:
        with crew.frozen():
            # A text that a process dies of with the copies' help stays as it is without, as `with_copies` has it.
            for item, made in zip(todo, work.spread(work.settle, todo, lambda _: None), strict=True):
                if made is not None:
                    settled[item.key] = settled[item.key][0], made.key
                    yield made

    _keep(results(), notes, lambda packed, _: kept.put_packed(settled=packed))
    return wanted, found, settled


def _search(
    names: Mapping[str, str], wanted: frozenset[parallel.Key], memory: Memory, work: _Work
) -> dict[str, list[parallel.Found]]:
    """What each text has for the gaps: what is known of it, and what is looked for because it or the gap is new."""
    fresh = wanted - memory.sought
    finders = parallel.Finder(wanted), parallel.Finder(fresh)
    found = {
        key: [each for each in memory.found[key] if each[0] in wanted] if key in memory.found else [] for key in names
    }
    todo = [key for key in names if key not in memory.found or fresh] if wanted else []

    def look(key: str) -> list[parallel.Found]:
        finder = finders[key in memory.found]
        return finder(names[key], work.text(key), lambda: work.repaired(key))

    def lost(key: str) -> list[parallel.Found]:
        raise crew.LostError(f"the process that looked for copies in the bulletin {names[key]} ended without a word")

    with crew.frozen():
        looked = map(look, todo) if len(todo) <= _FEW else crew.spread(look, todo, lost)
        for key, more in zip(todo, looked, strict=True):
            found[key] += more
    return found


def _keep(
    results: Iterable[_Made], notes: dict[str, _Note], put: Callable[[dict[str, bytes], dict[str, str]], None]
) -> None:
    """`put` what was made and its texts into the store, batch by batch, and its notes to the others."""
    packed: dict[str, bytes] = {}
    texts: dict[str, str] = {}
    for made in results:
        notes[made.key] = made.note
        if made.packed is not None:
            packed[made.key], texts[made.key] = made.packed, made.text
        if len(packed) == BATCH:
            put(packed, texts)
            packed, texts = {}, {}
    put(packed, texts)


# --- values ----------------------------------------------------------------------------------------------------------


def _light(received: Received) -> Received:
    return replace(received, text="")


def _decoded(received: Received) -> tuple[object, ...]:
    """What decides the text that was decoded; files with the same bytes may differ in it."""
    return received.sha256, received.encoding, received.html, received.sidecar


def _digest(*parts: object) -> str:
    return hashlib.sha256("\0".join(map(repr, parts)).encode("utf-8", "surrogatepass")).hexdigest()


# --- memory ----------------------------------------------------------------------------------------------------------


def _clock(cache: Path) -> int:
    """What time it is for the file system, in nanoseconds: stamps are compared with it, nothing else."""
    probe = cache / "clock"
    probe.touch()
    return probe.stat().st_mtime_ns


def _recall(path: Path) -> Memory:
    """The memory in a file; an empty one where there is none of this code's, or it can't be read."""
    collecting = gc.isenabled()
    try:
        whole = path.read_bytes()
        end = whole.index(b"\n")
        data = memoryview(whole)[end + 1 :]
        if whole[:end] != _head(data):
            return Memory()
        gc.disable()  # It would look at each new object again and again.
        memory, files = pickle.loads(data)
        memory.files = {
            name: _File(stamp, raw, key, Received(*values)) for name, (stamp, raw, key, values) in files.items()
        }
    except (OSError, ValueError, EOFError, AttributeError, ImportError, IndexError, TypeError, pickle.PickleError):
        return Memory()
    finally:
        if collecting:
            gc.enable()
    return memory if isinstance(memory, Memory) else Memory()


def _remember(path: Path, memory: Memory) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    pending = path.with_suffix(f".{os.getpid()}")
    # As tuples: objects of many slots take ten times as long.
    files = {
        name: (stamp, raw, key, tuple([getattr(received, each) for each in _FIELDS]))
        for name, (stamp, raw, key, received) in memory.files.items()
    }
    data = pickle.dumps((replace(memory, files={}), files), protocol=5)
    with pending.open("wb") as file:
        file.writelines((_head(data), b"\n", data))
    pending.replace(path)


def _head(data: bytes | memoryview) -> bytes:
    """What stands before a memory: whose it is, and that it is whole."""
    return f"{store.code_digest()} {zlib.crc32(data)}".encode()

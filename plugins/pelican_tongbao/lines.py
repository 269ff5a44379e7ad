"""`data/bulletins.jsonl`: the records of all bulletins, put together from the lines of the old file and new ones."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import BinaryIO

from pelican_tongbao import keys
from pelican_tongbao.publish import Stage
from tongbao import crew, store
from tongbao.archive import Archive, Holding
from tongbao.export import records
from tongbao.export.brief import Brief

LINES = "data/bulletins.jsonl"
# So few records are not worth a process.
_FEW = 4
# Bytes that are copied at once.
_PIECE = 1 << 24

# By key of a bulletin: where its line begins, and its size.
Places = Mapping[str, tuple[int, int]]


def begin(archive: Archive[Brief], stage: Stage) -> Callable[[], None]:
    """Write the records of all bulletins beside what follows; lines of the old file are taken over where their
    bulletin is the same. What is returned waits for it."""
    holdings = archive.holdings
    made_by = store.code_digest()
    key = keys.digest(made_by, [holding.key for holding in holdings])
    known: Places = {}
    if (before := stage.before.get(LINES)) and before[0] == made_by:
        known = before[1]
    if stage.keep(LINES, key):
        stage.notes[LINES] = made_by, known
        return lambda: None
    written = crew.aside(partial(_write, archive, stage, known if stage.has(LINES) else {}))

    def wait() -> None:
        stage.notes[LINES] = made_by, written()
        stage.wrote(LINES, key)

    return wait


def _write(archive: Archive[Brief], stage: Stage, known: Places) -> dict[str, tuple[int, int]]:
    """Write the file anew. By key of a bulletin: where its line begins, and its size; `known` are those of the old
    file."""
    holdings, load = archive.holdings, archive.load
    todo = [holding for holding in holdings if holding.key not in known]

    def line(holding: Holding[Brief]) -> bytes:
        return next(records.lines([load(holding.key)])).encode()

    def lost(holding: Holding[Brief]) -> bytes:
        raise crew.LostError(f"the process that wrote the record of {holding.received.source} ended without a word")

    made = map(line, todo) if len(todo) <= _FEW else crew.spread(line, todo, lost)
    old = stage.folder / LINES
    pending = stage.folder / f"{LINES}.part"
    pending.parent.mkdir(parents=True, exist_ok=True)
    places_of: dict[str, tuple[int, int]] = {}
    with pending.open("wb") as new, old.open("rb") if known else pending.open("rb") as source:
        at = 0
        for run in _runs([holding.key for holding in holdings], known):
            begin, end = known.get(run[0], (0, 0))[0], sum(known.get(run[-1], (0, 0)))
            if end:
                new.flush()
                _copy(source, new, begin, end)
            for name in run:
                size = known[name][1] if end else new.write(next(made))
                places_of[name] = at, size
                at += size
    for _ in made:  # It ends with its last result.
        pass
    pending.replace(old)
    return places_of


def _runs(names: Sequence[str], known: Places) -> Iterator[list[str]]:
    """Names in order, parted into runs that stand one behind the other in the old file, and runs of new ones."""
    run: list[str] = []
    end = -1
    for name in names:
        begin, size = known.get(name, (-2, 0))
        if begin != end and run:
            yield run
            run = []
        run.append(name)
        end = begin + size
    if run:
        yield run


def _copy(source: BinaryIO, target: BinaryIO, begin: int, end: int) -> None:
    """Append bytes of one file to another, which has nothing left to flush."""
    try:
        while begin < end:
            begin += os.sendfile(target.fileno(), source.fileno(), begin, end - begin)
    except OSError:  # Not between files of this system.
        source.seek(begin)
        for piece in range(begin, end, _PIECE):
            target.write(source.read(min(_PIECE, end - piece)))
    target.seek(0, os.SEEK_END)

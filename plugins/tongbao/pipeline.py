"""The way of a bulletin: the one room that knows all stages."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path

from tongbao import crew, dates, genre, places, reading, receive, repair, script
from tongbao.edits import OffsetMap
from tongbao.model import (
    Ambiguity,
    Bulletin,
    DateTag,
    DateTags,
    Document,
    Evidence,
    Quarantined,
    Received,
    RegionTags,
    Repaired,
    Role,
    Standard,
)
from tongbao.repair import budget, parallel
from tongbao.store import Store, key_of_bytes

Mapper = Callable[[Sequence[Evidence]], tuple[Evidence, ...]]
# Lets results go by, of which there will be so many.
Watch = Callable[[Iterator[Bulletin | Quarantined], int], Iterator[Bulletin | Quarantined]]

# Bulletins are kept in the store in batches: a killed build loses at most this many.
BATCH = 64


@dataclass(frozen=True, slots=True)
class Corpus:
    """All of a content folder: bulletins in id order, and the inputs that can't be published, in path order.

    `alone` are the bulletins as each text gives them by itself, before copies were compared.
    """

    bulletins: tuple[Bulletin, ...]
    quarantined: tuple[Quarantined, ...]
    warnings: tuple[str, ...] = ()
    alone: tuple[Bulletin, ...] = ()


def process(received: Received, standard: Standard = Standard.TW) -> Bulletin:
    """Take one received text through every stage. Pure: the same value in, the same value out.

    `standard` says whose forms its Traditional takes.
    """
    return _read(received, budget.mark(repair.repair(received.text)), standard)


def _read(received: Received, repaired: Repaired, standard: Standard) -> Bulletin:
    """The stages after repair."""
    scripts = script.convert(repaired.text, standard)
    structure = reading.read(repaired.text, scripts.hans, received.html)
    document = Document(repaired.text, script.fold(repaired.text), structure, received.sidecar, received.html)
    regions = places.tag(document)
    about = [code for tag in regions.tags if tag.role is Role.PRIMARY for code in places.lineage(tag.code)]
    found = dates.tag(document, tuple(dict.fromkeys(about)))
    regions = places.as_of(regions, found.published)
    kind = genre.classify(document)
    to_received = _evidence_mapper(received.text, OffsetMap(repaired.edits))
    return Bulletin(
        received=received,
        repaired=repaired,
        scripts=scripts,
        reading=structure,
        regions=RegionTags(
            tuple(replace(t, evidence=to_received(t.evidence)) for t in regions.tags),
            tuple(Ambiguity(a.candidates, to_received(a.evidence)) for a in regions.ambiguous),
            tuple(replace(p, evidence=to_received(p.evidence)) for p in regions.others),
        ),
        dates=DateTags(
            found.published and _date(found.published, to_received),
            tuple(_date(tag, to_received) for tag in found.events),
        ),
        genre=replace(kind, evidence={name: to_received(spans) for name, spans in kind.evidence.items()}),
    )


def _date(tag: DateTag, to_received: Mapper) -> DateTag:
    return replace(tag, evidence=to_received(tag.evidence))


def _evidence_mapper(text: str, offsets: OffsetMap) -> Mapper:
    """Carry evidence from repaired to received coordinates; evidence from outside the text stays as it is."""

    def carry(evidence: Evidence) -> Evidence:
        if evidence.where != "text":
            return evidence
        start, end = offsets.to_source(evidence.start, evidence.end)
        return Evidence(start, end, text[start:end])

    return lambda spans: tuple(map(carry, spans))


def compare(bulletins: Sequence[Bulletin]) -> tuple[Bulletin, ...]:
    """The bulletins, with what copies of their passages among them settle taken into their texts. Pure.

    It takes and gives what stands in the texts by themselves, so it is to be asked once, over all bulletins together.
    Where a stage fails on the text with the copies' help, the bulletin stays as it is without.
    """
    settled = parallel.confirm({b.id: b.repaired for b in bulletins})
    return tuple(_settled(b, settled[b.id]) if b.id in settled else b for b in bulletins)


def _settled(bulletin: Bulletin, repaired: Repaired) -> Bulletin:
    try:
        return _read(bulletin.received, budget.mark(repaired), bulletin.scripts.standard)
    except Exception:  # The bulletin as it was is sound: it has been through every stage.
        return bulletin


def run(
    content: Path,
    cache: Path | None = None,
    standard: Standard = Standard.TW,
    watch: Watch = lambda steps, total: steps,
) -> Corpus:
    """Process a content folder; with `cache`, what an earlier run made of the same input is taken from there.

    The cache holds what each text gives by itself. What the texts give each other is worked out anew in every run, for
    the few that have something to gain: a copy that came, changed or went needs no bookkeeping.

    With `cache` the work is spread over all cores; `watch` sees the results go by, and is told how many there will be.
    A text that a stage fails on, or a process dies of, is quarantined with the fault, and the others go on.
    Raises FileNotFoundError where the folder does not exist.
    """
    with ExitStack() as stack:
        store = stack.enter_context(Store(cache / "bulletins.sqlite")) if cache else None
        if store:
            store.sweep()
        received, quarantined = receive.receive_folder(content, _decoder(store) if store else receive.decode_each)
        results = tuple(_processed(received, store, standard, watch))
    failed = tuple(r for r in results if isinstance(r, Quarantined))
    alone = tuple(r for r in results if isinstance(r, Bulletin))
    return Corpus(
        bulletins=compare(alone),
        quarantined=tuple(sorted((*quarantined, *failed), key=lambda q: q.source)),
        warnings=tuple(f"{item.source}: {warning}" for item in received for warning in item.warnings),
        alone=alone,
    )


def attempt(received: Received, standard: Standard) -> Bulletin | Quarantined:
    try:
        return process(received, standard)
    except Exception as error:  # Whatever a hostile text brings out must not keep the others from being published.
        fault = f"processing failed: {type(error).__name__}: {error}"
        return Quarantined(received.source, fault, "run `tongbao explain` on the file for the trace, and report it")


def lost(item: Received | receive.Raw) -> Quarantined:
    fault = "processing failed: the process ended without a word, perhaps for want of memory"
    return Quarantined(item.source, fault, "run `tongbao explain` on the file, and report it")


def _decoder(store: Store) -> receive.Decoder:
    """Decodes files that the store does not know, on all cores."""

    def decode(raws: Sequence[receive.Raw]) -> Iterator[Received | Quarantined]:
        keys = [key_of_bytes(*raw) for raw in raws]
        known = {key: received for key in keys if (received := store.get_received(key))}
        todo = [n for n, key in enumerate(keys) if key not in known]
        made = crew.spread(lambda raw: receive.receive_bytes(*raw), [raws[n] for n in todo], lost)
        fresh = {keys[n]: result for n, result in zip(todo, made, strict=True)}
        store.put_received({key: result for key, result in fresh.items() if isinstance(result, Received)})
        return (known.get(key) or fresh[key] for key in keys)

    return decode


def _processed(
    received: Sequence[Received], store: Store | None, standard: Standard, watch: Watch
) -> Sequence[Bulletin | Quarantined]:
    if store is None:
        return [attempt(item, standard) for item in received]
    known = {item.id: stored for item in received if (stored := store.get(item, standard))}
    todo = [item for item in received if item.id not in known]
    made: dict[str, Bulletin | Quarantined] = {}
    fresh: list[Bulletin] = []
    with crew.frozen():
        results = crew.spread(lambda item: attempt(item, standard), todo, lost)
        for item, result in zip(todo, watch(results, len(todo)), strict=True):
            made[item.id] = result
            fresh += [result] if isinstance(result, Bulletin) else []
            if len(fresh) == BATCH:
                store.put(fresh)
                fresh.clear()
    store.put(fresh)
    return [known.get(item.id) or made[item.id] for item in received]

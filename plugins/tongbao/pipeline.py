"""The way of a bulletin: the one room that knows all stages."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path

from tongbao import dates, genre, places, reading, receive, repair, script
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
    Role,
)
from tongbao.store import Store

Mapper = Callable[[Sequence[Evidence]], tuple[Evidence, ...]]

# Bulletins are kept in the store in batches: a killed build loses at most this many.
BATCH = 64


@dataclass(frozen=True, slots=True)
class Corpus:
    """All of a content folder: bulletins in id order, and the inputs that can't be published, in path order."""

    bulletins: tuple[Bulletin, ...]
    quarantined: tuple[Quarantined, ...]
    warnings: tuple[str, ...] = ()


def process(received: Received) -> Bulletin:
    """Take one received text through every stage. Pure: the same value in, the same value out."""
    repaired = repair.repair(received.text)
    scripts = script.convert(repaired.text)
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


def run(content: Path, cache: Path | None = None) -> Corpus:
    """Process a content folder; with `cache`, what an earlier run made of the same input is taken from there.

    A text that a stage fails on is quarantined with the fault, and the others go on.
    Raises FileNotFoundError where the folder does not exist.
    """
    received, quarantined = receive.receive_folder(content)
    with ExitStack() as stack:
        store = stack.enter_context(Store(cache / "bulletins.sqlite")) if cache else None
        results = tuple(_processed(received, store))
    failed = tuple(r for r in results if isinstance(r, Quarantined))
    return Corpus(
        bulletins=tuple(r for r in results if isinstance(r, Bulletin)),
        quarantined=tuple(sorted((*quarantined, *failed), key=lambda q: q.source)),
        warnings=tuple(f"{item.source}: {warning}" for item in received for warning in item.warnings),
    )


def _attempt(received: Received) -> Bulletin | Quarantined:
    try:
        return process(received)
    except Exception as error:  # Whatever a hostile text brings out must not keep the others from being published.
        fault = f"processing failed: {type(error).__name__}: {error}"
        return Quarantined(received.source, fault, "run `tongbao explain` on the file for the trace, and report it")


def _processed(received: Sequence[Received], store: Store | None) -> Iterator[Bulletin | Quarantined]:
    if store is None:
        yield from map(_attempt, received)
        return
    store.sweep()
    for at in range(0, len(received), BATCH):
        batch = received[at : at + BATCH]
        known = [store.get(item) for item in batch]
        results = [stored or _attempt(item) for item, stored in zip(batch, known, strict=True)]
        store.put(r for r, stored in zip(results, known, strict=True) if stored is None and isinstance(r, Bulletin))
        yield from results

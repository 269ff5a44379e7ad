"""The way of a bulletin: the one room that knows all stages."""

from __future__ import annotations

from collections.abc import Callable, Sequence
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
    Repaired,
    Role,
    Standard,
)
from tongbao.repair import budget, parallel

Mapper = Callable[[Sequence[Evidence]], tuple[Evidence, ...]]


# One text that goes through all stages, with damage of several kinds.
_DAMAGED = "会议通报\n\n2022年3月19日，吉林省长春市召(zhào)开疫情防控会议，ç–«æƒ…é˜²æŽ§å·¥ä½œ。根據吉發〔2022〕3号。\n"


@dataclass(frozen=True, slots=True)
class Corpus:
    """All of a content folder: bulletins in id order, and the inputs that can't be published, in path order."""

    bulletins: tuple[Bulletin, ...]
    quarantined: tuple[Quarantined, ...]
    warnings: tuple[str, ...] = ()


def process(received: Received, standard: Standard = Standard.TW) -> Bulletin:
    """Take one received text through every stage. Pure: the same value in, the same value out.

    `standard` says whose forms its Traditional takes.
    """
    return _read(received, budget.mark(repair.repair(received.text)), standard)


def load() -> None:
    """Load what processing needs: tables, models, patterns."""
    received = receive.receive_bytes(_DAMAGED.encode(), "bulletins/load.txt")
    assert isinstance(received, Received)
    process(received)


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
    return tuple(with_copies(b, settled[b.id]) if b.id in settled else b for b in bulletins)


def with_copies(bulletin: Bulletin, repaired: Repaired) -> Bulletin:
    """The bulletin with the text that copies have settled; itself where a stage fails on that."""
    try:
        return _read(bulletin.received, budget.mark(repaired), bulletin.scripts.standard)
    except Exception:  # The bulletin as it was is sound: it has been through every stage.
        return bulletin


def run(content: Path, standard: Standard = Standard.TW) -> Corpus:
    """Process a content folder, all in memory and in this process; `tongbao.archive` does the same by way of a store.

    A text that a stage fails on is quarantined with the fault, and the others go on. Raises receive.ReceiveError where
    there is no such folder.
    """
    alone, quarantined, warnings = each(content, standard)
    return Corpus(compare(alone), quarantined, warnings)


def each(
    content: Path, standard: Standard = Standard.TW
) -> tuple[tuple[Bulletin, ...], tuple[Quarantined, ...], tuple[str, ...]]:
    """The bulletins of a folder as each text gives them by itself, what is quarantined, and warnings."""
    received, quarantined = receive.receive_folder(content)
    results = [attempt(item, standard) for item in received]
    failed = [r for r in results if isinstance(r, Quarantined)]
    return (
        tuple(r for r in results if isinstance(r, Bulletin)),
        tuple(sorted((*quarantined, *failed), key=lambda q: q.source)),
        tuple(f"{item.source}: {warning}" for item in received for warning in item.warnings),
    )


def attempt(received: Received, standard: Standard) -> Bulletin | Quarantined:
    """`process`, or the fault of it."""
    try:
        return process(received, standard)
    except Exception as error:  # Whatever a hostile text brings out must not keep the others from being published.
        fault = f"processing failed: {type(error).__name__}: {error}"
        return Quarantined(received.source, fault, "run `tongbao explain` on the file for the trace, and report it")


def lost(source: str) -> Quarantined:
    """The verdict on a file whose process died."""
    fault = "processing failed: the process ended without a word, perhaps for want of memory"
    return Quarantined(source, fault, "run `tongbao explain` on the file, and report it")

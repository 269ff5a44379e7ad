"""One bulletin as one JSON object: a line of `data/bulletins.jsonl`. The fields are described in `docs/data.md`."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Any

from tongbao import reading
from tongbao.export import urls
from tongbao.model import (
    Bulletin,
    DateTag,
    DateTags,
    Edit,
    Evidence,
    Genre,
    PlaceTag,
    Received,
    RegionTag,
    RegionTags,
    Repaired,
)

# JSON need not escape these, but readers that split on any Unicode line end would cut a line in two.
LINE_ENDS = {ord(c): f"\\u{ord(c):04x}" for c in "\x85\u2028\u2029"}


def record(bulletin: Bulletin) -> dict[str, Any]:
    """The bulletin as plain JSON values. Spans are in received coordinates (characters, end exclusive)."""
    return {
        "id": bulletin.id,
        "url": urls.bulletin(bulletin.id),
        **_origin(bulletin.received),
        **_texts(bulletin),
        **_repairs(bulletin.repaired),
        **_places(bulletin.regions),
        **_dates(bulletin.dates),
        **_genre(bulletin.genre),
    }


def lines(bulletins: Iterable[Bulletin]) -> Iterator[str]:
    """The records as JSON Lines, in the order given."""
    for bulletin in bulletins:
        line = json.dumps(record(bulletin), ensure_ascii=False, separators=(",", ":"))
        yield line.translate(LINE_ENDS) + "\n"


def edit_record(edit: Edit) -> dict[str, Any]:
    """An edit as plain JSON values; what its evidence does not have is left out."""
    evidence = {
        "reason": edit.evidence.reason,
        "received_bytes": edit.evidence.received_bytes,
        "restored_bytes": edit.evidence.restored_bytes,
        "gain": edit.evidence.gain,
        "runner_up": edit.evidence.runner_up,
        "margin": edit.evidence.margin,
        "candidates": list(edit.evidence.candidates),
        "copies": list(edit.evidence.copies),
    }
    return {
        "rule": edit.rule,
        "start": edit.start,
        "end": edit.end,
        "before": edit.before,
        "after": edit.after,
        "confidence": edit.confidence,
        "evidence": {
            name: value
            for name, value in evidence.items()
            # An empty runner-up is a reading too: that nothing stood there.
            if value not in (None, "", []) or (name == "runner_up" and value is not None)
        },
    }


def _origin(received: Received) -> dict[str, Any]:
    sidecar = received.sidecar
    return {
        "source": received.source,
        "also_received_as": list(received.also_received_as),
        "sha256": received.sha256,
        "size": received.size,
        "encoding": received.encoding,
        "encoding_evidence": list(received.encoding_evidence),
        "original_url": sidecar.url,
        "site": sidecar.site,
        "fetched": sidecar.fetched.isoformat() if sidecar.fetched else None,
    }


def _texts(bulletin: Bulletin) -> dict[str, Any]:
    text, scripts = bulletin.repaired.text, bulletin.scripts
    return {
        # As in `text`: without the full-width marks of the reading texts.
        "title": reading.title(text, reading.plain(bulletin.reading)),
        "script": scripts.received.value,
        "text": text,
        "hans": reading.render(scripts.hans, bulletin.reading),
        "hant": reading.render(scripts.hant, bulletin.reading),
    }


def _repairs(repaired: Repaired) -> dict[str, Any]:
    return {
        "edits": [edit_record(e) for e in repaired.edits],
        "suggestions": [edit_record(e) for e in repaired.suggestions],
        "damage": round(repaired.damage, 4),
        "review": list(repaired.review),
    }


def _places(regions: RegionTags) -> dict[str, Any]:
    return {
        "regions": [_region(tag) for tag in regions.tags],
        "ambiguous_regions": [
            {"candidates": _units(a.candidates), "evidence": _spans(a.evidence)} for a in regions.ambiguous
        ],
        "places": [_place(place) for place in regions.others],
    }


def _region(tag: RegionTag) -> dict[str, Any]:
    return {
        "code": tag.code,
        "name": tag.name,
        "level": tag.level,
        "role": tag.role.value,
        "rule": tag.rule,
        "evidence": _spans(tag.evidence),
        "alternatives": _units(tag.alternatives),
        "at_date": _units([tag.at_date])[0] if tag.at_date else None,
    }


def _place(place: PlaceTag) -> dict[str, Any]:
    return {
        "kind": place.kind,
        "name": place.name,
        "parent": place.parent,
        "code": place.code,
        "rule": place.rule,
        "evidence": _spans(place.evidence),
    }


def _dates(dates: DateTags) -> dict[str, Any]:
    return {
        "published": _date(dates.published) if dates.published else None,
        "events": [_date(tag) for tag in dates.events],
    }


def _genre(genre: Genre) -> dict[str, Any]:
    return {
        "issuer": genre.issuer,
        "doc_number": genre.doc_number,
        "kind": genre.kind,
        "genre_evidence": {name: _spans(spans) for name, spans in sorted(genre.evidence.items())},
    }


def _units(units: Iterable[tuple[str, str]]) -> list[dict[str, str]]:
    return [{"code": code, "name": name} for code, name in units]


def _spans(evidence: Iterable[Evidence]) -> list[dict[str, Any]]:
    return [{"start": e.start, "end": e.end, "text": e.text, "where": e.where} for e in evidence]


def _date(tag: DateTag) -> dict[str, Any]:
    return {
        "edtf": tag.edtf,
        "earliest": tag.earliest,
        "latest": tag.latest,
        "role": tag.role,
        "rule": tag.rule,
        "evidence": _spans(tag.evidence),
        "alternatives": [{"edtf": edtf, "rule": rule} for edtf, rule in tag.alternatives],
    }

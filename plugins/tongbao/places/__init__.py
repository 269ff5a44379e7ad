"""Places: which divisions a bulletin names and which it is about, each with the rule and the spans that gave it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from tongbao.model import Ambiguity, BlockKind, Document, Evidence, RegionTag, RegionTags, Role
from tongbao.places.disambiguation import Reading, resolve
from tongbao.places.focus import Primary, focus
from tongbao.places.gazetteer import Division, Form, divisions, lineage
from tongbao.places.mentions import Kind, find

__all__ = ["Division", "divisions", "lineage", "tag"]

RULES = {Form.FULL: "full-name", Form.FORMER: "former-name", Form.ALIAS: "alias", Form.SHORT: "short-name"}


def tag(document: Document) -> RegionTags:
    """The regions of a document: primary ones first, then by first evidence. Evidence is in repaired coordinates."""
    hints = _sidecar_codes(document)
    titles = [b.start for b in document.reading.blocks if b.kind in (BlockKind.TITLE, BlockKind.SUBTITLE)]
    readings = resolve(document.folded, find(document.folded, titles), hints)
    primaries = focus(document, readings, hints)
    spans: dict[str, list[Reading]] = defaultdict(list)
    for reading in readings:
        if reading.code and reading.mention.kind in (Kind.PLACE, Kind.CHAR):
            spans[reading.code].append(reading)
    primary_codes = {p.code for p in primaries}
    tags = [_primary_tag(document, primary, spans.get(primary.code, ())) for primary in primaries]
    tags += [_mention_tag(document, code, found) for code, found in spans.items() if code not in primary_codes]
    return RegionTags(tuple(tags), _ambiguities(document, readings))


def _primary_tag(document: Document, primary: Primary, mentions: Sequence[Reading]) -> RegionTag:
    spans = sorted({*primary.spans, *((r.mention.start, r.mention.end) for r in mentions)} - {(0, 0)})
    evidence = tuple(_evidence(document, start, end) for start, end in spans) or (_sidecar_evidence(document),)
    return _tag(primary.code, Role.PRIMARY, primary.rule, evidence)


def _mention_tag(document: Document, code: str, readings: Sequence[Reading]) -> RegionTag:
    first = readings[0]
    form = "abbreviation" if first.mention.kind is Kind.CHAR else RULES[first.mention.form]
    evidence = tuple(_evidence(document, r.mention.start, r.mention.end) for r in readings)
    return _tag(code, Role.MENTIONED, f"{form}/{first.rule}", evidence)


def _tag(code: str, role: Role, rule: str, evidence: tuple[Evidence, ...]) -> RegionTag:
    division = divisions()[code]
    return RegionTag(code, division.name, division.level, role, rule, evidence)


def _ambiguities(document: Document, readings: Sequence[Reading]) -> tuple[Ambiguity, ...]:
    """One entry for each string that stays open."""
    found: dict[tuple[str, ...], list[Evidence]] = defaultdict(list)
    for reading in readings:
        if reading.code is None:
            found[reading.candidates].append(_evidence(document, reading.mention.start, reading.mention.end))
    named = ((tuple((c, divisions()[c].name) for c in codes), tuple(spans)) for codes, spans in found.items())
    return tuple(Ambiguity(candidates, evidence) for candidates, evidence in named)


def _evidence(document: Document, start: int, end: int) -> Evidence:
    return Evidence(start, end, document.text[start:end])


def _sidecar_codes(document: Document) -> tuple[str, ...]:
    """What the sidecar's issuer, else its site, names."""
    from tongbao.script import fold

    for value in (document.sidecar.issuer, document.sidecar.site):
        codes = [r.code for r in resolve(fold(value or ""), find(fold(value or ""))) if r.code]
        if codes:
            return (max(codes, key=lambda code: len(lineage(code))),)
    return ()


def _sidecar_evidence(document: Document) -> Evidence:
    return Evidence(0, 0, document.sidecar.issuer or document.sidecar.site or "", "sidecar")

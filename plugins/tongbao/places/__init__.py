"""Places: which divisions a bulletin names and which it is about, each with the rule and the spans that gave it.

`gazetteer` holds the divisions and their names, `mentions` finds the names in a text, `disambiguation` decides what
each means, `zones` and `deixis` say what they weigh, and `focus` which regions the text is about.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence

from tongbao.folding import fold
from tongbao.model import Ambiguity, BlockKind, Document, Evidence, RegionTag, RegionTags, Role
from tongbao.places.disambiguation import Resolution, resolve
from tongbao.places.focus import Hint, Primary, focus
from tongbao.places.gazetteer import Division, Form, divisions, lineage
from tongbao.places.mentions import NAMING, Kind, find
from tongbao.places.others import others
from tongbao.places.validity import as_of
from tongbao.places.zones import Zone, layout

__all__ = ["Division", "as_of", "divisions", "lineage", "tag"]

FORMS = {Form.FULL: "full-name", Form.FORMER: "former-name", Form.ALIAS: "alias", Form.SHORT: "short-name"}
# Elements of a page's head that name the site or the source (GB-style government pages use the first three).
HEAD_FIELDS = ("sitename", "contentsource", "author", "source", "og:site_name")


def tag(document: Document) -> RegionTags:
    """The regions of a document: primary ones first, then by first evidence. Evidence is in repaired coordinates."""
    hints = _hints(document)
    headlines = [b.start for b in document.reading.blocks if b.kind in (BlockKind.TITLE, BlockKind.SUBTITLE)]
    resolutions = resolve(document.folded, find(document.folded, headlines), [h.code for h in hints])
    named: dict[str, list[Resolution]] = defaultdict(list)
    zones = layout(document)
    primaries = focus(zones, resolutions, hints)
    about = {code for p in primaries for code in lineage(p.code)}
    for resolution in resolutions:
        # What a site puts around a text (related links) names many places that the text does not.
        outside = zones.at(resolution.mention.start) is Zone.CHROME and resolution.code not in about
        if resolution.code and resolution.mention.kind in NAMING and not outside:
            named[resolution.code].append(resolution)
    tags = [_primary_tag(document, p, named.pop(p.code, []), hints) for p in primaries]
    tags += [_mention_tag(document, code, found) for code, found in named.items()]
    places = others(document.text, document.folded, resolutions)
    return RegionTags(tuple(tags), _ambiguities(document, resolutions), places)


def _primary_tag(document: Document, primary: Primary, named: Sequence[Resolution], hints: Sequence[Hint]) -> RegionTag:
    spans = sorted({*primary.spans, *((r.mention.start, r.mention.end) for r in named)} - {(0, 0)})
    evidence = tuple(_evidence(document, start, end) for start, end in spans)
    outside = tuple(Evidence(0, 0, h.text, h.where) for h in hints if primary.code in lineage(h.code))
    return _tag(primary.code, Role.PRIMARY, primary.rule, evidence + outside, named)


def _mention_tag(document: Document, code: str, named: Sequence[Resolution]) -> RegionTag:
    first = named[0]
    form = "abbreviation" if first.mention.kind is Kind.CHAR else FORMS[first.mention.form]
    evidence = tuple(_evidence(document, r.mention.start, r.mention.end) for r in named)
    return _tag(code, Role.MENTIONED, f"{form}/{first.rule}", evidence, named)


def _tag(code: str, role: Role, rule: str, evidence: tuple[Evidence, ...], named: Sequence[Resolution]) -> RegionTag:
    """The tag, with what its names could have meant elsewhere."""
    division = divisions()[code]
    candidates = dict.fromkeys(c for r in named for c in (*r.mention.candidates, *r.mention.lesser) if c != code)
    alternatives = tuple((c, divisions()[c].name) for c in candidates)
    return RegionTag(code, division.name, division.level, role, rule, evidence, alternatives)


def _ambiguities(document: Document, resolutions: Sequence[Resolution]) -> tuple[Ambiguity, ...]:
    """One entry for each set of candidates that the text leaves open."""
    found: dict[tuple[str, ...], list[Evidence]] = defaultdict(list)
    for resolution in resolutions:
        if resolution.code is None:
            mention = resolution.mention
            found[mention.candidates].append(_evidence(document, mention.start, mention.end))
    return tuple(Ambiguity(tuple((c, divisions()[c].name) for c in codes), tuple(e)) for codes, e in found.items())


def _evidence(document: Document, start: int, end: int) -> Evidence:
    return Evidence(start, end, document.text[start:end])


def _hints(document: Document) -> tuple[Hint, ...]:
    """The lowest division that each of the sidecar's issuer and site and the page's title and source fields names."""
    return tuple(Hint(code, where, text) for where, text in _outside(document) for code in _lowest(fold(text)))


def _outside(document: Document) -> Iterator[tuple[str, str]]:
    for value in (document.sidecar.issuer, document.sidecar.site):
        if value:
            yield "sidecar", value
    if document.html:
        yield "meta", document.html.title or ""
        yield from (("meta", value) for name, value in document.html.pairs if name.lower() in HEAD_FIELDS)


def _lowest(folded: str) -> list[str]:
    codes = [r.code for r in resolve(folded, find(folded)) if r.code]
    return [max(codes, key=lambda code: len(lineage(code)))] if codes else []

"""The view model of a bulletin's page: what its template shows, as plain values, without HTML and without Pelican.

Every repair, suggestion and piece of evidence has a number; it stands in the reading text (`t3`, `ts1`, `e2`), in the
collated text (`c3`, `cs1`, `ce2`), in the text as received (`o3`, `os1`, `oe2`) and in the lists below the text (`r3`,
`s1`), so that each leads to the others. Every block of the reading text has a number too (`p4`), the same in either
script.
"""

from __future__ import annotations

import re
from calendar import month_name
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TypeVar

from tongbao import reading
from tongbao.edits import OffsetMap, invert
from tongbao.export import glossary, rules, urls
from tongbao.export.marks import Mark, Marker, Token, plain
from tongbao.model import (
    Ambiguity,
    BlockKind,
    Bulletin,
    DateTag,
    Edit,
    Evidence,
    PlaceTag,
    RegionTag,
    Role,
    Script,
    Standard,
)
from tongbao.script import convert, to_hant

_T = TypeVar("_T")

REPAIR, SUGGESTION, EVIDENCE, SHARED = "repair", "suggestion", "evidence", "shared"

# The anchors of a mark in the reading text, in the text as received and in the list.
_TEXT_ANCHOR = {REPAIR: "t", SUGGESTION: "ts", EVIDENCE: "e"}
_RECEIVED_ANCHOR = {REPAIR: "o", SUGGESTION: "os", EVIDENCE: "oe"}

# How the values of a row are grouped.
_PLACES = ("port", "country", "functional-area")
_DATES = ("event", "window", "cited")

_TITLE_LENGTH = 40

# A text with more characters stands once on its page, for reading: a page of three such texts is slow to open.
LONGEST = 300_000

# The same reason is given for many repairs, in many bulletins.
_to_hant = lru_cache(maxsize=10_000)(to_hant)


def _in_hant(standard: Standard) -> Callable[[str], str]:
    return lambda text: _to_hant(text, standard)


@dataclass(frozen=True, slots=True)
class Line:
    """A block of the text: its kind (a `BlockKind`), its tokens, and its place among the blocks of the reading text,
    from 1, or 0 if it is none of them."""

    kind: str
    tokens: tuple[Token, ...]
    number: int = 0


@dataclass(frozen=True, slots=True)
class Quote:
    """A piece of evidence: its words as received, where they stand (`text`, `sidecar`, `meta`), and their anchor on the
    page, if they stand in the text."""

    text: str
    where: str
    anchor: str | None


@dataclass(frozen=True, slots=True)
class Fact:
    """One value of the metadata panel. `address` is relative to the site's root, or absolute if it names a scheme.
    `role` tells apart values of one row: primary, mentioned, ambiguous; port, country, functional-area; event, window,
    cited; file, duplicate. `code` is a division's (GB/T 2260) or a country's (ISO 3166-1), `within` the division that a
    place lies in, `then` the (code, name) of the unit on the bulletin's day where it was another one. `alternatives`
    are the divisions that the same name means elsewhere: the rejected ones, or for an ambiguous name all of them;
    `rejected` the other dates that were found, as (text, rule). `day` is a date's EDTF."""

    text: str
    address: str | None = None
    role: str = ""
    rule: str = ""
    quotes: tuple[Quote, ...] = ()
    code: str = ""
    within: str = ""
    then: tuple[str, str] | None = None
    alternatives: tuple[str, ...] = ()
    rejected: tuple[tuple[str, str], ...] = ()
    day: str = ""

    @property
    def rules(self) -> list[str]:
        """The rules that `rule` is made of."""
        return rules.parts(self.rule) if self.rule else []


@dataclass(frozen=True, slots=True)
class Row:
    """A row of the metadata panel: its name is a key of the label table."""

    name: str
    facts: tuple[Fact, ...]


@dataclass(frozen=True, slots=True)
class EditView:
    """A repair, or a suggestion of one. `anchor` and `received_anchor` lead to it in the two texts; the former is None
    where the reading text has no place for it. `gain` and `margin` are nats, rounded, or "". `copies` are the id and
    the address of each copy that the reading was taken from."""

    number: int
    id: str
    anchor: str | None
    received_anchor: str
    rule: str
    before: str
    after: str
    percent: int
    reason: str
    received_bytes: str
    restored_bytes: str
    gain: str
    runner_up: str | None
    margin: str
    candidates: tuple[str, ...]
    copies: tuple[tuple[str, str], ...]

    @property
    def rules(self) -> list[str]:
        """The rules that `rule` is made of."""
        return rules.parts(self.rule)


@dataclass(frozen=True, slots=True)
class BulletinPage:
    """All that the page of one bulletin in one language shows. Texts of the bulletin are in the page's script, except
    quotes, repairs, and the collated text and the text as received, which keep the received one: its tag is
    `received_language`; `of_a_web_page` says whether it was taken out of an HTML file. Where the text is not `whole`,
    it is too long for these two, which are empty. `rules` are the rules of the repairs, each with how many it made.
    `damage` is 0..1. `original` is the address that the file was fetched from, if it may be linked, `fetched` the day
    (ISO 8601)."""

    id: str
    language: str
    addresses: Mapping[str, str]
    title: str
    kicker: tuple[Line, ...]
    headline: tuple[Line, ...]
    subtitles: tuple[Line, ...]
    lines: tuple[Line, ...]
    chrome: tuple[Line, ...]
    collated: Line
    received: Line
    received_language: str
    of_a_web_page: bool
    whole: bool
    size: int
    rows: tuple[Row, ...]
    repairs: tuple[EditView, ...]
    suggestions: tuple[EditView, ...]
    rules: tuple[tuple[str, int], ...]
    punctuation: int
    damage: float
    review: tuple[str, ...]
    date: str
    day: str | None
    original: str | None
    fetched: str | None


def bulletin_page(bulletin: Bulletin, language: str) -> BulletinPage:
    """The page of `bulletin` in `language` (`zh-hans` or `zh-hant`)."""
    return _Builder(_Marked(bulletin), language).page()


def bulletin_pages(bulletin: Bulletin, shared: Iterable[tuple[int, int, int]] = ()) -> dict[str, BulletinPage]:
    """{language: page} of `bulletin`; what the pages have in common is worked out once. `shared` are the passages that
    other bulletins have too: (number, start, end) in the repaired text."""
    marked = _Marked(bulletin, shared)
    return {language: _Builder(marked, language).page() for language in urls.LANGUAGES}


def title(bulletin: Bulletin, language: str) -> str:
    """The title in a language; where the text has none, its beginning; where that is empty too, the id."""
    text = in_language(bulletin, language)
    found = reading.title(text, bulletin.reading).strip()
    if not found:
        words = " ".join(reading.render(text, bulletin.reading).split())
        found = words if len(words) <= _TITLE_LENGTH else words[: _TITLE_LENGTH - 1] + "…"
    return plain(found) or bulletin.id


def in_language(bulletin: Bulletin, language: str) -> str:
    """The repaired text in the script of a language (`zh-hans`, `zh-hant`)."""
    return bulletin.scripts.hant if language == "zh-hant" else bulletin.scripts.hans


def received_tag(bulletin: Bulletin) -> str:
    """The value of `lang` for the text in the script received; `zh` where that is mixed."""
    return {Script.HANS: "zh-Hans", Script.HANT: "zh-Hant"}.get(bulletin.scripts.received, "zh")


def simplified(name: str | None) -> str:
    """A name as lists and addresses have it: in Simplified, without invisible characters; empty where there is none."""
    return plain(convert(name).hans.strip()) if name else ""


def date_text(edtf: str, language: str = urls.LANGUAGES[0]) -> str:
    """A day, month or year in words, `2021年12月24日`, in English `24 December 2021`, or an interval of two, whose end
    does not say again what the beginning says: `2021年12月23日至24日`. Other EDTF as it is."""
    ends = [re.fullmatch(r"(\d{4})(?:-(\d\d))?(?:-(\d\d))?", part) for part in edtf.split("/")]
    if len(ends) > 2 or not all(ends):
        return edtf
    first, *rest = ([part for part in end.groups() if part] for end in ends if end)
    if language == "en":
        return " – ".join(map(_english, (first, *rest)))
    same = 0
    while rest and same < min(len(first), len(rest[0]) - 1) and first[same] == rest[0][same]:
        same += 1
    begin, end = _chinese(first), _chinese(rest[0])[same:] if rest else []
    return "".join([*begin, *(["至", *end] if end else [])])


def _chinese(parts: Sequence[str]) -> list[str]:
    return [f"{int(part)}{unit}" for part, unit in zip(parts, "年月日", strict=False)]


def _english(parts: Sequence[str]) -> str:
    year, *rest = parts
    named = [month_name[int(rest[0])], *(str(int(day)) for day in rest[1:])] if rest else []
    return " ".join([*reversed(named), year])


class _Marked:
    """What does not depend on the page's language: where the marks stand, and the two texts in the script received."""

    def __init__(self, bulletin: Bulletin, shared: Iterable[tuple[int, int, int]] = ()) -> None:
        self.bulletin = bulletin
        repaired = bulletin.repaired
        self.offsets = OffsetMap(repaired.edits)
        self.evidence = _numbered(bulletin, self.offsets)
        to_result = self.offsets.to_result
        self.in_text = [
            *(Mark(REPAIR, n, e.start, e.end, not e.after) for n, e in enumerate(invert(repaired.edits), 1)),
            *(Mark(SUGGESTION, n, *to_result(e.start, e.end)) for n, e in enumerate(repaired.suggestions, 1)),
            *(Mark(EVIDENCE, n, *to_result(*span)) for span, n in self.evidence.items()),
        ]
        in_received = [
            *(Mark(REPAIR, n, e.start, e.end, not e.before) for n, e in enumerate(repaired.edits, 1)),
            *(Mark(SUGGESTION, n, e.start, e.end) for n, e in enumerate(repaired.suggestions, 1)),
            *(Mark(EVIDENCE, n, *span) for span, n in self.evidence.items()),
        ]
        self.whole = len(bulletin.received.text) <= LONGEST
        self.collated = _whole("collated", repaired.text, self.in_text) if self.whole else Line("collated", ())
        self.received = _whole("received", bulletin.received.text, in_received) if self.whole else Line("received", ())
        # These only lead on, in the text for reading.
        self.in_text = [*self.in_text, *(Mark(SHARED, number, start, end) for number, start, end in shared)]
        self.in_text += glossary.links(repaired.text, bulletin.reading.blocks, self.in_text, bulletin.reading.edits)


class _Builder:
    def __init__(self, marked: _Marked, language: str) -> None:
        bulletin = marked.bulletin
        self.bulletin = bulletin
        self.marked = marked
        self.evidence = marked.evidence
        self.language = language
        self.hant = language == "zh-hant"
        self.say: Callable[[str], str] = _in_hant(bulletin.scripts.standard) if self.hant else str
        self.text = in_language(bulletin, language)
        self.in_text = Marker(self.text, marked.in_text, bulletin.reading.edits)

    def page(self) -> BulletinPage:
        b = self.bulletin
        blocks = [
            Line(block.kind.value, self.in_text.block(block.start, block.end), number)
            for number, block in enumerate(b.reading.blocks, 1)
        ]
        kicker, headline, subtitles, rest = _parted(blocks)
        published, sidecar = b.dates.published, b.received.sidecar
        return BulletinPage(
            id=b.id,
            language=self.language,
            addresses={language: urls.bulletin(b.id, language) for language in urls.LANGUAGES},
            title=title(b, self.language),
            kicker=kicker,
            headline=headline,
            subtitles=subtitles,
            lines=tuple(line for line in rest if line.kind != BlockKind.CHROME),
            chrome=tuple(line for line in rest if line.kind == BlockKind.CHROME),
            collated=self.marked.collated,
            received=self.marked.received,
            received_language=received_tag(b),
            of_a_web_page=b.received.html is not None,
            whole=self.marked.whole,
            size=b.received.size,
            rows=tuple(row for row in self._rows() if row.facts),
            repairs=self._edits(b.repaired.edits, REPAIR, "r"),
            suggestions=self._edits(b.repaired.suggestions, SUGGESTION, "s"),
            rules=_counted(e.rule for e in b.repaired.edits),
            punctuation=len(b.reading.edits),
            damage=b.repaired.damage,
            review=tuple(map(self.say, b.repaired.review)),
            date=date_text(published.edtf) if published else "",
            day=published.edtf if published and re.fullmatch(r"\d{4}(-\d\d){0,2}", published.edtf) else None,
            original=urls.external(sidecar.url) if sidecar.url else None,
            fetched=sidecar.fetched.isoformat() if sidecar.fetched else None,
        )

    # --- repairs -----------------------------------------------------------------------------------------------------

    def _anchor(self, kind: str, number: int) -> str:
        """Where a mark stands: in the reading text, or else in the text as received."""
        placed = (kind, number) in self.in_text.placed
        return f"{_TEXT_ANCHOR[kind]}{number}" if placed else self._received_anchor(kind, number)

    def _received_anchor(self, kind: str, number: int) -> str:
        """Where a mark stands in the text as received; where that is left out, the view that says so."""
        return f"{_RECEIVED_ANCHOR[kind]}{number}" if self.marked.whole else "received"

    def _edits(self, edits: Sequence[Edit], kind: str, prefix: str) -> tuple[EditView, ...]:
        return tuple(
            EditView(
                number=number,
                id=f"{prefix}{number}",
                anchor=f"{_TEXT_ANCHOR[kind]}{number}" if (kind, number) in self.in_text.placed else None,
                received_anchor=self._received_anchor(kind, number),
                rule=edit.rule,
                before=plain(edit.before),
                after=plain(edit.after),
                percent=_percent(edit.confidence),
                reason=self.say(plain(edit.evidence.reason)),
                received_bytes=edit.evidence.received_bytes,
                restored_bytes=edit.evidence.restored_bytes,
                gain=_nats(edit.evidence.gain),
                runner_up=None if edit.evidence.runner_up is None else plain(edit.evidence.runner_up),
                margin=_nats(edit.evidence.margin),
                # The best of them is shown as the runner-up.
                candidates=tuple(plain(c) for c in edit.evidence.candidates if c != edit.evidence.runner_up),
                copies=tuple((name, urls.bulletin(name, self.language)) for name in edit.evidence.copies),
            )
            for number, edit in enumerate(edits, 1)
        )

    # --- the metadata panel ------------------------------------------------------------------------------------------

    def _rows(self) -> Iterable[Row]:
        b = self.bulletin
        received, sidecar, genre = b.received, b.received.sidecar, b.genre
        yield Row("published", (self._date(b.dates.published),) if b.dates.published else (Fact("", role="undated"),))
        yield Row("issuer", self._issuer(genre.issuer, sidecar.issuer))
        yield Row("doc_number", self._given("doc_number", genre.doc_number))
        yield Row("source", self._source())
        yield Row("regions", tuple(self._regions()) or (Fact("", role="unknown"),))
        kind = urls.kind(genre.kind or urls.UNKNOWN, self.language)
        yield Row("kind", (Fact(genre.kind or "", kind, quotes=self._quotes(genre.evidence.get("kind", ()))),))
        yield Row("events", tuple(map(self._date, _grouped(b.dates.events, _DATES, lambda tag: tag.role))))
        yield Row("places", tuple(map(self._place, _grouped(b.regions.others, _PLACES, lambda tag: tag.kind))))
        yield Row("original_url", (Fact(plain(sidecar.url), urls.external(sidecar.url)),) if sidecar.url else ())
        yield Row("fetched", (Fact(date_text(sidecar.fetched.isoformat())),) if sidecar.fetched else ())
        reasons = tuple(Quote(self.say(plain(reason)), "bytes", None) for reason in received.encoding_evidence)
        yield Row("encoding", (Fact(received.encoding, quotes=reasons),))
        copies = (Fact(plain(path), role="duplicate") for path in received.also_received_as)
        yield Row("files", (Fact(plain(received.source), urls.received(received.sha256), "file"), *copies))
        yield Row("sha256", (Fact(received.sha256),))

    def _date(self, tag: DateTag) -> Fact:
        period = tag.latest[:7] if tag.earliest[:7] == tag.latest[:7] else tag.latest[:4]
        address = urls.date(period, self.language) if tag is self.bulletin.dates.published else None
        rejected = tuple((date_text(edtf), rule) for edtf, rule in tag.alternatives)
        quotes = self._quotes(tag.evidence)
        return Fact(date_text(tag.edtf), address, tag.role, tag.rule, quotes, rejected=rejected, day=tag.edtf)

    def _regions(self) -> Iterable[Fact]:
        tags = self.bulletin.regions
        for tag in _grouped(tags.tags, tuple(Role), lambda tag: tag.role):
            yield Fact(
                text=self.say(tag.name),
                address=urls.region(tag.code, self.language),
                role=tag.role.value,
                rule=tag.rule,
                quotes=self._quotes(tag.evidence),
                code=tag.code,
                then=(tag.at_date[0], self.say(tag.at_date[1])) if tag.at_date else None,
                alternatives=tuple(code for code, _ in tag.alternatives),
            )
        for unclear in tags.ambiguous:
            codes = tuple(code for code, _ in unclear.candidates)
            yield Fact("", role="ambiguous", quotes=self._quotes(unclear.evidence), alternatives=codes)

    def _place(self, tag: PlaceTag) -> Fact:
        return Fact(
            text=plain(self.say(tag.name)),
            address=urls.port(plain(tag.name), self.language) if tag.kind == "port" else None,
            role=tag.kind,
            rule=tag.rule,
            quotes=self._quotes(tag.evidence),
            code=tag.code or "",
            within=tag.parent or "",
        )

    def _source(self) -> tuple[Fact, ...]:
        fields = [f for f in self.bulletin.reading.fields if f.name == "source"]
        facts = []
        for field in fields:
            span = self.marked.offsets.to_source(field.start, field.end)
            quote = Quote(
                plain(self.bulletin.received.text[slice(*span)]), "text", self._anchor(EVIDENCE, self.evidence[span])
            )
            facts.append(Fact(plain(self.text[field.start : field.end]), rule="header", quotes=(quote,)))
        given = plain(self.say(self.bulletin.received.sidecar.site or ""))
        known = {fact.text for fact in facts}
        return (*facts, *([Fact(given, rule="sidecar")] if given and given not in known else []))

    def _issuer(self, value: str | None, sidecar: str | None) -> tuple[Fact, ...]:
        found = self._given("issuer", value, sidecar)
        name = simplified(value or sidecar)
        return tuple(replace(fact, address=urls.issuer(name, self.language) if name else None) for fact in found)

    def _given(self, name: str, value: str | None, sidecar: str | None = None) -> tuple[Fact, ...]:
        if value:
            shown = self.say(value) if self.hant else convert(value).hans
            return (Fact(plain(shown), quotes=self._quotes(self.bulletin.genre.evidence.get(name, ()))),)
        return (Fact(plain(self.say(sidecar)), rule="sidecar"),) if sidecar else ()

    def _quotes(self, evidence: Iterable[Evidence]) -> tuple[Quote, ...]:
        return tuple(
            Quote(
                plain(e.text),
                e.where,
                self._anchor(EVIDENCE, self.evidence[e.start, e.end]) if e.where == "text" else None,
            )
            for e in evidence
        )


def _whole(kind: str, text: str, marks: Iterable[Mark]) -> Line:
    """A text in one block, with nothing left out."""
    return Line(kind, Marker(text, marks).block(0, len(text)))


def _numbered(bulletin: Bulletin, offsets: OffsetMap) -> dict[tuple[int, int], int]:
    """Each span that gave a tag, in received coordinates and in the order of the text, with its number."""
    tags: list[RegionTag | PlaceTag | Ambiguity | DateTag] = [
        *bulletin.regions.tags,
        *bulletin.regions.others,
        *bulletin.regions.ambiguous,
        *bulletin.dates.events,
    ]
    found = [e for tag in tags for e in tag.evidence]
    found += bulletin.dates.published.evidence if bulletin.dates.published else ()
    found += (e for spans in bulletin.genre.evidence.values() for e in spans)
    spans = {(e.start, e.end) for e in found if e.where == "text"}
    spans |= {offsets.to_source(f.start, f.end) for f in bulletin.reading.fields if f.name == "source"}
    return {span: number for number, span in enumerate(sorted(spans), 1)}


def _parted(lines: Sequence[Line]) -> tuple[tuple[Line, ...], ...]:
    """The lines above the title, those of the title, the subtitles below it, and the rest.

    A title that does not stand at the head, below lines of a header at most, is a line like every other; so are the
    subtitles where nothing else is left to read.
    """
    above = (BlockKind.SUBTITLE, BlockKind.HEADER, BlockKind.CHROME)
    first = next((i for i, line in enumerate(lines) if line.kind not in above), len(lines))
    last = _run(lines, first, BlockKind.TITLE)
    if last == first:
        return (), (), (), tuple(lines)
    end = _run(lines, last, BlockKind.SUBTITLE)
    if all(line.kind == BlockKind.CHROME for line in lines[end:]):
        end = last
    kicker = tuple(line for line in lines[:first] if line.kind != BlockKind.CHROME)
    chrome = tuple(line for line in lines[:first] if line.kind == BlockKind.CHROME)
    return kicker, tuple(lines[first:last]), tuple(lines[last:end]), (*chrome, *lines[end:])


def _run(lines: Sequence[Line], start: int, kind: BlockKind) -> int:
    """The end of the run of lines of one kind that begins at `start`."""
    return next((i for i in range(start, len(lines)) if lines[i].kind != kind), len(lines))


def _grouped(tags: Iterable[_T], groups: Sequence[str], group: Callable[[_T], str]) -> list[_T]:
    """The tags group by group, within a group in their own order."""
    return sorted(tags, key=lambda tag: groups.index(group(tag)))


def _counted(rules: Iterable[str]) -> tuple[tuple[str, int], ...]:
    """Rules with how often each occurs, most frequent first."""
    counts: dict[str, int] = {}
    for rule in rules:
        counts[rule] = counts.get(rule, 0) + 1
    return tuple(sorted(counts.items(), key=lambda item: (-item[1], item[0])))


def _nats(value: float | None) -> str:
    return "" if value is None else f"{value:.1f}"


def _percent(confidence: float) -> int:
    """Rounded down, so that only certainty is shown as 100 %."""
    return int(confidence * 100)

"""The values that travel between the rooms: frozen, typed, without behaviour of their own.

Three coordinate systems occur, and each span says which one it is in:

* *received*: character offsets into `Received.text`, the decoded text before any repair;
* *repaired*: offsets into `Repaired.text`. `Scripts.hans`, `Scripts.hant` and the folded text have the same length as
  the repaired text, character for character, so that one offset serves all of them;
* *reading*: offsets into a reading text (punctuation restored, chrome left out); nothing is stored in these.

`tongbao.edits.OffsetMap` carries spans from one to another.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

# --- receive ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Sidecar:
    """What `NAME.toml` beside a received file says about it. Every field is optional."""

    id: str | None = None
    url: str | None = None
    site: str | None = None
    issuer: str | None = None
    fetched: date | None = None
    charset: str | None = None


@dataclass(frozen=True, slots=True)
class HtmlMeta:
    """What the head of an HTML file says: its title and the (name, content) pairs of its meta elements, in order."""

    title: str | None = None
    pairs: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Received:
    """One received text.

    `id` is the sidecar's, else the first 16 hex digits of `sha256`. `source` and `also_received_as` are POSIX paths
    below the content folder. `text` is the decoded text (for HTML: the text of the page), never repaired.
    `encoding` is the codec's canonical name; `encoding_evidence` the reasons for it, strongest first; `warnings` what
    someone should look at.
    """

    id: str
    source: str
    sha256: str
    size: int
    encoding: str
    encoding_evidence: tuple[str, ...]
    text: str
    also_received_as: tuple[str, ...] = ()
    sidecar: Sidecar = Sidecar()
    html: HtmlMeta | None = None
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Quarantined:
    """An input that can't be published: which file, what is wrong, what to do about it."""

    source: str
    fault: str
    remedy: str


# --- repair ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class EditEvidence:
    """Why an edit is made.

    `reason` is one Chinese (Simplified) sentence for readers. `received_bytes` and `restored_bytes` are space-separated
    upper-case hex pairs, where bytes matter. `gain` is the log-likelihood gained over leaving the text alone, in nats.
    `candidates` are the other readings that were weighed, best first; `runner_up` is the best of them, and `margin` how
    many nats it is behind; both are None where there was no rival. `copies` are the ids of the bulletins whose copies
    of the passage gave the reading: it depends on them, and on no others.
    """

    reason: str
    received_bytes: str = ""
    restored_bytes: str = ""
    gain: float | None = None
    candidates: tuple[str, ...] = ()
    runner_up: str | None = None
    margin: float | None = None
    copies: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Edit:
    """Replace `before` = source[start:end] by `after`. Edits of one layer are sorted and do not overlap.

    `confidence` is in 0..1; 1 where the forward model of the damage regenerates what was received.
    """

    rule: str
    start: int
    end: int
    before: str
    after: str
    confidence: float = 1.0
    evidence: EditEvidence = EditEvidence("")


@dataclass(frozen=True, slots=True)
class Repaired:
    """The repaired text and the edits that give it, in received coordinates.

    `suggestions` are edits that were not certain enough: the page shows them, the text does not take them.
    `damage` is the share of the received characters that are damaged, 0..1. `review` says why a curator should look at
    the text, as Chinese (Simplified) sentences for readers: the budgets of `tongbao.repair.budget` that it exceeds.
    """

    received: str
    text: str
    edits: tuple[Edit, ...] = ()
    suggestions: tuple[Edit, ...] = ()
    damage: float = 0.0
    review: tuple[str, ...] = ()


# --- script ----------------------------------------------------------------------------------------------------------


class Script(StrEnum):
    """The script that a text was received in."""

    HANS = "Hans"
    HANT = "Hant"
    MIXED = "mixed"


class Standard(StrEnum):
    """Whose standard forms Traditional is written in: Taiwan's (裡, 著, 臺) or Hong Kong's (裏, 着, 台)."""

    TW = "tw"
    HK = "hk"


@dataclass(frozen=True, slots=True)
class Scripts:
    """The repaired text in canonical Simplified and in proper Traditional; both as long as the repaired text.

    `standard` is the one that `hant` was made after; text that was genuine Traditional keeps its own forms.
    """

    received: Script
    hans: str
    hant: str
    standard: Standard = Standard.TW


# --- reading ---------------------------------------------------------------------------------------------------------


class BlockKind(StrEnum):
    """What a line of a bulletin is."""

    TITLE = "title"
    SUBTITLE = "subtitle"
    HEADER = "header"
    HEADING = "heading"
    PARAGRAPH = "paragraph"
    SIGNOFF = "signoff"
    CHROME = "chrome"


@dataclass(frozen=True, slots=True)
class Block:
    """A line, or a part of one, of the repaired text: text[start:end] without surrounding white space."""

    kind: BlockKind
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class HeaderField:
    """A labelled field (`來源:永州日報`): its kind and where its value stands in the repaired text.

    The kinds are `source`, `editor`, `author`, `time`, `views`, `original-title`.
    """

    name: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Reading:
    """The structure of a text: blocks in order, header fields, and the punctuation edits of the reading texts.

    All in repaired coordinates. `edits` never reach outside one block.
    """

    blocks: tuple[Block, ...]
    fields: tuple[HeaderField, ...] = ()
    edits: tuple[Edit, ...] = ()


# --- tagging ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Document:
    """What the tagging rooms read. `text` is the repaired text, `folded` the same length in folded characters
    (Simplified, narrow, lower case: `tongbao.script.fold`)."""

    text: str
    folded: str
    reading: Reading
    sidecar: Sidecar = Sidecar()
    html: HtmlMeta | None = None


@dataclass(frozen=True, slots=True)
class Evidence:
    """The span that gave a tag. The stages fill repaired coordinates; in a `Bulletin` they are received coordinates and
    `text` is the received text there. `where` is `text`, or `sidecar` or `meta` for evidence that stands outside the
    text (then start = end = 0 and `text` quotes it)."""

    start: int
    end: int
    text: str
    where: str = "text"


class Role(StrEnum):
    """Whether a bulletin is about a region, or only names it."""

    PRIMARY = "primary"
    MENTIONED = "mentioned"


@dataclass(frozen=True, slots=True)
class RegionTag:
    """A division (GB/T 2260 code) with the rule and the spans that gave it.

    `level` is province, prefecture or county. `alternatives` are the (code, name) of what its names could have meant
    elsewhere. `at_date` is the unit's (code, name) on the bulletin's day, where it had another (海门市 until 2020).
    """

    code: str
    name: str
    level: str
    role: Role
    rule: str
    evidence: tuple[Evidence, ...]
    alternatives: tuple[tuple[str, str], ...] = ()
    at_date: tuple[str, str] | None = None


@dataclass(frozen=True, slots=True)
class PlaceTag:
    """A place that is no division. `kind` is country, port (of entry) or functional-area; `parent` the GB/T 2260 code
    of the division it lies in, None for countries; `code` the ISO 3166-1 code of a country, None for others."""

    kind: str
    name: str
    parent: str | None
    code: str | None
    rule: str
    evidence: tuple[Evidence, ...]


@dataclass(frozen=True, slots=True)
class Ambiguity:
    """A toponym that the text does not decide: the candidates' codes and names, and where it stands."""

    candidates: tuple[tuple[str, str], ...]
    evidence: tuple[Evidence, ...]


@dataclass(frozen=True, slots=True)
class RegionTags:
    """Tags in order: primary before mentioned, then by first evidence. One tag per code. `others` are the places that
    are no divisions, by first evidence."""

    tags: tuple[RegionTag, ...] = ()
    ambiguous: tuple[Ambiguity, ...] = ()
    others: tuple[PlaceTag, ...] = ()


@dataclass(frozen=True, slots=True)
class DateTag:
    """A date as EDTF (ISO 8601-2), its bounds as ISO days, and why. `role` is publication, event, window or cited.

    `alternatives` are the other answers that were found and not taken, as (EDTF, rule), the strongest first.
    """

    edtf: str
    earliest: str
    latest: str
    role: str
    rule: str
    evidence: tuple[Evidence, ...]
    alternatives: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class DateTags:
    """The day of publication, if the text supports one, and the days of its events, in order of the days."""

    published: DateTag | None = None
    events: tuple[DateTag, ...] = ()


KINDS = ("situation-report", "notice", "press-conference", "meeting", "policy", "news", "commentary")


@dataclass(frozen=True, slots=True)
class Genre:
    """Who issued a bulletin, under which document number, and what kind of text it is.

    `kind` is one of `KINDS`, or None where the text does not say.
    """

    kind: str | None = None
    issuer: str | None = None
    doc_number: str | None = None
    evidence: dict[str, tuple[Evidence, ...]] = field(default_factory=dict)


# --- the whole -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Bulletin:
    """One bulletin with all that is known of it. Evidence spans are in received coordinates."""

    received: Received
    repaired: Repaired
    scripts: Scripts
    reading: Reading
    regions: RegionTags
    dates: DateTags
    genre: Genre

    @property
    def id(self) -> str:
        return self.received.id

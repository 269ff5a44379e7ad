"""Genre: what kind of text a bulletin is, who issued it, and its document number; by the rules of `data/genre.toml`."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from tongbao.model import Block, BlockKind, Document, Evidence, Genre

Span = tuple[int, int]

# The sum of weights below which a text has no kind.
_THRESHOLD = 2
# So much of a zone is read: the rules look for openings and formulas, not for everything.
_LIMIT = 20_000


@dataclass(frozen=True, slots=True)
class Rule:
    """`kind` gains `weight` where `pattern` is found in `zone`."""

    kind: str
    zone: str
    weight: int
    pattern: re.Pattern[str]


@dataclass(frozen=True, slots=True)
class Table:
    """`data/genre.toml`, compiled."""

    rules: tuple[Rule, ...]
    signed: re.Pattern[str]
    broken: tuple[str, ...]
    labelled: re.Pattern[str]
    titled: re.Pattern[str]
    told: re.Pattern[str]
    told_first: re.Pattern[str]
    head_number: re.Pattern[str]
    lead_number: re.Pattern[str]


@cache
def _table() -> Table:
    data = tomllib.loads(files("tongbao.data").joinpath("genre.toml").read_text("utf-8"))
    body, number = data["organisation"], data["number"]
    suffix = "|".join(sorted(body["suffixes"], key=len, reverse=True))
    name = rf"[^。;!?,、:|《》“”\"\s\d从]{{2,40}}?(?:{suffix})"

    def told(verbs: Sequence[str]) -> re.Pattern[str]:
        return re.compile(rf"(?:^|[,。;:日从] ?)[经据由在]?({name})(?={'|'.join(verbs)})")

    return Table(
        rules=tuple(Rule(r["kind"], r["zone"], r["weight"], re.compile(r["pattern"])) for r in data["rule"]),
        signed=re.compile(rf"(?:{suffix})$"),
        broken=tuple(body["broken"]),
        labelled=re.compile(rf"(?:{'|'.join(body['labels'])})[: ]{{1,3}}([^\s|,;]{{2,40}})"),
        titled=re.compile(rf"^({name})(?={'|'.join(body['title_after'])})"),
        told=told(body["lead_after"]),
        told_first=told([*body["lead_after"], *body["first_after"]]),
        head_number=re.compile(number["head"]),
        lead_number=re.compile(number["lead"]),
    )


def classify(document: Document) -> Genre:
    """Kind, issuer and document number of a document, each with the spans that gave it (repaired coordinates)."""
    zones = _zones(document)
    kind, kind_spans = _kind(document, zones)
    issuer = _issuer(document, zones)
    number = _number(document, zones)
    evidence = {"kind": kind_spans, "issuer": issuer, "doc_number": number}
    return Genre(
        kind=kind,
        issuer="".join(document.text[a:b] for a, b in issuer) or None,
        doc_number="".join(document.text[a:b] for a, b in number) or None,
        evidence={name: _evidence(document, spans) for name, spans in evidence.items() if spans},
    )


def _evidence(document: Document, spans: Iterable[Span]) -> tuple[Evidence, ...]:
    return tuple(Evidence(a, b, document.text[a:b]) for a, b in spans)


_ZONES = {
    BlockKind.TITLE: "title",
    BlockKind.SUBTITLE: "title",
    BlockKind.HEADER: "header",
    BlockKind.PARAGRAPH: "body",
    BlockKind.HEADING: "body",
    BlockKind.SIGNOFF: "end",
}


def _zones(document: Document) -> dict[str, list[Span]]:
    """The spans of each zone, in order; `lead` holds the first two paragraphs again."""
    zones: dict[str, list[Span]] = {name: [] for name in ("title", "header", "lead", "body", "end")}
    for block in document.reading.blocks or _lines(document.text):
        if block.kind in _ZONES:
            zones[_ZONES[block.kind]].append((block.start, block.end))
    zones["lead"] = zones["body"][:2]
    return zones


def _lines(text: str) -> Iterator[Block]:
    """For a text without structure: its first line is the title, the others are paragraphs."""
    for i, match in enumerate(re.finditer(r"\S[^\n]*", text)):
        yield Block(BlockKind.PARAGRAPH if i else BlockKind.TITLE, match.start(), match.end())


def _kind(document: Document, zones: dict[str, list[Span]]) -> tuple[str | None, list[Span]]:
    """The kind with the highest sum, and the spans of its rules."""
    found: dict[str, list[tuple[int, Span]]] = {}
    for rule in _table().rules:
        if span := _first(rule.pattern, document.folded, zones[rule.zone]):
            found.setdefault(rule.kind, []).append((rule.weight, span))
        else:
            found.setdefault(rule.kind, [])
    best = max(found, key=lambda kind: sum(weight for weight, _ in found[kind]))
    if sum(weight for weight, _ in found[best]) < _THRESHOLD:
        return None, []
    return best, list(dict.fromkeys(span for _, span in found[best]))


def _first(pattern: re.Pattern[str], folded: str, spans: Sequence[Span]) -> Span | None:
    read = 0
    for start, end in spans:
        end = min(end, start + _LIMIT - read)
        if match := pattern.search(folded[start:end]):
            return start + match.start(), start + match.end()
        read += end - start
        if read >= _LIMIT:
            break
    return None


def _issuer(document: Document, zones: dict[str, list[Span]]) -> list[Span]:
    """The spans of the issuer's name: of the sign-off, else a header field, the title, or the first sentences."""
    table, folded = _table(), document.folded
    if signed := _signed(folded, zones["end"]):
        return signed
    for pattern, spans in (
        (table.labelled, zones["header"]),
        (table.titled, zones["title"]),
        (table.told_first, zones["lead"][:1]),
        (table.told, zones["lead"]),
    ):
        for start, end in spans:
            # `search` with a start keeps ^ at the start of the text: match in a slice.
            if match := pattern.search(folded[start : min(end, start + 400)]):
                return [(start + match.start(1), start + match.end(1))]
    return []


_DATE_TAIL = re.compile(r"[ \t ]*(?:[〇零○一二三四五六七八九十\d]{2,4} ?年|年).{0,24}$")


def _signed(folded: str, spans: Sequence[Span]) -> list[Span]:
    """The first line of the sign-off that ends as a body's name does, with the line above where the name is broken."""
    table = _table()
    for i, (start, end) in enumerate(spans):
        line = _DATE_TAIL.sub("", folded[start:end])
        if not (2 < len(line) <= 60) or not table.signed.search(line):
            continue
        name = [(start, start + len(line))]
        if i and folded[slice(*spans[i - 1])].endswith(table.broken) and spans[i - 1][1] - spans[i - 1][0] <= 30:
            name.insert(0, spans[i - 1])
        return name
    return []


def _number(document: Document, zones: dict[str, list[Span]]) -> list[Span]:
    """The span of the document's own number; numbers that only the body cites are not its own."""
    table, folded = _table(), document.folded
    for start, end in [*zones["title"], *zones["header"]]:
        if end - start <= 120 and (match := table.head_number.search(folded[start:end])):
            return [(start + match.start(), start + match.end())]
    for start, end in zones["lead"]:
        if match := table.lead_number.search(folded[start : min(end, start + 400)]):
            return [(start + match.start(1), start + match.end(1))]
    return []

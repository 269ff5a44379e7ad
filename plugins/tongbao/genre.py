"""Genre: what kind of text a bulletin is, who issued it, and its document number; by the rules of `data/genre.toml`."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from itertools import islice

from tongbao.model import Block, BlockKind, Document, Evidence, Genre
from tongbao.patterns import regex

Span = tuple[int, int]

# The sum of weights below which a text has no kind.
_THRESHOLD = 2
# So much of a zone is read: the rules look for openings and formulas, not for everything.
_LIMIT = 20_000


@dataclass(frozen=True, slots=True)
class Rule:
    """`kind` gains `weight` where `pattern` is found in `zone` at least `times` times."""

    kind: str
    zone: str
    weight: int
    pattern: re.Pattern[str]
    times: int


@dataclass(frozen=True, slots=True)
class Table:
    """`data/genre.toml`, compiled."""

    rules: tuple[Rule, ...]
    signed: re.Pattern[str]
    broken: tuple[str, ...]
    labelled: re.Pattern[str]
    letterhead: re.Pattern[str]
    titled: re.Pattern[str]
    about: re.Pattern[str]
    speaks: re.Pattern[str]
    convenes: re.Pattern[str]
    passed_on: re.Pattern[str]
    asked: re.Pattern[str]
    decides: re.Pattern[str]
    head_number: re.Pattern[str]
    lead_number: re.Pattern[str]


# What may stand before the first words of a text: a dateline with its reporters, and when it was.
_WHEN = (
    r"(?:(?:\d{4}年)?\d{1,2}月)?\d{1,2}日(?:\([^()]{1,8}\))?|[一二三四五六七八九十]{1,2}月[一二三四五六七八九十]{1,3}日"
    r"|[上下中]午|晚上?|凌晨|傍晚|深夜|\d{1,2}[时点:](?:\d{2}分?)?许?|[今昨][日天早晚]|近日|日前|刚刚"
)
_OPENING = (
    r"^(?:[^。,]{0,24}(?:网|报|社|日|台)[^。,]{0,14}[电讯][ :,]?)?(?: ?\([^()]{0,60}\))? ?"
    rf"(?:(?:{_WHEN})[, ]{{0,2}})*"
)


@cache
def _table() -> Table:
    data = tomllib.loads(files("tongbao.data").joinpath("genre.toml").read_text("utf-8"))
    body, number = data["organisation"], data["number"]
    suffix, vague = "|".join(sorted(body["suffixes"], key=len, reverse=True)), "|".join(body["vague"])
    # No name begins or goes on behind a mark, a digit, or 从: 记者从市政府获悉.
    name = rf"(?!{vague})[^。;!?,、:|《》“”\"\s\d从]{{2,40}}?(?:{suffix})"

    def opens(verbs: Sequence[str]) -> re.Pattern[str]:
        return regex(rf"{_OPENING}({name})(?:{_WHEN}|[, ])*(?={'|'.join(verbs)})")

    return Table(
        rules=tuple(
            Rule(r["kind"], r["zone"], r["weight"], regex(r["pattern"]), r.get("times", 1)) for r in data["rule"]
        ),
        signed=regex(rf"(?:{suffix})$"),
        broken=tuple(body["broken"]),
        labelled=regex(rf"(?:{'|'.join(body['labels'])})[: ]{{1,3}}([^\s|,;]{{2,40}})"),
        letterhead=regex(rf"^({name})(?:文件|公告|通告|通知)?$"),
        titled=regex(rf"^({name})(?={'|'.join([*body['title_after'], *body['convened']])})"),
        about=regex(body["about"]),
        speaks=opens(body["lead_after"]),
        convenes=opens(body["convened"]),
        passed_on=opens(body["told_by_news"]),
        asked=regex(rf"^[^。]{{0,120}}记者[^。,]{{0,8}}从({name})(?=获悉|了解到)"),
        decides=regex(rf"^[^。]{{0,200}}(?:经|,)({name})(?=(?:批准|同意|研究),?(?:研究)?决定|决定[,:将自对])"),
        head_number=regex(number["head"]),
        lead_number=regex(number["lead"]),
    )


def classify(document: Document) -> Genre:
    """Kind, issuer and document number of a document, each with the spans that gave it (repaired coordinates)."""
    zones = _zones(document)
    kind, kind_spans = _kind(document, zones)
    issuer = _issuer(document.folded, zones, kind)
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
    sums: dict[str, int] = {}
    shown: dict[str, list[Span]] = {}
    for rule in _table().rules:
        found = list(islice(_matches(rule.pattern, document.folded, zones[rule.zone]), rule.times))
        enough = len(found) == rule.times
        sums[rule.kind] = sums.get(rule.kind, 0) + rule.weight * enough
        shown.setdefault(rule.kind, []).extend(found if enough else ())
    best = max(sums, key=lambda kind: sums[kind])
    return (best, list(dict.fromkeys(shown[best]))) if sums[best] >= _THRESHOLD else (None, [])


def _matches(pattern: re.Pattern[str], folded: str, spans: Sequence[Span]) -> Iterator[Span]:
    """Where the pattern is found in the first `_LIMIT` characters of a zone."""
    read = 0
    for start, end in spans:
        end = min(end, start + _LIMIT - read)
        for match in pattern.finditer(folded[start:end]):
            yield start + match.start(), start + match.end()
        read += end - start
        if read >= _LIMIT:
            break


def _issuer(folded: str, zones: dict[str, list[Span]], kind: str | None) -> list[Span]:
    """The spans of the issuer's name: of the sign-off, else a header field, the title, or the opening of the text.

    A body that is named anywhere else is one that the text is about."""
    table, title, lead = _table(), zones["title"], zones["lead"]
    if signed := _signed(folded, zones["end"]):
        return signed
    head = [(table.labelled, zones["header"]), (table.titled, title)]
    if found := _name(folded, head) or _letterhead(folded, title):
        return found
    if kind == "commentary" or any(table.about.search(folded[a:b]) for a, b in title):
        return []
    told = [(table.convenes, lead[:1]), (table.asked, lead[:1])]
    if kind == "news":
        return _name(folded, [(table.passed_on, lead[:1]), *told])
    # What was done upon a decision is told by whoever decided only where the text is the decision.
    decided = [(table.decides, lead[:1])] if kind == "notice" else []
    later = lead if kind in ("notice", "situation-report") else lead[:1]
    return _name(folded, [(table.speaks, later), *told, *decided])


def _name(folded: str, places: Sequence[tuple[re.Pattern[str], Sequence[Span]]]) -> list[Span]:
    """The span of the first group of the first pattern that is found in its zone."""
    for pattern, spans in places:
        for start, end in spans:
            # `search` with a start keeps ^ at the start of the text: match in a slice.
            if match := pattern.search(folded[start : min(end, start + 400)]):
                return [(start + match.start(1), start + match.end(1))]
    return []


def _letterhead(folded: str, title: Sequence[Span]) -> list[Span]:
    """A line of the title that is a body's name and nothing else, with the line above where the name is broken."""
    table = _table()
    for i, (start, end) in enumerate(title):
        if end - start > 60 or not (match := table.letterhead.match(folded[start:end])):
            continue
        name = [(start, start + match.end(1))]
        return [title[i - 1], *name] if i and folded[slice(*title[i - 1])].endswith(table.broken) else name
    return []


_DATE_TAIL = regex(r"[ \t ]*(?:[〇零○一二三四五六七八九十\d]{2,4} ?年|年).{0,24}$")


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

"""Citations of a bulletin: GB/T 7714—2015, BibTeX, RIS and CSL-JSON. What is not known is left out, never guessed.

Each citation names the text that was read: its view, the number of its repairs and the build that made it.

A build has no clock and may not know its address, so a citation is a run of `Piece`s: what the build knows, and slots
for what only the reader's browser knows, the day of access and the address of the page. A page shows the text of the
pieces alone, which is a whole citation, and gives each slot to its script as an empty element with `fill` as an
attribute.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from itertools import takewhile
from types import MappingProxyType
from typing import Any

from tongbao.export.marks import plain

RECEIVED = "received"
VIEWS = (RECEIVED, "collated", "hans", "hant")


@dataclass(frozen=True, slots=True)
class Cited:
    """One text of one bulletin, as it is cited.

    `language` is the tag of the text: zh-Hans, zh-Hant, or zh for a text as received. `kind` is one of `model.Genre`.
    `published` is EDTF; a notation that is not understood counts as no date. `original` is the address that the text
    was fetched from; `address` is this view's own page, absolute, or None while the site's address is not known.
    `view` is one of `VIEWS`; `repairs` counts those of the bulletin, also where the view does not show them;
    `punctuation` counts the marks that the view shows restored, none where it shows them as received. `damage` is in
    0..1. `build` names the version and digest of code and text.
    """

    id: str
    title: str
    language: str
    archive: str
    sha256: str
    view: str
    repairs: int
    damage: float
    build: str
    issuer: str | None = None
    site: str | None = None
    number: str | None = None
    kind: str | None = None
    published: str | None = None
    original: str | None = None
    fetched: date | None = None
    address: str | None = None
    punctuation: int = 0


@dataclass(frozen=True, slots=True)
class Words:
    """The words of a note in one language. `views` has a name for each of `VIEWS`; the others are patterns: `{n}` is a
    number of repairs or marks, `{percent}` one of per cent, `{value}` what the note tells."""

    note: str
    views: Mapping[str, str]
    repaired: str
    unrepaired: str
    punctuation: str
    damage: str
    build: str
    archive: str
    site: str
    original: str
    fetched: str
    sha256: str
    between: str
    end: str


_HANS = Words(
    note="注: ",
    views=MappingProxyType({"received": "原貌", "collated": "校订", "hans": "简体", "hant": "繁体"}),
    repaired="修复 {n} 处",
    unrepaired="未计入修复 {n} 处",
    punctuation="标点恢复 {n} 处",
    damage="破损 {percent}%",
    build="版本 {value}",
    archive="{value}",
    site="来源 {value}",
    original="原网址 {value}",
    fetched="抓取于 {value}",
    sha256="所收文件 SHA-256 {value}",
    between="; ",
    end=".",
)
_HANT = Words(
    note="註: ",
    views=MappingProxyType({"received": "原貌", "collated": "校訂", "hans": "簡體", "hant": "繁體"}),
    repaired="修復 {n} 處",
    unrepaired="未計入修復 {n} 處",
    punctuation="標點恢復 {n} 處",
    damage="破損 {percent}%",
    build="版本 {value}",
    archive="{value}",
    site="來源 {value}",
    original="原網址 {value}",
    fetched="抓取於 {value}",
    sha256="所收檔案 SHA-256 {value}",
    between="; ",
    end=".",
)
_ENGLISH = Words(
    note="Note: ",
    views=MappingProxyType(
        {"received": "as received", "collated": "repaired text", "hans": "Simplified text", "hant": "Traditional text"}
    ),
    repaired="repairs: {n}",
    unrepaired="repairs not applied: {n}",
    punctuation="punctuation marks restored: {n}",
    damage="damage: {percent}%",
    build="build {value}",
    archive="{value}",
    site="source: {value}",
    original="original address: {value}",
    fetched="fetched {value}",
    sha256="SHA-256 of the received file: {value}",
    between="; ",
    end=".",
)

# By language tag. A text as received has no script of its own: it gets the words of the default language, unless the
# page says otherwise.
WORDS: Mapping[str, Words] = MappingProxyType({"zh-Hans": _HANS, "zh-Hant": _HANT, "zh": _HANS, "en": _ENGLISH})


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of a citation: `text`, or a slot, whose text is empty and whose `fill` is the pattern of what a script
    writes there. In a pattern `$Y`, `$M` and `$D` stand for the year, month and day of access (four and two digits),
    `$m` and `$d` for the latter without a leading zero, `$U` for the address of the page without its query, and with
    the paragraph that is open in it, `$P` for that paragraph alone (`#p8`), or nothing."""

    text: str
    fill: str = ""


_PARAGRAPH = "$P"


# --- what is known ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Issued:
    """A date of publication: year, month and day as far as they are known; `last` is that of an interval's end.
    Not `sure` where the date is uncertain or approximate."""

    first: tuple[int, ...]
    last: tuple[int, ...] | None = None
    sure: bool = True

    @property
    def certain(self) -> tuple[int, ...]:
        """The year, month and day that hold in any case: those that an interval's ends share; () of an unsure date."""
        if not self.sure:
            return ()
        if self.last is None:
            return self.first
        pairs = zip(self.first, self.last, strict=False)
        return tuple(a for a, _ in takewhile(lambda pair: pair[0] == pair[1], pairs))


# A year, a month and a day; the parts that are not specified (XX) are not known.
_DATE = re.compile(r"(\d{4})(?:-(\d\d)(?:-(\d\d|XX))?|-XX(?:-(?:\d\d|XX))?)?([?~%]?)", re.ASCII)


def issued(edtf: str | None) -> Issued | None:
    """The date of an EDTF string: a day, month or year, or an interval of them, with `?`, `~` or `%`. None of anything
    else (open intervals, sets, decades), of which too little is known for a citation."""
    ends = [_end(part) for part in edtf.split("/")] if edtf else []
    if not 1 <= len(ends) <= 2 or not all(ends):
        return None
    (first, sure), *rest = (end for end in ends if end)
    if not rest:
        return Issued(first, None, sure)
    last, also_sure = rest[0]
    return Issued(first, last if last != first else None, sure and also_sure)


def is_report(cited: Cited) -> bool:
    """Whether it is cited as a report; else as a page of the web. A document number makes any text a report."""
    return cited.kind in _REPORTS or cited.number is not None


# The kinds that an office issues; news and commentaries are a paper's, and of an unknown kind nothing is claimed.
_REPORTS = frozenset({"meeting", "notice", "situation-report", "press-conference", "policy"})


def note(cited: Cited, words: Words | None = None) -> str:
    """What a reader of a citation must know of the text: archive, view, numbers of repairs and of marks of punctuation
    restored, build, original address."""
    words = words or WORDS[cited.language]
    return words.between.join([*_edition(cited, words), *_filled_in(words.original, cited.original)])


def full_note(cited: Cited, words: Words | None = None) -> str:
    """`note`, and what checks it: damage, source, day of fetching and digest of the received file."""
    words = words or WORDS[cited.language]
    told = [
        *_edition(cited, words),
        words.damage.format(percent=f"{cited.damage * 100:.1f}"),
        *_filled_in(words.site, cited.site),
        *_filled_in(words.original, cited.original),
        *_filled_in(words.fetched, cited.fetched.isoformat() if cited.fetched else None),
        *_filled_in(words.sha256, cited.sha256),
    ]
    return words.between.join(told)


def line(text: str) -> str:
    """The text on one line, its invisible and direction-turning characters written out."""
    return plain(" ".join(text.split()))


def iso(parts: tuple[int, ...]) -> str:
    """`2021-12-24`, `2021-12` or `2021`."""
    return "-".join(f"{part:0{width}}" for part, width in zip(parts, (4, 2, 2), strict=False))


# --- GB/T 7714—2015 --------------------------------------------------------------------------------------------------


def gbt7714_pieces(cited: Cited, words: Words | None = None) -> tuple[Piece, ...]:
    """An entry for an electronic resource, in the numeric system and without its number: 责任者. 题名: 文号[R/OL].
    (发布日期)[引用日期]. 获取路径. An unknown issuer is left out, as the numeric system has it; an unsure date stands
    in square brackets, as estimated ones do. The note follows the entry."""
    words = words or WORDS[cited.language]
    when = issued(cited.published)
    number = f": {line(cited.number)}" if cited.number else ""
    head = f"{line(cited.issuer)}. " if cited.issuer else ""
    head += f"{line(cited.title)}{number}[{'R' if is_report(cited) else 'EB'}/OL]"
    if when:
        span = iso(when.first) + (f"/{iso(when.last)}" if when.last else "")
        head += f". ({span if when.sure else f'[{span}]'})"
    return (
        Piece(head),
        Piece("", "[$Y-$M-$D]" if when else ". [$Y-$M-$D]"),
        *_located(cited, ". ", ""),
        Piece(f". {words.note}{note(cited, words)}{words.end}"),
    )


# --- BibTeX ----------------------------------------------------------------------------------------------------------

# Braces by name: BibTeX counts them even behind a backslash.
_TEX = str.maketrans(
    {
        "\\": r"\textbackslash{}",
        "{": r"\textbraceleft{}",
        "}": r"\textbraceright{}",
        "~": r"\textasciitilde{}",
        "^": r"\textasciicircum{}",
        **{c: f"\\{c}" for c in "%#$&_"},
    }
)
# What TeX's fonts would join into one sign: dashes, doubled quotes, turned marks.
_LIGATURE = re.compile("([-'`,<>?!])(?=[-'`,<>])")
_VERBATIM = str.maketrans({"{": "%7B", "}": "%7D", "\\": "%5C"})


def bibtex_pieces(cited: Cited, words: Words | None = None) -> tuple[Piece, ...]:
    """An entry for BibTeX and biblatex: @techreport where the issuer and a certain year are known, which it must have,
    else @online. `date` (biblatex) has all that is known of the date, `year` and `month` what is certain."""
    when = issued(cited.published)
    certain = when.certain if when else ()
    report = is_report(cited) and bool(cited.issuer and certain)
    fields = {
        "author": f"{{{_tex(cited.issuer)}}}" if cited.issuer else "",
        "title": _tex(cited.title),
        "institution": _tex(cited.issuer) if report and cited.issuer else "",
        "organization": _tex(cited.site) if not report and cited.site else "",
        "number": _tex(cited.number) if cited.number else "",
        "year": iso(certain[:1]),
        "month": str(certain[1]) if len(certain) > 1 else "",
        "date": cited.published if when and cited.published else "",
        "langid": "chinese",
        "note": _tex(note(cited, words)),
    }
    head = f"@{'techreport' if report else 'online'}{{{_key(cited)},\n"
    return (
        Piece(head + "".join(f"  {name} = {{{value}}},\n" for name, value in fields.items() if value)),
        *_located(cited, "  url = {", "},\n", lambda address: address.translate(_VERBATIM)),
        Piece("", "  urldate = {$Y-$M-$D},\n"),
        Piece("}\n"),
    )


# --- RIS -------------------------------------------------------------------------------------------------------------


def ris_pieces(cited: Cited, words: Words | None = None) -> tuple[Piece, ...]:
    """A record of RIS, with the line ends that it asks for (CR LF). Of the date it has what is certain."""
    report = is_report(cited)
    when = issued(cited.published)
    certain = when.certain if when else ()
    fields = [
        ("TY", "RPRT" if report else "ELEC"),
        ("ID", _key(cited)),
        ("AU", cited.issuer),
        ("TI", cited.title),
        ("PY", iso(certain[:1])),
        ("DA", "/".join([*(iso(certain).split("-")), "", "", ""][:3]) + "/" if certain else None),
        ("PB", cited.issuer if report else None),
        ("T2", None if report else cited.site),
        ("SN", cited.number),
        ("LA", cited.language),
        ("DB", cited.archive),
        ("AN", cited.id),
        ("N1", full_note(cited, words)),
    ]
    return (
        Piece("".join(f"{tag}  - {line(value)}\r\n" for tag, value in fields if value)),
        *_located(cited, "UR  - ", "\r\n"),
        Piece("", "Y2  - $Y/$M/$D/\r\n"),
        Piece("ER  - \r\n"),
    )


# --- CSL-JSON --------------------------------------------------------------------------------------------------------


def csl_item(cited: Cited, words: Words | None = None, accessed: date | None = None) -> dict[str, Any]:
    """One item of CSL-JSON. The archive is its `source`: styles take `archive` and `publisher` for signs of a printed
    copy, and then leave out the day."""
    report = is_report(cited)
    when = issued(cited.published)
    item: dict[str, Any] = {
        "id": _key(cited),
        "type": "report" if report else "webpage",
        "title": line(cited.title),
        "author": [{"literal": line(cited.issuer)}] if cited.issuer else None,
        "container-title": line(cited.site) if cited.site and not report else None,
        "number": line(cited.number) if cited.number else None,
        "issued": _csl_date(when) if when else None,
        "language": cited.language,
        "source": line(cited.archive),
        "note": full_note(cited, words),
        "URL": line(cited.address) if cited.address else None,
        "accessed": {"date-parts": [[accessed.year, accessed.month, accessed.day]]} if accessed else None,
    }
    return {name: value for name, value in item.items() if value is not None}


def csl_json_pieces(cited: Cited, words: Words | None = None) -> tuple[Piece, ...]:
    """A list of the one item, as references are exchanged."""
    item = csl_item(replace(cited, address=None), words)
    fields = ",\n".join(f'    "{name}": {json.dumps(value, ensure_ascii=False)}' for name, value in item.items())
    return (
        Piece(f"[\n  {{\n{fields}"),
        *_located(cited, ',\n    "URL": "', '"', lambda address: json.dumps(line(address), ensure_ascii=False)[1:-1]),
        Piece("", ',\n    "accessed": {"date-parts": [[$Y, $m, $d]]}'),
        Piece("\n  }\n]\n"),
    )


# --- whole citations -------------------------------------------------------------------------------------------------

# By name, in the order that a page shows them.
FORMATS: Mapping[str, Callable[[Cited, Words | None], tuple[Piece, ...]]] = MappingProxyType(
    {"gbt7714": gbt7714_pieces, "bibtex": bibtex_pieces, "ris": ris_pieces, "csl-json": csl_json_pieces}
)


def write(pieces: Iterable[Piece], accessed: date | None = None, address: str | None = None) -> str:
    """The citation as text: as a page shows it, or with its slots filled as the page's script fills them. A slot stays
    empty where its value is None. `address` is one as a browser gives it, without quotes, braces and white space."""
    return "".join(_filled(pieces, accessed, address))


def _filled(pieces: Iterable[Piece], accessed: date | None, address: str | None) -> Iterator[str]:
    for piece in pieces:
        yield piece.text
        if piece.fill and "$U" in piece.fill:
            yield piece.fill.replace("$U", address) if address else ""
        elif piece.fill and piece.fill != _PARAGRAPH and accessed:
            parts = {"$Y": f"{accessed.year:04}", "$M": f"{accessed.month:02}", "$D": f"{accessed.day:02}"}
            parts |= {"$m": str(accessed.month), "$d": str(accessed.day)}
            yield re.sub(r"\$[YMDmd]", lambda match, parts=parts: parts[match[0]], piece.fill)  # type: ignore[misc]


def _located(cited: Cited, before: str, after: str, written: Callable[[str], str] | None = None) -> tuple[Piece, ...]:
    """The address, or the slot for it; of the page's own view it may go on to a paragraph."""
    if not cited.address:
        return (Piece("", f"{before}$U{after}"),)
    paragraph = () if "#" in cited.address else (Piece("", _PARAGRAPH),)
    return (Piece(before + (written or line)(cited.address)), *paragraph, *([Piece(after)] if after else []))


def _edition(cited: Cited, words: Words) -> list[str]:
    repairs = words.unrepaired if cited.view == RECEIVED else words.repaired
    return [
        *_filled_in(words.archive, cited.archive),
        words.views[cited.view],
        repairs.format(n=cited.repairs),
        *([words.punctuation.format(n=cited.punctuation)] if cited.punctuation else []),
        *_filled_in(words.build, cited.build),
    ]


def _filled_in(pattern: str, value: str | None) -> list[str]:
    return [pattern.format(value=line(value))] if value else []


def _end(text: str) -> tuple[tuple[int, ...], bool] | None:
    """One end of an interval, and whether it is sure."""
    match = _DATE.fullmatch(text)
    if not match:
        return None
    parts = tuple(int(part) for part in match.groups()[:3] if part and part != "XX")
    try:
        date(*parts, *(1, 1)[len(parts) - 1 :])
    except ValueError:  # seasons, and days that no month has
        return None
    return parts, not match[4]


def _csl_date(when: Issued) -> dict[str, Any]:
    parts = [list(when.first), *([list(when.last)] if when.last else [])]
    return {"date-parts": parts} if when.sure else {"date-parts": parts, "circa": True}


def _tex(text: str) -> str:
    return _LIGATURE.sub(r"\1{}", line(text).translate(_TEX))


def _key(cited: Cited) -> str:
    """A key that BibTeX and its kin take: the id, or where it has other characters, its digest; and the view, since two
    views may be cited side by side."""
    plain_id = re.fullmatch(r"[A-Za-z0-9._-]+", cited.id)
    name = cited.id if plain_id else hashlib.sha256(cited.id.encode("utf-8", "surrogatepass")).hexdigest()[:16]
    return f"tongbao-{name}-{cited.view}"

"""What is searched: one value a bulletin, the order of the document numbers, and days."""

from __future__ import annotations

import hashlib
import re
from calendar import monthrange
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from tongbao.search.errors import SearchIndexError

_SURROGATE = re.compile("[\ud800-\udfff]")
_DAY = re.compile(r"([0-9]{4})(?:-([0-9]{2})(?:-([0-9]{2}))?)?")


@dataclass(frozen=True, slots=True)
class SearchDocument:
    """One bulletin as the search sees it.

    `text` is the whole repaired text, `hans` and `hant` its two scripts, all of one length; `repairs` are the spans of
    `text` that an edit made, sorted. `published` holds the first and the last ISO day that the publication date allows,
    or is None. `regions` are the codes of every region of the bulletin and of all their ancestors.
    """

    id: str
    title: str
    text: str
    title_hans: str
    title_hant: str
    hans: str
    hant: str
    published: tuple[str, str] | None = None
    regions: tuple[str, ...] = ()
    script: str = "Hans"
    kind: str | None = None
    repairs: tuple[tuple[int, int], ...] = ()


def in_order(documents: Iterable[SearchDocument]) -> tuple[SearchDocument, ...]:
    """The documents by number: by date, those without a date last, then by id.

    Raises SearchIndexError for an id that occurs twice and for texts or days that break the rules of `SearchDocument`.
    """
    ordered = tuple(sorted(documents, key=lambda d: (d.published is None, d.published or ("", ""), d.id)))
    seen: set[str] = set()
    for document in ordered:
        fault = _fault(document, seen)
        if fault:
            raise SearchIndexError(f"bulletin {document.id!r}", fault, "correct what hands it to the index")
        seen.add(document.id)
    return ordered


def _fault(document: SearchDocument, seen: set[str]) -> str | None:
    if document.id in seen:
        return "its id occurs twice"
    if not len(document.text) == len(document.hans) == len(document.hant):
        return "its text and the two scripts differ in length"
    if is_torn(document.title) or is_torn(document.text):
        return "its text holds half a surrogate pair"
    try:
        days = [date.fromisoformat(day) for day in document.published or ()]
    except ValueError as error:
        return f"a day of publication can't be read ({error})"
    edges = [edge for span in document.repairs for edge in span]
    if edges != sorted(edges) or (edges and not 0 <= edges[0] <= edges[-1] <= len(document.text)):
        return "its repairs overlap, are out of order or outside of its text"
    return "its publication ends before it begins" if days and days[1] < days[0] else None


def is_torn(text: str) -> bool:
    """Whether a text holds half a surrogate pair, which no encoding can write."""
    return bool(_SURROGATE.search(text))


def digest(documents: Sequence[SearchDocument], *more: str) -> str:
    """SHA-256, in hex, of the documents in order and of whatever else decides what the index holds."""
    total = hashlib.sha256("\0".join(more).encode())
    for document in documents:
        for value in (getattr(document, name) for name in SearchDocument.__slots__):
            data = repr(value).encode()  # which tells None from "None", and writes half surrogates out
            total.update(len(data).to_bytes(8, "little") + data)
    return total.hexdigest()


def first_day(text: str) -> str:
    """The first ISO day of a year, month or day (`2020`, `2020-02`, `2020-02-29`). Raises ValueError."""
    year, month, day = _parts(text)
    return date(year, month or 1, day or 1).isoformat()


def last_day(text: str) -> str:
    """The last ISO day of a year, month or day. Raises ValueError."""
    year, month, day = _parts(text)
    return date(year, month or 12, day or monthrange(year, month or 12)[1]).isoformat()


def _parts(text: str) -> tuple[int, int, int]:
    match = _DAY.fullmatch(text)
    if not match:
        raise ValueError(f"{text!r} is no date; write yyyy, yyyy-mm or yyyy-mm-dd")
    year, month, day = (int(part) if part else 0 for part in match.groups())
    days = monthrange(max(year, 1), month)[1] if 1 <= month <= 12 else 31
    if not year or (match[2] and not 1 <= month <= 12) or (match[3] and not 1 <= day <= days):
        raise ValueError(f"{text!r} is no date; write yyyy, yyyy-mm or yyyy-mm-dd")
    return year, month, day


def date_label(published: tuple[str, str] | None) -> str | None:
    """The shortest ISO form of a publication date: a day, a month, a year, or `first/last`."""
    if published is None:
        return None
    first, last = published
    if first == last:
        return first
    for length in (7, 4):
        part = first[:length]
        if first == first_day(part) and last == last_day(part):
            return part
    return f"{first}/{last}"

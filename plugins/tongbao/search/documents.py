"""What is searched: one value a bulletin, its head, the order of the document numbers, and days."""

from __future__ import annotations

import hashlib
import re
from calendar import monthrange
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from typing import NamedTuple

from tongbao.search.errors import SearchIndexError
from tongbao.search.numbering import numbers

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


class Head(NamedTuple):
    """What places, filters and counts a document, without its text.

    `order` tells documents of one day apart (the path under which a bulletin was received); `length` is the number of
    characters of the text, `digest` covers the whole document.
    """

    id: str
    order: str
    published: tuple[str, str] | None
    regions: tuple[str, ...]
    script: str
    kind: str | None
    repaired: bool
    length: int
    digest: str
    title: str
    title_hans: str
    title_hant: str

    @property
    def place(self) -> str:
        """What a bulletin keeps when its text changes, as far as is known."""
        return self.order or self.id


# Gives the documents of some ids, in their order. It may be called in forked processes.
Load = Callable[[Sequence[str]], Iterable[SearchDocument]]


def head(document: SearchDocument, order: str = "") -> Head:
    """The head of a document. Raises SearchIndexError for one that breaks the rules of `SearchDocument`."""
    fault = _fault(document)
    if fault:
        raise _refused(document.id, fault)
    return Head(
        document.id,
        order,
        document.published,
        document.regions,
        document.script,
        document.kind,
        bool(document.repairs),
        len(document.text),
        digest(document),
        document.title,
        document.title_hans,
        document.title_hant,
    )


def numbered(heads: Iterable[Head]) -> tuple[tuple[Head, ...], tuple[int, ...]]:
    """The heads in the order of their numbers, and these. Raises SearchIndexError for an id that occurs twice."""
    by_id = sorted(heads, key=lambda head: head.id)
    for one, other in pairwise(by_id):
        if one.id == other.id:
            raise _refused(one.id, "its id occurs twice")
    chosen = numbers([head.place for head in by_id])
    order = sorted(range(len(by_id)), key=chosen.__getitem__)
    return tuple(by_id[at] for at in order), tuple(chosen[at] for at in order)


def oldest_first(heads: Iterable[Head]) -> list[Head]:
    """Those without a date, then the others by date; else as they come."""
    return sorted(heads, key=lambda head: head.published or ("", ""))


def _refused(id: str, fault: str) -> SearchIndexError:
    return SearchIndexError(f"bulletin {id!r}", fault, "correct what hands it to the index")


def _fault(document: SearchDocument) -> str | None:
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


def digest(document: SearchDocument) -> str:
    """SHA-256, in hex, of all of a document."""
    total = hashlib.sha256()
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

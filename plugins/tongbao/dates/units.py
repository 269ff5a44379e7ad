"""Divisions as dates: a name that a division took in a known year is no older than it (`data/divisions.tsv`)."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib.resources import files

from tongbao.dates.anchors import LIMIT, ancestors
from tongbao.dates.years import Bound, between
from tongbao.model import Document, Evidence

# Older changes tell nothing about an epidemic that began in 2019.
_SINCE = 2019


@dataclass(frozen=True, slots=True)
class Name:
    """A division's name that came into use in `first`, or was given up in `last`."""

    text: str
    code: str
    first: int | None = None
    last: int | None = None


@cache
def names() -> tuple[Name, ...]:
    """The names with a year of change since 2019."""
    lines = files("tongbao.data").joinpath("divisions.tsv").read_text("utf-8").splitlines()
    out: list[Name] = []
    for row in csv.DictReader((x for x in lines if not x.startswith("#")), delimiter="\t", quoting=csv.QUOTE_NONE):
        former = [(n, int(y)) for n, _, y in (entry.partition("<") for entry in row["former"].split("|") if entry)]
        years = [y for _, y in former] + ([int(row["since"])] if row["since"] else [])
        if years and max(years) >= _SINCE and row["name"] not in dict(former):
            out.append(Name(row["name"], row["code"], first=max(years)))
        out += (Name(n, row["code"], last=y) for n, y in former if y >= _SINCE and len(n) > 2)
    return tuple(out)


def unit_bounds(document: Document, regions: Sequence[str]) -> Iterator[Bound]:
    """A soft bound for each such name, where the text is about the division or one above or below it.

    Soft, because the year of a change is that of the code list, and a former name lives on in habit.
    """
    text, about = document.folded[:LIMIT], set(regions)
    for name in names():
        if name.text not in text or not ({name.code} | ancestors(name.code)) & about:
            continue
        at = text.index(name.text)
        span = (date(name.first, 1, 1), date.max) if name.first else (date.min, date(name.last or 9999, 12, 31))
        shown = Evidence(at, at + len(name.text), document.text[at : at + len(name.text)])
        yield Bound("unit-name", between([span]), (shown,), soft=True)

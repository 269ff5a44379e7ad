"""What the facts that date a text say, for readers: a rule that is a row of a data table is explained by that row."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import cache
from importlib.resources import files


@cache
def facts() -> Mapping[str, str]:
    """{rule: its fact in Simplified Chinese} for the rows of `year_anchors.tsv` and `year_officials.tsv`."""
    known = {row["id"]: row["basis"] for row in _rows("year_anchors.tsv")}
    for row in _rows("year_officials.tsv"):
        office = row["office"].split("|")[0]
        years = f"{row['after'] or '……'}至{row['before'] or '……'}"
        known[f"{row['name']}-{row['office']}"] = f"{row['name']}任{office}，{years}（{row['basis']}）"
    return known


def parts(rule: str) -> list[str]:
    """The rules that a compound one (`dateline+weekday`, `full-name/unique`) is made of."""
    return [rule] if rule in facts() else re.split(r"[+/]", rule)


def _rows(name: str) -> Iterator[dict[str, str]]:
    lines = files("tongbao.data").joinpath(name).read_text("utf-8").splitlines()
    head, *rows = (line.split("\t") for line in lines if line and not line.startswith("#"))
    yield from (dict(zip(head, row, strict=True)) for row in rows)

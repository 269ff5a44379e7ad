"""What the peers of tagging make of a text, as division codes and days.

None of them says what a text is *about*, nor which day is its publication: the adapters give what each finds, in order,
and `tagging` chooses by one simple policy. What a peer fails on raises here and is counted there.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from functools import cache

from evaluate.metrics import quiet
from tongbao.places import divisions, lineage

# jionlp logs each expression that it can't parse.
logging.disable(logging.ERROR)
with quiet():
    import addressparser
    import cpca
    import htmldate
    import jionlp
    from dateparser.search import search_dates

Regions = Callable[[str], Sequence[str]]
Day = Callable[[str], str | None]


# --- regions ---------------------------------------------------------------------------------------------------------


@cache
def _by_path() -> Mapping[tuple[str, ...], str]:
    """{names from the province down: code}."""
    return {tuple(divisions()[c].name for c in reversed(lineage(code))): code for code in divisions()}


def _code(*names: object) -> list[str]:
    """The code of a division given by its names from the province down; nothing where there is none of that name.

    The peers write municipalities twice (北京市, 北京市, 朝阳区), and have divisions of other years.
    """
    path = tuple(dict.fromkeys(n for n in names if isinstance(n, str) and n))
    while path:
        if path in _by_path():
            return [_by_path()[path]]
        path = path[:-1]
    return []


def with_cpca(text: str) -> list[str]:
    """All addresses in the text (`transform_text_with_addrs`); its codes are those of GB/T 2260."""
    frame = cpca.transform_text_with_addrs(text)
    rows = frame[["省", "市", "区"]].itertuples(index=False)
    return [code for row in rows for code in _code(*row)]


def with_addressparser(text: str) -> list[str]:
    """One address a clause, which is what it is made for: the text is cut at marks first."""
    clauses = [c for c in re.split(r"[,，;；。、:：!！?？()（）\s]+", text) if c]
    with quiet():
        frame = addressparser.transform(clauses, cut=False, lookahead=8)
    rows = frame[["省", "市", "区"]].itertuples(index=False)
    return [code for row in rows for code in _code(*row)]


def with_jionlp(text: str) -> list[str]:
    """`recognize_location`: Chinese locations with their counts."""
    found = jionlp.recognize_location(text)["domestic"] or ()
    named = ((_code(place["province"], place["city"], place["county"]), count) for place, count in found)
    return [code for codes, count in named for code in codes * count]


REGIONS: Mapping[str, Regions] = {"cpca": with_cpca, "addressparser": with_addressparser, "jionlp": with_jionlp}


# --- days ------------------------------------------------------------------------------------------------------------

_FULL = re.compile(r"((?:19|20)\d\d)\s*[年./-]\s*(\d{1,2})\s*[月./-]\s*(\d{1,2})")


def first_full_date(text: str) -> str | None:
    """The first date with a year: the plainest rule there is."""
    found = _FULL.search(text)
    return found and "-".join(part.zfill(2) for part in found.groups())


def with_htmldate(text: str) -> str | None:
    """`find_date` on the text as an article of a page, original date, extensive search."""
    paragraphs = "".join(f"<p>{line}</p>" for line in text.split("\n"))
    page = f"<html><body><article>{paragraphs}</article></body></html>"
    return htmldate.find_date(page, original_date=True, extensive_search=True)


def with_dateparser(text: str) -> str | None:
    """The first date that `search_dates` finds in Chinese, days of the past preferred."""
    found = search_dates(text, languages=["zh"], settings={"PREFER_DATES_FROM": "past"})
    return found[0][1].strftime("%Y-%m-%d") if found else None


def with_jionlp_time(text: str) -> str | None:
    """The day of the first point in time that `extract_time` finds."""
    found = jionlp.ner.extract_time(text)
    points = (_day(f["detail"]["time"]) for f in found if f["type"] == "time_point")
    return next(points, None)


def _day(times: Iterable[str]) -> str:
    return datetime.fromisoformat(next(iter(times))).strftime("%Y-%m-%d")


DAYS: Mapping[str, Day] = {
    "first full date": first_full_date,
    "htmldate": with_htmldate,
    "dateparser": with_dateparser,
    "jionlp": with_jionlp_time,
}

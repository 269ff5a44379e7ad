"""The query language, the same as in the browser (`theme/static/js/search/text.js`).

Terms stand between white space and are ANDed. `"..."` keeps white space inside a term, `-term` and `-"..."` exclude.
The query is folded first, so full-width operators work too. A quote opens only at the start of a term and is a
character like any other elsewhere; one that is not closed runs to the end. Empty terms, terms of white space alone, a
lone `-` and repeated terms are dropped: half-typed queries keep giving sensible answers. Without any term left to
include, every bulletin matches.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from tongbao.script import fold

# Unicode's White_Space, written out: Python's and JavaScript's `\s` differ from it and from each other.
WHITE_SPACE = "\\t-\\r \\x85\\xa0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000"
_TERM = re.compile(f'(-?)(?:"([^"]*)(?:"|\\Z)|([^{WHITE_SPACE}]+))')
_BLANK = re.compile(f"[{WHITE_SPACE}]*")


@dataclass(frozen=True, slots=True)
class Query:
    """Folded terms in the order of the query, each once."""

    include: tuple[str, ...]
    exclude: tuple[str, ...]


def parse(text: str) -> Query:
    """Read a query as typed. Every string is a query."""
    terms: dict[bool, dict[str, None]] = {False: {}, True: {}}
    for minus, quoted, bare in _TERM.findall(fold(text)):
        if bare == "-" and not minus:
            continue
        term = quoted or bare
        if not _BLANK.fullmatch(term):
            terms[minus == "-"][term] = None
    return Query(tuple(terms[False]), tuple(terms[True]))

"""Names of persons in a Simplified text, and their Traditional forms: by single characters, not by phrases.

A name is what stands behind a title (县长范国强), in a list begun so, or at a clause's beginning before a verb of
speech (范国强指出), if it begins with a surname. A name of three characters found once is a name wherever it occurs.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import cache
from typing import Any

from tongbao.data import toml
from tongbao.patterns import regex

# Names found in a text beyond this number are let be.
MAX_NAMES = 2_000


def names(hans: str) -> Iterator[tuple[int, str]]:
    """(offset, name) of the names in a Simplified text, in no order; some may come twice."""
    known: dict[str, None] = {}
    for start, name in _in_context(hans):
        yield start, name
        if len(name) > 2 and len(known) < MAX_NAMES:
            known[name] = None
    if known:
        for match in re.finditer("|".join(map(re.escape, known)), hans):
            yield match.start(), match[0]


def traditional(name: str, convert: Callable[[str], str]) -> str:
    """The Traditional form of a name; `convert` does so for a single character."""
    table = _table()
    size = next((len(s) for s in table["compounds"] if name.startswith(s)), 1)
    surname = name if size > 1 else table["surname_forms"].get(name[0]) or convert(name[0])
    given = (table["given_forms"].get(c) or convert(c) for c in name[size:])
    return ("".join(map(convert, name[:size])) if size > 1 else surname) + "".join(given)


def _in_context(hans: str) -> Iterator[tuple[int, str]]:
    after_title, in_list, before_verb = _patterns()
    for match in after_title.finditer(hans):
        yield match.start(1), match[1]
        following = in_list.match(hans, match.end(1))
        while following:
            yield following.start(1), following[1]
            following = in_list.match(hans, following.end(1))
    for match in before_verb.finditer(hans):
        yield match.start(1), match[1]


@cache
def _patterns() -> tuple[re.Pattern[str], re.Pattern[str], re.Pattern[str]]:
    """A name behind a title, a further name of a list, a name before a verb."""
    table = _table()
    surname = f"(?!{_any(table['not_names'])})(?:{_any(table['compounds'])}|[{''.join(table['surnames'].split())}])"
    first = f"(?![{table['not_given']}])[\u3400-\u9fff]"
    ends = f"(?=[^\u3400-\u9fff]|$|{_any(table['verbs'])})"
    name = f"({surname}{first}[\u3400-\u9fff]?{ends})"
    clause = "(?:^|(?<=[\\s,;:!?，。；：！？、“”()（）]))"
    return (
        regex(f"(?:{_any(table['titles'])})[\\s:：]{{0,2}}{name}"),
        regex(f"[\\s、,，和及与]{{1,2}}{name}"),
        regex(f"{clause}({surname}{first}[\u3400-\u9fff]?)(?={_any(table['strong_verbs'])})", re.MULTILINE),
    )


def _any(words: list[str]) -> str:
    return "|".join(map(re.escape, sorted(words, key=len, reverse=True)))


@cache
def _table() -> dict[str, Any]:
    return toml("names.toml")

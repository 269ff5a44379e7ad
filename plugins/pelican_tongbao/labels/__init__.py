"""The site's own words: one table a language, checked for gaps by a test."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping
from functools import cache
from importlib.resources import files
from typing import Any

from tongbao.export import rules
from tongbao.export.urls import LANGUAGES
from tongbao.model import Standard
from tongbao.script import to_hant

_SAID: dict[tuple[str, Standard], str] = {}
# What this build has said. Of what is longer than labels and names (the archive's own pages) only that is remembered.
_NOW: set[tuple[str, Standard]] = set()
_LONG = 100


@cache
def labels(language: str, standard: Standard = Standard.TW) -> dict[str, Any]:
    """The table of a language (`zh-hans`, `zh-hant`, `en`). The Traditional one is written as Taiwan writes; in Hong
    Kong's forms it is the Simplified one, converted."""
    if language == "zh-hant" and standard is not Standard.TW:
        return _converted(labels("zh-hans"), standard)
    return tomllib.loads(files(__package__).joinpath(f"{language}.toml").read_text("utf-8"))


def flat(language: str) -> dict[str, str]:
    """The table of a language under dotted keys: `fields.published`."""
    return dict(_flat(labels(language)))


# What stands for a number, or for a name to be filled in, where words are a key.
_CHANGING = re.compile(r"\{\w+\}|\d[\d.,]*")


def english(standard: Standard = Standard.TW) -> dict[str, str]:
    """The English table for the script of bulletins' pages: under dotted keys, and for what stands there hundreds of
    times, the words of repairs, under `=` and the Chinese words in either script, `#` for what changes in them."""
    table = flat("en")
    for language in LANGUAGES:
        for key, words in _flat(labels(language, standard)):
            if key.startswith(("bulletin.", "rules.")):
                table.setdefault(f"={_CHANGING.sub('#', words)}", table[key])
    return table


@cache
def rule_names(rule: str, language: str, standard: Standard = Standard.TW) -> tuple[str, ...]:
    """The parts of a rule in words: by the language's table, or by the fact that it stands for, which is told in
    Chinese; a part that has neither stands for itself."""
    words = labels(language, standard)["rules"]
    facts = rules.facts()
    return tuple(
        words.get(part) or (say(facts[part], language, standard) if part in facts else part)
        for part in rules.parts(rule)
    )


def say(words: str, language: str, standard: Standard = Standard.TW) -> str:
    """Simplified words in a script of the site: converted where the language is `zh-hant`."""
    if language != "zh-hant":
        return words
    said = _SAID.get((words, standard))
    if len(words) > _LONG:
        _NOW.add((words, standard))
    if said is None:
        _SAID[words, standard] = said = to_hant(words, standard)
    return said


def said() -> dict[tuple[str, str], str]:
    """What to say again next time: {(words, standard): the same in Traditional}."""
    return {
        (words, standard.value): text
        for (words, standard), text in _SAID.items()
        if len(words) <= _LONG or (words, standard) in _NOW
    }


def recall(known: Mapping[tuple[str, str], str]) -> None:
    """Say again what this very code said before, without OpenCC, whose tables take a tenth of a second to load."""
    _SAID.update({(words, Standard(standard)): text for (words, standard), text in known.items()})


def _flat(table: Mapping[str, Any], path: str = "") -> Iterator[tuple[str, str]]:
    for key, value in table.items():
        if isinstance(value, Mapping):
            yield from _flat(value, f"{path}{key}.")
        else:
            yield path + key, value


def _converted(value: Any, standard: Standard) -> Any:
    if isinstance(value, dict):
        return {key: _converted(item, standard) for key, item in value.items()}
    return say(value, "zh-hant", standard) if isinstance(value, str) else value

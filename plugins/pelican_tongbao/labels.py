"""The site's own words: one table in Simplified, converted for the Traditional pages."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any

from tongbao.export import rules
from tongbao.model import Standard
from tongbao.script import to_hant

_SAID: dict[tuple[str, Standard], str] = {}
# What this build has said. Of what is longer than labels and names (the archive's own pages) only that is remembered.
_NOW: set[tuple[str, Standard]] = set()
_LONG = 100


@cache
def labels(language: str, standard: Standard = Standard.TW) -> dict[str, Any]:
    """The table of `labels.toml` in a language (`zh-hans`, or `zh-hant` in the forms of `standard`)."""
    table = tomllib.loads(files("pelican_tongbao").joinpath("labels.toml").read_text("utf-8"))
    return _converted(table, standard) if language == "zh-hant" else table


@cache
def rule_names(rule: str, language: str, standard: Standard = Standard.TW) -> tuple[str, ...]:
    """The parts of a rule in words; a part that has none stands for itself."""
    words = labels("zh-hans")["rules"]
    named = tuple(words.get(part) or rules.facts().get(part) or part for part in rules.parts(rule))
    return tuple(say(name, language, standard) for name in named)


def say(words: str, language: str, standard: Standard = Standard.TW) -> str:
    """Simplified words in a language of the site."""
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


def _converted(value: Any, standard: Standard) -> Any:
    if isinstance(value, dict):
        return {key: _converted(item, standard) for key, item in value.items()}
    return say(value, "zh-hant", standard) if isinstance(value, str) else value

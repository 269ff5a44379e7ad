"""The site's own words: one table in Simplified, converted for the Traditional pages."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib.resources import files
from typing import Any

from tongbao.export import rules
from tongbao.script import to_hant


@cache
def labels(language: str) -> dict[str, Any]:
    """The table of `labels.toml` in a language (`zh-hans`, `zh-hant`)."""
    table = tomllib.loads(files("pelican_tongbao").joinpath("labels.toml").read_text("utf-8"))
    return _converted(table) if language == "zh-hant" else table


@cache
def rule_names(rule: str, language: str) -> tuple[str, ...]:
    """The parts of a rule in words; a part that has none stands for itself."""
    words = labels("zh-hans")["rules"]
    named = tuple(words.get(part) or rules.facts().get(part) or part for part in rules.parts(rule))
    return tuple(map(to_hant, named)) if language == "zh-hant" else named


def _converted(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _converted(item) for key, item in value.items()}
    return to_hant(value) if isinstance(value, str) else value

"""Places on the labelled bulletins of the shared cases: the figures that the evaluation publishes must not fall."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tongbao.model import Document, RegionTags, Role
from tongbao.places import divisions, lineage, tag
from tongbao.reading import read
from tongbao.repair import repair
from tongbao.script import convert, fold

pytestmark = pytest.mark.shared
LEVELS = ("province", "prefecture", "county")


def tagged(folder: Path) -> Iterator[tuple[dict[str, Any], RegionTags]]:
    """Each labelled case of a folder with the tags of its repaired text."""
    for path in sorted(folder.glob("*.json")):
        case = json.loads(path.read_text("utf-8"))
        text = case["text"] if case["title"][:6] in case["text"] else f"{case['title']}\n{case['text']}"
        text = repair(text).text
        yield case["gold"], tag(Document(text, fold(text), read(text, convert(text).hans, None)))


def at_level(codes: Iterable[str], level: str) -> set[str]:
    """The divisions of a level among codes and their ancestors, under GB/T 2260."""
    return {c for code in codes if code.isdigit() for c in lineage(code) if divisions()[c].level == level}


def exact(gold: dict[str, Any], tags: RegionTags) -> bool:
    found = {t.code for t in tags.tags if t.role is Role.PRIMARY}
    return found == set(gold["primary"]) or (bool(gold["primary_alt"]) and found == set(gold["primary_alt"]))


def right_province(gold: dict[str, Any], tags: RegionTags) -> bool:
    found = {lineage(t.code)[-1] for t in tags.tags if t.role is Role.PRIMARY}
    return found == {lineage(code)[-1] for code in gold["primary"]}


def test_seeds(shared: Path) -> None:
    results = list(tagged(shared / "cases" / "seeds_tagging"))
    assert all(right_province(gold, tags) for gold, tags in results)
    assert sum(exact(gold, tags) for gold, tags in results) >= 4


def test_labelled_bulletins(shared: Path) -> None:
    results = [r for folder in ("tagging", "seeds_tagging") for r in tagged(shared / "cases" / folder)]
    assert sum(exact(gold, tags) for gold, tags in results) >= 0.9 * len(results)
    assert sum(right_province(gold, tags) for gold, tags in results) >= 0.97 * len(results)
    for level in LEVELS:
        counts: Counter[str] = Counter()
        for gold, tags in results:
            want, got = at_level(gold["mentioned"], level), at_level((t.code for t in tags.tags), level)
            counts.update(both=len(want & got), found=len(got), gold=len(want))
        assert 2 * counts["both"] / (counts["found"] + counts["gold"]) >= 0.97, level

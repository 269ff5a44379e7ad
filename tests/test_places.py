"""Places: own cases of ambiguous names and of focus, and what must hold for any text."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

from tongbao.model import Block, BlockKind, Document, Reading, RegionTags, Role
from tongbao.places import divisions, lineage, tag
from tongbao.script import fold

CASES = Path(__file__).parent / "cases" / "places"


# Rules of primary regions whose evidence is not a name of the region as such.
BEYOND = ("media", "document-number", "area")


def document(text: str, title: str = "") -> Document:
    """A document whose first line is the title if there is one, and whose other lines are paragraphs."""
    whole = f"{title}\n{text}" if title else text
    blocks, at = [], 0
    for line in whole.split("\n"):
        kind = BlockKind.TITLE if title and not blocks else BlockKind.PARAGRAPH
        blocks.append(Block(kind, at, at + len(line)))
        at += len(line) + 1
    return Document(whole, fold(whole), Reading(tuple(blocks)))


def paths(codes: Iterable[str]) -> set[str]:
    """Codes as readable paths: 江苏省/苏州市/吴江区."""
    return {"/".join(divisions()[c].name for c in reversed(lineage(c))) for c in codes}


def named(tags: RegionTags) -> set[str]:
    """The divisions that the text names, without those that only deixis, media, areas or other regions give."""
    found = (t for t in tags.tags if t.rule not in BEYOND)
    return paths(t.code for t in found if any(_is_name(t.code, e.text) for e in t.evidence))


def _is_name(code: str, text: str) -> bool:
    division = divisions()[code]
    names = {division.name, *division.aliases, *division.chars, *(name for name, _ in division.former)}
    return fold(text) in map(fold, names)


def cases(name: str) -> list[Any]:
    entries = json.loads((CASES / f"{name}.json").read_text("utf-8"))
    return [pytest.param(e, marks=pytest.mark.xfail(reason=e["known"]) if "known" in e else ()) for e in entries]


@pytest.mark.parametrize("case", cases("ambiguity") + cases("names"))
def test_names(case: dict[str, Any]) -> None:
    tags = tag(document(case["text"]))
    assert named(tags) == set(case["tags"])
    assert {e.text for a in tags.ambiguous for e in a.evidence} == set(case.get("open", ()))


@pytest.mark.parametrize("case", cases("focus"))
def test_focus(case: dict[str, Any]) -> None:
    tags = tag(document(case["text"], case["title"]))
    assert paths(t.code for t in tags.tags if t.role is Role.PRIMARY) == set(case["primary"])

"""The five bulletins exactly as received, from bytes to tags, against their hand-made restorations and labels."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path

import pytest

from tongbao import edits, places
from tongbao.export.records import record
from tongbao.model import Bulletin, Role
from tongbao.pipeline import run

NAMES = [
    "000_d8a4084a854f3f45",
    "001_c01af78e01a62579",
    "002_269797458f8b12ec",
    "003_223626c3ffda7a65",
    "004_9b152c44817feb0a",
]


@cache
def corpus(content: Path) -> dict[str, Bulletin]:
    return {Path(b.received.source).stem: b for b in run(content).bulletins}


@pytest.fixture(params=NAMES)
def name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def bulletin(name: str, shared: Path) -> Bulletin:
    return corpus(shared / "seeds")[name]


@pytest.fixture
def gold(name: str, shared: Path) -> dict[str, object]:
    label = json.loads((shared / f"cases/seeds_tagging/{name}.json").read_text("utf-8"))
    return {"title": label["title"], **label["gold"]}


def province(code: str) -> str:
    return places.lineage(code)[-1]


def test_repaired_text(bulletin: Bulletin, name: str, shared: Path) -> None:
    assert bulletin.repaired.text == (shared / f"cases/seeds_repaired/{name}.txt").read_bytes().decode()


def test_replay_and_undo(bulletin: Bulletin) -> None:
    repaired = bulletin.repaired
    assert edits.apply(bulletin.received.text, repaired.edits) == repaired.text
    assert edits.undo(repaired.text, repaired.edits) == bulletin.received.text


def test_title(bulletin: Bulletin, gold: dict[str, str]) -> None:
    assert record(bulletin)["title"] == gold["title"]


def test_publication_date(bulletin: Bulletin, gold: dict[str, object]) -> None:
    assert bulletin.dates.published is not None
    allowed = {gold["publication_date"], *gold["publication_date_alt"]}  # type: ignore[misc]
    assert bulletin.dates.published.edtf in allowed


def test_primary_regions(bulletin: Bulletin, gold: dict[str, list[str]]) -> None:
    primary = {tag.code for tag in bulletin.regions.tags if tag.role is Role.PRIMARY}
    assert {province(c) for c in primary} == {province(c) for c in gold["primary"]}
    assert primary in (set(gold["primary"]), set(gold["primary_alt"]))


def test_every_tag_shows_its_evidence(bulletin: Bulletin) -> None:
    dates = [d for d in (bulletin.dates.published, *bulletin.dates.events) if d]
    for tag in (*bulletin.regions.tags, *dates):
        assert tag.rule
        assert tag.evidence
        for span in tag.evidence:
            assert span.text
            assert span.where != "text" or bulletin.received.text[span.start : span.end] == span.text

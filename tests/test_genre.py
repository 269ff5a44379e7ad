"""Genre: kind, issuer and document number; cases in tests/cases/genre, and the shared labels."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tongbao import genre, reading
from tongbao.model import Document, Genre, Reading
from tongbao.script import convert, fold, to_hant

CASES: list[dict[str, Any]] = json.loads((Path(__file__).parent / "cases/genre/genre.json").read_text("utf-8"))


def classify(text: str) -> Genre:
    return genre.classify(Document(text, fold(text), reading.read(text, convert(text).hans, None)))


@pytest.mark.parametrize("case", CASES, ids=lambda c: c["name"])
def test_genre(case: dict[str, Any]) -> None:
    found = classify(case["text"])
    assert (found.kind, found.issuer, found.doc_number) == (case["kind"], case["issuer"], case["doc_number"])


@pytest.mark.parametrize("case", CASES, ids=lambda c: c["name"])
def test_every_finding_shows_why(case: dict[str, Any]) -> None:
    found = classify(case["text"])
    for name in ("kind", "issuer", "doc_number"):
        spans = found.evidence.get(name, ())
        assert bool(spans) == (getattr(found, name) is not None)
        assert all(s.text and case["text"][s.start : s.end] == s.text for s in spans)


@pytest.mark.parametrize("case", CASES, ids=lambda c: c["name"])
def test_traditional_gives_the_same_kind(case: dict[str, Any]) -> None:
    assert classify(to_hant(case["text"])).kind == case["kind"]


@given(st.text("通告公告第1号〔2021〕会议。召开新增例\n县指挥部 :(", max_size=60))
@settings(max_examples=60)
def test_any_text_is_classified(text: str) -> None:
    found = genre.classify(Document(text, fold(text), Reading(())))
    assert all(text[s.start : s.end] == s.text for spans in found.evidence.values() for s in spans)


@pytest.mark.shared
def test_labelled_bulletins(shared: Path) -> None:
    paths = sorted(shared.glob("cases/tagging/*.json"))
    kinds = numbers = 0
    for path in paths:
        case = json.loads(path.read_text("utf-8"))
        found = classify(case["text"] if case["title"] in case["text"] else f"{case['title']}\n{case['text']}")
        kinds += found.kind == case["gold"]["kind"]
        numbers += found.doc_number == case["gold"]["doc_number"]
    assert kinds >= 0.9 * len(paths) and numbers >= 0.95 * len(paths)


@pytest.mark.shared
def test_issuers_of_labelled_bulletins(shared: Path) -> None:
    """Wrong is worse than unknown: no issuer where there is none, and few names that differ from the labelled ones."""
    given = differ = 0
    for path in sorted(shared.glob("cases/tagging/*.json")):
        case = json.loads(path.read_text("utf-8"))
        found = classify(case["text"] if case["title"] in case["text"] else f"{case['title']}\n{case['text']}").issuer
        if not found:
            continue
        wanted, got = fold(case["gold"]["issuer"] or ""), fold(found)
        assert wanted, path.stem
        given += 1
        # With or without the province before it, written out or shortened at its end.
        differ += not (wanted.endswith(got) or got.endswith(wanted) or got in wanted)
    assert given >= 17 and differ <= 0.15 * given

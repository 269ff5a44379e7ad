"""Script: the received script, conversions of equal length, names, and the input that OpenCC can't take."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tongbao.data import rows
from tongbao.edits import apply, undo
from tongbao.model import Standard
from tongbao.script import convert, script_edits, to_hans, to_hant

CASES = Path(__file__).parent / "cases" / "script"


def cases(name: str) -> list[object]:
    table = json.loads((CASES / f"{name}.json").read_text("utf-8"))
    return [pytest.param(row, id=row["why"]) for row in table]


@pytest.mark.parametrize("case", cases("received"))
def test_received_script(case: dict[str, str]) -> None:
    assert convert(case["text"]).received == case["received"]


@pytest.mark.parametrize("case", cases("conversion"))
def test_conversion(case: dict[str, str]) -> None:
    scripts = convert(case["text"])
    assert (scripts.hans, scripts.hant) == (case["hans"], case["hant"])


@pytest.mark.parametrize("standard", Standard)
@pytest.mark.parametrize("case", cases("names"))
def test_names(case: dict[str, str], standard: Standard) -> None:
    assert to_hant(case["hans"], standard) == case["hant"]


@pytest.mark.parametrize("standard", Standard)
@pytest.mark.parametrize("case", cases("phrases"))
def test_hard_phrases(case: dict[str, str], standard: Standard) -> None:
    assert to_hant(case["hans"], standard) == case[standard.value]
    assert to_hans(case[standard.value], standard) == case["hans"]


@pytest.mark.parametrize("standard", Standard)
@pytest.mark.parametrize("case", cases("genuine"))
def test_genuine_traditional_stays_for_either_target(case: dict[str, str], standard: Standard) -> None:
    scripts = convert(case["text"], standard)
    assert (scripts.hant, scripts.hans, scripts.standard) == (case["text"], case["hans"], standard)


@pytest.mark.parametrize("case", cases("misses"))
def test_known_misses(case: dict[str, str], request: pytest.FixtureRequest) -> None:
    request.applymarker(pytest.mark.xfail(strict=True, reason=case["why"]))
    assert to_hant(case["hans"]) == case["hant"]


def test_every_exception_keeps_its_length_and_says_why() -> None:
    seen = set()
    for hans, tw, hk, reason in rows("script_exceptions.tsv"):
        assert len(hans) == len(tw) == len(hk), hans
        assert reason
        assert hans not in seen, f"{hans} is there twice"
        seen.add(hans)


# Any character at all, lone surrogates and NUL among them, and plenty of what OpenCC changes.
ODD = "\0\ud800\udfff\n\r关關于於后後里裡发發松鬆头頭国國范岳县长记者指出、頔㑮🀄"
anything = st.text(st.characters() | st.sampled_from(ODD))


standards = st.sampled_from(list(Standard))


@given(anything, standards)
@settings(max_examples=300, deadline=None)
def test_lengths_hold_on_any_text(text: str, standard: Standard) -> None:
    scripts = convert(text, standard)
    assert len(scripts.hans) == len(scripts.hant) == len(text) == len(to_hant(text, standard))
    for before, hans, hant in zip(text, scripts.hans, scripts.hant, strict=True):
        if not "\u3000" <= before <= "\U0003ffff":
            assert before == hans == hant or ord(before) >= 0x2E80


@given(st.text("关于后续发展松里国会议报告面条头发范岳县长记者指出、，。12ab\n"))
@settings(max_examples=200, deadline=None)
def test_simplified_text_is_its_own_canonical_form(text: str) -> None:
    scripts = convert(text)
    assert scripts.hans == text
    assert convert(scripts.hant).hans == text or "著" in scripts.hant


@given(anything, standards)
@settings(max_examples=200, deadline=None)
def test_the_script_layer_is_replayed_and_undone(text: str, standard: Standard) -> None:
    scripts = convert(text, standard)
    for converted in (scripts.hans, scripts.hant):
        edits = script_edits(text, converted, "script")
        assert apply(text, edits) == converted
        assert undo(converted, edits) == text
        assert all(len(e.before) == len(e.after) for e in edits)


def test_a_conversion_of_another_length_is_none() -> None:
    with pytest.raises(ValueError, match="zip"):
        script_edits("后续", "後續工作", "script")


@pytest.mark.shared
def test_seeds_are_told_apart_and_made_proper(shared: Path) -> None:
    received = {}
    for path in sorted((shared / "cases" / "seeds_repaired").glob("*.txt")):
        scripts = convert(path.read_text("utf-8"))
        received[path.name[:3]] = scripts.received.value
        assert not any(naive in scripts.hant for naive in ("關于", "松懈", "防范", "并主持"))
    assert received == {"000": "Hant", "001": "Hant", "002": "Hant", "003": "Hans", "004": "Hant"}

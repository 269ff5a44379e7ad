"""Script: the received script, conversions of equal length, names, and the input that OpenCC can't take."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tongbao.script import convert, to_hant

CASES = Path(__file__).parent / "cases" / "script"


def cases(name: str) -> list[object]:
    rows = json.loads((CASES / f"{name}.json").read_text("utf-8"))
    return [pytest.param(row, id=row["why"]) for row in rows]


@pytest.mark.parametrize("case", cases("received"))
def test_received_script(case: dict[str, str]) -> None:
    assert convert(case["text"]).received == case["received"]


@pytest.mark.parametrize("case", cases("conversion"))
def test_conversion(case: dict[str, str]) -> None:
    scripts = convert(case["text"])
    assert (scripts.hans, scripts.hant) == (case["hans"], case["hant"])


@pytest.mark.parametrize("case", cases("names"))
def test_names(case: dict[str, str]) -> None:
    assert to_hant(case["hans"]) == case["hant"]


@pytest.mark.xfail(strict=True, reason="a name whose surname is also a title's last character and no title before it")
def test_name_without_context() -> None:
    assert to_hant("由范国强带到现场") == "由范國強帶到現場"


# Any character at all, lone surrogates and NUL among them, and plenty of what OpenCC changes.
ODD = "\0\ud800\udfff\n\r关關于於后後里裡发發松鬆头頭国國范岳县长记者指出、頔㑮🀄"
anything = st.text(st.characters() | st.sampled_from(ODD))


@given(anything)
@settings(max_examples=300, deadline=None)
def test_lengths_hold_on_any_text(text: str) -> None:
    scripts = convert(text)
    assert len(scripts.hans) == len(scripts.hant) == len(text) == len(to_hant(text))
    for before, hans, hant in zip(text, scripts.hans, scripts.hant, strict=True):
        if not "\u3000" <= before <= "\U0003ffff":
            assert before == hans == hant or ord(before) >= 0x2E80


@given(st.text("关于后续发展松里国会议报告面条头发范岳县长记者指出、，。12ab\n"))
@settings(max_examples=200, deadline=None)
def test_simplified_text_is_its_own_canonical_form(text: str) -> None:
    scripts = convert(text)
    assert scripts.hans == text
    assert convert(scripts.hant).hans == text or "著" in scripts.hant


@pytest.mark.shared
def test_seeds_are_told_apart_and_made_proper(shared: Path) -> None:
    received = {}
    for path in sorted((shared / "cases" / "seeds_repaired").glob("*.txt")):
        scripts = convert(path.read_text("utf-8"))
        received[path.name[:3]] = scripts.received.value
        assert not any(naive in scripts.hant for naive in ("關于", "松懈", "防范", "并主持"))
    assert received == {"000": "Hant", "001": "Hant", "002": "Hant", "003": "Hans", "004": "Hant"}

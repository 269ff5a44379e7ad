"""Folding: one character for one, to a fixed point, alike for both scripts and both widths."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tongbao.script import fold, fold_table

TOOL = Path(__file__).parents[1] / "tools" / "build_fold.py"


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("疫情防控阻擊戰", "疫情防控阻击战"),
        ("ＡＢｃ１２３，（）", "abc123,()"),
        ("發髮", "发发"),
        ("后後里裡", "后后里里"),
        ("⽉⾦", "月金"),  # Kangxi radicals
        ("陜西、廣州巿、両県の戦い", "陕西、广州市、两县の战い"),  # look-alikes and Japanese forms
        ("﹕﹖", ":?"),
        ("　x", " x"),
        ("㈠①", "㈠1"),  # one character for one: ㈠ would be three
        ("ﬁ", "ﬁ"),
        ("\0\ud800🀄𬭊", "\0\ud800🀄𬭊"),
        ("\n\r\t", "\n\r\t"),
    ],
)
def test_fold(text: str, folded: str) -> None:
    assert fold(text) == folded


@given(st.text())
@settings(max_examples=300, deadline=None)
def test_fold_is_idempotent_and_keeps_lengths(text: str) -> None:
    once = fold(text)
    assert len(once) == len(text)
    assert fold(once) == once


def test_no_character_folds_to_another_that_folds_on() -> None:
    table = fold_table()
    assert not {target for target in table.values() if ord(target) in table}
    assert all(len(target) == 1 for target in table.values())
    assert not {chr(source) for source in table} & set("\n\r\t 0123456789")


def test_the_table_is_what_its_tool_builds(tmp_path: Path) -> None:
    spec = importlib.util.spec_from_file_location("build_fold", TOOL)
    assert spec and spec.loader
    tool = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(tool)
    pairs = tool.fold_pairs()
    assert {ord(source): target for source, target in pairs.items()} == fold_table()

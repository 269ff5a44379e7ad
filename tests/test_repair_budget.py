"""The budget of a document: what is marked for a curator, and what is not, however much was repaired."""

from __future__ import annotations

from pathlib import Path

import pytest

from tongbao.model import Edit, EditEvidence, Repaired
from tongbao.receive import receive_file
from tongbao.repair import budget, repair

SIZE = 1000


def text_with(edits: list[Edit], suggestions: list[Edit]) -> Repaired:
    return Repaired("文" * SIZE, "", tuple(edits), tuple(suggestions))


def touching(rule: str, count: int, size: int, confidence: float = 1.0, copies: tuple[str, ...] = ()) -> list[Edit]:
    """`count` edits of `size` characters each, one after the other."""
    evidence = EditEvidence("", copies=copies)
    return [Edit(rule, n * size, (n + 1) * size, "文" * size, "字", confidence, evidence) for n in range(count)]


@pytest.mark.parametrize(
    ("why", "edits", "suggestions", "reasons"),
    [
        ("nothing was done", [], [], 0),
        ("glosses follow a table", touching("pinyin-gloss", 100, 5), [], 0),
        ("so do look-alike characters", touching("character-radical", 500, 1), [], 0),
        ("a few windows of bytes", touching("gbk-bytes", 10, 10), [], 0),
        ("many windows of bytes", touching("gbk-bytes", 20, 10), [], 1),
        ("bytes joined with a gloss", touching("gbk-bytes+pinyin-gloss", 20, 10), [], 1),
        ("bytes that copies show", touching("gbk-bytes+parallel", 20, 10, copies=("b2",)), [], 0),
        ("runs of mojibake with bytes lost", touching("mojibake-utf8-as-gbk", 20, 10, 0.9), [], 1),
        ("runs of mojibake whose bytes are all there", touching("mojibake-utf8-as-gbk", 20, 10), [], 0),
        ("a whole text in another codec is one decision", touching("mojibake-gbk-as-latin", 9, 100, 0.9), [], 0),
        ("a few doubts", [], touching("unrecoverable", 20, 2, 0.0), 0),
        ("many doubts", [], touching("unrecoverable", 21, 1, 0.0), 1),
        ("one large doubt", [], touching("gbk-bytes", 1, 60, 0.5), 1),
        ("doubts about spaces are none about the text", [], touching("layout-wrap", 100, 1, 0.5), 0),
        ("doubts that overlap count their characters once", [], touching("unrecoverable", 1, 40, 0.0) * 2, 0),
        ("doubts that overlap are one place", [], touching("unrecoverable", 20, 1, 0.0) * 2, 0),
        ("both", touching("gbk-bytes", 20, 10), touching("unrecoverable", 30, 1, 0.0), 2),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_budget(why: str, edits: list[Edit], suggestions: list[Edit], reasons: int) -> None:
    marked = budget.mark(text_with(edits, suggestions))
    assert len(marked.review) == reasons, why
    assert all(reason.endswith("。") for reason in marked.review)


@pytest.mark.parametrize("text", ["", "?", "\ufffd", "关于做好防汛工作的通知", "\ud800"])
def test_any_text_can_be_asked(text: str) -> None:
    budget.mark(repair(text))


@pytest.mark.shared
def test_glossed_bulletins_are_within_it(shared: Path) -> None:
    for path in sorted((shared / "seeds/bulletins").glob("*.txt")):
        received = receive_file(path, path.parent)
        repaired = repair(received.text)  # type: ignore[union-attr]
        assert budget.mark(repaired).review == (), path.name

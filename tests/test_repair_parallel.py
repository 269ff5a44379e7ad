"""Parallel copies: what another copy of a passage confirms or fills, and what it must not."""

from __future__ import annotations

import pytest

from tongbao import edits
from tongbao.model import Edit, EditEvidence, Repaired
from tongbao.repair import gbk_bytes, repair
from tongbao.repair.parallel import confirm

SITE = {"會": "huì", "時": "shí", "報": "bào", "縣": "xiàn", "請": "qǐng", "地": "dì", "應": "yīng", "級": "jí"}
LEFT, RIGHT = "會議強調，各級領導干部要深入一線，", "，確保人民群眾生命財產安全和社會穩定。"
HANS_LEFT, HANS_RIGHT = "会议强调，各级领导干部要深入一线，", "，确保人民群众生命财产安全和社会稳定。"


def lost(before: str, rule: str = "unrecoverable", after: str | None = None, *candidates: str) -> Repaired:
    """A text with one suggestion between LEFT and RIGHT."""
    text = LEFT + before + RIGHT
    span = len(LEFT), len(LEFT) + len(before)
    evidence = EditEvidence("说明", candidates=candidates)
    suggestion = Edit(rule, *span, before, before if after is None else after, 0.5, evidence)
    return Repaired(text, text, (), (suggestion,))


def check(result: Repaired) -> Repaired:
    assert edits.apply(result.received, result.edits) == result.text
    assert edits.undo(result.text, result.edits) == result.received
    return result


def test_a_copy_fills_a_gap_and_is_named() -> None:
    result = check(confirm(lost("\ufffd\ufffd\ufffd\ufffd"), [("b2", LEFT + "靠前指揮" + RIGHT), ("b3", "別的文字。")]))
    assert result.text == LEFT + "靠前指揮" + RIGHT
    assert result.suggestions == ()
    (edit,) = result.edits
    assert edit.evidence.reason.startswith("parallel")
    assert "b2" in edit.evidence.reason
    assert "b3" not in edit.evidence.reason


def test_a_copy_in_the_other_script_decides_between_candidates() -> None:
    damaged = lost("?", "gbk-bytes", "靠前指揮", "靠前指導")
    result = check(confirm(damaged, [("b2", HANS_LEFT + "靠前指导" + HANS_RIGHT)]))
    assert result.text == LEFT + "靠前指導" + RIGHT
    assert result.edits[0].evidence.candidates == ("靠前指揮",)


@pytest.mark.parametrize(
    ("copies", "why"),
    [
        ([], "no copies"),
        ([("b2", "其他文字")], "another text"),
        ([("b2", LEFT + "靠前指揮" + RIGHT), ("b3", LEFT + "靠前督導" + RIGHT)], "copies disagree"),
        ([("b2", LEFT + "靠前指揮、逐戶排查、及時轉移" + RIGHT)], "longer than what was lost"),
        ([("b2", LEFT[:-12] + "深夜赶到，" + "靠前指揮" + RIGHT)], "other context before"),
        ([("b2", HANS_LEFT + "靠前指挥" + HANS_RIGHT)], "the other script, and no candidate to choose"),
        ([("b2", LEFT + "\ufffd" * 4 + RIGHT)], "a copy with the same damage"),
    ],
    ids=lambda v: v if isinstance(v, str) else "",
)
def test_what_copies_do_not_decide_stays(copies: list[tuple[str, str]], why: str) -> None:
    damaged = lost("\ufffd" * 4)
    assert confirm(damaged, copies) is damaged, why


def test_the_text_beginning_or_end_is_no_context() -> None:
    text = "\ufffd\ufffd" + RIGHT
    damaged = Repaired(
        text, text, (), (Edit("unrecoverable", 0, 2, "\ufffd\ufffd", "\ufffd\ufffd", 0.0, EditEvidence("说明")),)
    )
    assert confirm(damaged, [("b2", "指揮" + RIGHT)]) is damaged


def test_the_forward_model_decides_on_a_reading_that_was_no_candidate() -> None:
    clean = "縣里及時報告，請應急部門會同各級單位到場。會時報縣。" + LEFT + "本縣日報社記者" + RIGHT
    received = gbk_bytes.damage(clean, SITE)
    at = received.index("日?")
    end = received.index("社記者")
    span = received[at + 1 : end]
    suggestion = Edit("gbk-bytes", at + 1, end, span, "刊", 0.5, EditEvidence("说明"))
    text = received
    damaged = Repaired(text, text, (), (suggestion,))
    # Context must be the text's own; glosses around are removed first in a real run.
    plain = repair(received)
    assert plain.text == clean
    carried = Repaired(text, plain.text, tuple(e for e in plain.edits if e.start < at or e.start >= end), (suggestion,))
    carried = Repaired(text, edits.apply(text, carried.edits), carried.edits, (suggestion,))
    result = check(confirm(carried, [("b2", clean)]))
    assert result.text == clean
    wrong = confirm(carried, [("b2", clean.replace("日報社", "日電社"))])
    assert wrong is carried
    assert confirm(damaged, [("b2", clean)]) is damaged


def test_edits_inside_are_replaced_and_results_depend_on_named_copies_only() -> None:
    base = lost("\ufffd\ufffd")
    copy = ("b2", LEFT + "檢查" + RIGHT)
    alone = confirm(base, [copy])
    assert confirm(base, [copy, ("b9", "不相干的文字" * 40)]) == alone

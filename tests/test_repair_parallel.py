"""Parallel copies: what another copy of a passage confirms or fills, and what it must not."""

from __future__ import annotations

import pytest

from tongbao import edits
from tongbao.model import Edit, EditEvidence, Repaired
from tongbao.repair import gbk_bytes, parallel, repair

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


def confirm(damaged: Repaired, copies: list[tuple[str, str]]) -> Repaired:
    """What clean copies make of a damaged text."""
    texts = {"b1": damaged, **{name: Repaired(text, text) for name, text in copies}}
    changed = parallel.confirm(texts)
    assert changed.keys() <= {"b1"}
    return changed.get("b1", damaged)


def check(result: Repaired) -> Repaired:
    assert edits.apply(result.received, result.edits) == result.text
    assert edits.undo(result.text, result.edits) == result.received
    return result


def test_a_copy_fills_a_gap_and_is_named() -> None:
    result = check(confirm(lost("\ufffd\ufffd\ufffd\ufffd"), [("b2", LEFT + "靠前指揮" + RIGHT), ("b3", "別的文字。")]))
    assert result.text == LEFT + "靠前指揮" + RIGHT
    assert result.suggestions == ()
    (edit,) = result.edits
    assert edit.rule == "unrecoverable+parallel"
    assert edit.evidence.copies == ("b2",)
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


def test_a_copy_with_a_doubt_of_its_own_is_no_witness_and_no_veto() -> None:
    twin = lost("\ufffd\ufffd\ufffd\ufffd")
    texts = {"b1": twin, "b2": twin, "b3": Repaired(LEFT + "靠前指揮" + RIGHT, LEFT + "靠前指揮" + RIGHT)}
    changed = parallel.confirm(texts)
    assert changed.keys() == {"b1", "b2"}
    assert {r.edits[0].evidence.copies for r in changed.values()} == {("b3",)}
    assert parallel.confirm({"b1": twin, "b2": twin}) == {}


def test_the_order_of_the_texts_does_not_matter() -> None:
    texts = {"b1": lost("\ufffd\ufffd")}
    for name in ("b4", "b2", "b3"):
        texts[name] = Repaired(LEFT + "檢查" + RIGHT, LEFT + "檢查" + RIGHT)
    backwards = dict(reversed(texts.items()))
    assert parallel.confirm(texts) == parallel.confirm(backwards)
    assert parallel.confirm(texts)["b1"].edits[0].evidence.copies == ("b2", "b3", "b4")


def test_of_many_copies_a_few_are_named() -> None:
    copies = [(f"b{n}", LEFT + "檢查" + RIGHT) for n in range(10, 40)]
    (edit,) = confirm(lost("\ufffd\ufffd"), copies).edits
    assert len(edit.evidence.copies) == parallel.MOST_COPIES


def test_a_reading_against_the_suggestion_keeps_it_as_the_rival() -> None:
    damaged = lost("?", "gbk-bytes", "靠前指揮", "靠前指導")
    (edit,) = confirm(damaged, [("b2", HANS_LEFT + "靠前指导" + HANS_RIGHT)]).edits
    assert (edit.evidence.runner_up, edit.evidence.gain) == ("靠前指揮", None)


def guessed(after: str, *candidates: str) -> Repaired:
    """A text with one edit between LEFT and RIGHT that the text model alone speaks for."""
    served = "鏁㈠"
    evidence = EditEvidence("说明", candidates=candidates, runner_up=candidates[0], margin=0.5)
    edit = Edit("mojibake-utf8-as-gbk", len(LEFT), len(LEFT) + len(served), served, after, 0.6, evidence)
    return Repaired(LEFT + served + RIGHT, LEFT + after + RIGHT, (edit,))


@pytest.mark.parametrize("true", ["敢于", "敢打"])
def test_a_copy_confirms_a_guess_or_puts_its_rival_in_its_place(true: str) -> None:
    result = check(confirm(guessed("敢于", "敢打", "敢想"), [("b2", LEFT + true + RIGHT)]))
    assert result.text == LEFT + true + RIGHT
    (edit,) = result.edits
    assert edit.rule == "mojibake-utf8-as-gbk+parallel" and edit.evidence.copies == ("b2",)
    assert edit.confidence > 0.9 and true not in edit.evidence.candidates


def test_a_copy_that_reads_what_a_guess_cannot_be_changes_nothing() -> None:
    damaged = guessed("敢于", "敢打")
    assert confirm(damaged, [("b2", LEFT + "勇挑" + RIGHT)]) == damaged


def test_a_guess_is_no_witness() -> None:
    damaged = lost("?", "gbk-bytes", "敢想", "敢于")
    texts = {"b1": damaged, "b2": guessed("敢于", "敢打")}
    assert parallel.confirm(texts) == {}


def test_odd_texts_are_bounded_and_raise_nothing() -> None:
    texts = {
        "b1": lost("\ufffd" * 300),
        "b2": Repaired(LEFT * 20_000, LEFT * 20_000),
        "b3": Repaired("\ud800" + LEFT + "檢\udfff" + RIGHT, "\ud800" + LEFT + "檢\udfff" + RIGHT),
        "b4": lost("\ufffd\ufffd"),
    }
    assert parallel.confirm(texts) == {}
    texts["b5"] = Repaired(LEFT + "檢查" + RIGHT, LEFT + "檢查" + RIGHT)
    assert parallel.confirm(texts).keys() == {"b4"}

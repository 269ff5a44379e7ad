"""What the record, the report and the page say of an edit's evidence and of a text that a curator should look at."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tongbao import pipeline, places
from tongbao.export.brief import brief
from tongbao.export.page import bulletin_page, date_text
from tongbao.export.records import edit_record, record
from tongbao.export.report import report
from tongbao.model import Bulletin, Edit, EditEvidence, Received
from tongbao.receive import receive_bytes

TEXT = "关于做好防汛工作的通知\n请立即检查堤防,加强?守。\n"
AT = TEXT.index("?")
EVIDENCE = EditEvidence("说明", "?? D6", "D6 B5", 9.5, ("执", "职"), "执", 1.25, ("b2",))
EDIT = Edit("gbk-bytes+parallel", AT, AT + 1, "?", "值", 0.99, EVIDENCE)


@pytest.fixture
def bulletin() -> Bulletin:
    received = receive_bytes(TEXT.encode(), "bulletins/a.txt")
    assert isinstance(received, Received)
    made = pipeline.process(received)
    repaired = replace(made.repaired, text=TEXT.replace("?", "值"), edits=(EDIT,), suggestions=(), review=("请校核。",))
    return replace(made, repaired=repaired)


def test_the_record_has_all_evidence(bulletin: Bulletin) -> None:
    made = record(bulletin)
    assert made["review"] == ["请校核。"]
    assert made["edits"][0]["evidence"] == {
        "reason": "说明",
        "received_bytes": "?? D6",
        "restored_bytes": "D6 B5",
        "gain": 9.5,
        "runner_up": "执",
        "margin": 1.25,
        "candidates": ["执", "职"],
        "copies": ["b2"],
    }


def test_a_runner_up_that_is_nothing_is_told_from_none() -> None:
    edit = replace(EDIT, evidence=EditEvidence("说明", runner_up=""))
    assert edit_record(edit)["evidence"] == {"reason": "说明", "runner_up": ""}
    assert edit_record(replace(EDIT, evidence=EditEvidence("说明")))["evidence"] == {"reason": "说明"}


def test_the_report_lists_texts_for_a_curator(bulletin: Bulletin) -> None:
    made = report([brief(bulletin, places.lineage)], [], [])
    assert made["review"] == [{"id": bulletin.id, "source": "bulletins/a.txt", "reasons": ["请校核。"]}]
    assert (made["counts"]["for_review"], made["counts"]["confirmed_by_copies"]) == (1, 1)
    within = replace(bulletin, repaired=replace(bulletin.repaired, review=()))
    assert report([brief(within, places.lineage)], [], [])["review"] == []


def test_the_page_shows_the_rival_and_leads_to_the_copies(bulletin: Bulletin) -> None:
    page = bulletin_page(bulletin, "zh-hant")
    assert page.review == ("請校核。",)
    [view] = page.repairs
    assert (view.gain, view.runner_up, view.margin, view.candidates) == ("9.5", "执", "1.2", ("职",))
    assert view.copies == (("b2", "zh-hant/bulletin/b2/"),)


@pytest.mark.parametrize(
    ("edtf", "chinese", "english"),
    [
        ("2021", "2021年", "2021"),
        ("2021-12", "2021年12月", "December 2021"),
        ("2021-12-04", "2021年12月4日", "4 December 2021"),
        ("2021-12-23/2021-12-24", "2021年12月23日至24日", "23 December 2021 – 24 December 2021"),
        ("2021-12-30/2022-01-02", "2021年12月30日至2022年1月2日", "30 December 2021 – 2 January 2022"),
        ("2021-11/2021-12", "2021年11月至12月", "November 2021 – December 2021"),
        ("202X", "202X", "202X"),
        ("2021-12-24~", "2021-12-24~", "2021-12-24~"),
        ("../2021-12", "../2021-12", "../2021-12"),
    ],
)
def test_dates_are_said_in_words(edtf: str, chinese: str, english: str) -> None:
    assert (date_text(edtf), date_text(edtf, "en")) == (chinese, english)

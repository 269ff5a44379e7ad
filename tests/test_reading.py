"""Reading: blocks, fields and titles; punctuation; the properties that both keep on any text."""

from __future__ import annotations

import json
import re
import time
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tongbao import edits
from tongbao.model import BlockKind, HtmlMeta
from tongbao.reading import read, render, title
from tongbao.script import convert

CASES = Path(__file__).parent / "cases" / "reading"


def cases(name: str) -> list[Any]:
    rows = json.loads((CASES / f"{name}.json").read_text("utf-8"))
    return [pytest.param(row, id=row["why"]) for row in rows]


@pytest.mark.parametrize("case", cases("punctuation"))
def test_punctuation(case: dict[str, str]) -> None:
    text = case["text"]
    hans = convert(text).hans
    assert render(text, read(text, hans)) == case["reading"]


@pytest.mark.parametrize("case", cases("structure"))
def test_structure(case: dict[str, Any]) -> None:
    text = case["text"]
    reading = read(text, convert(text).hans)
    assert title(text, reading) == case["title"]
    assert " ".join(b.kind for b in reading.blocks) == case["kinds"]
    assert [[f.name, text[f.start : f.end]] for f in reading.fields] == case["fields"]


def test_the_reading_texts_of_both_scripts_share_one_reading() -> None:
    text = "己縣召開會議\n來源:己縣日報\n會議指出,要發揚(頑強)作風。 |"
    scripts = convert(text)
    reading = read(text, scripts.hans)
    assert render(scripts.hans, reading) == "己县召开会议\n来源：己县日报\n会议指出，要发扬（顽强）作风。"
    assert render(text, reading) == "己縣召開會議\n來源：己縣日報\n會議指出，要發揚（頑強）作風。"
    assert title(scripts.hans, reading) == "己县召开会议"


@pytest.mark.parametrize(
    ("page_title", "line"),
    [
        ("己县启动响应-己县人民政府门户网站", "己县启动响应-己县人民政府门户网站"),
        ("己县启动响应_要闻_己县新闻网", "己县启动响应_要闻_己县新闻网"),
        ("己县启动响应 | 己县日报", "己县启动响应"),
    ],
)
def test_the_title_of_a_page_without_the_name_of_its_site(page_title: str, line: str) -> None:
    text = f"{line}\n己县动态要闻\n昨日,己县启动四级响应。"
    reading = read(text, text, HtmlMeta(page_title))
    assert title(text, reading) == "己县启动响应"


def test_the_title_that_the_head_of_a_page_names() -> None:
    text = "庚市频道\n要闻速递栏目\n庚市连夜转移群众\n昨夜,庚市转移群众三百人。"
    assert title(text, read(text, text, HtmlMeta(None, (("ArticleTitle", "庚市连夜转移群众"),)))) == "庚市连夜转移群众"


def test_texts_of_different_lengths_are_refused() -> None:
    with pytest.raises(ValueError, match="same length"):
        read("甲乙", "甲")


# --- properties ------------------------------------------------------------------------------------------------------

WORDS = """
    原标题: 来源: 编辑: 上一篇: 2022年3月19日 某县指挥部 关于 通告 疫情 防控 一、 (一) 打印 下载APP
    , . ... ; : ? ! ( ) " ' - -- ， 。 “ ” （ ） | 1 23 3.5 1,000 12:17 App a http://a.cn/b?c=1 a@b.cn qǐng
"""
PIECES = [*WORDS.split(), "\n", "\r\n", " ", "　", "\ufffd", "\0", "\ud800"]
texts = st.lists(st.sampled_from(PIECES), max_size=40).map("".join) | st.text(max_size=40)


@given(texts)
@settings(max_examples=500, deadline=None)
def test_blocks_and_edits_keep_their_order_and_place(text: str) -> None:
    reading = read(text, text)
    at = 0
    for block in reading.blocks:
        assert at <= block.start < block.end
        assert text[block.start : block.end].strip() == text[block.start : block.end]
        at = block.end
    assert at <= len(text)
    covered = "".join(text[b.start : b.end] for b in reading.blocks)
    assert re.sub(r"[\s\u200b\ufeff\x1c-\x1f]", "", covered) == re.sub(r"[\s\u200b\ufeff\x1c-\x1f]", "", text)
    for edit in reading.edits:
        assert any(b.start <= edit.start and edit.end <= b.end for b in reading.blocks)
        assert edit.rule.startswith("punctuation.")
    for field in reading.fields:
        assert 0 <= field.start < field.end <= len(text)


@given(texts)
@settings(max_examples=500, deadline=None)
def test_edits_replay_and_undo_and_change_marks_only(text: str) -> None:
    reading = read(text, text)
    result = edits.apply(text, reading.edits)
    assert edits.undo(result, reading.edits) == text
    assert re.findall(r"[^\W_]", result) == re.findall(r"[^\W_]", text)
    for edit in reading.edits:
        assert re.fullmatch(r" {0,3}[,.;:?!()\"'\-]+ {0,3}", edit.before)
    assert title(text, reading) is not None and render(text, reading) is not None


@given(texts.map(lambda text: re.sub(r"[\n\r]", "", text)))
@settings(max_examples=500, deadline=None)
def test_restored_text_needs_no_more(text: str) -> None:
    once = edits.apply(text, read(text, text).edits)
    assert read(once, once).edits == () or _is_chrome(text)


def _is_chrome(text: str) -> bool:
    return any(b.kind is BlockKind.CHROME for b in read(text, text).blocks)


@pytest.mark.parametrize(
    "unit",
    [
        "中,",
        ",",
        "(",
        "(中)",
        '"中',
        " ",
        ".",
        "疫",
        "来源:\n",
        "来源:",
        "首页>",
        "2022-03-19 ",
        "a, ",
        "a\n",
        "某指挥部\n",
        "打印 | ",
    ],
)
def test_hostile_texts_take_linear_time(unit: str) -> None:
    text = unit * (1_000_000 // len(unit))
    began = time.process_time()
    reading = read(text, text)
    render(text, reading)
    title(text, reading)
    assert time.process_time() - began < 10


# --- shared texts ----------------------------------------------------------------------------------------------------


@pytest.mark.shared
def test_titles_of_the_seeds(shared: Path) -> None:
    for path in sorted((shared / "cases" / "seeds_tagging").glob("*.json")):
        text = (shared / "cases" / "seeds_repaired" / f"{path.stem}.txt").read_text("utf-8")
        reading = read(text, convert(text).hans)
        assert _words(title(text, reading)) == _words(json.loads(path.read_text("utf-8"))["title"])


@pytest.mark.shared
def test_titles_of_labelled_bulletins(shared: Path) -> None:
    """At least nine in ten of those whose title stands on a line of its own."""
    right = total = 0
    for path in sorted((shared / "cases" / "tagging").glob("*.json")):
        case = json.loads(path.read_text("utf-8"))
        text, wanted = convert(case["text"]).hans, _words(convert(case["title"]).hans)
        if wanted in [_words(line) for line in text.split("\n")]:
            total += 1
            right += _words(title(text, read(text, text))) == wanted
    assert total >= 10 and right >= 0.9 * total, f"{right} of {total}"


def _words(text: str) -> str:
    return re.sub(r"[\W_]", "", text)

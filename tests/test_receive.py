"""Receive: encodings, pages, sidecars, and the folder with everything in it that can go wrong."""

from __future__ import annotations

import json
import os
import random
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tongbao.model import Quarantined, Received, Sidecar
from tongbao.receive import MAX_BYTES, ReceiveError, receive_bytes, receive_file, receive_folder

CASES = Path(__file__).parent / "cases" / "receive"
NOTICE = "某县关于临时停课的通告\n因台风影响，全县中小学今日停课。\n某县教育局\n2021年7月24日\n"


def cases(name: str) -> list[Any]:
    rows = json.loads((CASES / f"{name}.json").read_text("utf-8"))
    return [pytest.param(row, id=row["why"]) for row in rows]


def received(data: bytes, source: str = "bulletins/a.txt", sidecar: Sidecar | None = None) -> Received:
    verdict = receive_bytes(data, source, sidecar or Sidecar())
    assert isinstance(verdict, Received), verdict
    return verdict


def quarantined(data: bytes, source: str = "bulletins/a.txt", sidecar: Sidecar | None = None) -> Quarantined:
    verdict = receive_bytes(data, source, sidecar or Sidecar())
    assert isinstance(verdict, Quarantined), verdict
    assert verdict.source == source and verdict.fault and verdict.remedy
    return verdict


# --- encodings -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("case", cases("encodings"))
def test_encodings(case: dict[str, Any]) -> None:
    for codec, expected in case["codecs"].items():
        verdict = received(case["text"].encode(codec))
        assert (verdict.text, verdict.encoding) == (case["text"], expected), codec
        assert verdict.encoding_evidence


def test_a_declared_charset_moves_the_odds_but_does_not_decide() -> None:
    right = received(NOTICE.encode("gbk"), sidecar=Sidecar(charset="GB2312"))
    assert right.encoding == "gbk" and "一致" in right.encoding_evidence[-1]
    wrong = received(NOTICE.encode("gbk"), sidecar=Sidecar(charset="big5"))
    assert wrong.text == NOTICE and "不采信" in wrong.encoding_evidence[-1]
    utf8 = received(NOTICE.encode(), sidecar=Sidecar(charset="gbk"))
    assert utf8.text == NOTICE and "不采信" in utf8.encoding_evidence[-1]
    unknown = received(NOTICE.encode(), sidecar=Sidecar(charset="x-nonsense"))
    assert unknown.text == NOTICE and "不是已知的编码" in unknown.encoding_evidence[-1]
    japanese = "大雨に関するお知らせです。ご注意ください。"
    assert received(japanese.encode("shift_jis"), sidecar=Sidecar(charset="shift_jis")).text == japanese


@pytest.mark.parametrize(
    "charset", ["rot13", "base64", "punycode", "idna", "utf-7", "unicode_escape", "undefined", "hex"]
)
def test_declared_codecs_that_are_no_charsets_do_no_harm(charset: str) -> None:
    assert received(NOTICE.encode(), sidecar=Sidecar(charset=charset)).text == NOTICE
    assert received(NOTICE.encode("gbk"), sidecar=Sidecar(charset=charset)).text == NOTICE


def test_damaged_bytes_are_marked_and_the_rest_is_kept() -> None:
    data = NOTICE.encode()
    cut = received(data[:-2])
    assert cut.encoding == "utf-8" and cut.text == NOTICE[:-2] + "\ufffd"
    spoilt = received(data.replace("台".encode(), b"\xff\xfe"))
    assert spoilt.text.replace("\ufffd", "") == NOTICE.replace("台", "")
    assert "U+FFFD" in spoilt.encoding_evidence[-1]
    lossy = received(NOTICE.replace("台", "\ufffd").encode())
    assert lossy.text.count("\ufffd") == 1 and not any("U+FFFD" in reason for reason in lossy.encoding_evidence)


def test_surrogates_written_as_utf8_are_joined_or_marked() -> None:
    data = (NOTICE + "\ud83d\ude37\ud800").encode("utf-8", "surrogatepass")
    assert received(data).text == NOTICE + "😷\ufffd"


@pytest.mark.parametrize("size", [20, 50, 200, 1_000, 50_000])
def test_random_bytes_are_quarantined(size: int) -> None:
    dice = random.Random(size)
    verdicts = [receive_bytes(dice.randbytes(size), "a.txt") for _ in range(20)]
    assert sum(isinstance(v, Received) for v in verdicts) <= (2 if size < 50 else 0)


@pytest.mark.parametrize(
    ("why", "data", "fault"),
    [
        ("empty", b"", "empty"),
        ("white space", " \r\n\t　\u200b".encode(), "no text"),
        ("white space in UTF-16", " \n\u3000".encode("utf-16"), "no text"),
        ("NULs", b"\0" * 500, "binary"),
        ("a picture", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\x02\0\0\0\x02\0\x08\x06" + bytes(range(256)) * 4, ""),
        ("too long", b"x" * (MAX_BYTES + 1), "limit"),
    ],
)
def test_what_is_no_text_is_quarantined(why: str, data: bytes, fault: str) -> None:
    assert fault in quarantined(data).fault


def test_five_megabytes_are_received() -> None:
    text = NOTICE * (5_000_000 // len(NOTICE.encode("gbk")))
    assert received(text.encode("gbk")).text == text


@given(st.binary(max_size=200) | st.text(max_size=60).map(lambda t: t.encode("utf-8", "surrogatepass")))
@settings(max_examples=400, deadline=None)
def test_any_bytes_give_a_verdict(data: bytes) -> None:
    for name in ("a.txt", "a.html"):
        verdict = receive_bytes(data, name)
        if isinstance(verdict, Received):
            json.dumps([verdict.text, verdict.source], ensure_ascii=False).encode("utf-8")  # no lone surrogates
            assert verdict.text and verdict.encoding_evidence


@given(st.text("关于防汛工作的通知，请各村落实。關於後續12abé\n", min_size=7).filter(lambda t: not t.isspace()))
@settings(max_examples=200, deadline=None)
def test_valid_utf8_is_taken_as_it_is(text: str) -> None:
    if sum(c > "\x7f" for c in text) >= 7:
        assert received(text.encode()).text == text


# --- pages -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("case", cases("pages"))
def test_pages(case: dict[str, str]) -> None:
    assert received(case["html"].encode(), "a.html").text == case["text"]


def test_the_head_of_a_page() -> None:
    page = (
        "<html><head><meta http-equiv=Content-Type content='text/html; charset=gb2312'>"
        "<title> 某县\n通告 </title><meta name=ArticleTitle content='某县通告'>"
        "<meta property='og:url' content='https://example.org/'><meta name=PubDate content='2022-03-19 08:30'>"
        "</head><body><p>某县通告</p><p>正文如下。</p></body></html>"
    )
    verdict = received(page.encode("gbk"), "a.HTM")
    assert verdict.text == "某县通告\n正文如下。"
    assert verdict.html is not None and verdict.html.title == "某县 通告"
    assert verdict.html.pairs == (
        ("ArticleTitle", "某县通告"),
        ("og:url", "https://example.org/"),
        ("PubDate", "2022-03-19 08:30"),
    )
    assert any("gb2312 与此一致" in reason for reason in verdict.encoding_evidence)


@pytest.mark.parametrize(
    "page",
    [
        "<div>" * 100_000 + "深" + "</div>" * 100_000,
        "<p>" * 50_000 + "深",
        "<table><tr><td>" * 30_000 + "深",
        "<b " + "a=b " * 100_000 + ">深",
        "<!--" * 50_000 + "--><p>深",
        "<![CDATA[<p>深",
        "&#0;&#xD800;&#x110000;深",
        "<p>甲\0乙</p>深",
    ],
    ids=["div", "p", "table", "attributes", "comments", "cdata", "references", "nul"],
)
def test_hostile_pages_end(page: str) -> None:
    verdict = receive_bytes(page.encode(), "a.html")
    assert isinstance(verdict, Quarantined) or "深" in verdict.text


# --- sidecars and the folder -----------------------------------------------------------------------------------------


def folder(root: Path, files: dict[str, bytes | str]) -> Path:
    for name, data in files.items():
        path = root / "bulletins" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data if isinstance(data, bytes) else data.encode())
    return root


@pytest.mark.parametrize("case", cases("sidecars"))
def test_sidecars(tmp_path: Path, case: dict[str, str]) -> None:
    found, faults = receive_folder(folder(tmp_path, {"a.txt": NOTICE, "a.toml": case["toml"]}))
    if case["fault"] is None:
        assert not faults and len(found) == 1
    else:
        assert not found
        assert [f.source for f in faults] == ["bulletins/a.txt"]
        assert case["fault"] in faults[0].fault and "bulletins/a.toml" in faults[0].fault and faults[0].remedy


def test_a_sidecar_describes_its_text(tmp_path: Path) -> None:
    files = {"a.txt": NOTICE, "a.txt.toml": "id = 'first'\nfetched = 2022-03-19T08:00:00Z", "a.toml": "id = 'other'"}
    found, faults = receive_folder(folder(tmp_path, files))
    assert [r.id for r in found] == ["first"]
    assert found[0].sidecar == Sidecar(id="first", fetched=date(2022, 3, 19))
    assert [f.source for f in faults] == ["bulletins/a.toml"]


def test_identical_bytes_are_one_text(tmp_path: Path) -> None:
    files = {"b/x.txt": NOTICE, "a.txt": NOTICE, "c.txt": NOTICE + "又。", "b/x.toml": "site = '乙'"}
    found, faults = receive_folder(folder(tmp_path, files))
    assert not faults
    merged = next(r for r in found if r.also_received_as)
    assert (merged.source, merged.also_received_as) == ("bulletins/a.txt", ("bulletins/b/x.txt",))
    assert merged.sidecar.site == "乙"
    assert [r.id for r in found] == sorted(r.id for r in found)


def test_two_texts_with_one_id(tmp_path: Path) -> None:
    files = {"a.txt": NOTICE, "a.toml": "id = 'x'", "b.txt": NOTICE + "又。", "b.toml": "id = 'x'"}
    found, faults = receive_folder(folder(tmp_path, files))
    assert [r.source for r in found] == ["bulletins/a.txt"]
    assert faults[0].source == "bulletins/b.txt" and "bulletins/a.txt" in faults[0].fault


def test_nothing_is_dropped(tmp_path: Path) -> None:
    outside = tmp_path / "outside.txt"
    outside.write_text(NOTICE, "utf-8")
    content = folder(
        tmp_path / "content",
        {
            "good.txt": NOTICE,
            "有 空格 “引号” 'q'.txt": NOTICE + "一。",
            "notes.pdf": b"%PDF",
            "README": "x",
            ".hidden.txt": NOTICE,
            "lonely.toml": "id = 'x'",
            "empty.txt": b"",
            "sub/deep/日.HTML": "<p>" + NOTICE,
        },
    )
    bulletins = content / "bulletins"
    (bulletins / "out.txt").symlink_to(outside)
    (bulletins / "broken.txt").symlink_to(bulletins / "nowhere")
    (bulletins / "loop.txt").symlink_to(bulletins / "loop.txt")
    (bulletins / "folder.txt").symlink_to(tmp_path)
    (bulletins / "up").symlink_to(bulletins)
    (bulletins / "inside.txt").symlink_to(bulletins / "good.txt")
    os.mkfifo(bulletins / "pipe.txt")
    (bulletins / os.fsdecode(b"bad\xff.txt")).write_text(NOTICE + "二。", "utf-8")
    found, faults = receive_folder(content)
    assert [r.source for r in sorted(found, key=lambda r: r.source)] == [
        "bulletins/bad\\xff.txt",
        "bulletins/good.txt",
        "bulletins/sub/deep/日.HTML",
        "bulletins/有 空格 “引号” 'q'.txt",
    ]
    assert next(r for r in found if r.source.endswith("good.txt")).also_received_as == ("bulletins/inside.txt",)
    reasons = {f.source.removeprefix("bulletins/"): f.fault for f in faults}
    strangers = {"notes.pdf", "README", "lonely.toml", "empty.txt"}
    assert reasons.keys() == strangers | {"out.txt", "broken.txt", "loop.txt", "folder.txt", "up", "pipe.txt"}
    assert "out of the content folder" in reasons["out.txt"] and "regular" in reasons["pipe.txt"]
    assert all(f.remedy for f in faults)


def test_unreadable_files_and_folders(tmp_path: Path) -> None:
    if os.geteuid() == 0:
        pytest.skip("root reads everything")
    content = folder(tmp_path, {"a.txt": NOTICE, "closed/b.txt": NOTICE + "又。"})
    (content / "bulletins/a.txt").chmod(0)
    (content / "bulletins/closed").chmod(0)
    found, faults = receive_folder(content)
    (content / "bulletins/closed").chmod(0o755)
    assert not found and {f.source for f in faults} == {"bulletins/a.txt", "bulletins/closed"}


def test_a_content_folder_without_bulletins(tmp_path: Path) -> None:
    with pytest.raises(ReceiveError, match="no such folder"):
        receive_folder(tmp_path)


def test_a_single_file(tmp_path: Path) -> None:
    content = folder(tmp_path, {"a.txt": NOTICE, "a.toml": "id = 'x'"})
    verdict = receive_file(content / "bulletins" / "a.txt", content)
    assert isinstance(verdict, Received) and verdict.id == "x"


@pytest.mark.shared
def test_seeds_are_received(shared: Path) -> None:
    found, faults = receive_folder(shared / "seeds")
    assert not faults and len(found) == 5
    assert {r.encoding for r in found} == {"utf-8"}
    for item in found:
        assert item.text == (shared / "seeds" / item.source).read_bytes().decode("utf-8")

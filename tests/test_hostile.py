"""Bad input, end to end: each file is published safely, or quarantined with a message of file, fault and remedy."""

from __future__ import annotations

import json
import os
import random
import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner
from conftest import LEFT

from tongbao import archive, pipeline
from tongbao.cli import main
from tongbao.model import Quarantined

if TYPE_CHECKING:
    from playwright.sync_api import Browser

NOTICE = "庄河市关于增设采样点的通告\n即日起，庄河市在三个社区增设核酸采样点，请居民就近参加。\n2021年11月6日\n"
ODD_NAME = "瑞丽 \"7月\" 'a&b' <通告>%20#1?.txt"
SCRIPT = "<script>alert('标题')</script>"
BAIT = '"><img src=x onerror=alert(1)><svg/onload=alert(2)> javascript:alert(3) &lt;b&gt; {{ 7*7 }} {% raw %}'

# A file name in GBK, as old archives hold them, and how it is shown.
GBK_NAME, GBK_NAME_SHOWN = "报.txt".encode("gbk"), r"\xb1\xa8.txt"

# What is published: {path below bulletins/: bytes}.
PUBLISHED: Mapping[str, bytes] = {
    "one-line.txt": "三亚市今日开展全员核酸检测。".encode(),
    "no-newline.txt": NOTICE.rstrip().encode(),
    "crlf.txt": NOTICE.replace("\n", "\r\n").encode("gb18030"),
    "one-character.txt": "疫".encode(),
    "english-only.txt": b"Nothing here is Chinese, and nothing needs repair (xie) (yu).\n",
    "very-long-line.txt": ("绥芬河市继续做好口岸疫情防控工作，" * 20_000).encode(),
    "many-brackets.txt": ("會(huì" * 20_000).encode(),
    "question-marks.txt": ("日?qǐng)?" * 5_000).encode(),
    "controls.txt": (NOTICE + "\x1b[31m\x07尾\u202e倒\ufeff\u2028行\x85").encode(),
    "beyond-bmp.txt": (NOTICE + "𬭊𫖯😷\U000f0000\ufffe").encode(),
    f"sub folder/{ODD_NAME}": (NOTICE + "甲").encode(),
    "名字 “有” 空格.htm": f"<title>庄河</title><p>{NOTICE}乙</p>".encode(),
    "script.txt": f"{SCRIPT}{BAIT}\n{NOTICE}{SCRIPT}\n{BAIT}\n".encode(),
    "script.html": (
        f"<html><head><title>&lt;script&gt;alert(4)&lt;/script&gt;</title><meta name='a' content='{SCRIPT}'>"
        f"<script>alert(5)</script></head><body onload=alert(6)><h1>&lt;script&gt;alert(7)&lt;/script&gt;</h1>"
        f"<p>{NOTICE}</p><iframe src='javascript:alert(8)'></iframe></body></html>"
    ).encode(),
    "deep.html": ("<div>" * 50_000 + NOTICE + "</div>" * 50_000).encode(),
    "unclosed.html": f"<p>{NOTICE}<table><tr><td><b><![CDATA[ <!-- ".encode(),
    "wrong-charset.html": f'<meta charset="shift_jis"><h1>通告</h1><p>{NOTICE}</p>'.encode("gb18030"),
    "no-such-charset.html": f'<meta charset="x-none"><h1>布告</h1><p>{NOTICE}</p>'.encode(),
    "truncated.txt": (NOTICE * 3).encode()[:-2],
}

# What is quarantined: {path: (bytes, what the fault says)}.
QUARANTINED: Mapping[str, tuple[bytes, str]] = {
    "empty.txt": (b"", "empty"),
    "white.txt": (b" \r\n\t\xe3\x80\x80\n", "no text"),
    "mark-only.txt": (b"\xef\xbb\xbf", "no text"),
    "empty.html": (b"<html><head><style>p {}</style></head><body><p> </p></body></html>", "no text"),
    "ten-megabytes.txt": (("防控" * 1_800_000).encode()[: 10 * 2**20], "bytes"),
    "random.txt": (random.Random(7).randbytes(5_000), "encoding"),
    "random.html": (random.Random(8).randbytes(5_000), ""),
    "picture.txt": (b"\x89PNG\r\n\x1a\n" + bytes(2_000), ""),
    "nul.txt": (bytes(3_000), ""),
    "notes.docx": (b"PK\x03\x04", "suffix"),
    "orphan.toml": (b'id = "orphan"\n', "sidecar"),
    "broken-sidecar.txt": ((NOTICE + "丙").encode(), "broken-sidecar.toml"),
    "bad-id.txt": ((NOTICE + "丁").encode(), "id"),
    "bad-url.txt": ((NOTICE + "戊").encode(), "url"),
    "unknown-key.txt": ((NOTICE + "己").encode(), "unknown key"),
    "bad-date.txt": ((NOTICE + "庚").encode(), "fetched"),
    "taken-id.txt": ((NOTICE + "辛").encode(), "id"),
}

SIDECARS: Mapping[str, bytes] = {
    "broken-sidecar.toml": b"id = \n",
    "bad-id.toml": b'id = "../../up"\n',
    "bad-url.toml": b'url = "javascript:alert(9)"\n',
    "unknown-key.toml": b'titel = "x"\n',
    "bad-date.toml": 'fetched = "昨天"\n'.encode(),
    "one-line.toml": b'id = "one-line"\n',
    "taken-id.toml": b'id = "one-line"\n',
}


@pytest.fixture(scope="module")
def content(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("hostile")
    folder = root / "content" / "bulletins"
    secret = root / "secret.txt"
    secret.write_text("外面的文件不得读入。\n", "utf-8")
    for name, data in {**PUBLISHED, **{n: d for n, (d, _) in QUARANTINED.items()}, **SIDECARS}.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    (folder / "copy of crlf.txt").write_bytes(PUBLISHED["crlf.txt"])
    Path(os.fsdecode(os.fsencode(folder) + b"/" + GBK_NAME)).write_bytes((NOTICE + "壬").encode())
    (folder / "link-out.txt").symlink_to(secret)
    (folder / "link-folder").symlink_to(root)
    (folder / "link-loop.txt").symlink_to("link-loop.txt")
    (folder / "link-broken.txt").symlink_to("gone.txt")
    os.mkfifo(folder / "pipe.txt")
    return root / "content"


LINKS = ("link-out.txt", "link-folder", "link-loop.txt", "link-broken.txt", "pipe.txt")


@pytest.fixture(scope="module")
def corpus(content: Path) -> pipeline.Corpus:
    return pipeline.run(content)


def test_nothing_is_lost(corpus: pipeline.Corpus) -> None:
    published = {p for b in corpus.bulletins for p in (b.received.source, *b.received.also_received_as)}
    assert published == {f"bulletins/{n}" for n in (*PUBLISHED, "copy of crlf.txt", GBK_NAME_SHOWN)}
    assert {q.source for q in corpus.quarantined} == {f"bulletins/{n}" for n in (*QUARANTINED, *LINKS)}


@pytest.mark.parametrize("name", [*QUARANTINED, *LINKS])
def test_quarantine_names_fault_and_remedy(corpus: pipeline.Corpus, name: str) -> None:
    item = next(q for q in corpus.quarantined if q.source == f"bulletins/{name}")
    assert QUARANTINED.get(name, (b"", ""))[1] in item.fault
    assert item.fault
    assert item.remedy
    assert "processing failed" not in item.fault


def test_duplicate_is_one_bulletin(corpus: pipeline.Corpus) -> None:
    copies = next(
        b.received
        for b in corpus.bulletins
        if "bulletins/crlf.txt" in (b.received.source, *b.received.also_received_as)
    )
    assert {copies.source, *copies.also_received_as} == {"bulletins/crlf.txt", "bulletins/copy of crlf.txt"}


def test_links_read_nothing_from_outside(corpus: pipeline.Corpus) -> None:
    assert not any("外面的文件" in b.received.text for b in corpus.bulletins)


def test_same_input_same_result(content: Path, corpus: pipeline.Corpus, tmp_path: Path) -> None:
    """Also through the cache, filled and read."""
    assert archive.everything(content, tmp_path) == corpus
    assert archive.everything(content, tmp_path) == corpus


def test_a_missing_folder_is_an_error_that_names_it(tmp_path: Path) -> None:
    with pytest.raises(Exception, match="bulletins"):
        pipeline.run(tmp_path)


# --- the built site --------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def site(
    content: Path, build: Callable[..., subprocess.CompletedProcess[str]], tmp_path_factory: pytest.TempPathFactory
) -> Path:
    output = tmp_path_factory.mktemp("hostile-site") / "site"
    done = build(content, output)
    assert done.returncode == 0, done.stdout + done.stderr
    return output


def test_report_lists_every_fault(site: Path, corpus: pipeline.Corpus) -> None:
    report = json.loads((site / "data" / "report.json").read_text("utf-8"))
    listed = {Quarantined(**item) for item in report["quarantined"]}
    assert listed == set(corpus.quarantined)


def test_every_published_file_has_its_page(site: Path) -> None:
    # Many readers of JSON Lines split at every line end that Unicode knows: none may stand bare in a record.
    lines = (site / "data" / "bulletins.jsonl").read_text("utf-8").splitlines()
    for record in map(json.loads, lines):
        for language in ("zh-hans", "zh-hant"):
            assert (site / language / "bulletin" / record["id"] / "index.html").is_file()


def test_no_markup_of_a_bulletin_reaches_a_page(site: Path) -> None:
    """Parsed as a browser does: no script without a source, no handler, no element that the theme would not write."""
    from lxml import etree

    for path in site.rglob("*.html"):
        page = etree.HTML(path.read_text("utf-8"))
        assert not [
            s for s in page.iter("script") if s.get("src") is None and s.get("type") != "application/ld+json"
        ], path
        assert not [e for e in page.iter("iframe", "svg") if "alert" in etree.tostring(e).decode()], path
        attributes = [(k, v) for e in page.iter(etree.Element) for k, v in e.attrib.items()]
        assert not [k for k, _ in attributes if k.startswith("on")], path
        assert not [v for _, v in attributes if v.strip().lower().startswith("javascript:")], path


def test_feeds_are_well_formed(site: Path) -> None:
    from lxml import etree

    for path in [p for p in site.rglob("*") if p.suffix in (".xml", ".atom")]:
        etree.parse(path)


def test_strict_build_fails_and_says_why(
    content: Path, build: Callable[..., subprocess.CompletedProcess[str]], tmp_path: Path
) -> None:
    done = build(content, tmp_path / "site", STRICT="1")
    assert done.returncode != 0
    said = done.stdout + done.stderr
    assert "empty.txt" in said
    assert "Traceback" not in said


def test_command_line_names_file_fault_and_remedy(content: Path, corpus: pipeline.Corpus) -> None:
    done = CliRunner().invoke(main, ["check", str(content)])
    assert done.exit_code == 1
    for item in corpus.quarantined:
        assert f"{item.source}: {item.fault}; {item.remedy}" in done.stderr


@pytest.mark.browser
def test_nothing_of_a_bulletin_runs_in_a_browser(site: Path, serve: Callable[[Path], str], browser: Browser) -> None:
    """Neither on its pages nor among the hits of a search: no dialog, no error, no request that it asked for."""
    base = serve(site)
    page = browser.new_page()
    troubles: list[str] = []
    page.on("dialog", lambda dialog: (troubles.append(dialog.message), dialog.dismiss()))
    page.on("console", lambda message: troubles.append(message.text))
    page.on("pageerror", lambda error: troubles.append(str(error)))
    page.on("requestfailed", lambda request: None if request.failure == LEFT else troubles.append(request.url))
    for record in map(json.loads, (site / "data" / "bulletins.jsonl").read_text("utf-8").split("\n")[:-1]):
        if "script" in record["source"]:
            for language in ("zh-hans", "zh-hant"):
                page.goto(f"{base}{language}/bulletin/{record['id']}/")
    page.goto(f"{base}search/?q=alert")
    status = page.locator('[role="status"][data-state="done"]')
    status.wait_for(state="attached")
    assert page.locator("#results li[data-id]").count() == 2
    page.close()
    assert not troubles

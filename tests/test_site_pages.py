"""Pages made from bulletins written by hand: what they show, that they are safe, and that they stay as they were.

Golden pages stand in `tests/golden/pages`. A change of theme or adapters that is meant is taken over with
`UPDATE_GOLDEN=1 pytest tests/test_site_pages.py`; the run that writes them fails, so that somebody looks at them first.
"""

from __future__ import annotations

import os
import re
import runpy
from collections.abc import Iterator
from datetime import date
from functools import cache
from pathlib import Path

import pytest
from jinja2 import Environment, FileSystemLoader
from lxml import html

from pelican_tongbao.labels import labels, rule_names
from pelican_tongbao.pages import Page, all_pages
from tongbao import places
from tongbao.edits import OffsetMap, apply
from tongbao.export.browse import catalogue
from tongbao.export.page import bulletin_page
from tongbao.model import (
    Block,
    BlockKind,
    Bulletin,
    DateTag,
    DateTags,
    Edit,
    EditEvidence,
    Evidence,
    Genre,
    HeaderField,
    Reading,
    Received,
    RegionTag,
    RegionTags,
    Repaired,
    Role,
    Script,
    Scripts,
    Sidecar,
)

ROOT = Path(__file__).parents[1]
GOLDEN = Path(__file__).parent / "golden" / "pages"
K = BlockKind


def edit(text: str, rule: str, before: str, after: str, confidence: float = 1.0, **evidence: object) -> Edit:
    start = text.index(before)
    return Edit(rule, start, start + len(before), before, after, confidence, EditEvidence(**evidence))  # type: ignore[arg-type]


def evidence(text: str, *quotes: str) -> tuple[Evidence, ...]:
    return tuple(Evidence(text.index(q), text.index(q) + len(q), q) for q in quotes)


def blocks(text: str, *kinds: BlockKind) -> tuple[Block, ...]:
    lines = [m for m in re.finditer(r"[^\n]+", text)]
    return tuple(Block(kind, m.start(), m.end()) for kind, m in zip(kinds, lines, strict=True))


def damaged() -> Bulletin:
    """Received in Traditional with a gloss, a replaced character and a doubtful one; every kind of tag."""
    text = "海口市召開防(fáng)控會議\n來源:椰城新聞\n3月5日,海口市召開會議,要求�h防死守。\n會上斷?落實。\n返回首頁"
    edits = (
        edit(text, "pinyin-gloss", "(fáng)", "", reason="“防”读作“fáng”，括号内的注音是转载程序插入的。"),
        edit(
            text, "gbk-bytes", "�h", "嚴", 0.984, reason="按字节还原。", received_bytes="?? 68", restored_bytes="87 C0",
            gain=9.5, candidates=("巖", "儼"),
        ),
    )  # fmt: skip
    repaired = apply(text, edits)
    hans = "海口市召开防控会议\n来源:椰城新闻\n3月5日,海口市召开会议,要求严防死守。\n会上断?落实。\n返回首页"
    hant = "海口市召開防控會議\n來源:椰城新聞\n3月5日,海口市召開會議,要求嚴防死守。\n會上斷?落實。\n返回首頁"
    at = repaired.index("椰城新聞")
    comma = repaired.index(",")
    published = DateTag(
        "2022-03-05", "2022-03-05", "2022-03-05", "publication", "dateline+weekday", evidence(text, "3月5日")
    )
    return Bulletin(
        Received(
            "damaged", "bulletins/海口 会议.txt", "ab" * 32, 230, "utf-8", ("全文是有效的 UTF-8",), text,
            ("bulletins/copy.txt",),
            sidecar=Sidecar(url="https://example.org/a?b=1&c=2", site="示例站", fetched=date(2023, 1, 2)),
        ),
        Repaired(text, repaired, edits, (edit(text, "gbk-bytes", "斷?", "斷鏈", 0.4, reason="两种读法相当。"),), 0.125),
        Scripts(Script.HANT, hans, hant),
        Reading(
            blocks(repaired, K.TITLE, K.HEADER, K.PARAGRAPH, K.PARAGRAPH, K.CHROME),
            (HeaderField("source", at, at + 4),),
            (Edit("punctuation", comma, comma + 1, ",", "，"),),
        ),
        RegionTags((
            RegionTag("460100", "海口市", "prefecture", Role.PRIMARY, "title", evidence(text, "海口市")),
            RegionTag("110000", "北京市", "province", Role.MENTIONED, "sidecar", (Evidence(0, 0, "北京", "sidecar"),)),
        )),
        DateTags(published, (DateTag("2022-03", "2022-03-01", "2022-03-31", "event", "partial", published.evidence),)),
        Genre("meeting", "海口市", None, {"kind": evidence(text, "會議"), "issuer": evidence(text, "海口市")}),
    )  # fmt: skip


BAIT = "<script>alert('题')</script>\"><img src=x onerror=alert(1)> {{ 7*7 }} &lt;b&gt; \u202e倒\x07"


def hostile() -> Bulletin:
    """Markup, template code and direction controls everywhere; no date, no region, an address that must not link."""
    text = f"{BAIT}\n正文 {BAIT}"
    edits = (Edit("x<b>", 0, 8, text[:8], text[:8] + "<i>", 1, EditEvidence(f"因为{BAIT}", candidates=(BAIT,))),)
    repaired = apply(text, edits)
    return Bulletin(
        Received(
            "hostile", f"bulletins/{BAIT[:8]}\".txt", "cd" * 32, 99, "utf-8", (BAIT,), text,
            sidecar=Sidecar(url="javascript:alert(9)", site=BAIT, issuer=BAIT),
        ),
        Repaired(text, repaired, edits, (), 0.01),
        Scripts(Script.HANS, repaired, repaired),
        Reading(blocks(repaired, K.TITLE, K.PARAGRAPH)),
        RegionTags(),
        DateTags(),
        Genre(None, BAIT, BAIT),
    )  # fmt: skip


def bare() -> Bulletin:
    """Nothing but a line: no title, no repairs, a date known to the month."""
    text = "即日起暂停堂食"
    published = DateTag(
        "2022-02", "2022-02-01", "2022-02-28", "publication", "url", (Evidence(0, 0, "/202202/", "sidecar"),)
    )
    return Bulletin(
        Received("bare", "bulletins/bare.htm", "ef" * 32, 21, "gb18030", (), text),
        Repaired(text, text),
        Scripts(Script.HANS, text, "即日起暫停堂食"),
        Reading(blocks(text, K.PARAGRAPH)),
        RegionTags(),
        DateTags(published),
        Genre(),
    )


@cache
def rendered() -> dict[str, tuple[Page, str]]:
    """{address: (page, HTML)} of the whole site of the three bulletins."""
    bulletins = (bare(), damaged(), hostile())
    settings = runpy.run_path(str(ROOT / "pelicanconf.py"))["JINJA_ENVIRONMENT"]
    environment = Environment(loader=FileSystemLoader(ROOT / "theme/templates"), **settings)
    return {
        page.address: (page, environment.get_template(f"{page.template}.html").render(page.context(), own=[]))
        for page in all_pages(bulletins, catalogue(bulletins, places.lineage), [])
    }


def trees() -> Iterator[tuple[str, html.HtmlElement]]:
    for address, (_, source) in rendered().items():
        yield address, html.document_fromstring(source)


def test_addresses_follow_the_contract() -> None:
    expected = {"", "search/", "zh-hant/", "zh-hant/search/"}
    for lang in ("zh-hans", "zh-hant"):
        expected |= {f"{lang}/bulletin/{each}/" for each in ("bare", "damaged", "hostile")}
        expected |= {f"{lang}/region/{each}" for each in ("", "460000/", "460100/", "110000/", "unknown/")}
        expected |= {f"{lang}/date/{each}" for each in ("", "2022/", "2022/02/", "2022/03/", "undated/")}
    assert set(rendered()) == expected


def test_every_link_leads_to_a_page_or_a_file_of_the_site() -> None:
    files = ("theme/", "data/", "received/")
    for address, tree in trees():
        for link in tree.iter("a", "link", "script", "form"):
            target = link.get("href") or link.get("src") or link.get("action")
            assert target, html.tostring(link)
            if target.startswith("https://example.org/"):
                assert link.get("rel") == "noreferrer noopener external"
                continue
            path = os.path.normpath(Path("/", address, target.split("#")[0]))[1:]
            known = path.startswith(files) or path.endswith("atom.xml") or f"{path}/".removeprefix("/") in rendered()
            assert known, f"{address}: {target}"
            assert not target.startswith("/"), "an address that depends on where the site is mounted"


def test_anchors_are_unique_and_lead_somewhere() -> None:
    for address, tree in trees():
        ids = tree.xpath("//@id")
        assert len(ids) == len(set(ids)), address
        assert {href[1:] for href in tree.xpath("//a/@href") if href.startswith("#")} <= set(ids), address


def test_nothing_runs_but_the_theme_s_own_modules() -> None:
    for address, tree in trees():
        for script in tree.iter("script"):
            assert not script.text and re.fullmatch(r"(\.\./|\./)*theme/js/[a-z-]+\.js", script.get("src")), address
        assert not tree.xpath("//@style | //style | //iframe | //img | //svg | //object | //base"), address
        assert not [name for element in tree.iter() for name in element.attrib if name.startswith("on")], address
        assert not tree.xpath("//@href[starts-with(., 'javascript')]")
        policy = tree.xpath("//meta[@http-equiv='Content-Security-Policy']/@content")[0]
        assert "default-src 'none'" in policy and "unsafe" not in policy


def test_hostile_text_is_shown_as_text() -> None:
    _, source = rendered()["zh-hans/bulletin/hostile/"]
    assert "{{ 7*7 }}" in source and "&lt;script&gt;alert(" in source
    assert "\u202e" not in source and "\x07" not in source
    tree = html.document_fromstring(source)
    assert tree.xpath("//*[@class='control']/text()")[:2] == ["U+202E", "U+0007"]
    assert "javascript:alert(9)" in tree.xpath("string(//div[@class='row original_url'])")


def test_each_run_of_text_states_its_language() -> None:
    for address, (page, source) in rendered().items():
        tree = html.document_fromstring(source)
        assert tree.get("lang") == {"zh-hans": "zh-Hans", "zh-hant": "zh-Hant"}[page.language], address
    tree = html.document_fromstring(rendered()["zh-hans/bulletin/damaged/"][1])
    assert tree.xpath("//*[@class='raw']/@lang") == ["zh-Hant"]


def test_a_repair_is_marked_and_explained() -> None:
    tree = html.document_fromstring(rendered()["zh-hans/bulletin/damaged/"][1])
    assert tree.xpath("string(//h1)").strip() == "海口市召开防控会议"
    mark = tree.get_element_by_id("t2")
    assert (mark.tag, mark.text) == ("ins", "严")
    assert mark.xpath("a/@href") == ["#r2"]
    entry = tree.get_element_by_id("r2").text_content()
    for part in ("�h", "嚴", "98%", "?? 68", "87 C0", "按字节还原。", "巖", "儼"):
        assert part in entry
    assert tree.get_element_by_id("o2").text == "�h"
    assert tree.get_element_by_id("ts1").text == "断?"
    assert "斷鏈" in tree.get_element_by_id("s1").text_content()


def test_tags_lead_to_their_evidence() -> None:
    tree = html.document_fromstring(rendered()["zh-hant/bulletin/damaged/"][1])
    row = tree.xpath("//div[@class='row published']")[0]
    assert row.xpath("string(.//a)") == "2022年3月5日"
    assert row.xpath(".//ul[@class='why']/li/text()") == ["電頭", "星期相合"]
    anchor = row.xpath(".//li/a/@href")[0]
    assert tree.get_element_by_id(anchor[1:]).text_content() == "3月5日"


def test_the_received_text_is_shown_unchanged() -> None:
    model = bulletin_page(damaged(), "zh-hans")
    assert "".join(t.text for t in model.received.tokens if t.kind == "text") == damaged().received.text


def test_spans_reach_over_repairs() -> None:
    text = damaged().received.text
    start = text.index("防(fáng)控")
    assert OffsetMap(damaged().repaired.edits).to_result(start, start + 8) == (6 - 1, 6 + 1)


def test_undated_and_unplaced_bulletins_are_listed() -> None:
    assert "bulletin/hostile/" in rendered()["zh-hans/date/undated/"][1]
    unknown = rendered()["zh-hans/region/unknown/"][1]
    assert "bulletin/hostile/" in unknown and "bulletin/bare/" in unknown
    assert "bulletin/damaged/" not in unknown


def test_a_region_holds_those_below_it_and_mentions_apart() -> None:
    assert "bulletin/damaged/" in rendered()["zh-hans/region/460000/"][1]
    beijing = html.document_fromstring(rendered()["zh-hans/region/110000/"][1])
    assert beijing.xpath("//main//h2/text()")[0].strip() == "提及此地"


def test_labels_are_complete_in_both_scripts() -> None:
    def keys(table: dict[str, object], path: str = "") -> Iterator[str]:
        for key, value in table.items():
            yield from keys(value, f"{path}{key}.") if isinstance(value, dict) else [path + key]

    assert list(keys(labels("zh-hans"))) == list(keys(labels("zh-hant")))
    assert labels("zh-hant")["nav"]["regions"] == "地區"


@pytest.mark.parametrize(
    ("rule", "names"),
    [
        ("full-name/unique", ("全称", "无同名地")),
        ("dateline+weekday", ("电头", "星期相合")),
        ("no-such-rule", ("no-such-rule",)),
    ],
)
def test_rules_are_named_in_words(rule: str, names: tuple[str, ...]) -> None:
    assert rule_names(rule, "zh-hans") == names


GOLDEN_PAGES = [
    "", "search/", "zh-hans/bulletin/damaged/", "zh-hant/bulletin/damaged/", "zh-hans/bulletin/hostile/",
    "zh-hant/bulletin/bare/", "zh-hans/region/", "zh-hant/region/460000/", "zh-hans/region/unknown/",
    "zh-hans/date/", "zh-hant/date/2022/",
]  # fmt: skip


@pytest.mark.parametrize("address", GOLDEN_PAGES, ids=lambda a: a or "home")
def test_golden(address: str) -> None:
    golden = GOLDEN / f"{address.strip('/').replace('/', '.') or 'home'}.html"
    source = rendered()[address][1]
    known = golden.read_text("utf-8") if golden.exists() else None
    if os.environ.get("UPDATE_GOLDEN") == "1" and source != known:
        golden.parent.mkdir(parents=True, exist_ok=True)
        golden.write_text(source, "utf-8")
        pytest.fail(f"{golden.name} was written; look at the difference, then run without UPDATE_GOLDEN")
    assert source == known, "the page changed; if that is meant, run with UPDATE_GOLDEN=1 and look at the difference"

"""Pages made from bulletins written by hand: what they show, that they are safe, and that they stay as they were.

Golden pages stand in `tests/golden/pages`. A change of theme or adapters that is meant is taken over with
`UPDATE_GOLDEN=1 pytest tests/test_site_pages.py`; the run that writes them fails, so that somebody looks at them first.
"""

from __future__ import annotations

import json
import os
import re
import runpy
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date
from functools import cache
from itertools import chain, pairwise
from pathlib import Path

import pytest
from jinja2 import Environment, FileSystemLoader, Template
from lxml import html

from pelican_tongbao.labels import english, flat, labels, rule_names
from pelican_tongbao.pages import Page, bulletin_pages, compare_pages, others, overview_pages, region_pages, ways
from pelican_tongbao.pages.faults import told
from tongbao import places
from tongbao.edits import OffsetMap, apply
from tongbao.export.brief import brief
from tongbao.export.browse import Entry, catalogue, entry
from tongbao.export.kinship import Kin, kinship
from tongbao.export.marks import plain
from tongbao.export.page import bulletin_page
from tongbao.export.report import report
from tongbao.export.urls import SITE_LANGUAGES, named
from tongbao.likeness import Likeness
from tongbao.model import (
    Ambiguity,
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
    HtmlMeta,
    PlaceTag,
    Quarantined,
    Reading,
    Received,
    RegionTag,
    RegionTags,
    Repaired,
    Role,
    Script,
    Scripts,
    Sidecar,
    Standard,
)
from tongbao.pipeline import lost
from tongbao.receive import receive_folder
from tongbao.receive.core import too_long

ROOT = Path(__file__).parents[1]
GOLDEN, CASES = Path(__file__).parent / "golden" / "pages", Path(__file__).parent / "cases"
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


def placed() -> Bulletin:
    """Places that are no divisions, a division that has changed its name, names with namesakes, dates in each role."""
    text = "友誼關口岸通車\n3月5日,友誼關口岸恢復對越南通車。截至6日,海門市和長安區有車來往,按2月1日通知查驗。"
    hans = "友谊关口岸通车\n3月5日,友谊关口岸恢复对越南通车。截至6日,海门市和长安区有车来往,按2月1日通知查验。"

    def day(edtf: str, role: str, quote: str) -> DateTag:
        return DateTag(edtf, edtf, edtf, role, "partial", evidence(text, quote))

    return Bulletin(
        Received("placed", "bulletins/placed.txt", "12" * 32, 150, "utf-8", (), text),
        Repaired(text, text),
        Scripts(Script.HANT, hans, text),
        Reading(blocks(text, K.TITLE, K.PARAGRAPH)),
        RegionTags(
            tags=(
                RegionTag(
                    "320614", "海门区", "county", Role.MENTIONED, "former-name/unique", evidence(text, "海門市"),
                    (("610116", "长安区"),), ("320684", "海门市"),
                ),
            ),
            ambiguous=(Ambiguity((("130102", "长安区"), ("610116", "长安区")), evidence(text, "長安區")),),
            others=(
                PlaceTag("country", "越南", None, "VNM", "name", evidence(text, "越南")),
                PlaceTag("port", "友谊关口岸", "451481", None, "name", evidence(text, "友誼關口岸")),
            ),
        ),
        DateTags(None, (
            day("2019-02-01", "cited", "2月1日"), day("2019-03-05", "event", "3月5日"),
            day("2019-03-06", "window", "6日"),
        )),
        Genre(),
    )  # fmt: skip


def reprinted(name: str, source: str, day: str, text: str, hant: str) -> Bulletin:
    """A copy of `bare`, of a day."""
    made = bare()
    return replace(
        made,
        received=replace(made.received, id=name, source=source, sha256=name[:1] * 64, text=text),
        repaired=Repaired(text, text), scripts=Scripts(Script.HANS, text, hant),
        reading=Reading(blocks(text, K.PARAGRAPH)),
        dates=DateTags(DateTag(day, day, day, "publication", "url", (Evidence(0, 0, day, "sidecar"),))),
    )  # fmt: skip


def cited_first() -> Bulletin:
    """Of a day in the month that is known of `bare`, so that nobody knows which of them is older."""
    return reprinted("cited", "bulletins/转载/一.txt", "2022-02-10", "即日起全市暂停堂食", "即日起全市暫停堂食")


def again() -> Bulletin:
    """Younger for certain; the least id of the three."""
    return reprinted("again", "bulletins/转载/二.txt", "2022-03-01", "即日起全市恢复堂食", "即日起全市恢復堂食")


COPIES = ("again", "bare", "cited")


def rendered() -> dict[str, tuple[Page, str]]:
    """{address: (page, HTML)} of the whole site of three bulletins, of one of which there are two copies."""
    return site(bare, damaged, hostile, cited_first, again)


@cache
def environment() -> Environment:
    settings = runpy.run_path(str(ROOT / "pelicanconf.py"))["JINJA_ENVIRONMENT"]
    return Environment(loader=FileSystemLoader(ROOT / "theme/templates"), **settings)


def template(name: str) -> Template:
    return environment().get_template(f"{name}.html")


def draw(page: Page) -> str:
    return template(page.template).render(page.context(), site="", menu=[])


@cache
def site(*makers: Callable[[], Bulletin]) -> dict[str, tuple[Page, str]]:
    bulletins = [make() for make in makers]
    lists = catalogue(map(entry, bulletins), places.lineage)
    made = {bulletin.id: bulletin for bulletin in bulletins}
    akin = kinship(lists.entries, Likeness((COPIES,) if {*COPIES} <= {*made} else (), {}))
    pages = [*overview_pages(lists, [], akin.families, {name: each.received.source for name, each in made.items()})]
    pages += chain.from_iterable(region_pages(code, lists) for code in lists.shelves)
    for at, each in enumerate(lists.entries):
        pages += bulletin_pages(made[each.id], lists, at, made.__getitem__, akin.kin.get(each.id))
    for name, members in akin.families.items():
        for pair in pairwise(members):
            pages += compare_pages(*(made[each.id] for each in pair), {each.id: each for each in pair}, name)
    return {page.address: (page, draw(page)) for page in pages}


def trees() -> Iterator[tuple[str, html.HtmlElement]]:
    for address, (_, source) in rendered().items():
        yield address, html.document_fromstring(source)


def test_addresses_follow_the_contract() -> None:
    expected = {"", "search/", "zh-hant/", "zh-hant/search/", "en/", "en/search/"}
    for lang in ("zh-hans", "zh-hant", "en"):
        if lang != "en":
            expected |= {f"{lang}/bulletin/{each}/" for each in ("bare", "damaged", "hostile", "cited", "again")}
            expected |= {f"{lang}/compare/{each}/" for each in ("cited/bare", "bare/again")}
        expected |= {
            f"{lang}/glossary/",
            f"{lang}/copies/",
            f"{lang}/copies/again/",
            *(f"{lang}/kind/{each}" for each in ("", "meeting/", "unknown/")),
        }
        issuers = ("海口市", plain(hostile().genre.issuer or ""))
        expected |= {f"{lang}/port/", f"{lang}/issuer/", *(f"{lang}/issuer/{named(name)}/" for name in issuers)}
        expected |= {f"{lang}/region/{each}" for each in ("", "460000/", "460100/", "110000/", "unknown/")}
        expected |= {f"{lang}/date/{each}" for each in ("", "2022/", "2022/02/", "2022/03/", "undated/")}
    assert set(rendered()) == expected


def test_every_link_leads_to_a_page_or_a_file_of_the_site() -> None:
    files = ("theme/", "data/", "received/", *(f"{language}/report" for language in SITE_LANGUAGES))
    feeds = ("atom.xml", "feed.json", "opensearch.xml")
    for address, tree in trees():
        for link in tree.iter("a", "link", "script", "form"):
            if link.get("rel") == "schema.DCTERMS" or link.get("type") == "application/ld+json":
                continue  # A name that looks like an address, and data.
            target = link.get("href") or link.get("src") or link.get("action")
            assert target, html.tostring(link)
            if link.get("rel") == "icon":
                assert target.startswith("data:image/svg+xml,")
                continue
            if target.startswith("https://example.org/"):
                assert link.get("rel") == "noreferrer noopener external"
                continue
            path = os.path.normpath(Path("/", address, re.split("[?#]", target)[0]))[1:]
            known = path.startswith(files) or path.endswith(feeds) or f"{path}/".removeprefix("/") in rendered()
            assert known, f"{address}: {target}"
            if link.tag == "a" and "/bulletin/" in target and not link.get("hreflang"):
                assert target.endswith("?labels=en") == address.startswith("en/"), f"{address}: {target}"
            assert not target.startswith("/"), "an address that depends on where the site is mounted"


def test_anchors_are_unique_and_lead_somewhere() -> None:
    anchors = {address: tree.xpath("//@id") for address, tree in trees()}
    for address, tree in trees():
        ids = anchors[address]
        assert len(ids) == len(set(ids)), address
        for href in tree.xpath("//a/@href[contains(., '#') and not(contains(., ':'))]"):
            path, _, anchor = href.partition("#")
            page = f"{os.path.normpath(Path('/', address, path))[1:]}/".removeprefix("/") if path else address
            assert anchor in anchors[page], f"{address}: {href}"


def test_nothing_runs_but_the_theme_s_own_modules() -> None:
    for address, tree in trees():
        for script in tree.iter("script"):
            if script.get("type") == "application/ld+json":  # Data: no browser runs it.
                assert json.loads(script.text)["@context"] == "https://schema.org" and "<" not in script.text
                continue
            source = script.get("src")
            assert not script.text and re.fullmatch(r"(\.\./|\./)*theme/js/(search/)?[a-z-]+\.js", source), address
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
        assert tree.get("lang") == {"zh-hans": "zh-Hans", "zh-hant": "zh-Hant", "en": "en"}[page.language], address
    tree = html.document_fromstring(rendered()["zh-hans/bulletin/damaged/"][1])
    assert tree.xpath("//*[@class='raw']/@lang") == ["zh-Hant"] * 2
    assert tree.xpath("//ol[@class='apparatus']//ins/@lang") == ["zh-Hant"] * 2
    assert tree.xpath("//p[@class='why']//a/@lang"), "evidence is quoted in the script received"
    # What is in the page's language says so once, at the root.
    tree = html.document_fromstring(rendered()["zh-hant/bulletin/damaged/"][1])
    assert not tree.xpath("//ol[@class='apparatus']//*[@lang]")


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


def without_signs(element: html.HtmlElement) -> str:
    return "".join(element.xpath(".//text()[not(parent::a[@class='sign' or @class='gone'])]"))


def test_a_text_has_four_views() -> None:
    """Each in its own address, the current one marked; the collated one is the repaired text, whole."""
    tree = html.document_fromstring(rendered()["zh-hant/bulletin/damaged/"][1])
    tabs = tree.xpath("//nav[@class='views']/a")
    assert [tab.text for tab in tabs] == ["简体", "繁體", "校訂", "原貌"]
    assert [tab.get("href") for tab in tabs] == [
        "../../../zh-hans/bulletin/damaged/",
        "#text",
        "#collated",
        "#received",
    ]
    assert [tab.get("aria-current") for tab in tabs] == [None, "page", None, None]
    for view, text in (("collated", damaged().repaired.text), ("received", damaged().received.text)):
        assert without_signs(tree.xpath(f"//section[@id='{view}']/div[@class='raw']")[0]) == text


def test_a_very_long_text_stands_on_its_page_once(monkeypatch: pytest.MonkeyPatch) -> None:
    made = damaged()
    lists = catalogue([entry(made)], places.lineage)
    for longest, whole in ((len(made.received.text), True), (len(made.received.text) - 1, False)):
        monkeypatch.setattr("tongbao.export.page.LONGEST", longest)
        page = next(bulletin_pages(made, lists, 0, {}.__getitem__))
        tree = html.document_fromstring(template("bulletin").render(page.context(), site="", menu=[]))
        assert len(tree.xpath("//div[@class='raw']")) == (2 if whole else 0)
        files = tree.xpath("//section[@id='collated' or @id='received']/p[@class='note']/a/@href")
        assert files == ([] if whole else [f"../../../received/{'ab' * 32}.bin"] * 2)
        assert {href[1:] for href in tree.xpath("//a/@href") if href.startswith("#")} <= {*tree.xpath("//@id")}


@pytest.mark.parametrize(
    ("view", "repair", "doubt", "proof", "sign"),
    [("text", "t", "ts", "e", ""), ("collated", "c", "cs", "ce", "2"), ("received", "o", "os", "oe", "2")],
)
def test_each_view_has_its_anchors(view: str, repair: str, doubt: str, proof: str, sign: str) -> None:
    """In the text for reading signs are empty: words can be found and copied across them."""
    tree = html.document_fromstring(rendered()["zh-hant/bulletin/damaged/"][1])
    marks = {anchor: tree.get_element_by_id(f"{anchor}{n}") for anchor, n in ((repair, 2), (doubt, 1), (proof, 3))}
    assert {mark.xpath("string(ancestor::section/@id)") for mark in marks.values()} == {view}
    link = marks[repair].xpath("a[@class='sign']")[0]
    assert (link.get("href"), link.get("aria-label"), link.text or "") == ("#r2", "校2", sign)
    assert marks[doubt].xpath("a/@aria-label") == ["疑1"]


def test_what_was_taken_out_and_what_was_added_are_marked_by_family() -> None:
    text = "防控()形势\n防控形势"
    edits = (Edit("layout-mark", 2, 4, "()", ""), Edit("parallel", 9, 9, "", "严峻"))
    repaired = apply(text, edits)
    made = Bulletin(
        Received("families", "bulletins/families.txt", "34" * 32, 20, "utf-8", (), text),
        Repaired(text, repaired, edits),
        Scripts(Script.HANS, repaired, repaired), Reading(blocks(repaired, K.PARAGRAPH, K.PARAGRAPH)), RegionTags(),
        DateTags(), Genre(),
    )  # fmt: skip
    tree = html.document_fromstring(site(lambda: made)["zh-hans/bulletin/families/"][1])
    gone, added = tree.get_element_by_id("t1"), tree.get_element_by_id("t2")
    assert (gone.tag, gone.get("class"), gone.get("href")) == ("a", "gone", "#r1")
    assert (added.tag, added.get("class"), added.text) == ("ins", "added", "严峻")
    assert tree.get_element_by_id("o1").text == "()" and tree.get_element_by_id("o2").get("class") == "gone"
    assert tree.xpath("//p[@class='legend']//i/@class") == ["cut", "added", "proof"]


def test_paragraphs_have_the_same_numbers_in_both_scripts() -> None:
    numbers = []
    for language in ("zh-hans", "zh-hant"):
        tree = html.document_fromstring(rendered()[f"{language}/bulletin/damaged/"][1])
        numbers.append([(e.tag, e.get("id")) for e in tree.xpath("//article//*[starts-with(@id, 'p')]")])
        links = tree.xpath("//section[@id='text']//a[@class='pin']")
        assert [(link.get("href"), link.text) for link in links] == [(f"#p{n}", str(n)) for n in (2, 3, 4, 5)]
        (link,) = tree.xpath("//h1//a[@class='pin']")
        assert (link.get("href"), link.get("data-n"), link.text) == ("#p1", "1", None)
    assert numbers[0] == numbers[1] == [("span", "p1"), ("p", "p2"), ("p", "p3"), ("p", "p4"), ("p", "p5")]
    assert links[0].get("aria-label") == "第 2 段的連結"


@pytest.mark.parametrize(
    ("kinds", "subtitles", "lines", "summary"),
    [
        ([K.TITLE, K.SUBTITLE, K.SUBTITLE], [], [2, 3], "乙"),
        ([K.TITLE, K.SUBTITLE, K.CHROME], [], [2], "乙"),
        ([K.TITLE, K.SUBTITLE, K.PARAGRAPH], [2], [3], "丙"),
        ([K.TITLE, K.CHROME, K.CHROME], [], [], ""),
    ],
)
def test_where_nothing_else_is_left_to_read_subtitles_are(
    kinds: list[BlockKind], subtitles: list[int], lines: list[int], summary: str
) -> None:
    text = "甲\n乙\n丙"
    made = replace(
        bare(), repaired=Repaired(text, text), scripts=Scripts(Script.HANS, text, text),
        reading=Reading(blocks(text, *kinds)), dates=DateTags(),
    )  # fmt: skip
    model = bulletin_page(made, "zh-hans")
    assert [[line.number for line in part] for part in (model.subtitles, model.lines)] == [subtitles, lines]
    assert entry(made).summaries["zh-hans"] == summary


@pytest.mark.parametrize(("html_meta", "key"), [(None, "received_intro"), (HtmlMeta("甲"), "received_intro_html")])
def test_what_was_taken_out_of_a_web_page_says_so(html_meta: HtmlMeta | None, key: str) -> None:
    def made() -> Bulletin:
        return replace(bare(), received=replace(bare().received, html=html_meta))

    tree = html.document_fromstring(site(made)["zh-hant/bulletin/bare/"][1])
    (note,) = tree.xpath("//section[@id='received']/p[@data-t]")
    assert note.get("data-t") == f"bulletin.{key}" and note.text_content() == labels("zh-hant")["bulletin"][key]


def test_the_received_file_and_the_original_are_robust_links() -> None:
    tree = html.document_fromstring(rendered()["zh-hans/bulletin/damaged/"][1])
    for row in ("original_url", "files"):
        link = tree.xpath(f"//div[@class='row {row}']//a")[0]
        assert link.get("data-originalurl") == "https://example.org/a?b=1&c=2"
        assert link.get("data-versiondate") == "2023-01-02"
    assert tree.xpath("string(//code[@class='check'])") == f"echo '{'ab' * 32}  damaged.txt' | sha256sum -c"
    assert tree.xpath("//main//a/@download") == ["damaged.txt"]
    hostile = html.document_fromstring(rendered()["zh-hans/bulletin/hostile/"][1])
    assert not hostile.xpath("//@data-originalurl | //@data-versiondate")


def test_damage_is_told_with_what_it_means() -> None:
    tree = html.document_fromstring(rendered()["zh-hans/bulletin/damaged/"][1])
    meter = tree.xpath("//meter")[0]
    assert (meter.get("value"), meter.get("max"), meter.get("aria-label")) == ("12.5", "100", "受损程度")
    assert meter.getparent().text_content().strip() == "收到的文字里，已校订或存疑的字符占 12.5%。"
    tallies = [" ".join(each.text_content().split()) for each in tree.xpath("//span[@class='tally']")]
    assert tallies == ["字节错位 gbk-bytes 1", "转载注音 pinyin-gloss 1"]
    assert not html.document_fromstring(rendered()["zh-hant/bulletin/bare/"][1]).xpath("//meter")


def test_words_of_the_site_have_the_keys_of_their_labels() -> None:
    """A script says them in English by these keys; so each is in the English table, and says there what stands here."""
    for address, (page, source) in rendered().items():
        for element in html.document_fromstring(source).xpath("//*[@data-t]"):
            part, key = element.get("data-t").split(".")
            here, there = labels(page.language)[part][key], labels("en")[part][key]
            said = element.get("aria-label") or element.text_content()
            pattern = re.sub(r"\\{\w+\\}", "(.*)", re.escape(here))
            assert re.fullmatch(pattern, said), (address, said)
            assert there


@pytest.mark.parametrize("standard", list(Standard))
def test_words_of_repairs_are_their_own_keys(standard: Standard) -> None:
    table = english(standard)
    said = {
        "=把握 #%": "bulletin.confidence",
        "=UTF-# 误读为 GBK": "rules.mojibake-utf8-as-gbk",
        "=理由": "bulletin.reason",
    }
    assert {key: table[key] for key in said} == {key: table[value] for key, value in said.items()}
    assert table["=轉載注音"] == table["rules.pinyin-gloss"] and "=发布日期" not in table
    for address in ("zh-hans/bulletin/damaged/", "zh-hant/bulletin/damaged/"):
        tree = html.document_fromstring(rendered()[address][1])
        listed = tree.xpath(
            "//ol[@class='apparatus']//*[self::dt or self::summary or self::small or self::a[preceding-sibling::a]]"
        )
        assert len(listed) > 8
        if standard is Standard.TW:
            assert all("=" + re.sub(r"\d[\d.,]*", "#", each.text) in table for each in listed)


def test_tags_lead_to_their_evidence() -> None:
    tree = html.document_fromstring(rendered()["zh-hant/bulletin/damaged/"][1])
    row = tree.xpath("//div[@class='row published']")[0]
    assert row.xpath("string(.//a)") == "2022年3月5日"
    why = row.xpath(".//p[@class='why']")[0]
    assert why.xpath("span[@class='by']//text()") == ["電頭", "星期相合"]
    anchor = why.xpath("a/@href")[0]
    assert not why.xpath("ancestor::details"), "the evidence is one step away"
    assert tree.get_element_by_id(anchor[1:]).text_content() == "3月5日"


def panel(row: str, language: str = "zh-hans") -> list[str]:
    """The names and values of a row of the metadata of `placed`, each without its evidence."""
    tree = html.document_fromstring(site(placed)[f"{language}/bulletin/placed/"][1])
    items = tree.xpath(f"//div[starts-with(@class, 'row {row}')]/*")
    return [" ".join("".join(item.xpath(".//text()[not(ancestor::details or ancestor::p)]")).split()) for item in items]


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        ("regions", [
            "地区", "提及", "海门区 320614 时为海门市 320684", "地名未定",
            "石家庄市长安区 130102 / 西安市长安区 610116",
        ]),
        ("places", ["其他地点", "口岸", "友谊关口岸 属凭祥市", "国家", "越南 VNM"]),
        ("events", ["所述日期", "2019年3月5日", "统计时段", "2019年3月6日", "所引文件之日", "2019年2月1日"]),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)  # fmt: skip
def test_the_panel_tells_apart_what_a_field_holds(row: str, expected: list[str]) -> None:
    assert panel(row) == expected


def test_the_panel_follows_the_script_of_the_page() -> None:
    assert panel("places", "zh-hant") == ["其他地點", "口岸", "友誼關口岸 屬憑祥市", "國家", "越南 VNM"]
    assert "海門區 320614 時為海門市 320684" in panel("regions", "zh-hant")


def test_places_and_rejected_namesakes_are_explained() -> None:
    tree = html.document_fromstring(site(placed)["zh-hans/bulletin/placed/"][1])
    port = tree.xpath("//dd[@class='port']/p[@class='why']")[0]
    assert port.xpath("string(span[@class='by'])") == "名称见于地名表"
    assert tree.get_element_by_id(port.xpath("a/@href")[0][1:]).text_content() == "友谊关口岸"
    assert not port.xpath("../details"), "there is nothing more to explain"
    region = [each.text_content() for each in tree.xpath("//dd[@class='mentioned']/details/p")]
    assert region == ["另有同名：西安市长安区 610116，未取"]
    ids = tree.xpath("//@id")
    assert len(ids) == len(set(ids))


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


def test_the_list_of_a_region_is_parted_by_month() -> None:
    hainan = html.document_fromstring(rendered()["en/region/460000/"][1])
    assert hainan.xpath("//main/h2/text()") == ["About this place "]
    (part,) = hainan.xpath("//section[@id='y2022']")
    assert part.xpath("h3[@id='m2022-03']/text()") == ["March 2022 "] and part.xpath(".//a[@class='title']")
    unknown = html.document_fromstring(rendered()["zh-hans/region/unknown/"][1])
    # Only a day is a time for programs: this one is known to its month.
    assert "2022年2月" not in unknown.xpath("//time/text()")
    assert "2022年2月" in unknown.xpath("//ol[@class='entries']//p[@class='meta']/span/text()")
    assert unknown.xpath("//main//section/h2/@id") == ["m2022-03", "m2022-02", "undated"]
    # By region and month from either side: the map of a month leads to the month in the list of a region.
    month = html.document_fromstring(rendered()["zh-hant/date/2022/03/"][1])
    assert month.xpath("//ul[@class='tiles']//a/@href") == [
        *(f"../../../../zh-hant/region/{each}" for each in ("110000/", "460000/#m2022-03")),
    ]


def test_a_long_list_begins_each_year_and_month_once_a_page() -> None:
    def about(number: int, earliest: str, latest: str) -> Entry:
        return entry(bare())._replace(id=f"b{number}", earliest=earliest, latest=latest, regions=("460000",))

    dates = [("2022-01-05", "2022-01-05")] * 60 + [("2021-12-24", "2021-12-24")] * 60
    dates += [("2021-01-01", "2021-12-31"), ("2021-12-31", "2022-01-01"), ("", "")]
    lists = catalogue((about(n, *bounds) for n, bounds in enumerate(dates)), places.lineage)
    first, second, *_ = [page.context()["sections"] for page in region_pages("460000", lists)]
    assert [(part, count, len(shown)) for part, count, shown in first] == [
        (("primary", "2022-01"), 60, 60), (("primary", "2021-12"), 60, 40),
    ]  # fmt: skip
    assert [(part[1], len(shown)) for part, _, shown in second] == [("2021-12", 20), ("2021", 1), ("*", 1), ("", 1)]
    ids = [html.document_fromstring(draw(page)).xpath("//main//*[@class='part']/@id | //h3/@id")
           for page in list(region_pages("460000", lists))[:2]]  # fmt: skip
    assert ids == [["y2022", "m2022-01", "y2021", "m2021-12"], ["y2021", "m2021-12", "m2021", "several", "undated"]]
    tree = html.document_fromstring(draw(next(region_pages("460000", lists))))
    assert tree.xpath("//main//h2/text()") == ["各月的通报", "以此地为主题 "]
    (undated,) = tree.xpath("//p[@class='apart']/a/@href")
    assert undated.endswith("/region/460000/page/2/#undated")


@pytest.mark.parametrize("language", ["zh-hant", "en"])
def test_each_language_has_all_words(language: str) -> None:
    def places_of(words: str) -> list[str]:
        return sorted(re.findall(r"\{\w+\}", words))

    words, others = flat("zh-hans"), flat(language)
    assert list(words) == list(others)
    # A template would get a method of the table in its place.
    assert not [key for key in words if hasattr(dict, key.rpartition(".")[2])]
    assert not [key for key, text in others.items() if not text.strip() or places_of(text) != places_of(words[key])]


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


def test_a_family_tells_its_copies_apart() -> None:
    tree = html.document_fromstring(rendered()["en/copies/again/"][1])
    items = [" ".join(item.text_content().split()) for item in tree.xpath("//ol[@class='entries']/li")]
    assert [re.findall(r"bulletins/\S+", item) for item in items] == [
        ["bulletins/转载/一.txt"], ["bulletins/bare.htm"], ["bulletins/转载/二.txt"],
    ]  # fmt: skip
    links = tree.xpath("//ol[@class='entries']//a[contains(@href, '/compare/')]/@href")
    assert links == ["../../../zh-hans/compare/cited/bare/", "../../../zh-hans/compare/bare/again/"]


def test_a_related_bulletin_that_has_copies_leads_to_all_of_them() -> None:
    words = "各村网格员每周三上门核对返乡人员名册，发现漏登的当日补报到镇卫生院，并在村口公示栏张贴"
    pair = {name: reprinted(name, f"bulletins/{name}.txt", "2022-03-01", words, words) for name in "xy"}
    lists = catalogue(map(entry, pair.values()), places.lineage)
    at = next(at for at, each in enumerate(lists.entries) if each.id == "x")
    for families, links in (((("y", "a"),), ["../../../zh-hans/copies/a/"]), ((), [])):
        page = next(bulletin_pages(pair["x"], lists, at, pair.__getitem__, Kin(related=("y",), families=families)))
        tree = html.document_fromstring(template("bulletin").render(page.context(), site="", menu=[]))
        assert tree.xpath("//section[@id='shared']//a[@data-t='copies.with_copies']/@href") == links


def test_a_comparison_calls_none_older_where_that_is_not_known() -> None:
    sides = [
        html.document_fromstring(rendered()[f"zh-hans/compare/{pair}/"][1]).xpath("//dl[@class='pair']//dt/text()")
        for pair in ("cited/bare", "bare/again")
    ]
    assert sides == [["甲", "乙"], ["较早", "较晚"]]


def test_long_lists_of_families_and_names_have_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    lists = catalogue(map(entry, (bare(), damaged(), hostile(), cited_first())), places.lineage)
    families = {each.id: (each,) for each in lists.entries}
    monkeypatch.setattr("pelican_tongbao.pages.ways.PER_PAGE", 3)
    monkeypatch.setattr("pelican_tongbao.pages.ways.NAMES_PER_PAGE", 1)
    made = {page.address: page for page in overview_pages(lists, [], families, {name: "a.txt" for name in families})}
    first, second = (made[f"en/copies/{page}"].context() for page in ("", "page/2/"))
    assert (len(first["families"]), len(second["families"])) == (3, 1)
    assert (first["next"], second["previous"]) == ("en/copies/page/2/", "en/copies/")
    assert [len(made[f"zh-hant/issuer/{page}"].context()["names"]) for page in ("", "page/2/")] == [1, 1]
    assert "zh-hant/issuer/page/3/" not in made


def test_a_page_of_a_family_shows_what_is_on_it_and_no_more() -> None:
    entries = [entry(bare())._replace(id=f"n{number:03}", latest="") for number in range(250)]
    lists = catalogue(entries, places.lineage)
    files = {each.id: f"bulletins/{each.id}.txt" for each in entries}
    pages = ways.copies({"n000": tuple(entries)}, files, lists, "zh-hans")
    shown = [{*re.findall(r"bulletins/n\d{3}", repr(page.shows))} for page in pages if "/n000/" in page.address]
    assert [len(each) for each in shown] == [100, 100, 50]


def test_the_report_names_families_by_title_and_has_bounds(monkeypatch: pytest.MonkeyPatch) -> None:
    entries = [entry(each) for each in (bare(), cited_first())]
    refused = [Quarantined(f"bulletins/{number}.txt", "the file is empty", "delete it") for number in range(5)]
    made = report([brief(each, places.lineage) for each in (bare(), cited_first())], refused, ["w"] * 4, [["a", "b"]])
    monkeypatch.setattr("pelican_tongbao.pages.others.MOST", 3)
    page = next(others.report(made, {"bare": tuple(entries)}, Standard.TW))
    tree = html.document_fromstring(template("report").render(page.context(), site="", menu=[]))
    assert tree.xpath("string(//section[@id='copies']//li/a)") == "即日起暂停堂食"
    assert tree.xpath("//section[@id='copies']//li/a/@href") == ["../../zh-hans/copies/bare/"]
    assert len(tree.xpath("//section[@id='quarantined']//dt")) == 3
    assert tree.xpath("string(//section[@id='quarantined']/p)") == "另有 2 件，见数据文件。"
    assert tree.xpath("string(//ul[@lang='en']/following-sibling::p)") == "另有 1 件，见数据文件。"


def test_what_is_wrong_with_a_file_is_said_in_each_language(tmp_path: Path) -> None:
    """Every verdict of the scan: sidecars with each fault, links, strangers, bytes that are no text."""
    sidecars = [case["toml"] for case in json.loads((CASES / "receive/sidecars.json").read_text("utf-8"))]
    files = {f"s{number}.toml": words.encode() for number, words in enumerate(sidecars)}
    files |= {"s90.toml": b"\xff", "s91.toml": b"#" * 70_000, "lonely.toml": b"", "a.pdf": b"%", "README": b"x"}
    files |= {"empty.txt": b"", "blank.html": b"<p></p>", "binary.txt": bytes(range(32)) * 99, "no.txt": b"\xff" * 99}
    files |= {
        "i1.toml": b'id = "one"',
        "i2.toml": b'id = "ONE"',
        "i1.txt": "甲甲甲".encode(),
        "i2.txt": "乙乙".encode(),
    }
    for name in [name for name in files if name[0] == "s"]:
        files[name.replace(".toml", ".txt")] = "通告\n".encode() + name.encode()
    (tmp_path / "bulletins").mkdir()
    for name, data in files.items():
        (tmp_path / "bulletins" / name).write_bytes(data)
    (tmp_path / "bulletins/out.txt").symlink_to(CASES)
    (tmp_path / "bulletins/up.txt").symlink_to(tmp_path)
    (tmp_path / "bulletins/loop.txt").symlink_to(tmp_path / "bulletins/loop.txt")
    (tmp_path / "bulletins/s92.txt").write_text("通告二", "utf-8")
    (tmp_path / "bulletins/s92.toml").symlink_to(CASES / "receive/sidecars.json")
    _, refused = receive_folder(tmp_path)
    refused += (too_long("a.txt", 9_000_000), lost("a.txt"))
    assert len(refused) >= 25
    for each in refused:
        for language in SITE_LANGUAGES:
            words, tongue = told(each.fault, each.remedy, language, Standard.TW)
            assert tongue == language, each
            assert (words == f"{each.fault}; {each.remedy}") is (language == "en"), words
    sidecar = next(each for each in refused if each.source == "bulletins/s92.txt")
    words, _ = told(sidecar.fault, sidecar.remedy, "zh-hans", Standard.TW)
    assert words == "旁注文件 bulletins/s92.toml：是指向内容文件夹之外的链接。换成文件的副本。"


def test_a_fault_that_no_table_has_stays_english() -> None:
    assert told("a new one", "delete it", "zh-hans", Standard.TW) == ("a new one; delete it", "en")


GOLDEN_PAGES = [
    "", "search/", "zh-hans/bulletin/damaged/", "zh-hant/bulletin/damaged/", "zh-hans/bulletin/hostile/",
    "zh-hant/bulletin/bare/", "zh-hans/region/", "zh-hant/region/460000/", "zh-hans/region/unknown/",
    "zh-hans/date/", "zh-hant/date/2022/", "zh-hans/copies/again/", "zh-hans/compare/cited/bare/",
    "zh-hant/compare/bare/again/",
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

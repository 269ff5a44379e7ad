"""Places: own cases of ambiguous names and of focus, and what must hold for any text."""

from __future__ import annotations

import json
import time
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tongbao.model import Block, BlockKind, DateTag, Document, HtmlMeta, Reading, RegionTags, Role, Sidecar
from tongbao.places import as_of, divisions, lineage, tag
from tongbao.places.others import foreign_and_ports
from tongbao.reading import read
from tongbao.script import convert, fold

CASES = Path(__file__).parent / "cases" / "places"


# Rules of primary regions whose evidence is not a name of the region as such.
BEYOND = ("media", "document-number", "area")


def document(text: str, title: str = "") -> Document:
    """A document whose first line is the title if there is one, and whose other lines are paragraphs."""
    whole = f"{title}\n{text}" if title else text
    blocks, at = [], 0
    for line in whole.split("\n"):
        kind = BlockKind.TITLE if title and not blocks else BlockKind.PARAGRAPH
        blocks.append(Block(kind, at, at + len(line)))
        at += len(line) + 1
    return Document(whole, fold(whole), Reading(tuple(blocks)))


def paths(codes: Iterable[str]) -> set[str]:
    """Codes as readable paths: 江苏省/苏州市/吴江区."""
    return {"/".join(divisions()[c].name for c in reversed(lineage(c))) for c in codes}


def named(tags: RegionTags) -> set[str]:
    """The divisions that the text names, without those that only deixis, media, areas or other regions give."""
    found = (t for t in tags.tags if t.rule not in BEYOND)
    return paths(t.code for t in found if any(_is_name(t.code, e.text) for e in t.evidence))


def _is_name(code: str, text: str) -> bool:
    division = divisions()[code]
    names = {division.name, *division.aliases, *division.chars, *(former.name for former in division.former)}
    return fold(text) in map(fold, names)


def cases(name: str) -> list[Any]:
    entries = json.loads((CASES / f"{name}.json").read_text("utf-8"))
    return [pytest.param(e, marks=pytest.mark.xfail(reason=e["known"]) if "known" in e else ()) for e in entries]


@pytest.mark.parametrize("case", cases("ambiguity") + cases("names"))
def test_names(case: dict[str, Any]) -> None:
    tags = tag(document(case["text"]))
    assert named(tags) == set(case["tags"])
    assert {e.text for a in tags.ambiguous for e in a.evidence} == set(case.get("open", ()))


@pytest.mark.parametrize("case", cases("others"))
def test_places_that_are_no_divisions(case: dict[str, Any]) -> None:
    found = tag(document(case["text"])).others
    assert [[p.kind, p.name, p.parent or p.code] for p in found] == case["places"]
    assert all(e.text == case["text"][e.start : e.end] for p in found for e in p.evidence)


@pytest.mark.parametrize("case", cases("focus"))
def test_focus(case: dict[str, Any]) -> None:
    tags = tag(document(case["text"], case["title"]))
    assert paths(t.code for t in tags.tags if t.role is Role.PRIMARY) == set(case["primary"])


def bulletin(text: str) -> Document:
    return Document(text, fold(text), read(text, convert(text).hans, None))


BULLETINS = json.loads((CASES / "bulletins.json").read_text("utf-8"))


@pytest.mark.parametrize("case", BULLETINS, ids=[c["id"] for c in BULLETINS])
def test_bulletins(case: dict[str, Any]) -> None:
    tags = tag(bulletin(case["text"]))
    assert named(tags) == set(case["tags"])
    assert paths(t.code for t in tags.tags if t.role is Role.PRIMARY) == set(case["primary"])


@pytest.mark.parametrize("case", BULLETINS, ids=[c["id"] for c in BULLETINS])
def test_either_script_gives_the_same_tags(case: dict[str, Any]) -> None:
    scripts = convert(case["text"])
    hans, hant = tag(bulletin(scripts.hans)), tag(bulletin(scripts.hant))
    assert [(t.code, t.role, t.rule, [(e.start, e.end) for e in t.evidence]) for t in hans.tags] == [
        (t.code, t.role, t.rule, [(e.start, e.end) for e in t.evidence]) for t in hant.tags
    ]


def test_spaces_left_by_glosses_do_not_matter() -> None:
    broken, whole = (tag(document(text)) for text in ("兰州市城关 区、七里 河区。", "兰州市城关区、七里河区。"))
    assert [(t.code, t.rule) for t in broken.tags] == [(t.code, t.rule) for t in whole.tags]


PIECES = st.sampled_from(
    [d.name for d in divisions().values()][::7]
    + [d.short for d in divisions().values() if len(d.short) > 1][::11]
    + ["、", "和", "的", "。", "\n", " ", "新增3例", "来返人员", "我市", "全区", "日报讯", "某路", "记者 ", "返京"]
)


@settings(max_examples=60, deadline=None)
@given(st.lists(PIECES, max_size=25).map("".join))
def test_evidence_quotes_the_text(text: str) -> None:
    found = document(text)
    tags = tag(found)
    codes = [t.code for t in tags.tags]
    assert len(codes) == len(set(codes))
    assert [t.role for t in tags.tags] == sorted((t.role for t in tags.tags), key=[Role.PRIMARY, Role.MENTIONED].index)
    spans = [e for entry in (*tags.tags, *tags.ambiguous) for e in entry.evidence]
    assert all(e.text and e.text == text[e.start : e.end] for e in spans)
    assert all(t.evidence and t.rule and divisions()[t.code].level == t.level for t in tags.tags)


def test_what_lies_outside_the_text_counts_where_the_text_is_silent() -> None:
    silent = document("全县要迅速行动。", "我县召开会议")
    assert not tag(silent).tags
    by_sidecar = tag(replace(silent, sidecar=Sidecar(site="陇县人民政府网")))
    assert [(t.name, t.role, t.evidence[-1].where) for t in by_sidecar.tags] == [("陇县", Role.PRIMARY, "sidecar")]
    by_head = tag(replace(silent, html=HtmlMeta("我县召开会议-陇县人民政府", (("SiteName", "陇县人民政府"),))))
    assert [(t.name, t.evidence[-1].where) for t in by_head.tags] == [("陇县", "meta")]


def test_later_divisions_do_not_take_the_names_of_earlier_ones() -> None:
    assert named(tag(document("西藏林芝市米林县、米林两地"))) == {
        "西藏自治区",
        "西藏自治区/林芝市",
        "西藏自治区/林芝市/米林县",
    }
    assert named(tag(document("林芝市米林市"))) == {"西藏自治区/林芝市", "西藏自治区/林芝市/米林市"}


@pytest.mark.parametrize(
    ("text", "earliest", "latest", "unit"),
    [
        ("南通市海门市召开会议", "2019-05-01", "2019-05-01", ("320684", "海门市")),
        ("南通市海门市召开会议", "2020-03-01", "2020-03-31", ("320684", "海门市")),
        ("南通市海门区召开会议", "2020-11-01", "2020-11-01", None),
        ("南通市海门区召开会议", "2022-05-01", "2022-05-01", None),
        ("南通市海门召开会议", "2019-01-01", "2021-12-31", None),
        ("沙湾县召开会议", "2020-05-01", "2020-05-01", ("654223", "沙湾县")),
    ],
)
def test_the_unit_of_the_day(text: str, earliest: str, latest: str, unit: tuple[str, str] | None) -> None:
    published = DateTag(earliest, earliest, latest, "publication", "test", ())
    tags = as_of(tag(document(text)), published)
    assert tags.tags[0].at_date == unit
    assert as_of(tags, None) == tags


def test_what_a_name_could_have_meant_is_told() -> None:
    tags = {t.name: t.alternatives for t in tag(document("北京市朝阳区、海淀区各有一例。")).tags}
    assert tags == {"北京市": (), "朝阳区": (("220104", "朝阳区"),), "海淀区": ()}


def test_ports_and_countries_are_whole() -> None:
    places = foreign_and_ports()
    assert all(p.parent in divisions() and p.name.endswith("口岸") for p in places if p.kind == "port")
    assert len({p.code for p in places if p.kind == "country"}) > 190
    names = [p.name for p in places]
    assert len(names) == len(set(names))


def test_table_is_whole() -> None:
    table = divisions()
    assert {len(lineage(code)) for code in table} == {1, 2, 3}
    in_force = [d for d in table.values() if not d.since and d.code.isdigit() and d.code[:2] not in ("81", "82")]
    levels = [d.level for d in in_force]
    assert (levels.count("province") + 2, levels.count("prefecture"), levels.count("county")) == (34, 333, 2844)
    assert all(3 < d.lat < 54 and 73 < d.lon < 136 for d in table.values())


def test_every_division_is_found_by_its_full_name() -> None:
    """And brings nothing else with it."""
    lost, gained = [], []
    # 和康县 and 和安县, of 2024, read as "and 康县" in the archive's time.
    for division in (d for d in divisions().values() if not d.since):
        line = lineage(division.code)
        above = "".join(divisions()[c].name for c in reversed(line[1:]))
        codes = {t.code for t in tag(document(f"{above}召开会议,{above}{division.name}、某地均有报告。")).tags}
        lost += [division.name] if division.code not in codes else []
        gained += [(division.name, code) for code in codes - set(line)]
    assert not lost
    assert not gained


@pytest.mark.parametrize("unit", ["朝阳区", "朝阳", "长安区\n", "来宁,", "邢台日报", "日本", "友谊关、"])
def test_hostile_texts_take_linear_time(unit: str) -> None:
    found = document(unit * (100_000 // len(unit)))
    began = time.process_time()
    tag(found)
    assert time.process_time() - began < 4


def test_what_a_text_says_of_a_place_just_named_is_evidence_for_it() -> None:
    tags = tag(document("该市要求来邕人员报备,市内公交停运。", "南宁市召开会议"))
    assert [e.text for t in tags.tags for e in t.evidence] == ["南宁市", "该市", "邕", "市"]


def test_cost() -> None:
    """Far below the 8 ms that places and dates have together for 2,600 characters (a loose bound: shared machines)."""
    text = "\n".join(c["text"] for c in BULLETINS)[:2600]
    found = bulletin(text)
    tag(found)
    began = time.process_time()
    for _ in range(5):
        tag(found)
    assert (time.process_time() - began) / 5 < 0.03

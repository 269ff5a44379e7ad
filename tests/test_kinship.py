"""Copies and shared passages, as pages show them."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from functools import cache
from pathlib import Path
from urllib.parse import unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tongbao import pipeline
from tongbao.export import urls
from tongbao.export.browse import Entry, entry
from tongbao.export.kinship import MOST_COPIES, Kin, comparison, kinship, marks, related, shares, sketch
from tongbao.likeness import Likeness, Related, relate
from tongbao.model import Bulletin, DateTag, DateTags, Received, Sidecar

HEAD = "柳溪县关于进一步做好冬春季疫情防控工作的通告\n"
BODY = (
    "即日起，全县各交通卡口对来往车辆逐一登记，货车司机须持四十八小时内核酸检测阴性证明方可通行。\n"
    "农贸市场每日开市前消毒一次，摊主不戴口罩的，由市场管理员劝导，经劝导仍不佩戴的暂停营业三日。\n"
    "各村（社区）网格员每周三、周六上门核对返乡人员名册，发现漏登的当日补报到镇卫生院。\n"
)
OTHER = (
    "县教育局部署开学工作\n教育局介绍，寄宿制学校食堂分三批错峰用餐，每桌限坐二人，并设隔板。\n"
    "农贸市场每日开市前消毒一次，摊主不戴口罩的，由市场管理员劝导，经劝导仍不佩戴的暂停营业三日。\n"
    "家长接送孩子一律在黄线以外等候，放学时间按年级隔开一刻钟。\n"
)


def received(name: str, text: str) -> Received:
    return Received(name, f"bulletins/{name}.txt", name.ljust(64, "0"), len(text), "utf-8", (), text, sidecar=Sidecar())


@cache
def bulletin(name: str, text: str) -> Bulletin:
    return pipeline.process(received(name, text))


def dated(name: str, day: str) -> Entry:
    return Entry(name, {}, {}, day, day, day, (), (), None, None, (), "", "Hans", 0, 0.0)


def test_a_family_stands_in_the_order_of_time_and_undated_copies_last() -> None:
    entries = [dated("b", "2022-01-03"), dated("a", ""), dated("c", "2022-01-01"), dated("d", "2022-01-02")]
    made = kinship(entries, Likeness((("a", "b", "c"),), {}))
    assert [each.id for each in made.families["a"]] == ["c", "b", "a"]
    assert made.kin["b"] == Kin("a", ("c", "a"), "c", "a", ())
    assert (made.kin["c"].source, made.kin["a"].next) == ("", "")
    assert "d" not in made.kin


@given(st.integers(2, 40), st.data())
def test_a_page_lists_the_copies_nearest_in_time(count: int, data: st.DataObject) -> None:
    names = [f"n{number:02}" for number in range(count)]
    entries = [dated(name, date(2022, 1, 1 + at % 28).isoformat()) for at, name in enumerate(names)]
    made = kinship(data.draw(st.permutations(entries)), Likeness((tuple(names),), {}))
    order = [each.id for each in made.families[next(iter(made.families))]]
    for at, name in enumerate(order):
        kin = made.kin[name]
        assert len(kin.copies) == min(count - 1, MOST_COPIES) and name not in kin.copies
        assert {each for each in (kin.source, kin.next) if each} <= set(kin.copies)
        assert kin.source == (order[at - 1] if at else "")


def test_a_copy_more_changes_its_neighbours_only_unless_it_names_the_family() -> None:
    names = [f"n{number:02}" for number in range(10, 40)]
    entries = [dated(name, f"2022-01-{at + 1:02}") for at, name in enumerate(names)]
    before = kinship(entries, Likeness((tuple(names),), {})).kin
    for new, changed in (("n99", 2 * MOST_COPIES), ("n00", len(names))):
        more = kinship([*entries, dated(new, "2022-01-01")], Likeness(((*names, new),), {})).kin
        assert sum(more[name] != before[name] for name in names) <= changed
        assert {kin.family for kin in more.values()} == {min(new, "n10")}


def test_the_work_for_a_family_is_linear() -> None:
    reads = 0

    class Counted(Entry):
        @property
        def id(self) -> str:  # type: ignore[override]
            nonlocal reads
            reads += 1
            return self[0]

    names = tuple(f"n{number:03}" for number in range(500))
    kinship([Counted(*dated(name, "2022-01-01")) for name in names], Likeness((names,), {}))
    assert reads <= 10 * len(names)


def test_related_bulletins_stand_beside_copies() -> None:
    entries = [dated("a", "2022-01-01"), dated("b", "2022-01-02"), dated("c", "2022-01-03")]
    made = kinship(entries, Likeness((("a", "b"),), {"a": (Related("c", 900),), "c": (Related("a", 900),)}))
    assert made.kin["a"].others == ("b", "c")
    assert made.kin["c"] == Kin(related=("a",), families=(("a", "a"),))
    assert made.kin["a"].families == ()


def test_the_page_of_what_stands_for_a_family_leads_to_the_family() -> None:
    """On a bulletin's page, which does not say how many they are: each new copy would change it."""
    entries = [dated(name, f"2022-01-0{at}") for at, name in enumerate("abcd", 1)]
    made = kinship(entries, Likeness((("a", "c", "d"),), {"b": (Related("c", 900),)}))
    assert made.kin["b"].families == (("c", "a"),)
    more = kinship([*entries, dated("e", "")], Likeness((("a", "c", "d", "e"),), {"b": (Related("c", 900),)}))
    assert more.kin["b"] == made.kin["b"]


@pytest.mark.parametrize("language", ["zh-hans", "zh-hant"])
def test_passages_are_told_in_the_page_s_script_with_their_places(language: str) -> None:
    mine, other = bulletin("a", HEAD + BODY), bulletin("b", OTHER)
    shared = shares(mine, ["b"], {"b": other}.__getitem__)
    (found,) = related(mine, shared, language)
    assert (found.id, found.count) == ("b", 1)
    (passage,) = found.passages
    assert passage.number == 1
    ((number, start, end),) = marks(shared)
    assert number == 1 and mine.scripts.hans[start:end].startswith("农贸市场每日开市前")
    assert passage.text.startswith("农贸市场" if language == "zh-hans" else "農貿市場")
    assert passage.address.startswith(f"{language}/bulletin/b/#p3:~:text=%E")


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ([], "a/#p3"),
        (["即日起-暂停"], "a/#p3:~:text=%E5%8D%B3%E6%97%A5%E8%B5%B7%2D%E6%9A%82%E5%81%9C"),
        (["甲,乙", "丙"], "a/#p3:~:text=%E7%94%B2%2C%E4%B9%99,%E4%B8%99"),
    ],
)
def test_a_paragraph_is_opened_at_words(words: list[str], expected: str) -> None:
    assert urls.paragraph("a/", 3, words) == expected


# What comes before and after the sentence that two bulletins share, and the clauses that name it.
SENTENCE = "农贸市场每日开市前消毒一次,摊主不戴口罩的,由市场管理员劝导并登记在册,暂停营业3日"


@pytest.mark.parametrize(
    ("before", "after", "paragraph", "words"),
    [
        ("开学部署\n另据了解：", "。", 2, ["农贸市场每日开市前消毒一次", "暂停营业3日"]),
        ("开学部署\n经县里同意", "。", 2, ["摊主不戴口罩的", "暂停营业3日"]),
        ("开学部署\n食堂暂停营业3日。\n", "。", 3, ["农贸市场每日开市前消毒一次", "由市场管理员劝导并登记在册"]),
    ],
)
def test_a_passage_is_named_by_clauses_as_the_other_page_shows_them(
    before: str, after: str, paragraph: int, words: list[str]
) -> None:
    mine, other = (
        bulletin("a", f"{HEAD}{SENTENCE}。\n"),
        bulletin("b", f"{before}{SENTENCE}{after}\n食堂分三批错峰用餐。\n"),
    )
    (found,) = related(mine, shares(mine, ["b"], {"b": other}.__getitem__), "zh-hans")
    page, _, fragment = unquote(found.passages[0].address).partition("#")
    assert (page, *fragment.split(":~:text=")) == ("zh-hans/bulletin/b/", f"p{paragraph}", ",".join(words))


def test_what_is_not_shared_is_not_told() -> None:
    lone = bulletin("c", "水文站通报\n今日八时，柳溪河水位为三点二米，低于警戒水位，未来三天无明显降雨。\n")
    assert shares(bulletin("a", HEAD + BODY), ["c"], {"c": lone}.__getitem__) == ()


def test_two_copies_are_compared_line_by_line() -> None:
    later = (HEAD + BODY).replace("四十八小时", "二十四小时")
    made = comparison(bulletin("a", HEAD + BODY), bulletin("d", later), "zh-hans")
    changes = [(each.a, each.b) for line in made.lines for each in line if each.change != "same"]
    assert changes == [("四", "二"), ("八", "四")]
    size = len("".join((HEAD + BODY).split()))
    assert (made.differences, made.percent) == (2, 100 * (size - 2) // size)
    assert "".join(each.a for line in made.lines for each in line) == (HEAD + BODY).replace("\n", "")


@pytest.mark.parametrize(
    ("mine", "other", "percent"),
    [("甲乙丙丁\n", "甲乙丙丁\n", 100), ("甲乙丙丁\n", "甲乙丙丁戊己庚辛\n", 50), ("甲" * 999, "甲" * 998 + "乙", 99)],
)
def test_of_the_longer_text_it_is_told_exactly_how_much_is_the_same(mine: str, other: str, percent: int) -> None:
    assert comparison(bulletin("a", mine), bulletin("b", other), "zh-hans").percent == percent
    assert comparison(bulletin("b", other), bulletin("a", mine), "zh-hans").percent == percent


@pytest.mark.parametrize(
    ("one", "other", "ordered"),
    [
        (("2021-12-24", "2021-12-24"), ("2021-12-25", "2021-12-25"), True),
        (("2021-12-24", "2021-12-24"), ("2021-12-24", "2021-12-24"), False),
        (("2021-01-01", "2021-12-31"), ("2021-01-01", "2021-12-31"), False),
        (("2021-12-24", "2021-12-24"), ("2021-01-01", "2021-12-31"), False),
        (("2020-01-01", "2020-12-31"), ("2021-01-01", "2021-12-31"), True),
        (("2021-12-24", "2021-12-24"), None, False),
        (None, None, False),
    ],
)
def test_which_copy_is_older_is_told_where_it_is_certain(
    one: tuple[str, str] | None, other: tuple[str, str] | None, ordered: bool
) -> None:
    def of(days: tuple[str, str] | None) -> Bulletin:
        tag = DateTag(days[0], *days, "publication", "url", ()) if days else None
        return replace(bulletin("a", BODY), dates=DateTags(tag))

    assert comparison(of(one), of(other), "zh-hans").ordered is ordered


def test_a_reprint_is_found_among_others() -> None:
    texts = {"a": HEAD + BODY, "b": OTHER, "c": "转载：" + HEAD + BODY + "（来源：柳溪发布）\n"}
    found = relate({name: sketch(bulletin(name, text)) for name, text in texts.items()})
    assert found.groups == (("a", "c"),)


def test_seeds_share_passages(shared: Path) -> None:
    """000 and 003 do, and the page of each says which."""
    corpus = pipeline.run(shared / "seeds")
    by_name = {each.received.source.split("/")[-1][:3]: each for each in corpus.bulletins}
    by_id = {each.id: each for each in corpus.bulletins}
    found = relate({each.id: sketch(each) for each in corpus.bulletins})
    mine, other = by_name["000"], by_name["003"]
    made = kinship(map(entry, corpus.bulletins), found)
    assert other.id in made.kin[mine.id].related and mine.id in made.kin[other.id].related
    shared_with = shares(mine, made.kin[mine.id].related, by_id.__getitem__)
    (told,) = [each for each in related(mine, shared_with, "zh-hans") if each.id == other.id]
    assert told.letters >= 120 and told.count >= 3

"""The map of tiles: its table, its counts, its scale, and how it is drawn."""

from __future__ import annotations

import re
import runpy
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jinja2 import Environment, FileSystemLoader
from lxml import html

from pelican_tongbao.labels import labels, say
from pelican_tongbao.pages import region_name
from tongbao import places
from tongbao.export import urls
from tongbao.export.browse import Entry, catalogue
from tongbao.export.scale import STEPS, scale
from tongbao.export.tilegrid import tile_map, units

ROOT = Path(__file__).parents[1]
CHARTS = (ROOT / "theme/static/css/charts.css").read_text("utf-8")


def about(number: int, regions: Sequence[str], mentions: Sequence[str] = ()) -> Entry:
    return Entry(f"b{number}", {}, {}, "", "", "", tuple(regions), tuple(mentions), None, None, (), "", "Hans", 0, 0.0)


ENTRIES = [
    about(1, ["450100", "450000"], ["440100"]),  # two parts of one unit: one bulletin
    about(2, ["450300", "440300"], ["450100"]),  # two units; a mention of what it is about is none
    about(3, ["TW-TPE"]),
    about(4, [], ["450000"]),
    about(5, []),
]


def test_each_unit_has_one_tile_and_each_tile_one_unit() -> None:
    provinces = [d.code for d in places.divisions().values() if d.level == "province"]
    assert sorted(unit.code for unit in units()) == provinces and len(provinces) == 34
    assert len({(unit.row, unit.column) for unit in units()}) == 34
    assert len({unit.letters for unit in units()}) == len({unit.english for unit in units()}) == 34
    for unit in units():
        division = places.divisions()[unit.code]
        assert division.short == unit.short and division.name.startswith(unit.short)
        # The styles have a class for each row and column.
        assert f".r{unit.row} {{ grid-row: {unit.row}; }}" in CHARTS
        assert f".c{unit.column} {{ grid-column: {unit.column}; }}" in CHARTS


NEIGHBOURS = [
    "甘肃新疆", "黑龙江吉林", "吉林辽宁", "四川重庆", "湖北湖南", "广西广东", "广东福建", "江苏上海",
    "河北天津", "河北北京", "陕西宁夏", "广东澳门", "云南贵州", "山西内蒙古", "西藏青海", "安徽江西",
]  # fmt: skip


@pytest.mark.parametrize("pair", NEIGHBOURS)
def test_neighbours_stand_side_by_side(pair: str) -> None:
    one, two = (unit for unit in units() if unit.short in pair)
    assert abs(one.row - two.row) + abs(one.column - two.column) == 1


def test_islands_touch_no_tile_of_another_coast() -> None:
    at = {(unit.row, unit.column): unit.short for unit in units()}
    taiwan = next(unit for unit in units() if unit.code == "710000")
    assert (taiwan.row, taiwan.column - 1) not in at
    assert at[taiwan.row, taiwan.column - 2] == "福建"


def test_a_tile_counts_what_is_about_its_unit_or_a_part_of_it() -> None:
    made = tile_map(ENTRIES, places.lineage)
    counts = {tile.unit.short: (tile.primary, tile.mentioned) for tile in made.tiles if tile.primary or tile.mentioned}
    assert counts == {"广西": (2, 1), "广东": (1, 1), "台湾": (1, 0)}
    assert (made.placed, made.unplaced) == (3, 2)
    assert hash(made) == hash(tile_map(ENTRIES, places.lineage)) and len(made.tiles) == 34


def test_a_tile_says_what_the_shelf_says() -> None:
    made, lists = tile_map(ENTRIES, places.lineage), catalogue(ENTRIES, places.lineage)
    for tile in made.tiles:
        shelf = lists.shelves.get(tile.unit.code)
        assert (tile.primary, tile.mentioned) == ((len(shelf.primary), len(shelf.mentioned)) if shelf else (0, 0))


@pytest.mark.parametrize(
    ("counts", "bounds"),
    [
        ([], ()),
        ([0, 0], ()),
        ([1], (1,)),
        ([7, 7], (7,)),
        ([1, 0, 3], (1, 2, 3)),
        ([1, 6], (1, 2, 3, 4, 5)),
        ([1, 40], (1, 2, 5, 10, 20)),
        ([1, 3000], (1, 5, 20, 100, 500)),
        ([30, 1263], (30, 50, 100, 200, 500)),
    ],
)
def test_scales_have_bounds_that_are_easy_to_read(counts: list[int], bounds: tuple[int, ...]) -> None:
    assert scale(counts).bounds == bounds


@given(st.lists(st.integers(0, 10**6), max_size=20))
def test_every_count_lies_in_the_step_that_the_legend_tells(counts: list[int]) -> None:
    made = scale(counts)
    legend = {step: (low, high) for step, low, high in made.legend()}
    assert len(legend) <= STEPS and list(legend) == list(range(1, len(legend) + 1))
    for count in counts:
        step = made.step(count)
        assert (step == 0) == (count == 0)
        assert not count or legend[step][0] <= count <= legend[step][1]
    steps = [made.step(count) for count in sorted(counts)]
    assert steps == sorted(steps)


def drawn(language: str, entries: Sequence[Entry]) -> html.HtmlElement:
    settings = runpy.run_path(str(ROOT / "pelicanconf.py"))["JINJA_ENVIRONMENT"]
    environment = Environment(loader=FileSystemLoader(ROOT / "theme/templates"), **settings)
    template = environment.from_string(
        "{% import '_map.html' as maps %}{{ maps.tiles(map, 'map', language, '../', urls, t, say, region) }}"
    )
    return html.fromstring(
        template.render(
            map=tile_map(entries, places.lineage),
            language=language,
            urls=urls,
            t=labels(language),
            say=lambda words: say(words, language),
            region=lambda code: region_name(code, language),
        )
    )


def heard(link: html.HtmlElement) -> str:
    """The name of a link: its text without what is hidden from assistive technology."""
    return "".join(link.xpath(".//text()[not(ancestor::*[@aria-hidden='true'])]"))


@pytest.mark.parametrize(
    ("language", "seen", "name"),
    [
        ("zh-hans", "广西2", "广西壮族自治区，2 件，另有 1 件提及"),
        ("zh-hant", "廣西2", "廣西壯族自治區，2 件，另有 1 件提及"),
        ("en", "GX2", "Guangxi, bulletins: 2, mentioned in 1 more"),
    ],
)
def test_tiles_are_links_with_whole_names(language: str, seen: str, name: str) -> None:
    tree = drawn(language, ENTRIES)
    (link,) = tree.xpath(f"//li/a[@href='../{language}/region/450000/']")
    assert link.xpath("string(span[@aria-hidden])") == seen and heard(link) == name
    assert link.getparent().get("class") == "r7 c3 q2"
    assert len(tree.xpath("//ul[@class='tiles']/li")) == 34
    assert len(tree.xpath("//ul[@class='tiles']/li/a")) == 3  # a unit without bulletins is no link
    assert len(tree.xpath("//tbody/tr")) == 3
    assert tree.xpath("//*[@class='apart']/a/@href") == [f"../{language}/region/unknown/"]
    assert not tree.xpath("//@style") and set(tree.xpath("//@id")) == {"map-end"}


def test_an_empty_archive_has_a_map_without_links_or_legend() -> None:
    tree = drawn("zh-hans", [])
    assert not [line for line in html.tostring(tree, encoding="unicode").splitlines() if line != line.rstrip()]
    assert len(tree.xpath("//li")) == 34 and not tree.xpath("//li/a | //tbody/tr | //*[@class='legend']")


def _luminance(colour: str) -> float:
    channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, two: str) -> float:
    """The contrast ratio of WCAG 2."""
    low, high = sorted(map(_luminance, (one, two)))
    return (high + 0.05) / (low + 0.05)


def test_steps_can_be_read_and_told_apart_in_each_theme() -> None:
    plain = re.findall(r"--heat-(\d): (#\w{6}); --on-heat-\d: (#\w{6});", CHARTS)
    pair = r"light-dark\((#\w{6}), (#\w{6})\);"
    both = re.findall(rf"--heat-(\d): {pair} --on-heat-\d: {pair}", CHARTS)
    themes = [[(step, a, c) for step, a, _, c, _ in both], [(step, b, d) for step, _, b, _, d in both]]
    assert plain == themes[0], "a browser that knows one theme shows the light one"
    for theme in themes:
        assert [int(step) for step, _, _ in theme] == list(range(1, STEPS + 1))
        assert all(contrast(ground, text) >= 4.5 for _, ground, text in theme)
        lights = [_luminance(ground) for _, ground, _ in theme]
        assert lights in (sorted(lights), sorted(lights, reverse=True)), "steps go one way, from light to dark or back"
    assert min(contrast(a, b) for (_, a, _), (_, b, _) in zip(themes[0], themes[0][1:], strict=False)) > 1.2

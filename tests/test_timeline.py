"""Bulletins in time: where each counts, that none is lost, and how bars, calendars and tables are drawn."""

from __future__ import annotations

import runpy
from collections.abc import Iterable, Sequence
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jinja2 import Environment, FileSystemLoader
from lxml import html

from pelican_tongbao.labels import labels
from pelican_tongbao.pages import region_name
from tongbao import places
from tongbao.export import urls
from tongbao.export.browse import Entry, catalogue, newest_first
from tongbao.export.timeline import (
    HEIGHTS,
    MOST_COLUMNS,
    SEVERAL,
    UNDATED,
    Apart,
    Calendar,
    Column,
    Matrix,
    Timeline,
    by_month,
    day_calendar,
    matrix,
    starts,
    timeline,
    within,
)

ROOT = Path(__file__).parents[1]


def dated(*dates: str) -> tuple[Entry, ...]:
    """Entries of dates, each `earliest/latest`, a day alone, or nothing; as lists order them."""
    made = []
    for number, bounds in enumerate(dates):
        earliest, _, latest = bounds.partition("/")
        entry = Entry(
            f"b{number:03d}", {}, {}, "", earliest, latest or earliest, (), (), None, None, (), "", "Hans", 0, 0.0
        )
        made.append(entry)
    return newest_first(made)


MIXED = dated(
    "2021-12-24", "2021-12-24", "2021-12-31", "2021-12-01/2021-12-31", "2021-12-24/2021-12-25", "2022-01-05",
    "2022-01-01/2022-12-31", "2021-11-20/2021-12-03", "2021-12-31/2022-01-01", "",
)  # fmt: skip


@pytest.mark.parametrize(
    ("date", "unit"),
    [
        ("2021-12-24", "2021-12-24"),
        ("2021-12-24/2021-12-25", "2021-12"),
        ("2021-11-30/2021-12-01", "2021"),
        ("2021-12-31/2022-01-01", SEVERAL),
        ("", UNDATED),
    ],
)
def test_a_bulletin_counts_in_the_smallest_unit_that_its_date_lies_within(date: str, unit: str) -> None:
    assert within(dated(date)[0]) == unit


def test_bars_by_month_and_what_is_told_apart() -> None:
    line = timeline(MIXED)
    assert (line.grain, line.most, line.total, line.stops) == ("month", 5, 10, True)
    assert line.apart == Apart(year=2, several=1, undated=1)
    assert [(group.period, group.number, group.skipped, len(group.bars)) for group in line.groups] == [
        ("2021", 6, 0, 12),
        ("2022", 2, 0, 12),
    ]
    assert [bar for group in line.groups for bar in group.bars if bar.number] == [
        ("2021-12", 5, 20, 2),
        ("2022-01", 1, 4, 0),
    ]
    # Where each begins in the list: January, what is of 2022, December, what is of 2021, two years, undated.
    assert [part for part, _ in by_month(MIXED)] == [
        "2022-01", "2022", *["2021-12"] * 5, "2021", SEVERAL, UNDATED,
    ]  # fmt: skip
    assert starts(MIXED) == {"2022": 0, "2022-01": 0, "2021": 2, "2021-12": 2, SEVERAL: 8, UNDATED: 9}


def test_years_without_bulletins_are_cut_out_and_told() -> None:
    line = timeline(dated("1998-06-01", "2021-12-24", "2022-01-05"))
    assert [(group.period, group.skipped) for group in line.groups] == [("1998", 0), ("2021", 22), ("2022", 0)]


def test_many_years_are_shown_by_decade() -> None:
    line = timeline(
        dated(*(f"{year}-05-01" for year in range(2003, 2023)), "1950-01-01/1950-12-31", "1949-01-01/1950-01-01")
    )
    assert (line.grain, line.apart) == ("year", Apart(several=1))
    assert [(group.period, group.number, group.skipped) for group in line.groups] == [
        ("195", 1, 0), ("200", 7, 4), ("201", 10, 0), ("202", 3, 0),
    ]  # fmt: skip
    assert [bar.period for bar in line.groups[0].bars] == [str(year) for year in range(1950, 1960)]


def test_bars_are_left_out_of_the_tab_order_where_there_are_too_many() -> None:
    months = [f"{year}-{month:02d}-01" for year in range(2017, 2022) for month in range(1, 13)]
    assert timeline(dated(*months[:54])).stops
    assert not timeline(dated(*months)).stops


def test_a_month_by_day() -> None:
    days = day_calendar("2021-12", catalogue(MIXED, places.lineage).periods["2021-12"])
    (month,) = days.months
    assert (days.total, days.apart, month.number) == (5, Apart(month=2), 5)
    assert [len(week) for week in month.weeks] == [7] * 5
    assert month.weeks[0][:3] == (None, None, (1, 0, 0, 0))  # 2021-12-01 was a Wednesday
    assert [day for week in month.weeks for day in week if day and day.number] == [(24, 2, 2, 3), (31, 1, 1, 0)]


def test_a_year_by_day_has_the_months_with_bulletins_only() -> None:
    entries = catalogue(MIXED, places.lineage).periods["2021"]
    days = day_calendar("2021", entries)
    assert [(month.period, month.number) for month in days.months] == [("2021-12", 5)]
    assert (days.total, days.apart) == (7, Apart(month=2, year=1, several=1))
    # Where a day begins is said of the month's list, which is not the year's.
    assert day_calendar("2021-12", catalogue(MIXED, places.lineage).periods["2021-12"]).months == days.months


def test_divisions_by_month() -> None:
    shelf, rest = MIXED[:4], dated("2023-06-01", "2025-02-01")
    table = matrix([("450000", shelf), ("440000", ()), (urls.UNKNOWN, rest)], [*MIXED, *rest])
    assert table.grain == "month"
    assert [column.period for column in table.columns][:3] == ["2021-12", "2022-01", Column("").period]
    assert table.columns[2] == ("", 16) and table.columns[4] == ("", 19)
    assert table.heads == (("2021", 1), ("2022", 1), ("", 1), ("2023", 1), ("", 1), ("2025", 1))
    assert [row.code for row in table.rows] == ["450000", "unknown"]
    assert table.sums.total == 12 and table.sums.apart == 4


def test_gaps_of_less_than_a_year_are_shown() -> None:
    table = matrix([("450000", MIXED)], dated("2021-11-01", "2022-02-01"))
    assert [column.period for column in table.columns] == ["2021-11", "2021-12", "2022-01", "2022-02"]


def test_an_outlier_makes_one_column_more_and_too_many_months_make_years() -> None:
    assert len(matrix([], dated("1911-10-10", "2021-12-01", "2022-03-01")).columns) == 6
    long = dated(*(f"{year}-{month:02d}-01" for year in range(2015, 2023) for month in range(1, 13)), "1998-07-01")
    table = matrix([("450000", long)], long)
    assert table.grain == "year" and len(table.columns) == 10 <= MOST_COLUMNS
    assert table.columns[1] == ("", 16) and table.rows[0].cells == (1, 0, *[12] * 8)


days = st.dates(min_value=date(2018, 1, 1), max_value=date(2023, 12, 31))
dates = st.one_of(st.just(""), days.map(str), st.tuples(days, days).map(lambda pair: "/".join(map(str, sorted(pair)))))


@given(st.lists(dates, max_size=40))
def test_every_bulletin_is_counted_once_or_told_apart(given_dates: list[str]) -> None:
    entries = dated(*given_dates)
    line = timeline(entries)
    bars = [bar for group in line.groups for bar in group.bars]
    assert sum(bar.number for bar in bars) + line.apart.total == line.total == len(entries)
    assert all(0 <= bar.height <= HEIGHTS and bool(bar.height) == bool(bar.number) for bar in bars)
    assert max((bar.height for bar in bars), default=HEIGHTS if bars else 0) == (
        HEIGHTS if any(b.number for b in bars) else 0
    )

    parted = [within(entry) for _, entry in by_month(entries)]
    assert sorted(parted) == sorted(map(within, entries))
    for bar in (*line.groups, *bars) if line.grain == "month" else bars:
        run = parted[bar.at : bar.at + bar.number]
        assert len(run) == bar.number and all(each.startswith(bar.period) for each in run)
    assert parted[line.total - line.apart.undated :] == [UNDATED] * line.apart.undated

    lists = catalogue(entries, places.lineage)
    for period, listed in lists.periods.items():
        made = day_calendar(period, listed)
        shown = [day for month in made.months for week in month.weeks for day in week if day and day.number]
        assert sum(day.number for day in shown) + made.apart.total == made.total == len(listed)
        for month in made.months:
            assert month.number == len(lists.periods[month.period])
            for day in (day for week in month.weeks for day in week if day and day.number):
                on = f"{month.period}-{day.day:02d}"
                run = lists.periods[month.period][day.at : day.at + day.number]
                assert {(entry.earliest, entry.latest) for entry in run} == {(on, on)}

    halves = [("450000", entries[::2]), ("440000", entries[1::2])]
    table = matrix(halves, entries)
    for row in (*table.rows, table.sums):
        assert sum(row.cells) + row.apart == row.total and len(row.cells) == len(table.columns)
    for row, (_, half) in zip(table.rows, [each for each in halves if each[1]], strict=True):
        parted = [within(entry) for _, entry in by_month(half)]
        for column, number, at in zip(table.columns, row.cells, row.at, strict=True):
            assert all(each.startswith(column.period) for each in parted[at : at + number])
    assert sum(row.total for row in table.rows) == table.sums.total == len(entries)
    assert sum(span for _, span in table.heads) == len(table.columns)
    assert len(table.columns) <= MOST_COLUMNS
    # What is shown decides a page: the values can be compared, hashed and written out.
    for value in (line, table, *(day_calendar(*item) for item in lists.periods.items())):
        assert hash(value) is not None and " at 0x" not in repr(value)


@cache
def environment() -> Environment:
    settings = runpy.run_path(str(ROOT / "pelicanconf.py"))["JINJA_ENVIRONMENT"]
    return Environment(loader=FileSystemLoader(ROOT / "theme/templates"), **settings)


def draw(call: str, language: str, **values: Any) -> html.HtmlElement:
    source = f"{{% import '_timeline.html' as times %}}{{{{ times.{call} }}}}"
    context = {
        "language": language,
        "urls": urls,
        "t": labels(language),
        "region": lambda code: region_name(code, language),
        **values,
    }
    tree = html.fromstring(environment().from_string(source).render(context))
    ids = tree.xpath("//@id")
    assert len(ids) == len(set(ids)) and not tree.xpath("//@style")
    assert all(target[1:] in ids for target in tree.xpath("//a[starts-with(@class, 'over')]/@href"))
    return tree


def bars(line: Timeline, language: str = "zh-hans", code: str = "", per_page: int = 0) -> html.HtmlElement:
    call = "bars(line, 'time', language, '../', urls, t, code, per_page)"
    return draw(call, language, line=line, code=code, per_page=per_page)


def calendar(made: Calendar, own: bool, per_page: int = 100, language: str = "zh-hans") -> html.HtmlElement:
    call = "calendar(made, 'days', own, language, '../', urls, t, per_page)"
    return draw(call, language, made=made, own=own, per_page=per_page)


def table_of(made: Matrix, language: str = "zh-hans") -> html.HtmlElement:
    return draw("matrix(made, 'table', language, '../', urls, t, region, 2)", language, made=made)


def heard(links: Iterable[html.HtmlElement]) -> list[str]:
    """The names of links: their texts without what is hidden from assistive technology."""
    return ["".join(link.xpath(".//text()[not(ancestor::*[@aria-hidden='true'])]")) for link in links]


@pytest.mark.parametrize(
    ("language", "names", "apart"),
    [
        ("zh-hans", ["2021年12月，5 件", "2022年1月，1 件"], "另有 2 件只知年份。"),
        ("zh-hant", ["2021年12月，5 件", "2022年1月，1 件"], "另有 2 件只知年份。"),
        ("en", ["Dec 2021, bulletins: 5", "Jan 2022, bulletins: 1"], "Of 2 more only the year is known."),
    ],
)
def test_bars_are_links_to_their_months(language: str, names: list[str], apart: str) -> None:
    tree = bars(timeline(MIXED), language)
    links = tree.xpath("//ol[@class='bars']/li/a")
    assert heard(links) == names
    assert [link.get("href") for link in links] == [f"../{language}/date/2021/12/", f"../{language}/date/2022/01/"]
    assert tree.xpath("//i/@class") == ["h20", "h4"] and not tree.xpath("//a[@tabindex]")
    assert tree.xpath("//p[@class='apart']/span/text()")[0] == apart
    assert tree.xpath("//tbody/tr/td/text()") == ["5", "1"] and tree.xpath("//tfoot//td/text()") == ["6"]


@pytest.mark.parametrize(
    ("per_page", "year", "months", "undated"),
    [
        (100, "#y2021", ["#m2021-12", "#m2022-01"], "#undated"),
        (2, "page/2/#y2021", ["page/2/#m2021-12", "#m2022-01"], "page/5/#undated"),
    ],
)
def test_the_bars_of_a_division_lead_into_its_own_list(
    per_page: int, year: str, months: list[str], undated: str
) -> None:
    tree = bars(timeline(MIXED), code="450000", per_page=per_page)

    def at(path: str) -> list[str]:
        return [each.removeprefix("../zh-hans/region/450000/") for each in tree.xpath(path)]

    assert at("//ol[@class='bars']/li/a/@href") == at("//tbody//a/@href") == months
    assert at("//ol[@class='spans']/li/p/a/@href") == [year, "#y2022"]
    assert at("//p[@class='apart']/a/@href") == [undated]
    assert not [each for each in tree.xpath("//a/@href") if "/date/" in each]


def test_years_are_links_where_bars_are_years() -> None:
    tree = bars(timeline(dated(*(f"{year}-05-01" for year in range(2009, 2021)))))
    assert heard(tree.xpath("//ol[@class='bars']/li/a"))[:2] == ["2009年，1 件", "2010年，1 件"]
    assert tree.xpath("//ol[@class='bars']/li/a/@href")[0] == "../zh-hans/date/2009/"
    assert "2000–2009年" in tree.xpath("string(//ol[@class='spans']/li[1]/p)")


@pytest.mark.parametrize(
    ("number", "short"), [(1, "1"), (999, "999"), (1000, "1.0k"), (9949, "9.9k"), (9950, "10k"), (123456, "123k")]
)
def test_numbers_above_bars_are_short(number: int, short: str) -> None:
    template = environment().from_string("{% import '_timeline.html' as times %}{{ times.brief(n) }}")
    assert template.render(n=number) == short


def test_days_are_links_into_the_list_of_their_month() -> None:
    made = day_calendar("2021-12", catalogue(MIXED, places.lineage).periods["2021-12"])
    own = calendar(made, True)
    links = own.xpath("//table[@class='days']//td/a")
    assert heard(links) == ["2021年12月24日，2 件", "2021年12月31日，1 件"]
    assert [link.get("href") for link in links] == ["#d24", "#d31"] and not own.xpath("//td/a[@tabindex]")
    # On a later page of the list, and from the page of the year.
    paged = calendar(made, True, per_page=2)
    assert paged.xpath("//td/a/@href") == ["../zh-hans/date/2021/12/page/2/#d24", "#d31"]
    year = calendar(day_calendar("2021", catalogue(MIXED, places.lineage).periods["2021"]), False)
    assert year.xpath("//td/a/@href") == ["../zh-hans/date/2021/12/#d24", "../zh-hans/date/2021/12/#d31"]
    assert year.xpath("//caption/a/@href") == ["../zh-hans/date/2021/12/"]
    assert len(year.xpath("//td/a[@tabindex='-1']")) == 2 and not year.xpath("//tbody//th/a[@tabindex]")


def test_a_table_has_headers_for_rows_and_columns() -> None:
    made = matrix([("450000", MIXED), (urls.UNKNOWN, MIXED[:1])], dated(*[e.earliest for e in MIXED], "2024-01-01"))
    for language, unknown in (("zh-hans", "地区未定"), ("en", "Region unknown")):
        tree = table_of(made, language)
        assert tree.xpath("//tbody/tr/th[@scope='row']/a/text()")[1] == labels(language)["region"]["unknown"] == unknown
        widths = {
            sum(int(cell.get("colspan", 1)) for cell in row)
            for row in tree.xpath("//thead/tr[1] | //tbody/tr | //tfoot/tr")
        }
        assert len(widths) == 1
        assert tree.xpath("//thead//td[@class='cut']/abbr/@title")


def test_the_cells_of_a_table_lead_to_the_month_in_the_division_s_list() -> None:
    tree = table_of(matrix([("450000", MIXED), (urls.UNKNOWN, MIXED[:1])], MIXED))
    assert tree.xpath("//tbody/tr[1]/td/a/@href") == [
        "../zh-hans/region/450000/page/2/#m2021-12",
        "../zh-hans/region/450000/#m2022-01",
    ]
    assert tree.xpath("//tbody/tr[1]/td/a/text()") == ["5", "1"]
    # The keyboard comes by the row's heading; each cell as a stop of its own would be hundreds.
    assert len(tree.xpath("//td/a[@tabindex='-1']")) == len(tree.xpath("//td/a"))


def test_a_table_has_a_column_for_inexact_dates_where_there_are_some() -> None:
    inexact = table_of(matrix([("450000", MIXED)], MIXED), "en")
    assert inexact.xpath("//thead//th[@class='sum']/text()") == ["Date imprecise or unknown", "Total"]
    exact = dated("2021-12-24")
    assert table_of(matrix([("450000", exact)], exact), "en").xpath("//thead//th[@class='sum']/text()") == ["Total"]


def test_a_table_by_years_is_one_grid() -> None:
    long = dated(*(f"{year}-{month:02d}-01" for year in range(2015, 2023) for month in range(1, 13)), "1998-07-01")
    tree = table_of(matrix([("450000", long)], long))
    assert {len(row) for row in tree.xpath("//tr")} == {12}
    assert tree.xpath("//tbody//td/a/@href")[0].endswith("/page/49/#y1998")
    assert tree.xpath("//thead//a/text()")[:2] == ["1998", "2015"]


@pytest.mark.parametrize("entries", [(), dated("")], ids=["none", "undated"])
def test_nothing_to_draw(entries: Sequence[Entry]) -> None:
    tree = bars(timeline(entries))
    assert not tree.xpath("//ol | //table") and tree.xpath("//p[@class='apart']")
    assert not table_of(matrix([], entries)).xpath("//table")
    assert bool(tree.xpath("//a[@href='../zh-hans/date/undated/']")) == bool(entries)


def test_pictures_have_labels_in_every_language() -> None:
    def keys(table: dict[str, Any]) -> list[Any]:
        return [(key, keys(value) if isinstance(value, dict) else None) for key, value in table.items()]

    first, *others = (
        {part: keys(labels(each)[part]) for part in ("map", "timeline")} for each in ("zh-hans", "zh-hant", "en")
    )
    assert all(other == first for other in others)

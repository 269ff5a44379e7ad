"""Feeds and small files for programs, as other programs read them."""

from __future__ import annotations

import json
from pathlib import Path
from urllib.robotparser import RobotFileParser
from xml.etree import ElementTree

import feedparser
import pytest

from pelican_tongbao.feeds import atom, json_feed
from pelican_tongbao.labels import labels
from tongbao.export.browse import Entry
from tongbao.export.urls import LANGUAGES

ADDRESSES = ["", "zh-hant/", "zh-hans/region/450000/", "zh-hant/kind/notice/"]


@pytest.fixture(scope="module")
def records(samples_site: Path) -> dict[str, dict[str, object]]:
    lines = (samples_site / "data/bulletins.jsonl").read_text("utf-8").splitlines()
    return {record["id"]: record for record in map(json.loads, lines)}


@pytest.mark.parametrize("address", ADDRESSES)
def test_both_feeds_of_a_page_say_the_same(samples_site: Path, address: str) -> None:
    page = samples_site / address
    read = feedparser.parse((page / "atom.xml").read_bytes())
    made = json.loads((page / "feed.json").read_text("utf-8"))
    assert not read.bozo and read.version == "atom10"
    assert made["version"] == "https://jsonfeed.org/version/1.1"
    assert made["items"]
    assert [e.id for e in read.entries] == [item["id"] for item in made["items"]]
    assert [e.title for e in read.entries] == [item["title"] for item in made["items"]]
    assert [e.get("published") for e in read.entries] == [item.get("date_published") for item in made["items"]]
    assert [e.summary for e in read.entries] == [item["content_text"] for item in made["items"]]
    assert [e.get("author") for e in read.entries] == [
        item.get("authors", [{}])[0].get("name") for item in made["items"]
    ]
    tag = "zh-Hant" if address.startswith("zh-hant") else "zh-Hans"
    assert read.feed.language == made["language"] == tag
    assert read.feed.author == made["authors"][0]["name"] == labels(tag.lower())["site"]["archive"]
    assert [e.link for e in read.entries] == [item["url"] for item in made["items"]]
    for item in made["items"]:
        assert (page / item["url"] / "index.html").is_file()
    assert (page / made["feed_url"]).resolve() == (page / "feed.json").resolve()


def test_a_feed_holds_the_dated_bulletins_newest_first(
    samples_site: Path, records: dict[str, dict[str, object]]
) -> None:
    made = json.loads((samples_site / "feed.json").read_text("utf-8"))
    dated = {name for name, record in records.items() if record["published"]}
    assert {item["url"].split("/")[-2] for item in made["items"]} == dated < set(records)
    days = [entry.updated for entry in feedparser.parse((samples_site / "atom.xml").read_bytes()).entries]
    assert days == sorted(days, reverse=True)


def entry(number: int, date: str, earliest: str, latest: str, issuer: str | None = None) -> Entry:
    titles = {language: f"标题{number}" for language in LANGUAGES}
    summaries = {language: "" if number == 3 else "a < b" for language in LANGUAGES}
    return Entry(
        f"b{number}", titles, summaries, date, earliest, latest, (), (), None, issuer, (), "", "Hans", 0, 0.0
    )  # fmt: skip


ENTRIES = (
    entry(1, "2022-01-02", "2022-01-02", "2022-01-02", "海口市"),
    entry(2, "2021", "2021-01-01", "2021-12-31"),
    entry(3, "2021-12", "2021-12-01", "2021-12-31"),
    entry(4, "2021-12-23/2021-12-24", "2021-12-23", "2021-12-24"),
)
SAID = ["a < b", "2021年 · a < b", "2021年12月", "2021年12月23日至24日 · a < b"]
DAY = "2022-01-02T00:00:00+08:00"


def test_a_feed_tells_no_date_and_no_author_that_nobody_gave() -> None:
    at = ("通报：海南省", "通报 Tongbao", "zh-hans", "zh-hans/region/460000/")
    read = feedparser.parse(atom(*at, "zh-hans/region/460000/atom.xml", "https://a.example/", ENTRIES, str))
    assert not read.bozo
    assert [each.get("published") for each in read.entries] == [DAY, None, None, None]
    # Atom asks for a time of update, by which readers order the entries: the last one possible.
    assert [each.updated[:10] for each in read.entries] == ["2022-01-02", "2021-12-31", "2021-12-31", "2021-12-24"]
    assert [each.summary.replace("&lt;", "<") for each in read.entries] == SAID
    assert [each.get("author") for each in read.entries] == ["海口市", None, None, None]
    assert (read.feed.author, read.feed.language, read.feed.updated) == ("通报 Tongbao", "zh-Hans", DAY)

    made = json.loads(json_feed(*at, "zh-hans/region/460000/feed.json", "https://a.example/", ENTRIES, str))
    assert [item.get("date_published") for item in made["items"]] == [DAY, None, None, None]
    assert [item["content_text"] for item in made["items"]] == SAID
    assert [item.get("authors") for item in made["items"]] == [[{"name": "海口市"}], None, None, None]
    assert (made["authors"], made["language"]) == ([{"name": "通报 Tongbao"}], "zh-Hans")


def test_a_feed_of_a_kind_holds_that_kind(samples_site: Path, records: dict[str, dict[str, object]]) -> None:
    made = json.loads((samples_site / "zh-hans/kind/notice/feed.json").read_text("utf-8"))
    assert {records[item["url"].split("/")[-2]]["kind"] for item in made["items"]} == {"notice"}


@pytest.mark.parametrize("address", ["", "zh-hant/", "en/"])
def test_browsers_are_told_where_to_search(samples_site: Path, address: str) -> None:
    page = samples_site / address
    assert 'type="application/opensearchdescription+xml"' in (page / "index.html").read_text("utf-8")
    root = ElementTree.parse(page / "opensearch.xml").getroot()
    space = "{http://a9.com/-/spec/opensearch/1.1/}"
    assert root.tag == f"{space}OpenSearchDescription"
    name = root.findtext(f"{space}ShortName") or ""
    assert 0 < len(name) <= 16
    url = root.find(f"{space}Url")
    assert url is not None
    template = url.attrib["template"]
    assert (page / template.partition("?")[0] / "index.html").is_file() and template.endswith("?q={searchTerms}")


def test_robots_may_read_everything(samples_site: Path) -> None:
    robots = RobotFileParser()
    robots.parse((samples_site / "robots.txt").read_text("utf-8").splitlines())
    assert robots.can_fetch("*", "/zh-hans/bulletin/x/")


def test_an_address_that_leads_nowhere_is_answered_in_three_languages(samples_site: Path) -> None:
    source = (samples_site / "404.html").read_text("utf-8")
    assert 'content="noindex"' in source
    for tag, home in (("zh-Hans", "/"), ("zh-Hant", "/zh-hant/"), ("en", "/en/")):
        assert f'<section lang="{tag}">' in source and f'href="{home}"' in source
    # It is shown under any address: nothing in it may be relative.
    assert 'href="./' not in source and 'src="./' not in source and 'href="../' not in source

"""Feeds and small files for programs, as other programs read them."""

from __future__ import annotations

import json
from pathlib import Path
from urllib.robotparser import RobotFileParser
from xml.etree import ElementTree

import feedparser
import pytest

ADDRESSES = ["", "zh-hant/", "zh-hans/region/450000/", "zh-hant/kind/notice/"]


@pytest.fixture(scope="module")
def records(samples_site: Path) -> dict[str, dict[str, object]]:
    lines = (samples_site / "data/bulletins.jsonl").read_text("utf-8").splitlines()
    return {record["id"]: record for record in map(json.loads, lines)}


@pytest.mark.parametrize("address", ADDRESSES)
def test_both_feeds_of_a_page_say_the_same(samples_site: Path, address: str) -> None:
    page = samples_site / address
    atom = feedparser.parse((page / "atom.xml").read_bytes())
    made = json.loads((page / "feed.json").read_text("utf-8"))
    assert not atom.bozo and atom.version == "atom10"
    assert made["version"] == "https://jsonfeed.org/version/1.1"
    assert made["items"]
    assert [e.id for e in atom.entries] == [item["id"] for item in made["items"]]
    assert [e.title for e in atom.entries] == [item["title"] for item in made["items"]]
    assert [e.updated for e in atom.entries] == [item["date_published"] for item in made["items"]]
    assert [e.link for e in atom.entries] == [item["url"] for item in made["items"]]
    for item in made["items"]:
        assert (page / item["url"] / "index.html").is_file()
    assert (page / made["feed_url"]).resolve() == (page / "feed.json").resolve()


def test_a_feed_holds_the_dated_bulletins_newest_first(
    samples_site: Path, records: dict[str, dict[str, object]]
) -> None:
    made = json.loads((samples_site / "feed.json").read_text("utf-8"))
    dated = {name for name, record in records.items() if record["published"]}
    assert {item["url"].split("/")[-2] for item in made["items"]} == dated < set(records)
    days = [item["date_published"] for item in made["items"]]
    assert days == sorted(days, reverse=True)


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

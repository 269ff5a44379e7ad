"""What the built pages tell programs: read back by the programs' own parsers, and filled in by the browser."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urljoin

import bibtexparser
import extruct
import pytest
import rispy
from lxml import html
from playwright.sync_api import Page, expect

Serve = Callable[[Path], str]
Open = Callable[..., Page]


@pytest.fixture(scope="module")
def record(samples_site: Path) -> dict[str, object]:
    """A notice whose issuer, number and date are known, and which has repairs."""
    lines = (samples_site / "data/bulletins.jsonl").read_text("utf-8").splitlines()
    records = [record for record in map(json.loads, lines) if record["edits"]]
    return next(r for r in records if r["issuer"] and r["doc_number"] and r["published"])


def page_of(site: Path, record: dict[str, object], language: str = "zh-hans") -> html.HtmlElement:
    return html.document_fromstring((site / f"{language}/bulletin/{record['id']}/index.html").read_text("utf-8"))


def entries(tree: html.HtmlElement) -> dict[str, str]:
    return {each.get("data-format"): each.text_content() for each in tree.xpath("//pre[@data-format]")}


@pytest.mark.parametrize("language", ["zh-hans", "zh-hant"])
def test_each_format_is_read_back(samples_site: Path, record: dict[str, object], language: str) -> None:
    tree = page_of(samples_site, record, language)
    found = entries(tree)
    title = tree.xpath("string(//meta[@name='citation_title']/@content)")
    published = record["published"]["edtf"]  # type: ignore[index]
    (entry,) = bibtexparser.parse_string(found["bibtex"]).entries
    fields = {field.key: field.value for field in entry.fields}
    assert entry.entry_type == "techreport" and fields["title"] == title and fields["date"] == published
    (reference,) = rispy.loads(found["ris"])
    assert reference["title"] == title and reference["type_of_reference"] == "RPRT"
    (item,) = json.loads(found["csl-json"])
    assert item["title"] == title and item["issued"]["date-parts"] == [[int(part) for part in published.split("-")]]
    build = json.loads((samples_site / "data/report.json").read_text("utf-8"))["build"]
    for text in found.values():
        # The view, the number of repairs, the build.
        plain = text.replace("\\", "")
        assert build in plain and str(len(record["edits"])) in plain  # type: ignore[arg-type]
        assert {"zh-hans": "简体", "zh-hant": "繁體"}[language] in plain


def test_each_view_has_an_entry_of_its_own(samples_site: Path, record: dict[str, object]) -> None:
    lines = page_of(samples_site, record).xpath("//p[@class='entry']")
    assert [line.get("data-part") for line in lines] == [None, "collated", "received"]
    said = [line.text_content() for line in lines]
    for text, view in zip(said, ("简体", "校订", "原貌"), strict=True):
        assert view in text.partition("注: ")[2]


def test_programs_read_the_head(samples_site: Path, record: dict[str, object]) -> None:
    source = (samples_site / f"zh-hans/bulletin/{record['id']}/index.html").read_text("utf-8")
    found = extruct.extract(source, syntaxes=["json-ld", "opengraph", "dublincore"])
    (node,) = found["json-ld"]
    assert node["@type"] == "Report" and node["isBasedOn"]["sha256"] == record["sha256"]
    assert node["datePublished"] == record["published"]["edtf"]  # type: ignore[index]
    assert node["reportNumber"] and node["author"]["name"]
    assert dict(found["opengraph"][0]["properties"])["og:type"] == "article"
    assert "dublincore" in found
    names = html.document_fromstring(source).xpath("//meta[starts-with(@name, 'citation_')]/@name")
    assert {"citation_title", "citation_technical_report_institution", "citation_technical_report_number"} <= set(names)


@pytest.mark.browser
def test_the_browser_fills_in_day_and_address(
    open_page: Open, samples_site: Path, serve: Serve, record: dict[str, object]
) -> None:
    page = open_page()
    address = urljoin(serve(samples_site), f"zh-hans/bulletin/{record['id']}/")
    page.goto(f"{address}?labels=")
    page.locator("#cite summary").click()
    expect(page.locator("#cite button").first).to_be_visible()
    day = page.evaluate("new Date().toLocaleDateString('sv')")
    lines = page.locator("p.entry").all_text_contents()
    assert all(f"[{day}]" in line for line in lines)
    assert [re.search(r"http\S+?(?=\. )", line)[0] for line in lines] == [  # type: ignore[index]
        address, f"{address}#collated", f"{address}#received",
    ]  # fmt: skip
    formats = {each: page.locator(f"pre[data-format='{each}']").text_content() for each in ("bibtex", "ris")}
    (entry,) = bibtexparser.parse_string(formats["bibtex"] or "").entries
    assert {field.key: field.value for field in entry.fields}["urldate"] == day
    (reference,) = rispy.loads(formats["ris"] or "")
    assert reference["urls"] == [address]
    page.evaluate("location.hash = '#p3'")
    expect(page.locator("p.entry").first).to_contain_text(f"{address}#p3. ")
    (reference,) = rispy.loads(page.locator("pre[data-format='ris']").text_content() or "")
    assert reference["urls"] == [f"{address}#p3"]
    lines = page.locator("p.entry").all_text_contents()
    assert "#p3" not in lines[1] + lines[2]
    page.evaluate("location.hash = '#t1'")
    expect(page.locator("p.entry").first).not_to_contain_text("#")


@pytest.mark.browser
def test_a_citation_is_saved_as_a_file(
    open_page: Open, samples_site: Path, serve: Serve, record: dict[str, object]
) -> None:
    page = open_page()
    page.goto(urljoin(serve(samples_site), f"zh-hans/bulletin/{record['id']}/"))
    page.locator("#cite summary").click()
    with page.expect_download() as download:
        page.locator("pre[data-format='ris'] + .bar button").last.click()
    assert download.value.suggested_filename == f"{record['id']}.ris"
    data = Path(download.value.path()).read_bytes()
    assert data.count(b"\r\n") == data.count(b"\n") > 5 and data.startswith(b"TY  - RPRT")

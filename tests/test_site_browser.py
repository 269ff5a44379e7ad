"""Pages in Chromium: the views of a text, slips beside repairs, narrow screens. The search has a file of its own."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urljoin

import pytest
from playwright.sync_api import Browser, Page, expect

pytestmark = pytest.mark.browser

Serve = Callable[[Path], str]


@pytest.fixture(scope="module")
def site(samples_site: Path, serve: Serve) -> str:
    return serve(samples_site)


@pytest.fixture(scope="module")
def repaired(samples_site: Path) -> str:
    """The id of the bulletin with most repairs."""
    lines = (samples_site / "data/bulletins.jsonl").read_text("utf-8").splitlines()
    return str(max(map(json.loads, lines), key=lambda record: len(record["edits"]))["id"])


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    context = browser.new_context(reduced_motion="reduce")
    yield context.new_page()
    context.close()


def test_a_sign_opens_its_slip_and_escape_closes_it(page: Page, site: str, repaired: str) -> None:
    page.goto(urljoin(site, f"zh-hans/bulletin/{repaired}/"))
    sign = page.locator("a.sign").first
    slip = page.locator("#slip")
    sign.focus()
    page.keyboard.press("Enter")
    expect(slip).to_be_visible()
    expect(slip).to_contain_text("把握")
    page.keyboard.press("Escape")
    expect(slip).to_be_hidden()
    sign.click()
    slip.locator("a.back").click()
    expect(page.locator("#received")).to_be_visible()
    expect(page.locator("#text")).to_be_hidden()


def test_views_change_without_javascript(browser: Browser, site: str, repaired: str) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(urljoin(site, f"zh-hans/bulletin/{repaired}/"))
    expect(page.locator("#received")).to_be_hidden()
    page.locator(".views .there").click()
    expect(page.locator("#received")).to_be_visible()
    expect(page.locator("#text")).to_be_hidden()
    page.locator(".views .here").click()
    expect(page.locator("#text")).to_be_visible()
    page.locator("a.sign").first.click()
    assert page.url.endswith("#r1")
    page.locator('.views a[lang="zh-Hant"]').click()
    assert "/zh-hant/bulletin/" in page.url
    context.close()


def test_the_punctuation_as_received_is_shown_without_javascript(browser: Browser, site: str, repaired: str) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(urljoin(site, f"zh-hans/bulletin/{repaired}/"))
    mark = page.locator("#text .restored").first
    restored, was = mark.inner_text(), mark.get_attribute("data-was")
    assert restored != was
    page.get_by_label("标点照原样").check()
    expect(mark.locator("span")).to_be_hidden()
    assert mark.evaluate("e => getComputedStyle(e, '::after').content") == f'"{was}"'
    page.get_by_label("标点照原样").uncheck()
    expect(mark.locator("span")).to_be_visible()
    context.close()


def test_no_page_is_wider_than_the_screen(browser: Browser, samples_site: Path, site: str, repaired: str) -> None:
    addresses = ["", "search/?q=%E7%96%AB%E6%83%85", "zh-hant/", "zh-hans/region/", "zh-hans/region/unknown/"]
    addresses += ["zh-hans/date/", "zh-hans/date/2022/", "zh-hans/about/", "zh-hant/glossary/"]
    addresses += [f"zh-hans/bulletin/{path.name}/" for path in (samples_site / "zh-hans/bulletin").iterdir()]
    addresses += [f"zh-hant/bulletin/{repaired}/#received"]
    for width in (320, 1280):
        context = browser.new_context(viewport={"width": width, "height": 800})
        page = context.new_page()
        for address in addresses:
            page.goto(urljoin(site, address))
            wider = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
            assert wider <= 0, (width, address)
        context.close()

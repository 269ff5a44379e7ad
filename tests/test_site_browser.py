"""Pages in Chromium: the views of a text, the slips beside repairs, the search page's manners, and narrow screens."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import quote, urljoin

import pytest
from playwright.sync_api import Browser, Page, Route, expect

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


def search(page: Page, site: str, **state: str) -> None:
    page.goto(urljoin(site, "search/?" + "&".join(f"{key}={quote(value)}" for key, value in state.items())))


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


def test_the_search_page_keeps_its_state_across_scripts(page: Page, site: str) -> None:
    search(page, site, q="口岸", sort="newest")
    expect(page.get_by_role("status")).to_have_attribute("data-state", "done")
    page.locator('.scripts a[lang="zh-Hant"]').click()
    page.wait_for_url("**/zh-hant/search/**")
    expect(page.locator("#q")).to_have_value("口岸")
    expect(page.locator("#sort")).to_have_value("newest")
    expect(page.get_by_role("status")).to_have_attribute("data-state", "done")


def test_a_facet_narrows_the_search_and_back_widens_it(page: Page, site: str) -> None:
    search(page, site, q="疫情")
    status = page.get_by_role("status")
    expect(status).to_have_attribute("data-state", "done")
    total = status.get_attribute("data-total")
    facet = page.locator("#facets li").first
    count = facet.locator(".count").inner_text()
    facet.locator("a").click()
    expect(status).to_have_attribute("data-total", count)
    assert "region=" in page.url
    page.go_back()
    expect(status).to_have_attribute("data-total", str(total))


def test_slash_goes_to_the_search_box_and_composing_does_not_search(page: Page, site: str) -> None:
    search(page, site)
    page.keyboard.press("/")
    expect(page.locator("#q")).to_be_focused()
    expect(page.locator("#q")).to_have_value("")
    page.locator("#q").fill("口岸")
    page.locator("#q").dispatch_event("keydown", {"key": "Enter", "isComposing": True})
    assert "q=" not in page.url


@pytest.mark.parametrize("state", [{"from": "昨天"}, {"from": "2022-13"}, {"from": "2022", "to": "2021"}])
def test_a_date_that_can_not_be_read_is_said(page: Page, site: str, state: dict[str, str]) -> None:
    search(page, site, q="疫情", **state)
    expect(page.get_by_role("status")).to_contain_text("日期须写作")
    expect(page.locator("#results li")).to_have_count(0)


def test_a_failed_search_says_so_and_can_be_tried_again(page: Page, site: str) -> None:
    def abort(route: Route) -> None:
        route.abort()

    page.context.route("**/search/manifest.bin", abort)
    search(page, site, q="疫情")
    expect(page.locator("#failure")).to_be_visible()
    expect(page.get_by_role("status")).to_have_attribute("data-state", "error")
    page.context.unroute("**/search/manifest.bin", abort)
    page.locator("#retry").click()
    expect(page.get_by_role("status")).to_have_attribute("data-state", "done")
    expect(page.locator("#failure")).to_be_hidden()


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

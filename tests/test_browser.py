"""The built site in a real browser: what a reader sees, from static files alone."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import quote, urljoin, urlsplit

import pytest
from conftest import LEFT
from playwright.sync_api import Browser, Page

from tongbao.script import fold

pytestmark = pytest.mark.browser

Serve = Callable[[Path], str]


@pytest.fixture(scope="module")
def seeds(seeds_site: Path, serve: Serve) -> str:
    return serve(seeds_site)


@pytest.fixture(scope="module")
def records(seeds_site: Path) -> list[dict[str, object]]:
    lines = (seeds_site / "data/bulletins.jsonl").read_text("utf-8").splitlines()
    return [json.loads(line) for line in lines]


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A page that fails its test on any console message, page error, or request to another origin."""
    context = browser.new_context(locale="zh-CN")
    opened = context.new_page()
    troubles: list[str] = []
    origins: set[str] = set()
    opened.on("console", lambda message: troubles.append(message.text))
    opened.on("pageerror", lambda error: troubles.append(str(error)))
    opened.on("requestfailed", lambda request: None if request.failure == LEFT else troubles.append(request.url))
    opened.on("request", lambda request: origins.add(urlsplit(request.url).netloc))
    yield opened
    context.close()
    assert not troubles
    assert len(origins) <= 1, origins


def hits(page: Page, site: str, **state: str) -> tuple[list[str], int]:
    """Search through the page's own address; ids in order and the total it states."""
    query = "&".join(f"{name}={quote(value)}" for name, value in state.items())
    page.goto(urljoin(site, f"search/?{query}"))
    status = page.locator('[role="status"][data-state="done"]')
    status.wait_for(state="attached")
    ids = page.locator("#results li[data-id]").evaluate_all("items => items.map(item => item.dataset.id)")
    return ids, int(status.get_attribute("data-total") or -1)


def containing(records: list[dict[str, object]], phrase: str) -> set[object]:
    return {r["id"] for r in records if fold(phrase) in fold(f"{r['title']}\n{r['text']}")}


@pytest.mark.parametrize(
    ("simplified", "traditional"),
    [
        ("疫情防控阻击战", "疫情防控阻擊戰"),
        ("坚决打赢疫情防控阻击战歼灭战", "堅決打贏疫情防控阻擊戰殲滅戰"),
        ("东安融媒", "東安融媒"),
        ("斩断疫情传播链", "斬斷疫情傳播鏈"),
        ("关", "關"),
        ("79144", "７９１４４"),
    ],
)
def test_both_scripts_find_what_a_substring_count_finds(
    page: Page, seeds: str, records: list[dict[str, object]], simplified: str, traditional: str
) -> None:
    expected = containing(records, simplified)
    assert expected
    one, total_one = hits(page, seeds, q=simplified)
    two, total_two = hits(page, seeds, q=traditional)
    assert one == two
    assert total_one == total_two == len(expected) == len(one)
    assert set(one) == expected


def test_a_phrase_that_occurs_nowhere(page: Page, seeds: str) -> None:
    assert hits(page, seeds, q="检测核酸疫苗") == ([], 0)


def test_the_region_filter_takes_divisions_below(page: Page, seeds: str, records: list[dict[str, object]]) -> None:
    inside = {r["id"] for r in records if any(t["code"].startswith("45") for t in r["regions"])}  # type: ignore[attr-defined]
    ids, total = hits(page, seeds, q="疫情", region="450000")
    assert len(inside) == 3
    assert set(ids) == inside
    assert total == 3


def test_the_date_filter(page: Page, seeds: str) -> None:
    ids, total = hits(page, seeds, q="疫情", **{"from": "2022-01-01", "to": "2022-12-31"})
    assert total == len(ids) == 2


def test_searching_by_hand_and_going_back(page: Page, seeds: str) -> None:
    page.goto(urljoin(seeds, "search/"))
    box = page.locator('input[name="q"]')
    for phrase in ("北海市", "永州"):
        box.fill(phrase)
        box.press("Enter")
        page.wait_for_function("q => new URLSearchParams(location.search).get('q') === q", arg=phrase)
        page.locator('[role="status"][data-state="done"]').wait_for(state="attached")
    page.go_back()
    page.wait_for_function("() => document.querySelector('input[name=q]').value === '北海市'")
    assert "q=" in page.url


def test_a_hit_opens_its_bulletin_with_the_match_marked(page: Page, seeds: str) -> None:
    ids, _ = hits(page, seeds, q="疫情防控阻击战")
    marks = page.locator(f'#results li[data-id="{ids[0]}"] mark')
    assert fold(marks.first.inner_text()) == fold("疫情防控阻击战")
    page.locator(f'#results li[data-id="{ids[0]}"] a').first.click()
    page.wait_for_url("**/bulletin/**")
    assert ids[0] in page.url


def links(page: Page, pattern: str) -> list[str]:
    found = page.locator("a[href]").evaluate_all("items => items.map(item => item.href.split('#')[0])")
    return sorted({url for url in found if pattern in url})


def test_without_javascript_every_bulletin_is_reached_through_regions_and_dates(
    browser: Browser, seeds: str, records: list[dict[str, object]]
) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(seeds)
    for way in ("/region/", "/date/"):
        seen: set[str] = set()
        queue = links(page, way)
        assert queue, f"home has no way in by {way}"
        reached: set[str] = set()
        while queue:
            url = queue.pop()
            if url in seen:
                continue
            seen.add(url)
            page.goto(url)
            reached.update(link.rstrip("/").split("/")[-1] for link in links(page, "/zh-hans/bulletin/"))
            queue.extend(links(page, f"/zh-hans{way}"))
        assert reached >= {r["id"] for r in records}
        page.goto(seeds)
    context.close()


@pytest.mark.parametrize("width", [360, 1280])
def test_no_page_is_wider_than_the_screen(
    browser: Browser, seeds: str, records: list[dict[str, object]], width: int
) -> None:
    context = browser.new_context(viewport={"width": width, "height": 800})
    page = context.new_page()
    for path in ("", "search/?q=疫情", *(str(r["url"]) for r in records)):
        page.goto(urljoin(seeds, path))
        overflow = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert overflow <= 0, path
    context.close()


def test_the_twin_and_the_received_text(page: Page, seeds: str, records: list[dict[str, object]]) -> None:
    record = next(r for r in records if "斬斷疫情傳播鏈" in str(r["text"]))
    shifted = max((e["before"] for e in record["edits"]), key=len)  # type: ignore[attr-defined]
    page.goto(urljoin(seeds, str(record["url"])))
    assert "斩断疫情传播链" in page.locator("main").inner_text()
    assert shifted in (page.locator("main").text_content() or "")
    page.goto(urljoin(seeds, str(record["url"]).replace("zh-hans", "zh-hant")))
    assert "斬斷疫情傳播鏈" in page.locator("main").inner_text()

"""Pages in Chromium: the views of a text, slips beside repairs, narrow screens. The search has a file of its own."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urljoin

import pytest
from audit.pages import examples, kinds
from lxml import html
from playwright.sync_api import Browser, Locator, Page, Route, expect

from pelican_tongbao.labels import english

pytestmark = pytest.mark.browser

SIGNS = "a.sign, a.gone"
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
    signs = page.locator(SIGNS)
    slip = page.locator("#slip")
    signs.first.focus()
    page.keyboard.press("Enter")
    expect(slip).to_be_visible()
    expect(slip).to_contain_text("把握")
    expect(slip).to_be_focused()
    page.keyboard.press("Escape")
    expect(slip).to_be_hidden()
    expect(signs.first).to_be_focused()
    signs.first.click()
    slip.get_by_text("原貌").click()
    expect(page.locator("#received")).to_be_visible()
    expect(page.locator("#text")).to_be_hidden()


@pytest.mark.parametrize(("language", "name"), [("zh-hans", "第 {} 处校订"), ("zh-hant", "第 {} 處校訂")])
def test_a_sign_is_heard_in_full_and_printed_short(
    page: Page, site: str, repaired: str, language: str, name: str
) -> None:
    page.goto(urljoin(site, f"{language}/bulletin/{repaired}/"))
    sign = page.locator("#text").locator('[href^="#r"]').first
    number = str(sign.get_attribute("href"))[2:]
    expect(sign).to_have_accessible_name(name.format(number))
    page.emulate_media(media="print")
    assert sign.evaluate("e => getComputedStyle(e, '::after').content").strip('"') == f"校{number}"


def test_a_slip_leads_to_the_repairs_before_and_after(page: Page, site: str, repaired: str) -> None:
    page.goto(urljoin(site, f"zh-hans/bulletin/{repaired}/#collated"))
    signs = page.locator("#collated").locator(SIGNS)
    names = [sign.get_attribute("aria-label") for sign in signs.all()[:2]]
    slip = page.locator("#slip")
    title = page.locator("h1").locator(SIGNS).count()
    signs.nth(0).click()
    expect(slip).to_have_attribute("aria-label", str(names[0]))
    page.keyboard.press("ArrowRight")
    expect(slip).to_have_attribute("aria-label", str(names[1]))
    slip.get_by_role("button", name="上一处").click()
    expect(slip).to_have_attribute("aria-label", str(names[0]))
    if not title:  # There is none before the first; the signs of the head are shown beside those of each view.
        page.keyboard.press("ArrowLeft")
        expect(slip).to_have_attribute("aria-label", str(names[0]))
    page.keyboard.press("ArrowRight")
    slip.get_by_role("button", name="关闭").click()
    expect(slip).to_be_hidden()
    expect(signs.nth(1)).to_be_focused()


def test_views_change_without_javascript(browser: Browser, site: str, repaired: str) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(urljoin(site, f"zh-hans/bulletin/{repaired}/"))
    views = [page.locator(f"#{view}") for view in ("text", "collated", "received")]
    for tab, shown in ((".here", 0), (".to-collated", 1), (".to-received", 2), (".to-collated", 1), (".here", 0)):
        page.locator(f".views {tab}").click()
        assert [view.is_visible() for view in views] == [at == shown for at in range(3)], tab
    expect(page.get_by_role("button", name="English labels")).to_be_hidden()
    page.locator("#text").locator(SIGNS).first.click()
    assert page.url.rpartition("#")[2].startswith(("r", "s"))
    page.locator('.views a[lang="zh-Hant"]').click()
    assert "/zh-hant/bulletin/" in page.url
    context.close()


def test_the_current_view_is_said(page: Page, site: str, repaired: str) -> None:
    def current() -> list[str]:
        return [str(tab.text_content()) for tab in page.locator(".views a[aria-current]").all()]

    page.goto(urljoin(site, f"zh-hans/bulletin/{repaired}/#o1"))
    assert current() == ["原貌"]
    page.locator(".views .to-collated").click()
    expect(page.locator(".views .to-collated")).to_have_attribute("aria-current", "true")
    assert current() == ["校订"]
    page.go_back()
    expect(page.locator(".views .to-received")).to_have_attribute("aria-current", "true")
    page.locator(".views .here").click()
    expect(page.locator(".views .here")).to_have_attribute("aria-current", "page")
    assert current() == ["简体"]


def test_a_paragraph_has_a_permalink(page: Page, site: str, repaired: str) -> None:
    page.goto(urljoin(site, f"zh-hans/bulletin/{repaired}/"))
    link = page.locator("#text a.pin").first
    number = link.text_content()
    expect(link).to_have_css("color", "rgba(0, 0, 0, 0)")
    link.locator("..").hover()
    expect(link).not_to_have_css("color", "rgba(0, 0, 0, 0)")
    link.click()
    assert page.url.endswith(f"#p{number}")
    assert page.evaluate("document.querySelector(':target').innerText").startswith(str(number))
    page.goto(urljoin(site, f"zh-hant/bulletin/{repaired}/#p{number}"))
    expect(page.locator(f"#p{number}")).not_to_have_css("background-color", "rgba(0, 0, 0, 0)")
    for twins in (".scripts", ".views"):  # The other script's page opens there too.
        page.locator(f'{twins} a[hreflang="zh-Hans"]').click()
        expect(page.locator(f"#p{number}:target")).to_be_in_viewport()
        assert page.url == urljoin(site, f"zh-hans/bulletin/{repaired}/#p{number}")
        page.go_back()


def test_lines_of_the_head_have_their_numbers_too(page: Page, site: str, repaired: str) -> None:
    page.goto(urljoin(site, f"zh-hans/bulletin/{repaired}/"))
    lines = page.locator(".head [id^=p]")
    for line in lines.all():
        pin = line.locator("a.pin")
        number = str(line.get_attribute("id"))[1:]
        assert pin.evaluate("e => getComputedStyle(e, '::after').content").strip('"').endswith(number)
        assert pin.text_content() == "", "a title is a title, without a number at its end"
        expect(pin).to_have_css("color", "rgba(0, 0, 0, 0)")
        line.hover()
        expect(pin).not_to_have_css("color", "rgba(0, 0, 0, 0)")
        pin.click()
        assert page.url.endswith(f"#p{number}")
    assert lines.count()


def test_evidence_is_one_step_away_and_highlighted(page: Page, site: str, repaired: str) -> None:
    page.goto(urljoin(site, f"zh-hans/bulletin/{repaired}/"))
    link = page.locator(".row.regions .why a").first
    link.click()
    mark = page.locator(str(link.get_attribute("href")))
    expect(mark).to_be_in_viewport()
    expect(mark).not_to_have_css("background-color", "rgba(0, 0, 0, 0)")
    sizes = page.locator(".why a").evaluate_all(
        "(links) => links.map((e) => e.getBoundingClientRect()).filter((r) => r.width).map((r) => [r.width, r.height])"
    )
    assert sizes and all(min(size) >= 24 for size in sizes), "each can be hit, in whatever lines they stand"


def test_labels_are_shown_in_english_to_who_asks(page: Page, site: str, repaired: str) -> None:
    table = english()
    asked = []

    def answer(route: Route) -> None:
        asked.append(route.request.url)
        route.fulfill(json=table)

    page.route("**/theme/labels/en.json", answer)
    address = urljoin(site, f"zh-hans/bulletin/{repaired}/")
    page.goto(address)
    text, name = page.locator("#text").inner_text(), page.locator(".row.published dt")
    expect(name).to_have_text("发布日期")
    button = page.get_by_role("button", name="English labels")
    assert not asked and button.get_attribute("aria-pressed") == "false"
    button.click()
    expect(button).to_have_attribute("aria-pressed", "true")
    expect(name).to_have_text("Published")
    expect(name).to_have_attribute("lang", "en")
    expect(page.locator(".score")).to_contain_text(re.compile(r"Repaired or doubtful characters: \d+\.\d% of"))
    expect(page.locator("#text")).to_have_attribute("aria-label", "Repaired text")
    texts = page.locator("#text > p").all_inner_texts()
    assert texts and all(each in text for each in texts), "the bulletin stays what it is"
    page.locator("#text").locator(SIGNS).first.click()
    expect(page.locator("#slip")).to_contain_text("Confidence")
    page.keyboard.press("Escape")
    entries = page.locator("#repairs .apparatus > li")
    left = entries.evaluate_all("""(list) => list.flatMap((entry) => [...entry.querySelectorAll("*")])
        .filter((e) => !e.children.length && !e.matches("del, ins, dd, [lang], a:first-child, [aria-hidden]"))
        .map((e) => e.textContent).filter((text) => /\\p{Script=Han}/u.test(text))""")
    assert not left, "all words of the site are English"
    expect(entries.locator("del").first).not_to_have_attribute("lang", "en")
    page.reload()
    expect(name).to_have_text("Published")
    button.click()
    expect(name).to_have_text("发布日期")
    expect(name).not_to_have_attribute("lang", "en")
    page.goto(f"{address}?labels=en")
    expect(name).to_have_text("Published")
    button.click()
    page.reload()
    expect(name).to_have_text("发布日期")


def test_an_english_reader_stays_in_english(open_page: Callable[..., Page], site: str, repaired: str) -> None:
    page = open_page(permissions=["clipboard-read", "clipboard-write"])
    page.goto(urljoin(site, "en/kind/notice/"))
    page.locator("a.title").first.click()
    page.wait_for_url("**/bulletin/*/?labels=en")
    page.goto(urljoin(site, f"zh-hant/bulletin/{repaired}/?labels=en"))
    expect(page.locator("html[data-labels=said]")).to_be_attached()
    addresses = [str(a.evaluate("e => e.href")) for a in page.locator("header.site :is(.brand, nav a)").all()]
    assert [each.startswith(urljoin(site, "en/")) for each in addresses] == [True] * len(addresses)
    links = page.evaluate("[...document.querySelectorAll('article a')].map((a) => a.href)")
    others = [each for each in links if "/bulletin/" in each and f"/bulletin/{repaired}/" not in each]
    assert others and all("?labels=en" in each for each in others)
    assert re.fullmatch(r"\d+ \w+ \d{4}", str(page.locator(".head time").text_content()))
    expect(page.locator(".head time")).to_have_attribute("lang", "en")
    sign = page.locator("#text").locator('[href^="#r"]').first
    expect(sign).to_have_accessible_name(f"Repair {str(sign.get_attribute('href'))[2:]}")
    expect(sign).to_have_attribute("lang", "en")
    expect(page.locator("#text")).to_have_attribute("lang", "en")
    assert page.locator("#text > p").first.get_attribute("lang") == "zh-Hant"
    sign.click()
    expect(page.locator("#slip").get_by_role("button", name="Next")).to_be_visible()
    page.keyboard.press("Escape")
    page.locator("#cite summary").click()
    expect(page.locator("#cite").get_by_role("button", name="Save as a file").first).to_be_visible()
    page.locator(".prefs summary").click()
    expect(page.get_by_label("Dark")).to_be_visible()
    page.locator("#text > p").first.evaluate("e => getSelection().selectAllChildren(e)")
    page.get_by_role("button", name="Quote this").click()
    expect(page.get_by_role("button", name="Copied")).to_be_visible()
    assert ", repairs in the quotation: " in page.evaluate("navigator.clipboard.readText()")
    page.get_by_role("button", name="English labels").click()
    expect(page.locator(".row.published dt")).to_have_text("發布日期")
    addresses = [str(a.get_attribute("href")) for a in page.locator("header.site :is(.brand, nav a)").all()]
    assert all("zh-hant/" in each for each in addresses)
    assert not page.locator("article a[href*='labels=']").count()
    expect(page.locator("#cite .bar button").first).to_have_text("複製")


def test_a_bulletin_is_shown_where_its_labels_can_not_be_had(
    open_page: Callable[..., Page], site: str, repaired: str
) -> None:
    page = open_page(failing=True)
    page.route("**/theme/labels/en.json", lambda route: route.abort())
    page.goto(urljoin(site, f"zh-hans/bulletin/{repaired}/?labels=en"))
    expect(page.locator("h1")).to_be_visible()
    expect(page.locator(".row.published dt")).to_have_text("发布日期")
    page.route("**/theme/js/bulletin.js", lambda route: route.abort())
    page.reload()
    expect(page.locator("h1")).to_be_hidden()
    expect(page.locator("h1")).to_be_visible()  # after some seconds


def test_selected_words_are_quoted_with_their_source(browser: Browser, site: str, repaired: str) -> None:
    context = browser.new_context(permissions=["clipboard-read", "clipboard-write"])
    page = context.new_page()
    address = urljoin(site, f"zh-hans/bulletin/{repaired}/")
    page.goto(address)
    block = page.locator("#text > p").filter(has=page.locator(SIGNS)).first
    signs, number = block.locator(SIGNS).count(), block.get_attribute("id")
    block.evaluate("e => getSelection().selectAllChildren(e)")
    page.get_by_role("button", name="引用所选文字").click()
    expect(page.get_by_role("button", name="已复制")).to_be_visible()
    text, _, source = page.evaluate("navigator.clipboard.readText()").rpartition("\n")
    assert text and text in block.inner_text()
    assert f"，简体，所选含校订 {signs} 处（全文 " in source and source.endswith(f"，{address}#{number}")
    build = re.search("版本 (.*?)；|版本 (.*?);", str(page.locator(".entry").first.text_content()))
    assert build and f"，版本 {build[1] or build[2]}，" in source
    assert source.startswith(f"——{page.locator('.row.issuer dd bdi').first.text_content()}《")
    assert f"》，{page.locator('.head time').text_content()}，简体，" in source
    assert "标点恢复" not in source if not block.locator(".restored").count() else "标点恢复 " in source
    page.evaluate("getSelection().removeAllRanges()")
    expect(page.locator(".quote")).to_be_hidden()
    context.close()


def test_a_quotation_says_how_many_marks_are_restored_in_it(browser: Browser, site: str, repaired: str) -> None:
    context = browser.new_context(permissions=["clipboard-read", "clipboard-write"])
    page = context.new_page()
    page.goto(urljoin(site, f"zh-hans/bulletin/{repaired}/"))
    block = page.locator("#text > p").filter(has=page.locator(".restored")).first
    count = block.locator(".restored").count()

    def quoted(place: Locator) -> str:
        page.evaluate("getSelection().removeAllRanges()")
        place.evaluate("e => getSelection().selectAllChildren(e)")
        page.get_by_role("button", name="引用所选文字").click()
        expect(page.get_by_role("button", name="已复制")).to_be_visible()
        return str(page.evaluate("navigator.clipboard.readText()"))

    assert count and f" 处），标点恢复 {count} 处，版本 " in quoted(block)
    page.locator(".views .to-received").click()
    assert "标点恢复" not in quoted(page.locator("#received .raw"))
    context.close()


def test_nothing_breaks_where_the_browser_keeps_nothing(
    open_page: Callable[..., Page], site: str, repaired: str
) -> None:
    page = open_page()
    page.add_init_script("Object.defineProperty(self, 'localStorage', {get() { throw new DOMException('no') }})")
    page.goto(urljoin(site, f"zh-hans/bulletin/{repaired}/#received"))
    page.locator("#received").locator(SIGNS).first.click()
    expect(page.locator("#slip")).to_be_visible()


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


def test_from_the_map_to_a_region_and_a_month_without_javascript(browser: Browser, site: str) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(site)
    number = page.locator("span[aria-hidden]", has_text=re.compile("[2-9]$"))
    page.locator(".tiles a").filter(has=number).first.click()
    bar = page.locator(".bars a").last
    period, _, count = str(bar.locator(".unseen").text_content()).partition("，")
    bar.click()
    heading = page.locator(":target")
    expect(heading).to_be_in_viewport()
    expect(heading).to_contain_text(period)
    expect(heading.locator(".count")).to_have_text(count.removesuffix(" 件"))
    expect(page.locator("section.part", has=heading).locator("a.title")).to_have_count(int(count.split()[0]))
    context.close()


def test_no_page_is_wider_than_the_screen(browser: Browser, samples_site: Path, site: str, repaired: str) -> None:
    addresses = ["", "search/?q=%E7%96%AB%E6%83%85", "zh-hant/", "zh-hans/region/", "zh-hans/region/unknown/"]
    addresses += ["zh-hans/date/", "zh-hans/date/2022/", "zh-hans/about/", "zh-hant/glossary/"]
    addresses += [f"zh-hans/bulletin/{path.name}/" for path in (samples_site / "zh-hans/bulletin").iterdir()]
    addresses += [f"zh-hant/bulletin/{repaired}/#received", f"zh-hans/bulletin/{repaired}/#collated"]
    # Wider ones are looked at by tests/test_accessibility.py.
    context = browser.new_context(viewport={"width": 320, "height": 800})
    page = context.new_page()
    for address in addresses:
        page.goto(urljoin(site, address))
        wider = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert wider <= 0, address
    context.close()


@pytest.mark.parametrize(
    "address", ["zh-hant/", "zh-hant/search/", "zh-hant/glossary/", "zh-hant/bulletin/{}/", "en/date/"]
)
def test_a_key_leads_to_the_search_box(open_page: Callable[..., Page], site: str, repaired: str, address: str) -> None:
    page = open_page()
    start = urljoin(site, address.format(repaired))
    page.goto(start)
    box = page.locator("#q")
    stays = box.count()
    page.keyboard.press("Control+/")
    assert page.url == start and not (stays and box.evaluate("e => e === document.activeElement"))
    page.keyboard.press("/")
    expect(box).to_be_focused()
    assert page.url == (start if stays else urljoin(site, f"{address[: address.index('/')]}/search/#q"))
    page.keyboard.press("/")
    expect(box).to_have_value("/")


def test_the_key_to_the_search_can_be_switched_off(open_page: Callable[..., Page], site: str) -> None:
    page = open_page()
    start = urljoin(site, "zh-hans/glossary/")
    page.goto(start)
    page.locator(".prefs summary").click()
    page.locator("#keys-off").check()
    page.keyboard.press("/")
    page.reload()
    page.keyboard.press("/")
    assert page.url == start
    page.locator(".prefs summary").click()
    page.locator("#keys-on").check()
    page.keyboard.press("/")
    expect(page.locator("#q")).to_be_focused()


def test_shared_passages_lead_to_their_place_in_the_other_bulletin(
    browser: Browser, samples_site: Path, site: str
) -> None:
    """Where the words are named the browser targets what holds them: the paragraph, or an element in it."""
    context = browser.new_context(viewport={"width": 360, "height": 500}, reduced_motion="reduce")
    page, links = context.new_page(), []
    for path in sorted(samples_site.glob("zh-han*/bulletin/*/")):
        source = (path / "index.html").read_text("utf-8")
        found = html.document_fromstring(source, base_url=f"{site}{path.relative_to(samples_site).as_posix()}/")
        found.make_links_absolute()
        passages = found.xpath("//section[@id='shared']/ul/li/ul/li")
        links += [(each.xpath("string(.//q)"), each.xpath(".//a[@class='there']")[0].get("href")) for each in passages]
    assert len(links) >= 4
    for words, address in links[:12]:
        page.goto("about:blank")
        page.goto(address)
        number = re.match("p[0-9]+", address.partition("#")[2])[0]  # type: ignore[index]
        target = page.locator(f"#{number}:target, #{number} :target")
        expect(target).to_be_in_viewport()
        assert words[:6] in target.evaluate("e => e.closest('[id^=p]').textContent"), address
        assert page.evaluate("document.documentElement.scrollHeight > 2 * innerHeight")
    context.close()


# How many pixels a page is wider than its window at each of some sizes of text, with each chosen as a reader does.
WIDER = """(sizes) => Object.fromEntries(sizes.map((size) => {
  document.getElementById(`size-${size}`).checked = true;
  return [size, document.documentElement.scrollWidth - document.documentElement.clientWidth];
}))"""


def test_no_kind_of_page_is_wider_than_a_small_screen_with_huge_text(
    browser: Browser, samples_site: Path, site: str
) -> None:
    named = examples(samples_site)
    context = browser.new_context(viewport={"width": 320, "height": 800}, reduced_motion="reduce")
    page = context.new_page()
    wider: dict[tuple[str, str], int] = {}
    for kind in kinds():
        if kind.click:
            continue
        page.goto(urljoin(site, kind.at(named, "zh-hans")))
        if kind.ready:
            page.wait_for_selector(kind.ready)
        found = page.evaluate(WIDER, ["normal", "huge"])
        wider |= {(kind.name, size): more for size, more in found.items() if more > 0}
    context.close()
    assert not wider


# Colours that would waste ink, or not be read: what is dark behind, what is light in front. Lines and signs are let be.
UNPRINTABLE = r"""() => {
  const shade = (colour) => {
    const [r, g, b, alpha = 1] = colour.match(/[\d.]+/g).map(Number);
    return alpha ? (r * 2 + g * 5 + b) / 8 : NaN;
  };
  return [...document.querySelectorAll("html, body *")].filter((e) => e.checkVisibility()).filter((e) => {
    const style = getComputedStyle(e);
    return shade(style.backgroundColor) < 100 || shade(style.color) > 110;
  }).map((e) => e.outerHTML.slice(0, 80));
}"""


@pytest.mark.parametrize("name", ["home", "region", "dates", "month", "bulletin", "own"])
def test_a_page_in_the_dark_is_printed_in_black_on_white(page: Page, samples_site: Path, site: str, name: str) -> None:
    (kind,) = (kind for kind in kinds() if kind.name == name)
    page.emulate_media(color_scheme="dark")
    page.goto(urljoin(site, kind.at(examples(samples_site), "zh-hans")))
    page.evaluate("document.getElementById('theme-dark').checked = true")
    assert page.evaluate(UNPRINTABLE), "it is dark on the screen"
    page.emulate_media(media="print", color_scheme="dark")
    assert page.evaluate(UNPRINTABLE) == []

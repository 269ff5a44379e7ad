"""The search page in Chromium: by keyboard, with input methods, what it says, what it remembers, and what it does when
files fail."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, quote, urlencode, urljoin, urlsplit

import pytest
from playwright.sync_api import Locator, Page, Route, expect

from pelican_tongbao.labels import labels

pytestmark = pytest.mark.browser

Serve = Callable[[Path], str]
Open = Callable[..., Page]
LANGUAGES = {"zh-hans": "", "zh-hant": "zh-hant/"}


@pytest.fixture(scope="module")
def site(samples_site: Path, serve: Serve) -> str:
    return serve(samples_site)


@pytest.fixture(scope="module")
def records(samples_site: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (samples_site / "data/bulletins.jsonl").read_text("utf-8").splitlines()]


@pytest.fixture
def page(open_page: Open) -> Page:
    return open_page()


def status(page: Page) -> Locator:
    return page.get_by_role("status")


def search(page: Page, site: str, language: str = "zh-hans", **state: str | list[str]) -> Page:
    """Open the page with a state in its address; without one it is idle."""
    page.goto(urljoin(site, f"{LANGUAGES[language]}search/") + ("?" + urlencode(state, doseq=True) if state else ""))
    return page


def done(page: Page) -> int:
    """The total, once it is there."""
    expect(status(page)).to_have_attribute("data-state", "done")
    return int(status(page).get_attribute("data-total") or -1)


def state_of(page: Page) -> dict[str, list[str]]:
    return parse_qs(urlsplit(page.url).query)


def hits(page: Page) -> list[str]:
    return page.locator("#results > li[data-id]").evaluate_all("items => items.map(item => item.dataset.id)")


def words(language: str) -> dict[str, str]:
    return labels(language)["search"]  # type: ignore[no-any-return]


def ask(page: Page, body: str, *values: object) -> Any:
    """Run `body` with `index`, the search module's, and `values`."""
    script = """async (values) => {
      const { openIndex } = await import(new URL("%stheme/js/search/index.js", location.href));
      const index = openIndex(new URL("%s", location.href).href);
      %s
    }"""
    up = "../" * urlsplit(page.url).path.count("/")
    return page.evaluate(script % (up, up, body), values)


# --- by keyboard -----------------------------------------------------------------------------------------------------


def said(sentence: str, name: str) -> re.Pattern[str]:
    """An accessible name: words that are only heard, around a name; browsers put a blank between."""
    return re.compile(
        "^" + " ?".join(map(re.escape, sentence.replace("{name}", f"\0{name}\0").split("\0"))).strip() + "$"
    )


@pytest.mark.parametrize(("language", "typed", "name"), [("zh-hans", "南宫", "南宫市"), ("zh-hant", "南宮", "南宮市")])
def test_a_region_among_the_suggestions_becomes_a_filter(
    page: Page, site: str, language: str, typed: str, name: str
) -> None:
    search(page, site, language)
    box = page.get_by_role("combobox", name=words(language)["query"])
    options = page.get_by_role("listbox", name=words(language)["suggestions"]).get_by_role("option")
    page.keyboard.press("/")
    expect(box).to_be_focused()
    expect(box).to_have_value("")
    expect(box).to_have_attribute("aria-expanded", "false")
    page.keyboard.type(f"疫情 {typed[0]}")
    expect(options.first).to_be_visible()
    page.keyboard.type(typed[1])
    expect(options).to_have_count(1)
    expect(options).to_have_text(f"{name} {words(language)['as_region'].format(n=1)}")
    expect(box).to_have_attribute("aria-expanded", "true")
    assert box.get_attribute("aria-activedescendant") is None
    page.keyboard.press("ArrowDown")
    expect(options).to_have_attribute("aria-selected", "true")
    expect(box).to_have_attribute("aria-activedescendant", str(options.get_attribute("id")))
    page.keyboard.press("Enter")
    assert done(page) == 1
    assert state_of(page) == {"q": ["疫情"], "region": ["130581"]}
    expect(box).to_have_attribute("aria-expanded", "false")
    expect(box).to_have_value("疫情")
    expect(page.get_by_role("link", name=said(words(language)["remove"], name))).to_be_visible()


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_title_among_the_suggestions_opens_the_bulletin(page: Page, site: str, language: str) -> None:
    search(page, site, language)
    title, url = ask(
        page, "return Object.values((await index.suggest('三', { lang: values[0] })).titles[0]);", language
    )
    page.locator("#q").fill(title[:3])
    option = page.locator("#suggestions").get_by_role("option", name=title)
    expect(option).to_contain_text(words(language)["as_title"])
    page.keyboard.press("ArrowUp")
    page.keyboard.press("Enter")
    page.wait_for_url(url)
    assert f"/{language}/bulletin/" in page.url


def test_escape_closes_the_list_and_clears_nothing(page: Page, site: str) -> None:
    box, options = search(page, site).locator("#q"), page.locator("#suggestions").get_by_role("option")
    box.press_sequentially("海")
    expect(options).to_have_count(3)
    active = lambda: [options.nth(n).get_attribute("aria-selected") for n in range(3)].index("true")  # noqa: E731
    for key, place in (("ArrowUp", 2), ("ArrowDown", 0), ("ArrowDown", 1), ("ArrowUp", 0)):
        box.press(key)
        assert active() == place
    box.press("ArrowLeft")
    assert box.get_attribute("aria-activedescendant") is None
    for _ in range(2):
        box.press("Escape")
        expect(page.locator("#suggestions")).to_be_hidden()
        expect(box).to_have_value("海")
        expect(box).to_be_focused()
    box.press("Alt+ArrowDown")
    expect(options.first).to_be_visible()
    box.press("Enter")  # With nothing chosen it searches for what is typed.
    done(page)
    assert state_of(page) == {"q": ["海"]}
    expect(page.locator("#suggestions")).to_be_hidden()


def test_arrows_go_from_the_box_through_the_results(page: Page, site: str) -> None:
    assert done(search(page, site, q="疫情")) > 10
    links = page.locator("#results a.title")
    page.locator("#q").focus()
    for key, place in (("ArrowDown", 0), ("ArrowDown", 1), ("ArrowUp", 0)):
        page.keyboard.press(key)
        expect(links.nth(place)).to_be_focused()
    page.keyboard.press("ArrowUp")
    expect(page.locator("#q")).to_be_focused()
    links.last.focus()
    page.keyboard.press("ArrowDown")
    expect(page.locator("#more")).to_be_focused()
    page.keyboard.press("ArrowUp")
    page.keyboard.press("Enter")
    page.wait_for_url("**/bulletin/**")


# --- input methods ---------------------------------------------------------------------------------------------------


def test_nothing_is_searched_or_suggested_while_composing(page: Page, site: str) -> None:
    box, options = search(page, site).locator("#q"), page.locator("#suggestions").get_by_role("option")
    box.focus()
    devtools = page.context.new_cdp_session(page)
    devtools.send("Input.imeSetComposition", {"text": "海", "selectionStart": 1, "selectionEnd": 1})
    expect(box).to_have_value("海")
    page.wait_for_timeout(300)
    expect(options).to_have_count(0)
    enter = {"type": "rawKeyDown", "key": "Process", "code": "Enter", "windowsVirtualKeyCode": 229}
    devtools.send("Input.dispatchKeyEvent", enter)
    devtools.send("Input.insertText", {"text": "海"})
    # The Enter that ends a composition, as Safari sends it: after its end, with another code.
    prevented = """box => !box.dispatchEvent(new KeyboardEvent("keydown", {
      key: "Enter", keyCode: 229, bubbles: true, cancelable: true }))"""
    assert box.evaluate(prevented)
    expect(options.first).to_be_visible()
    assert "q=" not in page.url
    devtools.send("Input.imeSetComposition", {"text": "口", "selectionStart": 1, "selectionEnd": 1})
    expect(page.locator("#suggestions")).to_be_hidden()
    expect(box).to_have_value("海口")
    assert "q=" not in page.url


# --- what is said ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("width", [360, 1280])
def test_the_count_is_said_once_and_nothing_moves(open_page: Open, site: str, language: str, width: int) -> None:
    page = open_page(viewport={"width": width, "height": 900})
    waiting: list[Route] = []
    held = True
    page.context.route("**/search/*/t/*.bin", lambda route: waiting.append(route) if held else route.continue_())
    page.add_init_script("""addEventListener("DOMContentLoaded", () => {
      const status = document.getElementById("status");
      window.said = [];
      const note = () => said.push(status.textContent);
      new MutationObserver(note).observe(status, { childList: true, characterData: true });
    })""")
    search(page, site, language, q="疫情")
    expect(status(page)).to_have_text(words(language)["loading"])
    expect(status(page)).to_have_attribute("data-state", "busy")
    expect(page.locator("#results")).to_have_attribute("aria-busy", "true")
    before = page.locator("#narrow").bounding_box()
    # Those that are asked for from now on are held no more.
    held = False
    while waiting:
        waiting.pop().continue_()
    total = done(page)
    assert page.evaluate("said") == [words(language)["loading"], words(language)["found"].format(n=total)]
    assert page.locator("#narrow").bounding_box() == before
    expect(page.locator("#results")).not_to_have_attribute("aria-busy", "true")


def test_each_field_has_a_label(page: Page, site: str) -> None:
    search(page, site)
    said = words("zh-hans")
    assert page.evaluate("[...document.forms.search.elements].filter(e => e.name && !e.labels.length)") == []
    for name in ("region", "from", "to", "sort", "received"):
        expect(page.get_by_label(said[name], exact=True)).to_have_attribute("name", name)


@pytest.mark.parametrize(
    "state", [{"from": "昨天"}, {"from": "2022-13"}, {"to": "2021-02-30"}, {"from": "2022", "to": "2021"}]
)
def test_a_date_that_can_not_be_read_is_said(page: Page, site: str, state: dict[str, str]) -> None:
    search(page, site, q="疫情", **state)
    expect(status(page)).to_contain_text("日期须写作")
    expect(page.locator("#results li")).to_have_count(0)


# --- filters and facets ----------------------------------------------------------------------------------------------


def test_the_state_stands_in_the_address_and_crosses_scripts(page: Page, site: str) -> None:
    state: dict[str, Any] = {
        "q": "疫情", "region": ["460000", "130000"], "kind": ["meeting", "none"], "script": ["Hans", "Hant"],
        "from": "2020", "to": "2022-12", "sort": "newest", "received": "1",
    }  # fmt: skip
    done(search(page, site, **state))
    page.locator('.scripts a[lang="zh-Hant"]').click()
    page.wait_for_url("**/zh-hant/search/**")
    done(page)
    assert state_of(page) == {name: value if isinstance(value, list) else [value] for name, value in state.items()}
    for name in ("q", "from", "to", "sort"):
        expect(page.locator(f"#{name}")).to_have_value(state[name])
    expect(page.get_by_label(words("zh-hant")["received"])).to_be_checked()
    names = ["海南省", "河北省", "會議", "未定", "簡體", "繁體"]
    chips = [*(words("zh-hant")["remove"].format(name=name) for name in names), words("zh-hant")["clear_all"]]
    expect(page.locator("#chosen li")).to_have_text(chips)
    page.locator("#chosen .all").click()
    done(page)
    assert state_of(page) == {"q": ["疫情"], "sort": ["newest"]}
    expect(page.locator("#chosen li")).to_have_count(0)
    expect(page.locator("#q")).to_be_focused()


@pytest.mark.parametrize("language", LANGUAGES)
def test_facets_are_counted_on_demand(page: Page, site: str, language: str) -> None:
    page.add_init_script("""
      window.asked = [];
      const post = Worker.prototype.postMessage;
      Worker.prototype.postMessage = function (message) {
        const find = (value) => {
          if (Object(value) !== value) return;
          if ("facets" in value) asked.push(value.facets);
          Object.values(value).forEach(find);
        };
        find(message);
        return post.call(this, message);
      };""")
    total = done(search(page, site, language, q="疫情"))
    assert page.evaluate("asked") == [False]
    narrow = page.locator("#narrow summary")
    expect(page.locator("#facets")).to_be_hidden()
    narrow.click()
    link = page.locator("#facets").get_by_role("link", name=re.compile("^北京市 ?，[0-9]+ 件$"))
    expect(link).to_be_visible()
    assert page.evaluate("asked") == [False, True]
    assert done(page) == total
    count = int(re.findall("[0-9]+", str(link.text_content()))[0])
    link.click()
    expect(status(page)).to_have_attribute("data-total", str(count))
    assert state_of(page)["region"] == ["110000"]
    expect(link).to_have_attribute("aria-current", "true")
    expect(link).to_be_focused()  # though all of the facets are new
    page.go_back()
    expect(status(page)).to_have_attribute("data-total", str(total))
    page.reload()
    expect(link).to_be_visible()
    done(page)
    assert page.evaluate("asked") == [True]
    narrow.click()
    page.wait_for_function("localStorage.getItem('tongbao.narrow') === 'false'")  # the event comes after the click
    page.reload()
    done(page)
    expect(link).to_be_hidden()
    assert page.evaluate("asked") == [False]


def test_several_kinds_scripts_and_regions(page: Page, site: str, records: list[dict[str, Any]]) -> None:
    done(search(page, site, q="疫情"))
    page.locator("#narrow summary").click()
    facets = page.locator("#facets")

    def choose(name: str) -> None:
        link = facets.get_by_role("link", name=re.compile(f"^{name}"))
        expect(facets.locator(".count").first).to_have_text(re.compile("[0-9]"))
        link.click()
        expect(link).to_have_attribute("aria-current", "true")
        done(page)

    def expected(kinds: set[str | None], scripts: set[str]) -> set[str]:
        return {
            r["id"]
            for r in records
            if "疫情" in r["hans"] + r["title"] and r["kind"] in kinds and r["script"] in scripts
        }

    every = {r["script"] for r in records}
    other = facets.get_by_role("link", name=re.compile("^会议"))
    expect(other).to_have_accessible_name(re.compile("^会议 ?，[0-9]+ 件$"))
    choose("通告通知")
    assert set(hits(page)) == expected({"notice"}, every)
    expect(other).to_have_accessible_name("会议")  # It would add its own: how many is not counted.
    choose("会议")
    assert set(hits(page)) == expected({"notice", "meeting"}, every)
    choose("简体")
    assert set(hits(page)) == expected({"notice", "meeting"}, {"Hans"})
    assert state_of(page) == {"q": ["疫情"], "kind": ["notice", "meeting"], "script": ["Hans"]}
    page.get_by_role("link", name=said("取消筛选：{name}", "通告通知")).click()
    done(page)
    assert state_of(page)["kind"] == ["meeting"]
    expect(page.locator("#chosen a").first).to_be_focused()
    page.locator("#chosen .all").click()
    done(page)
    choose("2022年")
    assert (state_of(page)["from"], state_of(page)["to"]) == (["2022"], ["2022"])
    facets.get_by_role("link", name=re.compile("^2022年")).click()
    done(page)
    assert state_of(page) == {"q": ["疫情"]}
    # A region takes the place of the one that it lies in, and stands beside others.
    choose("河北省")
    choose("石家庄市")
    assert state_of(page)["region"] == ["130100"]
    page.get_by_label("地区", exact=True).select_option("110000")
    expect(page.locator("#chosen li")).to_have_text(["取消筛选：石家庄市", "取消筛选：北京市", "清除筛选"])
    done(page)
    assert state_of(page)["region"] == ["130100", "110000"]
    page.get_by_label("地区", exact=True).select_option("130000")
    expect(page.locator("#chosen li")).to_have_text(["取消筛选：河北省", "清除筛选"])


def test_the_list_of_regions_can_be_gone_through_with_arrows(page: Page, site: str) -> None:
    done(search(page, site, q="疫情"))
    select, steps = page.get_by_label("地区", exact=True), page.evaluate("history.length")
    select.focus()
    for place in (1, 2):
        page.keyboard.press("ArrowDown")
        chosen = select.locator("option").nth(place).get_attribute("value")
        page.wait_for_url(f"**region={chosen}")
        assert state_of(page)["region"] == [chosen]
    assert page.evaluate("history.length") == steps + 1
    page.locator("#sort").focus()
    expect(select).to_have_value("")


# --- totals, hits, pages ---------------------------------------------------------------------------------------------

# As the page asks, but for one hit and without effort: then there are totals to prove among few bulletins too.
HASTY = """
  const post = Worker.prototype.postMessage;
  Worker.prototype.postMessage = function (message) {
    const find = (value) => {
      if (Object(value) !== value) return;
      if ("limit" in value) Object.assign(value, { limit: 1, effort: value.effort === Infinity ? Infinity : 0 });
      Object.values(value).forEach(find);
    };
    find(message);
    return post.call(this, message);
  };"""


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_total_that_is_not_proven_can_be(page: Page, site: str, language: str) -> None:
    search(page, site, language)
    query, rough, total = ask(
        page,
        """for (const q of ["疫情防控工作", "新冠肺炎疫情", "疫情防控指挥部", "核酸检测", "新冠肺炎疫情防控"]) {
          const rough = await index.search({ q }, { limit: 1, effort: 0 });
          if (!rough.exact) return [q, rough, (await index.search({ q }, { limit: 1, effort: Infinity })).total];
        }""",
    )
    page.add_init_script(HASTY)
    search(page, site, language, q=query)
    said = words(language)
    assert done(page) == rough["total"]
    expect(status(page)).to_have_text(said["found_about"].format(n=rough["total"], m=rough["atMost"]))
    page.locator("#narrow summary").click()
    expect(page.locator("#facets").get_by_role("link", name=re.compile("至多 [0-9]+ 件")).first).to_be_visible()
    expect(page.locator("#facets .count").first).to_contain_text("≤")
    prove = page.get_by_role("button", name=said["prove"])
    prove.click()
    expect(status(page)).to_have_text(said["found"].format(n=total))
    assert done(page) == total
    button = page.get_by_role("button", name=said["proved"])
    expect(button).to_be_focused()
    expect(button).to_have_attribute("aria-disabled", "true")
    expect(page.locator("#facets .count").first).not_to_contain_text("≤")


def test_a_page_that_is_not_filled_goes_on(page: Page, site: str, records: list[dict[str, Any]]) -> None:
    """The best candidates hold the query's pairs apart, and no more texts may be read for the first answer."""
    done(search(page, site, q="疫情"))
    runs = sorted({r["hans"][at : at + 5] for r in records for at in range(0, len(r["hans"]) - 5, 7)})
    query, most, total = ask(
        page,
        """for (const q of values[0].filter(q => !/[\\s"-]/.test(q))) {
          const rough = await index.search({ q }, { limit: 1, effort: 0 });
          if (rough.exact || rough.hits.length) continue;
          const { total } = await index.search({ q }, { limit: 1, effort: Infinity });
          if (total) return [q, rough.atMost, total];
        }""",
        runs,
    )
    # Effort 1, as the page begins, is none; four times that is all.
    page.add_init_script(HASTY.replace("value.effort === Infinity", "value.effort > 1"))
    said = words("zh-hans")
    assert done(search(page, site, q=query)) == 0
    expect(status(page)).to_have_text(said["found_none_yet"].format(m=most))
    more = page.locator("#more")
    expect(more).to_have_text(said["more_about"])
    more.focus()
    page.keyboard.press("Enter")
    expect(status(page)).to_have_text(said["found"].format(n=total))
    assert len(hits(page)) == 1
    expect(page.locator("#results a.title").first).to_be_focused()


def test_a_fragment_is_no_other_search(page: Page, site: str) -> None:
    done(search(page, site, q="疫情"))
    page.evaluate("document.querySelector('#results li').dataset.kept = 'yes'")
    page.locator("a.skip").focus()
    page.keyboard.press("Enter")
    page.wait_for_url("**#main")
    page.evaluate("new Promise(requestAnimationFrame)")
    expect(page.locator("#results li").first).to_have_attribute("data-kept", "yes")


def test_facets_opened_while_more_comes_lose_no_hit(page: Page, site: str) -> None:
    total = done(search(page, site, q="疫情"))
    waiting: list[Route] = []
    page.route("**/search/*/d/*.bin", lambda route: waiting.append(route))
    page.locator("#more").click()
    page.wait_for_function("document.querySelector('#results').ariaBusy === 'true'")
    page.locator("#narrow summary").click()
    for _ in range(100):
        while waiting:
            waiting.pop().continue_()
        page.wait_for_timeout(20)
        if len(hits(page)) == min(20, total):
            break
    expect(page.locator("#results > li")).to_have_count(min(20, total))
    expect(page.locator("#facets .count").first).to_have_text(re.compile("^[0-9]+$"))


def test_more_of_a_search_that_was_left_brings_nothing(page: Page, site: str) -> None:
    done(search(page, site, q="疫情"))
    waiting: list[Route] = []
    page.route("**/search/*/d/*.bin", lambda route: waiting.append(route))
    page.locator("#more").click()
    page.wait_for_function("document.querySelector('#results').ariaBusy === 'true'")
    page.locator("#q").fill("没有这样的字句")
    page.keyboard.press("Enter")
    expect(status(page)).to_have_attribute("data-total", "0")
    for route in waiting:
        route.continue_()
    page.unroute_all(behavior="wait")
    page.wait_for_load_state("networkidle")
    assert hits(page) == []
    expect(status(page)).to_have_attribute("data-total", "0")


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_match_in_repaired_text_is_said_to_be_one(page: Page, site: str, language: str) -> None:
    search(page, site, language)
    query = ask(
        page,
        """const { hits } = await index.search({ q: "" }, { limit: 1000, lang: values[0] });
        for (const q of ["疫情", "会议", "防控", "的", "一", "市"]) {
          const found = (await index.search({ q }, { limit: 10, lang: values[0] })).hits;
          if (found.some(hit => hit.snippet.some(run => run.mark && run.repaired))) return q;
        }""",
        language,
    )
    done(search(page, site, language, q=query))
    hit = page.locator("#results > li", has=page.locator("mark.repaired")).first
    expect(hit.get_by_text(words(language)["repaired"])).to_be_visible()
    expect(page.locator("#results > li:not(:has(mark.repaired)) .badge")).to_have_count(0)
    look = "mark => [getComputedStyle(mark, '::after').content, getComputedStyle(mark).textDecorationStyle]"
    assert hit.locator("mark.repaired").first.evaluate(look) == ['"‸"', "double"]
    plain = page.locator("#results mark:not(.repaired)").first
    assert plain.evaluate(look) == ["none", "solid"]
    assert re.search(rf"/{language}/bulletin/[^/]+/#:~:text=", str(hit.locator("a.title").get_attribute("href")))


def test_more_hits_come_below_and_stay_when_the_reader_comes_back(page: Page, site: str) -> None:
    total = done(search(page, site, q="疫情"))
    first = hits(page)
    assert len(first) == 10 < total
    more = page.locator("#more")
    expect(more).to_have_text(words("zh-hans")["more"].format(n=total - 10))
    more.focus()
    page.keyboard.press("Enter")
    expect(page.locator("#results > li")).to_have_count(total)
    expect(page.locator("#results a.title").nth(10)).to_be_focused()
    expect(more).to_be_hidden()
    every = hits(page)
    assert every[:10] == first and len(set(every)) == total
    page.locator("#results a.title").last.click()
    page.wait_for_url("**/bulletin/**")
    page.go_back()
    done(page)
    expect(page.locator("#results > li")).to_have_count(total)
    assert hits(page) == every
    expect(page.locator("#results a.title").last).to_be_focused()
    expect(page.locator("#results a.title").last).to_be_in_viewport()


def test_the_order_can_be_chosen(page: Page, site: str, records: list[dict[str, Any]]) -> None:
    done(search(page, site, q="疫情"))
    days = {r["id"]: r["published"] and r["published"]["latest"] for r in records}
    for order in ("newest", "oldest"):
        page.get_by_label("排序").select_option(order)
        page.wait_for_url(f"**sort={order}")
        done(page)
        dated = [days[each] for each in hits(page) if days[each]]
        assert dated == sorted(dated, reverse=order == "newest") and len(dated) > 3


# --- what is kept ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("language", LANGUAGES)
def test_recent_queries_stay_on_the_device(page: Page, site: str, language: str) -> None:
    addresses: list[str] = []
    page.context.on("request", lambda request: addresses.append(request.url))
    box, options = search(page, site, language).locator("#q"), page.locator("#suggestions").get_by_role("option")
    for query in ("疫情", "口岸", "疫情", "海南"):
        box.fill(query)
        box.press("Enter")
        page.wait_for_url(f"**q={quote(query)}")
        done(page)
    search(page, site, language)
    box.focus()
    expect(options).to_have_text(["海南", "疫情", "口岸", words(language)["forget"]])
    box.press("ArrowDown")
    box.press("ArrowDown")
    box.press("Enter")
    done(page)
    assert state_of(page) == {"q": ["疫情"]}
    assert page.evaluate("JSON.parse(localStorage['tongbao.recent'])") == ["疫情", "海南", "口岸"]
    assert not [url for url in addresses if "?" in url]
    page.evaluate("localStorage['tongbao.recent'] = JSON.stringify(Array.from('一二三四五六七八九十百千'))")
    search(page, site, language)
    box.focus()
    expect(options).to_have_count(11)
    options.last.click()
    expect(options.first).to_be_hidden()
    assert page.evaluate("localStorage['tongbao.recent']") == "[]"
    page.locator("#sort").focus()
    box.focus()
    expect(page.locator("#suggestions")).to_be_hidden()


def test_without_storage_nothing_is_remembered_and_all_else_works(page: Page, site: str) -> None:
    page.add_init_script("""Object.defineProperty(window, "localStorage", {
      get() { throw new DOMException("denied", "SecurityError"); } })""")
    assert done(search(page, site, q="疫情"))
    page.locator("#narrow summary").click()
    expect(page.locator("#facets a").first).to_be_visible()
    page.locator("#q").fill("")
    page.locator("#q").focus()
    expect(page.locator("#suggestions")).to_be_hidden()


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_link_to_a_search_can_be_copied(open_page: Open, site: str, language: str) -> None:
    said = words(language)
    page = open_page(permissions=["clipboard-read", "clipboard-write"])
    button = page.get_by_role("button", name=said["copy_link"])
    expect(search(page, site, language).locator("#copy")).to_be_hidden()
    done(search(page, site, language, q="口岸", sort="newest"))
    button.click()
    expect(page.locator("#copied")).to_have_text(said["copied"])
    assert page.evaluate("navigator.clipboard.readText()") == page.url
    denied = open_page()
    denied.add_init_script("Clipboard.prototype.writeText = () => Promise.reject(new DOMException('denied'))")
    done(search(denied, site, language, q="口岸"))
    denied.get_by_role("button", name=said["copy_link"]).click()
    field = denied.get_by_label(said["link"])
    expect(field).to_have_value(denied.url)
    assert field.evaluate("e => e.value.slice(e.selectionStart, e.selectionEnd)") == denied.url
    expect(denied.locator("#copied")).to_have_text(said["copy_by_hand"])


# --- failure ---------------------------------------------------------------------------------------------------------

DAMAGE: dict[str, Callable[[bytes], bytes | None]] = {
    "missing": lambda data: None,
    "cut": lambda data: data[: len(data) // 2],
    "flipped": lambda data: data[:-3] + bytes([data[-3] ^ 1]) + data[-2:],
}


def damage(way: str) -> Callable[[Route], None]:
    def handle(route: Route) -> None:
        data = DAMAGE[way](route.fetch().body())
        if data is None:
            route.fulfill(status=404, body="gone")
        else:
            route.fulfill(body=data)

    return handle


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("way", DAMAGE)
def test_a_file_that_fails_is_named_and_can_be_asked_for_again(
    open_page: Open, site: str, way: str, language: str
) -> None:
    page, said = open_page(failing=True), words(language)
    handle = damage(way)
    page.context.route("**/search/*/t/*.bin", handle)
    search(page, site, language, q="疫情")
    alert = page.get_by_role("alert")
    reason = said["missing" if way == "missing" else "damaged"].partition("{file}")
    expect(alert).to_contain_text(reason[0].strip() or reason[2].strip())
    expect(alert).to_contain_text("/t/")
    expect(status(page)).to_have_attribute("data-state", "error")
    page.context.unroute("**/search/*/t/*.bin", handle)
    page.get_by_role("button", name=said["retry"]).click()
    assert done(page) > 10
    expect(alert).to_be_hidden()
    assert len(hits(page)) == 10


def test_what_could_be_searched_without_a_file_is_shown(open_page: Open, site: str) -> None:
    page = open_page(failing=True)
    files: dict[str, set[str]] = {}
    asked: set[str] = set()
    page.context.on("request", lambda request: asked.add(request.url))
    for word in ("疫情", "口岸", "通告", "会议"):
        asked.clear()
        done(search(page, site, q=word))
        files[word] = {url for url in asked if "/t/" in url}
    lost, kept = next((a, b) for a in files for b in files if a != b and files[a].isdisjoint(files[b]))
    done(search(page, site, q=kept))
    expected = hits(page)
    assert expected
    for url in files[lost]:
        page.context.route(url, damage("missing"))
    search(page, site, q=f"{lost} {kept}")
    expect(page.get_by_role("alert")).to_contain_text(words("zh-hans")["partial_terms"].format(terms=lost))
    assert hits(page) == expected
    expect(status(page)).to_have_attribute("data-state", "error")
    for url in files[lost]:
        page.context.unroute(url)
    page.get_by_role("button", name="重试").click()
    done(page)
    expect(page.get_by_role("alert")).to_be_hidden()


def test_an_engine_that_can_not_be_loaded_is_told(open_page: Open, site: str) -> None:
    page = open_page(failing=True)
    page.context.route("**/engine.js", lambda route: route.abort())
    search(page, site, q="疫情")
    alert = page.get_by_role("alert")
    expect(alert).to_contain_text("engine.js")
    page.locator("#q").fill("海")
    page.wait_for_timeout(400)
    expect(page.locator("#suggestions")).to_be_hidden()
    page.context.unroute("**/engine.js")
    page.get_by_role("button", name="重试").click()
    done(page)
    expect(alert).to_be_hidden()


def test_suggestions_that_fail_say_nothing(open_page: Open, site: str) -> None:
    page = open_page(failing=True)
    page.context.route("**/search/*/s/*.bin", damage("missing"))
    done(search(page, site, q="疫情"))
    with page.expect_response("**/search/*/s/*.bin"):
        page.locator("#q").fill("海")
    page.wait_for_timeout(100)
    expect(page.locator("#suggestions")).to_be_hidden()
    expect(page.get_by_role("alert")).to_be_hidden()
    page.locator("#q").press("Enter")
    page.wait_for_url(f"**q={quote('海')}")
    done(page)


# --- no JavaScript, every width --------------------------------------------------------------------------------------


@pytest.mark.parametrize("language", LANGUAGES)
def test_without_javascript_the_page_shows_other_ways(open_page: Open, site: str, language: str) -> None:
    # Chromium calls it a failure that it preloads no script then.
    page = search(open_page(failing=True, java_script_enabled=False), site, language, q="疫情")
    expect(page.locator("noscript p")).to_be_visible()
    assert words(language)["noscript"] in page.locator("noscript p").inner_text()
    for gone in ("form", "#status", "#narrow", "#copy"):
        expect(page.locator(gone)).to_be_hidden()
    page.locator("main").get_by_role("link", name=labels(language)["nav"]["dates"]).click()
    page.wait_for_url(f"**/{language}/date/")


@pytest.mark.parametrize("colours", [{}, {"color_scheme": "dark"}, {"forced_colors": "active"}], ids=str)
def test_nothing_is_wider_than_the_screen(open_page: Open, site: str, colours: dict[str, str]) -> None:
    page = open_page(viewport={"width": 360, "height": 800}, **colours)
    done(search(page, site, q="疫情", region=["450000", "130000"], kind=["meeting", "press-conference"]))
    page.locator("#narrow summary").click()
    expect(page.locator("#facets a").first).to_be_visible()
    page.locator("#q").fill("海")
    expect(page.locator("#suggestions").get_by_role("option").first).to_be_visible()
    for width in (320, 360, 1280):
        page.set_viewport_size({"width": width, "height": 800})
        assert page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth") <= 0, width
        assert page.locator("#suggestions").evaluate("list => list.getBoundingClientRect().right") <= width
    page.emulate_media(media="print")
    expect(page.locator("form")).to_be_hidden()
    expect(page.locator("#results")).to_be_visible()

"""Each kind of page in Chromium: axe, overflow, layout shifts, languages, headings, keyboard, console.

The kinds stand in `tools/audit/pages.toml`. Each is looked at twice, so that between them both scripts, both themes and
a narrow and a wide window are seen; what depends on colour alone is looked at in the other theme as well.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

import pytest
from audit.pages import Kind, examples, kinds
from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Page

pytestmark = pytest.mark.browser

Serve = Callable[[Path], str]
Open = Callable[..., Page]
Faults = dict[str, list[str]]

JS = Path(__file__).parent / "js"
EARLY, LOOK, STOPS = ((JS / f"{name}.js").read_text("utf-8") for name in ("early", "look", "stops"))
WCAG = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22a", "wcag22aa"]
# target-size is in WCAG 2.2 and has to be asked for.
EVERYTHING = {"runOnly": [*WCAG, "best-practice"], "rules": {"target-size": {"enabled": True}}}
COLOURS = {"runOnly": {"type": "rule", "values": ["color-contrast", "link-in-text-block"]}}
OTHER = {"light": "dark", "dark": "light"}
WIDE = 1280
VIEWS = [("zh-hans", "light", WIDE), ("zh-hant", "dark", 360)]


@pytest.fixture(scope="module")
def site(samples_site: Path, serve: Serve) -> str:
    return serve(samples_site)


@pytest.fixture(scope="module")
def named(samples_site: Path) -> dict[str, str]:
    return examples(samples_site)


LOOKS = [
    pytest.param(kind, *view, id=f"{kind.name}-{name}")
    for kind in kinds()
    for view, name in zip(VIEWS, ("wide", "narrow"), strict=True)
    if name == "narrow" or not kind.once
]


@pytest.mark.parametrize(("kind", "script", "scheme", "width"), LOOKS)
def test_a_page_has_no_fault(
    open_page: Open, site: str, named: dict[str, str], kind: Kind, script: str, scheme: str, width: int
) -> None:
    page = open_page(viewport={"width": width, "height": 800}, color_scheme=scheme)
    page.add_init_script(EARLY)
    page.goto(urljoin(site, kind.at(named, script)))
    if kind.ready:
        page.wait_for_selector(kind.ready)
    settle(page)
    faults = page.evaluate(LOOK)
    if kind.click:
        page.click(kind.click)
    page.evaluate("() => document.querySelectorAll('details').forEach((details) => (details.open = true))")
    opened = page.evaluate(LOOK)
    del opened["layout shift"]  # What is opened makes room for itself.
    page.evaluate(AXE_SCRIPT)
    faults = merged(faults, opened, axe(page, EVERYTHING))
    # In one view: the colours of both themes, for the narrow one has the other; and the keyboard, for the stops are the
    # same in both, and of a page once. That comes last, for the focus opens and covers things.
    if width == WIDE:
        page.emulate_media(color_scheme=OTHER[scheme])  # type: ignore[arg-type]
        faults = merged(faults, axe(page, COLOURS))
    if width == WIDE and not kind.click and "#" not in kind.address:
        faults = merged(faults, by_keyboard(page))
    assert faults == {}


def settle(page: Page) -> None:
    """Wait until fonts are there and what they moved is painted."""
    page.evaluate("document.fonts.ready.then(() => new Promise((done) => setTimeout(done, 50)))")
    page.evaluate("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")


def by_keyboard(page: Page) -> Faults:
    """Press Tab until each stop had its turn, and say what was left out."""
    page.evaluate("probe.focused.clear(); probe.unseen.clear()")
    for _ in range(page.evaluate(STOPS)["stops"] + 2):
        page.keyboard.press("Tab")
    return page.evaluate(STOPS)["faults"]  # type: ignore[no-any-return]


def axe(page: Page, options: dict[str, Any]) -> Faults:
    """What axe finds, by rule; a rule that is none of WCAG's is told as advice."""
    found = page.evaluate("(options) => axe.run({ ...options, resultTypes: ['violations'] })", options)
    return {
        f"{'axe' if set(rule['tags']) & set(WCAG) else 'advice'} {rule['id']}: {rule['help']}": [
            f"{node['html'][:160]} {node.get('failureSummary', '')}" for node in rule["nodes"]
        ]
        for rule in found["violations"]
    }


def merged(*parts: Faults) -> Faults:
    """Faults of the same kind together; kinds without any are left out."""
    together: dict[str, list[str]] = defaultdict(list)
    for part in parts:
        for kind, faults in part.items():
            together[kind] += [fault for fault in faults if fault not in together[kind]]
    return {kind: faults for kind, faults in together.items() if faults}


FAULTY = """<!doctype html><html lang="en"><title>A page</title><meta name="viewport" content="width=device-width">
<style>a { color: #aaa; outline: none } input { display: block } .wide { width: 2000px }</style>
<main><h1>Heading</h1><h3>Too deep</h3><p>防疫</p><p><a href="#x">pale</a></p><div class="wide">w</div><input>
<div style="display: flex"><button style="all: unset; width: 9px; height: 9px" aria-label="a"></button>
<button style="all: unset; width: 9px; height: 9px" aria-label="b"></button></div>
<div style="height: 9px" id="late"></div><p>below</p></main>
<script>addEventListener("keydown", (e) => document.activeElement.localName === "input" && e.preventDefault());
requestAnimationFrame(() => setTimeout(() => (late.style.height = "300px"), 30))</script></html>"""


def test_faults_are_found(open_page: Open, site: str) -> None:
    page = open_page(viewport={"width": 800, "height": 800})
    page.add_init_script(EARLY)
    page.route("**/faulty", lambda route: route.fulfill(body=FAULTY, content_type="text/html; charset=utf-8"))
    page.goto(urljoin(site, "faulty"))
    page.wait_for_timeout(100)
    settle(page)
    page.evaluate(AXE_SCRIPT)
    found = merged(page.evaluate(LOOK), by_keyboard(page), axe(page, EVERYTHING))
    rules = {kind.partition(":")[0] for kind in found}
    assert rules >= {
        "wider than the window",
        "layout shift",
        "Han text whose language is not told",
        "heading out of order",
        "not reached by Tab",
        "focus not seen",
        "axe color-contrast",
        "axe label",
        "axe target-size",
        "advice heading-order",
    }


def test_every_name_in_the_table_is_different() -> None:
    assert len(set(names(kinds()))) == len(kinds())


def names(table: Iterable[Kind]) -> list[str]:
    return [kind.name for kind in table]

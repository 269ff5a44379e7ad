"""The search page in Chromium, as a reader has it: all that is fetched, and what is shown."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from playwright.sync_api import Browser, Page, sync_playwright

from searching.queries import Request
from searching.serve import Sent, Site, serving

# What a request is called in the page's address.
_NAMES = {"q": "q", "regions": "region", "from": "from", "to": "to", "sort": "sort", "received": "received"}
_LATER = {"kinds": "kind", "scripts": "script"}
_ENDED = '[role="status"]:is([data-state="done"], [data-state="error"])'
_FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-background-networking", "--disable-sync"]
_GO = """(address) => {
  history.pushState(null, "", address);
  dispatchEvent(new PopStateEvent("popstate", { state: null }));
}"""


@dataclass(frozen=True, slots=True)
class Seen:
    """What a query fetched and the page showed; `faults` are messages of the console, failures, and other origins."""

    cold: tuple[Sent, ...]
    warm: tuple[Sent, ...]
    ids: tuple[str, ...]
    total: int
    faults: tuple[str, ...]


@contextmanager
def chromium() -> Iterator[Browser]:
    """Headless Chromium: the machine's, else Playwright's own."""
    names = ("chromium", "chromium-browser", "google-chrome")
    own = next((path for name in names if (path := shutil.which(name))), None)
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=own, args=_FLAGS)
        yield browser
        browser.close()


def can_ask(site: Path, request: Request) -> bool:
    """Whether the page's form has all filters of a request."""
    form = (site / "search/index.html").read_text("utf-8")
    return all(f'name="{_LATER[name]}"' in form for name in request if name in _LATER)


def browse(site: Path, asked: Sequence[tuple[Request, Sequence[Request]]]) -> Iterator[Seen]:
    """For each request, and the requests that come before it where it is asked warm, what there is to see."""
    with serving(site) as served, chromium() as browser:
        for request, before in asked:
            with _page(browser, served) as (page, faults):
                served.take()
                page.goto(f"{served.base}search/{_address(request)}")
                _wait(page, served)
                cold = served.take()
                ids = page.locator("#results li[data-id]").evaluate_all("items => items.map((item) => item.dataset.id)")
                total = int(page.locator('[role="status"]').get_attribute("data-total") or -1)
            with _page(browser, served) as (page, more):
                page.goto(f"{served.base}search/{_address(before[0])}")
                _wait(page, served)
                for other in before[1:]:
                    page.evaluate(_GO, _address(other))
                    _wait(page, served)
                served.take()
                page.evaluate(_GO, _address(request))
                _wait(page, served)
                warm = served.take()
                shown = page.locator("#results li[data-id]").evaluate_all("all => all.map((item) => item.dataset.id)")
                if shown != ids:
                    more.append(f"{request}: other hits warm than cold")
            yield Seen(tuple(cold), tuple(warm), tuple(ids), total, tuple(faults + more))


@contextmanager
def _page(browser: Browser, served: Site) -> Iterator[tuple[Page, list[str]]]:
    """A page of a fresh profile, and the list of all that goes wrong in it."""
    context = browser.new_context(locale="zh-CN")
    page = context.new_page()
    faults: list[str] = []
    page.on("console", lambda message: faults.append(f"console: {message.text}"))
    page.on("pageerror", lambda error: faults.append(f"error: {error}"))
    page.on("requestfailed", lambda request: faults.append(f"failed: {request.url}"))
    context.on("request", lambda request: _check(request, served.base, faults))
    yield page, faults
    context.close()


def _check(request: Any, base: str, faults: list[str]) -> None:
    if not request.url.startswith((base, "data:", "blob:")):
        faults.append(f"other origin: {request.url}")


def _wait(page: Page, served: Site) -> None:
    """Until the answer is there and nothing more is fetched."""
    page.wait_for_selector(_ENDED, state="attached", timeout=120_000)
    served.settle()
    page.wait_for_selector(_ENDED, state="attached", timeout=120_000)


def _address(request: Request) -> str:
    pairs = []
    for name, value in request.items():
        for one in value if isinstance(value, list) else [value]:
            pairs.append(((_NAMES | _LATER)[name], "1" if one is True else one))
    return f"?{urlencode(pairs)}"

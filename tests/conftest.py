"""Fixtures that every room's tests share: the labelled texts, built sites, a server and a browser."""

from __future__ import annotations

import functools
import http.server
import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

ROOT = Path(__file__).parents[1]
SHARED = ROOT.parent / "shared"
# What Chromium says of a request that was under way when the page was left: no fault of the site.
LEFT = "net::ERR_ABORTED"
CHROMIUM_FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of real input and labelled cases, which is not part of the project."""
    if not SHARED.is_dir():
        pytest.skip("the shared cases are not here")
    return SHARED


Build = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture(scope="session")
def build(tmp_path_factory: pytest.TempPathFactory) -> Build:
    """build(content, output, **environment): run Pelican as `make html` does, with a cache of its own."""
    cache = tmp_path_factory.mktemp("cache")

    def run(content: Path, output: Path, **environment: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "pelican", str(content), "-o", str(output), "-s", "pelicanconf.py"],
            cwd=ROOT,
            env={**os.environ, "TONGBAO_CACHE": str(cache), **environment},
            capture_output=True,
            text=True,
        )

    return run


def _site(build: Build, content: Path, output: Path) -> Path:
    done = build(content, output)
    assert done.returncode == 0, done.stdout + done.stderr
    return output


@pytest.fixture(scope="session")
def seeds_site(shared: Path, build: Build, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The site built from the five bulletins exactly as received."""
    return _site(build, shared / "seeds", tmp_path_factory.mktemp("seeds") / "site")


@pytest.fixture(scope="session")
def samples_site(build: Build, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The site built from the samples in content/."""
    return _site(build, ROOT / "content", tmp_path_factory.mktemp("samples") / "site")


class _Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture(scope="session")
def serve() -> Iterator[Callable[[Path], str]]:
    """serve(folder) -> its address on loopback, until the tests end."""
    servers: list[http.server.ThreadingHTTPServer] = []

    def start(folder: Path) -> str:
        handler = functools.partial(_Quiet, directory=str(folder))
        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        servers.append(server)
        return f"http://127.0.0.1:{server.server_port}/"

    yield start
    for server in servers:
        server.shutdown()


def _chromium() -> str | None:
    names = ("chromium", "chromium-browser", "google-chrome")
    return next((path for name in names if (path := shutil.which(name))), None)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Headless Chromium: the machine's, else Playwright's own.

    Where there is none the tests are skipped, or with REQUIRE_BROWSER=1 fail.
    """
    from playwright.sync_api import Error, sync_playwright

    with sync_playwright() as playwright:
        try:
            found = playwright.chromium.launch(executable_path=_chromium(), args=CHROMIUM_FLAGS)
        except Error as error:
            if os.environ.get("REQUIRE_BROWSER") == "1":
                raise
            pytest.skip(f"no Chromium: {error.message.splitlines()[0]}")
        yield found
        found.close()


@pytest.fixture
def open_page(browser: Browser) -> Iterator[Callable[..., Page]]:
    """open_page(**context) -> a page, its time limit 5 s.

    The test fails on any message on a console, any error in a page, any request that fails, and any request to another
    origin than that of the first one. With `failing=True` requests may fail, and the console may say so.
    """
    contexts = []
    troubles: list[str] = []
    origins: set[str] = set()

    def start(failing: bool = False, **settings: Any) -> Page:
        context = browser.new_context(**{"reduced_motion": "reduce", "locale": "zh-CN", **settings})
        contexts.append(context)
        context.set_default_timeout(5000)
        page = context.new_page()
        page.on("pageerror", lambda error: troubles.append(str(error)))
        context.on("request", lambda request: origins.add(urlsplit(request.url).netloc))
        if not failing:
            context.on("console", lambda message: troubles.append(message.text))
            context.on(
                "requestfailed", lambda r: None if r.failure == LEFT else troubles.append(f"{r.url} {r.failure}")
            )
        return page

    yield start
    for context in contexts:
        context.close()
    assert not troubles
    assert len({origin for origin in origins if origin}) <= 1, origins

"""The development server: what counts as a change, what pages get, and a whole round of it in processes of its own."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from pelican_tongbao import plan
from pelican_tongbao.serving import EVENTS, SCRIPT, Board, State, with_script
from pelican_tongbao.watching import Sources, sources

ROOT = plan.ROOT
CONTENT, OUTPUT, CACHE = Path("/archive/content"), Path("/archive/output"), Path("/archive/content/cache")
# Milliseconds that a build may take where the machine has other work too.
_LONG = 60_000


@pytest.fixture
def known() -> Sources:
    return sources(CONTENT, OUTPUT, ROOT / "pelicanconf.py", CACHE)


@pytest.mark.parametrize(
    ("path", "counts", "restarts"),
    [
        (CONTENT, True, False),
        (CONTENT / "bulletins/a.txt", True, False),
        (CONTENT / "bulletins/notes.py.html", True, False),
        (CONTENT / "bulletins/__pycache__/a.txt", True, False),
        (CONTENT / "bulletins/#a.txt", True, False),
        (CONTENT / "bulletins/无后缀", True, False),
        (CONTENT / "bulletins/.a.txt.swp", False, False),
        (CONTENT / "bulletins/.git/a.txt", False, False),
        (CONTENT / "bulletins/a.txt~", False, False),
        (CONTENT / "bulletins/#a.txt#", False, False),
        (CONTENT / "bulletins/4913", False, False),
        (CACHE / "built/x.json", False, False),
        (OUTPUT / "index.html", False, True),
        (OUTPUT.with_name(".tongbao-output-1.new") / "index.html", False, True),
        (ROOT / "theme/templates/base.html", True, False),
        (ROOT / "theme/static/css/site.css", True, False),
        (ROOT / "plugins/tongbao/genre.py", True, True),
        (ROOT / "plugins/tongbao/data/any.tsv", True, True),
        (ROOT / "plugins/pelican_tongbao/labels/zh-hans.toml", True, True),
        (ROOT / "plugins/tongbao/__pycache__/genre.cpython-311.pyc", False, True),
        (ROOT / "plugins/tongbao.egg-info/PKG-INFO", False, True),
        (ROOT / "pelicanconf.py", True, True),
        (ROOT / "pyproject.toml", True, True),
        (ROOT / "README.md", False, True),
    ],
)
def test_what_counts_and_what_asks_for_another_process(
    known: Sources, path: Path, counts: bool, restarts: bool
) -> None:
    assert (known.counts(path), not known.counts(path) or known.restarts(path)) == (counts, not counts or restarts)


@pytest.mark.parametrize(
    ("page", "before", "after"),
    [
        ("<html><head><title>通报</title></head><body>", "</title>", "</head>"),
        ("<html><head><title>通报</title></HEAD ><body>", "</title>", "</HEAD >"),
        ("<p>no head", "no head", ""),
    ],
)
def test_a_page_gets_a_script_and_nothing_else(page: str, before: str, after: str) -> None:
    line = f'<script src="{SCRIPT}?site=x-1" defer></script>\n'
    served = with_script(page.encode(), "x-1").decode()
    assert served.replace(line, "") == page
    assert f"{before}{line}{after}" in served


def test_who_waits_hears_what_he_has_not_seen() -> None:
    board = Board(State("x-0"))
    assert board.wait(None, 0) == State("x-0")
    board.tell(State("x-0", "broken"))
    assert board.wait(State("x-0"), 9) == board.wait(State("x-0", "broken"), 0) == State("x-0", "broken")


# --- the whole of it --------------------------------------------------------------------------------------------------


class Project:
    """A copy of the project with two bulletins, and the server at work on it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        for name in plan.OWN:
            copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copy
            copy(ROOT / name, folder / name)
        self.bulletin = folder / "content/bulletins/a.txt"
        self.bulletin.parent.mkdir(parents=True)
        self.write("关于停课的通报\n\n一中停课。\n")
        self.bulletin.with_name("b.txt").write_text("关于复工的通报\n\n工厂复工。\n", "utf-8")
        self.bulletin.with_name("a.toml").write_text('id = "a"\n', "utf-8")
        command = [sys.executable, "-u", "-m", "pelican_tongbao.devserver", "content", "output", "--port", "0"]
        environment = {**os.environ, "PYTHONPATH": str(folder / "plugins"), "TONGBAO_CACHE": str(folder / "cache")}
        with (folder / "log").open("w") as log:
            self.process = subprocess.Popen(command, cwd=folder, env=environment, stdout=subprocess.PIPE, stderr=log)
        assert self.process.stdout
        found = re.search(r"http://\S+/", self.process.stdout.readline().decode())
        assert found, (folder / "log").read_text()
        self.address = found[0]
        self._events = urllib.request.urlopen(self.address.rstrip("/") + EVENTS, timeout=_LONG / 1000)
        self._site = self.hear()["site"]

    def write(self, text: str) -> None:
        self.bulletin.write_text(text, "utf-8")

    def hear(self) -> dict[str, str]:
        """The next that pages are told."""
        while not (line := self._events.readline()).startswith(b"data: "):
            assert line, (self.folder / "log").read_text()
        told: dict[str, str] = json.loads(line.removeprefix(b"data: "))
        return told

    def published(self) -> None:
        """Wait for the next site."""
        told = self.hear()
        assert told["fault"] == "" and told["site"] != self._site, told
        self._site = told["site"]

    def failed(self) -> str:
        """Wait for a build that fails; returns the fault."""
        told = self.hear()
        assert told["fault"] and told["site"] == self._site, told
        return told["fault"]

    def get(self, path: str) -> str:
        with urllib.request.urlopen(self.address + path, timeout=9) as answer:
            return str(answer.read().decode())


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Project]:
    made = Project(tmp_path_factory.mktemp("project"))
    made.published()
    yield made
    made.process.send_signal(signal.SIGINT)
    assert made.process.wait(15) == 0
    assert [path.name for path in made.folder.glob(".tongbao-*")] == [".tongbao-output"]
    assert not [each for each in Path("/proc").glob("[0-9]*/cwd") if _where(each) == made.folder.resolve()]


def _where(link: Path) -> Path | None:
    try:
        return link.readlink()
    except OSError:
        return None


PAGE = "zh-hans/bulletin/a/"


def test_a_change_of_each_kind_is_served(project: Project) -> None:
    project.write("关于停课的通报\n\n二中停课。\n")
    project.published()
    assert "二中停课" in project.get(PAGE)
    assert SCRIPT in project.get(PAGE)
    assert SCRIPT not in (project.folder / "output" / PAGE / "index.html").read_text("utf-8")

    template = project.folder / "theme/templates/base.html"
    sound = template.read_text("utf-8")
    template.write_text(sound.replace("<footer", "{{ nothing.here }}<footer"), "utf-8")
    fault = project.failed()
    assert "nothing" in fault and "base.html, line" in fault
    assert "二中停课" in project.get(PAGE)
    template.write_text(sound.replace("<footer", "又一版<footer"), "utf-8")
    project.published()
    assert "又一版" in project.get(PAGE)

    labels = project.folder / "plugins/pelican_tongbao/labels/zh-hans.toml"
    words = labels.read_text("utf-8")
    labels.write_text(re.sub('(?m)^footer = "', 'footer = "新词', words), "utf-8")
    project.published()
    assert "新词" in project.get(PAGE)


@pytest.mark.browser
def test_an_open_page_loads_again_and_shows_faults(project: Project, open_page: Callable[..., Page]) -> None:
    page = open_page()
    page.goto(project.address + PAGE)
    script = project.folder / "theme/static/js/bulletin.js"
    sound = script.read_text("utf-8")
    script.write_text("let = ;", "utf-8")
    project.failed()
    expect(page.get_by_role("alert")).to_contain_text("bulletin.js", timeout=_LONG)
    script.write_text(sound, "utf-8")
    project.write("关于停课的通报\n\n三中停课。\n")
    expect(page.locator("main")).to_contain_text("三中停课", timeout=_LONG)
    expect(page.get_by_role("alert")).to_have_count(0)
    project.write("关于停课的通报\n\n四中停课。\n")  # Whoever stops it now need not wait for the site.

"""Scripts and styles as they are downloaded: joined, minified, and the same in what they do."""

from __future__ import annotations

import functools
import http.server
import json
import re
import shutil
import subprocess
import threading
from collections import Counter
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from pelican_tongbao.assets import ENTRIES, AssetError, join

STATIC = Path(__file__).parents[1] / "theme/static"
Serve = Callable[[Path], str]
Open = Callable[..., Page]


def write(folder: Path, modules: Mapping[str, str]) -> Path:
    for name, source in modules.items():
        (folder / name).write_text(source, "utf-8")
    return folder


MODULES = {
    "page.js": """// Where it starts.
import { double, Odd } from "./a.js";
import { base } from "./b.js";

export { Odd };

const unused = () => double(0);
export const $answer = double(base) + 1;
if ($answer < 0) {
  throw new Error("never");
}
""",
    "a.js": """import {
  base,
  other,
} from "./b.js";

/** Twice as much. */
export function double(number) {
  return 2 * number;
}

export class Odd {
  value = base;
}

export const nobody = () => other;
""",
    "b.js": """export const base = 20.5;
export const other = `of ${base} no use`;
""",
}


def test_modules_are_joined_in_the_order_of_their_imports(tmp_path: Path) -> None:
    joined = join(write(tmp_path, MODULES), "page.js")
    assert "import" not in joined
    places = [joined.index(part) for part in ("const base", "function double", "class Odd", "const $answer", "if (")]
    assert places == sorted(places)
    assert joined.endswith("export { Odd, $answer };\n")
    assert not [name for name in ("unused", "nobody", "other") if name in joined]
    assert join(tmp_path, "page.js") == joined
    if node := shutil.which("node"):
        (tmp_path / "joined.mjs").write_text(joined, "utf-8")
        module = json.dumps((tmp_path / "joined.mjs").as_uri())
        script = f"import({module}).then(m => console.log(m.$answer, new m.Odd().value))"
        done = subprocess.run([node, "-e", script], capture_output=True, text=True)
        assert done.stdout == "42 20.5\n", done.stderr


@pytest.mark.parametrize(
    ("line", "place"),
    [
        ('import all from "./b.js";', ":2:"),
        ('import * as all from "./b.js";', ":2:"),
        ('import { base as ground } from "./b.js";', ":2:"),
        ('import { base } from "../b.js";', ":2:"),
        ('import "./b.js";', ":2:"),
        ('export * from "./b.js";', ":2:"),
        ('export { base } from "./b.js";', ":2:"),
        ("export default 1;", ":2:"),
        ("export const { base } = {};", ":2:"),
        ('const later = () => import("./b.js");', ":2:"),
        ("const here = import.meta.resolve;", ":2:"),
    ],
)
def test_what_the_joiner_does_not_know_it_refuses(tmp_path: Path, line: str, place: str) -> None:
    write(tmp_path, {**MODULES, "page.js": f"// One.\n{line}\n"})
    with pytest.raises(AssetError, match=r"page\.js" + place):
        join(tmp_path, "page.js")


@pytest.mark.parametrize(
    ("modules", "message"),
    [
        ({"b.js": "const unused = 1;\nexport const base = unused;\nexport const other = 2;\n",
          "page.js": MODULES["page.js"].replace("+ 1", "+ unused()")}, "unused is declared in b.js too; rename one"),
        ({"b.js": "const base = 1;\n"}, "b.js exports no base; export it there"),
        ({"b.js": 'import { double } from "./a.js";\n' + MODULES["b.js"]}, "a.js: imports itself by way of a.js, b.js"),
        ({"page.js": 'import { gone } from "./gone.js";\n'}, "gone.js: there is no such module"),
    ],
)  # fmt: skip
def test_modules_that_do_not_fit_together_are_refused(tmp_path: Path, modules: dict[str, str], message: str) -> None:
    write(tmp_path, {**MODULES, **modules})
    with pytest.raises(AssetError) as refused:
        join(tmp_path, "page.js")
    assert message in str(refused.value)


def test_every_file_is_published_and_entries_as_one(samples_site: Path) -> None:
    theme = samples_site / "theme"
    names = [sorted(str(p.relative_to(top)) for p in top.rglob("*.*")) for top in (STATIC, theme)]
    # The English words are of the adapters.
    assert names[0] == [name for name in names[1] if name != "labels/en.json"]
    for entry in ENTRIES:
        published = (theme / "js/search" / entry).read_text("utf-8")
        assert "import{" not in published and "/**" not in published
        assert ('import("./engine.js")' in published) == (entry != "engine.js")


@pytest.mark.browser
def test_styles_say_what_their_sources_say(open_page: Open, samples_site: Path, serve: Serve) -> None:
    page = open_page()
    page.goto(serve(samples_site))
    # Only conditions and the values of custom properties are kept as they are written; names of fonts mean the same
    # in any case.
    rules = """source => {
      const sheet = new CSSStyleSheet();
      sheet.replaceSync(source);
      return Array.from(sheet.cssRules, rule => rule.cssText.replace(/([,:]) /g, "$1").toLowerCase());
    }"""
    for path in sorted((STATIC / "css").iterdir()):
        source, published = path.read_text("utf-8"), (samples_site / "theme/css" / path.name).read_text("utf-8")
        for other in re.findall(r'^@import "(.+)";', source, re.MULTILINE):
            source = (path.parent / other).read_text("utf-8") + source
        assert len(published) < len(source)
        assert page.evaluate(rules, published) == page.evaluate(rules, source), path.name


@pytest.mark.browser
def test_the_published_module_answers(open_page: Open, samples_site: Path, serve: Serve) -> None:
    page = open_page()
    base = serve(samples_site)
    page.goto(base + "search/")
    script = """async ([base, workers]) => {
      if (!workers) delete globalThis.Worker;
      const { openIndex } = await import(base + "theme/js/search/index.js");
      const error = await openIndex(base).search({ sort: "best" }).catch((error) => error);
      return [(await openIndex(base).search({ q: "" })).total, error.name, error.reason];
    }"""
    count = len((samples_site / "data/bulletins.jsonl").read_text("utf-8").splitlines())
    for workers in (True, False):
        assert page.evaluate(script, [base, workers]) == [count, "SearchError", "request"]


@pytest.mark.browser
def test_nothing_is_downloaded_twice(open_page: Open, samples_site: Path) -> None:
    """What is preloaded is taken from the browser's cache, even where the server says nothing about caching."""
    sent: Counter[str] = Counter()

    class Handler(http.server.SimpleHTTPRequestHandler):
        def log_request(self, code: object = "-", size: object = "-") -> None:
            if code == 200:
                sent[self.path] += 1

    handler = functools.partial(Handler, directory=str(samples_site))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        page = open_page()
        page.goto(f"http://127.0.0.1:{server.server_port}/search/?q=%E7%96%AB%E6%83%85")
        expect(page.get_by_role("status")).to_have_attribute("data-state", "done")
        page.locator("#narrow summary").click()
        expect(page.locator("#facets .count").first).to_have_text(re.compile("[0-9]"))
        server.shutdown()
    assert sent["/theme/js/search/engine.js"] == 1
    assert not [path for path, times in sent.items() if times > 1]
    assert sum(path.endswith((".js", ".css")) for path in sent) == 4

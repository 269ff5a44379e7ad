"""Looks at a site with the checkers that others made, and measures it: `make audit`, or

    PYTHONPATH=tools python -m audit CONTENT [--tools .audit] [--only vnu,...] [--plain]

Builds CONTENT and one bulletin of 3,000 characters into a temporary folder, as for publishing at an address on
loopback, and serves it there. Prints a table of figures and each fault; exits 1 where there is a fault, 2 where a tool
is missing.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urljoin, urlsplit

from audit import links
from audit.pages import examples, kinds
from audit.serving import served
from audit.weight import packers, weigh

ROOT = Path(__file__).parents[2]
CONFIG = Path(__file__).with_name("htmlvalidate.json")
CHROMIUM = ("chromium", "chromium-browser", "google-chrome")
FLAGS = (
    "--headless=new --no-sandbox --disable-gpu --disable-quic --no-first-run "
    "--disable-background-networking --disable-component-update --disable-sync"
)
# Programs, and the packages of Debian that have them.
NEEDED = {"node": "nodejs", "java": "default-jre-headless"}
LEAST = {"performance": 99, "accessibility": 100, "best-practices": 100, "seo": 100}
PRESETS: dict[str, tuple[str, ...]] = {"mobile": (), "desktop": ("--preset=desktop",)}
TRIES = 3  # of a performance that is too low: what else the machine does can only lower it
LENGTH, LIMIT = 3000, 30_000  # characters of a text, bytes of its page on a first visit
# Of a file on a disk it can't be known what 'self' is.
SAID_OF_FILES = "Resource violates Content Security Policy.*"


@dataclass(frozen=True)
class Row:
    """A figure of the table, and the faults behind it."""

    check: str
    what: str
    figure: str
    faults: tuple[str, ...] = ()


@dataclass(frozen=True)
class Site:
    """A built site: its folder, the address that it was built for and is served at, the folder of the npm packages."""

    folder: Path
    address: str
    tools: Path

    @property
    def modules(self) -> Path:
        return self.tools / "node_modules"


def vnu(site: Site) -> Iterator[Row]:
    """The Nu checker, of every page and every style sheet."""
    command: list[str | Path] = ["java", "-jar", site.modules / "vnu-jar/build/dist/vnu.jar", "--format", "json"]
    command += ["--filterpattern", SAID_OF_FILES]
    for what, options in {"pages": ["--skip-non-html"], "styles": ["--skip-non-css"]}.items():
        told = subprocess.run([*command, *options, site.folder], capture_output=True, text=True).stderr
        messages = json.loads(told[told.index("{") :])["messages"]
        errors = [message for message in messages if message["type"] != "info"]
        found = Counter(f"{message['message']}" for message in errors)
        yield Row("vnu", what, f"{len(errors)} errors, {len(messages) - len(errors)} warnings", _counted(found))
        for warning in _counted(Counter(m["message"] for m in messages if m["type"] == "info")):
            yield Row("vnu", what, f"warning: {warning}")


def html_validate(site: Site) -> Iterator[Row]:
    """html-validate, of every page."""
    command: list[str | Path] = [
        "node",
        site.modules / "html-validate/bin/html-validate.mjs",
        "--config",
        CONFIG,
        "--formatter",
        "json",
    ]
    # Into a file: into a pipe it writes no more than that holds at once.
    with tempfile.TemporaryFile("w+", encoding="utf-8") as out:
        subprocess.run([*command, site.folder], stdout=out)
        out.seek(0)
        files = json.load(out)
    found = Counter(
        f"{message['ruleId']}: {message['message']} ({message.get('selector')})"
        for file in files
        for message in file["messages"]
    )
    yield Row("html-validate", "pages", f"{found.total()} errors", _counted(found))


def lighthouse(site: Site) -> Iterator[Row]:
    """Scores of the pages that the table asks them for; the best of up to three runs."""
    named = examples(site.folder)
    for kind in kinds():
        if not kind.lighthouse:
            continue
        for preset, options in PRESETS.items():
            url = urljoin(site.address, kind.at(named, "zh-hans"))
            scores: dict[str, int] = {}
            for _ in range(TRIES):
                report = _lighthouse(site, url, options)
                got = {name: round(100 * (each["score"] or 0)) for name, each in report["categories"].items()}
                scores = max(scores or got, got, key=lambda each: sum(each.values()))
                if scores["performance"] >= LEAST["performance"]:
                    break
            audits = report["audits"]
            figure = " ".join(f"{score}" for score in scores.values())
            figure += f" LCP {audits['largest-contentful-paint']['numericValue']:.0f} ms"
            figure += f" CLS {audits['cumulative-layout-shift']['numericValue']:.3f}"
            yield Row("lighthouse", f"{kind.name} {preset}", figure, (*_low(scores), *_failing(report, _low(scores))))


def _lighthouse(site: Site, url: str, options: Sequence[str]) -> dict[str, Any]:
    command: list[str | Path] = [
        "node",
        site.modules / "lighthouse/cli/index.js",
        url,
        "--quiet",
        "--output=json",
        *options,
    ]
    told = subprocess.run([*command, f"--chrome-flags={FLAGS}"], capture_output=True, text=True)
    if told.returncode:
        raise RuntimeError(told.stderr)
    return json.loads(told.stdout)  # type: ignore[no-any-return]


def _low(scores: dict[str, int]) -> tuple[str, ...]:
    return tuple(f"{name}: {scores[name]}" for name, least in LEAST.items() if scores[name] < least)


def _failing(report: dict[str, Any], low: Iterable[str]) -> Iterator[str]:
    """The audits that cost points, in the categories that are too low."""
    for name in (each.partition(":")[0] for each in low):
        for ref in report["categories"][name]["auditRefs"]:
            audit = report["audits"][ref["id"]]
            if ref["weight"] and audit["score"] is not None and audit["score"] < 1:
                yield f"  {audit['id']}: {audit['title']} {audit.get('displayValue', '')}"


def broken_links(site: Site) -> Iterator[Row]:
    """Our own check of links: of pages, feeds and data."""
    found = tuple(f"{each.file}: {each.target}: {each.why}" for each in links.broken(site.folder, site.address))
    yield Row("links", "pages, feeds, data", f"{len(found)} broken", found)


def weight(site: Site) -> Iterator[Row]:
    """Pages of bulletins of up to 3,000 characters, first visit."""
    records = [json.loads(line) for line in (site.folder / "data/bulletins.jsonl").read_text("utf-8").splitlines()]
    lengths = {record["id"]: len(record["text"]) for record in records if len(record["text"]) <= LENGTH}
    for name, pack in packers().items():
        weights = {id: weigh(site.folder / f"zh-hans/bulletin/{id}/index.html", pack) for id in lengths}
        heavy = tuple(f"{id}: {size} bytes > {LIMIT}" for id, size in weights.items() if size > LIMIT)
        heaviest, longest = (max(sizes, key=sizes.__getitem__) for sizes in (weights, lengths))
        for what, id in {"heaviest": heaviest, "longest": longest}.items():
            figure = f"{weights[id]} bytes, {lengths[id]} characters ({id})"
            yield Row("weight", f"{what} page, {name}", figure, heavy if what == "heaviest" else ())


def without_scripts(site: Site) -> Iterator[Row]:
    """Whether a page has its words before any script runs; pages that scripts fill are left out."""
    from playwright.sync_api import sync_playwright

    named = examples(site.folder)
    # What stands in content/pages is not in every archive.
    here = [
        kind for kind in kinds() if (site.folder / urlsplit(kind.at(named, "zh-hans")).path / "index.html").is_file()
    ]
    chosen = [kind for kind in here if not kind.ready and not kind.click]
    lacking = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=_chromium(), args=FLAGS.split()[1:])
        for kind in chosen:
            lengths = []
            for scripts in (True, False):
                page = browser.new_context(java_script_enabled=scripts).new_page()
                page.goto(urljoin(site.address, kind.at(named, "zh-hans")))
                lengths.append(len(page.locator("main").inner_text()))
                page.context.close()
            if lengths[1] < 0.95 * lengths[0]:
                lacking.append(f"{kind.name}: {lengths[1]} characters of {lengths[0]}")
        browser.close()
    yield Row("without scripts", f"{len(chosen)} kinds of page", f"{len(lacking)} lack words", tuple(lacking))


CHECKS: dict[str, Callable[[Site], Iterator[Row]]] = {
    "links": broken_links,
    "weight": weight,
    "scripts": without_scripts,
    "vnu": vnu,
    "html-validate": html_validate,
    "lighthouse": lighthouse,
}


def _counted(found: Counter[str]) -> tuple[str, ...]:
    return tuple(f"{count} × {message}" for message, count in found.most_common())


def _chromium() -> str | None:
    return next((path for name in CHROMIUM if (path := shutil.which(name))), None)


def build(content: Path, folder: Path, address: str) -> Path:
    """The site of a folder of content and of one bulletin more, built for an address; returns where it is."""
    texts = sorted((ROOT / "tools/samples/texts").glob("*.txt"))
    shutil.copytree(content, folder / "content")
    inbox = folder / "content/bulletins"
    (inbox if inbox.is_dir() else inbox.parent).joinpath("audit.txt").write_text(
        "\n".join(text.read_text("utf-8") for text in texts)[:LENGTH], "utf-8"
    )
    site = folder / "site"
    subprocess.run(
        [sys.executable, "-m", "pelican", folder / "content", "-o", site, "-s", ROOT / "publishconf.py", "-q"],
        cwd=ROOT,
        env={**os.environ, "TONGBAO_CACHE": str(folder / "cache"), "SITEURL": address.rstrip("/")},
        check=True,
    )
    return site


def missing(modules: Path) -> Iterator[str]:
    """What has to be installed before the checks can run."""
    for name, package in NEEDED.items():
        if not shutil.which(name):
            yield f"{name} is missing: on Debian, apt-get install {package}"
    if not modules.is_dir():
        yield f"{modules} is missing: run make audit, which installs it"
    if not os.environ.get("CHROME_PATH"):
        yield "Chromium is missing: on Debian, apt-get install chromium; or set CHROME_PATH"


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="audit", description=__doc__.splitlines()[0])
    parser.add_argument("content", type=Path)
    parser.add_argument("--tools", type=Path, default=ROOT / ".audit")
    parser.add_argument("--only", default=",".join(CHECKS), help=f"some of {','.join(CHECKS)}")
    parser.add_argument("--plain", action="store_true", help="serve as `make serve` does: nothing packed")
    options = parser.parse_args(arguments)
    os.environ.setdefault("CHROME_PATH", _chromium() or "")
    lacking = list(missing(options.tools / "node_modules"))
    if lacking:
        print("\n".join(lacking), file=sys.stderr)
        return 2
    faults = 0
    with tempfile.TemporaryDirectory() as name, served(Path(name) / "site", options.plain) as address:
        site = Site(build(options.content, Path(name), address), address, options.tools)
        for check in options.only.split(","):
            for row in CHECKS[check](site):
                print(f"{row.check:16} {row.what:28} {row.figure}", flush=True)
                for fault in row.faults:
                    print(f"{'':16} ! {fault}")
                faults += len(row.faults)
    print(f"{faults} faults")
    return int(faults > 0)


if __name__ == "__main__":
    sys.exit(main())

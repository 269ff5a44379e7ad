"""Take the pictures that README shows, `docs/home.png` and `docs/bulletin.png`: `make pictures [--into FOLDER]`.

Of the samples' site, in Chromium, 1280 px wide and light. The same site in the same browser with the same fonts gives
the same bytes.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urljoin

from audit.serving import served
from playwright.sync_api import Browser, sync_playwright

ROOT = Path(__file__).parents[1]
WIDTH = 1280


@dataclass(frozen=True)
class Picture:
    """A file's name, the address it shows, how many pixels of the page's beginning, and what is clicked before."""

    name: str
    address: str
    height: int
    click: str | None = None


# A notice with many glosses, a number and a date.
SHOWN = "bulletins/ejina-zhiliu-lvke-tonggao.txt"
PICTURES = (
    Picture("home", "", 800),
    Picture("bulletin", "zh-hans/bulletin/{shown}/", 900, click="#text > p:nth-of-type(4) a:is(.sign, .gone)"),
)


def take(browser: Browser, picture: Picture, address: str, into: Path) -> Path:
    """Write a picture; returns its path."""
    page = browser.new_page(
        viewport={"width": WIDTH, "height": picture.height},
        color_scheme="light",
        reduced_motion="reduce",
        locale="zh-CN",
    )
    page.goto(address)
    page.evaluate("document.fonts.ready")
    if picture.click:
        page.locator(picture.click).first.click()
    path = into / f"{picture.name}.png"
    page.screenshot(path=path, animations="disabled", caret="hide", scale="css")
    page.close()
    return path


def _id_of(site: Path, source: str) -> str:
    """The id of the bulletin that was received as `source`."""
    lines = (site / "data/bulletins.jsonl").read_text("utf-8").splitlines()
    return next(str(record["id"]) for record in map(json.loads, lines) if record["source"] == source)


def smaller(path: Path) -> None:
    """Fewer colours, where a program for that is at hand: a page of text has few."""
    if shutil.which("pngquant"):
        subprocess.run(["pngquant", "--force", "--strip", "--speed", "1", "--output", path, "64", path], check=True)


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--into", type=Path, default=ROOT / "docs")
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        site = Path(folder) / "site"
        command = [
            sys.executable,
            "-m",
            "pelican",
            str(ROOT / "content"),
            "-o",
            str(site),
            "-s",
            "pelicanconf.py",
            "-q",
        ]
        subprocess.run(command, cwd=ROOT, env={**os.environ, "TONGBAO_CACHE": str(Path(folder) / "cache")}, check=True)
        programs = ("chromium", "chromium-browser", "google-chrome")
        found = next((program for name in programs if (program := shutil.which(name))), None)
        browser = playwright.chromium.launch(executable_path=found, args=["--no-sandbox", "--disable-gpu"])
        named = {"shown": _id_of(site, SHOWN)}
        with served(site) as address:
            for picture in PICTURES:
                path = take(browser, picture, urljoin(address, picture.address.format_map(named)), options.into)
                smaller(path)
                print(f"{path}: {path.stat().st_size} bytes")
        browser.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""Pagefind on the same texts, as the peer that `bench_search` sets beside the search: built, served and asked here."""

from __future__ import annotations

import gzip
import html
import json
import resource
import shutil
import statistics
import subprocess
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from counting import counted
from playwright.sync_api import sync_playwright

from tongbao.search import SearchDocument

VERSION = "1.6.0"
LANGUAGES = {"Hans": "zh-cn", "Hant": "zh-tw"}
PAGE = (
    '<!doctype html><html lang="{lang}"><meta charset="utf-8"><title>{title}</title>'
    "<body><h1>{title}</h1><main>{text}</main></body></html>"
)
ASK = """async (q) => {
  const pagefind = await import("/pagefind/pagefind.js");
  const { results } = await pagefind.search(q);
  await Promise.all(results.slice(0, 10).map((result) => result.data()));
  return results.map((result) => result.id);
}"""


def install(cache: Path) -> Path | None:
    """The program, from npm into `cache`; None where npm, or the program for this machine, is not to be had."""
    npm = shutil.which("npm")
    if npm is None:
        return None
    cache.mkdir(parents=True, exist_ok=True)
    found = list(cache.glob("node_modules/@pagefind/*/bin/pagefind_extended"))
    if not found:
        command = [npm, "install", "--ignore-scripts", "--no-audit", "--no-fund", "--prefix", str(cache)]
        subprocess.run([*command, f"pagefind@{VERSION}"], check=False, capture_output=True)
        found = list(cache.glob("node_modules/@pagefind/*/bin/pagefind_extended"))
    return found[0] if found else None


def measure(
    program: Path,
    corpus: Sequence[SearchDocument],
    folder: Path,
    queries: Sequence[str],
    matching: Callable[[str], set[str]],
) -> None:
    """Build, ask every query of a fresh browser and again warm, and print what it cost and found.

    `matching` gives the ids of the bulletins that contain a query in either script.
    """
    raw = sum(len(document.text.encode()) for document in corpus)
    print(f"Pagefind {VERSION}, extended")
    shutil.rmtree(folder, ignore_errors=True)
    _build(program, corpus, folder, raw)
    ids = _ids(folder)
    costs: dict[str, list[list[int]]] = {"cold": [], "warm": []}
    found: list[set[str]] = []
    names = ("chromium", "chromium-browser", "google-chrome")
    own = next((path for name in names if (path := shutil.which(name))), None)
    with counted(folder) as (base, sent), sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=own, args=["--no-sandbox"])
        for n, q in enumerate(queries):
            for kind, before in (("cold", 0), ("warm", 3)):
                page = browser.new_context().new_page()
                page.goto(f"{base}probe.html")
                for other in range(1, before + 1):
                    page.evaluate(ASK, queries[(n + 7 * other) % len(queries)])
                sent.clear()
                answer = page.evaluate(ASK, q)
                costs[kind].append([size for _, size in sent])
                page.context.close()
            found.append({ids[i] for i in answer})
        browser.close()
    for kind, cost in costs.items():
        sizes = [sum(each) / 1e3 for each in cost]
        print(
            f"  {kind}: median {statistics.median(sizes):.1f} kB, worst {max(sizes):.1f} kB;"
            f" requests median {statistics.median(map(len, cost)):.0f}, worst {max(map(len, cost))}"
        )
    right = [matching(q) for q in queries]
    recall = statistics.mean(len(mine & all_) / len(all_) for mine, all_ in zip(found, right, strict=True) if all_)
    sharp = statistics.mean(len(mine & all_) / len(mine) for mine, all_ in zip(found, right, strict=True) if mine)
    print(f"  recall over both scripts {recall:.3f}, precision {sharp:.3f} (means of {len(queries)} queries)")


def _build(program: Path, corpus: Sequence[SearchDocument], folder: Path, raw: int) -> None:
    (folder / "b").mkdir(parents=True)
    for document in corpus:
        page = PAGE.format(
            lang=LANGUAGES.get(document.script, "zh-cn"),
            title=html.escape(document.title),
            text=html.escape(document.text),
        )
        (folder / "b" / f"{document.id}.html").write_text(page, "utf-8")
    clock = time.perf_counter()
    subprocess.run([str(program), "--site", str(folder)], check=True, capture_output=True)
    seconds = time.perf_counter() - clock
    memory = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    (folder / "probe.html").write_text('<!doctype html><html lang="zh-cn"><link rel="icon" href="data:,">', "utf-8")
    files = [path.stat().st_size for path in (folder / "pagefind").rglob("*") if path.is_file()]
    share = sum(files) / raw
    print(f"  built in {seconds:.1f} s, peak {memory:.0f} MB; {len(files)} files, {share:.3f} of the text")


def _ids(folder: Path) -> dict[str, str]:
    """{fragment: bulletin}."""
    out = {}
    for path in (folder / "pagefind/fragment").iterdir():
        text = gzip.decompress(path.read_bytes()).decode()
        record: dict[str, Any] = json.loads(text[text.index("{") :])
        out[path.stem] = Path(record["url"]).stem
    return out

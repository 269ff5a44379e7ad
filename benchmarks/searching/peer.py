"""Pagefind (npm, extended) on the same texts, asked the same queries of the same server."""

from __future__ import annotations

import gzip
import html
import json
import re
import shutil
import subprocess
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from searching.ask import LIMIT, others
from searching.browse import chromium
from searching.memory import Cost, run
from searching.queries import Asked
from searching.serve import Sent, serving
from tongbao.search import SearchDocument

VERSION = "1.6.0"
LANGUAGES = {"Hans": "zh-cn", "Hant": "zh-tw"}
_PAGE = (
    '<!doctype html><html lang="{lang}"><meta charset="utf-8"><title>{title}</title>'
    "<body><h1>{title}</h1><main>{text}</main></body></html>"
)
_PROBE = '<!doctype html><html lang="{lang}"><link rel="icon" href="data:,">'
_ASK = """async ([q, limit]) => {
  const pagefind = await import("/pagefind/pagefind.js");
  const { results } = await pagefind.search(q);
  await Promise.all(results.slice(0, limit).map((result) => result.data()));
  return results.map((result) => result.id);
}"""


@dataclass(frozen=True, slots=True)
class Found:
    """What a query fetched cold and warm, the ids that it found as typed and in quotes."""

    cold: tuple[Sent, ...]
    warm: tuple[Sent, ...]
    typed: frozenset[str]
    quoted: frozenset[str]


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


def build(program: Path, corpus: Iterable[SearchDocument], folder: Path) -> Cost:
    """Write the texts as pages, which is not timed, and index them."""
    (folder / "b").mkdir(parents=True)
    for document in corpus:
        page = _PAGE.format(
            lang=LANGUAGES.get(document.script, "zh-cn"),
            title=html.escape(document.title),
            text=html.escape(document.text),
        )
        (folder / "b" / f"{document.id}.html").write_text(page, "utf-8")
    _, cost = run([str(program), "--site", str(folder)])
    for language in LANGUAGES.values():
        (folder / f"{language}.html").write_text(_PROBE.format(lang=language), "utf-8")
    return cost


def size(folder: Path) -> tuple[int, int]:
    """Files and bytes of the index and its module, without the pages that Pagefind adds."""
    paths = [path for path in (folder / "pagefind").rglob("*") if path.is_file()]
    files = [path.stat().st_size for path in paths if not re.search("-ui|-highlight", path.name)]
    return len(files), sum(files)


def ask(folder: Path, asked: Sequence[Asked]) -> Iterator[Found]:
    """Ask each query on a page of its own script: cold, after three others, and in quotes."""
    ids = _ids(folder)
    with serving(folder) as served, chromium() as browser:

        def costs(one: Asked, before: Sequence[Asked]) -> tuple[tuple[Sent, ...], list[str], list[str]]:
            context = browser.new_context(locale="zh-CN")
            page = context.new_page()
            page.goto(f"{served.base}{LANGUAGES[one.script]}.html")
            for other in before:
                page.evaluate(_ASK, [other.request["q"], LIMIT])
            served.take()
            answer = page.evaluate(_ASK, [one.request["q"], LIMIT])
            sent = tuple(served.take())
            quoted = page.evaluate(_ASK, [f'"{one.request["q"]}"', 0]) if before else []
            context.close()
            return sent, answer, quoted

        for number, one in enumerate(asked):
            cold, _, _ = costs(one, ())
            warm, answer, quoted = costs(one, [asked[n] for n in others(number, len(asked))])
            yield Found(cold, warm, frozenset(ids[i] for i in answer), frozenset(ids[i] for i in quoted))


def _ids(folder: Path) -> dict[str, str]:
    """{fragment: bulletin}."""
    out = {}
    for path in (folder / "pagefind/fragment").iterdir():
        text = gzip.decompress(path.read_bytes()).decode()
        record: dict[str, Any] = json.loads(text[text.index("{") :])
        out[path.stem] = Path(record["url"]).stem
    return out

"""Corpora, queries and clients for the tests of the search."""

from __future__ import annotations

import json
import random
import shutil
import subprocess
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from tongbao.script import fold
from tongbao.search import Folder, Load, SearchDocument, build_index, export, head
from tongbao.search.index import Index
from tongbao.search.syntax import parse

ROOT = Path(__file__).parents[1]
MODULES = ROOT / "theme/static/js/search"
REGIONS: dict[str, tuple[str, str | None]] = {
    "110000": ("北京市", None),
    "450000": ("广西壮族自治区", None),
    "450100": ("南宁市", "450000"),
    "450200": ("柳州市", "450000"),
    "431100": ("永州市", "430000"),
    "430000": ("湖南省", None),
}
LINEAGES = (
    (),
    ("110000",),
    ("450000",),
    ("450100",),
    ("450100", "450000"),
    ("450100", "450200", "450000"),
    ("431100", "430000", "450000"),
)
# Simplified -> the Traditional characters that may stand for it. Two for 后: exceptions to any table.
HANT = {"后": "后後", "战": "戰", "检": "檢", "测": "測", "阳": "陽", "广": "廣", "𠮷": "𠮷", "发": "發髮"}
# Few characters, so that grams meet in a text without meeting in a phrase; some beyond the BMP, some that only fold.
CHARACTERS = "防疫战检测阳广后发𠮷" + "防疫战" * 3 + '，,0Aa１𝟎"- 　\n'


def documents(seed: int, count: int, length: int = 60) -> tuple[SearchDocument, ...]:
    """Generated bulletins over a small alphabet, in all shapes that the index has to hold."""
    chance = random.Random(seed)
    return tuple(_document(chance, number, length) for number in range(count))


def _document(chance: random.Random, number: int, length: int) -> SearchDocument:
    def write(size: int) -> str:
        return "".join(chance.choices(CHARACTERS, k=size))

    title, hans = write(chance.randrange(0, 9)), write(chance.randrange(0, 2 * length))
    hant, title_hant = ("".join(chance.choice(HANT.get(c, c)) for c in text) for text in (hans, title))
    received = chance.choice(("Hans", "Hant", "mixed"))
    first = date(2019, 11, 1) + timedelta(days=chance.randrange(0, 400))
    spans = [(first, first), (date(first.year, 1, 1), date(first.year, 12, 31)), (first, first + timedelta(days=40))]
    published = chance.choice([None, *spans, spans[0]])
    edges = sorted(chance.sample(range(len(hans) + 1), k=min(len(hans), 4) // 2 * 2))
    return SearchDocument(
        id=f"{chance.getrandbits(32):08x}{number:04}" if number % 7 else f"通知 {number}",
        title=title_hant if received == "Hant" else title,
        text=hant if received == "Hant" else hans,
        title_hans=title if number % 5 else f"《{title}》",
        title_hant=title_hant,
        hans=hans,
        hant=hant,
        published=published and (published[0].isoformat(), published[1].isoformat()),
        regions=chance.choice(LINEAGES),
        script=received,
        kind=chance.choice((None, "notice", "meeting")),
        repairs=tuple(zip(edges[::2], edges[1::2], strict=True)),
    )


def loader(corpus: Iterable[SearchDocument]) -> Load:
    known = {document.id: document for document in corpus}
    return lambda ids: (known[id] for id in ids)


def make_index(corpus: Iterable[SearchDocument], folder: Path, orders: dict[str, str] | None = None) -> None:
    """The index of some documents; `orders` gives {id: order}."""
    corpus = list(corpus)
    build_index([head(document, (orders or {}).get(document.id, "")) for document in corpus], loader(corpus), folder)


def make_files(
    index: Path, folder: Path, regions: dict[str, tuple[str, str | None]] = REGIONS, state: Path | None = None
) -> None:
    """The files of an index, whose documents come from itself; `state` is beside it, if nothing else is said."""
    with Index(index) as opened:
        corpus = [opened.document(number) for number in range(len(opened))]
    export(index, loader(corpus), Folder(folder), state or index.with_name(f"{index.name}-state"), regions)


def queries(seed: int, corpus: Sequence[SearchDocument], count: int, longest: int = 14) -> list[dict[str, Any]]:
    """Requests as the client takes them: phrases that occur, that nearly occur, several terms, exclusions, filters."""
    chance = random.Random(seed)

    def phrase() -> str:
        document = chance.choice(corpus)
        text = chance.choice((document.hans, document.hant, document.text, document.title_hant)).replace('"', "")
        size = chance.randrange(1, longest + 1)
        at = chance.randrange(0, max(1, len(text) - size))
        return text[at : at + size]

    def term() -> str:
        made = phrase() if chance.random() < 0.7 else phrase()[:4] + phrase()[:4]
        return f'"{made}"' if chance.random() < 0.5 else made

    out = []
    for _ in range(count):
        q = " ".join(term() for _ in range(chance.choice((0, 1, 1, 1, 1, 1, 1, 2, 2, 3))))
        for _ in range(chance.choice((0, 0, 0, 0, 0, 1, 1, 2))):
            q += f" -{term()}"
        request: dict[str, Any] = {"q": q, "sort": chance.choice(("relevance", "newest", "oldest"))}
        if chance.random() < 0.25:
            request["regions"] = chance.sample(sorted(REGIONS), k=chance.choice((1, 2)))
        if chance.random() < 0.2:
            request["scripts"] = chance.sample(["Hans", "Hant", "mixed"], k=chance.choice((1, 2)))
        if chance.random() < 0.2:
            request["kinds"] = chance.sample(["notice", "meeting", None], k=chance.choice((1, 2)))
        if chance.random() < 0.2:
            request["received"] = True
        if chance.random() < 0.25:
            request["from"] = chance.choice(("2019", "2020-02", "2020-03-05"))
        if chance.random() < 0.25:
            request["to"] = chance.choice(("2020", "2020-06", "2020-03-20"))
        out.append(request)
    return out


def known_regions(chosen: Iterable[str], shown: Iterable[str]) -> set[str]:
    """The regions that facets count of more hits than a page has: those shown, the chosen ones and their families."""
    known = set(shown)
    for code in chosen:
        known.update(child for child, (_, parent) in REGIONS.items() if parent == code)
        up: str | None = code
        while up:
            known.add(up)
            up = REGIONS[up][1]
    return known


def brute_force(corpus: Iterable[SearchDocument], request: dict[str, Any]) -> set[str]:
    """The ids that a plain reading of the contract gives."""
    query = parse(request["q"])
    wanted = set(request.get("regions", ()))
    first = (request.get("from", "0001") + "-01-01")[:10]
    last = (request.get("to", "9999") + "-31-31")[:10] if len(request.get("to", "9999")) > 4 else None
    last = last or request.get("to", "9999") + "-12-31"
    found = set()
    for document in corpus:
        fields = (fold(document.title), fold(document.text))
        if not all(any(term in field for field in fields) for term in query.include):
            continue
        if any(term in field for term in query.exclude for field in fields):
            continue
        if wanted and wanted.isdisjoint(document.regions):
            continue
        if document.script not in request.get("scripts", (document.script,)):
            continue
        if document.kind not in request.get("kinds", (document.kind,)):
            continue
        if ("from" in request or "to" in request) and not (
            document.published and document.published[0] <= last and document.published[1] >= first
        ):
            continue
        if request.get("received") and not all(received_as(document, term) for term in query.include):
            continue
        found.add(document.id)
    return found


def received_as(document: SearchDocument, term: str) -> bool:
    """Whether a term stands where no repair was, or in the title alone."""
    text = fold(document.text)
    spans = [(at, at + len(term)) for at in range(len(text)) if text.startswith(term, at)]
    return not spans or any(all(b <= x or y <= a for x, y in document.repairs) for a, b in spans)


# --- clients ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Node:
    """The client in Node."""

    executable: str

    def ask(self, base: str, calls: Sequence[Sequence[object]]) -> list[dict[str, Any]]:
        """The answers of one index: {"value": ...} or {"error": ...} for each call."""
        return self.ask_all([(base, calls)])[0]

    def ask_all(
        self, jobs: Iterable[tuple[str, Sequence[Sequence[object]]]], retry: bool = False, together: bool = False
    ) -> list[list[dict[str, Any]]]:
        """The answers of several indexes, each opened anew; with `retry`, errors are asked again once; `together`, the
        calls of one index are under way at once."""
        listed = [{"base": base, "calls": calls, "retry": retry} for base, calls in jobs]
        done = subprocess.run(
            [self.executable, str(ROOT / "tests/js/ask.mjs")],
            input=json.dumps({"module": (MODULES / "index.js").as_uri(), "jobs": listed, "together": together}),
            capture_output=True,
            text=True,
            encoding="utf-8",
            timeout=100,
        )
        assert done.returncode == 0, done.stderr
        answers: list[list[dict[str, Any]]] = json.loads(done.stdout)
        return answers


def node() -> Iterator[Node]:
    """The client in Node, or a skip."""
    executable = shutil.which("node")
    if not executable:
        pytest.skip("no node")
    yield Node(executable)


def calls(requests: Iterable[dict[str, Any]], **options: Any) -> list[list[object]]:
    return [["search", request, options] for request in requests]

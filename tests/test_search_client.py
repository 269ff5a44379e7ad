"""The browser's client against Whoosh: the same bulletins, order, scores, facets and snippets; which files it asks for;
and what it does when files fail."""

from __future__ import annotations

import http.server
import json
import re
import shutil
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote

import pytest
from playwright.sync_api import Browser
from search_support import (
    MODULES,
    REGIONS,
    Node,
    brute_force,
    calls,
    documents,
    known_regions,
    make_files,
    make_index,
    node,
    queries,
)

from tongbao.search import Results, SearchDocument, facets, frames, query, terms
from tongbao.search.documents import date_label
from tongbao.search.export import FORMAT

SYNTAX = json.loads((Path(__file__).parent / "cases/search/syntax.json").read_text("utf-8"))
Serve = Callable[[Path], str]
# All kinds of files that an export has, by folder or name.
KINDS = ("t", "l", "x", "n", "d", "r", "s", "days", "facets", "regions", "variants", "fold0", "fold1", "manifest")
# So small that a small corpus has files of all kinds, several of each where there may be several.
LIMITS = {
    terms: {"RARE": 3, "SHARD_BYTES": 400, "LIST_BYTES": 16, "MORE_BYTES": 48},
    facets: {"BLOCK": 64, "SHARD_BYTES": 100, "SHOWN": 2},
}

client = pytest.fixture(scope="module", name="client")(node)


@dataclass(frozen=True)
class Site:
    """An exported corpus on a server, requests, and Whoosh's answers to them; `shown` are the regions of its facets."""

    corpus: Sequence[SearchDocument]
    folder: Path
    base: str
    shown: frozenset[str]
    requests: list[dict[str, Any]]
    expected: list[Results]


def make_site(folder: Path, corpus: Sequence[SearchDocument]) -> Path:
    """A folder with the modules and the index, as a built site has them."""
    make_index(corpus, folder / "index")
    make_files(folder / "index", folder / "site/search")
    shutil.copytree(MODULES, folder / "site/theme/js/search")
    page = '<!doctype html><meta http-equiv="Content-Security-Policy" content="%s"><link rel="icon" href="data:,"><p>'
    policy = "default-src 'none'; script-src 'self'; worker-src 'self'; connect-src 'self'; img-src data:"
    (folder / "site/index.html").write_text(page % policy, "utf-8")
    return folder


def make_parted(folder: Path, corpus: Sequence[SearchDocument]) -> Path:
    """The same in files as small as `LIMITS`."""
    with pytest.MonkeyPatch.context() as patch:
        for module, values in LIMITS.items():
            for name, value in values.items():
                patch.setattr(module, name, value)
        return make_site(folder, corpus)


def kind_of(name: str) -> str:
    path = Path(name)
    return path.parent.name if len(path.parent.name) == 1 else path.stem


def ask_whoosh(folder: Path, request: dict[str, Any], limit: int = 1000) -> Results:
    names = {"from": "date_from", "to": "date_to"}
    return query(folder / "index", limit=limit, **{names.get(k, k): v for k, v in request.items()})


def site_of(folder: Path, corpus: Sequence[SearchDocument], base: str, shown: Sequence[str], seed: int) -> Site:
    requests = [{"q": ""}, {"q": "", "regions": ["450000"]}, *queries(seed, corpus, 300)]
    expected = [ask_whoosh(folder, request) for request in requests]
    return Site(corpus, folder / "site", base, frozenset(shown), requests, expected)


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory, serve: Serve) -> Site:
    corpus = documents(11, 90)
    folder = make_site(tmp_path_factory.mktemp("plain"), corpus)
    return site_of(folder, corpus, serve(folder / "site"), list(REGIONS), 12)


@pytest.fixture(scope="module")
def parted(tmp_path_factory: pytest.TempPathFactory, serve: Serve) -> Site:
    corpus = documents(21, 200, 40)
    folder = make_parted(tmp_path_factory.mktemp("parted"), corpus)
    count = Counter(kind_of(path.name if path.parent.name == "search" else str(path)) for path in files_of(folder))
    assert {kind for kind in KINDS if count[kind] < 2} == {kind for kind in KINDS if len(kind) > 1}, count
    tops = [code for code, (_, parent) in REGIONS.items() if parent not in REGIONS]
    return site_of(folder, corpus, serve(folder / "site"), tops, 22)


@pytest.fixture(params=["plain", "parted"])
def site(request: pytest.FixtureRequest) -> Site:
    found: Site = request.getfixturevalue(request.param)
    return found


def files_of(folder: Path) -> list[Path]:
    return sorted((folder / "site/search").rglob("*.bin"))


def as_python(facets: dict[str, Any]) -> dict[str, list[tuple[Any, int]]]:
    keys = {"regions": "code", "years": "year", "kinds": "kind", "scripts": "script"}
    return {name: [(row[key], row["count"]) for row in facets[name]] for name, key in keys.items()}


def expected_facets(site: Site, request: dict[str, Any], results: Results, limit: int) -> dict[str, list[Any]]:
    """Whoosh's; of more hits than fit on a page with the regions that are counted then."""
    known = set(REGIONS) if results.total <= limit else known_regions(request.get("regions", ()), site.shown)
    counted = {name: list(getattr(results.facets, name)) for name in ("regions", "years", "kinds", "scripts")}
    return {**counted, "regions": [(code, count) for code, count in counted["regions"] if code in known]}


# --- parity ----------------------------------------------------------------------------------------------------------


def test_syntax(client: Node, plain: Site) -> None:
    answers = client.ask(plain.base, [["parse", case["q"]] for case in SYNTAX])
    for case, answer in zip(SYNTAX, answers, strict=True):
        assert answer["value"] == {"include": case["include"], "exclude": case["exclude"]}, case


def check_parity(site: Site, answers: list[dict[str, Any]], limit: int = 1000) -> None:
    """Whether exact answers are Whoosh's, in bulletins, order, scores, facets, titles and snippets."""
    for request, answer, expected in zip(site.requests, answers, site.expected, strict=True):
        found = answer["value"]
        assert found["exact"], request
        assert found["total"] == found["atMost"] == expected.total, request
        hits = expected.hits[:limit]
        assert [(h["id"], h["score"]) for h in found["hits"]] == [(h.id, h.score) for h in hits], request
        assert limit < 1000 or {h["id"] for h in found["hits"]} == brute_force(site.corpus, request), request
        for mine, theirs in zip(found["hits"], hits, strict=True):
            runs = [(r["text"], r["mark"], r.get("repaired", False)) for r in mine["snippet"]]
            assert runs == [(r.text, r.mark, r.repaired) for r in theirs.snippet], request
            assert (mine["title"], mine["date"], tuple(mine["regions"])) == (theirs.title, theirs.date, theirs.regions)
            assert "".join(run["text"] for run in mine["titleRuns"]) == mine["title"].replace("\n", " ")
        assert found["facets"]["exact"]
        assert as_python(found["facets"]) == expected_facets(site, request, expected, limit), request
        for row in found["facets"]["regions"]:
            assert (row["name"], row["parent"]) == REGIONS[row["code"]]


def test_the_client_answers_as_whoosh_does(client: Node, site: Site) -> None:
    check_parity(site, client.ask(site.base, calls(site.requests, limit=1000)))


@pytest.mark.parametrize("limit", [1, 10])
def test_with_any_number_of_texts_all_is_proved(client: Node, site: Site, limit: int) -> None:
    check_parity(site, client.ask(site.base, calls(site.requests, limit=limit, effort="Infinity")), limit)


def test_pages_are_those_of_the_whole(client: Node, site: Site) -> None:
    for limit in (1, 10):
        answers = client.ask(site.base, calls(site.requests, limit=limit, offset=limit, facets=False))
        for request, answer, results in zip(site.requests, answers, site.expected, strict=True):
            hits = [(h["id"], h["score"]) for h in answer["value"]["hits"]]
            assert hits == [(h.id, h.score) for h in results.hits[limit : 2 * limit]], request
            assert answer["value"]["facets"] is None


def test_what_is_unproven_is_not_called_exact(client: Node, site: Site) -> None:
    open_ends = 0
    answers = client.ask(site.base, calls(site.requests, limit=1, effort=0))
    for request, answer, results in zip(site.requests, answers, site.expected, strict=True):
        found, total = answer["value"], results.total
        assert found["total"] <= total <= found["atMost"], request
        assert not found["exact"] or found["total"] == total, request
        hits = [(h["id"], h["score"]) for h in found["hits"]]
        assert hits == [(h.id, h.score) for h in results.hits[: len(hits)]], request
        assert hits or not found["exact"] or not total, request
        counts = {name: dict(rows) for name, rows in as_python(found["facets"]).items()}
        for name, rows in expected_facets(site, request, results, 0 if found["atMost"] > 1 else 1).items():
            for value, count in rows:
                mine = counts[name][value]
                assert mine == count if found["exact"] else mine >= count, request
        assert found["facets"]["exact"] == found["exact"]
        open_ends += not found["exact"]
    assert open_ends > 3


def bulletin(number: int, text: str, title: str = "") -> SearchDocument:
    return SearchDocument(f"{number:04}", title, text, title, title, text, text)


# A term; texts, and how often each; between how many the total is known to be without reading more texts than one that
# may hold the term, if it does. `RARE` is 3.
CONTINUATIONS = [
    ("子丑寅", (("子丑，丑寅", 5),), (0, 0)),
    ("卯辰巳", (("卯辰巳", 5),), (5, 5)),
    ("午未申", (("午未申", 2), ("午未，未申", 4)), (2, 2)),
    ("酉戌亥", (("酉戌亥", 4), ("酉戌，戌亥", 2)), (4, 4)),
    ("甲乙丙", (("甲乙丙", 2), ("甲乙，乙丙", 1)), (1, 3)),
    ("丁戊己", (("丁戊己", 2), ("丁戊，戊己", 2)), (2, 2)),
    ("东南西北", (("东南西北", 5), ("东南西，南西北", 2)), (5, 7)),
    ("春夏秋冬", (("春夏秋，夏，秋冬", 5),), (0, 0)),
    ("宫商角徵羽", (("宫商角徵羽", 4), ("宫商角徵，商角徵羽", 1), ("宫商，商角，角徵羽", 3)), (4, 5)),
    ("金木金木金", (("金木金木金", 4), ("金木金，木金", 2)), (1, 4)),
]


def test_what_continuations_say_is_enough(client: Node, serve: Serve, tmp_path: Path) -> None:
    texts = [text for _, own, _ in CONTINUATIONS for text, count in own for _ in range(count)]
    corpus = [bulletin(number, text) for number, text in enumerate(texts)]
    base = serve(make_parted(tmp_path, corpus) / "site")
    requests = [{"q": q, "sort": "oldest"} for q, _, _ in CONTINUATIONS]
    answers = client.ask(base, calls(requests, limit=1, effort=0, facets=False))
    for (q, _, known), answer in zip(CONTINUATIONS, answers, strict=True):
        found = answer["value"]
        # Which is read first hangs on the numbers; where it does not hold the term, both ends are one less.
        lacking = known[1] - found["atMost"]
        assert (found["total"], found["atMost"]) == (known[0] - lacking, known[1] - lacking), q
        assert lacking in ((0, 1) if known[0] != known[1] else (0,)), q
        assert found["exact"] == (known[0] == known[1]), q
    proved = client.ask(base, calls(requests, limit=1, effort="Infinity"))
    for (q, own, _), answer in zip(CONTINUATIONS, proved, strict=True):
        assert answer["value"]["total"] == sum(count for text, count in own if q in text), q
        assert answer["value"]["exact"]


def test_a_score_that_may_be_lower_decides_no_order(client: Node, serve: Serve, tmp_path: Path) -> None:
    """A bulletin surely holds the term in its text, and its title holds the pairs of it, but not the term."""
    texts = ["甲乙丙，防疫"] * 5 + ["甲乙丙，甲乙丙，甲乙丙，甲乙丙"] + ["防疫"] * 20
    corpus = [bulletin(n, text, "甲乙，乙丙" if n == 2 else "") for n, text in enumerate(texts)]
    folder = make_parted(tmp_path, corpus)
    expected = ask_whoosh(folder, {"q": "甲乙丙"})
    assert (expected.total, expected.hits[0].id) == (6, "0005")
    for limit in (1, 2, 5):
        (answer,) = client.ask(serve(folder / "site"), calls([{"q": "甲乙丙"}], limit=limit))
        hits = [(hit["id"], hit["score"]) for hit in answer["value"]["hits"]]
        assert hits == [(hit.id, hit.score) for hit in expected.hits[:limit]]
        assert (answer["value"]["total"], answer["value"]["exact"]) == (6, True)


def test_what_may_be_read_fills_a_page_or_says_that_it_does_not(client: Node, serve: Serve, tmp_path: Path) -> None:
    """All that holds the triples but one bulletin, the least, lacks the whole: only texts tell."""
    texts = [*["甲乙丙，乙丙丁，" * 4] * 30, "甲乙丙丁，乙丙" + "戊" * 200]
    folder = make_parted(tmp_path, [bulletin(number, text) for number, text in enumerate(texts)])
    base = serve(folder / "site")
    whole = ask_whoosh(folder, {"q": "甲乙丙丁"})
    found = []
    for effort in (0, 0.03, 0.1, 1, "Infinity"):
        (answer,) = client.ask(base, calls([{"q": "甲乙丙丁"}], limit=2, effort=effort))
        found.append(answer["value"])
    reads = [answer["atMost"] for answer in found]
    assert reads == sorted(reads, reverse=True)
    assert (found[0]["hits"], found[0]["total"], found[0]["atMost"], found[0]["exact"]) == ([], 0, 29, False)
    assert [(hit["id"], hit["score"]) for hit in found[-1]["hits"]] == [(hit.id, hit.score) for hit in whole.hits]
    assert (found[-1]["total"], found[-1]["exact"]) == (1, True)


def test_titles_and_snippets_in_traditional(client: Node, site: Site) -> None:
    (answer,) = client.ask(site.base, calls([{"q": ""}], limit=1000, lang="zh-hant"))
    hits = {hit["id"]: hit for hit in answer["value"]["hits"]}
    for document in site.corpus:
        hit = hits[document.id]
        assert hit["title"] == document.title_hant
        start = "".join(run["text"] for run in hit["snippet"])
        assert start == document.hant[:96].replace("\n", " ")
        assert hit["date"] == date_label(document.published)
        assert hit["url"].startswith(f"{site.base}zh-hant/bulletin/")


def test_addresses(client: Node, plain: Site) -> None:
    root = plain.base
    addresses = (root, root.rstrip("/"), f"{root}search/", f"{root}search", f"{root}index.html?q=1#top")
    for answers in client.ask_all([(address, calls([{"q": ""}], limit=100)) for address in addresses]):
        assert f"{root}zh-hans/bulletin/%E9%80%9A%E7%9F%A5%200/" in [hit["url"] for hit in answers[0]["value"]["hits"]]


def test_regions(client: Node, site: Site) -> None:
    hans, hant = (a["value"] for a in client.ask(site.base, [["regions"], ["regions", {"lang": "zh-hant"}]]))
    counts = {code: sum(code in d.regions for d in site.corpus) for code in REGIONS}
    assert {row["code"]: row["count"] for row in hans} == counts
    assert {row["code"]: (row["name"], row["parent"]) for row in hans} == REGIONS
    assert {row["name"] for row in hant} >= {"廣西壯族自治區", "南寧市"}


def test_keys_of_other_sets_are_no_regions(client: Node, site: Site) -> None:
    asked = [{"q": "", "regions": [key]} for key in ("repaired", "script:Hans", "kind:")]
    answers = client.ask(site.base, calls(asked))
    assert [(answer["value"]["total"], answer["value"]["exact"]) for answer in answers] == [(0, True)] * 3


def test_suggestions(client: Node, site: Site) -> None:
    regions, titles, none, hant = (
        answer["value"]
        for answer in client.ask(
            site.base,
            [
                ["suggest", "南"],
                ["suggest", "防", {"limit": 3}],
                ["suggest", "無此"],
                ["suggest", "廣", {"lang": "zh-hant"}],
            ],
        )
    )
    counts = {code: sum(code in d.regions for d in site.corpus) for code in REGIONS}
    assert regions["regions"] == [{"code": "450100", "name": "南宁市", "count": counts["450100"]}]
    known = {d.title_hans for d in site.corpus}
    assert len(titles["titles"]) == 3 and all(
        t["title"] in known and t["title"].lstrip("《")[0] == "防" for t in titles["titles"]
    )
    assert all(t["url"].startswith(f"{site.base}zh-hans/bulletin/") for t in titles["titles"])
    assert none == {"regions": [], "titles": []}
    assert [row["name"] for row in hant["regions"]] == ["廣西壯族自治區"]


@pytest.mark.parametrize("request_", [{"q": "防", "from": "2020-02-30"}, {"q": "防", "to": "二月"}, {"sort": "best"}])
def test_a_request_that_cannot_be_read_is_refused(client: Node, plain: Site, request_: dict[str, str]) -> None:
    (answer,) = client.ask(plain.base, calls([request_]))
    assert (answer["error"]["name"], answer["error"]["reason"]) == ("SearchError", "request")


# --- in a browser ----------------------------------------------------------------------------------------------------


@pytest.mark.browser
def test_the_client_answers_in_a_browser(browser: Browser, site: Site) -> None:
    page = browser.new_page()
    troubles: list[str] = []
    page.on("console", lambda message: troubles.append(message.text))
    page.on("pageerror", lambda error: troubles.append(str(error)))
    page.goto(site.base)
    script = """async ([base, calls]) => {
      const { openIndex } = await import(base + "theme/js/search/index.js");
      const index = openIndex(base);
      return Promise.all(calls.map(async ([, ...args]) => ({ value: await index.search(...args) })));
    }"""
    check_parity(site, page.evaluate(script, [site.base, calls(site.requests, limit=1000)]))
    assert [worker.url for worker in page.workers] == [f"{site.base}theme/js/search/engine.js"]
    assert not troubles
    page.close()


@pytest.mark.browser
def test_without_workers_the_client_still_answers(browser: Browser, plain: Site) -> None:
    page = browser.new_page()
    page.add_init_script("delete globalThis.Worker")
    page.goto(plain.base)
    total = page.evaluate(
        """async (base) => {
          const { openIndex } = await import(base + "theme/js/search/index.js");
          return (await openIndex(base).search({ q: "" })).total;
        }""",
        plain.base,
    )
    assert (total, page.workers) == (len(plain.corpus), [])
    page.close()


@pytest.mark.browser
def test_an_engine_that_cannot_be_loaded_is_reported_and_asked_for_again(browser: Browser, plain: Site) -> None:
    page = browser.new_page()
    page.goto(plain.base)
    failures = 2  # as a worker, and as a module of the page
    page.route(
        "**/engine.js", lambda route: route.abort() if asked.append(1) or len(asked) <= failures else route.continue_()
    )
    asked: list[int] = []
    answer = page.evaluate(
        """async (base) => {
          const { openIndex } = await import(base + "theme/js/search/index.js");
          const error = await openIndex(base).search({ q: "" }).catch((error) => error);
          return [error.name, error.reason, error.file, (await error.retry()).total];
        }""",
        plain.base,
    )
    assert answer == ["SearchError", "unreachable", f"{plain.base}theme/js/search/engine.js", len(plain.corpus)]
    page.close()


# --- files -----------------------------------------------------------------------------------------------------------


DAMAGE: dict[str, Callable[[bytes], bytes | None]] = {
    "drop": lambda data: None,
    "cut": lambda data: data[: len(data) // 2],
    "empty": lambda data: b"",
    "flip": lambda data: data[: len(data) // 2] + bytes([data[len(data) // 2] ^ 1]) + data[len(data) // 2 + 1 :],
    "page": lambda data: b"<!doctype html><title>404</title>",
}


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_parted(tmp_path_factory.mktemp("small"), documents(5, 120, 30)) / "site"


@pytest.fixture(scope="module")
def renewed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What is published in the place of the small site."""
    return make_parted(tmp_path_factory.mktemp("renewed"), documents(6, 120, 30)) / "site"


@dataclass
class Faulty:
    """The small site behind a server: what was asked of it, and how many requests it had at once at most."""

    base: str
    asked: list[str]
    most: int = 0

    def plan(self, *words: object) -> str:
        """The site's address with something wrong: `whole`; `slow`; `damage`, way, times, name; `switch`, after."""
        return self.base + quote("~".join(map(str, words)), safe="") + "/"

    def damaged(self, way: str, times: int, name: str) -> str:
        return self.plan("damage", way, times, name)


@pytest.fixture
def faulty(small: Path, renewed: Path) -> Iterator[Faulty]:
    done: Counter[str] = Counter()
    lock = threading.Lock()
    busy = 0

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            nonlocal busy
            plan, _, name = self.path[1:].partition("/")
            kind, *words = unquote(plan).split("~")
            with lock:
                site.asked.append(name)
                busy += 1
                site.most = max(site.most, busy)
            if kind == "slow":
                time.sleep(0.02)
            root = small
            if kind == "switch":
                done[plan] += 1
                root = small if done[plan] <= int(words[0]) else renewed
            path = root / name
            data = path.read_bytes() if path.is_file() else None
            if data is not None and kind == "damage" and name == words[2] and done[plan] < int(words[1]):
                done[plan] += 1
                data = DAMAGE[words[0]](data)
            with lock:
                busy -= 1
            self.send_response(404 if data is None else 200)
            self.end_headers()
            self.wfile.write(data or b"")

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    site = Faulty(f"http://127.0.0.1:{server.server_port}/", [])
    yield site
    server.shutdown()


def by_kind(names: Sequence[str]) -> dict[str, list[str]]:
    """The files of the index among `names`, by kind."""
    out: defaultdict[str, list[str]] = defaultdict(list)
    for name in sorted({name for name in names if name.startswith("search/")}):
        out[kind_of(name)].append(name)
    return out


@pytest.mark.parametrize(
    ("request_", "options", "kinds"),
    [
        ({"q": ""}, {"facets": False}, "d days"),
        ({"q": ""}, {}, "d facets days"),
        ({"q": "防"}, {"facets": False}, "t l n d"),
        ({"q": "防", "sort": "newest"}, {"facets": False}, "t l d days"),
        ({"q": "防"}, {"limit": 1000}, "t l d"),
        ({"q": "防"}, {}, "t l n d facets days"),
        ({"q": "防", "from": "2020-02", "sort": "oldest"}, {"facets": False}, "t l days d"),
        ({"q": "", "kinds": ["notice"]}, {"facets": False}, "r d days"),
        ({"q": "", "received": True}, {"facets": False}, "d days"),
        ({"q": "广", "received": True, "sort": "oldest"}, {"facets": False}, "t l r d days"),
        ({"q": "防疫战", "sort": "oldest"}, {"facets": False}, "t x d days"),
        ({"q": "XYZ"}, {}, "t"),
        ({"q": "廣ＡA"}, {}, "t variants d"),
        ({"q": "躰躰"}, {}, "t variants fold0"),
        ({"q": "⼀⼀"}, {}, "t variants fold1"),
        ({"q": "广𠮷𠮷𠮷"}, {"lang": "zh-hant"}, "t"),
        ({"q": ""}, {"facets": False, "lang": "zh-hant"}, "d variants days"),
    ],
    ids=str,
)
def test_only_what_a_query_needs_is_fetched(
    client: Node, faulty: Faulty, request_: dict[str, Any], options: dict[str, Any], kinds: str
) -> None:
    (answer,) = client.ask(faulty.plan("whole"), calls([request_], **{"limit": 2, **options}))
    assert "value" in answer, answer
    assert set(by_kind(faulty.asked)) == {"manifest", *kinds.split()}


def test_nothing_is_fetched_twice_and_no_more_than_eight_at_once(client: Node, faulty: Faulty) -> None:
    client.ask(faulty.plan("slow"), calls([{"q": "防"}, {"q": "防疫战"}, {"q": ""}, {"q": "防"}], limit=60))
    assert len(set(faulty.asked)) == len(faulty.asked) > 60
    assert 4 < faulty.most <= 8


# --- failure ---------------------------------------------------------------------------------------------------------


SMALL_CALLS: list[list[object]] = [
    ["search", {"q": "防"}, {"lang": "zh-hant", "limit": 1}],
    ["search", {"q": "防 Ａ", "from": "2019"}, {"limit": 1}],
    ["search", {"q": "防疫战", "regions": ["450000"]}, {"limit": 1, "facets": False}],
    ["search", {"q": "防疫战 -⼀躰"}, {"limit": 1}],
    ["search", {"regions": ["450000"], "kinds": ["notice"]}, {"limit": 1}],
    ["suggest", "防"],
    ["regions", {"lang": "zh-hant"}],
]


def without_addresses(answers: list[dict[str, Any]]) -> list[Any]:
    """The values, with addresses that do not tell where the site stands."""
    text = json.dumps([answer["value"] for answer in answers], ensure_ascii=False)
    return list(json.loads(re.sub('"http://[^"]*?/(zh-han[st]/)', r'"/\1', text)))


def test_a_damaged_file_is_reported_and_asked_for_again(client: Node, faulty: Faulty) -> None:
    right = client.ask(faulty.plan("whole"), SMALL_CALLS)
    needed = by_kind(faulty.asked)
    assert set(needed) == set(KINDS)
    # As often as the client asks by itself.
    faults = [(way, name) for way in DAMAGE for names in needed.values() for name in names[:3]]
    times = {name: 1 if kind in ("s", "regions") else 2 for kind, names in needed.items() for name in names}
    found = client.ask_all([(faulty.damaged(way, times[name], name), SMALL_CALLS) for way, name in faults], retry=True)
    for (way, name), answers in zip(faults, found, strict=True):
        failed = [answer["error"] for answer in answers if "error" in answer]
        assert failed, name
        assert all(error["name"] == "SearchError" and error["file"].endswith(name) for error in failed), failed
        assert {error["reason"] for error in failed} == {"missing" if way == "drop" else "damaged"}
        assert all(name in error["message"] and "retry" in error["message"] for error in failed)
        assert without_addresses(answers) == without_addresses(right), (way, name)


def test_what_is_not_whole_is_never_used(client: Node, faulty: Faulty) -> None:
    """Calls fail, also when asked again, or do not need the file."""
    right = without_addresses(client.ask(faulty.plan("whole"), SMALL_CALLS))
    needed = by_kind(faulty.asked)
    names = [name for own in needed.values() for name in own[:6]]
    used = set()
    for way in ("drop", "cut", "flip"):
        found = client.ask_all([(faulty.damaged(way, 99, name), SMALL_CALLS) for name in names], retry=True)
        for name, answers in zip(names, found, strict=True):
            for n, answer in enumerate(answers):
                if "error" in answer:
                    used.add((way, kind_of(name)))
                    assert answer["error"]["file"].endswith(name)
                    assert answer["second"] == answer["error"], name
                else:
                    assert without_addresses([answer]) == [right[n]], name
    assert used == {(way, kind) for way in ("drop", "cut", "flip") for kind in KINDS}


def test_a_file_that_fails_once_is_read_again(client: Node, faulty: Faulty) -> None:
    right = without_addresses(client.ask(faulty.plan("whole"), SMALL_CALLS[:5]))
    names = [names[0] for names in by_kind(faulty.asked).values()]
    faults = [(way, name) for way in DAMAGE for name in names]
    found = client.ask_all([(faulty.damaged(way, 1, name), SMALL_CALLS[:5]) for way, name in faults])
    assert [without_addresses(answers) for answers in found] == [right] * len(faults)


def test_a_site_that_is_published_anew_is_read_anew(client: Node, faulty: Faulty, renewed: Path) -> None:
    """However many files had been read by then, and whatever else was under way: each answer is of one edition."""
    asked = [call for call in SMALL_CALLS if call[0] == "search"]
    old, new = (without_addresses(client.ask(faulty.plan("switch", n), asked)) for n in (10_000, 0))
    assert all(a != b for a, b in zip(old, new, strict=True))
    jobs = [(faulty.plan("switch", n, together), asked) for together in (0, 1) for n in range(1, 60)]
    answers = client.ask_all(jobs[:59]) + client.ask_all(jobs[59:], together=True)
    mixed = 0
    for own in answers:
        values = without_addresses(own)
        assert all(value in (a, b) for value, a, b in zip(values, old, new, strict=True))
        mixed += values not in (old, new)
    assert mixed > 5


def test_what_could_be_searched_without_a_file_is_shown(client: Node, faulty: Faulty) -> None:
    def ask(q: str, base: str) -> dict[str, Any]:
        return client.ask(base, calls([{"q": q}], limit=1))[0]

    right = {q: ask(q, faulty.plan("whole"))["value"] for q in ("防疫战 疫", "防疫战", "疫")}
    faulty.asked.clear()
    whole = ask("防疫战 疫", faulty.plan("whole"))["value"]
    outcome: Counter[str] = Counter()
    for kind, names in by_kind(faulty.asked).items():
        for name in names:
            partial = ask("防疫战 疫", faulty.damaged("drop", 99, name))["partial"]
            if kind in ("manifest", "n") or partial is None:
                assert partial is None
                outcome[kind] += kind not in "tl"
                continue
            answer = partial["answer"]
            ids = [hit["id"] for hit in answer["hits"]]
            left = [term for term in ("防疫战", "疫") if term not in partial["without"]]
            theirs = [hit["id"] for hit in right[" ".join(left)]["hits"]]
            assert not answer["exact"]
            assert answer["facets"] is None or not answer["facets"]["exact"]
            assert (answer["facets"] is None) == (kind in ("facets", "days"))
            assert (len(left) < 2) == (kind in ("t", "l"))
            assert partial["lost"] == (kind == "d")
            if kind == "d":
                assert len(set(theirs) - set(ids)) <= 1
            else:
                assert ids == theirs
            if len(left) == 2:
                assert answer["total"] <= whole["total"] <= answer["atMost"]
            outcome[kind] += 1
    assert set(outcome) == {"manifest", "t", "l", "x", "n", "d", "facets", "days"}, outcome


@pytest.mark.parametrize(("source", "target"), [("d/1.bin", "d/0.bin"), ("n/0.bin", "d/0.bin")])
def test_one_file_in_the_place_of_another_is_damage(
    client: Node, small: Path, serve: Serve, tmp_path: Path, source: str, target: str
) -> None:
    shutil.copytree(small, tmp_path / "site")
    folder = next(p for p in (tmp_path / "site/search").iterdir() if p.is_dir())
    shutil.copyfile(folder / source, folder / target)
    (answer,) = client.ask(serve(tmp_path / "site"), calls([{"q": ""}], limit=200))
    assert (answer["error"]["reason"], answer["error"]["file"][-8:]) == ("damaged", f"/{target}")


def test_another_format_is_refused(client: Node, small: Path, serve: Serve, tmp_path: Path) -> None:
    shutil.copytree(small, tmp_path / "site")
    manifest = frames.frame("manifest.bin", frames.string(f'{{"format":{FORMAT + 1},"folder":"0"}}'), b"more")
    (tmp_path / "site/search/manifest.bin").write_bytes(manifest)
    (answer,) = client.ask(serve(tmp_path / "site"), calls([{"q": ""}]))
    assert (answer["error"]["reason"], answer["error"]["file"][-12:]) == ("unsupported", "manifest.bin")
    assert f"format {FORMAT + 1}" in answer["error"]["message"]


def test_an_unreachable_server_is_reported(client: Node) -> None:
    (answer,) = client.ask("http://127.0.0.1:9/", calls([{"q": "防"}]))
    assert (answer["error"]["name"], answer["error"]["reason"]) == ("SearchError", "unreachable")

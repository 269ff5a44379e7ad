"""The browser's client against Whoosh: the same bulletins, order, scores, facets and snippets; and what it does when
files fail."""

from __future__ import annotations

import http.server
import json
import shutil
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote

import pytest
from playwright.sync_api import Browser
from search_support import MODULES, REGIONS, Node, brute_force, calls, documents, node, queries

from tongbao.search import Results, build_index, export, query, terms
from tongbao.search.documents import date_label

SYNTAX = json.loads((Path(__file__).parent / "cases/search/syntax.json").read_text("utf-8"))
CORPUS = documents(11, 90)
REQUESTS = [{"q": ""}, {"q": "", "regions": ["450000"]}, *queries(12, CORPUS, 300)]
Serve = Callable[[Path], str]

client = pytest.fixture(scope="module", name="client")(node)


def make_site(folder: Path, corpus: Any) -> Path:
    """A folder with the modules and the index, as a built site has them."""
    build_index(corpus, folder / "index")
    export(folder / "index", folder / "site/search", REGIONS)
    shutil.copytree(MODULES, folder / "site/theme/js/search")
    page = '<!doctype html><meta http-equiv="Content-Security-Policy" content="%s"><link rel="icon" href="data:,"><p>'
    policy = "default-src 'none'; script-src 'self'; worker-src 'self'; connect-src 'self'; img-src data:"
    (folder / "site/index.html").write_text(page % policy, "utf-8")
    return folder


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_site(tmp_path_factory.mktemp("client"), CORPUS)


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(terms, "SHARD_BYTES", 500)  # so that terms have different shards
        return make_site(tmp_path_factory.mktemp("small"), documents(5, 6, 12))


@pytest.fixture(scope="module")
def base(built: Path, serve: Serve) -> str:
    return serve(built / "site")


@pytest.fixture(scope="module")
def expected(built: Path) -> list[Results]:
    """Whoosh's answers to REQUESTS."""
    names = {"from": "date_from", "to": "date_to"}
    return [query(built / "index", limit=1000, **{names.get(k, k): v for k, v in r.items()}) for r in REQUESTS]


def as_python(facets: dict[str, Any]) -> dict[str, list[tuple[Any, int]]]:
    keys = {"regions": "code", "years": "year", "kinds": "kind", "scripts": "script"}
    return {name: [(row[key], row["count"]) for row in facets[name]] for name, key in keys.items()}


# --- parity ----------------------------------------------------------------------------------------------------------


def test_syntax(client: Node, base: str) -> None:
    answers = client.ask(base, [["parse", case["q"]] for case in SYNTAX])
    for case, answer in zip(SYNTAX, answers, strict=True):
        assert answer["value"] == {"include": case["include"], "exclude": case["exclude"]}, case


def check_parity(answers: list[dict[str, Any]], results: list[Results]) -> None:
    for request, answer, expected in zip(REQUESTS, answers, results, strict=True):
        found = answer["value"]
        assert found["exact"], request
        assert found["total"] == found["atMost"] == expected.total, request
        assert [(h["id"], h["score"]) for h in found["hits"]] == [(h.id, h.score) for h in expected.hits], request
        assert {h["id"] for h in found["hits"]} == brute_force(CORPUS, request), request
        for mine, theirs in zip(found["hits"], expected.hits, strict=True):
            runs = [(r["text"], r["mark"], r.get("repaired", False)) for r in mine["snippet"]]
            assert runs == [(r.text, r.mark, r.repaired) for r in theirs.snippet], request
            assert (mine["title"], mine["date"], tuple(mine["regions"])) == (theirs.title, theirs.date, theirs.regions)
            assert "".join(run["text"] for run in mine["titleRuns"]) == mine["title"].replace("\n", " ")
        assert as_python(found["facets"]) == {
            name: list(getattr(expected.facets, name)) for name in ("regions", "years", "kinds", "scripts")
        }, request


def test_the_client_answers_as_whoosh_does(client: Node, base: str, expected: list[Results]) -> None:
    check_parity(client.ask(base, calls(REQUESTS, limit=1000)), expected)


def test_pages_are_those_of_the_whole(client: Node, base: str, expected: list[Results]) -> None:
    for limit in (1, 10):
        answers = client.ask(base, [["search", r, {"limit": limit, "offset": limit}] for r in REQUESTS])
        for request, answer, results in zip(REQUESTS, answers, expected, strict=True):
            hits = [(h["id"], h["score"]) for h in answer["value"]["hits"]]
            assert hits == [(h.id, h.score) for h in results.hits[limit : 2 * limit]], request


def test_what_is_unproven_is_not_called_exact(client: Node, base: str, expected: list[Results]) -> None:
    open_ends = 0
    answers = client.ask(base, calls(REQUESTS, limit=1, proof=0))
    for request, answer, results in zip(REQUESTS, answers, expected, strict=True):
        found, total = answer["value"], results.total
        assert found["total"] <= total <= found["atMost"], request
        assert not found["exact"] or found["total"] == total, request
        open_ends += not found["exact"]
    assert open_ends > 3


def test_titles_and_snippets_in_traditional(client: Node, built: Path, base: str) -> None:
    (answer,) = client.ask(base, calls([{"q": ""}], limit=1000, lang="zh-hant"))
    hits = {hit["id"]: hit for hit in answer["value"]["hits"]}
    for document in CORPUS:
        hit = hits[document.id]
        assert hit["title"] == document.title_hant
        start = "".join(run["text"] for run in hit["snippet"])
        assert start == document.hant[:96].replace("\n", " ")
        assert hit["date"] == date_label(document.published)
        assert hit["url"].startswith(f"{base}zh-hant/bulletin/")


def test_addresses(client: Node, small: Path, serve: Serve) -> None:
    root = serve(small / "site")
    addresses = (root, root.rstrip("/"), f"{root}search/", f"{root}search", f"{root}index.html?q=1#top")
    for answers in client.ask_all([(address, calls([{"q": ""}])) for address in addresses]):
        assert f"{root}zh-hans/bulletin/%E9%80%9A%E7%9F%A5%200/" in [hit["url"] for hit in answers[0]["value"]["hits"]]


def test_regions(client: Node, base: str) -> None:
    hans, hant = (a["value"] for a in client.ask(base, [["regions"], ["regions", {"lang": "zh-hant"}]]))
    counts = {code: sum(code in d.regions for d in CORPUS) for code in REGIONS}
    assert {row["code"]: row["count"] for row in hans} == counts
    assert {row["code"]: (row["name"], row["parent"]) for row in hans} == REGIONS
    assert {row["name"] for row in hant} >= {"廣西壯族自治區", "南寧市"}


def test_suggestions(client: Node, base: str) -> None:
    regions, titles, none, hant = (
        answer["value"]
        for answer in client.ask(
            base,
            [
                ["suggest", "南"],
                ["suggest", "防", {"limit": 3}],
                ["suggest", "無此"],
                ["suggest", "廣", {"lang": "zh-hant"}],
            ],
        )
    )
    counts = {code: sum(code in d.regions for d in CORPUS) for code in REGIONS}
    assert regions["regions"] == [{"code": "450100", "name": "南宁市", "count": counts["450100"]}]
    known = {d.title_hans for d in CORPUS}
    assert len(titles["titles"]) == 3 and all(t["title"] in known and t["title"][0] == "防" for t in titles["titles"])
    assert all(t["url"].startswith(f"{base}zh-hans/bulletin/") for t in titles["titles"])
    assert none == {"regions": [], "titles": []}
    assert [row["name"] for row in hant["regions"]] == ["廣西壯族自治區"]


@pytest.mark.parametrize("request_", [{"q": "防", "from": "2020-02-30"}, {"q": "防", "to": "二月"}, {"sort": "best"}])
def test_a_request_that_cannot_be_read_is_refused(client: Node, base: str, request_: dict[str, str]) -> None:
    (answer,) = client.ask(base, calls([request_]))
    assert (answer["error"]["name"], answer["error"]["reason"]) == ("SearchError", "request")


# --- in a browser ----------------------------------------------------------------------------------------------------


@pytest.mark.browser
def test_the_client_answers_in_a_browser(browser: Browser, base: str, expected: list[Results]) -> None:
    page = browser.new_page()
    troubles: list[str] = []
    page.on("console", lambda message: troubles.append(message.text))
    page.on("pageerror", lambda error: troubles.append(str(error)))
    page.goto(base)
    script = """async ([base, calls]) => {
      const { openIndex } = await import(base + "theme/js/search/index.js");
      const index = openIndex(base);
      return Promise.all(calls.map(async ([, ...args]) => ({ value: await index.search(...args) })));
    }"""
    check_parity(page.evaluate(script, [base, calls(REQUESTS, limit=1000)]), expected)
    assert [worker.url for worker in page.workers] == [f"{base}theme/js/search/engine.js"]
    assert not troubles
    page.close()


@pytest.mark.browser
def test_without_workers_the_client_still_answers(browser: Browser, base: str) -> None:
    page = browser.new_page()
    page.add_init_script("delete globalThis.Worker")
    page.goto(base)
    total = page.evaluate(
        """async (base) => {
          const { openIndex } = await import(base + "theme/js/search/index.js");
          return (await openIndex(base).search({ q: "" })).total;
        }""",
        base,
    )
    assert (total, page.workers) == (len(CORPUS), [])
    page.close()


@pytest.mark.browser
def test_an_engine_that_cannot_be_loaded_is_reported_and_asked_for_again(browser: Browser, base: str) -> None:
    page = browser.new_page()
    page.goto(base)
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
        base,
    )
    assert answer == ["SearchError", "unreachable", f"{base}theme/js/search/engine.js", len(CORPUS)]
    page.close()


# --- failure ---------------------------------------------------------------------------------------------------------


DAMAGE: dict[str, Callable[[bytes], bytes | None]] = {
    "drop": lambda data: None,
    "cut": lambda data: data[: len(data) // 2],
    "empty": lambda data: b"",
    "flip": lambda data: data[: len(data) // 2] + bytes([data[len(data) // 2] ^ 1]) + data[len(data) // 2 + 1 :],
    "page": lambda data: b"<!doctype html><title>404</title>",
}


@pytest.fixture
def faulty(small: Path) -> Iterator[tuple[str, list[str]]]:
    """The small site behind a server, and the files asked of it.

    Below `damaged(way, times, name)` it damages the file `name` so many times.
    """
    asked: list[str] = []
    done: Counter[str] = Counter()

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            plan, _, name = self.path[1:].partition("/")
            asked.append(name)
            path = small / "site" / name
            data = path.read_bytes() if path.is_file() else None
            if data is not None and "~" in plan:
                way, times, target = unquote(plan).split("~")
                if name == target and done[plan] < int(times):
                    done[plan] += 1
                    data = DAMAGE[way](data)
            self.send_response(404 if data is None else 200)
            self.end_headers()
            self.wfile.write(data or b"")

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/", asked
    server.shutdown()


def damaged(base: str, way: str, times: int, name: str) -> str:
    return base + quote(f"{way}~{times}~{name}", safe="") + "/"


def answers_without_addresses(answers: list[dict[str, Any]]) -> list[Any]:
    return [
        [(h["id"], h["score"], h["title"], h["snippet"]) for h in a["value"]["hits"]] + [a["value"]["total"]]
        for a in answers
    ]


SMALL_CALLS = [
    ["search", {"q": "防"}, {"lang": "zh-hant", "limit": 1}],
    ["search", {"q": "防 Ａ", "from": "2019"}, {"limit": 1}],
    ["search", {"regions": ["450000"]}, {"limit": 1}],
]


def test_a_damaged_file_is_reported_and_asked_for_again(client: Node, faulty: tuple[str, list[str]]) -> None:
    base, asked = faulty
    right = client.ask(f"{base}whole/", SMALL_CALLS)
    needed = sorted({name for name in asked if name.startswith("search/")})
    kinds = ("/t/", "/r/", "/d/", "manifest", "columns", "fold", "hant")
    assert [kind for kind in kinds if not any(kind in name for name in needed)] == []
    # Once more than the client asks by itself.
    faults = [(way, name) for way in DAMAGE for name in needed]
    found = client.ask_all([(damaged(base, way, 2, name), SMALL_CALLS) for way, name in faults], retry=True)
    for (way, name), answers in zip(faults, found, strict=True):
        failed = [answer["error"] for answer in answers if "error" in answer]
        assert failed, name
        assert all(error["name"] == "SearchError" and error["file"].endswith(name) for error in failed), failed
        assert {error["reason"] for error in failed} == {"missing" if way == "drop" else "damaged"}
        assert all(name in error["message"] and "retry" in error["message"] for error in failed)
        assert answers_without_addresses(answers) == answers_without_addresses(right), (way, name)


def test_every_file_is_guarded(client: Node, small: Path, faulty: tuple[str, list[str]]) -> None:
    base, _ = faulty
    every = [
        ["search", {"q": q, "regions": codes}, {"limit": 100, "lang": lang}]
        for q, codes in (("", []), ("", sorted(REGIONS)), ("防疫 -战 -Ａ⼀", []))
        for lang in ("zh-hans", "zh-hant")
    ]
    right = answers_without_addresses(client.ask(f"{base}whole/", every))
    names = [str(path.relative_to(small / "site")) for path in sorted((small / "site/search").rglob("*.bin"))]
    found = client.ask_all([(damaged(base, "flip", 99, name), every) for name in names], retry=True)
    for name, answers in zip(names, found, strict=True):
        for n, answer in enumerate(answers):
            if "error" in answer:
                assert answer["error"]["file"].endswith(name)
                assert answer["second"] == answer["error"], name
            else:
                assert answers_without_addresses([answer]) == [right[n]], name
    unused = [name for name, answers in zip(names, found, strict=True) if not any("error" in a for a in answers)]
    assert all("/t/" in name or name.endswith(("columns.bin", "regions.bin", "/s/0.bin")) for name in unused), unused


def test_a_file_that_fails_once_is_read_again(client: Node, faulty: tuple[str, list[str]]) -> None:
    base, _ = faulty
    right = answers_without_addresses(client.ask(f"{base}whole/", SMALL_CALLS))
    found = client.ask_all([(damaged(base, way, 1, "search/manifest.bin"), SMALL_CALLS) for way in DAMAGE])
    assert [answers_without_addresses(answers) for answers in found] == [right] * len(DAMAGE)


def test_what_could_be_searched_without_a_file_is_shown(client: Node, faulty: tuple[str, list[str]]) -> None:
    base, asked = faulty
    requests = [{"q": q} for q in ("防 战", "防", "战")]
    right = client.ask(f"{base}whole/", calls(requests, limit=5))
    names = sorted({name for name in asked if "/t/" in name or "/d/" in name})
    lost = Counter[str]()
    for name, (answer, *_) in zip(
        names,
        client.ask_all([(damaged(base, "drop", 99, name), calls(requests[:1], limit=5)) for name in names]),
        strict=True,
    ):
        partial = answer.get("partial")
        if not partial:
            continue
        left = [term for term in ("防", "战") if term not in partial["without"]]
        whole = right[[request["q"] for request in requests].index(" ".join(left))]["value"]
        assert not partial["answer"]["exact"]
        ids = [hit["id"] for hit in partial["answer"]["hits"]]
        assert partial["lost"] == ("/d/" in name)
        assert set(ids) <= {hit["id"] for hit in whole["hits"]} and len(ids) >= len(whole["hits"]) - partial["lost"]
        lost["term" if partial["without"] else "hit"] += 1
    assert lost["hit"] and lost["term"], (lost, names)


def test_one_file_in_the_place_of_another_is_damage(client: Node, small: Path, serve: Serve, tmp_path: Path) -> None:
    shutil.copytree(small / "site", tmp_path / "site")
    folder = next(path for path in (tmp_path / "site/search").iterdir() if path.is_dir())
    shutil.copyfile(folder / "d/1.bin", folder / "d/0.bin")
    (answer,) = client.ask(serve(tmp_path / "site"), calls([{"q": ""}], limit=100))
    assert (answer["error"]["reason"], answer["error"]["file"][-8:]) == ("damaged", "/d/0.bin")


def test_an_unreachable_server_is_reported(client: Node) -> None:
    (answer,) = client.ask("http://127.0.0.1:9/", calls([{"q": "防"}]))
    assert (answer["error"]["name"], answer["error"]["reason"]) == ("SearchError", "unreachable")

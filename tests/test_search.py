"""The Whoosh index: what it finds against a plain reading of the contract, and what happens to it on disk."""

from __future__ import annotations

import hashlib
import json
import math
import os
import random
import re
import shutil
import sys
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from search_support import REGIONS, brute_force, documents, loader, make_files, make_index, queries
from whoosh.util.numeric import byte_to_length, length_to_byte

from pelican_tongbao.publish import staged
from pelican_tongbao.searching import SearchFiles
from tongbao import crew
from tongbao.script import convert, fold
from tongbao.search import (
    Folder,
    SearchDocument,
    SearchIndexError,
    changes,
    export,
    facets,
    frames,
    gather,
    grams,
    head,
    packing,
    query,
    terms,
    whole,
)
from tongbao.search import index as index_module
from tongbao.search.contents import Contents
from tongbao.search.documents import date_label, first_day, last_day
from tongbao.search.grams import cover
from tongbao.search.index import Index
from tongbao.search.numbering import numbers, places
from tongbao.search.syntax import parse
from tongbao.search.weighting import round_length

SYNTAX = json.loads((Path(__file__).parent / "cases/search/syntax.json").read_text("utf-8"))
CORPUS = documents(1, 60)


@pytest.fixture(scope="module")
def index_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("index")
    make_index(CORPUS, folder)
    return folder


def ask(index_dir: Path, request: dict[str, Any], limit: int = 1000, offset: int = 0) -> Any:
    names = {"from": "date_from", "to": "date_to"}
    return query(index_dir, limit=limit, offset=offset, **{names.get(k, k): v for k, v in request.items()})


def tree(folder: Path) -> dict[str, str]:
    files = (path for path in folder.rglob("*") if path.is_file())
    return {str(p.relative_to(folder)): hashlib.sha256(p.read_bytes()).hexdigest() for p in files}


# --- the language of queries -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("case", SYNTAX, ids=lambda case: repr(case["q"]))
def test_syntax(case: dict[str, Any]) -> None:
    parsed = parse(case["q"])
    assert [list(parsed.include), list(parsed.exclude)] == [case["include"], case["exclude"]]


@given(st.text(alphabet='ab "-　\n防𠮷', max_size=12))
@settings(max_examples=200)
def test_every_string_is_a_query_of_distinct_terms(text: str) -> None:
    parsed = parse(text)
    for own in (parsed.include, parsed.exclude):
        assert len(set(own)) == len(own)
        assert all(term.strip() for term in own)


@given(st.text(min_size=1, max_size=20))
def test_cover_spans_the_term(term: str) -> None:
    spanned = set()
    for at, gram in cover(term):
        assert term[at : at + len(gram)] == gram
        spanned.update(range(at, at + len(gram)))
    assert spanned == set(range(len(term)))


# --- numbers ---------------------------------------------------------------------------------------------------------

NAMES = st.lists(st.text(max_size=6), max_size=60, unique=True)


@given(names=NAMES)
def test_numbers_hang_on_the_names_alone(names: list[str]) -> None:
    own = dict(zip(names, numbers(names), strict=True))
    assert len(set(own.values())) == len(names)
    assert all(0 <= number < places(len(names)) for number in own.values())
    assert dict(zip(sorted(names), numbers(sorted(names)), strict=True)) == own


def test_a_name_that_comes_moves_few_others() -> None:
    names = [f"bulletins/{number}.txt" for number in range(1000)]
    before = numbers(names)
    moved = []
    for number in range(30):
        after = numbers([*names, f"more/{number}.txt"])
        moved.append(sum(a != b for a, b in zip(before, after, strict=False)))
    assert places(1001) == places(1000)
    assert sum(moved) / len(moved) < 4
    assert max(moved) < 20


@pytest.mark.parametrize(("documents", "limit"), [(0, 0), (1, 2), (7, 8), (1000, 1070), (100_000, 105_546)])
def test_there_are_a_few_more_numbers_than_documents(documents: int, limit: int) -> None:
    assert places(documents) == limit


# --- what is found ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("request_", queries(2, CORPUS, 250), ids=lambda r: repr(r["q"]))
def test_finds_exactly_what_contains_the_terms(index_dir: Path, request_: dict[str, Any]) -> None:
    results = ask(index_dir, request_)
    assert {hit.id for hit in results.hits} == brute_force(CORPUS, request_)
    assert results.total == len(results.hits)


def test_hits_are_in_the_order_that_was_asked_for(index_dir: Path) -> None:
    with Index(index_dir) as index:
        number = {head.id: n for n, head in enumerate(index.heads)}
    published = {d.id: d.published for d in CORPUS}
    relevance = [(-hit.score, number[hit.id]) for hit in ask(index_dir, {"q": "防疫"}).hits]
    assert relevance == sorted(relevance)
    assert len({score for score, _ in relevance}) > 5
    for sort, q in (("oldest", "防"), ("newest", "防"), ("relevance", "")):
        found = [hit.id for hit in ask(index_dir, {"q": q, "sort": sort}).hits]
        dated = [id for id in found if published[id]]
        undated = found[len(dated) :]
        assert [published[id] for id in undated] == [None] * len(undated) != []
        days = sorted({published[id] for id in dated if published[id]}, reverse=sort != "oldest")
        assert len(days) > 5
        assert dated == sorted(dated, key=lambda id: (days.index(published[id]), number[id]))
        assert undated == sorted(undated, key=number.__getitem__)


def test_a_title_counts_beside_the_text(tmp_path: Path) -> None:
    plain = SearchDocument("a", "", "防汛通知", "", "", "防汛通知", "防汛通知")
    make_index([plain, replace(plain, id="b", title="防汛", title_hans="防汛", title_hant="防汛")], tmp_path)
    assert [hit.id for hit in query(tmp_path, "防汛").hits] == ["b", "a"]


def test_pages_of_results_join(index_dir: Path) -> None:
    whole = ask(index_dir, {"q": "战"})
    pages = [ask(index_dir, {"q": "战"}, limit=7, offset=offset) for offset in range(0, whole.total, 7)]
    assert [hit for page in pages for hit in page.hits] == list(whole.hits)
    assert {page.total for page in pages} == {whole.total}
    assert ask(index_dir, {"q": "战"}, limit=7, offset=whole.total).hits == ()


def test_facets_count_what_each_filter_would_leave(index_dir: Path) -> None:
    facets = ask(index_dir, {"q": "防"}).facets
    for code, count in facets.regions:
        assert ask(index_dir, {"q": "防", "regions": [code]}).total == count
    for year, count in facets.years:
        assert ask(index_dir, {"q": "防", "from": year, "to": year}).total == count
    assert sum(count for _, count in facets.kinds) == sum(count for _, count in facets.scripts)


def test_snippets_mark_the_terms_and_the_repairs(tmp_path: Path) -> None:
    text = "无关的话。" * 30 + "全市立即启动防汛\n四级响应" + "。完" * 60
    document = SearchDocument("a", "标题", text, "标题", "標題", text, text, repairs=((156, 159),))
    make_index([document], tmp_path)
    (hit,) = query(tmp_path, "启动防汛 响应").hits
    runs = hit.snippet
    assert [run.text for run in runs if run.mark] == ["启动", "防汛", "响应"]
    assert "".join(run.text for run in runs) in text.replace("\n", " ")
    assert "".join(run.text for run in runs if run.repaired) == text[156:159].replace("\n", " ")
    (whole,) = query(tmp_path, "").hits
    assert "".join(run.text for run in whole.snippet) == text[:96]


def test_both_scripts_find_the_same(shared: Path, tmp_path: Path) -> None:
    corpus = [
        SearchDocument(path.stem, title, text, scripts.hans[: len(title)], scripts.hant[: len(title)], *both)
        for path in sorted((shared / "cases/seeds_repaired").glob("*.txt"))
        for text in [path.read_text("utf-8")]
        for scripts in [convert(text)]
        for both in [(scripts.hans, scripts.hant)]
        for title in [text.partition("\n")[0]]
    ]
    assert len(corpus) == 5
    make_index(corpus, tmp_path)
    for request in [
        *queries(3, corpus, 60),
        {"q": "疫情防控阻击战"},
        {"q": "疫情防控阻擊戰"},
        {"q": "坚决打赢疫情防控阻击战歼灭战"},
    ]:
        assert {hit.id for hit in ask(tmp_path, request).hits} == brute_force(corpus, request), request
    assert ask(tmp_path, {"q": "疫情防控阻击战"}) == ask(tmp_path, {"q": "疫情防控阻擊戰"})


# --- days ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "first", "last"),
    [
        ("2020", "2020-01-01", "2020-12-31"),
        ("2020-02", "2020-02-01", "2020-02-29"),
        ("2021-02", "2021-02-01", "2021-02-28"),
        ("2020-12-31", "2020-12-31", "2020-12-31"),
    ],
)
def test_days(text: str, first: str, last: str) -> None:
    assert (first_day(text), last_day(text)) == (first, last)
    assert date_label((first, last)) == text


@pytest.mark.parametrize(
    "text", ["", "20", "2020-13", "2021-02-29", "2020-1-1", "二〇二〇", "２０２０", "2020-02-03x", "0000"]
)
def test_no_days(text: str) -> None:
    for function in (first_day, last_day):
        with pytest.raises(ValueError, match=r"\d{4}|yyyy"):
            function(text)


# --- on disk ---------------------------------------------------------------------------------------------------------


def test_faults_name_the_bulletin(tmp_path: Path) -> None:
    good = SearchDocument("a", "", "甲", "", "", "甲", "甲")
    for bad, fault in [
        ([good, good], "occurs twice"),
        ([replace(good, hans="甲乙")], "differ in length"),
        ([replace(good, published=("2020-02-30", "2020-03-01"))], "can't be read"),
        ([replace(good, published=("2020-03-02", "2020-03-01"))], "ends before"),
        ([replace(good, text="\ud842")], "surrogate"),
    ]:
        with pytest.raises(SearchIndexError, match=fault) as raised:
            make_index(bad, tmp_path)
        assert "'a'" in str(raised.value)
    with pytest.raises(SearchIndexError, match="build the site first"):
        query(tmp_path, "甲")


def test_half_a_surrogate_pair_is_found_nowhere(index_dir: Path) -> None:
    assert query(index_dir, "\udcff").total == 0


def test_none_is_not_a_kind_of_that_name(tmp_path: Path) -> None:
    for kind in (None, "None"):
        make_index([replace(CORPUS[0], kind=kind)], tmp_path)
        assert query(tmp_path, "").facets.kinds == ((kind, 1),)


def test_an_empty_archive_answers(tmp_path: Path) -> None:
    make_index([], tmp_path / "index")
    make_files(tmp_path / "index", tmp_path / "search", {})
    assert query(tmp_path / "index", "甲").total == 0
    assert query(tmp_path / "index", "").total == 0


def test_unchanged_documents_are_not_indexed_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    make_index(CORPUS[:5], tmp_path)
    before = tree(tmp_path)
    with monkeypatch.context() as patch:
        patch.setattr(index_module, "_write", lambda *_: pytest.fail("indexed again"))
        make_index(reversed(CORPUS[:5]), tmp_path)
    assert tree(tmp_path) == before
    make_index(CORPUS[:6], tmp_path)
    assert len([path for path in tmp_path.iterdir() if path.is_dir()]) == 2
    assert query(tmp_path, "").total == 6


def changed(document: SearchDocument, more: str) -> SearchDocument:
    return replace(document, text=document.text + more, hans=document.hans + more, hant=document.hant + more)


def test_a_changed_bulletin_costs_its_segment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    corpus = documents(2, 400, 20)
    made: list[int] = []
    segment = index_module._segment

    def counted(name: str, own: Any, *rest: Any) -> Any:
        made.append(len(own))
        return segment(name, own, *rest)

    monkeypatch.setattr(index_module, "_segment", counted)
    monkeypatch.setattr(crew, "spread", lambda work, items, lost, **_: map(work, items))
    make_index(corpus, tmp_path)
    assert sum(made) == len(corpus)
    assert len(made) > 6
    made.clear()
    make_index([changed(corpus[7], "改"), *corpus[:7], *corpus[8:]], tmp_path)
    assert len(made) == 1
    assert query(tmp_path, "改").total >= 1


# So small that a small corpus has files of all kinds, and tables that most changes leave alone.
LIMITS: dict[Any, dict[str, int]] = {
    terms: {"RARE": 3, "SHARD_BYTES": 400, "LIST_BYTES": 16, "MORE_BYTES": 48, "LONG": 8},
    facets: {"BLOCK": 64, "SHARD_BYTES": 100, "SHOWN": 2},
    packing: {"SAMPLE": 4},
    changes: {"_MOST_PART": 0},
    gather: {"_BATCH": 3000},
}


@pytest.fixture
def parted(monkeypatch: pytest.MonkeyPatch) -> None:
    part(monkeypatch)


def part(monkeypatch: pytest.MonkeyPatch) -> None:
    """Small files, all made in this process."""
    for module, values in LIMITS.items():
        for name, value in values.items():
            monkeypatch.setattr(module, name, value)
    monkeypatch.setattr(crew, "spread", lambda work, items, lost, **_: map(work, items))


def edited(corpus: Sequence[SearchDocument], kind: str, at: int) -> list[SearchDocument]:
    """A corpus after an edit."""
    place = at % max(1, len(corpus))
    if kind == "add":
        return list({d.id: d for d in [*corpus, POOL[at % len(POOL)]]}.values())
    if kind == "newest":
        added = replace(POOL[at % len(POOL)], id=f"new {at}", published=("2099-01-01",) * 2, kind="notice")
        return list({d.id: d for d in [*corpus, added]}.values())
    if kind == "remove":
        return [*corpus[:place], *corpus[place + 1 :]]
    if kind == "rewrite":
        other = POOL[at % len(POOL)]
        own = {name: getattr(corpus[place], name) for name in ("id", "published", "script", "kind")}
        return [*corpus[:place], replace(other, **own), *corpus[place + 1 :]]
    return [*corpus[:place], changed(corpus[place], chr(0x4E00 + at)), *corpus[place + 1 :]]


POOL = documents(3, 150, 12)
EDITS = ("add", "newest", "remove", "remove", "rewrite", "change", "change")


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    size=st.integers(0, 90),
    steps=st.lists(st.lists(st.tuples(st.sampled_from(EDITS), st.integers(0, 10_000)), max_size=3), max_size=4),
)
def test_any_chain_of_builds_ends_as_one_build_does(
    tmp_path_factory: pytest.TempPathFactory, parted: None, size: int, steps: list[list[tuple[str, int]]]
) -> None:
    folder = tmp_path_factory.mktemp("chain")
    corpus = list(POOL[:size])
    for edits in [[], *steps]:
        for kind, at in edits:
            corpus = edited(corpus, kind, at) if corpus else corpus
        make_index(corpus, folder / "index")
        make_files(folder / "index", folder / "files")
    make_index(corpus, folder / "afresh")
    make_files(folder / "afresh", folder / "afresh-files")
    assert tree(folder / "files") == tree(folder / "afresh-files")


@pytest.mark.parametrize("kind", ["newest", "remove", "rewrite", "change"])
def test_a_change_costs_what_changed(tmp_path: Path, parted: None, monkeypatch: pytest.MonkeyPatch, kind: str) -> None:
    """Also right after all grams' files were made by other processes than this one's."""
    corpus = documents(4, 205, 40)
    sampled = packing.sample([head(document) for document in corpus])
    # A bulletin that no table is counted in.
    at = next(n for n in range(200) if packing.sample([head(d) for d in edited(corpus, kind, n)]) == sampled)
    after = edited(corpus, kind, at)
    make_index(corpus, tmp_path / "index")
    make_files(tmp_path / "index", tmp_path / "files")
    before = {path: path.stat().st_ino for path in tmp_path.glob("files/*/d/*")}
    make_index(after, tmp_path / "index")
    with monkeypatch.context() as patch:
        patch.setattr(whole, "terms_of", lambda *_: pytest.fail("all made anew"))
        make_files(tmp_path / "index", tmp_path / "files")
    kept = {path.stat().st_ino for path in tmp_path.glob("files/*/d/*")} & set(before.values())
    assert len(kept) >= len(corpus) - (1 if kind in ("rewrite", "change") else 8)
    make_index(after, tmp_path / "afresh")
    make_files(tmp_path / "afresh", tmp_path / "afresh-files")
    assert tree(tmp_path / "files") == tree(tmp_path / "afresh-files")


class Dying(Folder):
    """A folder in which so many writes are done, and no more."""

    left = 0

    def write(self, path: str, data: bytes) -> None:
        Dying.left -= 1
        if Dying.left < 0:
            raise KeyboardInterrupt
        super().write(path, data)


@pytest.mark.parametrize("writes", [0, 1, 10, 25])
def test_an_export_that_was_killed_is_made_again(tmp_path: Path, parted: None, writes: int) -> None:
    first, second = list(CORPUS), edited(CORPUS, "newest", 3)
    for corpus in (first, second, first):
        make_index(corpus, tmp_path / "index")
        make_files(tmp_path / "index", tmp_path / "files")
    make_index(second, tmp_path / "index")
    Dying.left = writes
    with pytest.raises(KeyboardInterrupt):
        export(tmp_path / "index", loader(second), Dying(tmp_path / "files"), tmp_path / "index-state", REGIONS)
    for corpus in (first, second):
        make_index(corpus, tmp_path / "index")
        make_files(tmp_path / "index", tmp_path / "files")
    make_files(tmp_path / "index", tmp_path / "afresh", state=tmp_path / "other-state")
    assert tree(tmp_path / "files") == tree(tmp_path / "afresh")


@pytest.mark.parametrize("damage", ["cut", "flip", "gone", "old index gone"])
def test_a_damaged_state_means_all_anew(tmp_path: Path, parted: None, damage: str) -> None:
    make_index(CORPUS, tmp_path / "index")
    make_files(tmp_path / "index", tmp_path / "files")
    (kept,) = tmp_path.glob("index-state/*/state.bin")
    data = kept.read_bytes()
    if damage == "cut":
        kept.write_bytes(data[: len(data) // 2])
    elif damage == "flip":
        kept.write_bytes(data[:99] + bytes([data[99] ^ 1]) + data[100:])
    elif damage == "gone":
        kept.unlink()
    corpus = edited(CORPUS, "newest", 3)
    make_index(corpus, tmp_path / "index")
    if damage == "old index gone":
        (old,) = (path for path in tmp_path.glob("index/*") if path.is_dir() and path.name not in current(tmp_path))
        shutil.rmtree(old)
    make_files(tmp_path / "index", tmp_path / "files")
    make_files(tmp_path / "index", tmp_path / "afresh", state=tmp_path / "other-state")
    assert tree(tmp_path / "files") == tree(tmp_path / "afresh")


def current(folder: Path) -> str:
    return (folder / "index/CURRENT").read_text("ascii")


def test_nothing_is_written_through_a_link(tmp_path: Path, parted: None) -> None:
    """Neither by the processes of the export: an old site may share its files."""
    make_index(CORPUS, tmp_path / "index")
    make_files(tmp_path / "index", tmp_path / "files")
    shutil.copytree(tmp_path / "files", tmp_path / "linked", copy_function=os.link)
    before = tree(tmp_path / "linked")
    make_index(edited(CORPUS, "newest", 3), tmp_path / "index")
    make_files(tmp_path / "index", tmp_path / "files")
    assert tree(tmp_path / "linked") == before != tree(tmp_path / "files")


# --- several sites, one cache ----------------------------------------------------------------------------------------

ARCHIVES = (POOL[:14], tuple(edited(POOL[:14], "change", 5)), tuple(edited(POOL[:14], "newest", 7)), POOL[70:80])
# What may be lost between builds, of the cache or of a site `a`.
LOST = (
    "cache", "cache/index", "cache/search", "a", "a/search", "a/search/*[0-9a-f]", "a/search/*/t", ".tongbao-a",
    ".tongbao-a/next", ".tongbao-a/same", ".tongbao-a/ledger",
)  # fmt: skip


class Sites(NamedTuple):
    """The searches of some sites that are built with one cache."""

    folder: Path

    def build(self, site: str, archive: int) -> None:
        """As the generator does it: in a process of its own, and the stage takes note of it."""
        with staged(self.folder / site) as stage:
            files = SearchFiles(stage)
            files.take_over(crew.aside(partial(self._export, files, ARCHIVES[archive]))())

    def _export(self, files: SearchFiles, corpus: Sequence[SearchDocument]) -> SearchFiles:
        make_index(corpus, self.folder / "cache/index")
        export(self.folder / "cache/index", loader(corpus), files, self.folder / "cache/search", REGIONS)
        return files

    def lose(self, pattern: str) -> None:
        for path in sorted(self.folder.glob(pattern)):
            shutil.rmtree(path) if path.is_dir() else path.unlink()

    def follow(self, order: str, fresh: Sequence[dict[str, str]]) -> None:
        """Go the steps of an order: `a0` builds the site `a` of the first archive, `-cache` loses the cache. After each
        all sites that are whole must be as one build of their archives makes them."""
        made: dict[str, int] = {}
        for step in order.split():
            if step.startswith("-"):
                self.lose(step[1:])
                made.pop("a", None)  # It may lack something, until it is built again.
            else:
                made[step[0]] = int(step[1:])
                self.build(step[0], made[step[0]])
            for site, archive in made.items():
                assert tree(self.folder / site / "search") == fresh[archive], (order, step, site)


@pytest.fixture(scope="module")
def fresh(tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, str]]:
    """The search of each archive, made from nothing."""
    folder = tmp_path_factory.mktemp("fresh")
    with pytest.MonkeyPatch.context() as patch:
        part(patch)
        for number, corpus in enumerate(ARCHIVES):
            make_index(corpus, folder / f"{number}/index")
            make_files(folder / f"{number}/index", folder / f"{number}/files")
    return [tree(folder / f"{number}/files") for number in range(len(ARCHIVES))]


@pytest.mark.parametrize(
    "order",
    [
        "a0 b3 a0 a0 a1",
        "a0 b3 a1 b3 a0",
        "a0 b0 a1 b1 a0 b2",
        "a0 b0 c0 a1 a2 b1 c2",
        *(f"a0 -{lost} a0 a1 a1" for lost in LOST),
        "a0 b3 -cache a0 b3",
    ],
)
def test_sites_that_share_a_cache_have_their_own_search(
    tmp_path: Path, parted: None, fresh: list[dict[str, str]], order: str
) -> None:
    Sites(tmp_path).follow(order, fresh)


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    steps=st.lists(
        st.one_of(
            st.builds("{}{}".format, st.sampled_from("ab"), st.integers(0, len(ARCHIVES) - 1)),
            st.builds("-{}".format, st.sampled_from(LOST)),
        ),
        max_size=5,
    )
)
def test_any_order_of_builds_of_two_sites(
    tmp_path_factory: pytest.TempPathFactory, parted: None, fresh: list[dict[str, str]], steps: list[str]
) -> None:
    Sites(tmp_path_factory.mktemp("sites")).follow(" ".join([*steps, "a0", "b3"]), fresh)


def test_what_several_processes_wrote_anew_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys.modules[export.__module__], "_DOCUMENTS", 8)
    sites = Sites(tmp_path)
    sites.build("a", 0)
    before = tree(tmp_path / "a/search")
    sites.lose("cache/search")
    sites.build("a", 0)
    assert tree(tmp_path / "a/search") == before


def test_hashes_are_those_of_the_grams() -> None:
    runs = ["a", "é", "防", "𠮷", "ab", "防疫", "a𠮷", "é防"]
    found = terms.hashes(np.array([grams.key(run) for run in runs], np.int64))
    assert found.tolist() == [frames.fnv(run.encode()) for run in runs]


@given(st.integers(1, 3000), st.integers(1, 9), st.randoms(use_true_random=False))
@settings(max_examples=40, deadline=None)
def test_bits_are_those_of_the_format(limit: int, count: int, chance: random.Random) -> None:
    """Against a plain writer of Rice codes."""
    lists = [sorted(chance.sample(range(limit), chance.choice((0, 1, limit // 3, limit)))) for _ in range(count)]
    sizes = np.array([len(own) for own in lists], np.int64)
    values = np.array([number for own in lists for number in own], np.int64)
    found = frames.pack(count, frames.numbers(sizes, np.full(count, limit, np.int64), values))
    for own, data in zip(lists, found, strict=True):
        kept = own if len(own) * 2 <= limit else sorted(set(range(limit)) - set(own))
        k = max([0, *(k for k in range(13) if kept and len(kept) * 2**k * 10 <= limit * 9)])
        gaps = [number - before - 1 for before, number in pairwise([-1, *kept])]
        bits = "".join("1" * (gap >> k) + "0" + (f"{gap & (1 << k) - 1:0{k}b}" if k else "") for gap in gaps)
        bits += "0" * (-len(bits) % 8)
        assert data == bytes(int(bits[at : at + 8], 2) for at in range(0, len(bits), 8))


def test_scores_are_those_of_the_formula(index_dir: Path) -> None:
    """Against frequencies, lengths and document frequencies that are counted here."""
    folded = {d.id: (fold(d.title), fold(d.text)) for d in CORPUS}
    n = len(CORPUS)
    lengths = {i: byte_to_length(length_to_byte(round_length(len(text)))) for i, (_, text) in folded.items()}
    average = sum(round_length(len(text)) for _, text in folded.values()) / n

    def score(i: str, term: str) -> float:
        total = 0.0
        for field, b in ((0, 0.0), (1, 0.75)):
            if term not in folded[i][field]:
                continue
            part = 0.0
            for _, gram in cover(term):
                frequency = sum(gram in texts[field] for texts in folded.values())
                idf = math.floor((math.log(n / (frequency + 1)) + 1) * 1024 + 0.5) / 1024
                text = folded[i][field]
                count = sum(text.startswith(gram, at) for at in range(len(text)))
                tf = 2 ** int(math.log2(count))
                part += idf * ((tf * 2.2) / (tf + 1.2 * ((1 - b) + b * lengths[i] / average)))
            total += part
        return total

    for size, document in enumerate(CORPUS[:9], 1):
        (term, *_) = parse(f'"{fold(document.text)[20 : 20 + size]}"').include or ("防",)
        hits = ask(index_dir, {"q": f'"{term}"'}).hits
        assert hits
        assert [hit.score for hit in hits] == pytest.approx([score(hit.id, term) for hit in hits], rel=1e-12)


def test_a_killed_build_leaves_the_index_before_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    make_index(CORPUS[:5], tmp_path)

    def die(parts: Any, load: Any, folder: Path, before: Path | None) -> None:
        (folder / "half").touch()
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(index_module, "_write", die)
        with pytest.raises(KeyboardInterrupt):
            make_index(CORPUS[:6], tmp_path)
    assert query(tmp_path, "").total == 5
    make_index(CORPUS[:6], tmp_path)
    assert query(tmp_path, "").total == 6
    shutil.rmtree(tmp_path / (tmp_path / "CURRENT").read_text("ascii"))
    with pytest.raises(SearchIndexError):
        query(tmp_path, "")


def test_exports_are_the_same_bytes(tmp_path: Path) -> None:
    for name, order in (("one", CORPUS), ("two", CORPUS[::-1])):
        make_index(order, tmp_path / name / "index")
        make_files(tmp_path / name / "index", tmp_path / name / "search")
    assert tree(tmp_path / "one/search") == tree(tmp_path / "two/search")


def test_an_export_replaces_the_one_before(tmp_path: Path) -> None:
    for count in (3, 4, 4):
        make_index(CORPUS[:count], tmp_path / "index")
        make_files(tmp_path / "index", tmp_path / "search")
        names = sorted(path.name for path in (tmp_path / "search").iterdir())
        assert len(names) == 2 + (count == 4)
        assert "manifest.bin" in names
        (tmp_path / "search/pages").mkdir(exist_ok=True)


def test_folding_maps_single_characters() -> None:
    assert all(len(fold(document.text)) == len(document.text) for document in CORPUS)


def test_other_code_makes_another_index(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    make_index(CORPUS[:5], tmp_path)
    name = (tmp_path / "CURRENT").read_text("ascii")
    monkeypatch.setattr(index_module, "made_by", lambda: "other code")
    make_index(CORPUS[:5], tmp_path)
    assert (tmp_path / "CURRENT").read_text("ascii") != name


def test_a_broken_index_is_told(tmp_path: Path) -> None:
    make_index(CORPUS[:5], tmp_path)
    path = tmp_path / (tmp_path / "CURRENT").read_text("ascii") / "documents.pickle"
    path.write_bytes(path.read_bytes()[:50])
    with pytest.raises(SearchIndexError, match="the search index is broken") as told:
        Contents.read(tmp_path)
    with pytest.raises(SearchIndexError, match=re.escape(str(told.value))):  # also from another process

        def read() -> None:
            Contents.read(tmp_path)

        crew.aside(read)()

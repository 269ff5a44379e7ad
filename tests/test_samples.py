"""The samples of `content/bulletins/` against the truth from which `tools/make_samples.py` made them."""

from __future__ import annotations

import importlib.util
import re
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from tongbao import edits, pipeline, places, reading, receive
from tongbao.model import BlockKind, Bulletin, Received, Role
from tongbao.repair.gbk_bytes import NARROW
from tongbao.script import fold

ROOT = Path(__file__).parents[1]
CONTENT = ROOT / "content"
LEVELS = ("province", "prefecture", "county")
MARK = fold("(样例:本文为通报项目自撰的示例,非政府文件)")

# What a room does not reach yet: (test, clean text) -> why. Strict: an entry that has come to pass fails until removed.
MARKS = "a hole before a narrow mark and a stray letter (德?h召開), and a lost trail byte of two readings, stay damaged"
KNOWN: dict[tuple[str, str], str] = {
    **dict.fromkeys([(t, "debao") for t in ("text", "simplified", "title", "primary", "mentioned")], MARKS),
}


def _tool() -> ModuleType:
    spec = importlib.util.spec_from_file_location("make_samples", ROOT / "tools" / "make_samples.py")
    assert spec and spec.loader
    module = sys.modules[spec.name] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


TOOL: Any = _tool()
SAMPLES: tuple[Any, ...] = TOOL.load()


def each(test: str, samples: Iterable[Any] = SAMPLES) -> pytest.MarkDecorator:
    """Parametrize over the samples, marking what is known to fail."""
    params = []
    for sample in samples:
        name = sample.clean.removesuffix(".txt")
        reason = KNOWN.get((test, name))
        marks = [pytest.mark.xfail(reason=reason, strict=True)] if reason else []
        params.append(pytest.param(sample, id=name, marks=marks))
    return pytest.mark.parametrize("sample", params)


@pytest.fixture(scope="module")
def corpus() -> pipeline.Corpus:
    return pipeline.run(CONTENT)


@pytest.fixture
def bulletin(corpus: pipeline.Corpus, sample: Any) -> Bulletin:
    wanted = f"bulletins/{sample.file}"
    quarantined = [q for q in corpus.quarantined if q.source == wanted]
    assert not quarantined
    return next(b for b in corpus.bulletins if wanted in (b.received.source, *b.received.also_received_as))


# --- the samples themselves ------------------------------------------------------------------------------------------


def test_stored_files_are_what_the_tool_makes() -> None:
    done = subprocess.run(
        [sys.executable, ROOT / "tools" / "make_samples.py", "--check"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


@each("shape")
def test_shape(sample: Any) -> None:
    assert 300 <= len(sample.text) <= 1200
    assert fold(sample.text).rstrip().endswith(MARK)
    assert (sample.damaged != sample.text) == sample.truth["damaged"]


def test_samples_cover_every_kind() -> None:
    kinds = {"meeting", "notice", "situation-report", "press-conference", "news", "commentary", "policy"}
    assert {s.truth["kind"] for s in SAMPLES} == kinds


# --- receive, repair, script, reading --------------------------------------------------------------------------------


@each("encoding")
def test_encoding(bulletin: Bulletin, sample: Any) -> None:
    assert bulletin.received.encoding == sample.truth["encoding"]


@each("copies")
def test_copies_are_one_bulletin(bulletin: Bulletin, sample: Any) -> None:
    paths = {bulletin.received.source, *bulletin.received.also_received_as}
    assert paths == {f"bulletins/{name}" for name in (sample.file, *sample.copies)}


@each("sidecar")
def test_sidecar(bulletin: Bulletin, sample: Any) -> None:
    for name, value in sample.sidecar.items():
        assert getattr(bulletin.received.sidecar, name) == value
    assert bulletin.id == sample.sidecar.get("id", bulletin.received.sha256[:16])


@each("text")
def test_text_is_restored(bulletin: Bulletin, sample: Any) -> None:
    text = bulletin.repaired.text
    if sample.page:
        assert _lines(text) == list(sample.lines)
    else:
        assert text.replace("\r\n", "\n").strip() == sample.text.strip()


@each("undamaged", [s for s in SAMPLES if not s.truth["damaged"]])
def test_undamaged_text_is_left_alone(bulletin: Bulletin, sample: Any) -> None:
    assert not bulletin.repaired.edits
    assert not bulletin.repaired.suggestions
    assert bulletin.repaired.damage == 0


@each("replay")
def test_replay_and_undo(bulletin: Bulletin, sample: Any) -> None:
    repaired = bulletin.repaired
    assert repaired.received == bulletin.received.text
    assert edits.apply(repaired.received, repaired.edits) == repaired.text
    assert edits.undo(repaired.text, repaired.edits) == repaired.received


@each("script")
def test_script(bulletin: Bulletin, sample: Any) -> None:
    scripts = bulletin.scripts
    assert scripts.received == sample.truth["script"]
    assert len(scripts.hans) == len(scripts.hant) == len(bulletin.repaired.text)
    if sample.truth["script"] == "Hans":
        assert scripts.hans == bulletin.repaired.text


@each("simplified", [s for s in SAMPLES if s.naive])
def test_simplified_is_the_clean_text(bulletin: Bulletin, sample: Any) -> None:
    """Naive Traditional goes back to the very text that it was made from, punctuation included."""
    clean = (ROOT / "tools" / "samples" / "texts" / sample.clean).read_text("utf-8")
    got = reading.render(bulletin.scripts.hans, bulletin.reading)
    assert _lines(got) == _lines(clean)


@each("title")
def test_title(bulletin: Bulletin, sample: Any) -> None:
    title = reading.title(bulletin.repaired.text, bulletin.reading)
    assert fold(title) == fold(sample.truth["title"])


@each("chrome", [s for s in SAMPLES if s.page])
def test_page_around_a_bulletin_is_set_apart(bulletin: Bulletin, sample: Any) -> None:
    text = bulletin.repaired.text
    chrome = [text[b.start : b.end] for b in bulletin.reading.blocks if b.kind is BlockKind.CHROME]
    assert sorted(chrome) == sorted([sample.page.nav, sample.page.tools, sample.page.footer])


# --- places, dates, genre --------------------------------------------------------------------------------------------


@each("primary")
def test_primary_regions(bulletin: Bulletin, sample: Any) -> None:
    assert [t.code for t in bulletin.regions.tags if t.role is Role.PRIMARY] == sample.truth["primary"]


@each("mentioned")
def test_mentioned_regions(bulletin: Bulletin, sample: Any) -> None:
    got, want = {t.code for t in bulletin.regions.tags}, sample.truth["mentioned"]
    for level in LEVELS:
        assert _at_level(got, level) == _at_level(want, level)


@each("published")
def test_published(bulletin: Bulletin, sample: Any) -> None:
    found = bulletin.dates.published
    if not sample.truth["published"]:
        assert found is None
    else:
        assert found is not None
        assert found.edtf in sample.truth["published"]


@each("events")
def test_events(bulletin: Bulletin, sample: Any) -> None:
    spans = [(e.earliest, e.latest) for e in bulletin.dates.events]
    missing = [day for day in sample.truth["events"] if not any(a <= day <= b for a, b in spans)]
    assert not missing, spans


@each("kind")
def test_kind(bulletin: Bulletin, sample: Any) -> None:
    assert bulletin.genre.kind == sample.truth["kind"]


@each("issuer", [s for s in SAMPLES if "issuer" in s.truth])
def test_issuer(bulletin: Bulletin, sample: Any) -> None:
    assert fold(bulletin.genre.issuer or "") == fold(sample.truth["issuer"])


@each("doc_number")
def test_document_number(bulletin: Bulletin, sample: Any) -> None:
    assert fold(bulletin.genre.doc_number or "") == fold(sample.truth.get("doc_number", ""))


@each("evidence")
def test_every_tag_quotes_the_received_text(bulletin: Bulletin, sample: Any) -> None:
    published = bulletin.dates.published
    tags = [*bulletin.regions.tags, *bulletin.dates.events, *([published] if published else [])]
    for tag in tags:
        assert tag.evidence
        for evidence in tag.evidence:
            assert evidence.text
            if evidence.where == "text":
                assert bulletin.received.text[evidence.start : evidence.end] == evidence.text


@each("variants", [s for s in SAMPLES if s.naive or s.truth["script"] == "Hans"])
def test_tags_do_not_depend_on_script_punctuation_or_glosses(sample: Any) -> None:
    clean = (ROOT / "tools" / "samples" / "texts" / sample.clean).read_text("utf-8")
    naive = TOOL.naive_traditional(clean)
    glossed = TOOL.MODELS["gloss"](naive, characters="".join(sorted(set(naive) - set(clean))))
    narrow = clean.translate(str.maketrans(NARROW))
    expected = _tags(clean)
    assert {name: _tags(text) for name, text in (("naive", naive), ("glossed", glossed), ("narrow", narrow))} == {
        "naive": expected,
        "glossed": expected,
        "narrow": expected,
    }


def _tags(text: str) -> dict[str, object]:
    received = receive.receive_bytes(text.encode(), "bulletins/variant.txt")
    assert isinstance(received, Received)
    bulletin = pipeline.process(received)
    return {
        "regions": [(t.code, t.role) for t in bulletin.regions.tags],
        "published": bulletin.dates.published and bulletin.dates.published.edtf,
        "events": [e.edtf for e in bulletin.dates.events],
        "kind": bulletin.genre.kind,
        "issuer": fold(bulletin.genre.issuer or ""),
        "number": fold(bulletin.genre.doc_number or ""),
    }


def _lines(text: str) -> list[str]:
    """The lines that hold something, without the white space around and between their words that layout gives."""
    kept = (re.sub(r"[ \t\u3000]+", " ", line).strip() for line in text.splitlines())
    return [line for line in kept if line]


def _at_level(codes: Iterable[str], level: str) -> set[str]:
    divisions = places.divisions()
    return {c for code in codes for c in places.lineage(code) if c in divisions and divisions[c].level == level}

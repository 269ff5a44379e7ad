"""The genre's terms: the table, where texts use them, that links nest in nothing, and the page.

Finder cases stand in tests/cases/glossary/finder.json: {term: its wordings in the text, in order}. In links.json stands
what a text is linked with, each with its offset.
"""

from __future__ import annotations

import json
import re
from functools import cache
from itertools import chain, pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jinja2 import ChoiceLoader, DictLoader, Environment, FileSystemLoader
from lxml import etree, html

from pelican_tongbao.labels import labels
from pelican_tongbao.pages import glossary as adapter
from tongbao.export import glossary, urls
from tongbao.export.marks import Mark, Marker
from tongbao.export.page import bulletin_page
from tongbao.folding import fold
from tongbao.model import Block, BlockKind, Edit
from tongbao.pipeline import run
from tongbao.script import to_hant

HERE = Path(__file__).parent
TEMPLATES = HERE.parent / "theme/templates"
FINDER = json.loads((HERE / "cases/glossary/finder.json").read_text("utf-8"))
LINKS = json.loads((HERE / "cases/glossary/links.json").read_text("utf-8"))
TERMS = glossary.terms()


def named(case: dict[str, Any]) -> str:
    return str(case["name"])


# --- the table -------------------------------------------------------------------------------------------------------


def test_ids_and_wordings_are_unique() -> None:
    assert len(TERMS) == len(glossary._table()["term"]) and min(TERMS) > 0
    wordings = [fold(wording) for term in TERMS.values() for wording in term.wordings]
    assert sorted(wordings) == sorted(set(wordings))


@pytest.mark.parametrize("term", TERMS.values(), ids=lambda t: t.term)
def test_a_term_is_whole(term: glossary.Term) -> None:
    assert term.section in {section.key for section in glossary.sections()}
    assert all(2 <= len(wording) <= 24 and wording == wording.strip() for wording in term.wordings)
    assert 8 <= len(term.hans) <= 130 and term.hans.endswith("。")
    assert 20 <= len(term.en) <= 330 and term.en.endswith(".")
    assert 3 <= len(term.english) <= 60
    assert term.id not in term.see and len(set(term.see)) == len(term.see) and set(term.see) <= set(TERMS)
    assert all(re.fullmatch(r"\d{4}(-\d\d){0,2}", day) for day in (term.since, term.until) if day)
    assert not (term.since and term.until) or term.since <= term.until
    assert not re.search("[,;:?!()]", term.hans), "Chinese punctuation in Chinese"


def test_sections_are_used_and_named() -> None:
    keys = [section.key for section in glossary.sections()]
    assert len(set(keys)) == len(keys) and set(keys) == {term.section for term in TERMS.values()}
    assert all(section.hans and section.en for section in glossary.sections())


def test_every_wording_is_found() -> None:
    """Even between characters that begin and end no word."""
    for term in TERMS.values():
        for wording in term.wordings:
            found = glossary.occurrences(fold(f"〇{wording}〇"))
            assert [each for _, _, each in found] == ([term.id] if term.linked else []), wording


# --- where texts use them --------------------------------------------------------------------------------------------


def found(text: str) -> dict[str, list[str]]:
    words: dict[str, list[str]] = {}
    for start, end, term in glossary.occurrences(fold(text)):
        words.setdefault(TERMS[term].term, []).append(text[start:end])
    return words


@pytest.mark.parametrize("case", FINDER, ids=named)
def test_finder(case: dict[str, Any]) -> None:
    assert found(case["text"]) == case["found"]


@pytest.mark.parametrize("case", [c for c in FINDER if "\ud83d" not in c["text"]], ids=named)
def test_finder_in_traditional(case: dict[str, Any]) -> None:
    text = to_hant(case["text"])
    assert {term: [fold(w) for w in words] for term, words in found(text).items()} == {
        term: [fold(w) for w in words] for term, words in case["found"].items()
    }


def lines(text: str, kinds: list[str] | None = None) -> list[Block]:
    spans = [(m.start(), m.end()) for m in re.finditer(r"[^\n]+", text)]
    return [Block(BlockKind(k), *span) for k, span in zip(kinds or ["paragraph"] * len(spans), spans, strict=True)]


@pytest.mark.parametrize("case", LINKS, ids=named)
def test_links(case: dict[str, Any]) -> None:
    text = case["text"]
    marks = [Mark(kind, n, start, end) for n, (kind, start, end) in enumerate(case.get("marks", ()), 1)]
    edits = [Edit("x", start, end, text[start:end], "，") for start, end in case.get("edits", ())]
    made = glossary.links(text, lines(text, case.get("kinds")), marks, edits)
    assert ([f"{text[m.start : m.end]}{m.start}" for m in made] == case["linked"]) != case.get("not", False)


# --- links nest in nothing -------------------------------------------------------------------------------------------

PIECES = ["动态清零", "封控", "次密接", "外防输入、内防反弹", "要", "，", "\n"]


@st.composite
def texts(draw: st.DrawFn) -> tuple[str, list[Mark], list[Edit]]:
    """A text with terms, any marks and any punctuation edits that do not leave their line."""
    text = "".join(draw(st.lists(st.sampled_from(PIECES), max_size=8)))
    place = st.integers(0, len(text))
    spans = draw(st.lists(st.tuples(st.sampled_from(["repair", "suggestion", "evidence"]), place, place), max_size=6))
    marks = [Mark(kind, n, min(a, b), max(a, b)) for n, (kind, a, b) in enumerate(spans, 1)]
    cuts = sorted(draw(st.sets(place, max_size=5)))
    chosen = [(a, b) for a, b in pairwise(cuts) if "\n" not in text[a:b] and draw(st.booleans())]
    return text, marks, [Edit("x", a, b, text[a:b], "…") for a, b in chosen]


@cache
def macro() -> Any:
    environment = Environment(loader=FileSystemLoader(TEMPLATES), autoescape=True, trim_blocks=True, lstrip_blocks=True)
    return environment.get_template("_text.html").module


def shown(marker: Marker, blocks: list[Block], side: str = "text", address: str = "../../glossary/") -> list[str]:
    words = labels("zh-hans")
    return [str(macro().run(marker.block(b.start, b.end), side, words, address)) for b in blocks]


@settings(max_examples=200, deadline=None)
@given(texts())
def test_no_link_in_a_link(given_: tuple[str, list[Mark], list[Edit]]) -> None:
    text, marks, edits = given_
    blocks = lines(text)
    terms = list(glossary.links(text, blocks, marks, edits))
    out = shown(Marker(text, [*marks, *terms], edits), blocks)
    for line in out:
        tree = etree.fromstring(f"<p>{line}</p>")  # strict: what is open is closed, in order
        assert not tree.xpath("//a//a")
    # A link is in one piece, and without links the page is what it was.
    assert "".join(out).count('class="term"') == len(terms) == len({m.number for m in terms})
    bare = "\n".join(shown(Marker(text, [*marks, *terms], edits), blocks, address=""))
    assert bare == "\n".join(shown(Marker(text, marks, edits), blocks))


def test_a_term_that_holds_a_repair_would_nest() -> None:
    """What the rule keeps out is real: a term marked without it holds the link of the repair's sign."""
    marks = [Mark("repair", 1, 1, 2), Mark(glossary.TERM, 2, 0, 4)]
    (line,) = shown(Marker("动态清零", marks), lines("动态清零"))
    assert etree.fromstring(f"<p>{line}</p>").xpath("//a//a")


@pytest.mark.shared
def test_links_of_real_texts(shared: Path) -> None:
    """Some links, not too many, and none in the text as received, in titles or in chrome."""
    for bulletin in run(shared / "seeds").bulletins:
        counts = set()
        for language in urls.LANGUAGES:
            page = bulletin_page(bulletin, language)
            linked = [
                t for line in page.lines for t in line.tokens if t.kind == "open" and t.mark.kind == glossary.TERM
            ]
            others = chain(page.received.tokens, *(line.tokens for line in (*page.headline, *page.chrome)))
            assert not any(t.mark and t.mark.kind == glossary.TERM for t in others)
            assert len({t.mark.number for t in linked}) == len(linked)
            counts.add(len(linked))
        assert len(counts) == 1 and 2 <= counts.pop() <= 40


# --- the page --------------------------------------------------------------------------------------------------------

BASE = "<main>{% block description %}{% endblock %}{% block main %}{% endblock %}</main>"


def rendered(language: str) -> Any:
    loader = ChoiceLoader([DictLoader({"base.html": BASE}), FileSystemLoader(TEMPLATES)])
    environment = Environment(loader=loader, autoescape=True, trim_blocks=True, lstrip_blocks=True)
    tag = {"zh-hans": "zh-Hans", "zh-hant": "zh-Hant", "en": "en"}[language]
    context = {"t": labels(language), "lang": tag, "language": language, "zh": str, **adapter.view(language)}
    return html.fromstring(environment.get_template("glossary.html").render(context))


@pytest.mark.parametrize("language", urls.SITE_LANGUAGES)
def test_page(language: str) -> None:
    page = rendered(language)
    anchors = page.xpath("//@id")
    assert len(set(anchors)) == len(anchors)
    assert {a[1:] for a in page.xpath("//main//a/@href")} <= set(anchors)
    assert {f"t{number}" for number in TERMS} <= set(anchors)
    assert len(page.xpath("//dt")) == len(TERMS) == adapter.view(language)["total"]


def test_page_in_three_languages() -> None:
    number = next(t.id for t in TERMS.values() if t.term == "四方责任")
    entries = {each: rendered(each).get_element_by_id(f"t{number}") for each in urls.SITE_LANGUAGES}
    assert entries["zh-hans"].text_content() == "四方责任"
    assert entries["zh-hant"].text_content() == "四方責任"
    assert entries["en"].text_content() == "四方责任 responsibilities of the four parties"
    assert entries["en"].xpath("./span/@lang") == ["zh-Hans"] and not entries["zh-hant"].xpath(".//@lang")


def test_periods() -> None:
    def said(language: str, term: str) -> list[str]:
        number = next(t.id for t in TERMS.values() if t.term == term)
        notes = rendered(language).get_element_by_id(f"t{number}").getparent().xpath("./dd[@class='note']")
        return [
            note.text_content()
            for note in notes
            if note.text_content().startswith(labels(language)["glossary"]["years"])
        ]

    assert said("zh-hant", "乙类甲管") == ["時間：2020年1月20日至2023年1月8日"]
    assert said("en", "乙类甲管") == ["In use: 2020-01-20 to 2023-01-08"]
    assert said("en", "乙类乙管") == ["In use: from 2023-01-08"]
    assert said("zh-hans", "三非") == []


def test_labels_have_the_same_keys() -> None:
    keys = [list(labels(language)["glossary"]) for language in urls.SITE_LANGUAGES]
    assert keys[0] == keys[1] == keys[2]

"""Citations and the metadata of a page, read back by independent parsers; cases in tests/cases/citation."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Callable
from dataclasses import fields, replace
from datetime import date
from pathlib import Path
from typing import Any

import bibtexparser
import citeproc
import extruct
import pytest
import rispy
from bibtexparser.middlewares import LatexDecodingMiddleware
from citeproc.source.json import CiteProcJSON
from hypothesis import example, given, settings
from hypothesis import strategies as st
from lxml import etree
from pylatexenc.latex2text import LatexNodes2Text, MacroTextSpec, get_default_latex_context_db

from tongbao.export import citation, linked
from tongbao.export.citation import Cited, Words

CASES = Path(__file__).parent / "cases/citation"
TABLE: dict[str, Any] = json.loads((CASES / "citations.json").read_text("utf-8"))
DATES: list[dict[str, Any]] = json.loads((CASES / "issued.json").read_text("utf-8"))
REGIONS = (("某<省>", "430000"), ("某县", "431121"))
FULL = TABLE["cases"][0]["cited"]

cases = pytest.mark.parametrize("case", TABLE["cases"], ids=lambda case: case["name"])

# What breaks formats: brackets, escapes, comments, line ends, ends of elements, other planes, turns of direction.
HOSTILE = st.text(
    st.one_of(
        st.sampled_from("{}\\%#$&_^~\"'<>|@=,;:/-[]()\n\r\t\x00\x85\u2028\u202e\u2066\u200b𠮷𝟏\U0001f6a8通报a1 "),
        st.characters(),
    ),
    min_size=1,
    max_size=30,
).filter(lambda text: bool(text.strip()))


def cited(values: dict[str, Any], **more: Any) -> Cited:
    found = {**TABLE["base"], **values, **more}
    if found.get("fetched"):
        found["fetched"] = date.fromisoformat(found["fetched"])
    return Cited(**found)


def arguments(case: dict[str, Any]) -> tuple[Cited, Words | None, date | None]:
    accessed = date.fromisoformat(case["accessed"]) if "accessed" in case else None
    return cited(case["cited"]), citation.WORDS[case["words"]] if "words" in case else None, accessed


def check(found: dict[str, Any], expected: dict[str, Any]) -> None:
    """Each expected value is there; None says that there must be none."""
    assert {name: found.get(name) for name in expected} == expected


# --- the parsers -----------------------------------------------------------------------------------------------------


def _decoder() -> LatexNodes2Text:
    """TeX to text, with LaTeX's names of the braces, which pylatexenc does not know."""
    known = get_default_latex_context_db()
    braces = [MacroTextSpec("textbraceleft", "{"), MacroTextSpec("textbraceright", "}")]
    known.add_context_category("braces", prepend=True, macros=[*braces, MacroTextSpec("textasciicircum", "^")])
    return LatexNodes2Text(latex_context=known, math_mode="verbatim")


DECODER = _decoder()


def written(name: str) -> Callable[..., str]:
    """The citation in a format as text: of(cited, words, accessed)."""

    def of(cited: Cited, words: Words | None = None, accessed: date | None = None) -> str:
        return citation.write(citation.FORMATS[name](cited, words), accessed)

    return of


gbt7714, bibtex, ris, csl_json = map(written, citation.FORMATS)


def read_bibtex(text: str) -> dict[str, str]:
    """The one entry, its TeX decoded (but for the addresses, which are verbatim)."""
    verbatim = bibtexparser.parse_string(text)
    decoded = bibtexparser.parse_string(text, append_middleware=[LatexDecodingMiddleware(decoder=DECODER)])
    assert not verbatim.failed_blocks and not decoded.failed_blocks and len(verbatim.blocks) == 1
    (entry,), (read,) = verbatim.entries, decoded.entries
    assert len({f.key for f in entry.fields}) == len(entry.fields)
    plain = {f.key: str((entry if f.key in ("url", "author") else read)[f.key]) for f in entry.fields}
    return {"type": entry.entry_type, "key": entry.key, **plain}


def read_ris(text: str) -> dict[str, Any]:
    (record,) = rispy.loads(text)
    assert not record.get("unknown_tag")
    return dict(record)


def page(target: Cited, words: Words | None = None) -> str:
    """A page as a template would write it."""
    metas = (
        *linked.citation_metas(target),
        *linked.dcterms_metas(target, REGIONS, words),
        *linked.open_graph_metas(target, words),
    )
    head = "".join(f'<meta {m.attribute}="{m.key}" content="{html.escape(m.content)}">' for m in metas)
    schema = f'<link rel="{linked.SCHEMA[0]}" href="{linked.SCHEMA[1]}">'
    data = linked.json_ld(target, REGIONS, None, words)
    script = f'<script type="application/ld+json">{data}</script>'
    return f"<!doctype html><html><head><meta charset=utf-8>{schema}{head}{script}</head><body><p>.</p></body></html>"


def read_page(text: str) -> tuple[dict[str, Any], dict[str, str], dict[str, str]]:
    """The JSON-LD node, the terms of Dublin Core (the first of each) and the properties of Open Graph."""
    found = extruct.extract(text, syntaxes=["json-ld", "dublincore", "opengraph"])
    (node,), (core,), (graph,) = found["json-ld"], found["dublincore"], found["opengraph"]
    terms: dict[str, str] = {}
    for element in (*core["elements"], *core["terms"]):
        terms.setdefault(element["name"], element["content"])
    return node, terms, dict(graph["properties"])


def metas(text: str) -> dict[str, str]:
    """The first content of each name and property, as lxml reads them."""
    found: dict[str, str] = {}
    for element in etree.HTML(text).iter("meta"):
        name = element.get("name") or element.get("property")
        if name:
            found.setdefault(name, element.get("content"))
    return found


# --- cases -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("case", DATES, ids=lambda case: repr(case["edtf"]))
def test_issued_says_no_more_than_is_known(case: dict[str, Any]) -> None:
    when = citation.issued(case["edtf"])
    if case["first"] is None:
        assert when is None
        return
    assert when is not None
    last = list(when.last) if when.last else None
    assert (list(when.first), last, when.sure) == (case["first"], case["last"], case["sure"])
    assert list(when.certain) == case["certain"]


@cases
def test_gbt7714(case: dict[str, Any]) -> None:
    assert gbt7714(*arguments(case)) == case["gbt7714"]


@cases
def test_bibtex(case: dict[str, Any]) -> None:
    target, words, accessed = arguments(case)
    entry = read_bibtex(bibtex(target, words, accessed))
    check(entry, case["bibtex"])
    assert entry["key"] == f"tongbao-a1b2-{target.view}"
    assert (entry["title"], entry["note"]) == (target.title, citation.note(target, words))
    assert entry.get("url") == target.address


@cases
def test_ris(case: dict[str, Any]) -> None:
    target, words, accessed = arguments(case)
    text = ris(target, words, accessed)
    assert text.endswith("ER  - \r\n") and "\n" not in text.replace("\r\n", "")
    record = read_ris(text)
    check(record, case["ris"])
    assert (record["title"], record["language"]) == (target.title, target.language)
    assert record["notes"] == [citation.full_note(target, words)]
    assert record.get("urls") == ([target.address] if target.address else None)


@cases
def test_csl_json(case: dict[str, Any]) -> None:
    target, words, accessed = arguments(case)
    (item,) = json.loads(csl_json(target, words, accessed))
    check(item, case["csl"])
    assert item == citation.csl_item(target, words, accessed)
    assert (item["title"], item["note"]) == (target.title, citation.full_note(target, words))


@cases
def test_metas(case: dict[str, Any]) -> None:
    target, words, _ = arguments(case)
    text = page(target, words)
    found = metas(text)
    check(found, case["metas"])
    assert {found[name] for name in ("citation_title", "DCTERMS.title", "og:title")} == {target.title}
    _, terms, graph = read_page(text)
    for name in ("title", "creator", "issued", "language", "type", "source", "isVersionOf", "provenance"):
        assert terms.get(f"DCTERMS.{name}") == found.get(f"DCTERMS.{name}")
    assert graph["og:type"] == "article" and graph.get("og:url") == target.address


@cases
def test_json_ld(case: dict[str, Any]) -> None:
    target, words, _ = arguments(case)
    node, _, _ = read_page(page(target, words))
    check(node, case["json_ld"])
    assert (node["headline"], node["version"], node["inLanguage"]) == (target.title, target.build, target.language)
    assert node["isBasedOn"]["sha256"] == target.sha256
    assert [(p["name"], p["identifier"]["value"]) for p in node["spatialCoverage"]] == list(REGIONS)
    assert {p["identifier"]["propertyID"] for p in node["spatialCoverage"]} == {"GB/T 2260"}


@cases
@pytest.mark.parametrize("name", citation.FORMATS)
def test_every_citation_states_view_repairs_and_build(case: dict[str, Any], name: str) -> None:
    target, words, accessed = arguments(case)
    text = citation.write(citation.FORMATS[name](target, words), accessed)
    words = words or citation.WORDS[target.language]
    assert words.views[target.view] in text and target.build in text
    assert re.search(rf"(?<!\d){target.repairs}(?!\d)", text.replace(target.build, "").replace(target.sha256, ""))


@cases
@pytest.mark.parametrize("name", citation.FORMATS)
def test_a_script_writes_what_the_library_would(case: dict[str, Any], name: str) -> None:
    target, words, _ = arguments(case)
    address, day = "https://archive.example/a%7Bb/#p3", date(2026, 3, 4)
    pieces = citation.FORMATS[name](replace(target, address=None), words)
    assert all(bool(p.text) != bool(p.fill) for p in pieces)
    filled = citation.write(pieces, day, address)
    known = citation.write(citation.FORMATS[name](replace(target, address=address), words), day)
    if name == "csl-json":  # the order of the fields is not the same
        assert json.loads(filled) == json.loads(known)
    elif name == "ris":
        assert read_ris(filled) == read_ris(known)
    else:
        assert filled == known
    assert address in filled and "$" not in filled


@pytest.mark.parametrize("name", citation.FORMATS)
@pytest.mark.parametrize(("part", "slots"), [("", 1), ("#received", 0)])
def test_the_address_of_the_page_itself_may_go_on_to_a_paragraph(name: str, part: str, slots: int) -> None:
    target = cited(FULL, address=f"https://archive.example/a/{part}")
    pieces = citation.FORMATS[name](target, None)
    at = [place for place, piece in enumerate(pieces) if piece.fill == "$P"]
    assert len(at) == slots and all(pieces[place - 1].text.endswith("/a/") for place in at)
    assert "$P" not in citation.write(pieces, date(2026, 3, 4))


# --- the parts of it that no parser checks ---------------------------------------------------------------------------


def test_words_are_complete() -> None:
    for words in citation.WORDS.values():
        assert set(words.views) == set(citation.VIEWS)
        assert all(getattr(words, field.name) for field in fields(Words))
        assert len(set(words.views.values())) == len(citation.VIEWS)
    patterns = {
        field.name: getattr(citation.WORDS["en"], field.name) for field in fields(Words) if field.name != "views"
    }
    for words in citation.WORDS.values():
        for name, pattern in patterns.items():
            assert re.findall(r"\{\w*\}", getattr(words, name)) == re.findall(r"\{\w*\}", pattern)


def test_a_full_note_names_what_checks_the_text() -> None:
    told = citation.full_note(cited(FULL))
    assert all(
        part in told for part in ("3.1%", "某县日报", "http://news.example/", "2022-01-02", TABLE["base"]["sha256"])
    )
    assert "None" not in citation.full_note(cited({}))


def test_two_views_and_two_ids_have_different_keys() -> None:
    ids = ("000", "通报", "通報", "a b", "a{b")
    keys = {read_bibtex(bibtex(cited(FULL, id=i, view=v)))["key"] for i in ids for v in citation.VIEWS}
    assert len(keys) == len(ids) * len(citation.VIEWS)


@pytest.mark.parametrize("kind", ["news", "commentary", "notice", "meeting", "press-conference", "policy", None])
def test_zotero_gets_a_report_or_a_page_never_an_article(kind: str | None) -> None:
    """Its translator: og:type `website` would make anything a web page, DCTERMS.type `Text` a journal's article."""
    found = metas(page(cited(FULL, kind=kind, number=None)))
    report = kind not in ("news", "commentary", None)
    assert (found["DCTERMS.type"], found["og:type"]) == ("Report" if report else "Webpage", "article")
    assert ("citation_technical_report_institution" in found) is report
    assert "DCTERMS.publisher" not in found


def test_csl_json_is_of_its_vocabulary() -> None:
    folder = Path(citeproc.__file__).parent / "data/schema/schemas/styles"
    types = set(re.findall(r'"([\w-]+)"', (folder / "csl-types.rnc").read_text("utf-8")))
    names = set(re.findall(r'"([\w-]+)"', (folder / "csl-variables.rnc").read_text("utf-8")))
    assert {"report", "issued"} <= types | names
    for case in TABLE["cases"]:
        item = citation.csl_item(*arguments(case))
        assert item.pop("type") in types
        assert set(item) - {"id"} <= names
        for name in ("issued", "accessed"):
            for parts in item.get(name, {}).get("date-parts", []):
                assert 1 <= len(parts) <= 3 and all(type(part) is int for part in parts)


STYLE = """<style xmlns="http://purl.org/net/xbiblio/csl" version="1.0" class="in-text" default-locale="en-US">
<info><title>Test</title><id>test</id><updated>2026-01-01T00:00:00+00:00</updated></info>
<citation><layout><text variable="title"/></layout></citation>
<bibliography><layout><group delimiter="|"><names variable="author"><name/></names><text variable="title"/>
<text variable="number"/><date variable="issued"><date-part name="year"/></date><text variable="URL"/></group></layout>
</bibliography></style>"""


def test_a_citation_processor_reads_csl_json(tmp_path: Path) -> None:
    path = tmp_path / "test.csl"
    path.write_text(STYLE, "utf-8")
    source = CiteProcJSON(json.loads(csl_json(cited(FULL))))
    style = citeproc.CitationStylesStyle(str(path), validate=False)
    shown = citeproc.CitationStylesBibliography(style, source, citeproc.formatter.plain)
    shown.register(citeproc.Citation([citeproc.CitationItem("tongbao-a1b2-hans")]))
    (entry,) = map(str, shown.bibliography())
    parts = ["某县指挥部", "关于调整风险等级的通告", "某防办〔2021〕5号", "2021", TABLE["base"]["address"]]
    assert entry == "|".join(parts)


# --- hostile text ----------------------------------------------------------------------------------------------------


def everywhere(text: str) -> Cited:
    more = {"issuer": text, "site": text, "number": text, "archive": text, "build": text, "original": text, "id": text}
    return cited({"kind": "notice", "published": "2021-12-24"}, title=text, **more)


def hostile(test: Callable[[str], None]) -> Callable[[], None]:
    for text in (
        "}, evil = {x",
        "</script><!--<script>",
        "\\}\\{%#",
        "\"'&quot;",
        "\u202e通\u2066报",
        "ER  - \nTY  - BOOK",
    ):
        test = example(text)(test)
    found: Callable[[], None] = settings(max_examples=60, deadline=None)(given(HOSTILE)(test))
    return found


def same(text: str) -> str:
    """Without regard to how much space there is, as the parsers have it."""
    return re.sub(r"\s+", " ", text).strip()


@hostile
def test_any_text_through_bibtex(text: str) -> None:
    entry = read_bibtex(bibtex(everywhere(text)))
    shown = same(citation.line(text))
    assert [same(entry[name]) for name in ("title", "institution", "number")] == [shown] * 3
    assert set(entry) <= {
        "type",
        "key",
        "author",
        "title",
        "institution",
        "number",
        "year",
        "month",
        "date",
        "langid",
        "note",
        "url",
    }


@hostile
def test_any_text_through_ris(text: str) -> None:
    record = read_ris(ris(everywhere(text)))
    shown = same(citation.line(text))
    # What SN means depends on the type; rispy always says ISSN.
    assert [same(record[name]) for name in ("title", "publisher", "issn")] == [shown] * 3
    assert record["type_of_reference"] == "RPRT"


@hostile
def test_any_text_through_csl_json(text: str) -> None:
    (item,) = json.loads(csl_json(everywhere(text)))
    assert item["title"] == item["number"] == item["author"][0]["literal"] == citation.line(text)


@hostile
def test_any_text_through_a_page(text: str) -> None:
    target = everywhere(text)
    whole = page(target)
    node, terms, graph = read_page(whole)
    shown = citation.line(text)
    assert node["headline"] == node["author"]["name"] == node["reportNumber"] == shown
    assert same(terms["DCTERMS.title"]) == same(graph["og:title"]) == same(shown)
    assert metas(whole)["citation_title"] == shown
    data = linked.json_ld(target, REGIONS)
    assert not set("<>&\u2028\u2029") & set(data) and json.loads(data) == linked.json_ld_node(target, REGIONS)


@hostile
def test_any_text_is_one_line_of_gbt7714(text: str) -> None:
    entry = gbt7714(everywhere(text))
    assert len(entry.splitlines()) == 1
    assert not re.search("[\x00-\x1f\u200b-\u200f\u2028-\u202e\u2066-\u2069]", entry)

"""Dates: expressions, the day of publication, events; cases in tests/cases/dates, properties, and the shared labels."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Sequence
from dataclasses import asdict
from datetime import date
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tongbao import dates
from tongbao.dates.anchors import anchors, outbreaks
from tongbao.dates.expressions import Expression, Partial, scan
from tongbao.dates.numerals import number
from tongbao.model import DateTag, DateTags, Document, HtmlMeta, Reading, Sidecar
from tongbao.script import fold, to_hant

CASES = Path(__file__).parent / "cases" / "dates"


def load(name: str) -> list[dict[str, Any]]:
    return json.loads((CASES / f"{name}.json").read_text("utf-8"))


def document(text: str, url: str | None = None, meta: Sequence[Sequence[str]] = ()) -> Document:
    html = HtmlMeta(None, tuple((a, b) for a, b in meta)) if meta else None
    return Document(text, fold(text), Reading(()), Sidecar(url=url), html)


def tag(case: dict[str, Any]) -> DateTags:
    return dates.tag(document(case["text"], case.get("url"), case.get("meta", ())), case["regions"])


def written(point: Partial | None) -> str:
    if point is None or point == Partial():
        return ""
    return "-".join("" if part is None else str(part) for part in (point.year, point.month, point.day))


def told(text: str, expression: Expression, wanted: dict[str, Any]) -> dict[str, Any]:
    """The expression, as far as the case says something about it."""
    found = {"span": text[expression.start : expression.end], "first": written(expression.first)}
    found["last"] = written(expression.last)
    shift = asdict(expression.shift) if expression.shift else {}
    extras = {"lunar": list(expression.lunar or ()), "hours": list(expression.hours or ()), **shift}
    extras |= {"weekday": expression.weekday, "clock": expression.clock}
    return {name: (found | extras).get(name) for name in {"span", "first", *wanted}}


@pytest.mark.parametrize("case", load("expressions"), ids=lambda c: c["text"])
def test_expressions(case: dict[str, Any]) -> None:
    found = scan(fold(case["text"]))
    assert len(found) == len(case["found"]), found
    assert [told(case["text"], e, w) for e, w in zip(found, case["found"], strict=True)] == case["found"]


@pytest.mark.parametrize("case", load("publication"), ids=lambda c: c["name"])
def test_publication(case: dict[str, Any]) -> None:
    found = tag(case).published
    assert (found and found.edtf) == case["published"], found
    if "rule" in case:
        assert found and found.rule == case["rule"]


@pytest.mark.parametrize("case", load("events"), ids=lambda c: c["name"])
def test_events(case: dict[str, Any]) -> None:
    assert [[e.edtf, e.role] for e in tag(case).events] == case["events"]


def every_tag(found: DateTags) -> list[DateTag]:
    return [*([found.published] if found.published else []), *found.events]


@pytest.mark.parametrize("case", load("publication") + load("events"), ids=lambda c: c["name"])
def test_every_tag_shows_why(case: dict[str, Any]) -> None:
    for found in every_tag(tag(case)):
        assert found.rule and found.evidence
        assert date.fromisoformat(found.earliest) <= date.fromisoformat(found.latest)
        for span in found.evidence:
            assert span.text and (span.where != "text" or case["text"][span.start : span.end] == span.text)


@pytest.mark.parametrize("case", load("publication"), ids=lambda c: c["name"])
def test_traditional_gives_the_same(case: dict[str, Any]) -> None:
    other = tag(case | {"text": to_hant(case["text"])}).published
    here = tag(case).published
    assert (here and (here.edtf, here.rule)) == (other and (other.edtf, other.rule))


@given(st.integers(1, 31))
@settings(max_examples=31)
def test_numerals(value: int) -> None:
    tens, ones = divmod(value, 10)
    digits = " 一二三四五六七八九"
    chinese = ("" if tens < 2 else digits[tens]) + ("十" if tens else "") + (digits[ones] if ones else "")
    assert number(chinese) == number(str(value)) == value


@given(st.dates(date(1990, 1, 1), date(2049, 12, 31)))
@settings(max_examples=60)
def test_a_written_day_is_read(day: date) -> None:
    for text in (f"{day.year}年{day.month}月{day.day}日", day.isoformat(), f"{day.year}/{day.month}/{day.day}"):
        assert [e.first for e in scan(text)] == [Partial(day.year, day.month, day.day)]


@given(st.text("0123456789年月日〇一二十廿元正腊初-/.:至 (星期)时、。\n讯本报昨次", max_size=80))
@settings(max_examples=150)
def test_any_text_is_tagged(text: str) -> None:
    found = scan(text)
    assert all(a.end <= b.start for a, b in pairwise(found))
    assert all(0 <= e.start < e.end <= len(text) for e in found)
    for item in every_tag(dates.tag(document(text), ("450000",))):
        assert item.evidence


@pytest.mark.parametrize("unit", ["2022年", "1", "十", "12月24—25日", "新冠", " ", "《", "9月1日讯\n", "(2021年第1号)"])
def test_long_hostile_text_takes_linear_time(unit: str) -> None:
    text = unit * (8_000_000 // len(unit))
    began = time.process_time()
    dates.tag(document_of_folded(text), ("450000",))
    assert time.process_time() - began < 8


def document_of_folded(text: str) -> Document:
    return Document(text, text, Reading(()))


def test_tables_are_sound() -> None:
    facts = anchors()
    assert len({(a.id, a.place) for a in facts}) == len(facts)
    for anchor in facts:
        assert anchor.after <= anchor.before, anchor.id
        assert anchor.pattern.pattern == fold(anchor.pattern.pattern), f"{anchor.id}: write the pattern in folded form"
        assert re.fullmatch(r"\d{6}|", anchor.place)
    for outbreak in outbreaks():
        assert outbreak.after < outbreak.before and (outbreak.before - outbreak.after).days < 200, outbreak.id


@pytest.mark.shared
def test_seeds(shared: Path) -> None:
    for path in sorted((shared / "cases" / "seeds_tagging").glob("*.json")):
        case = json.loads(path.read_text("utf-8"))
        text = (shared / "cases" / "seeds_repaired" / f"{path.stem}.txt").read_text("utf-8")
        found = dates.tag(document(text), about(case["gold"]["primary"])).published
        assert found and found.edtf in allowed(case["gold"]), path.stem


@pytest.mark.shared
def test_labelled_bulletins(shared: Path) -> None:
    right: dict[str, list[bool]] = {"explicit": [], "partial+evidence": [], "none": []}
    wrong = total = 0
    for path in sorted((shared / "cases" / "tagging").glob("*.json")):
        case = json.loads(path.read_text("utf-8"))
        text = case["text"] if case["title"] in case["text"] else f"{case['title']}\n{case['text']}"
        found = dates.tag(document(text), about(case["gold"]["primary"])).published
        good = (found.edtf if found else None) in (allowed(case["gold"]) or {None})
        right[case["gold"]["date_basis"]].append(good)
        wrong += found is not None and not good
        total += 1
    # The reading of the structure is missing here: with it, one more explicit day is found.
    assert sum(right["explicit"]) >= 0.94 * len(right["explicit"])
    assert sum(right["partial+evidence"]) >= 0.85 * len(right["partial+evidence"])
    assert all(right["none"]) and wrong <= 0.02 * total


def about(codes: Sequence[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(c for code in codes for c in (code, code[:4] + "00", code[:2] + "0000")))


def allowed(gold: dict[str, Any]) -> set[str]:
    return {gold["publication_date"], *gold["publication_date_alt"]} - {None}

"""Edit lists: replay, undo, inversion, composition and offsets, on generated texts and edits."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tongbao.edits import EditError, OffsetMap, apply, compose, invert, undo
from tongbao.model import Edit, EditEvidence

TEXT = st.text("疫情ab?(),\ud800🀄", max_size=20)


@st.composite
def edit_lists(draw: st.DrawFn, source: str, rule: str = "rule") -> tuple[Edit, ...]:
    """Sorted, non-overlapping edits of `source`: replacements, deletions and insertions, also at its ends."""
    cuts = sorted(draw(st.lists(st.integers(0, len(source)), max_size=8)))
    edits = []
    for start, end in list(pairwise(cuts))[::2]:
        after = draw(TEXT.filter(lambda text, before=source[start:end]: text != before))
        evidence = EditEvidence(reason=draw(st.sampled_from(["甲", "乙", ""])), gain=draw(st.none() | st.just(1.5)))
        edits.append(Edit(rule, start, end, source[start:end], after, draw(st.sampled_from([0.5, 1.0])), evidence))
    return tuple(edits)


@st.composite
def layers(draw: st.DrawFn) -> tuple[str, tuple[Edit, ...], tuple[Edit, ...]]:
    """A source text, edits of it, and edits of the result."""
    source = draw(TEXT)
    first = draw(edit_lists(source, "first"))
    return source, first, draw(edit_lists(apply(source, first), "second"))


@given(layers())
@settings(max_examples=300, deadline=None)
def test_undo_gives_the_source_back(case: tuple[str, tuple[Edit, ...], tuple[Edit, ...]]) -> None:
    source, edits, _ = case
    result = apply(source, edits)
    assert undo(result, edits) == source
    assert invert(invert(edits)) == edits
    assert apply(source, ()) == source


@given(layers())
@settings(max_examples=500, deadline=None)
def test_composition_is_one_after_the_other(case: tuple[str, tuple[Edit, ...], tuple[Edit, ...]]) -> None:
    source, first, second = case
    both = compose(first, second)
    result = apply(apply(source, first), second)
    assert apply(source, both) == result
    assert undo(result, both) == source
    if not second:
        assert both == first
    if not first:
        assert both == second


@given(layers(), st.data())
@settings(max_examples=500, deadline=None)
def test_offsets_carry_untouched_spans_exactly(
    case: tuple[str, tuple[Edit, ...], tuple[Edit, ...]], data: st.DataObject
) -> None:
    source, edits, _ = case
    result = apply(source, edits)
    carry = OffsetMap(edits)
    start = data.draw(st.integers(0, len(source)))
    end = data.draw(st.integers(start, len(source)))
    there = carry.to_result(start, end)
    assert 0 <= there[0] <= there[1] <= len(result)
    if start < end and not any((e.start < end and e.end > start) or start < e.start < end for e in edits):
        assert result[slice(*there)] == source[start:end]
        assert carry.to_source(*there) == (start, end)
    touched = [e for e in edits if e.start < end and e.end > start]
    if touched:
        inside = apply(source[touched[0].start : touched[-1].end], _moved(touched))
        assert inside in result[slice(*there)]


@given(layers(), st.data())
@settings(max_examples=300, deadline=None)
def test_offsets_are_monotone(case: tuple[str, tuple[Edit, ...], tuple[Edit, ...]], data: st.DataObject) -> None:
    source, edits, _ = case
    carry = OffsetMap(edits)
    start = data.draw(st.integers(0, len(source)))
    end = data.draw(st.integers(start, len(source)))
    wider = carry.to_result(max(0, start - 1), min(len(source), end + 1))
    narrow = carry.to_result(start, end)
    if start < end:
        assert wider[0] <= narrow[0] and narrow[1] <= wider[1]


def _moved(edits: list[Edit]) -> list[Edit]:
    by = edits[0].start
    return [Edit(e.rule, e.start - by, e.end - by, e.before, e.after) for e in edits]


@pytest.mark.parametrize(
    ("why", "edits"),
    [
        ("overlapping", [Edit("r", 0, 2, "疫情", ""), Edit("r", 1, 2, "情", "x")]),
        ("unsorted", [Edit("r", 1, 2, "情", "x"), Edit("r", 0, 1, "疫", "")]),
        ("another text before", [Edit("r", 0, 1, "情", "x")]),
        ("past the end", [Edit("r", 1, 4, "情防控", "x")]),
        ("backwards", [Edit("r", 2, 1, "", "x")]),
    ],
)
def test_edits_that_do_not_fit_are_refused(why: str, edits: list[Edit]) -> None:
    with pytest.raises(EditError, match="'r'"):
        apply("疫情", edits)


def test_composition_of_touching_edits_names_both() -> None:
    first = [Edit("gloss", 1, 5, "(yì)", "", 1.0, EditEvidence("注音"))]
    second = [Edit("comma", 2, 3, ",", "，", 0.9, EditEvidence("标点"))]
    assert [e.rule for e in compose(first, second)] == ["gloss", "comma"]
    replaced = [Edit("hole", 1, 2, "?", ",", 0.8, EditEvidence("缺字"))]
    again = [Edit("comma", 1, 2, ",", "，", 0.9, EditEvidence("标点"))]
    (merged,) = compose(replaced, again)
    assert (merged.rule, merged.before, merged.after, merged.confidence) == ("hole+comma", "?", "，", 0.8)
    assert merged.evidence.reason == "缺字；标点"

"""Marks over a text become tokens that nest, lose nothing and show no control character."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tongbao import edits as editing
from tongbao.export.marks import Mark, Marker, Token, plain
from tongbao.model import Edit

ALPHABET = "疫情防控,。(a1\n"


@st.composite
def marked_texts(draw: st.DrawFn) -> tuple[str, list[Mark], list[Edit], list[tuple[int, int]]]:
    """A text, marks anywhere in it, replacements, and blocks that no replacement crosses."""
    text = draw(st.text(ALPHABET, max_size=24))
    place = st.integers(0, len(text))
    spans = draw(st.lists(st.tuples(place, place), max_size=6))
    marks = [Mark("repair", n, min(span), max(span)) for n, span in enumerate(spans, 1)]
    cuts = sorted(draw(st.sets(place, max_size=6)) | {0, len(text)})
    replaced = [pair for pair in pairwise(cuts) if draw(st.booleans())]
    edits = [Edit("x", a, b, text[a:b], draw(st.text("，！", max_size=2))) for a, b in replaced]
    return text, marks, edits, list(pairwise(cuts)) if draw(st.booleans()) else [(0, len(text))]


def words(tokens: list[Token], restored: bool = True) -> str:
    """What the tokens show, or with `restored` off, what stood there."""
    shown = {"text": lambda t: t.text, "restored": lambda t: t.text if restored else t.was}
    return "".join(shown[token.kind](token) for token in tokens if token.kind in shown)


@settings(max_examples=150, deadline=None)
@given(marked_texts())
def test_tokens_nest_and_keep_the_text(given_: tuple[str, list[Mark], list[Edit], list[tuple[int, int]]]) -> None:
    text, marks, edits, blocks = given_
    marker = Marker(text, marks, edits)
    seen: list[Token] = []
    for start, end in blocks:
        tokens = list(marker.block(start, end))
        inside = [e for e in edits if start <= e.start and e.end <= end]
        shifted = [Edit("x", e.start - start, e.end - start, e.before, e.after) for e in inside]
        assert words(tokens) == editing.apply(text[start:end], shifted)
        assert words(tokens, restored=False) == text[start:end]
        stack = []
        for token in tokens:
            if token.kind == "open":
                stack.append(token.mark)
            elif token.kind == "close":
                assert stack.pop() == token.mark
        assert not stack
        seen += tokens
    firsts = [token.mark.number for token in seen if token.first and token.mark]
    assert sorted(firsts) == sorted({m.number for m in marks if blocks})


def shown(text: str, marks: list[Mark], edits: tuple[Edit, ...] = ()) -> str:
    out = []
    for token in Marker(text, marks, edits).block(0, len(text)):
        name = token.mark and f"{token.mark.kind[0]}{token.mark.number}"
        out.append(
            {"open": f"<{name}>", "close": f"</{name}>", "control": f"[{token.text}]"}.get(token.kind, token.text)
        )
    return "".join(out)


E, R = "evidence", "repair"


@pytest.mark.parametrize(
    ("text", "marks", "expected"),
    [
        ("疫情防控", [Mark(E, 1, 0, 2)], "<e1>疫情</e1>防控"),
        ("疫情防控", [Mark(E, 1, 0, 4), Mark(R, 1, 1, 2)], "<e1>疫<r1>情</r1>防控</e1>"),
        ("疫情防控", [Mark(E, 1, 0, 3), Mark(R, 1, 2, 4)], "<e1>疫情<r1>防</r1></e1><r1>控</r1>"),
        ("疫情", [Mark(R, 1, 1, 1)], "疫<r1></r1>情"),
        ("疫情", [Mark(R, 1, 2, 2)], "疫情<r1></r1>"),
        ("疫\u202e情\x00", [Mark(E, 1, 0, 2)], "<e1>疫[U+202E]</e1>情[U+0000]"),
        ("一\r\n二\r三", [], "一\r\n二[U+000D]三"),
        ("\ud800\U000e0041\ufffe", [], "[U+D800][U+E0041][U+FFFE]"),
    ],
)
def test_examples(text: str, marks: list[Mark], expected: str) -> None:
    assert shown(text, marks) == expected


def test_a_mark_grows_to_hold_the_edit_that_it_cuts() -> None:
    assert shown("他说...好", [Mark(E, 1, 3, 6)], (Edit("p", 2, 5, "...", "……"),)) == "他说<e1>……好</e1>"


@pytest.mark.parametrize("text", ["疫情防控", "A b\tc\n", "é ü 　「」", "한국어"])
def test_plain_leaves_ordinary_text(text: str) -> None:
    assert plain(text) == text


def test_plain_writes_controls_out() -> None:
    assert plain("a\u202eb\u200bc") == "a⟨U+202E⟩b⟨U+200B⟩c"

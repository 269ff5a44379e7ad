"""Likeness: copies, related bulletins, shared passages and differences, on cases and on generated texts."""

from __future__ import annotations

import json
import math
import subprocess
import sys
from collections.abc import Mapping
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tongbao.folding import fold
from tongbao.likeness import (
    Change,
    Likeness,
    Sketch,
    alignment,
    differences,
    relate,
    shared_passages,
    sketch,
)
from tongbao.likeness.letters import letters
from tongbao.likeness.relations import LEAST, MOST_RELATED
from tongbao.likeness.sketches import PASSAGE, minhash

CASES = json.loads((Path(__file__).parent / "cases/likeness/relations.json").read_text("utf-8"))
PASSAGES: dict[str, str] = CASES["passages"]
# The first of a sketch's numbers, as first made.
DIGEST, PRINTS = [739992845, 643219591], [30619181, 54588650]


LINK = ["@storm", "@advice", "@school"]


def joined(pieces: list[str]) -> str:
    return "".join(PASSAGES[piece[1:]] if piece.startswith("@") else piece for piece in pieces)


def related(texts: Mapping[str, str]) -> Likeness:
    return relate({name: sketch(text) for name, text in texts.items()})


def names(likeness: Likeness) -> dict[str, list[str]]:
    return {name: [other.id for other in others] for name, others in likeness.related.items()}


def plain(text: str) -> str:
    return letters(text).codes.tobytes().decode("utf-32-le")


@pytest.mark.parametrize("case", CASES["cases"], ids=lambda case: case["name"])
def test_relations(case: dict[str, Any]) -> None:
    found = related({name: joined(pieces) for name, pieces in case["texts"].items()})
    assert [list(group) for group in found.groups] == case["groups"]
    assert names(found) == case["related"]


def unlike(number: int, size: int = 600) -> str:
    """A text that shares nothing with those of other numbers."""
    return "".join(chr(0x4E00 + code) for code in np.random.default_rng(number).integers(0, 20_000, size))


def test_reprints_make_no_formula_of_a_passage_and_one_stands_for_all() -> None:
    copies = {f"copy{n:02}": PASSAGES["storm"] + PASSAGES["advice"] + f"转载{n}" for n in range(30)}
    found = related({"quotes": unlike(1) + PASSAGES["storm"], **copies})
    assert found.groups == (tuple(copies),)
    assert len(names(found).pop("quotes")) == 1
    assert all(names(found)[name] == ["quotes"] for name in copies)


def test_a_passage_tells_less_the_more_have_it_and_then_nothing() -> None:
    def best(count: int) -> int:
        found = related({f"{n:02}": unlike(n) + PASSAGES["storm"] + PASSAGES["advice"] for n in range(count)}).related
        assert all(len(others) == min(count - 1, MOST_RELATED) for others in found.values())
        return max((others[0].score for others in found.values()), default=0)

    scores = [best(count) for count in (2, 5, 9)]
    assert scores == sorted(scores, reverse=True)
    assert scores[2] >= LEAST
    assert best(26) == 0


def test_a_large_family_of_copies_is_one_group() -> None:
    texts = {f"{n:03}": joined(["@notice-a"]) + f"第{n}号" for n in range(300)}
    found = related({**texts, "other": PASSAGES["market"]})
    assert found.groups == (tuple(texts),)
    assert not found.related


def test_the_seeds_are_related_by_passages(shared: Path) -> None:
    texts = {path.name[:3]: path.read_text("utf-8") for path in (shared / "cases/seeds_repaired").glob("*.txt")}
    found = related(texts)
    assert found.groups == ()
    assert names(found) == {"000": ["003"], "003": ["000"]}
    sizes = [passage.letters for passage in shared_passages(texts["000"], texts["003"])]
    assert len(sizes) == 4
    assert min(sizes) >= PASSAGE
    # 000 and 001 have one formula in common, too little to relate them.
    assert len(shared_passages(texts["000"], texts["001"])) == 1
    assert shared_passages(texts["000"], texts["002"]) == ()


def test_a_sketch_is_the_same_everywhere() -> None:
    """In another process, with another seed for Python's own hashes; and small."""
    text = joined(["@storm", "@advice"])
    code = f"from tongbao.likeness import sketch; s = sketch({text!r}); print(s.signature.hex(), s.prints.hex())"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    here = sketch(text)
    assert done.stdout.split() == [here.signature.hex(), here.prints.hex()]
    assert len(here.signature) < 700
    assert len(here.prints) < len(text)
    # What these bytes are must not change unseen: stores hold them.
    assert minhash(here.signature).digest()[:2] == DIGEST
    assert np.frombuffer(here.prints, "<u4")[:2].tolist() == PRINTS


def similarity(a: Sketch, b: Sketch) -> float:
    """The estimated Jaccard index of two texts, by the library."""
    if not (a.signature and b.signature):
        return 0.0
    return float(minhash(a.signature).jaccard(minhash(b.signature)))


def test_sketches_of_both_scripts_and_widths_are_equal() -> None:
    assert sketch(PASSAGES["storm"]) == sketch(PASSAGES["storm-hant"])
    assert sketch("ＡＢ１２　中文") == sketch("ab12中文")
    assert sketch("，。 \n\ud800") == Sketch(b"", b"")


def test_a_start_without_comparisons_loads_no_library() -> None:
    code = "import sys, tongbao.likeness; print({'rensa', 'rapidfuzz'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "set()\n"


# Few characters, so that texts repeat themselves and each other; some that do not count, one in two scripts.
LETTERS = "防控疫会會a1"
TEXT = st.text(LETTERS + "，\n \ud800", max_size=120)


@st.composite
def related_texts(draw: st.DrawFn) -> tuple[str, str]:
    """Two texts that have some pieces in common."""
    pieces = draw(st.lists(TEXT, min_size=1, max_size=4))
    drawn = st.lists(st.sampled_from(pieces) | TEXT, max_size=5).map("".join)
    return draw(drawn), draw(drawn)


@given(st.text(LETTERS, min_size=PASSAGE, max_size=40), TEXT, TEXT, TEXT, TEXT)
@settings(deadline=None)
def test_a_shared_passage_shares_a_print(passage: str, a: str, b: str, c: str, d: str) -> None:
    first, second = sketch(a + passage + b), sketch(c + passage + d)
    assert np.intersect1d(np.frombuffer(first.prints, "<u4"), np.frombuffer(second.prints, "<u4")).size


@given(related_texts(), st.integers(1, 4) | st.integers(5, PASSAGE), st.sampled_from([1, 16]))
@example(("防控疫会", "防控，防控疫会"), 2, 1)
@example(("防控疫会", "防控疫，控疫会"), 2, 16)
@settings(deadline=None)
def test_passages_are_true_maximal_and_complete(texts: tuple[str, str], least: int, places: int) -> None:
    a, b = texts
    mine, other = plain(a), plain(b)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("tongbao.likeness.passages.MOST_PLACES", places)
        found = shared_passages(a, b, least)
    covered: set[int] = set()
    for passage in found:
        start, end, to, till, size = passage
        assert plain(a[start:end]) == plain(b[to:till])
        assert size == len(plain(a[start:end])) >= least
        assert plain(a[start]) and plain(a[end - 1]) and plain(b[to]) and plain(b[till - 1])
        i, j = len(plain(a[:start])), len(plain(b[:to]))
        assert i == 0 or j == 0 or mine[i - 1] != other[j - 1]
        assert mine[i + size : i + size + 1] != other[j + size : j + size + 1] or i + size == len(mine)
        covered.update(range(i, i + size - least + 1))
    assert covered >= {i for i in range(len(mine) - least + 1) if mine[i : i + least] in other}
    spans = [passage[:2] for passage in found]
    assert spans == sorted(spans)
    assert all(p[0] < q[0] and p[1] < q[1] for p, q in pairwise(spans))


def test_of_several_places_the_longest_is_taken_then_the_first() -> None:
    once, long, again = PASSAGES["storm"][:30], PASSAGES["storm"][:60], PASSAGES["advice"]
    (passage,) = shared_passages(long, f"{once}。{again}{long}{again}{long}")
    assert passage[:4] == (0, 60, len(once) + 1 + len(again), len(once) + len(again) + 61)
    # What stands in two places in two parts, and in a third as one, is the one.
    (passage,) = shared_passages(long, f"{once}{'甲' * 20}{long[30:]}{long}")
    assert passage[:4] == (0, 60, 80, 140)


def test_passages_where_the_texts_repeat_themselves() -> None:
    long = "啊" * 100_000
    # The last letter stands in a run that is shared too, though not behind all the others.
    assert [p.letters for p in shared_passages(long, "哦" + long[1:])] == [99_999, PASSAGE]
    assert shared_passages("啊哦" * 50_000, long) == ()
    assert shared_passages("", long) == ()


@given(related_texts(), st.sampled_from([alignment.MOST_WORK, 2000, 0]))
@settings(deadline=None)
def test_differences_make_the_one_text_of_the_other(texts: tuple[str, str], work: int) -> None:
    a, b = texts
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("tongbao.likeness.alignment.MOST_WORK", work)
        patch.setattr("tongbao.likeness.alignment.ANCHOR", 2)
        runs = differences(a, b)
    made, i, j = [], 0, 0
    for change, a_start, a_end, b_start, b_end in runs:
        assert (a_start, b_start) == (i, j)
        i, j = a_end, b_end
        same = change is Change.SAME
        assert (a[a_start:a_end] == b[b_start:b_end]) is same
        assert (a_start < a_end) is (change is not Change.ONLY_B)
        assert (b_start < b_end) is (change is not Change.ONLY_A)
        made.append(a[a_start:a_end] if same else b[b_start:b_end])
    assert (i, j) == (len(a), len(b))
    assert "".join(made) == b
    kinds = [run.change is Change.SAME for run in runs]
    assert all(p != q for p, q in pairwise(kinds))
    assert [run.change for run in differences(a, a)] == [Change.SAME] * bool(a)


def test_differences_of_notices_on_one_form_are_their_news() -> None:
    a, b = PASSAGES["notice-a"], PASSAGES["notice-b"]
    replaced = [(a[r[1] : r[2]], b[r[3] : r[4]]) for r in differences(a, b) if r.change is not Change.SAME]
    assert ("河西", "城南") in replaced
    assert ("柳园", "梅岭") in replaced
    assert len(replaced) == 8


def test_differences_of_long_texts_are_bounded_and_still_small() -> None:
    a = unlike(1, 60_000)
    b = a[:20_000] + "甲" + a[20_001:40_000] + a[40_100:] + "乙"
    kinds = [run.change for run in differences(a, b) if run.change is not Change.SAME]
    assert kinds == [Change.REPLACED, Change.ONLY_A, Change.ONLY_B]
    middles = ["甲" + unlike(number, 20_000) + "乙" for number in (2, 3)]
    assert [run.change for run in differences(*middles)] == [Change.SAME, Change.REPLACED, Change.SAME]


@st.composite
def archives(draw: st.DrawFn) -> dict[str, Sketch]:
    """Sketches that share prints and signatures, without texts: quicker, and of any likeness."""
    signatures = [sketch(text).signature for text in ("", PASSAGES["storm"], PASSAGES["storm-glossed"], "通知")]
    values = st.lists(st.integers(0, 40), max_size=20, unique=True).map(sorted)
    prints = values.map(lambda each: np.array(each, "<u4") * np.uint32(100_000_007))
    sketches = st.tuples(st.sampled_from(signatures), prints)
    drawn = draw(st.lists(sketches, max_size=12))
    return {f"{n}": Sketch(signature, np.sort(each).tobytes()) for n, (signature, each) in enumerate(drawn)}


def expected(sketches: Mapping[str, Sketch], groups: tuple[tuple[str, ...], ...]) -> dict[str, list[tuple[str, int]]]:
    """What `relate` says of related bulletins, the slow way."""
    group = {name: members[0] for members in groups for name in members}
    held = {name: set(np.frombuffer(each.prints, "<u4").tolist()) for name, each in sketches.items()}
    holders = {p: {group.get(n, n) for n in held if p in held[n]} for prints in held.values() for p in prints}
    out = {}
    for name in held:
        scores = {
            other: sum(round(100 / math.log2(len(holders[p]))) for p in held[name] & held[other])
            for other in held
            if group.get(other, other) != group.get(name, name)
        }
        best: dict[str, tuple[str, int]] = {}
        for other, score in sorted(scores.items(), key=lambda item: (-item[1], item[0])):
            if score >= LEAST:
                best.setdefault(group.get(other, other), (other, score))
        if best:
            out[name] = list(best.values())[:MOST_RELATED]
    return out


@given(archives(), st.randoms(use_true_random=False))
@settings(deadline=None)
def test_relations_are_what_the_slow_way_gives_in_any_order(sketches: dict[str, Sketch], random: Any) -> None:
    found = relate(sketches)
    shuffled = list(sketches.items())
    random.shuffle(shuffled)
    assert relate(dict(shuffled)) == found
    alike = {
        name: {n for n, other in sketches.items() if similarity(each, other) >= 0.5 or n == name}
        for name, each in sketches.items()
    }
    assert found.groups == tuple(sorted({tuple(sorted(names)) for names in alike.values() if len(names) > 1}))
    assert {name: [tuple(other) for other in others] for name, others in found.related.items()} == expected(
        sketches, found.groups
    )


def test_a_group_that_falls_apart_counts_as_several_again() -> None:
    """The text in the middle of a chain changes, which has none of the prints that the others share."""
    start, middle, end = (joined(case) for case in (["@storm", "@advice"], LINK, [*LINK, "@bridge", "@market"]))
    prints = np.arange(1, 9, dtype="<u4").tobytes()
    sketches = {name: Sketch(sketch(text).signature, prints) for name, text in zip("ax", (start, end), strict=True)}
    sketches |= {"c": Sketch(b"", prints), "m": Sketch(sketch(middle).signature, b"")}
    chained = relate(sketches)
    assert chained.groups == (("a", "m", "x"),)
    assert chained.related["c"] == (("a", 800),)
    sketches["m"] = sketch("")
    apart = relate(sketches)
    assert apart.related["c"] == (("a", 504), ("x", 504))


def test_steps_of_any_size_give_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    texts = {f"{n:02}": unlike(n) + unlike(100 + n // 3) + PASSAGES["storm"] for n in range(20)}
    whole = related(texts)
    assert len(whole.related) == 20
    monkeypatch.setattr("tongbao.likeness.relations._STEP", 1)
    monkeypatch.setattr("tongbao.likeness.relations._SLICES", 2)
    assert related(texts) == whole


def test_folding_keeps_what_letters_are() -> None:
    assert plain("《通報》第１２號 ABC，ａ") == fold("通报第12号abca")

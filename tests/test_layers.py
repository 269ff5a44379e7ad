"""The layers between what was received and what is read: each is replayed and undone exactly, each can be left out."""

from __future__ import annotations

from itertools import combinations, pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tongbao import edits, pipeline, reading
from tongbao.export.layers import Layer, Step, Target, stack, text
from tongbao.model import Bulletin, Received
from tongbao.receive import receive_bytes, receive_file

UPPER = [Layer.SCRIPT, Layer.PUNCTUATION, Layer.PAGE]
CHOICES = [frozenset(off) for size in range(4) for off in combinations(UPPER, size)]
SAMPLE = (
    "首页 > 要闻\n关于做好防汛工作的通知\n\n来源:某日报  2021-07-20\n\n"
    "各县区:请立即检查堤防,加强值守(24小时).会後請於當日報告&nbsp;里程.\n\n"
    "某市指挥部\n2021年7月20日\n打印本页 关闭窗口\n"
)


def bulletin(words: str) -> Bulletin:
    received = receive_bytes(words.encode("utf-8", "replace"), "a.txt")
    assert isinstance(received, Received)
    return pipeline.process(received)


def check(steps: tuple[Step, ...]) -> None:
    """Each step is exact, and stands on the one below it."""
    for step in steps:
        assert edits.undo(step.text, step.edits) == step.source
    for below, above in pairwise(steps):
        assert above.source == below.text


PIECES = [
    "关于防汛的通知",
    "會後，",
    "里程",
    "来源:某报",
    "打印",
    "&amp;",
    "12:30",
    "(一)",
    ",",
    ".",
    "?",
    "\n",
    "\n\n",
    " ",
]
words = st.lists(st.sampled_from(PIECES) | st.text(max_size=3), min_size=1, max_size=40).map("".join)


@given(words.filter(lambda w: w.encode("utf-8", "replace").strip() and "\0" not in w))
@settings(max_examples=150, deadline=None)
def test_every_layer_is_exact_on_any_text(words: str) -> None:
    try:
        made = bulletin(words)
    except AssertionError:
        return  # quarantined
    for target in Target:
        for off in CHOICES:
            check(stack(made, target, off))
        source = {Target.HANS: made.scripts.hans, Target.HANT: made.scripts.hant}.get(target, made.repaired.text)
        assert text(made, target) == reading.render(source, made.reading)


def test_layers_are_switched_one_by_one() -> None:
    made = bulletin(SAMPLE)
    assert text(made, off={Layer.REPAIR}) == made.received.text
    assert text(made, off=set(UPPER)) == made.repaired.text
    assert text(made, Target.HANT, {Layer.PUNCTUATION, Layer.PAGE}) == made.scripts.hant
    assert "值守(24小时)" in text(made, off={Layer.PUNCTUATION})
    assert "值守（24小时）" in text(made)
    assert "打印本页" in text(made, off={Layer.PAGE})
    assert "打印本页" not in text(made)
    assert "会后请于当日报告" in text(made, Target.HANS)
    assert "会後請於當日報告" in text(made, Target.RECEIVED)


def test_what_the_page_drops_has_a_name() -> None:
    *_, page = stack(bulletin(SAMPLE))
    assert {e.rule for e in page.edits} == {"reading-chrome", "reading-space"}
    assert any("打印本页" in e.before for e in page.edits)


@pytest.mark.shared
def test_seeds(shared: Path) -> None:
    for path in sorted((shared / "seeds/bulletins").glob("*.txt")):
        received = receive_file(path, path.parent)
        assert isinstance(received, Received)
        made = pipeline.process(received)
        for target in Target:
            check(stack(made, target))
        assert text(made, Target.HANT) == reading.render(made.scripts.hant, made.reading)

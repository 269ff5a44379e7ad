"""Properties of repair over generated input, many examples each (EXAMPLES_EACH, 10,000 unless the environment says so).

The suite's own properties (tests/test_repair.py) are the same with few examples.
"""

from __future__ import annotations

import os
import unicodedata
from collections.abc import Callable, Iterator

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from evaluate.metrics import Table
from evaluate.pool import spread
from tongbao import edits
from tongbao.repair import characters, escapes, gbk_bytes, layout, repair
from tongbao.repair.pairings import PAIRINGS, damage

EACH = int(os.environ.get("EXAMPLES_EACH", "10000"))

# Pieces of damage and of clean text, to be put together in any order.
_CLAUSES = ["各县要及时报告险情，不得迟报。", "會議強調，要加強值班。", "2022年3月18日，新增12例。", "第3号", "（三）"]
_READINGS = {"縣": "xiàn", "報": "bào", "會": "huì", "議": "yì", "強": "qiáng", "調": "diào", "時": "shí", "請": "qǐng"}
_PIECES = [
    *_CLAUSES,
    *(gbk_bytes.damage(c, _READINGS, marks="，。") for c in _CLAUSES),
    *(damage(c, p) for c in _CLAUSES for p in PAIRINGS),
    *(layout.damage(c, kind, 12) for c in _CLAUSES for kind in ("spread", "wrap", "bold", "doubled", "mark")),
    *(escapes.damage(c, kind) for c in _CLAUSES for kind in ("entity", "unicode", "percent")),
    *(characters.damage(c, kind) for c in _CLAUSES for kind in ("radical", "width", "vertical", "invisible")),
    *(
        "&amp;",
        "&amp;lt;",
        "%25",
        "\\",
        ";",
        "(xiàn)",
        "(HUI)",
        "Ã©",
        "&#30123;",
        "\\u4e2d\\u6587",
        "%e4%b8%ad",
        "\u200b",
        "⼈",
        "１２",
        "：，",
        "\n",
        " ",
        "?",
        "\ufffd",
        "锟斤拷",
    ),
]
_ANY = st.characters(exclude_categories=[])
TEXTS = st.one_of(
    st.text(_ANY, max_size=120),
    st.lists(st.one_of(st.sampled_from(_PIECES), _ANY), max_size=25).map("".join),
)
BYTES = st.tuples(st.binary(max_size=200), st.sampled_from(["gbk", "latin-1", "utf-8", "cp950", "cp1252"]))
# Digits among text and marks, without damage that could itself hold digits.
_NUMBERS = st.text("0123456789０１２３年月日例第号，。?()", max_size=8)
DIGITS = st.lists(st.one_of(st.sampled_from(_CLAUSES), _NUMBERS), max_size=12)


def replay(text: str) -> None:
    result = repair(text)
    assert edits.apply(result.received, result.edits) == result.text, "replay"
    assert edits.undo(result.text, result.edits) == text, "undo"


def idempotence(text: str) -> None:
    once = repair(text).text
    assert repair(once).text == once


def digits(parts: list[str]) -> None:
    text = "".join(parts)
    assert _digits(repair(text).text) == _digits(text)


def _digits(text: str) -> str:
    return "".join(unicodedata.normalize("NFKC", c) for c in text if c.isdecimal())


def any_bytes(data: tuple[bytes, str]) -> None:
    replay(data[0].decode(data[1], "replace"))


PROPERTIES: dict[str, tuple[Callable[..., None], st.SearchStrategy]] = {
    "replay and undo are exact; no exception on any text": (replay, TEXTS),
    "no exception on any bytes": (any_bytes, BYTES),
    "idempotence": (idempotence, TEXTS),
    "digits are kept, width apart": (digits, DIGITS),
}


def examine(name: str) -> tuple[int, str | None]:
    """Try a property on EACH examples: how many were tried, and the smallest counterexample, if one was found."""
    check, inputs = PROPERTIES[name]
    tried, last = 0, None

    def counted(value: object) -> None:
        nonlocal tried, last
        tried, last = tried + 1, value
        check(value)

    search = settings(
        max_examples=EACH,
        deadline=None,
        database=None,
        derandomize=True,
        suppress_health_check=list(HealthCheck),
        print_blob=False,
    )
    holds = search(given(inputs)(counted))
    try:
        holds()
    except Exception as error:  # A counterexample is the finding. Hypothesis runs the smallest one last.
        return tried, f"{last!r} ({type(error).__name__})"
    return tried, None


def tables() -> Iterator[Table]:
    rows: list[list[object]] = []
    notes = []
    for name, (tried, example) in zip(PROPERTIES, spread(examine, PROPERTIES), strict=True):
        rows.append([name, tried, "fails" if example else "holds"])
        notes += [f"{name}: {example}"] if example else []
    yield Table("properties", ["property", "examples", "verdict"], rows, notes)

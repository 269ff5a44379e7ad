"""Script: which one a text was received in, canonical Simplified and proper Traditional from it, and folding for matching."""

from __future__ import annotations

from functools import cache
from importlib.resources import files

from tongbao.model import Scripts


@cache
def fold_table() -> dict[int, str]:
    """{code point: folded character}, for `str.translate`; from `data/fold.tsv`."""
    lines = files("tongbao.data").joinpath("fold.tsv").read_text("utf-8").splitlines()
    rows = (line.split("\t") for line in lines if line and not line.startswith("# "))
    return {ord(source): target for target, sources in rows for source in sources}


def fold(text: str) -> str:
    """Map each character to its Simplified, narrow, lower-case form; the result has the length of `text`."""
    return text.translate(fold_table())


def convert(text: str) -> Scripts:
    """Canonical Simplified and proper Traditional of a repaired text, both of its length."""
    raise NotImplementedError

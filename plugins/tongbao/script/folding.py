"""Folding: single characters to one form, for searching and matching."""

from __future__ import annotations

from functools import cache

from tongbao.script.tables import rows


@cache
def fold_table() -> dict[int, str]:
    """{code point: folded character}, for `str.translate`; from `data/fold.tsv`."""
    return {ord(source): target for target, sources in rows("fold.tsv") for source in sources}


def fold(text: str) -> str:
    """Map each character to its Simplified, narrow, lower-case form; the result has the length of `text`."""
    return text.translate(fold_table())

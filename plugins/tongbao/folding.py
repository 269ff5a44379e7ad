"""Folding: single characters to one form, for searching and matching in either script.

Not a stage: every room that matches text folds both sides with it, and the browser folds with the same table.
"""

from __future__ import annotations

from functools import cache

from tongbao.data import rows


@cache
def fold_table() -> dict[int, str]:
    """{code point: folded character}, for `str.translate`; from `data/fold.tsv`."""
    return {ord(source): target for target, sources in rows("fold.tsv") for source in sources}


def fold(text: str) -> str:
    """Map each character to its Simplified, narrow, lower-case form; the result has the length of `text`."""
    return text.translate(fold_table())

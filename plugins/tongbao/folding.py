"""Folding: single characters to one form, for searching and matching in either script.

Not a stage: every room that matches text folds both sides with it, and the browser folds with the same table.
"""

from __future__ import annotations

import sys
from functools import cache

import numpy as np
from numpy.typing import NDArray

from tongbao.data import rows

# From this length on, looking all characters up at once is quicker than one by one.
_LONG = 100


@cache
def fold_table() -> dict[int, str]:
    """{code point: folded character}, for `str.translate`; from `data/fold.tsv`."""
    return {ord(source): target for target, sources in rows("fold.tsv") for source in sources}


def fold(text: str) -> str:
    """Map each character to its Simplified, narrow, lower-case form; the result has the length of `text`."""
    if len(text) < _LONG:
        return text.translate(fold_table())
    codes = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), np.uint32)
    return _folded()[codes].tobytes().decode("utf-32-le", "surrogatepass")


@cache
def _folded() -> NDArray[np.uint32]:
    """What every code point folds to."""
    table = np.arange(sys.maxunicode + 1, dtype=np.uint32)
    for source, target in fold_table().items():
        table[source] = ord(target)
    return table

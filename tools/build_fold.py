"""Build `plugins/tongbao/data/fold.tsv`: the table that maps single characters for searching and matching.

A character folds to the Simplified form that OpenCC's t2s gives it when it stands alone, then to its NFKC and
lower-case form where each of these is one character. Runs to a fixed point, so folding is idempotent.
"""

from __future__ import annotations

import sys
import unicodedata
from pathlib import Path

from opencc import OpenCC

TARGET = Path(__file__).parents[1] / "plugins/tongbao/data/fold.tsv"
HEAD = """\
# Character folding: each line is a folded character, a tab, and the characters that fold to it.
# Made by tools/build_fold.py from OpenCC's t2s (Apache-2.0) and Unicode's NFKC and lower case; do not edit.
"""


def fold_pairs() -> dict[str, str]:
    """{character: folded character} for every character that folding changes."""
    # Surrogates and private-use characters (category C) never fold.
    characters = [c for c in map(chr, range(0x80, 0x110000)) if unicodedata.category(c)[0] != "C"]
    characters += [chr(n) for n in range(ord("A"), ord("Z") + 1)]
    simplify = OpenCC("t2s").convert

    def once(text: list[str]) -> list[str]:
        narrow = [_single(unicodedata.normalize("NFKC", c), c) for c in text]
        lower = [_single(c.lower(), c) for c in narrow]
        simple = simplify("\n".join(lower)).split("\n")
        return [_single(s, c) for s, c in zip(simple, lower, strict=True)]

    folded = once(characters)
    while (again := once(folded)) != folded:
        folded = again
    return {c: f for c, f in zip(characters, folded, strict=True) if c != f}


def _single(text: str, fallback: str) -> str:
    return text if len(text) == 1 and (text == " " or not text.isspace()) else fallback


def main() -> int:
    groups: dict[str, list[str]] = {}
    for source, target in sorted(fold_pairs().items()):
        groups.setdefault(target, []).append(source)
    lines = (f"{target}\t{''.join(sources)}\n" for target, sources in sorted(groups.items()))
    TARGET.write_text(HEAD + "".join(lines), "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())

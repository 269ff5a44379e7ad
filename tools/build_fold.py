"""Build `plugins/tongbao/data/fold.tsv`: the table that maps single characters for searching and matching.

A character folds to the Simplified form that OpenCC's t2s gives it when it stands alone, then to its NFKC and
lower-case form where each of these is one character. What t2s leaves alone, and GB 2312 does not have, folds by way of
its standard form: that of Hong Kong's, Taiwan's and Japan's variants in OpenCC, or of `data/fold_variants.tsv`
(look-alikes, old and popular forms). Runs to a fixed point, so folding is idempotent.
"""

from __future__ import annotations

import sys
import unicodedata
from collections.abc import Iterable
from pathlib import Path

from opencc import OpenCC

DATA = Path(__file__).parents[1] / "plugins/tongbao/data"
TARGET = DATA / "fold.tsv"
# OpenCC's conversions from regional and Japanese forms to its own standard.
REGIONAL = ("hk2t", "tw2t", "jp2t")
HEAD = """\
# Character folding: each line is a folded character, a tab, and the characters that fold to it.
# Made by tools/build_fold.py from OpenCC (Apache-2.0), fold_variants.tsv, Unicode's NFKC and lower case; do not edit.
"""


def fold_pairs() -> dict[str, str]:
    """{character: folded character} for every character that folding changes."""
    # Surrogates and private-use characters (category C) never fold.
    characters = [c for c in map(chr, range(0x80, 0x110000)) if unicodedata.category(c)[0] != "C"]
    characters += [chr(n) for n in range(ord("A"), ord("Z") + 1)]
    simplify, variants = OpenCC("t2s").convert, _variants(characters)

    def once(text: list[str]) -> list[str]:
        narrow = [_single(unicodedata.normalize("NFKC", c), c) for c in text]
        lower = [_single(c.lower(), c) for c in narrow]
        simple = simplify("\n".join(lower)).split("\n")
        return [variants.get(s, s) for s in (_single(s, c) for s, c in zip(simple, lower, strict=True))]

    folded = once(characters)
    while (again := once(folded)) != folded:
        folded = again
    return {c: f for c, f in zip(characters, folded, strict=True) if c != f}


def _variants(characters: Iterable[str]) -> dict[str, str]:
    """{variant: its standard form}, of characters that GB 2312 does not have and that simplify no others."""
    by_hand = dict(line.split("\t")[:2] for line in _lines("fold_variants.tsv"))
    convert, simplify = [OpenCC(name).convert for name in REGIONAL], OpenCC("t2s").convert
    ideographs = [c for c in characters if unicodedata.name(c, "").startswith("CJK UNIFIED")]
    simplified = {s for c, s in zip(ideographs, simplify("\n".join(ideographs)).split("\n"), strict=True) if s != c}
    found = {}
    for character in ideographs:
        if character not in simplified and not _in_gb2312(character):
            forms = [by_hand.get(character, character), *(c(character) for c in convert)]
            standard = next((f for f in forms if f != character and len(f) == 1), None)
            found |= {character: standard} if standard else {}
    if left_out := sorted(set(by_hand) - set(found)):
        raise ValueError(f"fold_variants.tsv: {left_out} are in GB 2312 and can't be folded; remove them there")
    return found


def _lines(name: str) -> list[str]:
    return [line for line in (DATA / name).read_text("utf-8").splitlines() if line and not line.startswith("#")]


def _in_gb2312(character: str) -> bool:
    try:
        character.encode("gb2312")
    except UnicodeEncodeError:
        return False
    return True


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

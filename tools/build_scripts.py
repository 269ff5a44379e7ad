"""Build `plugins/tongbao/data/script_characters.tsv`: characters by which Simplified and Traditional are told.

A character exists in one script only where OpenCC converts it away, and the other script's national character set (GB
2312, the commoner half of Big5) is without it: so 后, 里, 台 tell nothing. What only the table of the other standard,
Taiwan's or Hong Kong's, simplifies is kept for that standard, but for characters that Simplified has itself.
"""

from __future__ import annotations

from pathlib import Path

from tongbao.model import Standard
from tongbao.script.opencc import TO_HANS, TO_HANT, convert_text

TARGET = Path(__file__).parents[1] / "plugins/tongbao/data/script_characters.tsv"
HEAD = """\
# Characters that tell scripts apart: of Simplified only (hans), of Traditional only (hant), of no Traditional text in
# any standard (stray); and those that one standard's conversion leaves over, with their Simplified forms.
# Made by tools/build_scripts.py from OpenCC (Apache-2.0); do not edit.
"""
CHARACTERS = [chr(n) for n in range(0x3400, 0xA000)]


def table() -> dict[str, list[str]]:
    """{kind: columns}, characters in order of their code points."""
    hans = {standard: _converted(TO_HANS[standard]) for standard in Standard}
    proper, of_hong_kong = _converted("s2t"), _converted(TO_HANT[Standard.HK])
    only_hans = {c for c in CHARACTERS if c != proper[c] and not _in_big5(c)}
    only_hant = {c for c in CHARACTERS if c != hans[Standard.TW][c] and not _in_gb2312(c)}
    told = only_hans - only_hant
    found = {
        "hans": [_joined(told)],
        "hant": [_joined(only_hant - only_hans)],
        "stray": [_joined({c for c in told if of_hong_kong[c] != c})],
    }
    for standard in Standard:
        (other,) = set(Standard) - {standard}
        left = [c for c in CHARACTERS if c == hans[standard][c] != hans[other][c] and not _in_gb2312(c)]
        found[f"left-over-{standard}"] = ["".join(left), "".join(hans[other][c] for c in left)]
    return found


def _converted(config: str) -> dict[str, str]:
    return dict(zip(CHARACTERS, convert_text(config, "\n".join(CHARACTERS)).split("\n"), strict=True))


def _joined(characters: set[str]) -> str:
    return "".join(sorted(characters))


def _in_gb2312(character: str) -> bool:
    return len(character.encode("gb2312", "ignore")) == 2


def _in_big5(character: str) -> bool:
    return b"\xa4\x40" <= character.encode("big5", "ignore") <= b"\xc6\x7e"


def main() -> None:
    """Write the table."""
    lines = ("\t".join((kind, *columns)) + "\n" for kind, columns in table().items())
    TARGET.write_text(HEAD + "".join(lines), "utf-8")


if __name__ == "__main__":
    main()

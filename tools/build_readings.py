"""Build `plugins/tongbao/data/readings.tsv`: which characters can be read as which pinyin syllable.

Each line is a syllable with its tone mark, a tab, and the characters that have this reading, in both scripts, among
those that GBK can write: the glosses that the archive removes were inserted into GBK text.
"""

from __future__ import annotations

import sys
import unicodedata
from pathlib import Path

from pypinyin.pinyin_dict import pinyin_dict

TARGET = Path(__file__).parents[1] / "plugins/tongbao/data/readings.tsv"
HEAD = """\
# Pinyin readings: each line is a syllable with its tone mark, a tab, and the characters that can be read so.
# Made by tools/build_readings.py from pypinyin's pinyin_dict (MIT); do not edit.
"""


def readings() -> dict[str, str]:
    """{syllable in NFC: its characters in code order}."""
    table: dict[str, list[str]] = {}
    for code, syllables in sorted(pinyin_dict.items()):
        character = chr(code)
        if not _in_gbk(character):
            continue
        for syllable in dict.fromkeys(unicodedata.normalize("NFC", s) for s in syllables.split(",")):
            table.setdefault(syllable, []).append(character)
    return {syllable: "".join(characters) for syllable, characters in sorted(table.items())}


def _in_gbk(character: str) -> bool:
    try:
        character.encode("gbk")
    except UnicodeEncodeError:
        return False
    return True


def main() -> int:
    TARGET.write_text(HEAD + "".join(f"{s}\t{c}\n" for s, c in readings().items()), "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())

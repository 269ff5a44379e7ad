"""Build `plugins/tongbao/data/readings.tsv`: which characters can be read as which pinyin syllable.

Each line is a syllable with its tone mark, the characters whose usual reading it is, and those that can also be read
so, in both scripts, among those that GBK can write: the glosses that the archive removes were inserted into GBK text.
"""

from __future__ import annotations

import sys
import unicodedata
from pathlib import Path

from pypinyin.pinyin_dict import pinyin_dict

TARGET = Path(__file__).parents[1] / "plugins/tongbao/data/readings.tsv"
HEAD = """\
# Pinyin readings: each line is a syllable with its tone mark, the characters whose usual reading it is, and those that
# can also be read so, parted by tabs.
# Made by tools/build_readings.py from pypinyin's pinyin_dict (MIT); do not edit.
"""


def readings() -> dict[str, tuple[str, str]]:
    """{syllable in NFC: the characters usually read so, and the others}, in code order."""
    table: dict[str, tuple[list[str], list[str]]] = {}
    for code, syllables in sorted(pinyin_dict.items()):
        character = chr(code)
        if not _in_gbk(character):
            continue
        # The dictionary gives the usual reading first.
        for at, syllable in enumerate(dict.fromkeys(unicodedata.normalize("NFC", s) for s in syllables.split(","))):
            table.setdefault(syllable, ([], []))[min(at, 1)].append(character)
    return {syllable: ("".join(usual), "".join(others)) for syllable, (usual, others) in sorted(table.items())}


def _in_gbk(character: str) -> bool:
    try:
        character.encode("gbk")
    except UnicodeEncodeError:
        return False
    return True


def main() -> int:
    lines = (f"{syllable}\t{usual}\t{others}\n" for syllable, (usual, others) in readings().items())
    TARGET.write_text(HEAD + "".join(lines), "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())

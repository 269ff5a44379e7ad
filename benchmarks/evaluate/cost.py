"""CPU cost on bulletins of 2,600 characters, and ratios to ftfy (repair) and cpca (places and dates).

Median of five calls on one core, tables loaded before. `clean` and the damaged kinds are the project's sample texts,
put together; `seeds` are whole bulletins as received, where present.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path

import ftfy

from evaluate.damage import naive_hant, site
from evaluate.metrics import Table, cpu
from evaluate.peers import with_cpca
from tongbao import dates, places
from tongbao.model import Document, Role
from tongbao.reading import read
from tongbao.repair import gbk_bytes, glosses, repair
from tongbao.repair.pairings import PAIRINGS, damage
from tongbao.script import convert, fold

ROOT = Path(__file__).parents[2]
SEEDS = ROOT.parent / "shared/seeds/bulletins"
LENGTH = 2600
# Most CPU milliseconds that each kind may cost.
LIMITS = {"clean": 1, "glossed": 5, "byte-damaged": 60, "whole mojibake": 150}
TAGGING = 8


def bulletins() -> list[str]:
    """Texts of LENGTH characters from the samples, each beginning with another one."""
    texts = [p.read_text("utf-8") for p in sorted((ROOT / "tools/samples/texts").glob("*.txt"))]
    return ["\n".join(texts[at:] + texts[:at])[:LENGTH] for at in range(0, len(texts), 8)]


def kinds(clean: str) -> Iterator[tuple[str, str, str]]:
    """(kind of the limit, name, text)."""
    hant = naive_hant(clean)
    yield "clean", "clean", clean
    yield "clean", "clean, Traditional", convert(clean).hant
    yield "glossed", "glossed", glosses.damage(hant, site(80))
    yield "byte-damaged", "byte-damaged", gbk_bytes.damage(hant, site(250))
    yield "byte-damaged", "byte-damaged, split at marks", gbk_bytes.damage(hant, site(250), marks="，；！")
    for pairing in PAIRINGS:
        written = convert(clean).hant if pairing.written == "cp950" else clean
        yield "whole mojibake", pairing.name, damage(written, pairing)


def tables() -> Iterator[Table]:
    yield Table("cost-repair", ["kind", "characters", "tongbao ms", "limit ms", "ftfy ms", "ratio"], list(_repair()))
    head = ["text", "characters", "places ms", "dates ms", "together", "limit ms", "cpca ms", "ratio"]
    yield Table("cost-tagging", head, list(_tagging()))


def _repair() -> Iterator[list[object]]:
    measured: dict[tuple[str, str], list[tuple[int, float, float]]] = {}
    for clean in bulletins():
        for limit, name, text in kinds(clean):
            row = (len(text), cpu(lambda t: repair(t), text), cpu(ftfy.fix_text, text))
            measured.setdefault((limit, name), []).append(row)
    for (limit, name), found in measured.items():
        yield _cost(name, found, str(LIMITS[limit]))
    for path in sorted(SEEDS.glob("*.txt")) if SEEDS.is_dir() else ():
        text = path.read_bytes().decode()
        yield _cost(f"seed {path.stem[:3]}", [(len(text), cpu(repair, text), cpu(ftfy.fix_text, text))], "–")


def _cost(name: str, found: list[tuple[int, float, float]], limit: str) -> list[object]:
    length, ours, theirs = (sum(column) / len(found) for column in zip(*found, strict=True))
    return [name, round(length), f"{ours:.2f}", limit, f"{theirs:.2f}", f"{ours / theirs:.2f}"]


def _tagging() -> Iterator[list[object]]:
    texts = [("samples", text) for text in bulletins()]
    if SEEDS.is_dir():
        texts += [("seeds, repaired", repair(p.read_bytes().decode()).text) for p in sorted(SEEDS.glob("*.txt"))]
    for group in dict.fromkeys(name for name, _ in texts):
        rows = [_tag(text) for name, text in texts if name == group]
        length, place, date, peer = (sum(c) / len(c) for c in ([x for x in col if not math.isnan(x)] or [math.nan]
                                                               for col in zip(*rows, strict=True)))  # fmt: skip
        cells = [f"{x:.2f}" for x in (place, date, place + date)]
        yield [group, round(length), *cells, TAGGING, f"{peer:.2f}", f"{(place + date) / peer:.3f}"]


def _tag(text: str) -> tuple[float, float, float, float]:
    """Length, and milliseconds of places, of dates and of cpca (NaN where it fails)."""
    document = Document(text, fold(text), read(text, convert(text).hans, None))
    about = [c for t in places.tag(document).tags if t.role is Role.PRIMARY for c in places.lineage(t.code)]
    place = cpu(lambda _: places.tag(document), text)
    date = cpu(lambda _: dates.tag(document, tuple(dict.fromkeys(about))), text)
    return len(text), place, date, cpu(with_cpca, text, rounds=3)

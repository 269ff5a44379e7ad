"""Generated damage: clean passages through each forward model, and how many sentences come back.

A passage is a text of eight consecutive sentences, or one sentence where the model says so. A sentence is restored if
none of its characters differs from the clean text. It is *wrong and certain* if an edit of confidence 1 left it
differing.
A digit that a misread lead byte swallowed, and that the repaired text still marks with `?` or U+FFFD, does not count as
a difference (`_marked`): nothing tells which digit it was, and digits are never invented. How many sentences have such
marks is a column of its own.
SIZE sentences (5,000 unless the environment says otherwise) are drawn at even steps from all kinds of text together.
With EXAMPLES=FILE, what went wrong is written there, one JSON object a line.
"""

from __future__ import annotations

import json
import os
import random
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, partial
from itertools import accumulate
from pathlib import Path

from opencc import OpenCC
from pypinyin import Style, pinyin

from evaluate.corpora import DAMAGED, SEEN, passages
from evaluate.metrics import Span, Table, differences, results, share, touches
from evaluate.pool import spread
from tongbao.model import Repaired
from tongbao.repair import characters, escapes, gbk_bytes, glosses, layout, repair
from tongbao.repair.pairings import PAGES, PAIRINGS, Pairing
from tongbao.repair.pairings import damage as misread
from tongbao.repair.tables import is_traditional
from tongbao.script import to_hant

SIZE = int(os.environ.get("SIZE", "5000"))
EXAMPLES = os.environ.get("EXAMPLES")
Passage = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Model:
    """A forward model at one rate: `prepare` makes the clean text of a sentence, `damage` damages a whole text.

    `single` damages each sentence as a text of its own; `part` damages every so manieth sentence only. `damage` gives
    None where the text can't be damaged so.
    """

    family: str
    rate: str
    damage: Callable[[str], str | None]
    prepare: Callable[[str], str] = str
    single: bool = False
    part: int = 1


# What is independent of all else: a model on one kind of text.
Unit = tuple[Model, str]


# --- sites that gloss ------------------------------------------------------------------------------------------------


_S2T = OpenCC("s2t")


@cache
def _naive(character: str) -> str:
    converted: str = _S2T.convert(character)
    return converted if len(converted) == 1 and converted.encode("gbk", "ignore") else character


def naive_hant(text: str) -> str:
    """Traditional, character by character, as the glossing sites have it (关于 becomes 關于)."""
    return "".join(map(_naive, text))


@cache
def site(size: int) -> Mapping[str, str]:
    """A site's set: `size` of the 400 most frequent Traditional characters, with their readings."""
    counts = Counter(c for name in DAMAGED for p in passages(name, SIZE) for s in p for c in naive_hant(s))
    usual = sorted((c for c, _ in counts.most_common() if is_traditional(c)), key=lambda c: (-counts[c], c))[:400]
    chosen = sorted(random.Random(size).sample(usual, min(size, len(usual))))
    return {c: pinyin(c, style=Style.TONE)[0][0] for c in chosen}


def _gloss(text: str, size: int) -> str:
    return glosses.damage(text, site(size))


def _bytes(text: str, size: int, options: Mapping[str, str | bool]) -> str:
    return gbk_bytes.damage(text, site(size), **options)


STYLES: Mapping[str, Mapping[str, str | bool]] = {
    "U+FFFD for a hole": {"hole": "\ufffd", "mark_hole": "\ufffd"},
    "nothing for a hole": {"hole": "", "mark_hole": ""},
    "split at ，；！": {"marks": "，；！"},
    "split at ，；！, traceless": {"marks": "，；！", "mark_hole": ""},
    "split at ，。、；, comma inserted": {"marks": "，。、；", "inserted": ","},
}


# --- mojibake --------------------------------------------------------------------------------------------------------


def _misread(text: str, pairing: Pairing, page: str, collapsed: bool, lost: bool) -> str | None:
    """The text misread in single bytes, if bytes are lost by it exactly as `lost` says."""
    if text.encode(pairing.written, "replace").decode(pairing.written) != text:
        return None
    served = misread(text, pairing, page=page, collapsed=collapsed)
    whole = misread(text, pairing, page=page, lossy=False, collapsed=collapsed)
    return served if lost and served != whole else None if lost else whole


def _misread_double(text: str, pairing: Pairing, errors: str) -> str | None:
    """The text misread in pairs of bytes. With `private`, only if nothing is lost by it; else only if something is."""
    if text.encode(pairing.written, "replace").decode(pairing.written) != text:
        return None
    shown = misread(text, pairing, errors="private")
    if errors == "private":
        return shown if "\ufffd" not in shown else None
    try:
        text.encode(pairing.written).decode(pairing.read)
    except UnicodeDecodeError:
        return misread(text, pairing, errors=errors)
    return None


# What readers of double bytes do where they have no character, by whether bytes are lost by it.
_READERS = {False: ("private",), True: ("vanish", "replace", "ignore")}


def _twice(text: str, way: Callable[[str], str | None]) -> str | None:
    """The text misread, and what came of it misread again."""
    once = way(text)
    return None if once is None else way(once)


def _misread_twice() -> Iterator[Model]:
    """UTF-8 misread twice over without loss, as where a page was saved after the first time and served again."""
    latin, gbk = (next(p for p in PAIRINGS if p.name == name) for name in ("utf8-as-latin", "utf8-as-gbk"))
    ways: list[tuple[Pairing, str, Callable[[str], str | None]]] = [
        (latin, page, partial(_misread, pairing=latin, page=page, collapsed=False, lost=False))
        for page in ("latin-1", "cp1252")
    ]
    ways.append((gbk, "private", partial(_misread_double, pairing=gbk, errors="private")))
    for pairing, name, way in ways:
        for rate, single in (("whole", False), ("single sentences", True)):
            yield Model(f"{pairing.name}, twice", f"{name}, {rate}", partial(_twice, way=way), single=single)


def _mojibake() -> Iterator[Model]:
    for pairing in PAIRINGS:
        prepare = to_hant if pairing.written == "cp950" else str
        for lost in (False, True):
            family = f"{pairing.name}, {'with' if lost else 'no'} lost bytes"
            ways: dict[str, Callable[[str], str | None]]
            if pairing.single:
                pages = PAGES[pairing.read]
                ways = {p: partial(_misread, pairing=pairing, page=p, collapsed=False, lost=lost) for p in pages}
            else:
                ways = {e: partial(_misread_double, pairing=pairing, errors=e) for e in _READERS[lost]}
            for name, way in ways.items():
                yield Model(family, f"{name}, whole", way, prepare)
            name, way = next(iter(ways.items()))
            yield Model(family, f"{name}, single sentences", way, prepare, single=True)
            yield Model(family, f"{name}, every other sentence", way, prepare, part=2)
        if pairing.read == "latin" and pairing.written != "utf-8":
            collapsed = partial(_misread, pairing=pairing, page="cp1252", collapsed=True, lost=False)
            yield Model(f"{pairing.name}, no lost bytes", "collapsed", collapsed, prepare)


# --- the models ------------------------------------------------------------------------------------------------------


def models() -> Iterator[Model]:
    for size in (25, 80, 250):
        yield Model("glosses", f"{size} characters", partial(_gloss, size=size), naive_hant)
    for size in (25, 80, 250):
        yield Model("GBK bytes", f"{size} characters", partial(_bytes, size=size, options={}), naive_hant)
    for name, options in STYLES.items():
        yield Model("GBK bytes", f"80, {name}", partial(_bytes, size=80, options=options), naive_hant)
    yield from _mojibake()
    yield from _misread_twice()
    for kind in ("radical", "compatibility", "width", "vertical", "private", "invisible"):
        for part, rate in ((1, "all"), (3, "every third sentence")):
            yield Model(f"character, {kind}", rate, partial(characters.damage, kind=kind), part=part)
    for kind in ("entity", "unicode", "percent"):
        for part, rate in ((1, "all"), (3, "every third sentence")):
            yield Model(f"escape, {kind}", rate, partial(escapes.damage, kind=kind), part=part)
    for kind in ("spread", "wrap", "bold", "doubled", "mark"):
        yield Model(f"layout, {kind}", "all", partial(layout.damage, kind=kind))


# --- one text --------------------------------------------------------------------------------------------------------


@dataclass(slots=True)
class Tally:
    """Sentences: damaged, restored, wrong and certain, with a digit that stays marked."""

    damaged: int = 0
    restored: int = 0
    certain: int = 0
    marked: int = 0


def serve(model: Model, clean: Passage) -> tuple[str, list[Span], list[int]] | None:
    """The damaged text, the spans of its sentences in the clean text, and which of them count; None if not damaged."""
    spans = [(end - len(s), end) for s, end in zip(clean, accumulate(map(len, clean)), strict=True)]
    if model.part == 1:
        damaged = model.damage("".join(clean))
        return (damaged, spans, list(range(len(clean)))) if damaged not in (None, "".join(clean)) else None
    pieces = [model.damage(s) if at % model.part == 0 else s for at, s in enumerate(clean)]
    counted = [at for at, (p, s) in enumerate(zip(pieces, clean, strict=True)) if p != s]
    if None in pieces or not counted:
        return None
    return "".join(p or "" for p in pieces), spans, counted


def judge(tally: Tally, repaired: Repaired, gold: str, spans: Sequence[Span], counted: Sequence[int]) -> list[int]:
    """Count the sentences of one text; the result names those that are wrong."""
    wrong = differences(gold, repaired.text)
    certain = [span for edit, span in results(repaired) if edit.confidence == 1]
    bad = []
    for at in counted:
        found = [(g, r) for g, r in wrong if touches(g, spans[at]) or spans[at][0] <= g[0] == g[1] < spans[at][1]]
        here = [(g, r) for g, r in found if not _marked(gold[slice(*g)], repaired.text[slice(*r)])]
        tally.damaged += 1
        tally.marked += len(here) < len(found)
        tally.restored += not here
        tally.certain += any(touches(r, made) for _, r in here for made in certain)
        if here:
            bad.append(at)
    return bad


def _marked(gold: str, repaired: str) -> bool:
    """Whether a difference is a digit that is lost for good and stays marked: digits are never invented."""
    return gold.isdigit() and repaired in ("?", "\ufffd")


def run(unit: Unit) -> tuple[Tally, list[dict[str, object]]]:
    """The tally of a unit, and what went wrong in it, in order."""
    model, kind = unit
    tally, wrong = Tally(), []
    for passage in passages(kind, SIZE // len(DAMAGED)):
        clean = tuple(map(model.prepare, passage))
        for text in [(sentence,) for sentence in clean] if model.single else [clean]:
            served = serve(model, text)
            gold = "".join(text)
            # What repair changes in the clean text by itself would count against the model.
            if served is None or _changes(gold):
                continue
            damaged, spans, counted = served
            repaired = repair(damaged)
            if bad := judge(tally, repaired, gold, spans, counted):
                wrong.append({"family": model.family, "rate": model.rate, "kind": kind, "gold": gold,
                              "damaged": damaged, "repaired": repaired.text, "wrong": len(bad),
                              "certain": tally.certain})  # fmt: skip
    return tally, wrong


@cache
def _changes(text: str) -> bool:
    return bool(repair(text).edits)


# --- tables ----------------------------------------------------------------------------------------------------------


def tables() -> Iterator[Table]:
    units = [(model, kind) for model in models() for kind in DAMAGED]
    rates: dict[tuple[str, str], list[tuple[str, Tally]]] = defaultdict(list)
    families: dict[str, list[tuple[str, Tally]]] = defaultdict(list)
    with Path(EXAMPLES or os.devnull).open("w", encoding="utf-8") as handle:
        for (model, kind), (tally, wrong) in zip(units, spread(run, units), strict=True):
            rates[model.family, model.rate].append((kind, tally))
            families[model.family].append((kind, tally))
            handle.writelines(json.dumps(entry, ensure_ascii=False) + "\n" for entry in wrong)
    rows = [[*key, *_row(found)] for key, found in rates.items()]
    head = ["sentences", "restored", "restored, text new to the model", "wrong and certain", "with a marked digit"]
    yield Table("damage", ["family", *head], [[name, *_row(found)] for name, found in families.items()])
    yield Table("damage-rates", ["family", "rate", *head], rows)
    kinds = [
        [name, *(_restored([t for k, t in found if k == kind]) for kind in DAMAGED)] for name, found in families.items()
    ]
    yield Table("damage-kinds", ["family", *DAMAGED], kinds)


def _row(found: Sequence[tuple[str, Tally]]) -> list[object]:
    all_of, new = [t for _, t in found], [t for kind, t in found if kind not in SEEN]
    total = sum(t.damaged for t in all_of)
    certain, marked = sum(t.certain for t in all_of), sum(t.marked for t in all_of)
    return [total, _restored(all_of), _restored(new), f"{certain} of {total}", marked]


def _restored(tallies: Sequence[Tally]) -> str:
    return share(sum(t.restored for t in tallies), sum(t.damaged for t in tallies))

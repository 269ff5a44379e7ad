"""Clean text: which edits repair makes where there is nothing to repair.

Texts of about 2,000 characters of consecutive lines, up to SHARE characters of each kind. The character family
(radicals, compatibility forms, width, invisible characters) is about characters that are wrong wherever they stand:
its edits are listed by kind; all others must be none. With EXAMPLES_CLEAN=FILE, each edit of another family is written
there.
"""

from __future__ import annotations

import json
import os
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from evaluate.corpora import CORPORA, documents
from evaluate.metrics import Table
from evaluate.pool import spread
from tongbao.model import Edit
from tongbao.repair import repair

SHARE = int(os.environ.get("SHARE", "300000"))
LENGTH = 2000
SLICE = 25
EXAMPLES = os.environ.get("EXAMPLES_CLEAN")


def is_character(edit: Edit) -> bool:
    """Whether only the character family takes part in an edit."""
    return all(rule.startswith("character-") for rule in edit.rule.split("+"))


@dataclass(slots=True)
class Tally:
    """Counts over texts: the columns of the table, rules of edits and suggestions, and what went wrong, in order."""

    counts: Counter[str] = field(default_factory=Counter)
    others: Counter[str] = field(default_factory=Counter)
    offered: Counter[str] = field(default_factory=Counter)
    swaps: dict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    wrong: list[dict[str, object]] = field(default_factory=list)

    def add(self, other: Tally) -> None:
        self.counts.update(other.counts)
        self.others.update(other.others)
        self.offered.update(other.offered)
        for rule, swaps in other.swaps.items():
            self.swaps[rule].update(swaps)


# A slice of the texts of one kind.
Unit = tuple[str, list[str]]


def units() -> Iterator[Unit]:
    for kind in CORPORA:
        texts = list(documents(kind, LENGTH, SHARE))
        yield from ((kind, texts[at : at + SLICE]) for at in range(0, len(texts), SLICE))


def run(unit: Unit) -> Tally:
    kind, texts = unit
    tally = Tally()
    for text in texts:
        result = repair(text)
        tally.counts.update(texts=1, characters=len(text), suggested=len(result.suggestions))
        tally.offered.update(suggestion.rule for suggestion in result.suggestions)
        for edit in result.edits:
            if is_character(edit):
                tally.counts["character"] += 1
                tally.swaps[edit.rule].update(_swaps(edit))
            else:
                tally.counts["other"] += 1
                tally.others[edit.rule] += 1
                tally.wrong.append(_example(kind, text, edit))
    return tally


def tables() -> Iterator[Table]:
    tallies = {kind: Tally() for kind in CORPORA}
    total, work = Tally(), list(units())
    with Path(EXAMPLES or os.devnull).open("w", encoding="utf-8") as handle:
        for (kind, _), tally in zip(work, spread(run, work), strict=True):
            tallies[kind].add(tally)
            total.add(tally)
            handle.writelines(json.dumps(example, ensure_ascii=False) + "\n" for example in tally.wrong)
    rows: list[list[object]] = [[kind, *_columns(t), _named(t.others)] for kind, t in tallies.items()]
    rows.append(["**all**", *_columns(total), ""])
    head = ["kind", "texts", "characters", "character edits", "other edits", "suggestions", "rules of the others"]
    yield Table("clean", head, rows)
    size = total.counts["characters"]
    offered = [[rule, n, f"{n * 100_000 / size:.2f}"] for rule, n in total.offered.most_common()]
    yield Table("clean-suggestions", ["rule", "suggestions", "in 100,000 characters"], offered)
    head = ["rule", "edits", "commonest (character, code point → what is put)"]
    yield Table("clean-characters", head, _listing(total.swaps))


def _columns(tally: Tally) -> list[int]:
    return [tally.counts[c] for c in ("texts", "characters", "character", "other", "suggested")]


def _named(rules: Counter[str]) -> str:
    return ", ".join(f"{rule} {n}" for rule, n in rules.most_common()) or "–"


def _swaps(edit: Edit) -> Iterator[str]:
    """What an edit of the character family replaces, character by character."""
    if len(edit.before) == len(edit.after):
        pairs = zip(edit.before, edit.after, strict=True)
    else:
        pairs = iter([(edit.before, edit.after)])
    for before, after in pairs:
        codes = " ".join(f"U+{ord(c):04X}" for c in before[:3])
        yield f"{before if before.isprintable() else ''} {codes} → {after or 'nothing'}".strip()


def _listing(listing: dict[str, Counter[str]]) -> list[list[object]]:
    return [
        [rule, sum(n.values()), "; ".join(f"{swap} ×{k}" for swap, k in n.most_common(12))]
        for rule, n in sorted(listing.items())
    ]


def _example(kind: str, text: str, edit: Edit) -> dict[str, object]:
    around = text[max(0, edit.start - 20) : edit.end + 20]
    return {"kind": kind, "rule": edit.rule, "before": edit.before, "after": edit.after, "around": around,
            "confidence": edit.confidence, "gain": edit.evidence.gain}  # fmt: skip

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
from pathlib import Path

from evaluate.corpora import CORPORA, documents
from evaluate.metrics import Table
from tongbao.model import Edit
from tongbao.repair import repair

SHARE = int(os.environ.get("SHARE", "300000"))
LENGTH = 2000
EXAMPLES = os.environ.get("EXAMPLES_CLEAN")


def is_character(edit: Edit) -> bool:
    """Whether only the character family takes part in an edit."""
    return all(rule.startswith("character-") for rule in edit.rule.split("+"))


def tables() -> Iterator[Table]:
    rows: list[list[object]] = []
    totals: Counter[str] = Counter()
    listing: dict[str, Counter[str]] = defaultdict(Counter)
    offered: Counter[str] = Counter()
    with Path(EXAMPLES or os.devnull).open("w", encoding="utf-8") as handle:
        for kind in CORPORA:
            count: Counter[str] = Counter()
            others: Counter[str] = Counter()
            for text in documents(kind, LENGTH, SHARE):
                result = repair(text)
                count.update(texts=1, characters=len(text), suggested=len(result.suggestions))
                offered.update(suggestion.rule for suggestion in result.suggestions)
                for edit in result.edits:
                    if is_character(edit):
                        count["character"] += 1
                        listing[edit.rule].update(_swaps(edit))
                    else:
                        others[edit.rule] += 1
                        handle.write(json.dumps(_example(kind, text, edit), ensure_ascii=False) + "\n")
            count["other"] = sum(others.values())
            totals += count
            named = ", ".join(f"{rule} {n}" for rule, n in others.most_common())
            rows.append([kind, *(count[c] for c in COLUMNS), named or "–"])
    rows.append(["**all**", *(totals[c] for c in COLUMNS), ""])
    head = ["kind", "texts", "characters", "character edits", "other edits", "suggestions", "rules of the others"]
    yield Table("clean", head, rows)
    per_text = [[rule, n, f"{n * 100_000 / totals['characters']:.2f}"] for rule, n in offered.most_common()]
    yield Table("clean-suggestions", ["rule", "suggestions", "in 100,000 characters"], per_text)
    yield Table(
        "clean-characters", ["rule", "edits", "commonest (character, code point → what is put)"], _listing(listing)
    )


COLUMNS = ("texts", "characters", "character", "other", "suggested")


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

"""The report of a build: what went in, what came out, what did not, and with which tools (`data/report.json`)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from importlib.metadata import version
from math import fsum
from typing import Any

from tongbao import __version__
from tongbao.export.brief import Brief
from tongbao.model import Quarantined

# The tools whose behaviour reaches the site.
TOOLS = (
    "ahocorasick-rs",
    "ftfy",
    "jinja2",
    "lxml",
    "opencc",
    "pelican",
    "rapidfuzz",
    "rensa",
    "rjieba",
    "whoosh-reloaded",
)


def report(
    briefs: Sequence[Brief], quarantined: Sequence[Quarantined], warnings: Sequence[str],
    families: Sequence[Sequence[str]] = (), build: str = "",
) -> dict[str, Any]:  # fmt: skip
    """Counts, quarantined inputs with reasons, texts for a curator, warnings and tool versions, as JSON values."""
    rules = Counter(rule for b in briefs for rule in b.rules)
    return {
        "build": build,
        "counts": {
            "bulletins": len(briefs),
            "quarantined": len(quarantined),
            "duplicates": sum(b.duplicates for b in briefs),
            "repaired": sum(bool(b.rules) for b in briefs),
            "edits": sum(rules.values()),
            "suggestions": sum(b.suggestions for b in briefs),
            "confirmed_by_copies": sum(b.confirmed for b in briefs),
            "for_review": sum(bool(b.review) for b in briefs),
            "near_duplicates": sum(map(len, families)),
            "undated": sum(not b.entry.latest for b in briefs),
            "unplaced": sum(not b.entry.regions for b in briefs),
            "without_region": sum(not (b.entry.regions or b.entry.mentions) for b in briefs),
        },
        "damage": {
            "by_kind": _damage(briefs, lambda b: b.entry.kind or ""),
            "by_source": _damage(briefs, lambda b: b.entry.origin),
        },
        "edits_by_rule": dict(sorted(rules.items())),
        "encodings": dict(sorted(Counter(b.encoding for b in briefs).items())),
        "scripts": dict(sorted(Counter(b.entry.script for b in briefs).items())),
        "quarantined": [{"source": q.source, "fault": q.fault, "remedy": q.remedy} for q in quarantined],
        "review": [{"id": b.entry.id, "source": b.source, "reasons": list(b.review)} for b in briefs if b.review],
        "near_duplicates": [list(members) for members in sorted(families, key=lambda each: (-len(each), each))],
        "undated": _listed(b for b in briefs if not b.entry.latest),
        "unplaced": _listed(b for b in briefs if not b.entry.regions),
        "warnings": list(warnings),
        "tools": {"tongbao": __version__, **{name: version(name) for name in TOOLS}},
    }


def _damage(briefs: Iterable[Brief], group: Callable[[Brief], str]) -> dict[str, dict[str, int | float]]:
    """What has been found of damage in each group, the most damaged first; the empty name is that of the rest.

    `mean` and `worst` are damage scores, 0 to 1; `edits` counts repairs.
    """
    groups: dict[str, list[Brief]] = {}
    for each in briefs:
        groups.setdefault(group(each), []).append(each)
    figures = {name: _figures(members) for name, members in groups.items()}
    return dict(sorted(figures.items(), key=lambda item: (-item[1]["mean"], -item[1]["edits"], item[0])))


def _figures(briefs: Sequence[Brief]) -> dict[str, int | float]:
    scores = [each.entry.damage for each in briefs]
    return {
        "bulletins": len(briefs),
        "damaged": sum(score > 0 for score in scores),
        "repaired": sum(bool(each.rules) for each in briefs),
        "edits": sum(len(each.rules) for each in briefs),
        "mean": round(fsum(scores) / len(scores), 4),
        "worst": max(scores),
    }


def _listed(briefs: Iterable[Brief]) -> list[dict[str, str]]:
    return [{"id": b.entry.id, "source": b.source} for b in briefs]

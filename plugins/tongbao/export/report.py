"""The report of a build: what went in, what came out, what did not, and with which tools (`data/report.json`)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from importlib.metadata import version
from typing import Any

from tongbao import __version__
from tongbao.export.brief import Brief
from tongbao.model import Quarantined

# The tools whose behaviour reaches the site.
TOOLS = ("ahocorasick-rs", "ftfy", "jinja2", "lxml", "opencc", "pelican", "rjieba", "whoosh-reloaded")


def report(briefs: Sequence[Brief], quarantined: Sequence[Quarantined], warnings: Sequence[str]) -> dict[str, Any]:
    """Counts, quarantined inputs with reasons, texts for a curator, warnings and tool versions, as JSON values."""
    rules = Counter(rule for b in briefs for rule in b.rules)
    return {
        "counts": {
            "bulletins": len(briefs),
            "quarantined": len(quarantined),
            "duplicates": sum(b.duplicates for b in briefs),
            "repaired": sum(bool(b.rules) for b in briefs),
            "edits": sum(rules.values()),
            "suggestions": sum(b.suggestions for b in briefs),
            "confirmed_by_copies": sum(b.confirmed for b in briefs),
            "for_review": sum(bool(b.review) for b in briefs),
            "undated": sum(not b.entry.latest for b in briefs),
            "without_region": sum(not (b.entry.regions or b.entry.mentions) for b in briefs),
        },
        "edits_by_rule": dict(sorted(rules.items())),
        "encodings": dict(sorted(Counter(b.encoding for b in briefs).items())),
        "scripts": dict(sorted(Counter(b.entry.script for b in briefs).items())),
        "quarantined": [{"source": q.source, "fault": q.fault, "remedy": q.remedy} for q in quarantined],
        "review": [{"id": b.entry.id, "source": b.source, "reasons": list(b.review)} for b in briefs if b.review],
        "warnings": list(warnings),
        "tools": {"tongbao": __version__, **{name: version(name) for name in TOOLS}},
    }

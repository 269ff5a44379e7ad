"""The report of a build: what went in, what came out, what did not, and with which tools (`data/report.json`)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from importlib.metadata import version
from typing import Any

from tongbao import __version__
from tongbao.model import Bulletin, Quarantined

# The tools whose behaviour reaches the site.
TOOLS = ("ahocorasick-rs", "ftfy", "jinja2", "lxml", "opencc", "pelican", "rjieba", "whoosh-reloaded")


def report(
    bulletins: Sequence[Bulletin], quarantined: Sequence[Quarantined], warnings: Sequence[str]
) -> dict[str, Any]:
    """Counts, quarantined inputs with reasons, texts for a curator, warnings and tool versions, as JSON values."""
    rules = Counter(edit.rule for b in bulletins for edit in b.repaired.edits)
    return {
        "counts": {
            "bulletins": len(bulletins),
            "quarantined": len(quarantined),
            "duplicates": sum(len(b.received.also_received_as) for b in bulletins),
            "repaired": sum(bool(b.repaired.edits) for b in bulletins),
            "edits": sum(rules.values()),
            "suggestions": sum(len(b.repaired.suggestions) for b in bulletins),
            "confirmed_by_copies": sum(bool(e.evidence.copies) for b in bulletins for e in b.repaired.edits),
            "for_review": sum(bool(b.repaired.review) for b in bulletins),
            "undated": sum(b.dates.published is None for b in bulletins),
            "without_region": sum(not b.regions.tags for b in bulletins),
        },
        "edits_by_rule": dict(sorted(rules.items())),
        "encodings": dict(sorted(Counter(b.received.encoding for b in bulletins).items())),
        "scripts": dict(sorted(Counter(b.scripts.received.value for b in bulletins).items())),
        "quarantined": [{"source": q.source, "fault": q.fault, "remedy": q.remedy} for q in quarantined],
        "review": [
            {"id": b.id, "source": b.received.source, "reasons": list(b.repaired.review)}
            for b in bulletins
            if b.repaired.review
        ],
        "warnings": list(warnings),
        "tools": {"tongbao": __version__, **{name: version(name) for name in TOOLS}},
    }

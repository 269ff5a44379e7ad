"""The kinds of page of a built site, and where one of each is."""

from __future__ import annotations

import json
import tomllib
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from itertools import chain
from pathlib import Path
from typing import Any

MANY = 20  # repairs that a bulletin has to show all that they bring with them; more would only take longer
HOMES = {"zh-hans": "", "zh-hant": "zh-hant/"}


@dataclass(frozen=True)
class Kind:
    """A line of `pages.toml`, which says what the fields mean."""

    name: str
    address: str
    ready: str | None = None
    click: str | None = None
    lighthouse: bool = False
    once: bool = False

    def at(self, examples: Mapping[str, str], script: str) -> str:
        """The address in a site whose `examples` are given, in a script ("zh-hans" or "zh-hant")."""
        return self.address.format_map({**examples, "script": script, "home": HOMES[script]})


@cache
def kinds() -> tuple[Kind, ...]:
    """The table."""
    table = tomllib.loads(Path(__file__).with_name("pages.toml").read_text("utf-8"))
    return tuple(Kind(**row) for row in table["page"])


def examples(site: Path) -> dict[str, str]:
    """What the addresses of the table name, in the site in a folder. One without bulletins raises ValueError."""
    records = [json.loads(line) for line in (site / "data/bulletins.jsonl").read_text("utf-8").splitlines()]
    regions = chain.from_iterable(record["regions"] for record in records)
    counts = Counter(region["code"] for region in regions if region["role"] == "primary")
    months = [path.parent for path in sorted((site / "zh-hans/date").glob("[0-9]*/[0-9]*/index.html"))]
    repairs = {record["id"]: len(record["edits"]) for record in records}
    many = [id for id, count in repairs.items() if count >= MANY]
    return {
        "repaired": min(many, key=repairs.__getitem__) if many else max(repairs, key=repairs.__getitem__),
        "plain": min(records, key=_marks)["id"],
        "region": min(counts, key=lambda code: (-counts[code], code), default="unknown"),
        "year": months[-1].parent.name if months else "undated",
        "akin": _akin(site) or records[0]["id"],
        "kind": _busiest(site / "zh-hans/kind"),
        "issuer": _busiest(site / "zh-hans/issuer"),
        "port": _busiest(site / "zh-hans/port"),
        "family": _busiest(site / "zh-hans/copies"),
        "pair": _pair(site),
        "month": f"{months[-1].parent.name}/{months[-1].name}" if months else "undated",
    }


def _busiest(folder: Path) -> str:
    """The folder below that has the largest page: the most bulletins."""
    pages = sorted(folder.glob("*/index.html"))
    return max(pages, key=lambda page: page.stat().st_size).parent.name if pages else ""


def _akin(site: Path) -> str:
    """The first bulletin that has copies, or shares passages with others."""
    for page in sorted((site / "zh-hans/bulletin").glob("*/index.html")):
        if 'id="shared"' in (source := page.read_text("utf-8")) or 'id="copies"' in source:
            return page.parent.name
    return ""


def _pair(site: Path) -> str:
    pages = sorted((site / "zh-hans/compare").glob("*/*/index.html"))
    return f"{pages[0].parent.parent.name}/{pages[0].parent.name}" if pages else ""


def _marks(record: Mapping[str, Any]) -> int:
    return sum(len(record[name]) for name in ("edits", "suggestions", "regions", "places", "events"))

"""The client in Node: every query cold, warm and whole."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from searching.queries import Request
from searching.serve import Sent, serving

LIMIT = 10
# Hits that are compared with Whoosh's one by one.
WHOLE = 200
# Texts that are fetched at most to prove one total.
PROVE = 3000
_SCRIPT = Path(__file__).parents[1] / "ask.mjs"


@dataclass(frozen=True, slots=True)
class Answer:
    """What the client said and fetched. `proven` is the total where it was a lower bound, `proof` what that cost."""

    total: int
    at_most: int
    exact: bool
    hits: tuple[tuple[str, float], ...]
    first: tuple[tuple[str, float], ...]
    ms: float
    cold: tuple[Sent, ...]
    warm: tuple[Sent, ...]
    proven: int | None
    proof: tuple[Sent, ...]


def others(number: int, count: int) -> list[int]:
    """The three queries that come before one where it is asked warm."""
    return [(number + 7 * step) % count for step in (1, 2, 3)]


def ask(site: Path, requests: Sequence[Request]) -> list[Answer]:
    jobs = [
        {"request": request, "before": [requests[n] for n in others(number, len(requests))]}
        for number, request in enumerate(requests)
    ]
    with serving(site) as served:
        job: dict[str, Any] = {
            "module": (site.resolve() / "theme/js/search/index.js").as_uri(),
            "base": served.base,
            "jobs": jobs,
        }
        job |= {"limit": LIMIT, "prove": PROVE, "whole": WHOLE}
        done = subprocess.run(["node", str(_SCRIPT)], input=json.dumps(job), capture_output=True, text=True)
    if done.returncode:
        raise SystemExit(f"benchmarks/ask.mjs: {done.stderr.strip()}; node 20 is needed")
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    answers, firsts = lines[: len(requests)], lines[len(requests) :]
    return [_answer(answer, first) for answer, first in zip(answers, firsts, strict=True)]


def _answer(said: dict[str, Any], first: list[list[Any]]) -> Answer:
    proven = said["proven"]
    return Answer(
        total=said["total"],
        at_most=said["atMost"],
        exact=said["exact"],
        hits=_rows(said["hits"]),
        first=_rows(first),
        ms=said["ms"],
        cold=_sent(said["cold"]),
        warm=_sent(said["warm"]),
        # A total that is still a bound after all texts were read is none.
        proven=(proven["total"] if proven["exact"] else -1) if proven else None,
        proof=_sent(proven["sent"]) if proven else (),
    )


def _rows(rows: list[list[Any]]) -> tuple[tuple[str, float], ...]:
    return tuple((id, score) for id, score in rows)


def _sent(rows: list[list[Any]]) -> tuple[Sent, ...]:
    return tuple(Sent(*row) for row in rows)

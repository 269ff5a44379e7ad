"""Regions and days of publication on labelled bulletins, beside cpca, addressparser, jionlp, dateparser, htmldate."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from evaluate.metrics import Found, Table, share
from evaluate.peers import DAYS, REGIONS
from tongbao.model import Bulletin, DateTag, Role
from tongbao.pipeline import process
from tongbao.places import divisions, lineage
from tongbao.receive import receive_bytes

ROOT = Path(__file__).parents[2]
OWN = ROOT / "tests/cases"
SHARED = ROOT.parent / "shared/cases"
LEVELS = ("province", "prefecture", "county")


@dataclass(frozen=True, slots=True)
class Case:
    """A bulletin and its labels; a label that is None was not given. `days` are the days that count as right."""

    name: str
    text: str
    primary: Sequence[frozenset[str]] | None = None
    mentioned: frozenset[str] | None = None
    days: frozenset[str] | None = None
    basis: str = "none"


@dataclass(slots=True)
class Score:
    """What an engine got right on a set of cases."""

    levels: dict[str, Found] = field(default_factory=lambda: defaultdict(Found))
    primary: int = 0
    province: int = 0
    failed: int = 0


# --- cases -----------------------------------------------------------------------------------------------------------


@cache
def _codes() -> dict[str, str]:
    """{path of names: code} as the own cases write divisions."""
    return {"/".join(divisions()[c].name for c in reversed(lineage(code))): code for code in divisions()}


def own_cases() -> list[Case]:
    """Bulletins of the project's own cases: places, focus, and days of publication without the regions as a hint."""
    bulletins = json.loads((OWN / "places/bulletins.json").read_text("utf-8"))
    focus = json.loads((OWN / "places/focus.json").read_text("utf-8"))
    days = json.loads((OWN / "dates/publication.json").read_text("utf-8"))
    return [
        *(Case(c["id"], c["text"], [_set(c["primary"])], _set(c["tags"])) for c in bulletins),
        *(Case(f"focus-{n}", f"{c['title']}\n{c['text']}", [_set(c["primary"])]) for n, c in enumerate(focus)),
        *(_dated(c) for c in days if c["text"].strip() and not c.get("url") and not c.get("meta")),
    ]


def _set(paths: Iterable[str]) -> frozenset[str]:
    return frozenset(_codes()[path] for path in paths)


def _dated(case: dict) -> Case:
    day = case["published"]
    full = day is not None and len(day.rstrip("?~%")) == 10
    basis = "none" if not full else "explicit" if case.get("rule") in ("signoff", "header") else "inferred"
    return Case(case["name"], case["text"], days=frozenset({day} if full else ()), basis=basis)


def shared_cases() -> list[Case]:
    """The labelled bulletins of other sites, where they are present."""
    folders = [SHARED / "tagging", SHARED / "seeds_tagging"]
    return [_labelled(json.loads(p.read_text("utf-8"))) for folder in folders for p in sorted(folder.glob("*.json"))]


def _labelled(case: dict) -> Case:
    gold, text = case["gold"], case["text"]
    if not text.lstrip().startswith(case["title"][:6]) and case["title"] not in text:
        text = f"{case['title']}\n{text}"
    primary = [frozenset(gold["primary"])]
    primary += [frozenset(gold["primary_alt"])] if gold.get("primary_alt") else []
    days = frozenset({gold["publication_date"], *gold.get("publication_date_alt", ())} - {None})
    basis = "none" if not days else "explicit" if gold["date_basis"] == "explicit" else "inferred"
    return Case(case["id"], text, primary, frozenset(gold["mentioned"]), days, basis)


# --- regions ---------------------------------------------------------------------------------------------------------


def at_level(codes: Iterable[str], level: str) -> set[str]:
    """The divisions of a level among codes and their ancestors, under GB/T 2260."""
    known = (code for code in codes if code in divisions() and code.isdigit())
    return {c for code in known for c in lineage(code) if divisions()[c].level == level}


def provinces(codes: Iterable[str]) -> set[str]:
    return {lineage(code)[-1] for code in codes if code in divisions()}


def first(codes: Sequence[str]) -> set[str]:
    """Primary: the region named first."""
    return set(codes[:1])


def most(codes: Sequence[str]) -> set[str]:
    """Primary: the region named most often, the first of those that are."""
    return {code for code, _ in Counter(codes).most_common(1)}


def judge(score: Score, case: Case, mentioned: Iterable[str], primary: set[str]) -> None:
    if case.mentioned is not None:
        for level in LEVELS:
            score.levels[level].add(at_level(case.mentioned, level), at_level(mentioned, level))
    if case.primary is not None:
        score.primary += primary in [set(p) for p in case.primary]
        score.province += provinces(primary) == provinces(case.primary[0])


def _regions(name: str, cases: Sequence[Case], ours: Sequence[Bulletin]) -> Iterator[Table]:
    scores: dict[str, Score] = defaultdict(Score)
    missed: list[str] = []
    for case, bulletin in zip(cases, ours, strict=True):
        tags = bulletin.regions.tags
        found = {t.code for t in tags}
        primary = {t.code for t in tags if t.role is Role.PRIMARY}
        judge(scores["tongbao"], case, found, primary)
        missed += _missed(case, found, primary)
        for peer, find in REGIONS.items():
            try:
                codes = find(case.text)
            except Exception:  # Counted and published as a failure of the peer.
                codes = []
                scores[f"{peer}, first"].failed += 1
                scores[f"{peer}, most"].failed += 1
            judge(scores[f"{peer}, first"], case, codes, first(codes))
            judge(scores[f"{peer}, most"], case, codes, most(codes))
    n = sum(case.primary is not None for case in cases)
    head = ["engine", *(f"{level} P / R / F1" for level in LEVELS), "primary exact", "right province", "failed"]
    rows = [[engine, *_levels(s), f"{s.primary}/{n}", f"{s.province}/{n}", s.failed] for engine, s in scores.items()]
    yield Table(name, head, rows, missed)
    yield Table(f"{name}-primary-rules", ["rule", "n", "right", "wrong"], _primary_rules(cases, ours))


def _primary_rules(cases: Sequence[Case], ours: Sequence[Bulletin]) -> list[list[object]]:
    """Tongbao's primary regions by the rule that gave them: a region is right where a label has it."""
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    for case, bulletin in zip(cases, ours, strict=True):
        for tag in bulletin.regions.tags:
            if tag.role is Role.PRIMARY:
                right = any(tag.code in codes for codes in case.primary or ())
                counts[tag.rule].update(n=1, right=int(right), wrong=int(not right))
    return [[rule, c["n"], c["right"], c["wrong"]] for rule, c in sorted(counts.items())]


def _levels(score: Score) -> list[str]:
    return [" / ".join(f"{x:.3f}" for x in score.levels[level].scores) for level in LEVELS]


def _missed(case: Case, found: set[str], primary: set[str]) -> list[str]:
    out = []
    if case.primary is not None and primary not in [set(p) for p in case.primary]:
        out.append(f"`{case.name}`: primary {_names(primary)} for {_names(case.primary[0])}")
    if case.mentioned is not None:
        want = {c for level in LEVELS for c in at_level(case.mentioned, level)}
        got = {c for level in LEVELS for c in at_level(found, level)}
        if want != got:
            out.append(f"`{case.name}`: missed {_names(want - got)}, extra {_names(got - want)}")
    return out


def _names(codes: Iterable[str]) -> str:
    return "、".join(divisions()[c].name if c in divisions() else c for c in sorted(codes)) or "nothing"


# --- days ------------------------------------------------------------------------------------------------------------


def _right(day: str | None, days: frozenset[str]) -> bool:
    return day is not None and any(day == d or (len(d) == 7 and day.startswith(d)) for d in days)


def _full(day: str | None) -> bool:
    return day is not None and len(day.rstrip("?~%")) == 10


def _days(name: str, cases: Sequence[Case], ours: Sequence[Bulletin]) -> Iterator[Table]:
    dated = [(c, b.dates.published) for c, b in zip(cases, ours, strict=True) if c.days is not None]
    answers: dict[str, list[tuple[Case, str | None]]] = {"tongbao": [(c, p and p.edtf) for c, p in dated]}
    failed: Counter[str] = Counter()
    for peer, find in DAYS.items():
        answers[peer] = []
        for case, _ in dated:
            try:
                day = find(case.text)
            except Exception:  # Counted and published as a failure of the peer.
                day = None
                failed[peer] += 1
            answers[peer].append((case, day))
    head = ["engine", "explicit right", "inferred right", "full but wrong", "none where none is", "failed"]
    rows = [[engine, *_verdicts(given), failed[engine]] for engine, given in answers.items()]
    missed = [
        f"`{case.name}` ({case.basis}): {day} for {', '.join(sorted(case.days or ())) or 'none'}"
        for case, day in answers["tongbao"]
        if (not _right(day, case.days or frozenset()) if case.days else _full(day))
    ]
    yield Table(f"{name}-days", head, rows, missed)
    yield Table(f"{name}-rules", ["rule", "n", "right", "wrong"], _rules(dated))


def _verdicts(given: Sequence[tuple[Case, str | None]]) -> list[str]:
    out = []
    for basis in ("explicit", "inferred"):
        of = [(c, day) for c, day in given if c.basis == basis]
        out.append(f"{sum(_right(day, c.days or frozenset()) for c, day in of)}/{len(of)}")
    wrong = sum(_full(day) and not _right(day, c.days or frozenset()) for c, day in given)
    none = [day for c, day in given if c.basis == "none"]
    return [*out, f"{wrong} ({share(wrong, len(given))})", f"{sum(not _full(day) for day in none)}/{len(none)}"]


def _rules(dated: Sequence[tuple[Case, DateTag | None]]) -> list[list[object]]:
    """Tongbao's days by the rule that gave them."""
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    for case, published in dated:
        rule, day = (_class(published.rule), published.edtf) if published else ("no answer", None)
        right = _right(day, case.days or frozenset()) if case.days else not _full(day)
        counts[rule].update(n=1, right=int(right), wrong=int(not right))
    return [[rule, c["n"], c["right"], c["wrong"]] for rule, c in sorted(counts.items())]


def _class(rule: str) -> str:
    """Where the day stands, and whether its year was found there or inferred from other evidence."""
    place, *evidence = rule.split("+")
    return f"{place}, completed by other evidence" if evidence else place


# --- tables ----------------------------------------------------------------------------------------------------------


def tables() -> Iterator[Table]:
    for name, cases in (("tagging-own", own_cases()), ("tagging-shared", shared_cases())):
        if not cases:
            continue
        ours = [_process(case.text) for case in cases]
        placed = [(c, b) for c, b in zip(cases, ours, strict=True) if c.primary is not None]
        yield from _regions(name, [c for c, _ in placed], [b for _, b in placed])
        yield from _days(name, cases, ours)


def _process(text: str) -> Bulletin:
    received = receive_bytes(text.encode(), "case.txt")
    assert not hasattr(received, "fault"), received
    return process(received)

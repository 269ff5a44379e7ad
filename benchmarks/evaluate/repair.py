"""Repair on labelled cases, beside ftfy, charset-normalizer and chardet."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import chardet
import charset_normalizer
import ftfy

from evaluate.metrics import Restored, Table, distance, tidy
from tongbao.repair import repair

ROOT = Path(__file__).parents[2]
OWN = ROOT / "tests/cases/repair"
OWN_FILES = ("causes", "generated", "suggestions", "negatives", "clean")
SHARED = ROOT.parent / "shared"
Engine = Callable[[str], str]


@dataclass(frozen=True, slots=True)
class Case:
    """A received text and what it must become."""

    name: str
    family: str
    raw: str
    gold: str


# --- cases -----------------------------------------------------------------------------------------------------------


def own_cases() -> Iterator[Case]:
    """The project's cases: damaged texts with their restorations, and texts that must stay as they are."""
    loaded = {name: json.loads((OWN / f"{name}.json").read_text("utf-8")) for name in OWN_FILES}
    for case in loaded["causes"]["cases"] + loaded["generated"]["cases"]:
        yield Case(case["name"], own_family(case), case["damaged"], case["restored"])
    for case in loaded["suggestions"]["cases"]:
        yield Case(case["name"], case["rule"].split("-")[0], case["text"], case["text"])
    for case in loaded["negatives"]["cases"]:
        yield Case(case["name"], "negatives", case["text"], case["text"])
    for name, text in (loaded["clean"]["hans"] | loaded["clean"]["hant"]).items():
        yield Case(name, "clean", text, text)


def own_family(case: Mapping[str, str]) -> str:
    """The family of damage; that of generated mojibake is its pairing, with which the cause begins."""
    return case["cause"].split("，")[0] if case["family"] == "mojibake" else case["family"]


def shared_cases() -> Iterator[Case]:
    """The labelled excerpts of real sites and the seeds, where they are present."""
    for path in sorted((SHARED / "cases/repair").glob("*.json")):
        case = json.loads(path.read_text("utf-8"))
        yield Case(case["id"], family(case["damage_class"]), case["raw"], case["gold"])
    for path in sorted((SHARED / "cases/seeds_repaired").glob("*.txt")):
        raw = (SHARED / "seeds/bulletins" / path.name).read_bytes().decode()
        yield Case(path.stem, "seeds", raw, path.read_bytes().decode())


# The family of a damage class: the first whose word the class holds.
FAMILIES = {
    "clean_control": "clean",
    "unrecoverable": "unrecoverable",
    "gbk_s": "gbk-bytes",
    "pinyin": "pinyin",
    "utf8_as": "utf8-as",
    "gbk_as": "gbk-as",
    "big5_as": "big5-as",
}


def family(damage: str) -> str:
    return next((name for word, name in FAMILIES.items() if word in damage), "other")


# --- engines ---------------------------------------------------------------------------------------------------------

_PLAIN = ftfy.TextFixerConfig(fix_character_width=False, uncurl_quotes=False, normalization=None)
# A detector needs bytes: the text in each code page that it could have been read in; the first answer that changes the
# text and decodes it whole counts.
_READ_AS = ("sloppy-windows-1252", "latin-1", "gb18030", "cp950")


def _with_charset_normalizer(data: bytes) -> str | None:
    best = charset_normalizer.from_bytes(data).best()
    return best and best.encoding


def _with_chardet(data: bytes) -> str | None:
    return chardet.detect(data)["encoding"]


def redecoded(text: str, detect: Callable[[bytes], str | None]) -> str:
    """What a detector of encodings makes of a text: its bytes as they were read, decoded as it says."""
    for page in _READ_AS:
        try:
            data = text.encode(page)
            decoded = data.decode(detect(data) or page)
        except (UnicodeError, LookupError):
            continue
        if decoded != text:
            return decoded
    return text


ENGINES: Mapping[str, Engine] = {
    "tongbao": lambda text: repair(text).text,
    "ftfy": ftfy.fix_text,
    "ftfy, no width, quotes, NFC": lambda text: ftfy.fix_text(text, _PLAIN),
    "charset-normalizer": lambda text: redecoded(text, _with_charset_normalizer),
    "chardet": lambda text: redecoded(text, _with_chardet),
}


def attempt(engine: Engine, text: str) -> str | None:
    """The engine's answer, or None where it fails."""
    try:
        return engine(text)
    except Exception:  # Counted and published as a failure of the engine.
        return None


# --- tables ----------------------------------------------------------------------------------------------------------


def tables() -> Iterator[Table]:
    yield from _tables("repair-own", list(own_cases()))
    if shared := list(shared_cases()):
        yield from _tables("repair-shared", shared)


def _tables(name: str, cases: list[Case]) -> Iterator[Table]:
    scores: dict[tuple[str, str], Restored] = defaultdict(Restored)
    missed = []
    for case in cases:
        for engine in ENGINES:
            got = attempt(ENGINES[engine], case.raw)
            scores[case.family, engine].add(case.raw, case.gold, got)
            if engine == "tongbao" and tidy(got or "") != tidy(case.gold):
                missed.append(_miss(case, got))
    families = sorted({case.family for case in cases})
    rows = [_row(group, engine, scores[group, engine]) for group in families for engine in ENGINES]
    yield Table(name, ["family", "engine", "n", "exact", "worse", "failed", "CER before", "CER after"], rows, missed)


def _row(group: str, engine: str, score: Restored) -> list[object]:
    return [group, engine, score.n, score.exact, score.worse, score.failed, *score.rates]


def _miss(case: Case, got: str | None) -> str:
    before, after = distance(tidy(case.raw), tidy(case.gold)), distance(tidy(got or case.raw), tidy(case.gold))
    return f"missed by Tongbao: `{case.name}` ({case.family}), {before} characters wrong before, {after} after"

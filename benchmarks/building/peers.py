"""Sites of the peers: sources from our own data file, templates that give the same page, and how each is built.

Both get what our build has worked out already and publish it: two pages a bulletin, lists of each region and period,
100 a page, a feed for each region. What lies between a page's head and its neighbours (reading text, received text,
facts, repairs, with all marks) is their source as our pages have it; head, navigation and lists are their templates'.
Neither repairs, tags, explains or indexes anything.
"""

from __future__ import annotations

import html
import json
import shutil
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pelican_tongbao.labels import labels
from pelican_tongbao.pages.page import OWN_NAMES, region_name
from pelican_tongbao.plan import ROOT
from tongbao.export import urls
from tongbao.export.urls import LANGUAGES, bulletin
from tongbao.places import lineage
from tongbao.script import convert

_HERE = Path(__file__).parent
_SUMMARY = 100
# What stock Pelican needs: an article without a date is none.
_NEVER = "1970-01-01"
# Between a page's head and its neighbours.
_SHEET, _AFTER = '<div class="sheet">', '<nav class="neighbours"'
_ADDED = "以上情况，特此说明。"


@dataclass(frozen=True, slots=True)
class Source:
    """A page's content. `regions` are codes with those of the divisions above them, `places` (code, name) of the
    primary ones; `newer` and `older` (id, title) or None."""

    id: str
    language: str
    title: str
    day: str
    regions: Sequence[str]
    places: Sequence[tuple[str, str]]
    kind: str
    summary: str
    body: str
    newer: tuple[str, str] | None
    older: tuple[str, str] | None


@dataclass(frozen=True, slots=True)
class Peer:
    """A generator: how its sources are written into a folder, the file of one of them, and the command that builds
    `folder`/output from `folder`/content."""

    name: str
    write: Callable[[Path, Source], None]
    file: Callable[[Path, str, str], Path]
    settle: Callable[[Path, Sequence[str]], None]
    command: Callable[[Path], list[str]]


def sources(output: Path) -> Iterator[Source]:
    """The pages' contents from the site in `output`, bulletin by bulletin, the newest first."""
    with (output / "data/bulletins.jsonl").open(encoding="utf-8") as lines:
        records = [_slim(json.loads(line)) for line in lines]
    records.sort(key=lambda record: (_day(record), record["id"]), reverse=True)
    for place, record in enumerate(records):
        for language in LANGUAGES:
            newer = _neighbour(records[place - 1], language) if place else None
            older = _neighbour(records[place + 1], language) if place + 1 < len(records) else None
            page = (output / bulletin(record["id"], language) / "index.html").read_text("utf-8")
            yield _source(record, language, page, newer, older)


def _slim(record: Mapping[str, Any]) -> dict[str, Any]:
    """What is used of a record: all of them are held at once."""
    titles = convert(record["title"])
    kept = {name: record[name] for name in ("id", "published", "regions", "kind")}
    heads = {language: record[name][: 2 * _SUMMARY] for language, name in zip(LANGUAGES, ("hans", "hant"), strict=True)}
    kept["regions"] = [(region["code"], region["role"]) for region in record["regions"]]
    return {**kept, "heads": heads, "titles": {"zh-hans": titles.hans, "zh-hant": titles.hant}}


def _day(record: Mapping[str, Any]) -> str:
    return record["published"]["latest"] if record["published"] else ""


def _neighbour(record: Mapping[str, Any], language: str) -> tuple[str, str]:
    return record["id"], record["titles"][language]


def _source(
    record: Mapping[str, Any],
    language: str,
    page: str,
    newer: tuple[str, str] | None,
    older: tuple[str, str] | None,
) -> Source:
    named = [code for code, _ in record["regions"]]
    primary = [code for code, role in record["regions"] if role == "primary"]
    return Source(
        id=record["id"],
        language=language,
        title=record["titles"][language],
        day=_day(record),
        regions=sorted({above for code in named for above in lineage(code)}),
        places=[(code, region_name(code, language)) for code in primary],
        kind=labels(language)["kinds"].get(record["kind"] or "none", ""),
        summary=" ".join(record["heads"][language].split())[:_SUMMARY],
        body=page[page.index(_SHEET) : page.index(_AFTER)],
        newer=newer,
        older=older,
    )


def write(peer: Peer, folder: Path, output: Path) -> None:
    """Write the peer's site from ours in `output`."""
    shutil.rmtree(folder, ignore_errors=True)
    regions: set[str] = set()
    for source in sources(output):
        peer.file(folder, source.id, source.language).parent.mkdir(parents=True, exist_ok=True)
        peer.write(folder, source)
        regions.update(source.regions)
    peer.settle(folder, sorted(regions))


def add_sentence(peer: Peer, folder: Path, bulletin_id: str) -> None:
    """Put a sentence into both pages of a bulletin."""
    for language in LANGUAGES:
        path = peer.file(folder, bulletin_id, language)
        head, mark, tail = path.read_text("utf-8").partition("</p>")
        path.write_text(f"{head}{_ADDED}{mark}{tail}", "utf-8")


def add_another(peer: Peer, folder: Path, like: str, bulletin_id: str) -> None:
    """One more bulletin: another's pages under another id."""
    for language in LANGUAGES:
        text = peer.file(folder, like, language).read_text("utf-8")
        peer.file(folder, bulletin_id, language).write_text(text.replace(like, bulletin_id), "utf-8")


# --- Hugo ------------------------------------------------------------------------------------------------------------


def _hugo_file(folder: Path, bulletin_id: str, language: str) -> Path:
    return folder / "content" / language / "bulletin" / f"{bulletin_id}.html"


def _hugo_write(folder: Path, source: Source) -> None:
    periods = [source.day[:4], source.day[:7]] if source.day else ["undated"]
    matter = {
        "title": source.title,
        **({"date": source.day} if source.day else {}),
        "summary": source.summary,
        "regions": source.regions or ["unknown"],
        "periods": periods,
        "places": [{"code": code, "name": name} for code, name in source.places],
        "genre": source.kind,
    }
    text = f"{json.dumps(matter, ensure_ascii=False, indent=1)}\n{source.body}"
    _hugo_file(folder, source.id, source.language).write_text(text, "utf-8")


def _hugo_settle(folder: Path, regions: Sequence[str]) -> None:
    shutil.copytree(_HERE / "hugo", folder, dirs_exist_ok=True)
    for language in LANGUAGES:
        names = {code: region_name(code, language) for code in regions}
        words = {"t": labels(language), "regions": names, "tags": urls.TAGS, "own_names": OWN_NAMES}
        path = folder / "data" / f"{language.replace('-', '')}.json"
        path.parent.mkdir(exist_ok=True)
        path.write_text(json.dumps(words, ensure_ascii=False), "utf-8")


def hugo(program: Path) -> Peer:
    """Hugo, by its program."""

    def command(folder: Path) -> list[str]:
        return [str(program), "--quiet", "--source", str(folder), "--destination", str(folder / "output")]

    return Peer("Hugo", _hugo_write, _hugo_file, _hugo_settle, command)


# --- stock Pelican ---------------------------------------------------------------------------------------------------


def _stock_file(folder: Path, bulletin_id: str, language: str) -> Path:
    return folder / "content" / language / f"{bulletin_id}.html"


def _stock_write(folder: Path, source: Source) -> None:
    metadata = {
        "date": source.day or _NEVER,
        "slug": source.id,
        "lang": source.language,
        "category": source.language,
        "tags": ",".join(f"{source.language}/region/{code}" for code in source.regions or ["unknown"]),
        "summary": html.escape(source.summary),
        "places": "|".join(f"{code} {name}" for code, name in source.places),
        "genre": source.kind,
        "newer": " ".join(source.newer or ()),
        "older": " ".join(source.older or ()),
    }
    head = "".join(f'<meta name="{name}" content="{html.escape(value)}">\n' for name, value in metadata.items())
    title = f"<title>{html.escape(source.title, quote=False)}</title>"
    text = f"<html>\n<head>\n{title}\n{head}</head>\n<body>\n{source.body}</body>\n</html>\n"
    _stock_file(folder, source.id, source.language).write_text(text, "utf-8")


def _stock_settle(folder: Path, regions: Sequence[str]) -> None:
    shutil.copytree(_HERE / "stock", folder, dirs_exist_ok=True)
    words = {language: labels(language) for language in LANGUAGES}
    shared = {"theme": str(ROOT / "theme"), "labels": words, "tags": urls.TAGS, "own_names": OWN_NAMES}
    (folder / "shared.json").write_text(json.dumps(shared, ensure_ascii=False), "utf-8")


def _stock_command(folder: Path) -> list[str]:
    program = Path(sys.executable).with_name("pelican")
    settings = str(folder / "stockconf.py")
    return [str(program), "-q", "-s", settings, "-o", str(folder / "output"), str(folder / "content")]


STOCK = Peer("Pelican", _stock_write, _stock_file, _stock_settle, _stock_command)

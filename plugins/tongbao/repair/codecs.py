"""Codecs that know of lost bytes: which characters may these bytes be?

A codec takes the bytes of a character as far as they are known and answers with the characters that they may be, most
frequent first; with None where more bytes are needed; with nothing where no character has such bytes. All are tables,
kept as they are asked for.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache

from tongbao.repair import tables
from tongbao.repair.text_model import FLOOR, model

# Bytes of a character that is not complete. An unknown byte is ANY. STRIPPED is an unknown byte among those that Latin
# code pages lose. FIRST and SECOND are the unknown bytes of a GBK pair that has no character, so that it vanished; once
# the first is known to be v, the second is written -v. FIRST_BIG5, SECOND_BIG5 are the same for Big5, and -v - 0x100.
# `skipped` makes the code of a byte that was left out because it has no character with the next one.
Pending = tuple[int, ...]
ANY, STRIPPED, FIRST, SECOND, FIRST_BIG5, SECOND_BIG5 = 0x100, -1, -2, -3, -4, -5


@dataclass(frozen=True, slots=True, eq=False)
class Codec:
    """What bytes spell in a codec: `find` as the module says; `name` is Python's name of the codec.

    `writes` tells whether a text in the codec's script has a character.
    """

    name: str
    find: Callable[[Pending], Sequence[str] | None]
    writes: Callable[[str], bool] = lambda character: True

    def last_byte(self, character: str) -> int:
        """The last byte of a character that `find` has found."""
        return character.encode(self.name)[-1]


# Bytes without a visible character in cp1252, and the two that programs take for white space or drop.
LATIN_LOST = frozenset((0x81, 0x8D, 0x8F, 0x90, 0x9D, 0xA0, 0xAD))


def choices(code: int, among: Iterable[int]) -> list[int]:
    """The bytes, of those in `among`, that a pending code stands for."""
    if code == ANY:
        return list(among)
    if code == STRIPPED:
        return [b for b in among if b in LATIN_LOST]
    if code in (SECOND, SECOND_BIG5):
        raise ValueError("the second byte of a vanished pair is asked for before its first is known")
    if code <= -0x200:
        codec, following = ("gbk", -code - 0x200) if code > -0x300 else ("cp950", -code - 0x300)
        return [b for b in among if b >= 0x80 and _is_skipped(codec, b, following)]
    if code < 0:
        table = lost_pairs("gbk" if code == FIRST or -0x100 < code < SECOND_BIG5 else "cp950")
        if code in (FIRST, FIRST_BIG5):
            return [b for b in among if b in table]
        return [b for b in among if b in table.get(-code & 0xFF, ())]
    return [code] if code in among else []


def skipped(codec: str, following: int) -> int:
    """The code of a byte that has no character in the codec with a following one, and was left out by itself."""
    return -following - (0x200 if codec == "gbk" else 0x300)


def after_first(code: int, first: int) -> int:
    """The code of a vanished pair's second byte, once its first is known."""
    return {SECOND: -first, SECOND_BIG5: -first - 0x100}.get(code, code)


def _is_skipped(codec: str, byte: int, following: int) -> bool:
    return following < 0x40 or byte in (0x80, 0xFF) or following in lost_pairs(codec).get(byte, ())


@cache
def lost_pairs(codec: str) -> Mapping[int, frozenset[int]]:
    """{first byte: second bytes with which it has no character in the codec}."""
    pairs = double_pairs(codec)
    table = {}
    for lead in range(0x80 if codec == "cp950" else 0x81, 0xFF):
        free = frozenset(t for t in range(0x40, 0xFF) if t != 0x7F and bytes((lead, t)) not in pairs)
        if free:
            table[lead] = free
    return table


def double_pairs(codec: str) -> Mapping[bytes, str]:
    """The pairs of GBK (`gbk`) or of Big5 (`cp950`)."""
    return tables.gbk_pairs() if codec == "gbk" else tables.big5_pairs()


@cache
def lost_characters(written: str, read: str) -> tuple[str, ...]:
    """Characters in use whose two bytes in one codec have no character in the other, so that they vanish."""
    pairs = double_pairs(read)
    return _usual(c for pair, c in double_pairs(written).items() if pair not in pairs and tables.is_han(c))


def _usual(characters: Iterable[str]) -> tuple[str, ...]:
    """Those that the model knows and people write, most frequent first."""
    rarity = model().rarity
    known = (c for c in characters if rarity(c) < FLOOR and not c.isspace() and _is_daily(c))
    return tuple(sorted(known, key=lambda c: (rarity(c), c)))


@lru_cache(maxsize=1 << 15)
def _is_daily(character: str) -> bool:
    """Whether it is a mark, or a Han character of GB 2312 or of the commoner half of Big5: no rare variant of one."""
    if not tables.is_han(character):
        return True
    big5 = tables.big5_bytes().get(character, b"\xff")
    return big5 <= b"\xc6\x7e" or bool(character.encode("gb2312", "ignore"))


# --- two bytes a character -------------------------------------------------------------------------------------------


def _double(pairs: Mapping[bytes, str], pending: Pending) -> Sequence[str] | None:
    first = pending[0]
    if len(pending) == 1:
        if 0 <= first < 0x80:
            return (chr(first),)
        return () if first in (0x80, 0xFF) else None
    second = pending[1]
    if 0 <= first < ANY and 0 <= second < ANY:
        character = pairs.get(bytes((first, second)))
        return (character,) if character else ()
    leads = choices(first, range(0x81, 0xFF))
    keys = (bytes((a, b)) for a in leads for b in choices(after_first(second, a), range(0x40, 0xFF)))
    return _usual(pairs[key] for key in keys if key in pairs)


@lru_cache(maxsize=1 << 16)
def _gbk(pending: Pending) -> Sequence[str] | None:
    """GBK (cp936)."""
    return _double(tables.gbk_pairs(), pending)


@lru_cache(maxsize=1 << 16)
def _big5(pending: Pending) -> Sequence[str] | None:
    """Big5 (cp950, without user-defined pairs)."""
    return _double(tables.big5_pairs(), pending)


# --- UTF-8 -----------------------------------------------------------------------------------------------------------


@lru_cache(maxsize=1 << 16)
def _utf8(pending: Pending) -> Sequence[str] | None:
    """UTF-8; where bytes are unknown, characters of three bytes."""
    first = pending[0]
    size = _size(first)
    if 0x80 <= first < ANY and not 0xC2 <= first <= 0xF4:
        return ()
    if any(0 <= b < 0x80 or 0xC0 <= b < ANY for b in pending[1:]):
        return ()
    if len(pending) < size:
        return None
    if all(0 <= b < ANY for b in pending):
        try:
            return (bytes(pending).decode(),)
        except UnicodeDecodeError:
            return ()
    return _usual(_matching(pending)) if size == 3 else ()


@lru_cache(maxsize=1 << 18)
def utf8_goes_on(data: Pending, following: Pending) -> bool:
    """Whether known bytes can follow others as UTF-8, as far as the first of them that begins a character.

    A quick look, that spares a search the many ways which end at once.
    """
    wanted = 0
    for byte in data:
        wanted = wanted - 1 if wanted else _size(byte) - 1
    for byte in following:
        if not wanted:
            return not 0x80 <= byte < 0xC2
        if not 0x80 <= byte < 0xC0:
            return False
        wanted -= 1
    return True


def _size(first: int) -> int:
    """The bytes of a character that begins with this one, or with an unknown one."""
    if not 0 <= first < ANY:
        return 3
    return 1 if first < 0x80 else 2 if 0xC2 <= first < 0xE0 else 3 if 0xE0 <= first < 0xF0 else 4


def _matching(pending: Pending) -> list[str]:
    known = tuple(at for at, b in enumerate(pending) if 0 <= b < ANY)
    found = _three_bytes(known).get(tuple(pending[at] for at in known), ())
    return [c for c in found if _fits(pending, c.encode())]


def _fits(pending: Pending, data: bytes) -> bool:
    before = 0
    for code, byte in zip(pending, data, strict=True):
        if not choices(after_first(code, before), (byte,)):
            return False
        before = byte
    return True


@cache
def _three_bytes(known: tuple[int, ...]) -> Mapping[Pending, list[str]]:
    """{values of the known bytes: characters of three bytes in UTF-8 that GBK or Big5 can write}."""
    table: dict[Pending, list[str]] = {}
    for character in sorted({*tables.gbk_bytes(), *tables.big5_bytes()}):
        data = character.encode()
        if len(data) == 3:
            table.setdefault(tuple(data[at] for at in known), []).append(character)
    return table


# --- the codecs ------------------------------------------------------------------------------------------------------

GBK, BIG5, UTF8 = Codec("gbk", _gbk), Codec("cp950", _big5), Codec("utf-8", _utf8)
CODECS: Mapping[str, Codec] = {codec.name: codec for codec in (GBK, BIG5, UTF8)}


@cache
def without(codec: Codec, unwanted: Callable[[str], bool]) -> Codec:
    """The codec for a text in one script: where bytes are unknown, characters of the other script are left out."""

    @lru_cache(maxsize=1 << 16)
    def narrowed(pending: Pending) -> Sequence[str] | None:
        found = codec.find(pending)
        if not found or len(found) == 1:
            return found
        return tuple(c for c in found if not unwanted(c))

    return Codec(codec.name, narrowed, lambda character: codec.writes(character) and not unwanted(character))

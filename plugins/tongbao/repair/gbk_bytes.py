"""GBK byte damage: `日?qǐng)?bào)` for 日報. The forward model; the inverse is `gbk_search`.

*Cause.* The spinner of `glosses` works on GBK *bytes* and looks for its characters at every byte offset, also across
the border of two characters: 日報 is C8 D5 88 F3, which holds D5 88, 請. The gloss `(qǐng)` goes behind those two bytes
and parts 88 from F3. Decoded as cp936, a lead byte before an ASCII character that can't be its trail byte becomes a
hole and swallows that character; what follows a single byte is read one byte off until a trail byte in ASCII, a mark or
another insertion ends the shift; and pairs without a character vanish. Full-width marks part bytes in the same way.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from tongbao.repair import tables

# Full-width marks of GBK's row A3 and their ASCII forms; 。 and 、 have none.
NARROW: Final[Mapping[str, str]] = {"，": ",", "！": "!", "；": ";", "：": ":", "？": "?", "（": "(", "）": ")"}
MARKS: Final = "，。、；：！？"
_NARROWING: Final = str.maketrans(dict(NARROW))


def damage(
    text: str,
    readings: Mapping[str, str],
    *,
    marks: str = "",
    inserted: str = "",
    hole: str = "?",
    mark_hole: str = "?",
    narrow: bool = False,
) -> str:
    """The forward model: what a spinner makes of `text`.

    `readings` is {character: gloss}. `marks` are the full-width marks before which it parts bytes at any offset, and
    `inserted` is what then shows before an aligned mark (`,` or a newline, or nothing). `hole` is what a lost lead byte
    is served as (`?`, U+FFFD or nothing), `mark_hole` the same before a mark. `narrow` serves full-width marks as
    ASCII. Characters that GBK can't write stay as they are and end a shift.

    >>> damage("日報", {"請": "qǐng", "報": "bào"})
    '日?qǐng)?bào)'
    """
    encoded = tables.gbk_bytes()
    glosses = {encoded[c]: f"({gloss})" for c, gloss in readings.items() if c in encoded}
    stops = {encoded[c] for c in marks if c in encoded}
    out: list[str] = []
    run = bytearray()
    for character in text:
        if ord(character) < 0x80:
            run += character.encode()
        elif character in encoded:
            run += encoded[character]
        else:
            out += _serve(bytes(run), glosses, stops, inserted, hole, mark_hole)
            out.append(character)
            run.clear()
    out += _serve(bytes(run), glosses, stops, inserted, hole, mark_hole)
    served = "".join(out)
    return served.translate(_NARROWING) if narrow else served


def _serve(
    data: bytes, glosses: Mapping[bytes, str], stops: set[bytes], inserted: str, hole: str, mark_hole: str
) -> Iterator[str]:
    """Insert, then decode as cp936 does."""
    pairs = tables.gbk_pairs()
    lead: int | None = None
    for at, byte in enumerate(data):
        gloss = glosses.get(data[at - 2 : at]) if at >= 2 else None
        if gloss:
            # The bracket is swallowed by a lead byte that waits for its trail.
            yield hole + gloss[1:] if lead is not None else gloss
            lead = None
        if data[at : at + 2] in stops:
            yield inserted if lead is None else mark_hole
            lead = None
        if lead is not None:
            if byte >= 0x40:
                yield pairs.get(bytes((lead, byte)), "")
            else:
                yield hole
            lead = None
        elif byte >= 0x81:
            lead = byte
        else:
            yield chr(byte)
    if (gloss := glosses.get(data[-2:])) is not None:
        yield hole + gloss[1:] if lead is not None else gloss
    elif lead is not None:
        yield hole

"""Mojibake, forwards: text written in one codec and read in another.

A *pairing* is the codec that the text was written in and the one that it was read in. The tables say which bytes a
visible character may have been. The inverse is `mojibake`.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from tongbao.repair import tables
from tongbao.repair.codecs import LATIN_LOST, Pending

# Single-byte code pages that Chinese bytes are taken for; those of one name differ in a few letters only.
PAGES = {"latin": ("cp1252", "cp1254", "latin-1"), "latin-9": ("iso8859-15",), "cyrillic": ("cp1251",)}


@dataclass(frozen=True, slots=True)
class Pairing:
    """Bytes of codec `written`, read as `read`: a codec of double bytes, or the single-byte pages of that name."""

    name: str
    written: str
    read: str

    @property
    def single(self) -> bool:
        """Whether single bytes were read as characters."""
        return self.read in PAGES

    @property
    def label(self) -> str:
        """The pairing in words for readers."""
        return f"{_LABELS[self.written]}文本被当作{_LABELS[self.read]}解读"


_LABELS = {
    "utf-8": "UTF-8",
    "gbk": "GBK",
    "cp950": "Big5",
    "latin": "西文单字节编码",
    "latin-9": "西文单字节编码（ISO 8859-15）",
    "cyrillic": "西里尔文单字节编码",
}

PAIRINGS = (
    Pairing("utf8-as-gbk", "utf-8", "gbk"),
    Pairing("utf8-as-latin", "utf-8", "latin"),
    Pairing("gbk-as-latin", "gbk", "latin"),
    Pairing("big5-as-latin", "cp950", "latin"),
    Pairing("big5-as-gbk", "cp950", "gbk"),
    Pairing("gbk-as-big5", "gbk", "cp950"),
    Pairing("utf8-as-big5", "utf-8", "cp950"),
    Pairing("utf8-as-latin9", "utf-8", "latin-9"),
    Pairing("utf8-as-cyrillic", "utf-8", "cyrillic"),
    Pairing("gbk-as-cyrillic", "gbk", "cyrillic"),
)

# A character of two or three bytes in UTF-8, surrogates left out.
_UTF8 = re.compile(
    rb"[\xc2-\xdf][\x80-\xbf]|\xe0[\xa0-\xbf][\x80-\xbf]|[\xe1-\xec\xee\xef][\x80-\xbf]{2}|\xed[\x80-\x9f][\x80-\xbf]"
)


def damage(
    text: str,
    pairing: Pairing,
    *,
    page: str = "",
    lossy: bool = True,
    collapsed: bool = False,
    errors: str = "vanish",
) -> str:
    """The forward model: `text` written and read as the pairing says.

    With `lossy`, what the reading codec has no character for is lost as on web pages: a GBK or Big5 pair vanishes, a
    lead byte before ASCII becomes `?` and swallows it, bytes without a character in a Latin page go. Without it, such
    bytes stay as C1 controls, and pairs raise UnicodeDecodeError. `collapsed` reads what is valid UTF-8 among the bytes
    of a Latin reading as UTF-8. Characters that the writing codec lacks become `?`.

    `errors` says what a lossy reader of double bytes does where it has no character: `vanish` as above; `replace` shows
    U+FFFD for the first byte and reads on at the next, as Python and browsers do; `ignore` drops that byte; `private`
    is `replace` with user-defined pairs shown as private-use characters, as Windows does.

    >>> damage("中文", PAIRINGS[2])
    'ÖÐÎÄ'
    """
    data = text.encode(pairing.written, "replace")
    if pairing.single:
        return _read_single(data, page or PAGES[pairing.read][0], lossy, collapsed)
    if not lossy:
        return data.decode(pairing.read)
    if errors in ("replace", "ignore"):
        return data.decode(pairing.read, errors)
    if errors == "private":
        return data.decode("gb18030", "replace") if pairing.read == "gbk" else _read_private_big5(data)
    pairs = tables.gbk_pairs() if pairing.read == "gbk" else tables.big5_pairs()
    return _read_double(data, pairs)


def _read_private_big5(data: bytes) -> str:
    shown, out, at = big5_private(), [], 0
    while at < len(data):
        size = 2 if data[at : at + 2] in shown or data[at : at + 2] in tables.big5_pairs() else 1
        pair = data[at : at + size]
        out.append(shown.get(pair) or pair.decode("cp950", "replace"))
        at += size
    return "".join(out)


# First and last lead byte, first trail byte, and first character of the ranges that code page 950 of Windows shows as
# private-use characters (Microsoft's table cp950, end-user-defined characters).
_BIG5_PRIVATE = (
    (0xFA, 0xFE, 0x40, 0xE000),
    (0x8E, 0xA0, 0x40, 0xE311),
    (0x81, 0x8D, 0x40, 0xEEB8),
    (0xC6, 0xC8, 0xA1, 0xF6B1),
)


@cache
def big5_private() -> Mapping[bytes, str]:
    """{pair: private-use character}; of what cp950 itself has a character for, there is none."""
    table: dict[bytes, str] = {}
    for first, last, start, code in _BIG5_PRIVATE:
        pairs = [bytes((a, b)) for a in range(first, last + 1) for b in (*range(0x40, 0x7F), *range(0xA1, 0xFF))]
        pairs = pairs[pairs.index(bytes((first, start))) :]
        table |= {pair: chr(code + at) for at, pair in enumerate(pairs)}
    return {pair: character for pair, character in table.items() if pair not in tables.big5_pairs()}


def _read_single(data: bytes, page: str, lossy: bool, collapsed: bool) -> str:
    out, at = [], 0
    while at < len(data):
        byte = data[at]
        if collapsed and (found := _UTF8.match(data, at)):
            out.append(found[0].decode())
            at = found.end()
            continue
        at += 1
        if byte < 0x80:
            out.append(chr(byte))
        elif not (lossy and byte in LATIN_LOST):
            out.append(single_character(byte, page))
    return "".join(out)


def _read_double(data: bytes, pairs: Mapping[bytes, str]) -> str:
    out, at = [], 0
    while at < len(data):
        if data[at] < 0x80:
            out.append(chr(data[at]))
            at += 1
        elif data[at] == 0x80 and pairs is tables.gbk_pairs():
            out.append("€")
            at += 1
        elif at + 1 == len(data) or data[at + 1] < 0x40:
            out.append("?")
            at += 2
        else:
            out.append(pairs.get(data[at : at + 2], ""))
            at += 2
    return "".join(out)


@cache
def single_character(byte: int, page: str) -> str:
    """The character of a byte in a page; a C1 control where the page has none."""
    try:
        return bytes((byte,)).decode(page)
    except UnicodeDecodeError:
        return chr(byte)


@cache
def single_bytes(read: str) -> Mapping[str, Pending]:
    """{character above ASCII: its byte in one of the pages of this name}."""
    table: dict[str, Pending] = {}
    for page in PAGES[read]:
        for byte in range(0x80, 0x100):
            table.setdefault(single_character(byte, page), (byte,))
    return table


@cache
def double_bytes(read: str) -> Mapping[str, Pending]:
    """{character above ASCII: its bytes in GBK, with the euro sign, or in Big5; both with private-use characters}."""
    if read == "cp950":
        big5 = {c: tuple(pair) for c, pair in tables.big5_bytes().items()}
        # Browsers read the Hong Kong characters, too.
        return {**_hkscs_bytes(), **{c: tuple(pair) for pair, c in big5_private().items()}, **big5}
    table = {c: tuple(pair) for c, pair in tables.gbk_bytes().items()}
    table["€"] = (0x80,)
    # Windows shows pairs without a character as private-use characters, which GB 18030 gives the same bytes.
    for code in range(0xE000, 0xE865):
        pair = chr(code).encode("gb18030")
        if len(pair) == 2:
            table.setdefault(chr(code), tuple(pair))
    return table


def _hkscs_bytes() -> Mapping[str, Pending]:
    """{character: its pair in Big5-HKSCS}."""
    table: dict[str, Pending] = {}
    for lead in range(0x87, 0xFF):
        for trail in range(0x40, 0xFF):
            pair = bytes((lead, trail))
            character = pair.decode("big5hkscs", "ignore")
            if len(character) == 1 and ord(character) >= 0x80:
                table.setdefault(character, (lead, trail))
    return table


@cache
def ligature_bytes() -> Mapping[str, Pending]:
    """{two letters of ASCII: the bytes in UTF-8 of the one character that compatibility folding turns into them}."""
    table = {}
    for code in range(0x80, 0x800):
        folded = unicodedata.normalize("NFKC", chr(code))
        if len(folded) == 2 and folded.isascii():
            table[folded] = tuple(chr(code).encode())
    return table

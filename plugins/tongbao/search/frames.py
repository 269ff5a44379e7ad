"""Bytes of the exported files: numbers, bits and the frame that lets a client tell a damaged file from a whole one."""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Sequence

MAGIC = b"TBS1"
# One letter a kind of file, part of the frame.
MANIFEST, TERMS, LIST, DOCUMENT, COLUMNS, REGIONS, FOLD, HANT = b"M", b"T", b"L", b"D", b"C", b"R", b"F", b"H"


def uvarint(number: int) -> bytes:
    """LEB128: seven bits a byte, the lowest first, the top bit set on all but the last."""
    out = bytearray()
    while number > 0x7F:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    out.append(number)
    return bytes(out)


def string(text: str) -> bytes:
    """The number of bytes, then UTF-8."""
    encoded = text.encode()
    return uvarint(len(encoded)) + encoded


def frame(kind: bytes, number: int, corpus: bytes, payload: bytes) -> bytes:
    """A file: magic, CRC-32 of all that follows, kind, number and corpus (8 bytes), then the payload as raw DEFLATE.

    Kind, number and corpus say which file this is, so one served in another's place is noticed too.
    """
    packer = zlib.compressobj(9, zlib.DEFLATED, -15, 9)
    rest = kind + number.to_bytes(4, "little") + corpus + packer.compress(payload) + packer.flush()
    return MAGIC + zlib.crc32(rest).to_bytes(4, "little") + rest


def fnv(data: bytes) -> int:
    """FNV-1a of 32 bits, which spreads the grams over the shards."""
    value = 0x811C9DC5
    for byte in data:
        value = (value ^ byte) * 0x01000193 & 0xFFFFFFFF
    return value


def rice_parameter(documents: int, frequency: int) -> int:
    """The largest k, at least 0, with `frequency * 2**k <= 0.69 * documents`: near the best for gaps at random."""
    k = 0
    while (frequency << (k + 1)) * 100 <= documents * 69:
        k += 1
    return k


def postings(documents: int, numbers: Sequence[int], frequencies: Sequence[int]) -> bytes:
    """A posting list as bits, the highest first, filled up with zeros to a whole byte.

    For each posting: the document number minus the one before, minus 1 (before the first stands -1), as a Rice code
    (quotient in ones and a zero, then k bits of remainder), then the frequency as an Elias gamma code.
    """
    k = rice_parameter(documents, len(numbers))
    out: list[str] = []
    before = -1
    for number, frequency in zip(numbers, frequencies, strict=True):
        gap = number - before - 1
        before = number
        out += "1" * (gap >> k), "0", f"{gap & ((1 << k) - 1):0{k}b}" if k else "", _gamma(frequency)
    bits = "".join(out)
    bits += "0" * (-len(bits) % 8)
    return int(bits, 2).to_bytes(len(bits) // 8, "big") if bits else b""


def _gamma(number: int) -> str:
    digits = f"{number:b}"
    return "0" * (len(digits) - 1) + digits


def gaps(numbers: Iterable[int]) -> bytes:
    """An ascending sequence as uvarints of its differences; the first stands as it is."""
    out, before = [], 0
    for number in numbers:
        out.append(uvarint(number - before))
        before = number
    return b"".join(out)

"""Bytes of the exported files: numbers, bits and the frame that lets a client tell a damaged file from a whole one."""

from __future__ import annotations

import zlib
from collections.abc import Iterable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.int64]

MAGIC = b"TBS1"
# One letter a kind of file, part of the frame.
MANIFEST, TERMS, LIST, DOCUMENT, COLUMNS = b"M", b"T", b"L", b"D", b"C"
REGIONS, PLACES, SUGGESTIONS, FOLD, HANT = b"R", b"P", b"S", b"F", b"H"


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


def frame(kind: bytes, number: int, corpus: bytes, *payload: bytes) -> bytes:
    """A file: magic, CRC-32 of all that follows, kind, number and corpus (8 bytes), then the payload as raw DEFLATE.

    Kind, number and corpus say which file this is, so one served in another's place is noticed too. Each part of the
    payload gets Huffman codes of its own, which suits columns of different things.
    """
    packer = zlib.compressobj(9, zlib.DEFLATED, -15, 9)
    parts = [packer.compress(part) + packer.flush(zlib.Z_BLOCK) for part in payload[:-1]]
    packed = b"".join(parts) + packer.compress(payload[-1]) + packer.flush()
    rest = kind + number.to_bytes(4, "little") + corpus + packed
    return MAGIC + zlib.crc32(rest).to_bytes(4, "little") + rest


def fnv(data: bytes) -> int:
    """FNV-1a of 32 bits, which spreads the grams over the shards."""
    value = 0x811C9DC5
    for byte in data:
        value = (value ^ byte) * 0x01000193 & 0xFFFFFFFF
    return value


class Lists(NamedTuple):
    """Posting lists end to end: list n has `sizes[n]` postings, whose numbers are below `below[n]`.

    `most` holds, for each posting, the most that its frequency may be; where that is 1, no bit is spent on it.
    """

    sizes: Array
    below: Array
    numbers: Array
    frequencies: Array
    most: Array


def postings(lists: Lists) -> list[bytes]:
    """Posting lists as bits, the highest first, each filled up with zeros to a whole byte.

    For each posting: its number minus the one before, minus 1 (before the first stands -1), as a Rice code (quotient in
    ones and a zero, then k bits of remainder), unless the list has all numbers below its limit; then the frequency as
    an Elias gamma code, unless it can only be 1. A list's k is the largest, at least 0, with
    size * 2**k <= 0.69 * limit: near the best for gaps at random.
    """
    sizes, below, numbers, frequencies, most = lists
    if not len(sizes):
        return []
    starts = np.cumsum(sizes) - sizes
    before = np.concatenate(([-1], numbers[:-1]))
    before[starts] = -1
    gaps = numbers - before - 1
    per_list = np.zeros(len(sizes), np.int64)
    while (more := (sizes << (per_list + 1)) * 100 <= below * 69).any():
        per_list += more
    k = np.repeat(per_list, sizes)
    quotients = gaps >> k
    gap_widths = np.where(np.repeat(sizes == below, sizes), 0, quotients + 1 + k)
    digits = np.where(most > 1, np.frexp(frequencies.astype(float))[1].astype(np.int64), 0)
    widths = gap_widths + np.maximum(2 * digits - 1, 0)
    list_bytes = (np.add.reduceat(widths, starts) + 7) // 8
    ends = np.cumsum(list_bytes)
    # The bit at which each posting begins: where its list begins, and what the postings before it in the list take.
    taken = np.cumsum(widths) - widths
    at = np.repeat((ends - list_bytes) * 8 - taken[starts], sizes) + taken
    edges = np.zeros(int(ends[-1]) * 8 + 1, np.int8)
    coded = gap_widths > 0
    np.add.at(edges, at[coded], 1)
    np.add.at(edges, (at + quotients)[coded], -1)
    bits = np.cumsum(edges[:-1], dtype=np.int8).view(np.uint8)
    _put(bits, at + gap_widths, gaps, np.where(coded, k, 0))
    _put(bits, at + widths, frequencies, digits)
    data = np.packbits(bits).tobytes()
    return [data[end - size : end] for size, end in zip(list_bytes.tolist(), ends.tolist(), strict=True)]


def _put(bits: NDArray[np.uint8], ends: Array, values: Array, widths: Array) -> None:
    """Write the lowest `widths` bits of each value so that they end before `ends`."""
    for place in range(int(widths.max(initial=0))):
        some = widths > place
        bits[ends[some] - 1 - place] = values[some] >> place & 1


def gaps(numbers: Iterable[int]) -> bytes:
    """An ascending sequence as uvarints of its differences; the first stands as it is."""
    out, before = [], 0
    for number in numbers:
        out.append(uvarint(number - before))
        before = number
    return b"".join(out)

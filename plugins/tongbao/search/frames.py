"""Bytes of the exported files: numbers, bits and the frame that lets a client tell a damaged file from a whole one."""

from __future__ import annotations

import math
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.int64]

MAGIC = b"TBS6"
# Shards are as many as one of these steps to a doubling, so that their number seldom changes.
_STEPS = 8
# Bytes of the words that codes are added in, and ones that are written at once.
_WORD, _ONES = 8, 30


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


def zigzag(number: int) -> int:
    """2n for n >= 0, else -2n - 1."""
    return number * 2 if number >= 0 else -number * 2 - 1


def frame(name: str, *payload: bytes) -> bytes:
    """The file of a name (its path in the folder of an export): a CRC-32, then the payload as raw DEFLATE.

    The CRC is that of MAGIC and the name, which are not written, and of the DEFLATE. So a file that is served in
    another's place is noticed too. Each part of the payload gets Huffman codes of its own, which suits columns of
    different things.
    """
    packed = min(_deflated(payload), key=len)
    return zlib.crc32(packed, zlib.crc32(MAGIC + name.encode())).to_bytes(4, "little") + packed


def _deflated(parts: Sequence[bytes]) -> Iterator[bytes]:
    """What DEFLATE may make of a payload.

    Where little repeats, references to what came before take more than Huffman codes alone: of all parts, or of each.
    """
    strategies = zlib.Z_DEFAULT_STRATEGY, zlib.Z_HUFFMAN_ONLY
    for strategy in strategies:
        yield _packed(parts, strategy, zlib.Z_BLOCK)
    if len(parts) > 1:
        yield b"".join(
            # A part that is flushed ends with a whole byte; the two bytes after it would end the stream.
            min((_packed([part, b""], s, zlib.Z_SYNC_FLUSH)[:-2] for s in strategies), key=len)
            for part in parts[:-1]
        ) + min((_packed(parts[-1:], s, zlib.Z_BLOCK) for s in strategies), key=len)


def _packed(parts: Sequence[bytes], strategy: int, flush: int) -> bytes:
    packer = zlib.compressobj(9, zlib.DEFLATED, -15, 9, strategy)
    blocks = [packer.compress(part) + packer.flush(flush) for part in parts[:-1]]
    return b"".join(blocks) + packer.compress(parts[-1]) + packer.flush()


def fnv(data: bytes) -> int:
    """FNV-1a of 32 bits, which spreads the grams over the shards."""
    value = 0x811C9DC5
    for byte in data:
        value = (value ^ byte) * 0x01000193 & 0xFFFFFFFF
    return value


def rung(number: float) -> int:
    """The integer nearest to a number, of a ladder with `_STEPS` steps to a doubling; at least 1."""
    step = round(math.log2(max(1.0, number)) * _STEPS)
    return round(2 ** (step / _STEPS))


def sharded(entries: Mapping[str, bytes], size: int) -> list[list[str]]:
    """The keys of shards of about `size` bytes: each stands in the shard that its hash says, in the order given."""
    count = rung(sum(map(len, entries.values())) / size)
    shards: list[list[str]] = [[] for _ in range(count)]
    for key in entries:
        shards[fnv(key.encode()) % count].append(key)
    return shards


class Codes(NamedTuple):
    """Codewords of lists, those of the first list first: so many ones, then the lowest `widths` bits of a value."""

    owners: Array
    ones: Array
    values: Array
    widths: Array


def numbers(sizes: Array, limits: Array, values: Array) -> Codes:
    """Ascending numbers of lists of some sizes, each below its list's limit: gaps as Rice codes.

    A list of more than half of the numbers below its limit stands as the others. The parameter k is the largest, at
    least 0, with size * 2**k <= 0.9 * limit: near the best for gaps at random.
    """
    owners = np.repeat(np.arange(len(sizes)), sizes)
    sizes, owners, values = _fewer(sizes, limits, owners, values)
    before = np.concatenate(([-1], values[:-1]))[: len(values)]
    before[(np.cumsum(sizes) - sizes)[sizes > 0]] = -1
    gaps = values - before - 1
    k = parameters(sizes, limits)[owners]
    return Codes(owners, gaps >> k, gaps & (1 << k) - 1, k + 1)


def parameters(sizes: Array, limits: Array | int) -> Array:
    """The Rice parameters of lists of some sizes."""
    out = np.zeros(len(sizes), np.int64)
    while (more := (sizes > 0) & ((sizes << (out + 1)) * 10 <= limits * 9)).any():
        out += more
    return out


def _fewer(sizes: Array, limits: Array, owners: Array, values: Array) -> tuple[Array, Array, Array]:
    """Sizes, owners and numbers with lists of more than half of all numbers replaced by the numbers they lack."""
    many = sizes * 2 > limits
    if not many.any():
        return sizes, owners, values
    rows = np.flatnonzero(many)
    begins = np.cumsum(limits[rows]) - limits[rows]
    lacking = np.ones(int(limits[rows].sum()), bool)
    offsets = np.zeros(len(sizes), np.int64)
    offsets[rows] = begins
    inside = many[owners]
    lacking[offsets[owners[inside]] + values[inside]] = False
    fewer = np.where(many, limits - sizes, sizes)
    others = np.flatnonzero(lacking) - np.repeat(begins, fewer[rows])
    own = np.repeat(np.arange(len(sizes)), fewer)
    out = np.empty(len(own), np.int64)
    inside = many[own]
    out[inside] = others
    out[~inside] = values[~many[owners]]
    return fewer, own, out


def postings(sizes: Array, limit: int, documents: Array, exponents: Array) -> list[bytes]:
    """Posting lists: document numbers; the number of exponents above 0, plus 1, as an Elias gamma code; the places of
    these in the list; what each is above 1, in unary."""
    owners = np.repeat(np.arange(len(sizes)), sizes)
    high = exponents > 0
    many = np.bincount(owners[high], minlength=len(sizes)).astype(np.int64)
    places = np.arange(len(documents)) - (np.cumsum(sizes) - sizes)[owners]
    digits = np.frexp((many + 1).astype(float))[1].astype(np.int64)
    none = np.zeros(len(sizes), np.int64)
    extra = exponents[high].astype(np.int64) - 1
    return pack(
        len(sizes),
        numbers(sizes, np.full(len(sizes), limit, np.int64), documents),
        Codes(np.arange(len(sizes)), none, many + 1, 2 * digits - 1),
        numbers(many, sizes, places[high]),
        Codes(owners[high], extra, np.zeros(len(extra), np.int64), np.ones(len(extra), np.int64)),
    )


def pack(count: int, *parts: Codes) -> list[bytes]:
    """The codewords of `count` lists as bits, the highest of a byte first, part after part, each list filled up with
    zeros to a whole byte."""
    bits = [np.bincount(part.owners, part.ones + part.widths, count).astype(np.int64) for part in parts]
    sizes = (sum(bits, np.zeros(count, np.int64)) + 7) // 8
    ends = np.cumsum(sizes)
    begins = (ends - sizes) * 8
    out = np.zeros(int(sizes.sum()) + _WORD, np.uint8)
    for part, own in zip(parts, bits, strict=True):
        taken = part.ones + part.widths
        # Where each code begins: where its list's part does, and what the codes before it in the part take.
        skipped = begins - np.cumsum(own) + own
        _put(out, skipped[part.owners] + np.cumsum(taken) - taken, part)
        begins = begins + own
    data = out.tobytes()
    return [data[end - size : end] for size, end in zip(sizes.tolist(), ends.tolist(), strict=True)]


def _put(out: NDArray[np.uint8], places: Array, codes: Codes) -> None:
    """Write codes from these bits on; long runs of ones go first, some at a time."""
    ones = codes.ones
    many = ones // _ONES
    if many.any():
        rows = np.repeat(np.arange(len(ones)), many)
        inner = np.arange(len(rows)) - np.repeat(np.cumsum(many) - many, many)
        wide = np.full(len(rows), _ONES)
        _add(out, places[rows] + inner * _ONES, wide, np.full(len(rows), (1 << _ONES) - 1, np.uint64))
        places, ones = places + many * _ONES, ones % _ONES
    runs = (np.uint64(1) << ones.astype(np.uint64)) - np.uint64(1)
    words = runs << codes.widths.astype(np.uint64) | codes.values.astype(np.uint64)
    _add(out, places, ones + codes.widths, words)


def _add(out: NDArray[np.uint8], places: Array, widths: Array, words: NDArray[np.uint64]) -> None:
    """Add the lowest `widths` bits of words from these bits on, at most 56 of each; no two meet."""
    inside = places & 7
    words = words << (64 - inside - widths).astype(np.uint64)
    at = places >> 3
    for lane in range(-(-int((inside + widths).max(initial=0)) // 8)):
        # Bits of codes that share a byte differ, so their sum is at most 255.
        whole = np.bincount(at + lane, (words >> np.uint64(56 - 8 * lane) & np.uint64(255)).astype(np.float64))
        out[: len(whole)] += whole.astype(np.uint8)


def gaps(numbers: Iterable[int]) -> bytes:
    """An ascending sequence as uvarints of its differences; the first stands as it is."""
    out, before = [], 0
    for number in numbers:
        out.append(uvarint(number - before))
        before = number
    return b"".join(out)

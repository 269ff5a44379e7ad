"""Document numbers: places among a few more than there are documents, so that what comes or goes moves few others.

Numbers that followed dates would shift with each bulletin that comes between two others, and with them every posting
list. Here each document has places that it would rather have than others, drawn by its hash, and documents choose in
the order of their hashes. A document that comes takes the place of at most a few others, about ln(1 / share of free
places) of them. Who has which place depends on the documents alone, not on what came first.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Sequence

# At least every so many places one is free. What more would cost in bytes of every list, fewer costs in moves.
_FREE = 32
# Steps to a doubling of the number of places: when there is another step, all documents get other numbers.
_STEPS = 16
# Knuth's MMIX generator (The Art of Computer Programming, 3.3.4): all 64-bit numbers come, so every place does.
_FACTOR, _ADDEND, _BITS = 6364136223846793005, 1442695040888963407, 64
_MASK = (1 << _BITS) - 1


def places(documents: int) -> int:
    """How many numbers so many documents choose from."""
    if not documents:
        return 0
    step = math.ceil(math.log2(documents * (_FREE + 1) / _FREE) * _STEPS)
    return max(documents, math.ceil(2 ** (step / _STEPS)))


def numbers(names: Sequence[str]) -> list[int]:
    """The numbers of documents that are known by these names, below `places(len(names))`, each another one."""
    limit = places(len(names))
    seeds = [_seed(name) for name in names]
    taken = bytearray(limit)
    out = [0] * len(names)
    for at in sorted(range(len(names)), key=lambda at: (seeds[at], names[at])):
        draw = seeds[at]
        while taken[number := draw * limit >> _BITS]:
            draw = (draw * _FACTOR + _ADDEND) & _MASK
        taken[number] = 1
        out[at] = number
    return out


def _seed(name: str) -> int:
    return int.from_bytes(hashlib.blake2b(name.encode("utf-8", "surrogatepass"), digest_size=_BITS // 8).digest())

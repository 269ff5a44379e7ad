"""Which bulletins of an archive are copies, and which share passages that few others have.

Copies are bulletins whose estimated Jaccard index is at least `COPIES`, with the copies of these: a *group*. The
library's LSH offers candidates, and each is verified. Others are *related* by the prints that they share. A formula
stands in many bulletins and tells nothing, so a print counts less the more groups have it, and above `COMMON` not at
all; groups, not bulletins, because many reprints of one text make no formula of what it says.

What is said of a bulletin depends on its sketch, on those of the bulletins that share a print with it, on which groups
all of these are in, and on how many other groups have the prints shared. It does not depend on the size of the archive,
and nothing depends on the order of the sketches.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from tongbao.likeness.sketches import PERMUTATIONS, Sketch, minhash

# Half of what either says stands in both. Two notices on one form that differ in most numbers and names reach 0.5, a
# reprint with other heading and credits 0.7 and more, different bulletins of one genre hardly 0.1.
COPIES = 0.5
# 32 bands of 4 rows offer a pair with an index of 0.1 three times in a thousand. Of 400 pairs each, 10 % with an index
# of 0.45 were offered and verified, so grouped, 55 % with 0.5, 90 % with 0.55, 98 % with 0.6, all with 0.7 or 0.8.
BANDS = 32
# A larger family asks no more for its later members' copies: others that are like them still find them.
LARGE = 256
# The most candidates of one signature that are verified, in order of id.
MOST_CANDIDATES = 4096

# The most groups, and the most bulletins, that may have a print that still tells something.
COMMON, MOST_HOLDERS = 16, 64
# What a print in two groups is worth; one in n is worth that by the logarithm of n.
UNIT = 100
# The least that two related bulletins share: four prints that no third one has. A run of n letters has about
# (n - 11) / 7 prints, so this is about forty letters, or two formulas that happen to be rare.
LEAST = 4 * UNIT
# The most bulletins that one is said to be related to.
MOST_RELATED = 6

# Prints are sorted in so many slices of their range, and pairs counted in steps of about so many: what memory takes.
_SLICES = 8
_STEP = 2_000_000

_Ints = NDArray[np.int64]


class Related(NamedTuple):
    """A bulletin, and what the prints that it shares are worth (`UNIT`: one that no third group has)."""

    id: str
    score: int


@dataclass(frozen=True, slots=True)
class Likeness:
    """`groups`: copies, two ids or more in each, sorted. `related`: {id: others outside its group, best first}, at most
    one of each group (the best, then the first by id), no bulletin that has none."""

    groups: tuple[tuple[str, ...], ...]
    related: Mapping[str, tuple[Related, ...]]


class _Prints(NamedTuple):
    """The prints of all texts, and the text of each: those of a text follow each other."""

    values: NDArray[np.uint32]
    texts: NDArray[np.uint32]


def relate(sketches: Mapping[str, Sketch]) -> Likeness:
    """The groups of copies and the related bulletins of an archive, by {id: sketch}. Pure, in any order."""
    ids = sorted(sketches)
    ordered = [sketches[name] for name in ids]
    group = _groups([each.signature for each in ordered])
    members: defaultdict[int, list[str]] = defaultdict(list)
    for name, number in zip(ids, group.tolist(), strict=True):
        members[number].append(name)
    groups = tuple(sorted(tuple(names) for names in members.values() if len(names) > 1))
    related: dict[str, list[Related]] = {}
    for row, col, score in _related(_prints(ordered), group):
        related.setdefault(ids[row], []).append(Related(ids[col], score))
    return Likeness(groups, {name: tuple(related[name]) for name in ids if name in related})


def _groups(signatures: Sequence[bytes]) -> _Ints:
    """The group of each text, named by the index of its first member; a text without a signature is by itself."""
    first: dict[bytes, int] = {}
    group = np.array([first.setdefault(s, at) if s else at for at, s in enumerate(signatures)], np.int64)
    # Texts of one signature are copies, and need no search: there may be thousands of one.
    at = np.array([index for signature, index in first.items() if signature], np.int64)
    family = _families([minhash(signatures[index]) for index in at.tolist()])
    named = np.arange(len(signatures))
    named[at] = at[family]
    return named[group]


def _families(hashes: Sequence[Any]) -> _Ints:
    """The connected components of MinHashes that are alike, each named by its first member."""
    from rensa import RMinHashLSH  # Most starts compare nothing.

    lsh = RMinHashLSH(COPIES, PERMUTATIONS, BANDS)
    digests = np.empty((len(hashes), PERMUTATIONS), np.uint32)
    for at, each in enumerate(hashes):
        lsh.insert(at, each)
        digests[at] = each.digest()
    family = np.arange(len(hashes))
    members: dict[int, list[int]] = {}
    for at, each in enumerate(hashes):
        if len(members.get(int(family[at]), ())) > LARGE:
            continue
        found = lsh.query(each)
        if len(found) < 2:  # Itself.
            continue
        others = np.array(found, np.int64)
        candidates = np.sort(others[family[others] != family[at]])[:MOST_CANDIDATES]
        alike = (digests[candidates] == digests[at]).sum(axis=1) >= COPIES * PERMUTATIONS
        for other in np.unique(family[candidates[alike]]).tolist():
            kept, gone = sorted((int(family[at]), other))
            moved = members.pop(gone, [gone])
            members.setdefault(kept, [kept]).extend(moved)
            family[moved] = kept
    return family


def _prints(sketches: Sequence[Sketch]) -> _Prints:
    counts = np.array([len(each.prints) // 4 for each in sketches], np.int64)
    values = np.frombuffer(b"".join(each.prints for each in sketches), "<u4")
    return _Prints(values, np.repeat(np.arange(len(sketches), dtype=np.uint32), counts))


def _related(prints: _Prints, group: _Ints) -> Iterator[tuple[int, int, int]]:
    """(text, other, score) of related texts, in order of the texts, best others first."""
    holders, runs, size, weight = _postings(prints, group)
    starts = np.cumsum(size) - size
    # From here on by text: which runs each is in, so that a step takes whole texts.
    order = np.argsort(holders, kind="stable")
    rows, runs = holders[order], runs[order]
    pairs = np.cumsum(size[runs])
    begin = 0
    while begin < len(rows):
        done = int(pairs[begin - 1]) if begin else 0
        end = max(int(np.searchsorted(pairs, done + _STEP, "right")), begin + 1)
        end = int(np.searchsorted(rows, rows[end - 1], "right"))
        width = size[runs[begin:end]]
        row = np.repeat(rows[begin:end], width)
        run = np.repeat(runs[begin:end], width)
        col = holders[starts[run] + np.arange(len(row)) - np.repeat(np.cumsum(width) - width, width)]
        yield from _best(row, col, weight[run], group)
        begin = end


def _postings(prints: _Prints, group: _Ints) -> tuple[_Ints, _Ints, _Ints, _Ints]:
    """The holders of the prints that tell something, print by print, in ascending order; of each holder the number of
    its print; and of each print how many holders it has, and its weight."""
    holders, sizes, weights = [], [], []
    for number in range(_SLICES):
        chosen = prints.values >> np.uint32(32 - (_SLICES - 1).bit_length()) == number
        packed = prints.values[chosen].astype(np.uint64) << np.uint64(32) | prints.texts[chosen]
        packed.sort()
        begins = _begins(packed >> np.uint64(32))
        size = np.diff(begins, append=len(packed))
        # Most prints have one holder, and most holders have those that very many have.
        told = (size > 1) & (size <= MOST_HOLDERS)
        holder = (packed[np.repeat(told, size)] & np.uint64(0xFFFFFFFF)).astype(np.int64)
        size = size[told]
        weight = _weights(np.repeat(np.arange(len(size)), size), group[holder], len(size))
        holders.append(holder[np.repeat(weight > 0, size)])
        sizes.append(size[weight > 0])
        weights.append(weight[weight > 0])
    size = np.concatenate(sizes)
    return np.concatenate(holders), np.repeat(np.arange(len(size)), size), size, np.concatenate(weights)


def _weights(runs: _Ints, groups: _Ints, count: int) -> _Ints:
    """The weight of each of `count` prints, which are held by `groups` in `runs`: 0 for one that tells nothing."""
    most = int(groups.max(initial=0)) + 1
    pairs = np.sort(runs * most + groups)
    held = np.bincount(pairs[_begins(pairs)] // most, minlength=count)
    table = np.zeros(COMMON + 2, np.int64)
    table[2:-1] = np.rint(UNIT / np.log2(np.arange(2, COMMON + 1)))
    return table[np.minimum(held, COMMON + 1)]


def _best(row: _Ints, col: _Ints, weight: _Ints, group: _Ints) -> Iterator[tuple[int, int, int]]:
    """The related texts of some rows, from the weights of all prints that they share with others."""
    apart = group[row] != group[col]
    pair = row[apart] * len(group) + col[apart]
    # One sort of whole numbers, the weight in the lowest bits, is far quicker than an indirect one.
    bits = UNIT.bit_length()
    packed = np.sort(pair << bits | weight[apart])
    begins = _begins(packed >> bits)
    if not len(begins):
        return
    score = np.add.reduceat(packed & ((1 << bits) - 1), begins)
    pair, score = packed[begins[score >= LEAST]] >> bits, score[score >= LEAST]
    row, col = pair // len(group), pair % len(group)
    order = np.lexsort((col, -score, row))
    row, col, score = row[order], col[order], score[order]
    # The best of each group, which is its first here.
    firsts = np.sort(np.unique(row * len(group) + group[col], return_index=True)[1])
    row, col, score = row[firsts], col[firsts], score[firsts]
    begins = _begins(row)
    place = np.arange(len(row)) - np.repeat(begins, np.diff(begins, append=len(row)))
    top = place < MOST_RELATED
    yield from zip(row[top].tolist(), col[top].tolist(), score[top].tolist(), strict=True)


def _begins(values: NDArray[np.integer[Any]]) -> _Ints:
    """Where in sorted values each different one begins."""
    return np.flatnonzero(np.append(True, values[1:] != values[:-1])[: len(values)])

"""Documents as files: what the texts of an archive are packed with, and each packed."""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import Any

from tongbao.folding import fold
from tongbao.search import facets, frames
from tongbao.search.documents import Head, SearchDocument
from tongbao.search.facets import Region
from tongbao.search.frames import string, uvarint
from tongbao.search.texts import Alphabet, Differ, Variants, ranked, usual
from tongbao.search.weighting import stored_length

# Documents that tell which characters are frequent, and which are usual in the other script: so many at most and at
# least, and between these one in so many, for where one of them changes, all is made anew.
SAMPLE, _LEAST, _EACH = 400, 40, 25


def sample(heads: Sequence[Head]) -> list[Head]:
    """The documents in which tables are counted, in the order of their hashes: a change of one seldom touches them."""
    ordered = sorted(heads, key=lambda head: (zlib.crc32(b"sample" + head.place.encode()), head.place, head.id))
    return ordered[: min(SAMPLE, max(_LEAST, len(heads) // _EACH))]


def sample_digest(heads: Sequence[Head], documents: int) -> str:
    """The digest of what the tables of so many documents are counted in."""
    total = hashlib.sha256(str(_scale(len(heads), documents)).encode())
    for head in heads:
        total.update(head.digest.encode())
    return total.hexdigest()


def _scale(some: int, documents: int) -> int:
    """How many times the sample the documents are, as a power of two: that changes seldom."""
    return 1 << (documents // max(1, some)).bit_length() >> 1


@dataclass(frozen=True, slots=True)
class Counted:
    """What was counted: symbols in one byte, and the others; characters' usual ones in Simplified and Traditional."""

    first: tuple[str, ...]
    others: tuple[str, ...]
    hans: Mapping[str, str]
    hant: Mapping[str, str]

    @classmethod
    def of(cls, some: Sequence[SearchDocument], documents: int) -> Counted:
        """Count a sample of so many documents."""
        texts = [fold(document.text) for document in some]
        folded = [fold(document.title) + text for document, text in zip(some, texts, strict=True)]
        first, others = ranked(folded, sum(map(len, texts)) * _scale(len(some), documents))
        hans = usual((text, document.hans) for document, text in zip(some, texts, strict=True))
        return cls(first, others, hans, usual((document.hans, document.hant) for document in some))


@dataclass(frozen=True)
class Tables:
    """What the texts of an archive are packed with, and what documents name by number."""

    counted: Counted
    scripts: tuple[str, ...]
    kinds: tuple[str, ...]

    @classmethod
    def of(cls, counted: Counted, heads: Iterable[Head]) -> Tables:
        scripts, kinds = {head.script for head in heads}, {head.kind or "" for head in heads}
        return cls(counted, tuple(sorted(scripts)), tuple(sorted(kinds)))

    def __reduce__(self) -> tuple[Any, ...]:
        return Tables, (self.counted, self.scripts, self.kinds)

    @cached_property
    def alphabet(self) -> Alphabet:
        return Alphabet(self.counted.first, self.counted.others)

    @cached_property
    def variants(self) -> Variants:
        return Variants(self.alphabet, self.counted.hant)

    @cached_property
    def _differs(self) -> tuple[Differ, Differ]:
        to_hant = Differ(self.alphabet, self.variants.hant, self.variants.of)
        return Differ(self.alphabet, self.counted.hans, {}), to_hant

    def prepare(self) -> None:
        """Make now what is made when needed, for processes that are forked later."""
        self._differs  # noqa: B018

    def pair(self, folded: str, hans: str, hant: str) -> Iterator[bytes]:
        """A folded text and its two scripts; a script of another length (titles only) stands by itself."""
        yield uvarint(len(folded)) + self.alphabet.pack(folded)
        for base, other, differ in zip((folded, hans), (hans, hant), self._differs, strict=True):
            if len(base) == len(other):
                yield b"\0" + differ(base, other)
            else:
                yield b"\1" + string(other)

    def title(self, head: Head) -> bytes:
        return b"".join(self.pair(fold(head.title), head.title_hans, head.title_hant))

    def document(self, document: SearchDocument, regions: Mapping[str, Region]) -> bytes:
        """The payload of a document's file."""
        out = [
            string(document.id),
            facets.days(document.published),
            uvarint(len(document.regions)),
            *(_region(regions[code], after, self.alphabet) for code, after in pairwise((*document.regions, ""))),
            uvarint(self.scripts.index(document.script)),
            uvarint(self.kinds.index(document.kind or "")),
            uvarint(stored_length(len(document.text))),
            *self.pair(fold(document.title), document.title_hans, document.title_hant),
            *self.pair(fold(document.text), document.hans, document.hant),
            uvarint(len(document.repairs)),
            frames.gaps(edge for span in document.repairs for edge in span),
        ]
        return b"".join(out)


def _region(row: Region, after: str, alphabet: Alphabet) -> bytes:
    """A region of a document; most are followed by the one that holds them."""
    nested = row.parent == after
    parts = [string(row.code), uvarint(len(row.name) * 4 + nested * 2 + bool(row.hant)), alphabet.encode(row.name)]
    return b"".join((*parts, *([string(row.hant)] if row.hant else []), *([] if nested else [string(row.parent)])))

"""All terms made anew, range by range, on all cores."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from tongbao import crew
from tongbao.search import codec, gather, grams, terms
from tongbao.search.contents import FIELDS, Contents, Part, parts
from tongbao.search.errors import SearchIndexError
from tongbao.search.gather import Postings
from tongbao.search.site import Site
from tongbao.search.table import Table, joined
from tongbao.search.terms import Lists
from tongbao.search.texts import Alphabet

Range = tuple[int, int]


class Made(NamedTuple):
    """The entries of all grams, and by field what is said of trigrams."""

    entries: Table
    said: tuple[Table, ...]


def terms_of(index_dir: Path, contents: Contents, alphabet: Alphabet, site: Site, scratch: Path) -> Made:
    """Make the entries of an index, and write what stands apart. Lists wait in a file below `scratch`."""
    limit, numbers = contents.limit, np.array(contents.numbers, np.int64)

    def segments() -> list[Part]:
        return parts(index_dir / contents.digest, contents.segments, numbers)

    ranges = gather.ranges(segments())
    scratch.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="lists-", dir=scratch) as place:
        lists = [_frequent(segments, name, ranges, Path(place, name)) for name in FIELDS]

        def make(own: Range) -> tuple[tuple[Table, list[Table]], list[str]]:
            mark = np.zeros(limit, bool)
            own_parts = segments()
            said = []
            for name, bigrams in zip(FIELDS, lists, strict=True):
                triples = gather.keys(own_parts, codec.triples(name), *own)
                spoken = (bigrams.rows(grams.head(triples)) >= 0) & (bigrams.rows(grams.tail(triples)) >= 0)
                found = gather.of(own_parts, codec.triples(name), triples[spoken])
                said.append(terms.items(found, bigrams, mark, alphabet))
            keys = np.unique(np.concatenate([gather.keys(own_parts, name, *own) for name in FIELDS]))
            fields = [gather.of(own_parts, name, keys) for name in FIELDS]
            entries, apart = terms.entries(fields, said, limit, alphabet)
            for payload in apart:
                site.write(payload.path, payload.data)
            return (entries, said), [payload.path for payload in apart]

        made = list(site.spread(make, ranges))
    entries = joined([own for own, _ in made], terms.WIDTH)
    return Made(entries, tuple(joined([own[n] for _, own in made], 0) for n in range(len(FIELDS))))


def _frequent(segments: Callable[[], list[Part]], name: str, ranges: Sequence[Range], path: Path) -> Lists:
    """The lists of a field's frequent bigrams; their numbers in a file."""

    def read(own: Range) -> Postings:
        own_parts = segments()
        keys = gather.keys(own_parts, name, *own)
        return terms.frequent(gather.of(own_parts, name, keys))

    keys, sizes = [np.zeros(0, np.int64)], [np.zeros(0, np.int64)]
    with path.open("wb") as file:
        for found in crew.spread(read, ranges, _lost, chunk=1):
            keys.append(found.keys)
            sizes.append(found.sizes)
            file.write(found.numbers.tobytes())
    numbers = np.memmap(path, np.uint32, "r") if path.stat().st_size else np.zeros(0, np.uint32)
    return Lists.of(np.concatenate(keys), np.concatenate(sizes), numbers)


def _lost(_: Range) -> Postings:
    raise SearchIndexError("search", "a process that read the index died", "build again, with more memory")

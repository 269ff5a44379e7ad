"""The Whoosh index: with `codec`, which keeps its posting lists, and `weighting`, the only modules that know Whoosh.

Two scored fields, `title` and `text`, hold the folded text as runs of one and two characters with their positions, so
any substring is a sequence of postings at fixed distances. Document numbers follow date, then id.

The documents are parted into segments of consecutive ones. A segment ends where the hash of an id says so, so the
parting depends on the documents alone, and a bulletin that comes, goes or changes concerns one segment: the others are
taken over from the index before. There are no deletions, and an index is the same however it came about.

An index folder holds one finished index in a folder of its own name and a file `CURRENT` that names it. `CURRENT` is
replaced last, so a build that is killed leaves the index before it.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import zlib
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from importlib.metadata import version
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from whoosh import fields, index  # type: ignore[import-untyped]
from whoosh.codec import whoosh3  # type: ignore[import-untyped]
from whoosh.filedb import filestore  # type: ignore[import-untyped]

from tongbao.folding import fold, fold_table
from tongbao.search import codec, grams
from tongbao.search.codec import GramFormat, Lists
from tongbao.search.documents import SearchDocument, digest, in_order, is_torn
from tongbao.search.errors import SearchIndexError
from tongbao.search.weighting import Weighting, exponents, round_length

FIELDS = ("title", "text")
_VERSION = "4"
_CURRENT = "CURRENT"
_INDEX = re.compile(r"[0-9a-f]{64}(\.new)?")
_META = "documents.json"
# Segments hold about a 64th to a 128th of the documents, at least so many.
_LEAST, _SEGMENTS = 32, 64
# Postings that `Index.postings` and `Index.triples` hand out at once.
_BATCH = 4_000_000

Numbers = NDArray[Any]


class GramField(fields.FieldType):  # type: ignore[misc]
    """A field whose terms are the grams of a folded text, with positions."""

    def __init__(self) -> None:
        self.format = GramFormat()
        self.scorable = True
        self.stored = False
        self.unique = False
        self.spelling = False
        self.vector = None
        self.analyzer = None


class Postings(NamedTuple):
    """The lists of some grams in order, end to end: list n has `sizes[n]` postings, by document number."""

    keys: NDArray[np.int64]
    sizes: NDArray[np.int64]
    numbers: NDArray[np.int64]
    exponents: NDArray[np.uint8]


def build_index(documents: Iterable[SearchDocument], index_dir: Path) -> None:
    """Make the index of `documents` in `index_dir`, unless it is there already.

    Raises SearchIndexError for documents that break the rules of `SearchDocument`.
    """
    ordered = in_order(documents)
    fold_digest = "".join(f"{source:x}{target}" for source, target in sorted(fold_table().items()))
    made_by = (_VERSION, version("whoosh-reloaded"), fold_digest)
    parts = {digest(part, *made_by): part for part in segments(ordered)}
    name = digest((), *parts)
    before = _current(index_dir)
    if before == name:
        return
    building, finished = index_dir / f"{name}.new", index_dir / name
    for leftover in (building, finished):
        shutil.rmtree(leftover, ignore_errors=True)
    building.mkdir(parents=True)
    _write(parts, building, index_dir / before if before else None)
    _write_columns(ordered, building)
    building.rename(finished)
    pointer = index_dir / f"{_CURRENT}.new"
    pointer.write_text(name, "ascii")
    pointer.replace(index_dir / _CURRENT)
    for other in index_dir.iterdir():
        if other != finished and other.is_dir() and _INDEX.fullmatch(other.name):
            shutil.rmtree(other)


def segments(ordered: Sequence[SearchDocument]) -> Iterator[Sequence[SearchDocument]]:
    """Part the documents. Their number decides how often the hash of an id ends a segment: each time it doubles,
    segments get twice as long and all are made anew."""
    size = max(_LEAST, 1 << (len(ordered) // _SEGMENTS).bit_length() >> 1)
    ends = [n + 1 for n, document in enumerate(ordered) if zlib.crc32(document.id.encode()) % size == 0]
    for begin, end in pairwise(dict.fromkeys([0, *ends, len(ordered)])):
        yield ordered[begin:end]


def _write(parts: dict[str, Sequence[SearchDocument]], folder: Path, before: Path | None) -> None:
    """Write the segments, by their digests, and the table of contents; those of the index before are linked."""
    storage = filestore.FileStorage(str(folder))
    schema = fields.Schema(title=GramField(), text=GramField(), document=fields.STORED)
    old = {}
    if before:
        old = {each.segid: each for each in index.TOC.read(filestore.FileStorage(str(before)), codec.NAME).segments}
    made = []
    for name, documents in parts.items():
        if before and name in old:
            made.append(old[name])
            for file in old[name].list_files(filestore.FileStorage(str(before))):
                _link(before / file, folder / file)
        else:
            made.append(_segment(name, documents, schema, storage))
    index.TOC(schema, made, 0).write(storage, codec.NAME)


def _link(source: Path, target: Path) -> None:
    try:
        os.link(source, target)
    except OSError:  # a file system without links
        shutil.copyfile(source, target)


def _segment(name: str, documents: Sequence[SearchDocument], schema: Any, storage: Any) -> Any:
    gram_codec = codec.GramCodec()
    segment = whoosh3.W3Segment(gram_codec, codec.NAME, segid=name)
    writer = gram_codec.per_document_writer(storage, segment)
    texts = {"title": [fold(d.title) for d in documents], "text": [fold(d.text) for d in documents]}
    for number, document in enumerate(documents):
        writer.start_doc(number)
        for field in FIELDS:
            writer.add_field(field, schema[field], None, round_length(len(texts[field][number])))
        writer.add_field("document", schema["document"], _to_stored(document), 0)
        writer.finish_doc()
    writer.close()
    lists: dict[str, Lists] = {}
    for field in FIELDS:
        lists[field], lists[codec.triples(field)] = codec.invert(texts[field])
    codec.write_lists(Path(storage.folder, segment.make_filename(codec.GRAMS_EXT)), lists)
    segment.set_doc_count(len(documents))
    return segment


def _write_columns(ordered: Sequence[SearchDocument], folder: Path) -> None:
    columns = {
        "ids": [d.id for d in ordered],
        "published": [d.published for d in ordered],
        "regions": [d.regions for d in ordered],
        "script": [d.script for d in ordered],
        "kind": [d.kind for d in ordered],
        "repaired": [bool(d.repairs) for d in ordered],
    }
    (folder / _META).write_text(json.dumps(columns, separators=(",", ":")), "ascii")


def _to_stored(document: SearchDocument) -> tuple[Any, ...]:
    return tuple(getattr(document, name) for name in SearchDocument.__slots__)


def _current(index_dir: Path) -> str | None:
    pointer = index_dir / _CURRENT
    if not pointer.is_file():
        return None
    name = pointer.read_text("ascii").strip()
    return name if (index_dir / name / _META).is_file() else None


class Index:
    """An open index. Use it as a context manager."""

    def __init__(self, index_dir: Path) -> None:
        """Raises SearchIndexError where `index_dir` holds no finished index."""
        name = _current(index_dir)
        if name is None:
            raise SearchIndexError(index_dir, "it holds no finished search index", "build the site first (make html)")
        self.digest = name
        folder = index_dir / name
        columns = json.loads((folder / _META).read_text("ascii"))
        self.ids: list[str] = columns["ids"]
        self.published: list[tuple[str, str] | None] = [tuple(p) if p else None for p in columns["published"]]
        self.regions: list[tuple[str, ...]] = [tuple(codes) for codes in columns["regions"]]
        self.script: list[str] = columns["script"]
        self.kind: list[str | None] = columns["kind"]
        self.repaired: list[bool] = columns["repaired"]
        self._searcher = index.open_dir(folder).searcher(weighting=Weighting())
        self._reader = self._searcher.reader()

    def __enter__(self) -> Index:
        return self

    def __exit__(self, *_: object) -> None:
        self._searcher.close()

    def __len__(self) -> int:
        return len(self.ids)

    def document(self, number: int) -> SearchDocument:
        """The document of a number."""
        return SearchDocument(*self._reader.stored_fields(number)["document"])

    def scores(self, field: str, term: str) -> dict[int, float]:
        """{document number: score} of the documents whose `field` contains the folded `term`.

        The score is the sum, from left to right, of Whoosh's BM25F scores of the chief grams of the term's cover.
        """
        cover = grams.cover(term)
        chief = grams.chief(len(cover))
        if is_torn(term) or any((field, gram) not in self._reader for _, gram in cover):
            return {}
        matchers = [self._searcher.postings(field, gram) for _, gram in cover]
        found: dict[int, float] = {}
        while all(m.is_active() for m in matchers):
            number = max(m.id() for m in matchers)
            for matcher in matchers:
                if matcher.is_active():
                    matcher.skip_to(number)
            if not all(m.is_active() and m.id() == number for m in matchers):
                continue
            if len(cover) == 1 or _adjacent(matchers, [offset for offset, _ in cover]):
                score, *others = (matchers[place].score() for place in chief)
                for other in others:
                    score += other
                found[number] = score
            matchers[0].next()
        return found

    def postings(self, field: str) -> Iterator[Postings]:
        """Yield the posting lists of a field, batch by batch, in the order of the grams."""
        return self._merged(field)

    def triples(self, field: str) -> Iterator[Postings]:
        """Yield which documents hold which runs of three, batch by batch, in order. Exponents are empty."""
        return self._merged(codec.triples(field))

    def _merged(self, name: str) -> Iterator[Postings]:
        """The lists of all segments. A batch holds all runs that begin with one of some characters."""
        parts = [
            (lists._replace(keys=lists.keys.astype(np.int64)), offset)
            for reader, offset in (self._reader.leaf_readers() if len(self) else ())
            # Whoosh offers no way to a codec's own reader.
            for lists in [reader._terms.lists[name]]
        ]
        for low, high in _batches([lists for lists, _ in parts]):
            yield _merge([(_between(lists, low, high), offset) for lists, offset in parts])

    def average_length(self, field: str) -> float:
        """The mean length of a field, as Whoosh's scores take it."""
        return float(self._searcher.avg_field_length(field) or 1)

    def length(self, field: str, number: int) -> int:
        """The length of a document's field, rounded as Whoosh stores it; 0 for an empty field."""
        return int(self._searcher.doc_field_length(number, field, 0) or 0)


def _batches(parts: Sequence[Lists]) -> Iterator[tuple[int, int]]:
    """Ranges of keys with about `_BATCH` postings each, parted between first characters."""
    firsts = [part.keys >> 2 * grams.BITS for part in parts]
    starts = [np.flatnonzero(np.concatenate((np.ones(min(len(f), 1), bool), f[1:] != f[:-1]))) for f in firsts]
    postings: Counter[int] = Counter()
    for part, first, start in zip(parts, firsts, starts, strict=True):
        sizes = np.add.reduceat(_sizes(part), start) if len(start) else start
        postings.update(dict(zip(first[start].tolist(), sizes.tolist(), strict=True)))
    waiting, low = 0, 0
    for character in sorted(postings):
        waiting += postings[character]
        if waiting > _BATCH:
            yield low, character + 1 << 2 * grams.BITS
            waiting, low = 0, character + 1 << 2 * grams.BITS
    if waiting:
        yield low, 1 << 3 * grams.BITS


def _sizes(lists: Lists) -> NDArray[np.int64]:
    ends = lists.ends.astype(np.int64)
    return ends - np.concatenate((np.zeros(min(len(ends), 1), np.int64), ends[:-1]))


def _between(lists: Lists, low: int, high: int) -> Lists:
    """The lists of the keys from `low` up to `high`, without positions."""
    begin, end = np.searchsorted(lists.keys, np.array([low, min(high, (1 << 63) - 1)], np.int64)).tolist()
    first, last = (int(lists.ends[at - 1]) if at else 0 for at in (begin, end))
    ends = lists.ends[begin:end].astype(np.int64) - first
    counts = lists.counts[first:last]
    return Lists(lists.keys[begin:end], ends, lists.numbers[first:last], counts, lists.positions[:0])


def _merge(parts: Sequence[tuple[Lists, int]]) -> Postings:
    """Lists of several segments, with the number of each one's first document, as lists of all documents."""
    sizes = np.concatenate([_sizes(lists) for lists, _ in parts])
    keys = np.repeat(np.concatenate([lists.keys for lists, _ in parts]), sizes)
    numbers = np.concatenate([lists.numbers.astype(np.int64) + offset for lists, offset in parts])
    powers = np.concatenate([exponents(lists.counts) for lists, _ in parts])
    order = np.argsort(keys, kind="stable")  # segments come in the order of their documents
    keys = keys[order]
    starts = np.flatnonzero(np.concatenate((np.ones(min(len(keys), 1), bool), keys[1:] != keys[:-1])))
    ordered = powers[order] if len(powers) else powers
    return Postings(keys[starts], np.diff(starts, append=len(keys)), numbers[order], ordered)


def _adjacent(matchers: list[Any], offsets: list[int]) -> bool:
    starts = set(matchers[0].value_as("positions"))
    for matcher, offset in zip(matchers[1:], offsets[1:], strict=True):
        starts &= {at - offset for at in matcher.value_as("positions")}
    return bool(starts)

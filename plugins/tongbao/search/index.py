"""The Whoosh index: with `codec`, which keeps its posting lists, the only module that knows Whoosh.

Two scored fields, `title` and `text`, hold the folded text as runs of one, two and three characters with their
positions, so any substring is a sequence of postings at fixed distances. Document numbers follow date, then id.

An index folder holds one finished index in a folder of its own name and a file `CURRENT` that names it. `CURRENT` is
replaced last, so a build that is killed leaves the index before it.
"""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterable, Iterator
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from whoosh import fields, index, scoring  # type: ignore[import-untyped]
from whoosh.codec import whoosh3  # type: ignore[import-untyped]
from whoosh.filedb import filestore  # type: ignore[import-untyped]

from tongbao.script import fold, fold_table
from tongbao.search import codec, grams
from tongbao.search.codec import GramFormat, Postings
from tongbao.search.documents import SearchDocument, digest, in_order
from tongbao.search.errors import SearchIndexError

FIELDS = ("title", "text")
K1 = 1.2
# Titles are of one length; without normalisation no client needs their lengths.
B = {"title": 0.0, "text": 0.75}
_VERSION = "3"
_CURRENT = "CURRENT"
_INDEX = re.compile(r"[0-9a-f]{64}(\.new)?")
_META = "documents.json"
# Postings that `Index.postings` hands out at once.
_BATCH = 500_000

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


def build_index(documents: Iterable[SearchDocument], index_dir: Path) -> None:
    """Make the index of `documents` in `index_dir`, unless it is there already.

    Raises SearchIndexError for documents that break the rules of `SearchDocument`.
    """
    ordered = in_order(documents)
    fold_digest = "".join(f"{source:x}{target}" for source, target in sorted(fold_table().items()))
    name = digest(ordered, _VERSION, version("whoosh-reloaded"), fold_digest)
    if _current(index_dir) == name:
        return
    building, finished = index_dir / f"{name}.new", index_dir / name
    for leftover in (building, finished):
        shutil.rmtree(leftover, ignore_errors=True)
    building.mkdir(parents=True)
    _write(ordered, building)
    building.rename(finished)
    pointer = index_dir / f"{_CURRENT}.new"
    pointer.write_text(name, "ascii")
    pointer.replace(index_dir / _CURRENT)
    for other in index_dir.iterdir():
        if other != finished and other.is_dir() and _INDEX.fullmatch(other.name):
            shutil.rmtree(other)


def _write(ordered: tuple[SearchDocument, ...], folder: Path) -> None:
    storage = filestore.FileStorage(str(folder))
    schema = fields.Schema(title=GramField(), text=GramField(), document=fields.STORED)
    texts = {"title": [fold(d.title) for d in ordered], "text": [fold(d.text) for d in ordered]}
    lengths = {field: [grams.count(len(text)) for text in texts[field]] for field in FIELDS}
    longest = max((len(text) for field in FIELDS for text in texts[field]), default=0)
    gram_codec = codec.GramCodec(*(codec.smallest_type(most) for most in (len(ordered), longest, longest)))
    segment = whoosh3.W3Segment(gram_codec, codec.NAME, segid="grams")
    documents = gram_codec.per_document_writer(storage, segment)
    for number, document in enumerate(ordered):
        documents.start_doc(number)
        for field in FIELDS:
            documents.add_field(field, schema[field], None, lengths[field][number])
        documents.add_field("document", schema["document"], _to_stored(document), 0)
        documents.finish_doc()
    documents.close()
    writer = codec.ListWriter(gram_codec, storage, segment)
    for field in sorted(FIELDS):
        for postings in codec.invert(texts[field]):
            writer.add(field, postings, lengths[field])
    writer.close()
    segment.set_doc_count(len(ordered))
    index.TOC(schema, [segment], 0).write(storage, codec.NAME)
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
        self._folder = folder = index_dir / name
        columns = json.loads((folder / _META).read_text("ascii"))
        self.ids: list[str] = columns["ids"]
        self.published: list[tuple[str, str] | None] = [tuple(p) if p else None for p in columns["published"]]
        self.regions: list[tuple[str, ...]] = [tuple(codes) for codes in columns["regions"]]
        self.script: list[str] = columns["script"]
        self.kind: list[str | None] = columns["kind"]
        self.repaired: list[bool] = columns["repaired"]
        weighting = scoring.BM25F(K1=K1, **{f"{field}_B": b for field, b in B.items()})
        self._searcher = index.open_dir(folder).searcher(weighting=weighting)
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

        The score is the sum, from left to right, of Whoosh's BM25F scores of the grams that cover the term.
        """
        cover = grams.cover(term)
        if any((field, gram) not in self._reader for _, gram in cover):
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
                score = matchers[0].score()
                for matcher in matchers[1:]:
                    score += matcher.score()
                found[number] = score
            matchers[0].next()
        return found

    def postings(self, field: str) -> Iterator[Postings]:
        """Yield the posting lists of a field, batch by batch, in the order of the grams' UTF-8; without positions.

        A bigram and the trigrams that begin with it come in one batch.
        """
        lists: list[tuple[str, Numbers, Numbers]] = []
        waiting = 0
        for gram, numbers, frequencies in codec.read_lists(self._folder, field):
            if waiting > _BATCH and len(gram) < grams.LONGEST:
                yield _joined(lists)
                lists, waiting = [], 0
            lists.append((gram, numbers, frequencies))
            waiting += len(numbers)
        yield _joined(lists)

    def idf(self, field: str, gram: str) -> float:
        """The inverse document frequency by which Whoosh weighs a gram."""
        return float(self._searcher.idf(field, gram))

    def average_length(self, field: str) -> float:
        """The mean number of grams of a field, as Whoosh's scores take it."""
        return float(self._searcher.avg_field_length(field) or 1)

    def length(self, field: str, number: int) -> int:
        """The number of grams of a document's field, rounded as Whoosh stores it; 0 for an empty field."""
        return int(self._searcher.doc_field_length(number, field, 0) or 0)


def _joined(lists: list[tuple[str, Numbers, Numbers]]) -> Postings:
    none = np.zeros(0, np.int64)
    return Postings(
        [gram for gram, _, _ in lists],
        np.array([len(numbers) for _, numbers, _ in lists], np.int64),
        np.concatenate([none, *(numbers for _, numbers, _ in lists)]),
        np.concatenate([none, *(frequencies for _, _, frequencies in lists)]),
        none,
    )


def _adjacent(matchers: list[Any], offsets: list[int]) -> bool:
    starts = set(matchers[0].value_as("positions"))
    for matcher, offset in zip(matchers[1:], offsets[1:], strict=True):
        starts &= {at - offset for at in matcher.value_as("positions")}
    return bool(starts)

"""The Whoosh index: with `codec`, which keeps its posting lists, and `weighting`, the only modules that know Whoosh.

Two scored fields, `title` and `text`, hold the folded text as runs of one and two characters with their positions, so
any substring is a sequence of postings at fixed distances. Documents stand in the order of `documents.numbered`.

The documents are parted into segments of consecutive ones. A segment ends where the hash of a place says so, so the
parting depends on the documents alone, and a bulletin that comes, goes or changes concerns its segment and those of the
few that it moves: the others are taken over from the index before. There are no deletions, and an index is the same
however it came about.

An index folder holds finished indexes in folders of their own names and a file `CURRENT` that names one. `CURRENT` is
replaced last, so a build that is killed leaves the index before it. That one stays for an export, which asks what has
changed since; those before it go.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import zlib
from collections.abc import Iterator, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

from whoosh import fields, index  # type: ignore[import-untyped]
from whoosh.codec import whoosh3  # type: ignore[import-untyped]
from whoosh.filedb import filestore  # type: ignore[import-untyped]

from tongbao import crew
from tongbao.folding import fold, fold_table
from tongbao.search import codec, grams
from tongbao.search.codec import GramFormat, Lists
from tongbao.search.contents import CURRENT, FIELDS, Contents, current, made_by
from tongbao.search.documents import Head, Load, SearchDocument, is_torn, numbered
from tongbao.search.errors import SearchIndexError
from tongbao.search.weighting import Weighting, round_length

_INDEX = re.compile(r"[0-9a-f]{64}(\.new)?")
# Segments hold about a 128th to a 256th of the documents, at least so many; none holds twice as many.
_LEAST, _SEGMENTS = 32, 128


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


def build_index(heads: Sequence[Head], load: Load, index_dir: Path) -> None:
    """Make the index of the documents with these heads in `index_dir`, unless it is there already.

    `load` gives documents by their ids. Raises SearchIndexError for an id that occurs twice and for a document that is
    another than its head says.
    """
    ordered, numbers = numbered(heads)
    fold_digest = "".join(f"{source:x}{target}" for source, target in sorted(fold_table().items()))
    ground = _digest(made_by(), version("whoosh-reloaded"), fold_digest)
    parts = {_digest(ground, *(head.digest for head in part)): part for part in segments(ordered)}
    name = _digest(*parts)
    before = current(index_dir)
    if before == name:
        return
    building, finished = index_dir / f"{name}.new", index_dir / name
    for leftover in (building, finished):
        shutil.rmtree(leftover, ignore_errors=True)
    building.mkdir(parents=True)
    _write(parts, load, building, index_dir / before if before else None)
    sizes = tuple((segment, len(part)) for segment, part in parts.items())
    Contents(name, ordered, numbers, sizes).write(building)
    building.rename(finished)
    pointer = index_dir / f"{CURRENT}.new"
    pointer.write_text(name, "ascii")
    pointer.replace(index_dir / CURRENT)
    for other in index_dir.iterdir():
        if other.name not in (name, before) and other.is_dir() and _INDEX.fullmatch(other.name):
            shutil.rmtree(other)


def _digest(*parts: str) -> str:
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()


def segments(ordered: Sequence[Head]) -> Iterator[Sequence[Head]]:
    """Part the documents. Their number decides how often the hash of a place ends a segment: each time it doubles,
    segments get twice as long and all are made anew."""
    size = max(_LEAST, 1 << (len(ordered) // _SEGMENTS).bit_length() >> 1)
    begin = 0
    for end, head in enumerate(ordered, 1):
        if zlib.crc32(head.place.encode("utf-8", "surrogatepass")) % size == 0 or end - begin == 2 * size:
            yield ordered[begin:end]
            begin = end
    if begin < len(ordered):
        yield ordered[begin:]


def _write(parts: dict[str, Sequence[Head]], load: Load, folder: Path, before: Path | None) -> None:
    """Write the segments, by their digests, and the table of contents; those of the index before are linked."""
    storage = filestore.FileStorage(str(folder))
    schema = fields.Schema(title=GramField(), text=GramField(), document=fields.STORED)
    segments = {}
    if before:
        old = {each.segid: each for each in index.TOC.read(filestore.FileStorage(str(before)), codec.NAME).segments}
        segments = {name: old[name] for name in parts.keys() & old.keys()}
        # Whoosh would read the folder once for each segment.
        for file in before.iterdir():
            if file.name.partition(".")[0].removeprefix(f"{codec.NAME}_") in segments:
                _link(file, folder / file.name)

    def make(name: str) -> Any:
        return _segment(name, parts[name], load, schema, storage)

    missing = [name for name in parts if name not in segments]
    made = map(make, missing) if len(missing) < 2 else crew.spread(make, missing, _lost, chunk=1)
    segments.update(zip(missing, made, strict=True))
    index.TOC(schema, [segments[name] for name in parts], 0).write(storage, codec.NAME)


def _lost(name: str) -> Any:
    raise SearchIndexError(f"segment {name}", "the process that made it died", "build again, with more memory")


def _link(source: Path, target: Path) -> None:
    try:
        os.link(source, target)
    except OSError:  # a file system without links
        shutil.copyfile(source, target)


def _segment(name: str, heads: Sequence[Head], load: Load, schema: Any, storage: Any) -> Any:
    gram_codec = codec.GramCodec()
    segment = whoosh3.W3Segment(gram_codec, codec.NAME, segid=name)
    writer = gram_codec.per_document_writer(storage, segment)
    texts: dict[str, list[str]] = {field: [] for field in FIELDS}
    for number, document in enumerate(loaded(heads, load)):
        writer.start_doc(number)
        for field, text in zip(FIELDS, (document.title, document.text), strict=True):
            texts[field].append(fold(text))
            writer.add_field(field, schema[field], None, round_length(len(text)))
        writer.add_field("document", schema["document"], _to_stored(document), 0)
        writer.finish_doc()
    writer.close()
    lists: dict[str, Lists] = {}
    for field in FIELDS:
        lists[field], lists[codec.triples(field)] = codec.invert(texts[field])
    codec.write_lists(Path(storage.folder, segment.make_filename(codec.GRAMS_EXT)), lists)
    segment.set_doc_count(len(heads))
    return segment


def loaded(heads: Sequence[Head], load: Load) -> Iterator[SearchDocument]:
    """The documents of some heads. Raises SearchIndexError where `load` gives others."""
    for head, document in zip(heads, load([head.id for head in heads]), strict=True):
        if document.id != head.id or len(document.text) != head.length:
            raise SearchIndexError(f"bulletin {head.id!r}", "it is not what its head says", "build again")
        yield document


def _to_stored(document: SearchDocument) -> tuple[Any, ...]:
    return tuple(getattr(document, name) for name in SearchDocument.__slots__)


class Index:
    """An open index. Use it as a context manager."""

    def __init__(self, index_dir: Path) -> None:
        """Raises SearchIndexError where `index_dir` holds no finished index."""
        contents = Contents.read(index_dir)
        self.heads = contents.heads
        folder = index_dir / contents.digest
        self._searcher = index.open_dir(folder).searcher(weighting=Weighting())
        self._reader = self._searcher.reader()

    def __enter__(self) -> Index:
        return self

    def __exit__(self, *_: object) -> None:
        self._searcher.close()

    def __len__(self) -> int:
        return len(self.heads)

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


def _adjacent(matchers: list[Any], offsets: list[int]) -> bool:
    starts = set(matchers[0].value_as("positions"))
    for matcher, offset in zip(matchers[1:], offsets[1:], strict=True):
        starts &= {at - offset for at in matcher.value_as("positions")}
    return bool(starts)

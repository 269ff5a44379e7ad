"""Write the static files that the browser searches (`docs/search-format.md` describes every byte).

The same index gives the same bytes. All files but the manifest stand in a folder named after their content; the
manifest names that folder and is replaced last, so a client never sees half of an export.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import struct
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from pathlib import Path

from tongbao.script import fold, fold_table, to_hant
from tongbao.search import frames
from tongbao.search.documents import SearchDocument
from tongbao.search.frames import string, uvarint
from tongbao.search.index import FIELDS, K1, B, Index
from tongbao.search.texts import Alphabet, difference, usual

FORMAT = 1
SHARD_BYTES = 4096
# A list above this size stands in a file of its own, so that its shard's other grams do not pay for it.
LIST_BYTES = 2048
# From this document frequency on, a gram carries its idf; below it, the manifest has a table.
IDF_TABLE = 64


class _Folder:
    """The folder of one export: writes framed files and digests them as they go."""

    def __init__(self, path: Path, corpus: bytes) -> None:
        self.path, self._corpus = path, corpus
        self._digest = hashlib.sha256()
        path.mkdir(parents=True)

    def write(self, name: str, kind: bytes, number: int, payload: bytes) -> None:
        data = frames.frame(kind, number, self._corpus, payload)
        self._digest.update(string(name) + data)
        target = self.path / name
        target.parent.mkdir(exist_ok=True)
        target.write_bytes(data)

    def digest(self) -> str:
        return self._digest.hexdigest()[:16]


def export(index_dir: Path, output_dir: Path, regions: Mapping[str, tuple[str, str | None]]) -> None:
    """Write the files of the index in `index_dir` into `output_dir`.

    `regions` gives {code: (name in Simplified, parent's code or None)} for at least the codes of the documents; a code
    without a name is its own name. Raises SearchIndexError where `index_dir` holds no finished index.
    """
    with Index(index_dir) as index:
        corpus = bytes.fromhex(index.digest)[:8]
        building = output_dir / "new"
        shutil.rmtree(building, ignore_errors=True)
        folder = _Folder(building, corpus)
        alphabet = Alphabet.of(_indexed_text(d) for d in _documents(index))
        hans = usual((fold(d.text), d.hans) for d in _documents(index))
        hant = usual((d.hans, d.hant) for d in _documents(index))
        shards, idf = _write_terms(index, alphabet, folder)
        for number, document in enumerate(_documents(index)):
            payload = _document(document, index.length("text", number), alphabet, hans, hant)
            folder.write(f"d/{number:x}.bin", frames.DOCUMENT, number, payload)
        folder.write("columns.bin", frames.COLUMNS, 0, _columns(index))
        folder.write("regions.bin", frames.REGIONS, 0, _json(_regions(index, regions)))
        folder.write("fold.bin", frames.FOLD, 0, _fold())
        folder.write("hant.bin", frames.HANT, 0, _json(["".join(hant), "".join(hant.values())]))
        manifest = _manifest(index, alphabet, hans, shards, idf, folder.digest())
    _publish(output_dir, folder, frames.frame(frames.MANIFEST, 0, corpus, _json(manifest)))


def _publish(output_dir: Path, folder: _Folder, manifest: bytes) -> None:
    finished = output_dir / folder.digest()
    if finished.exists():
        shutil.rmtree(folder.path)
    else:
        folder.path.rename(finished)
    pending = output_dir / "manifest.bin.new"
    pending.write_bytes(manifest)
    pending.replace(output_dir / "manifest.bin")
    for other in output_dir.iterdir():
        if other.is_dir() and other != finished:
            shutil.rmtree(other)


def _documents(index: Index) -> Iterator[SearchDocument]:
    return (index.document(number) for number in range(len(index)))


def _indexed_text(document: SearchDocument) -> str:
    return fold(document.title) + fold(document.text)


def _json(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


# --- terms -----------------------------------------------------------------------------------------------------------


def _write_terms(index: Index, alphabet: Alphabet, folder: _Folder) -> tuple[int, dict[int, float]]:
    """Write the posting lists of both fields; returns the number of shards and {small document frequency: idf}."""
    entries: dict[str, list[bytes]] = {}
    table: dict[int, float] = {}
    lists = 0
    for place, field in enumerate(FIELDS):
        for batch in index.postings(field):
            packed = frames.postings(len(index), batch.sizes, batch.numbers, batch.frequencies)
            for gram, size, data in zip(batch.grams, batch.sizes.tolist(), packed, strict=True):
                head = uvarint(size)
                if size < IDF_TABLE:
                    if size not in table:
                        table[size] = index.idf(field, gram)
                else:
                    apart = len(data) > LIST_BYTES
                    head += struct.pack("<d", index.idf(field, gram)) + uvarint(lists + 1 if apart else 0)
                    if apart:
                        folder.write(f"l/{lists:x}.bin", frames.LIST, lists, data)
                        lists, data = lists + 1, b""
                entries.setdefault(gram, [b"\0", b"\0"])[place] = head + data
    encoded = {gram: alphabet.encode(gram) + title + text for gram, (title, text) in entries.items()}
    count = max(1, round(sum(map(len, encoded.values())) / SHARD_BYTES))
    shards: list[list[str]] = [[] for _ in range(count)]
    for gram in sorted(encoded):
        shards[frames.fnv(gram.encode()) % count].append(gram)
    for number, shard in enumerate(shards):
        folder.write(f"t/{number:x}.bin", frames.TERMS, number, _shard(shard, encoded))
    return count, table


def _shard(shard: Sequence[str], encoded: Mapping[str, bytes]) -> bytes:
    """The grams by length (1, 2, 3): for each length their number, then the entries."""
    out = []
    for size in (1, 2, 3):
        grams = [gram for gram in shard if len(gram) == size]
        out += [uvarint(len(grams)), *(encoded[gram] for gram in grams)]
    return b"".join(out)


# --- documents -------------------------------------------------------------------------------------------------------


def _document(
    document: SearchDocument, length: int, alphabet: Alphabet, hans: Mapping[str, str], hant: Mapping[str, str]
) -> bytes:
    folded, title = fold(document.text), fold(document.title)
    out = [
        string(document.id),
        b"".join(_days(document.published)),
        string(" ".join(document.regions)),
        string(document.script),
        string(document.kind or ""),
        uvarint(length),
        *_variants(title, document.title_hans, document.title_hant, alphabet, hans, hant),
        *_variants(folded, document.hans, document.hant, alphabet, hans, hant),
        uvarint(len(document.repairs)),
        frames.gaps(edge for span in document.repairs for edge in span),
    ]
    return b"".join(out)


def _variants(
    folded: str, hans: str, hant: str, alphabet: Alphabet, to_hans: Mapping[str, str], to_hant: Mapping[str, str]
) -> Iterator[bytes]:
    """A folded text and its two scripts; a script of another length (titles only) stands by itself."""
    yield uvarint(len(folded)) + alphabet.encode(folded)
    for base, other, table in ((folded, hans, to_hans), (hans, hant, to_hant)):
        if len(base) == len(other):
            yield b"\0" + difference(base, other, table)
        else:
            yield b"\1" + string(other)


def _days(published: tuple[str, str] | None) -> tuple[bytes, bytes]:
    """The first day, counted from 0001-01-01 as 1 (0: no date), and how many days later the last one is."""
    if published is None:
        return b"\0", b"\0"
    first, last = (date.fromisoformat(day).toordinal() for day in published)
    return uvarint(first), uvarint(last - first)


# --- tables ----------------------------------------------------------------------------------------------------------


def _columns(index: Index) -> bytes:
    """What filters, facets and scores need of every document, column by column."""
    sets = sorted(Counter(index.regions).items(), key=lambda item: (-item[1], item[0]))
    number = {codes: at for at, (codes, _) in enumerate(sets)}
    values = {"script": _values(index.script), "kind": _values([kind or "" for kind in index.kind])}
    lengths = [index.length("text", n) for n in range(len(index))]
    kinds = sorted(set(lengths))
    runs: list[tuple[tuple[str, str] | None, int]] = []
    for published in index.published:
        if runs and runs[-1][0] == published:
            runs[-1] = (published, runs[-1][1] + 1)
        else:
            runs.append((published, 1))
    out = [uvarint(len(runs)), *(b"".join(_days(published)) + uvarint(size) for published, size in runs)]
    out += [uvarint(len(sets)), *(string(" ".join(codes)) for codes, _ in sets)]
    out += [uvarint(number[codes]) for codes in index.regions]
    for table, column in zip(values.values(), (index.script, [kind or "" for kind in index.kind]), strict=True):
        out += [uvarint(len(table)), *(string(value) for value in table)]
        out += [uvarint(table.index(value)) for value in column]
    out += [uvarint(len(kinds)), frames.gaps(kinds), *(uvarint(kinds.index(length)) for length in lengths)]
    return b"".join(out)


def _values(column: Sequence[str]) -> list[str]:
    return sorted(set(column))


def _regions(index: Index, regions: Mapping[str, tuple[str, str | None]]) -> list[list[object]]:
    """[code, name in Simplified and in Traditional, parent, number of documents] of every region in use, by code."""
    counts = Counter(code for codes in index.regions for code in codes)
    rows = ((code, *regions.get(code, (code, None)), counts[code]) for code in sorted(counts))
    return [[code, name, to_hant(name), parent, count] for code, name, parent, count in rows]


def _fold() -> bytes:
    """The folding table as runs: gap to the run, target minus source (zigzag), number of characters."""
    out, before = [], 0
    runs: list[list[int]] = []
    for source, target in sorted((s, ord(t)) for s, t in fold_table().items()):
        if runs and source == runs[-1][0] + runs[-1][2] and target - source == runs[-1][1]:
            runs[-1][2] += 1
        else:
            runs.append([source, target - source, 1])
    for source, shift, size in runs:
        out.append(uvarint(source - before) + uvarint(shift * 2 if shift >= 0 else -shift * 2 - 1) + uvarint(size))
        before = source + size
    return uvarint(len(runs)) + b"".join(out)


def _manifest(
    index: Index, alphabet: Alphabet, hans: Mapping[str, str], shards: int, idf: Mapping[int, float], folder: str
) -> dict[str, object]:
    return {
        "format": FORMAT,
        "folder": folder,
        "documents": len(index),
        "shards": shards,
        "k1": K1,
        "fields": {field: {"b": B[field], "average": index.average_length(field)} for field in FIELDS},
        "idf": [idf.get(frequency, 0) for frequency in range(IDF_TABLE)],
        "characters": alphabet.characters,
        "hans": ["".join(hans), "".join(hans.values())],
    }

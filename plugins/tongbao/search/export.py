"""Write the static files that the browser searches (`docs/search-format.md` describes every byte).

The same index gives the same bytes. All files but the manifest stand in a folder named after their content; the
manifest names that folder and is replaced last, so a client never sees half of an export.
"""

from __future__ import annotations

import hashlib
import json
import re
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
_EXPORT = re.compile("[0-9a-f]{16}")
SHARD_BYTES = 4096
# A list above this size stands in a file of its own, so that its shard's other grams do not pay for it.
LIST_BYTES = 2048
# From this document frequency on, a gram carries its idf; below it, the manifest has a table.
IDF_TABLE = 64
# The first part of the folding table: ASCII, Chinese punctuation, unified ideographs, full-width forms.
COMMON = ((0x00, 0x7F), (0x3000, 0x303F), (0x4E00, 0x9FFF), (0xFF00, 0xFFEF))


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
        table = _Regions(index, regions)
        folder.write("columns.bin", frames.COLUMNS, 0, _columns(index, table))
        folder.write("regions.bin", frames.REGIONS, 0, _json(table.columns(hant)))
        for number, fold_file in enumerate(_fold()):
            folder.write(f"fold{number}.bin", frames.FOLD, number, fold_file)
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
    # Other things may live beside the index: only what an export has made goes.
    for other in output_dir.iterdir():
        if other != finished and _EXPORT.fullmatch(other.name) and (other / "columns.bin").is_file():
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


class _Regions:
    """The regions that documents have, by code: a row each."""

    def __init__(self, index: Index, regions: Mapping[str, tuple[str, str | None]]) -> None:
        self._counts = Counter(code for codes in index.regions for code in codes)
        self.rows = {code: row for row, code in enumerate(sorted(self._counts))}
        self._names = {code: regions.get(code, (code, None)) for code in self.rows}

    def columns(self, hant: Mapping[str, str]) -> dict[str, object]:
        """Codes, names, parents, counts; Traditional names only where the characters' usual ones do not give them."""
        names = [name for name, _ in self._names.values()]
        usual_hant = ["".join(hant.get(char, char) for char in name) for name in names]
        other = {row: to_hant(name) for row, name in enumerate(names) if to_hant(name) != usual_hant[row]}
        parents = [parent for _, parent in self._names.values()]
        return {
            "codes": list(self.rows),
            "names": names,
            "hant": other,
            "parents": [self.rows.get(p, p) if p else -1 for p in parents],
            "counts": [self._counts[code] for code in self.rows],
        }

    def encode(self, codes: Sequence[str]) -> bytes:
        """A set of regions as the rows of those that have no part in the set, if these and their ancestors are all."""
        leaves = sorted(set(codes) - {up for code in codes for up in self._above(code)})
        closed = {up for code in leaves for up in (code, *self._above(code))} == set(codes)
        shown = leaves if closed else sorted(set(codes))
        return uvarint(len(shown) * 2 + (not closed)) + frames.gaps(self.rows[code] for code in shown)

    def _above(self, code: str) -> Iterator[str]:
        seen = {code}
        while (parent := self._names[code][1]) in self.rows and parent not in seen:
            code = str(parent)
            seen.add(code)
            yield code


def _columns(index: Index, regions: _Regions) -> bytes:
    """What filters, facets and scores need of every document, column by column."""
    runs: list[tuple[tuple[str, str] | None, int]] = []
    for published in index.published:
        if runs and runs[-1][0] == published:
            runs[-1] = (published, runs[-1][1] + 1)
        else:
            runs.append((published, 1))
    out = [uvarint(len(runs)), *(b"".join(_days(published)) + uvarint(size) for published, size in runs)]
    out += [regions.encode(codes) for codes in index.regions]
    for column in (index.script, [kind or "" for kind in index.kind]):
        values = sorted(set(column))
        out += [uvarint(len(values)), *map(string, values), *(uvarint(values.index(value)) for value in column)]
    lengths = [index.length("text", n) for n in range(len(index))]
    values_of_length = sorted(set(lengths))
    out += [uvarint(len(values_of_length)), frames.gaps(values_of_length)]
    out += [uvarint(values_of_length.index(length)) for length in lengths]
    return b"".join(out)


def _fold() -> Iterator[bytes]:
    """The folding table in two parts: the characters that texts of today have, and the others.

    Runs of characters with one shift, column by column: gaps between runs, shifts (zigzag), lengths.
    """
    for part in (True, False):
        runs: list[list[int]] = []
        for source, target in sorted((s, ord(t)) for s, t in fold_table().items()):
            if any(first <= source <= last for first, last in COMMON) != part:
                continue
            if runs and source == runs[-1][0] + runs[-1][2] and target - source == runs[-1][1]:
                runs[-1][2] += 1
            else:
                runs.append([source, target - source, 1])
        ends = [0] + [source + size for source, _, size in runs]
        gaps = [source - end for (source, _, _), end in zip(runs, ends, strict=False)]
        shifts = [shift * 2 if shift >= 0 else -shift * 2 - 1 for _, shift, _ in runs]
        columns = (gaps, [shift >> 8 for shift in shifts], [size for _, _, size in runs])
        low = bytes(shift & 255 for shift in shifts)
        yield uvarint(len(runs)) + b"".join(uvarint(value) for column in columns for value in column) + low


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

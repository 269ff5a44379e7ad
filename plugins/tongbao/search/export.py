"""Write the static files that the browser searches (`docs/search-format.md` describes every byte).

The same index gives the same bytes. All files but the manifest stand in a folder named after their content; the
manifest names that folder and is replaced last, so a client never sees half of an export.
"""

from __future__ import annotations

import hashlib
import json
import re
import shutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from tongbao.folding import fold, fold_table
from tongbao.model import Standard
from tongbao.search import facets, frames, suggestions, terms
from tongbao.search.documents import SearchDocument
from tongbao.search.frames import string, uvarint
from tongbao.search.index import FIELDS, Index
from tongbao.search.texts import BLOCKS, Alphabet, Differ, Variants, usual
from tongbao.search.weighting import K1, B, idf, is_doubtful, plain_idf

FORMAT = 4
_EXPORT = re.compile("[0-9a-f]{16}")
_GONE = "old"
# The first part of the folding table: ASCII and the blocks of today's texts.
COMMON = ((0x00, 0x7F), *BLOCKS)
# Documents that tell which characters are frequent, and which are usual in the other script.
_SAMPLE = 1000


@dataclass(frozen=True, slots=True)
class _Pair:
    """Packs a folded text and its two scripts; a script of another length (titles only) stands by itself."""

    alphabet: Alphabet
    to_hans: Differ
    to_hant: Differ

    def __call__(self, folded: str, hans: str, hant: str) -> Iterator[bytes]:
        yield uvarint(len(folded)) + self.alphabet.pack(folded)
        for base, other, differ in ((folded, hans, self.to_hans), (hans, hant, self.to_hant)):
            if len(base) == len(other):
                yield b"\0" + differ(base, other)
            else:
                yield b"\1" + string(other)


@dataclass(frozen=True, slots=True)
class _Tables:
    """What the texts of an archive are packed with, and what documents name by number."""

    alphabet: Alphabet
    hans: Mapping[str, str]
    variants: Variants
    scripts: tuple[str, ...]
    kinds: tuple[str, ...]

    @property
    def pair(self) -> _Pair:
        to_hant = Differ(self.alphabet, self.variants.hant, self.variants.of)
        return _Pair(self.alphabet, Differ(self.alphabet, self.hans, {}), to_hant)


class _Folder:
    """The folder of one export: writes framed files and digests them as they go."""

    def __init__(self, path: Path, corpus: bytes) -> None:
        self.path, self._corpus = path, corpus
        self._digest = hashlib.sha256()
        path.mkdir(parents=True)

    def write(self, name: str, kind: bytes, number: int, *payload: bytes) -> int:
        """Returns the bytes of the file."""
        data = frames.frame(kind, number, self._corpus, *payload)
        self._digest.update(string(name) + data)
        target = self.path / name
        target.parent.mkdir(exist_ok=True)
        return target.write_bytes(data)

    def write_all(self, name: str, kind: bytes, payloads: Sequence[bytes]) -> None:
        for number, payload in enumerate(payloads):
            self.write(f"{name}/{number:x}.bin", kind, number, payload)

    def digest(self) -> str:
        return self._digest.hexdigest()[:16]


def export(
    index_dir: Path,
    output_dir: Path,
    regions: Mapping[str, tuple[str, str | None]],
    standard: Standard = Standard.TW,
) -> None:
    """Write the files of the index in `index_dir` into `output_dir`.

    `regions` gives {code: (name in Simplified, parent's code or None)} for at least the codes of the documents; a code
    without a name is its own name. Their Traditional forms follow `standard`. Raises SearchIndexError where `index_dir`
    holds no finished index.
    """
    with Index(index_dir) as index:
        corpus = bytes.fromhex(index.digest)[:8]
        building = output_dir / "new"
        for leftover in (building, output_dir / _GONE):
            shutil.rmtree(leftover, ignore_errors=True)
        folder = _Folder(building, corpus)
        tables = _tables(index)
        table = facets.Regions(index, regions, tables.variants.hant, standard)
        texts = 0
        for number, document in enumerate(_documents(index)):
            payload = _document(document, index.length("text", number), table, tables)
            texts += folder.write(f"d/{number:x}.bin", frames.DOCUMENT, number, payload)
        packed, places = terms.shards(index, tables.alphabet), facets.sets(index, table)
        beginnings = suggestions.shards(_documents(index, -1), table, tables.pair)
        for kind, name, payloads in (
            (frames.TERMS, "t", packed.shards),
            (frames.LIST, "l", packed.lists),
            (frames.MORE, "x", packed.more),
            (frames.LENGTHS, "n", facets.lengths(index)),
            (frames.SETS, "r", places),
            (frames.SUGGESTIONS, "s", beginnings),
        ):
            folder.write_all(name, kind, payloads)
        folder.write("days.bin", frames.DAYS, 0, *facets.publications(index))
        folder.write("facets.bin", frames.FACETS, 0, *facets.columns(index, table))
        folder.write("regions.bin", frames.REGIONS, 0, _json(table.all()))
        folder.write("variants.bin", frames.VARIANTS, 0, *tables.variants.payload())
        for number, fold_file in enumerate(_fold()):
            folder.write(f"fold{number}.bin", frames.FOLD, number, fold_file)
        counts = {"shards": len(packed.shards), "places": len(places), "suggestions": len(beginnings)}
        counts["text"] = -(-texts // max(1, len(index)))
        manifest = _manifest(index, tables, folder.digest(), corpus, counts)
    _publish(output_dir, folder, frames.frame(frames.MANIFEST, 0, frames.NO_CORPUS, *manifest))


def _publish(output_dir: Path, folder: _Folder, manifest: bytes) -> None:
    finished = output_dir / folder.digest()
    if finished.exists():  # perhaps half removed by a build that was killed
        shutil.rmtree(finished)
    folder.path.rename(finished)
    pending = output_dir / "manifest.bin.new"
    pending.write_bytes(manifest)
    pending.replace(output_dir / "manifest.bin")
    # Other things may live beside the index: only what an export has made goes. Under another name first: a build that
    # is killed meanwhile leaves no half of an export under a name that means all of it.
    for other in list(output_dir.iterdir()):
        if other != finished and _EXPORT.fullmatch(other.name) and (other / "days.bin").is_file():
            shutil.rmtree(other.rename(output_dir / _GONE))


def _documents(index: Index, step: int = 1) -> Iterator[SearchDocument]:
    """The documents, one at a time; with -1 from the last on."""
    return (index.document(number) for number in range(len(index))[::step])


def _json(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


# --- documents -------------------------------------------------------------------------------------------------------


def _document(
    document: SearchDocument,
    length: int,
    regions: facets.Regions,
    tables: _Tables,
) -> bytes:
    folded, title = fold(document.text), fold(document.title)
    out = [
        string(document.id),
        facets.days(document.published),
        uvarint(len(document.regions)),
        *(_region(regions, code, after, tables.alphabet) for code, after in pairwise((*document.regions, ""))),
        uvarint(tables.scripts.index(document.script)),
        uvarint(tables.kinds.index(document.kind or "")),
        uvarint(length),
        *tables.pair(title, document.title_hans, document.title_hant),
        *tables.pair(folded, document.hans, document.hant),
        uvarint(len(document.repairs)),
        frames.gaps(edge for span in document.repairs for edge in span),
    ]
    return b"".join(out)


def _region(regions: facets.Regions, code: str, after: str, alphabet: Alphabet) -> bytes:
    """A region of a document; most are followed by the one that holds them."""
    row = regions.of(code)
    nested = row.parent == after
    parts = [string(row.code), uvarint(len(row.name) * 4 + nested * 2 + bool(row.hant)), alphabet.encode(row.name)]
    return b"".join((*parts, *([string(row.hant)] if row.hant else []), *([] if nested else [string(row.parent)])))


# --- tables -----------------------------------------------------------------------------------------------------------


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
        shifts = [frames.zigzag(shift) for _, shift, _ in runs]
        columns = (gaps, [shift >> 8 for shift in shifts], [size for _, _, size in runs])
        low = bytes(shift & 255 for shift in shifts)
        yield uvarint(len(runs)) + b"".join(uvarint(value) for column in columns for value in column) + low


def _tables(index: Index) -> _Tables:
    """Counted in a sample of the documents, all of them where they are few."""
    sample = [index.document(number) for number in range(0, len(index), -(-len(index) // _SAMPLE) or 1)]
    texts = [fold(document.text) for document in sample]
    characters = round(index.average_length("text") * len(index))
    folded = [fold(document.title) + text for document, text in zip(sample, texts, strict=True)]
    alphabet = Alphabet.of(folded, characters)
    return _Tables(
        alphabet,
        usual((text, document.hans) for document, text in zip(sample, texts, strict=True)),
        Variants(alphabet, usual((document.hans, document.hant) for document in sample)),
        tuple(sorted(set(index.script))),
        tuple(sorted({kind or "" for kind in index.kind})),
    )


def _manifest(
    index: Index, tables: _Tables, folder: str, corpus: bytes, counts: Mapping[str, int]
) -> tuple[bytes, ...]:
    head = {
        "format": FORMAT,
        "folder": folder,
        "corpus": corpus.hex(),
        "documents": len(index),
        "undated": index.published.count(None),
        "rare": terms.RARE,
        "block": facets.BLOCK,
        **counts,
        "scripts": tables.scripts,
        "kinds": tables.kinds,
        "first": tables.alphabet.first,
        "k1": K1,
        "fields": {field: {"b": B[field], "average": index.average_length(field)} for field in FIELDS},
        "idf": [[n, idf(len(index), n)] for n in range(1, len(index) + 1) if is_doubtful(plain_idf(len(index), n))],
        "hans": ["".join(tables.hans), "".join(tables.hans.values())],
    }
    characters, words = tables.alphabet.characters, tables.alphabet.words
    gaps = (uvarint(frames.zigzag(ord(char) - ord(before))) for before, char in pairwise("\0" + characters))
    text = _json(head)
    return (
        uvarint(len(text)) + text,
        uvarint(len(characters)) + b"".join(gaps),
        uvarint(len(words)) + bytes(map(len, words)) + tables.alphabet.encode("".join(words)),
    )

"""Write the static files that the browser searches (`docs/search-format.md` describes every byte).

The same documents give the same bytes, whatever was exported before. All files but the manifest stand in a folder named
after what they are made of; the manifest names that folder and is replaced last.

An export knows from its state what the one before made. Where few documents have come, gone or changed, it renames the
old folder, asks which grams the changed numbers gained or lost (`changes`), and writes what is concerned. Else it makes
all anew, on all cores.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tongbao.folding import fold_table
from tongbao.script import to_hant
from tongbao.search import changes, facets, frames, packing, state, suggestions, terms, whole
from tongbao.search.contents import FIELDS, Contents, made_by
from tongbao.search.documents import Head, Load, oldest_first
from tongbao.search.files import Files
from tongbao.search.frames import uvarint
from tongbao.search.gather import Array
from tongbao.search.index import loaded
from tongbao.search.packing import Counted, Tables
from tongbao.search.site import Site
from tongbao.search.state import Found, State
from tongbao.search.texts import BLOCKS
from tongbao.search.weighting import K1, B, average_length, idf, is_doubtful, plain_idf

FORMAT = 6
_MANIFEST = "manifest.bin"
# The first part of the folding table: ASCII and the blocks of today's texts.
COMMON = ((0x00, 0x7F), *BLOCKS)
# Where more documents have changed, all is made anew: so many, or this part of them.
_MOST, _MOST_PART = 16, 100
# Documents that a process packs at a time, and shards.
_DOCUMENTS, _SHARDS = 32, 128


@dataclass(frozen=True, slots=True)
class _Archive:
    """What is exported: contents of the index, tables and the digest of what they were counted in, regions."""

    contents: Contents
    sample: str
    tables: Tables
    regions: facets.Regions


def export(
    index_dir: Path,
    load: Load,
    files: Files,
    state_dir: Path,
    regions: Mapping[str, tuple[str, str | None]],
    hant: Callable[[str], str] = to_hant,
) -> None:
    """Write the files of the index in `index_dir`.

    `load` gives documents by their ids. `state_dir` is a folder that exports alone use. `regions` gives {code: (name in
    Simplified, parent's code or None)} for at least the codes of the documents; a code without a name is its own name.
    `hant` gives the Traditional form of a name. Raises SearchIndexError where `index_dir` holds no finished index.
    """
    contents = Contents.read(index_dir)
    rows = facets.names(regions, {code for own in {head.regions for head in contents.heads} for code in own})
    others = {name: hant(name) for name, _ in rows.values()}
    named = _json([[code, name, parent, others[name]] for code, (name, parent) in rows.items()])
    folder = hashlib.sha256(b"\0".join((contents.digest.encode(), made_by().encode(), named))).hexdigest()[:16]

    before = state.find(state_dir, files.folders(), folder, made_by())
    if before is not None and before.name == folder:
        new = before.state
    else:
        state.forget(state_dir, folder)
        archive = _archive(contents, load, rows, others, before.state if before else None)
        new = _exported(archive, load, index_dir, Site(files, folder), state_dir, before)
        state.write(state_dir, folder, new, made_by())
    files.write(_MANIFEST, new.manifest)
    state.sweep(state_dir, (folder, before.name if before else folder))
    for other in files.folders():
        if other != folder and state.NAME.fullmatch(other):
            files.remove(other)


def _archive(
    contents: Contents,
    load: Load,
    rows: Mapping[str, tuple[str, str | None]],
    others: Mapping[str, str],
    old: State | None,
) -> _Archive:
    some = packing.sample(contents.heads)
    digest = packing.sample_digest(some, len(contents.heads))
    if old is not None and old.sample == digest:
        tables = Tables.of(old.tables.counted, contents.heads)
    else:
        tables = Tables.of(Counted.of(list(loaded(some, load)), len(contents.heads)), contents.heads)
    return _Archive(contents, digest, tables, facets.Regions(contents, rows, tables.variants.hant, others))


def _changed(archive: _Archive, old: State) -> Array | None:
    """The numbers of the documents that are not what they were, also of those that are gone; None where so many are, or
    what all are packed with is another."""
    tables, rows = archive.tables, archive.regions.rows()
    if (old.sample, old.tables.scripts, old.tables.kinds) != (archive.sample, tables.scripts, tables.kinds):
        return None
    if any(old.regions[code] != row for code, row in rows.items() if code in old.regions):
        return None
    digests = _digests(archive.contents)
    if len(digests) != len(old.digests):
        return None
    changed = [n for n, (a, b) in enumerate(zip(digests, old.digests, strict=True)) if a != b]
    return None if len(changed) > max(_MOST, len(digests) // _MOST_PART) else np.array(changed, np.int64)


def _digests(contents: Contents) -> tuple[str, ...]:
    """The documents' digests by number, empty where there is none."""
    out = [""] * contents.limit
    for number, head in zip(contents.numbers, contents.heads, strict=True):
        out[number] = head.digest
    return tuple(out)


def _exported(
    archive: _Archive, load: Load, index_dir: Path, site: Site, state_dir: Path, before: Found | None
) -> State:
    """Write all files but the manifest."""
    # It has no state: a build that was killed left it, or the cache is gone, or has served another site meanwhile.
    if site.folder in site.files.folders():
        site.files.remove(site.folder)
    if before is not None and (changed := _changed(archive, before.state)) is not None:
        plan = changes.plan(index_dir, archive.contents, before.state, changed)
        if plan is not None:
            site.files.rename(before.name, site.folder)
            return _renewed(archive, load, site, before.state, changed, plan)
    heads = archive.contents.heads
    texts = _write_documents(archive, load, site, range(len(heads)), np.zeros(archive.contents.limit, np.uint32))
    made = whole.terms_of(index_dir, archive.contents, archive.tables.alphabet, site, state_dir)
    hashes, shards = terms.hashes(made.entries.keys), terms.count(made.entries)
    _write_shards(site, terms.Shards.of(made.entries, shards, hashes), list(range(shards)))
    return _finished(archive, site, texts, made, shards, {}, {})


def _renewed(archive: _Archive, load: Load, site: Site, old: State, changed: Array, plan: changes.Plan) -> State:
    """Write what is not what it was."""
    places = np.flatnonzero(np.isin(archive.contents.numbers, changed)).tolist()
    for number in np.setdiff1d(changed, archive.contents.numbers).tolist():
        site.remove(f"d/{number:x}.bin")
    texts = _write_documents(archive, load, site, places, old.texts)
    made = changes.make(plan, archive.contents.limit, archive.tables.alphabet, old, site)
    hashes, shards = terms.hashes(made.entries.keys), terms.count(made.entries)
    own = list(range(shards))
    if shards == old.shards:
        own = np.unique(terms.hashes(plan.keys) % np.uint32(shards)).tolist()
    for number in range(shards, old.shards):
        site.remove(f"t/{number:x}.bin")
    _write_shards(site, terms.Shards.of(made.entries, shards, hashes), own)
    return _finished(archive, site, texts, made, shards, old.small, old.titles)


def _write_documents(
    archive: _Archive, load: Load, site: Site, places: Sequence[int], sizes: NDArray[np.uint32]
) -> NDArray[np.uint32]:
    """Write the files of the documents in some places of the archive. Returns the sizes of all by number, `sizes` being
    those before."""
    contents, rows, tables = archive.contents, archive.regions.rows(), archive.tables

    def write(own: Sequence[int]) -> tuple[list[int], list[str]]:
        paths = [f"d/{contents.numbers[place]:x}.bin" for place in own]
        documents = loaded([contents.heads[place] for place in own], load)
        payloads = (tables.document(document, rows) for document in documents)
        return [site.write(path, payload) for path, payload in zip(paths, payloads, strict=True)], paths

    tables.prepare()
    out = np.zeros(contents.limit, np.uint32)
    there = np.array(contents.numbers, np.int64)
    out[there] = sizes[there]
    written = site.spread(write, [places[at : at + _DOCUMENTS] for at in range(0, len(places), _DOCUMENTS)])
    out[there[list(places)]] = [size for own in written for size in own]
    return out


def _write_shards(site: Site, shards: terms.Shards, numbers: Sequence[int]) -> None:
    def write(own: Sequence[int]) -> tuple[None, list[str]]:
        paths = [f"t/{number:x}.bin" for number in own]
        for path, number in zip(paths, own, strict=True):
            site.write(path, shards.payload(number))
        return None, paths

    for _ in site.spread(write, [numbers[at : at + _SHARDS] for at in range(0, len(numbers), _SHARDS)]):
        pass


def _finished(
    archive: _Archive,
    site: Site,
    texts: NDArray[np.uint32],
    made: whole.Made,
    shards: int,
    small: Mapping[str, bytes],
    titles: Mapping[str, bytes],
) -> State:
    """Write the other files where they are not as `small` says; `titles` are known ones."""
    contents, tables, regions = archive.contents, archive.tables, archive.regions
    heads = contents.heads
    packed: dict[str, bytes] = {}

    def title(head: Head) -> bytes:
        packed[head.digest] = own = titles.get(head.digest) or tables.title(head)
        return own

    sets = facets.sets(contents, regions)
    beginnings = suggestions.shards(reversed(oldest_first(heads)), regions, title)
    payloads = dict(_small(archive, sets, beginnings))
    digests = {path: _digest(payload) for path, payload in payloads.items()}
    for path, payload in payloads.items():
        if small.get(path) != digests[path]:
            site.write(path, *payload)
    for path in small.keys() - digests.keys():
        site.remove(path)
    counts = {"shards": shards, "places": len(sets), "suggestions": len(beginnings)}
    counts["text"] = -(-int(texts.sum()) // max(1, len(heads)))
    return State(
        digest=contents.digest,
        segments=contents.segments,
        digests=_digests(contents),
        sample=archive.sample,
        tables=tables,
        regions=regions.rows(),
        texts=texts,
        entries=made.entries,
        said=made.said,
        shards=shards,
        small=digests,
        titles=packed,
        manifest=frames.frame(_MANIFEST, *_manifest(archive, site.folder, counts)),
    )


def _small(
    archive: _Archive, sets: Sequence[bytes], beginnings: Sequence[bytes]
) -> Iterator[tuple[str, tuple[bytes, ...]]]:
    """(path, payload) of all files of which there are few."""
    contents, regions = archive.contents, archive.regions
    for name, payloads in (("n", facets.lengths(contents)), ("r", sets), ("s", beginnings)):
        yield from ((f"{name}/{number:x}.bin", (payload,)) for number, payload in enumerate(payloads))
    yield "days.bin", facets.publications(contents)
    yield "facets.bin", facets.columns(contents, regions)
    yield "regions.bin", (_json(regions.all()),)
    yield "variants.bin", archive.tables.variants.payload()
    yield from ((f"fold{number}.bin", (payload,)) for number, payload in enumerate(_fold()))


def _digest(payload: Sequence[bytes]) -> bytes:
    total = hashlib.blake2b(digest_size=16)
    for part in payload:
        total.update(len(part).to_bytes(8, "little") + part)
    return total.digest()


def _json(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


def _manifest(archive: _Archive, folder: str, counts: Mapping[str, int]) -> tuple[bytes, ...]:
    heads, tables = archive.contents.heads, archive.tables
    documents = len(heads)
    lengths = {"title": [len(head.title) for head in heads], "text": [head.length for head in heads]}
    head = {
        "format": FORMAT,
        "folder": folder,
        "documents": documents,
        "limit": archive.contents.limit,
        "rare": terms.RARE,
        "block": facets.BLOCK,
        **counts,
        "scripts": tables.scripts,
        "kinds": tables.kinds,
        "first": tables.alphabet.first,
        "k1": K1,
        "fields": {field: {"b": B[field], "average": average_length(lengths[field])} for field in FIELDS},
        "idf": [[n, idf(documents, n)] for n in range(1, documents + 1) if is_doubtful(plain_idf(documents, n))],
        "hans": ["".join(tables.counted.hans), "".join(tables.counted.hans.values())],
    }
    characters, words = tables.alphabet.characters, tables.alphabet.words
    gaps = (uvarint(frames.zigzag(ord(char) - ord(before))) for before, char in pairwise("\0" + characters))
    text = _json(head)
    return (
        uvarint(len(text)) + text,
        uvarint(len(characters)) + b"".join(gaps),
        uvarint(len(words)) + bytes(map(len, words)) + tables.alphabet.encode("".join(words)),
    )


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

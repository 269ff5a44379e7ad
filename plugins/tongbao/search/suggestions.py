"""What a reader may be typing: names of regions and beginnings of titles, in shards by first character."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator

from tongbao.folding import fold
from tongbao.search import frames
from tongbao.search.documents import SearchDocument
from tongbao.search.facets import Regions
from tongbao.search.frames import string, uvarint

SHARD_BYTES = 2048
# Titles with one beginning, and with one first character: the newest ones. So no file grows with the archive.
BEGINNING, MOST_ALIKE, MOST = 4, 6, 40


def shards(
    newest: Iterable[SearchDocument], regions: Regions, variants: Callable[[str, str, str], Iterator[bytes]]
) -> tuple[bytes, ...]:
    """Pack suggestions; `newest` are the documents from the last on, `variants` packs a text and its two scripts."""
    entries: defaultdict[str, tuple[list[bytes], list[bytes]]] = defaultdict(lambda: ([], []))
    for code, name in regions.names().items():
        entries[fold(name)[:1]][0].append(uvarint(regions.count(code)) + regions.row(code))
    alike: Counter[str] = Counter()
    for document in newest:
        folded = fold(document.title)
        titles = entries[folded[:1]][1]
        alike[folded[:BEGINNING]] += 1
        if alike[folded[:BEGINNING]] <= MOST_ALIKE and len(titles) < MOST:
            titles.append(string(document.id) + b"".join(variants(folded, document.title_hans, document.title_hant)))
    entries.pop("", None)
    packed = {
        char: string(char) + b"".join(uvarint(len(part)) + b"".join(part) for part in entries[char])
        for char in sorted(entries)
    }
    shards = frames.sharded(packed, SHARD_BYTES)
    return tuple(uvarint(len(own)) + b"".join(packed[char] for char in own) for own in shards)

"""What a reader may be typing: names of regions and beginnings of titles, in shards by first character."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable

from tongbao.folding import fold
from tongbao.search import frames
from tongbao.search.documents import Head
from tongbao.search.facets import Regions
from tongbao.search.frames import string, uvarint

SHARD_BYTES = 2048
# Titles with one beginning, and with one first character: the newest ones. So no file grows with the archive.
BEGINNING, MOST_ALIKE, MOST = 4, 6, 40


def shards(newest: Iterable[Head], regions: Regions, title: Callable[[Head], bytes]) -> tuple[bytes, ...]:
    """Pack suggestions; `newest` are the documents from the last on, `title` packs a title in its scripts."""
    entries: defaultdict[str, tuple[list[bytes], list[bytes]]] = defaultdict(lambda: ([], []))
    for code, name in regions.names().items():
        entries[fold(name)[:1]][0].append(uvarint(regions.count(code)) + regions.row(code))
    alike: Counter[str] = Counter()
    for head in newest:
        folded = fold(head.title[:BEGINNING])
        titles = entries[folded[:1]][1]
        alike[folded] += 1
        if alike[folded] <= MOST_ALIKE and len(titles) < MOST:
            titles.append(string(head.id) + title(head))
    entries.pop("", None)
    packed = {
        char: string(char) + b"".join(uvarint(len(part)) + b"".join(part) for part in entries[char])
        for char in sorted(entries)
    }
    shards = frames.sharded(packed, SHARD_BYTES)
    return tuple(uvarint(len(own)) + b"".join(packed[char] for char in own) for own in shards)

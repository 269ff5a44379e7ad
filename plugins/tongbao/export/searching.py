"""What the search index takes of a bulletin."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from tongbao.edits import invert
from tongbao.export import urls
from tongbao.export.page import title
from tongbao.model import Bulletin
from tongbao.search import SearchDocument


def search_document(bulletin: Bulletin, lineage: Callable[[str], Sequence[str]]) -> SearchDocument:
    """The bulletin as the index takes it: regions of both roles, each with its ancestors (`lineage`: itself first)."""
    published = bulletin.dates.published
    simplified, traditional = urls.LANGUAGES
    return SearchDocument(
        id=bulletin.id,
        title=title(bulletin, simplified),
        text=bulletin.repaired.text,
        title_hans=title(bulletin, simplified),
        title_hant=title(bulletin, traditional),
        hans=bulletin.scripts.hans,
        hant=bulletin.scripts.hant,
        published=(published.earliest, published.latest) if published else None,
        regions=tuple(dict.fromkeys(code for tag in bulletin.regions.tags for code in lineage(tag.code))),
        script=bulletin.scripts.received.value,
        kind=bulletin.genre.kind,
        repairs=tuple((edit.start, edit.end) for edit in invert(bulletin.repaired.edits)),
    )

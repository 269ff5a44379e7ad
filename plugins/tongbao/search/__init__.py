"""Search: exact substrings in either script, ranked by Whoosh, served as static files.

`build_index` makes the Whoosh index, `query` answers from it, `export` writes the files from which the browser gives
the same answer (`docs/search-format.md`).
"""

from tongbao.search.documents import Head, Load, SearchDocument, head
from tongbao.search.errors import SearchIndexError
from tongbao.search.export import export
from tongbao.search.files import Files, Folder
from tongbao.search.index import build_index
from tongbao.search.query import Facets, Hit, Results, query
from tongbao.search.snippet import Run

__all__ = [
    "Facets",
    "Files",
    "Folder",
    "Head",
    "Hit",
    "Load",
    "Results",
    "Run",
    "SearchDocument",
    "SearchIndexError",
    "build_index",
    "export",
    "head",
    "query",
]

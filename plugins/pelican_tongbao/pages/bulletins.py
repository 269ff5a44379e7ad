"""The pages of a bulletin."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Any

from pelican_tongbao.labels import labels
from pelican_tongbao.pages.page import Page
from tongbao.export import kinship, urls
from tongbao.export import page as export
from tongbao.export.browse import Catalogue, Entry
from tongbao.export.citing import Edition, citations
from tongbao.export.kinship import Kin
from tongbao.model import Bulletin

# Gives a bulletin by its id.
Load = Callable[[str], Bulletin]


def bulletin_pages(
    bulletin: Bulletin, catalogue: Catalogue, at: int, load: Load, kin: Kin | None = None, site: str = "",
    build: str = "",
) -> Iterator[Page]:  # fmt: skip
    """The pages of the bulletin whose entry is `at` that place, with its neighbours and its `kin`. `site` is the site's
    URL or empty, `build` names what made the text; both stand in its citations."""
    around = neighbours(catalogue, at)
    kin = kin or Kin()
    shared = kinship.shares(bulletin, kin.related, load)
    for language, model in export.bulletin_pages(bulletin, kinship.marks(shared)).items():
        edition = Edition(labels(language, catalogue.standard)["site"]["archive"], site, build)
        twins = dict(model.addresses)
        view = partial(
            dict,
            b=model,
            citations=citations(bulletin, language, edition),
            build=build,
            kin=kin,
            related=kinship.related(bulletin, shared, language),
            known={name: catalogue.by_id[name] for name in kin.others},
            **around,
        )
        yield Page(twins[language], "bulletin", language, twins, model.title, view, around, standard=catalogue.standard)


def neighbours(catalogue: Catalogue, at: int) -> dict[str, Entry | None]:
    """The entries before and after the one `at` that place: in time, and in time within its region."""
    order = catalogue.entries
    above, below = catalogue.beside.get(order[at].id, (None, None))
    return {
        "newer": order[at - 1] if at else None,
        "older": order[at + 1] if at + 1 < len(order) else None,
        "newer_here": above,
        "older_here": below,
    }


def beside(catalogue: Catalogue, at: int) -> str:
    """What the pages of a bulletin show of others, as a part of their key."""
    return ".".join(entry.digest if entry else "" for entry in neighbours(catalogue, at).values())


def compare_pages(earlier: Bulletin, later: Bulletin, entries: Mapping[str, Entry], family: str) -> Iterator[Page]:
    """The pages that compare two copies; `family` is the name of theirs."""
    for language in urls.LANGUAGES:
        pair = (earlier.id, later.id)
        twins = {each: urls.compare(*pair, each) for each in urls.LANGUAGES}
        standard = earlier.scripts.standard
        view: Mapping[str, Any] = {
            "made": kinship.comparison(earlier, later, language),
            "pair": [entries[name] for name in pair],
            "family": family,
        }
        title = labels(language, standard)["copies"]["compare"]
        yield Page(twins[language], "compare", language, twins, title, partial(dict, view), pair, standard=standard)

"""How a bulletin's page is cited: its citations, view by view, and what it tells programs of itself."""

from __future__ import annotations

from dataclasses import dataclass, replace

from tongbao import reading
from tongbao.export import linked, urls
from tongbao.export.citation import FORMATS, WORDS, Cited, Piece, gbt7714_pieces
from tongbao.export.marks import plain
from tongbao.export.page import received_tag, simplified, title
from tongbao.model import Bulletin, Role
from tongbao.script import to_hant

# The view that is the page itself, and those that are parts of it.
_READING = {"zh-hans": "hans", "zh-hant": "hant"}
_PARTS = ("collated", "received")


@dataclass(frozen=True, slots=True)
class Edition:
    """What a citation says of the archive: its name, its URL without a slash at the end, or empty, and the build that
    made the text: the version of this program and digests of its code and of the text's own key."""

    archive: str
    site: str
    build: str


@dataclass(frozen=True, slots=True)
class Citations:
    """`views` are (view, GB/T 7714 entry) for each view of the page, `formats` (name, entry) of the page's own view in
    the formats that programs read. The rest is for the head of the page: metas, JSON that is safe in a script element,
    and the link (rel, href) that says what some of the metas' names mean."""

    views: tuple[tuple[str, tuple[Piece, ...]], ...]
    formats: tuple[tuple[str, tuple[Piece, ...]], ...]
    metas: tuple[linked.Meta, ...]
    json_ld: str
    schema: tuple[str, str] = linked.SCHEMA


def citations(bulletin: Bulletin, language: str, edition: Edition) -> Citations:
    """The citations of a bulletin's page in a language (`zh-hans`, `zh-hant`), their notes in its script."""
    words = WORDS[urls.TAGS[language]]
    of_page = cited(bulletin, language, _READING[language], edition)
    of_parts = [cited(bulletin, language, view, edition) for view in _PARTS]
    regions = _regions(bulletin, language)
    received = f"{edition.site}/{urls.received(bulletin.received.sha256)}" if edition.site else None
    return Citations(
        views=tuple((each.view, gbt7714_pieces(each, words)) for each in (of_page, *of_parts)),
        formats=tuple((name, _open(write(of_page, words))) for name, write in FORMATS.items() if name != "gbt7714"),
        metas=(
            *linked.citation_metas(of_page),
            *linked.dcterms_metas(of_page, regions, words),
            *linked.open_graph_metas(of_page, words),
        ),
        json_ld=linked.json_ld(of_page, regions, received, words),
    )


def cited(bulletin: Bulletin, language: str, view: str, edition: Edition) -> Cited:
    """One view of a bulletin's page. The views in the script received keep the title's characters; names are in the
    page's script."""
    received, sidecar, genre = bulletin.received, bulletin.received.sidecar, bulletin.genre
    own = view in _READING.values()
    part = "" if own else f"#{view}"
    address = f"{edition.site}/{urls.bulletin(bulletin.id, language)}{part}" if edition.site else None
    return Cited(
        id=bulletin.id,
        title=title(bulletin, language) if own else _title_received(bulletin) or title(bulletin, language),
        language=urls.TAGS[language] if own else received_tag(bulletin),
        archive=edition.archive,
        sha256=received.sha256,
        view=view,
        repairs=len(bulletin.repaired.edits),
        damage=bulletin.repaired.damage,
        build=edition.build,
        issuer=_name(genre.issuer or sidecar.issuer, bulletin, language),
        site=_name(sidecar.site, bulletin, language),
        number=_name(genre.doc_number, bulletin, language),
        kind=genre.kind,
        published=bulletin.dates.published.edtf if bulletin.dates.published else None,
        original=sidecar.url,
        fetched=sidecar.fetched,
        address=address,
        punctuation=len(bulletin.reading.edits) if own else 0,
    )


def _open(pieces: tuple[Piece, ...]) -> tuple[Piece, ...]:
    """Without the last line's end: it is the page's, and a script's that saves them as a file."""
    return (*pieces[:-1], replace(pieces[-1], text=pieces[-1].text.rstrip("\r\n")))


def _title_received(bulletin: Bulletin) -> str:
    return plain(reading.title(bulletin.repaired.text, reading.plain(bulletin.reading)).strip())


def _name(name: str | None, bulletin: Bulletin, language: str) -> str | None:
    if not name:
        return None
    hans = simplified(name)
    return to_hant(hans, bulletin.scripts.standard) if language == "zh-hant" else hans


def _regions(bulletin: Bulletin, language: str) -> tuple[tuple[str, str], ...]:
    """(name, code) of the divisions that the bulletin is about."""
    primary = (tag for tag in bulletin.regions.tags if tag.role is Role.PRIMARY)
    return tuple((_name(tag.name, bulletin, language) or tag.code, tag.code) for tag in primary)

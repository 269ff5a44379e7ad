"""Metadata of a bulletin's page for machines: metas for Zotero and indexers, Dublin Core, Open Graph, JSON-LD. Plain
values; a template escapes them, but for `json_ld`, which is safe in a script element.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from tongbao.export import urls
from tongbao.export.citation import Cited, Words, full_note, is_report, iso, issued, line, note

# What a page that has the metas of Dublin Core links to, as (rel, href).
SCHEMA = ("schema.DCTERMS", "http://purl.org/dc/terms/")

# A script element ends at `</` or changes its state at `<!--`; older scripts take the last two for line ends.
_SCRIPT = {ord(c): f"\\u{ord(c):04x}" for c in "<>&\u2028\u2029"}

_LOCALES = MappingProxyType({"zh-Hans": "zh_CN", "zh-Hant": "zh_TW"})
_NEWS = frozenset({"news", "commentary"})


@dataclass(frozen=True, slots=True)
class Meta:
    """A meta element: `attribute` is `name` or `property`, `key` its value."""

    attribute: str
    key: str
    content: str


def citation_metas(cited: Cited) -> tuple[Meta, ...]:
    """The `citation_*` names. The institution makes Zotero's item a report; a page of the web has none."""
    report = is_report(cited)
    return _metas(
        "name",
        [
            ("citation_title", line(cited.title)),
            ("citation_author", _line(cited.issuer)),
            ("citation_technical_report_institution", _line(cited.issuer) if report else None),
            ("citation_technical_report_number", _line(cited.number) if report else None),
            ("citation_publication_date", "/".join(iso(_certain(cited)).split("-"))),
            ("citation_language", cited.language),
            ("citation_public_url", cited.address),
        ],
    )


def dcterms_metas(
    cited: Cited, regions: Sequence[tuple[str, str]] = (), words: Words | None = None
) -> tuple[Meta, ...]:
    """The `DCTERMS.*` names, for a page with a link to `SCHEMA`. `regions` are (name, GB/T 2260 code).

    Zotero takes the type of its item from DCTERMS.type (`Text` would make it a journal's article), its date from
    DCTERMS.issued where no other is certain, and an institution from DCTERMS.publisher: the archive would look like the
    issuer, and is told in the provenance instead."""
    when = issued(cited.published)
    return _metas(
        "name",
        [
            ("DCTERMS.title", line(cited.title)),
            ("DCTERMS.creator", _line(cited.issuer)),
            ("DCTERMS.issued", cited.published if when else None),
            ("DCTERMS.language", cited.language),
            ("DCTERMS.type", "Report" if is_report(cited) else "Webpage"),
            ("DCTERMS.identifier", cited.address),
            ("DCTERMS.identifier", line(cited.id)),
            ("DCTERMS.source", _line(cited.site)),
            ("DCTERMS.source", urls.external(cited.original)),
            ("DCTERMS.isVersionOf", urls.external(cited.original)),
            *(("DCTERMS.spatial", line(name)) for name, _ in regions),
            ("DCTERMS.provenance", full_note(cited, words)),
        ],
    )


def open_graph_metas(cited: Cited, words: Words | None = None) -> tuple[Meta, ...]:
    """The properties of Open Graph. The type is `article`: Zotero makes a web page of anything that is a `website`,
    whatever else its page says. The time is a day's, or left out."""
    certain = _certain(cited)
    return _metas(
        "property",
        [
            ("og:type", "article"),
            ("og:title", line(cited.title)),
            ("og:description", note(cited, words)),
            ("og:site_name", line(cited.archive)),
            ("og:locale", _LOCALES.get(cited.language)),
            ("og:url", cited.address),
            ("article:published_time", iso(certain) if len(certain) == 3 else None),
        ],
    )


def json_ld(
    cited: Cited,
    regions: Sequence[tuple[str, str]] = (),
    received: str | None = None,
    words: Words | None = None,
) -> str:
    """The page's schema.org node as JSON that is safe inside a script element: put it there without escaping.

    `regions` are (name, GB/T 2260 code); `received` is the absolute address of the received file, if it is known."""
    return script_json(json_ld_node(cited, regions, received, words))


def json_ld_node(
    cited: Cited,
    regions: Sequence[tuple[str, str]] = (),
    received: str | None = None,
    words: Words | None = None,
) -> dict[str, Any]:
    """The node of `json_ld` as plain values: the archive's text, which is based on the file that was received."""
    news = cited.kind in _NEWS
    return _known(
        {
            "@context": "https://schema.org",
            "@type": "NewsArticle" if news else "Report",
            "@id": cited.address,
            "url": cited.address,
            "identifier": line(cited.id),
            "headline": line(cited.title),
            "author": _organization(cited.issuer),
            "publisher": _organization(cited.archive),
            "datePublished": iso(_certain(cited)),
            "inLanguage": cited.language,
            "reportNumber": None if news else _line(cited.number),
            "version": line(cited.build),
            "description": full_note(cited, words),
            "archivedAt": cited.address,
            "spatialCoverage": [_place(name, code) for name, code in regions],
            "isBasedOn": _known(
                {
                    "@type": "MediaObject",
                    "url": urls.external(cited.original),
                    "contentUrl": received,
                    "sha256": cited.sha256,
                    "publisher": _organization(cited.site),
                }
            ),
        }
    )


def script_json(value: Any) -> str:
    """JSON that neither ends the script element it stands in nor opens a comment there."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).translate(_SCRIPT)


def _metas(attribute: str, pairs: Iterable[tuple[str, str | None]]) -> tuple[Meta, ...]:
    return tuple(Meta(attribute, key, content) for key, content in pairs if content)


def _certain(cited: Cited) -> tuple[int, ...]:
    when = issued(cited.published)
    return when.certain if when else ()


def _line(text: str | None) -> str | None:
    return line(text) if text else None


def _organization(name: str | None) -> dict[str, str] | None:
    return {"@type": "Organization", "name": line(name)} if name else None


def _place(name: str, code: str) -> dict[str, Any]:
    identifier = {"@type": "PropertyValue", "propertyID": "GB/T 2260", "value": code}
    return {"@type": "AdministrativeArea", "name": line(name), "identifier": identifier}


def _known(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value}

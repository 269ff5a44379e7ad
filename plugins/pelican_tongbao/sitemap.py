"""The sitemap: every page with its twin in the other script."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from xml.sax.saxutils import quoteattr


def sitemap(site: str, pages: Iterable[Mapping[str, str]], tags: Mapping[str, str]) -> str:
    """sitemap.xml for a site at the URL `site`. `pages` are each page's addresses by language, `tags` the languages'
    `hreflang`."""
    lines = ['<?xml version="1.0" encoding="utf-8"?>']
    lines.append(
        '<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9" xmlns:xhtml="http://www.w3.org/1999/xhtml">'
    )
    seen = {tuple(sorted(twins.items())) for twins in pages}
    for twins in sorted(seen):
        links = "".join(
            f'<xhtml:link rel="alternate" hreflang={quoteattr(tags[language])} href={quoteattr(site + address)}/>'
            for language, address in twins
        )
        lines += (f"<url><loc>{site}{address}</loc>{links}</url>" for _, address in twins)
    return "\n".join([*lines, "</urlset>\n"])

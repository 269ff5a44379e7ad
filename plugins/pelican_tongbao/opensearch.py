"""The description by which a browser offers to search the site from its own box."""

from __future__ import annotations

from xml.sax.saxutils import escape


def opensearch(name: str, description: str, language: str, search: str) -> str:
    """An OpenSearch 1.1 description; `search` is the address of the search page, `language` its BCP 47 tag."""
    return f"""<?xml version="1.0" encoding="utf-8"?>
<OpenSearchDescription xmlns="http://a9.com/-/spec/opensearch/1.1/">
<ShortName>{escape(name)}</ShortName>
<Description>{escape(description)}</Description>
<InputEncoding>UTF-8</InputEncoding>
<Language>{escape(language)}</Language>
<Url type="text/html" template="{escape(search)}?q={{searchTerms}}"/>
</OpenSearchDescription>
"""

"""Addresses of the site's pages, relative to its root. Regions are named by code, bulletins by id, never by a slug."""

from __future__ import annotations

import re

__all__ = [
    "LANGUAGES",
    "UNDATED",
    "UNKNOWN",
    "bulletin",
    "date",
    "external",
    "glossary",
    "home",
    "received",
    "region",
    "root",
    "search",
]

# The languages that every bulletin is published in, the first being the default.
LANGUAGES = ("zh-hans", "zh-hant")

# What stands for the code or the year of bulletins that have none.
UNKNOWN = "unknown"
UNDATED = "undated"


def bulletin(bulletin_id: str, language: str = LANGUAGES[0]) -> str:
    """The page of a bulletin."""
    return f"{language}/bulletin/{bulletin_id}/"


def home(language: str) -> str:
    """The home page: the site's root in the default language."""
    return "" if language == LANGUAGES[0] else f"{language}/"


def search(language: str) -> str:
    """The search page; the default language's lies at the root."""
    return f"{home(language)}search/"


def region(code: str, language: str, page: int = 1) -> str:
    """The page of a division, or with an empty code the tree of all."""
    return f"{language}/region/" + (f"{code}/" if code else "") + _page(page)


def date(period: str, language: str, page: int = 1) -> str:
    """The page of `yyyy`, `yyyy-mm` or `undated`, or with an empty period the list of all."""
    return f"{language}/date/" + (f"{period.replace('-', '/')}/" if period else "") + _page(page)


def glossary(language: str) -> str:
    """The genre's terms. The entry of a term is at `#t` and its id, the same in every language."""
    return f"{language}/glossary/"


def received(sha256: str) -> str:
    """The received bytes. The ending keeps any server from serving them as a page."""
    return f"received/{sha256}.bin"


def root(address: str) -> str:
    """The way from a page back to the root: `../` for each folder of its address."""
    return "../" * address.count("/") or "./"


def external(address: str | None) -> str | None:
    """The address if it is safe to link to (http or https, no white space or controls), else None."""
    return address if address and re.fullmatch(r"https?://[^\s\x00-\x1f\x7f]+", address) else None


def _page(number: int) -> str:
    return f"page/{number}/" if number > 1 else ""

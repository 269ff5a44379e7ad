"""Addresses of the site's pages, relative to its root. Regions are named by code, bulletins by id, never by a slug."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from urllib.parse import quote, urlsplit

__all__ = [
    "LANGUAGES",
    "NOT_FOUND",
    "OPENSEARCH",
    "ROBOTS",
    "SITE_LANGUAGES",
    "TAGS",
    "UNDATED",
    "UNKNOWN",
    "bulletin",
    "compare",
    "copies",
    "date",
    "external",
    "glossary",
    "home",
    "host",
    "issuer",
    "kind",
    "named",
    "own",
    "paragraph",
    "part",
    "port",
    "received",
    "region",
    "report",
    "root",
    "script",
    "search",
]

# The languages that every bulletin is published in, the first being the default.
LANGUAGES = ("zh-hans", "zh-hant")
# Those that the ways to the bulletins have. In English pages the bulletins stand in the default one.
SITE_LANGUAGES = (*LANGUAGES, "en")

# The value of `lang` for each of them.
TAGS = {"zh-hans": "zh-Hans", "zh-hant": "zh-Hant", "en": "en"}

NOT_FOUND, ROBOTS, OPENSEARCH = "404.html", "robots.txt", "opensearch.xml"

# What stands for the code or the year of bulletins that have none.
UNKNOWN = "unknown"
UNDATED = "undated"


def script(language: str) -> str:
    """The language that bulletins have in pages of a language of the site."""
    return language if language in LANGUAGES else LANGUAGES[0]


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


def part(period: str) -> str:
    """The anchor, in a list parted by month, of a month (`yyyy-mm`), of all of a year (`yyyy`), of what is of several
    years (`*`) or of what is undated (an empty period)."""
    return {"": UNDATED, "*": "several"}.get(period) or ("m" if len(period) > 4 else "y") + period


def kind(name: str, language: str, page: int = 1) -> str:
    """The page of a kind of bulletins, or with an empty name the list of all."""
    return f"{language}/kind/" + (f"{name}/" if name else "") + _page(page)


def issuer(name: str, language: str, page: int = 1) -> str:
    """The page of an issuer by its Simplified name, or with an empty one the list of all."""
    return f"{language}/issuer/" + (f"{named(name)}/" if name else "") + _page(page)


def port(name: str, language: str, page: int = 1) -> str:
    """The page of a port of entry by its Simplified name, or with an empty one the list of all."""
    return f"{language}/port/" + (f"{named(name)}/" if name else "") + _page(page)


def named(name: str) -> str:
    """What stands in an address for a name that no register has a code for: the name's digest. A name in its own
    characters can be too long for a file's name, and comes from strangers."""
    return hashlib.sha256(name.encode("utf-8", "surrogatepass")).hexdigest()[:12]


def own(slug: str, language: str) -> str:
    """A page that the archive's keepers wrote."""
    return f"{language}/{slug}/"


def glossary(language: str) -> str:
    """The genre's terms. The entry of a term is at `#t` and its id, the same in every language."""
    return f"{language}/glossary/"


def report(language: str) -> str:
    """The curator's report."""
    return f"{language}/report/"


def compare(earlier: str, later: str, language: str) -> str:
    """The page that compares two copies."""
    return f"{language}/compare/{earlier}/{later}/"


def copies(family: str, language: str, page: int = 1) -> str:
    """The page of a family of copies, by its name; with an empty one the list of all families."""
    return f"{language}/copies/" + (f"{family}/" if family else "") + _page(page)


def paragraph(address: str, number: int, words: Iterable[str] = ()) -> str:
    """An address that opens a bulletin's page at a paragraph, and where the browser can (a text fragment) at some
    words in it: one run of them, or all from a first one to a last one."""
    named = ",".join(quote(part, safe="").replace("-", "%2D") for part in words)
    return f"{address}#p{number}{f':~:text={named}' if named else ''}"


def received(sha256: str) -> str:
    """The received bytes. The ending keeps any server from serving them as a page."""
    return f"received/{sha256}.bin"


def root(address: str) -> str:
    """The way from a page back to the root: `../` for each folder of its address."""
    return "../" * address.count("/") or "./"


def external(address: str | None) -> str | None:
    """The address if it is safe to link to (http or https, no white space or controls), else None."""
    return address if address and re.fullmatch(r"https?://[^\s\x00-\x1f\x7f]+", address) else None


def host(address: str | None) -> str:
    """The host of an address of the web; empty where it has none."""
    try:
        return (urlsplit(address).hostname or "") if address and external(address) else ""
    except ValueError:  # An address such as `https://[`.
        return ""


def _page(number: int) -> str:
    return f"page/{number}/" if number > 1 else ""

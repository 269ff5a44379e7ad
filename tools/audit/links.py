"""Whether what a built site points to is there: `python -m audit.links SITE [ADDRESS]`; exits 1 on a broken link.

Every `href`, `src` and `action` of its pages, every link of its feeds and of the sitemap, and every member of its JSON
files that is named as a link. A fragment has to be the id of an element. Addresses of other sites are left alone, those
under ADDRESS, the one that the site was built for, are the site's own.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urljoin, urlsplit

from lxml import etree, html  # type: ignore[import-untyped]

ATTRIBUTES = ("href", "src", "action", "poster", "data", "cite")
# The members of JSON that hold addresses: of JSON Feed, of the site's own files, of schema.org.
MEMBERS = {"url", "home_page_url", "feed_url", "next_url", "icon", "favicon", "image"}
NOWHERE = "http://site.invalid/"


@dataclass(frozen=True, order=True)
class Broken:
    """A file of a site, what it points to as it says it, and what is wrong with that."""

    file: str
    target: str
    why: str


def broken(site: Path, address: str = "") -> Iterator[Broken]:
    """The links of a site that lead nowhere, in the order of its files. A file that can't be parsed raises."""
    base = address.rstrip("/") + "/" if address else NOWHERE
    ids = cache(_ids)
    for path in sorted(site.rglob("*")):
        read = READERS.get(path.suffix)
        if read is None or not path.is_file():
            continue
        file = path.relative_to(site).as_posix()
        # The addresses of the site's own data are those of its top, whatever the folder.
        here = base if path.suffix in (".json", ".jsonl") else urljoin(base, file)
        for target in dict.fromkeys(read(path)):
            why = _fault(urljoin(here, target.strip()), base, site, ids)
            if why:
                yield Broken(file, target, why)


def _fault(target: str, base: str, site: Path, ids: Any) -> str | None:
    if not target.startswith(base):
        return "outside the site" if target.startswith(NOWHERE) else None
    parts = urlsplit(target)
    path = site / unquote(parts.path[len(urlsplit(base).path) :])
    if path.is_dir():
        if not parts.path.endswith("/"):
            return "a folder, without the stroke behind it"
        path /= "index.html"
    if not path.is_file():
        return "no such file"
    fragment = parts.fragment.partition(":~:")[0]  # A text fragment asks for words, not for an element.
    if fragment and path.suffix == ".html" and unquote(fragment) not in ids(path):
        return "no such id"
    return None


def _ids(page: Path) -> frozenset[str]:
    return frozenset(html.fromstring(page.read_bytes()).xpath("//@id"))


def _of_page(path: Path) -> Iterator[str]:
    for element in html.fromstring(path.read_bytes()).iter(etree.Element):
        yield from (element.get(name) for name in ATTRIBUTES if element.get(name) is not None)
        yield from (part.split()[0] for part in element.get("srcset", "").split(",") if part.strip())


def _of_xml(path: Path) -> Iterator[str]:
    for element in etree.parse(path).iter(etree.Element):
        name = etree.QName(element).localname
        yield from (element.get(name) for name in ("href", "src") if element.get(name))
        # A template is no address. (OpenSearch)
        if name == "Url" and "{" not in (template := element.get("template", "{")):
            yield template
        if name in ("loc", "icon", "logo") and element.text:
            yield element.text


def _of_json(path: Path) -> Iterator[str]:
    yield from _addresses(json.loads(path.read_text("utf-8")))


def _of_lines(path: Path) -> Iterator[str]:
    for line in path.read_text("utf-8").splitlines():
        yield from _addresses(json.loads(line))


def _addresses(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        yield from (each for name, each in value.items() if name in MEMBERS and isinstance(each, str) and each)
        value = list(value.values())
    if isinstance(value, list):
        for each in value:
            yield from _addresses(each)


READERS = {".html": _of_page, ".xml": _of_xml, ".json": _of_json, ".jsonl": _of_lines}

if __name__ == "__main__":
    found = list(broken(Path(sys.argv[1]), *sys.argv[2:]))
    for each in found:
        print(f"{each.file}: {each.target}: {each.why}")
    sys.exit(bool(found))

"""The text of an HTML page, with its lines as the layout has them, and what its head says.

The text is decoded first and extracted after: the parser never guesses an encoding. Parsing is by events, without
a tree, so that nesting of any depth costs nothing.
"""

from __future__ import annotations

import re

from lxml import etree  # type: ignore[import-untyped]

from tongbao.data import rows
from tongbao.model import HtmlMeta

_CHARSET = re.compile(rb"""<meta[^>]{0,200}?charset\s*=\s*["']?\s*([A-Za-z0-9][A-Za-z0-9._:-]{0,39})""", re.I)
# Stands for a space of preformatted text: NUL is in no page once it is U+FFFD.
_KEPT = "\0"
_SPACE = re.compile(r"[ \t\n\r\f]+")


def _elements(name: str) -> frozenset[str]:
    """A set of element names from `data/html_elements.tsv`."""
    return frozenset(dict(rows("html_elements.tsv"))[name].split())


_LINES, _CELLS, _DROPPED = _elements("lines"), _elements("cells"), _elements("dropped")


def declared_charset(data: bytes) -> str | None:
    """The charset that a `meta` in the first 4 KiB declares, None without one."""
    match = _CHARSET.search(data[:4096])
    return match[1].decode("ascii") if match else None


def page_text(page: str) -> tuple[str, HtmlMeta]:
    """The text of a decoded page, one line for each block or `br`, and the head's title and meta pairs.

    A title that the body does not repeat is the first line: it belongs to what the page says.
    """
    reader = _Reader()
    parser = etree.HTMLParser(target=reader, encoding="utf-8", huge_tree=True)
    # NUL ends a C string; the standard has parsers read it as U+FFFD.
    parser.feed(page.replace("\0", "\ufffd").encode("utf-8", "replace"))
    parser.close()
    lines = reader.lines()
    title = _SPACE.sub(" ", "".join(reader.title)).strip() or None
    squeezed = {_SPACE.sub("", line) for line in lines}
    if title and not any(line and _SPACE.sub("", title).startswith(line) for line in squeezed):
        lines.insert(0, title)
    return "\n".join(lines), HtmlMeta(title, tuple(reader.pairs))


class _Reader:
    """Collects text and head of a page from the parser's events."""

    def __init__(self) -> None:
        self.title: list[str] = []
        self.pairs: list[tuple[str, str]] = []
        self._pieces: list[str] = []
        self._dropped: list[str] = []
        self._preformatted = 0
        self._in_title = False
        self._titled = False

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        if tag in _DROPPED:
            self._dropped.append(tag)
        elif tag == "title":
            self._in_title = not self._titled
        elif tag == "meta":
            name = attributes.get("name") or attributes.get("property")
            if name and attributes.get("content"):
                self.pairs.append((name.strip(), attributes["content"].strip()))
        elif tag == "pre":
            self._preformatted += 1
        if tag in _LINES:
            self._pieces.append("\n")
        elif tag in _CELLS:
            self._pieces.append("\t")

    def end(self, tag: str) -> None:
        if tag == "title":
            self._titled = self._titled or self._in_title
            self._in_title = False
        elif tag == "pre":
            self._preformatted -= 1
        if self._dropped and self._dropped[-1] == tag:
            self._dropped.pop()
        if tag in _LINES and tag != "br":
            self._pieces.append("\n")

    def data(self, text: str) -> None:
        if self._in_title:
            self.title.append(text)
        elif not self._dropped:
            self._pieces.append(text.replace(" ", _KEPT) if self._preformatted else _SPACE.sub(" ", text))

    def comment(self, _text: str) -> None:
        """Comments are not text."""

    def close(self) -> None:
        """The parser's end of input."""

    def lines(self) -> list[str]:
        """The lines of the page that hold more than white space; cells of a table row are parted by tabs."""
        lines = "".join(self._pieces).split("\n")
        tidy = (re.sub(r" *\t[ \t]*", "\t", re.sub(r" {2,}", " ", line)) for line in lines)
        whole = (line.strip(" \t\r\f").replace(_KEPT, " ") for line in tidy)
        return [line for line in whole if line.strip()]

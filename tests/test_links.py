"""Every link of the built site leads somewhere."""

from __future__ import annotations

from pathlib import Path

import pytest
from audit.links import broken


def test_no_link_is_broken(samples_site: Path) -> None:
    assert list(broken(samples_site)) == []


FILES = {
    "index.html": '<a href="a/">x</a><a href="a/#here">x</a><a href="#top" id="top">x</a><a href="https://b.example/">x</a>'
    '<img src="data:,"><a href="mailto:a@b.example">x</a><form action="a/"></form><a href="a/?q=1">x</a>',
    "a/index.html": '<p id="here"><a href="../feed.xml">x</a>',
    "feed.xml": '<feed xmlns="http://www.w3.org/2005/Atom"><link href="a/"/></feed>',
    "data/all.jsonl": '{"url": "a/"}\n{"url": "a/#here", "original_url": "http://b.example/gone"}\n',
}
WRONG = {
    "a file that is not there": ("index.html", '<a href="b/">x</a>', "b/", "no such file"),
    "an id that is not there": ("index.html", '<a href="a/#gone">x</a>', "a/#gone", "no such id"),
    "an id of the page itself": ("a/index.html", '<a href="#gone">x</a>', "#gone", "no such id"),
    "a style sheet": ("a/index.html", '<link rel="stylesheet" href="site.css">', "site.css", "no such file"),
    "a form": ("a/index.html", '<form action="search/"></form>', "search/", "no such file"),
    "a folder": ("index.html", '<a href="a">x</a>', "a", "a folder, without the stroke behind it"),
    "from the root of the server": ("a/index.html", '<a href="/b">x</a>', "/b", "no such file"),
    "a feed": ("feed.xml", '<feed><link href="b/"/></feed>', "b/", "no such file"),
    "a sitemap": ("sitemap.xml", "<urlset><url><loc>b/</loc></url></urlset>", "b/", "no such file"),
    "JSON": ("data/all.json", '{"items": [{"url": "b/"}]}', "b/", "no such file"),
}


def laid(folder: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, "utf-8")
    return folder


def test_a_good_site_has_none(tmp_path: Path) -> None:
    assert list(broken(laid(tmp_path, FILES))) == []


@pytest.mark.parametrize(("file", "text", "target", "why"), WRONG.values(), ids=WRONG)
def test_a_broken_link_is_found(tmp_path: Path, file: str, text: str, target: str, why: str) -> None:
    text += '<p id="here">' if file == "a/index.html" else ""  # what the others point to
    found = list(broken(laid(tmp_path, FILES | {file: text})))
    assert [(each.file, each.target, each.why) for each in found] == [(file, target, why)]


def test_the_sites_own_address_is_followed(tmp_path: Path) -> None:
    page = '<a href="https://a.example/x/a/">x</a><a href="https://a.example/x/b/">x</a><a href="https://a.example/y">x</a>'
    found = list(broken(laid(tmp_path, FILES | {"index.html": page}), "https://a.example/x"))
    assert [each.target for each in found] == ["https://a.example/x/b/"]

"""Whole builds through Pelican: what is published, what stops a build, and what then stays as it was."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from xml.etree import ElementTree

import pytest

from pelican_tongbao import labels
from pelican_tongbao.generator import BulletinGenerator
from pelican_tongbao.labels import rule_names
from tongbao.store import Store

ROOT = Path(__file__).parents[1]
ATOM = "{http://www.w3.org/2005/Atom}"

DATED = "三亚市召开会议部署口岸防控\n三亚市人民政府今天召开会议，部署口岸防控工作。\n三亚市人民政府\n2022年8月6日\n"
UNDATED = "关于公共场所佩戴口罩的提示\n请各位居民在公共场所佩戴口罩。\n"
BAIT = "<script>alert(1)</script><b onclick=alert(2)>提示</b>\n请勿点击<img src=x onerror=alert(3)>。\n"
PAGE = "Title: 关于\nSlug: about\n\n这里是**说明**，见[首页](../../)。\n"
FILES: Mapping[str, bytes] = {
    "bulletins/dated.txt": DATED.encode(),
    "bulletins/copy of dated.txt": DATED.encode(),
    "bulletins/undated.txt": UNDATED.encode("gb18030"),
    "bulletins/bait.txt": BAIT.encode(),
    "bulletins/empty.txt": b"",
    "pages/about.md": PAGE.encode(),
}

Build = Callable[..., "subprocess.CompletedProcess[str]"]


def write_content(folder: Path, *without: str) -> Path:
    for name, data in FILES.items():
        if name not in without:
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_bytes(data)
    return folder


def digests(site: Path) -> dict[str, str]:
    files = [path for path in site.rglob("*") if path.is_file()]
    return {str(path.relative_to(site)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


@pytest.fixture(scope="module")
def content(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_content(tmp_path_factory.mktemp("content"))


@pytest.fixture(scope="module")
def built(build: Build, content: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """The site, and what the build said on standard error."""
    output = tmp_path_factory.mktemp("out") / "site"
    done = build(content, output)
    assert done.returncode == 0, done.stdout + done.stderr
    return output, done.stderr


@pytest.fixture(scope="module")
def site(built: tuple[Path, str]) -> Path:
    return built[0]


def ids(site: Path) -> dict[str, str]:
    """{source: id}"""
    lines = (site / "data/bulletins.jsonl").read_text("utf-8").splitlines()
    return {record["source"]: record["id"] for record in map(json.loads, lines)}


def run(settings: str, content: Path, output: Path, *more: str, **environment: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "pelican", str(content), "-o", str(output), "-s", settings, *more]
    env = {**os.environ, "TONGBAO_CACHE": str(output.parent / "cache"), **environment}
    return subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True)


# --- what is published -----------------------------------------------------------------------------------------------


def test_every_bulletin_has_its_pages_and_its_received_bytes(site: Path, content: Path) -> None:
    found = ids(site)
    assert len(found) == 3
    for source, name in found.items():
        for language in ("zh-hans", "zh-hant"):
            assert (site / language / "bulletin" / name / "index.html").is_file()
        data = (content / source).read_bytes()
        assert (site / "received" / f"{hashlib.sha256(data).hexdigest()}.bin").read_bytes() == data


def test_quarantined_inputs_are_told_and_listed(built: tuple[Path, str]) -> None:
    site, said = built
    report = json.loads((site / "data/report.json").read_text("utf-8"))
    (item,) = report["quarantined"]
    assert item["source"] == "bulletins/empty.txt"
    assert f"{item['source']}: {item['fault']}; {item['remedy']}" in said
    assert "1 quarantined" in said


def test_feeds_hold_dated_bulletins_with_their_own_times(site: Path) -> None:
    for feed in ("atom.xml", "zh-hant/atom.xml", "zh-hans/region/460000/atom.xml", "zh-hans/region/460200/atom.xml"):
        root = ElementTree.parse(site / feed).getroot()
        (entry,) = root.findall(f"{ATOM}entry")
        assert entry.findtext(f"{ATOM}updated") == root.findtext(f"{ATOM}updated") == "2022-08-06T00:00:00+08:00"
        link = entry.find(f"{ATOM}link")
        assert link is not None
        target = (site / feed).parent / link.attrib["href"] / "index.html"
        assert target.is_file()
        assert (entry.findtext(f"{ATOM}id") or "").startswith("urn:uuid:")


def test_own_pages_stand_in_both_scripts(site: Path) -> None:
    assert "这里是<strong>说明</strong>" in (site / "zh-hans/about/index.html").read_text("utf-8")
    twin = (site / "zh-hant/about/index.html").read_text("utf-8")
    assert "這裡是<strong>說明</strong>" in twin and 'href="../../"' in twin


def test_markup_in_a_text_is_text(site: Path) -> None:
    for page in site.rglob("*.html"):
        source = page.read_text("utf-8")
        assert "<script>" not in source and "<img" not in source and "onclick=alert(2)>" not in source, page
    page = site / "zh-hans/bulletin" / ids(site)["bulletins/bait.txt"] / "index.html"
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page.read_text("utf-8")


def test_every_rule_at_work_has_a_name_for_readers(samples_site: Path) -> None:
    rules: set[str] = set()
    for line in (samples_site / "data/bulletins.jsonl").read_text("utf-8").splitlines():
        record = json.loads(line)
        tags = [*record["edits"], *record["suggestions"], *record["regions"], *record["events"]]
        rules |= {tag["rule"] for tag in [*tags, *([record["published"]] if record["published"] else [])]}
    names = {name for rule in rules for name in rule_names(rule, "zh-hans")}
    assert rules
    assert not [name for name in names if name.isascii()]


def test_nothing_of_pelican_s_own_is_published(site: Path) -> None:
    top = sorted(path.name for path in site.iterdir())
    assert top == [
        ".tongbao-site", "404.html", "atom.xml", "data", "en", "feed.json", "index.html", "opensearch.xml", "received",
        "robots.txt", "search", "theme", "zh-hans", "zh-hant",
    ]  # fmt: skip


# --- reproducible ----------------------------------------------------------------------------------------------------


def test_two_builds_are_the_same_byte_for_byte(site: Path, tmp_path: Path) -> None:
    moved = write_content(tmp_path / "elsewhere", "bulletins/copy of dated.txt")
    (moved / "bulletins/copy of dated.txt").write_bytes(DATED.encode())
    done = run("pelicanconf.py", moved, tmp_path / "again", PYTHONHASHSEED="7", TZ="America/New_York", LC_ALL="C")
    assert done.returncode == 0, done.stderr
    assert digests(tmp_path / "again") == digests(site)


# --- what stops a build ----------------------------------------------------------------------------------------------


def test_the_traditional_pages_take_hong_kong_s_forms(build: Build, tmp_path: Path) -> None:
    folder = tmp_path / "content/bulletins"
    folder.mkdir(parents=True)
    (folder / "a.txt").write_text("关于台风的说明\n村里的干部沿着河堤巡查，群众按规定返回。\n", "utf-8")
    for standard, words in (("tw", "村裡的幹部沿著河堤"), ("hk", "村裏的幹部沿着河堤")):
        output = tmp_path / standard
        assert build(folder.parent, output, TONGBAO_HANT=standard).returncode == 0
        [record] = map(json.loads, (output / "data/bulletins.jsonl").read_text("utf-8").splitlines())
        assert words in record["hant"]
        assert words in (output / record["url"].replace("zh-hans", "zh-hant") / "index.html").read_text("utf-8")
        home = (output / "zh-hant/index.html").read_text("utf-8")
        assert ("説明" in home) == (standard == "hk")
        assert ("說明" in home) == (standard == "tw")


def test_a_standard_that_is_none_stops_the_build(build: Build, content: Path, tmp_path: Path) -> None:
    failed = build(content, tmp_path / "out", TONGBAO_HANT="cn")
    assert failed.returncode == 1
    assert "TONGBAO_HANT is 'cn'; set it to 'tw' or 'hk'" in failed.stderr
    assert not (tmp_path / "out").exists()


def test_strict_builds_fail_and_publish_nothing(build: Build, content: Path, tmp_path: Path) -> None:
    done = build(content, tmp_path / "site", STRICT="1")
    assert done.returncode == 1
    assert "bulletins/empty.txt" in done.stderr
    assert not (tmp_path / "site").exists()


def test_a_store_with_a_broken_page_is_told_and_removed(build: Build, content: Path, tmp_path: Path) -> None:
    path = tmp_path / "cache/bulletins.sqlite"
    with Store(path):
        pass
    data = path.read_bytes()
    path.write_bytes(data[:4096] + b"x" * (len(data) - 4096))  # the first page, with the names of tables, is whole
    done = build(content, tmp_path / "site", TONGBAO_CACHE=str(tmp_path / "cache"))
    assert done.returncode == 1
    assert "the store was broken" in done.stderr
    assert not path.exists()


def test_other_code_writes_another_sitemap() -> None:
    generator: Any = SimpleNamespace(site="https://archive.example")
    one, other = (BulletinGenerator._sitemap(generator, ground, []) for ground in ("one", "other"))
    assert one.key != other.key


def test_a_family_s_other_name_makes_its_comparisons_anew() -> None:
    """They lead to its page, whose address has the name."""

    def made(family: str) -> list[Any]:
        kinship = SimpleNamespace(families={family: (SimpleNamespace(id="b"), SimpleNamespace(id="c"))})
        known = {name: SimpleNamespace(key=name) for name in "bc"}
        generator: Any = SimpleNamespace(kinship=kinship, by_id=known, _kept=lambda _: False, _comparison=print)
        return list(BulletinGenerator._comparisons(generator, "ground"))

    (one,), (other,) = made("a"), made("b")
    assert one.files == other.files
    assert one.key != other.key


def test_what_own_pages_said_before_is_not_remembered_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(labels, "_SAID", {})
    labels.recall({("简体" * 100, "tw"): "簡體" * 100, ("简体", "tw"): "簡體"})
    assert labels.said() == {("简体", "tw"): "簡體"}
    assert labels.say("简体" * 100, "zh-hant") == "簡體" * 100
    assert ("简体" * 100, "tw") in labels.said()


def test_a_folder_that_is_no_site_stops_the_build(build: Build, content: Path, tmp_path: Path) -> None:
    (tmp_path / "precious.txt").write_text("mine", "utf-8")
    done = build(content, tmp_path)
    assert done.returncode == 1
    assert "is no site of ours" in done.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["precious.txt"]


def test_a_content_folder_without_bulletins_stops_the_build(build: Build, tmp_path: Path) -> None:
    (tmp_path / "content").mkdir()
    done = build(tmp_path / "content", tmp_path / "site")
    assert done.returncode == 1
    assert "bulletins" in done.stderr
    assert not (tmp_path / "site").exists()


@pytest.mark.parametrize("template", ["date", "_text"])
def test_a_missing_template_stops_the_build(site: Path, content: Path, tmp_path: Path, template: str) -> None:
    shutil.copytree(ROOT / "theme", tmp_path / "theme")
    (tmp_path / f"theme/templates/{template}.html").unlink()
    done = run("pelicanconf.py", content, tmp_path / "site", "-t", str(tmp_path / "theme"))
    assert done.returncode == 1
    assert template in done.stdout + done.stderr
    assert not (tmp_path / "site").exists()


def test_a_script_that_can_not_be_joined_stops_the_build(content: Path, tmp_path: Path) -> None:
    shutil.copytree(ROOT / "theme", tmp_path / "theme")
    script = tmp_path / "theme/static/js/search/state.js"
    script.write_text(f"export default 1;\n{script.read_text('utf-8')}", "utf-8")
    done = run("pelicanconf.py", content, tmp_path / "site", "-t", str(tmp_path / "theme"))
    assert done.returncode == 1
    assert f"{script}:1: write imports" in done.stderr
    assert not (tmp_path / "site").exists()


def test_a_missing_plugin_stops_the_build(content: Path, tmp_path: Path) -> None:
    done = run("pelicanconf.py", content, tmp_path / "site", "-e", 'PLUGINS=["pelican_tongbao", "no_such_plugin"]')
    assert done.returncode == 1
    assert "no_such_plugin" in done.stderr
    assert not (tmp_path / "site").exists()


FULL = """
import errno
from pelicanconf import *
from pelican_tongbao import publish

def _overwrite(target, data):
    raise OSError(errno.ENOSPC, "No space left on device", str(target))

publish._overwrite = _overwrite
"""


def test_a_full_disk_is_said_to_be_full(content: Path, site: Path, tmp_path: Path) -> None:
    output = tmp_path / "site"
    shutil.copytree(site, output)
    (output / "index.html").write_text("the old site", "utf-8")
    old = digests(output)
    (tmp_path / "full.py").write_text(FULL, "utf-8")
    done = run(
        str(tmp_path / "full.py"), content, output, PYTHONPATH=os.pathsep.join(map(str, (ROOT, ROOT / "plugins")))
    )
    assert done.returncode == 1
    (line,) = [line for line in done.stderr.splitlines() if "space" in line]
    assert "no space is left; the site that stands is whole; make room and build again" in line
    assert "Traceback" not in done.stderr
    assert digests(output) == old


def test_a_killed_build_leaves_the_old_site(content: Path, site: Path, tmp_path: Path) -> None:
    output = tmp_path / "site"
    shutil.copytree(site, output)
    (output / "index.html").write_text("the old site", "utf-8")
    old, new = digests(output), digests(site)
    command = [sys.executable, "-m", "pelican", str(content), "-o", str(output), "-s", "pelicanconf.py"]
    for seconds in (1.2, 1.7, 2.2):
        env = {**os.environ, "TONGBAO_CACHE": str(tmp_path / "cache")}
        running = subprocess.Popen(command, cwd=ROOT, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        time.sleep(seconds)
        os.kill(running.pid, signal.SIGKILL)
        running.wait()
        assert digests(output) in (old, new)
    done = run("pelicanconf.py", content, output)
    assert done.returncode == 0, done.stderr
    assert digests(output) == new
    assert sorted(path.name for path in tmp_path.iterdir()) == [".tongbao-site", "cache", "site"]
    assert digests(tmp_path / ".tongbao-site/next") == new


# --- publishing ------------------------------------------------------------------------------------------------------


def test_publishing_needs_an_absolute_address(content: Path, tmp_path: Path) -> None:
    done = run("publishconf.py", content, tmp_path / "site", SITEURL="")
    assert done.returncode == 1
    assert "SITEURL" in done.stderr


def test_publishing_makes_addresses_absolute_where_they_must_be(content: Path, tmp_path: Path) -> None:
    output = tmp_path / "site"
    done = run("publishconf.py", content, output, SITEURL="https://archive.example/tongbao/")
    assert done.returncode == 0, done.stderr
    sitemap = ElementTree.parse(output / "sitemap.xml").getroot()
    addresses = [loc.text or "" for loc in sitemap.iter("{http://www.sitemaps.org/schemas/sitemap/0.9}loc")]
    assert len(addresses) == len(set(addresses)) == len(list(output.rglob("index.html")))
    for address in addresses:
        assert (output / address.removeprefix("https://archive.example/tongbao/") / "index.html").is_file()
    assert "https://archive.example/tongbao/zh-hans/bulletin/" in (output / "atom.xml").read_text("utf-8")
    # In pages only for programs: what a reader follows is relative.
    source = (output / "zh-hant/date/index.html").read_text("utf-8")
    for tag, language in (("zh-Hans", "zh-hans"), ("zh-Hant", "zh-hant"), ("en", "en"), ("x-default", "zh-hans")):
        assert f'hreflang="{tag}" href="https://archive.example/tongbao/{language}/date/">' in source
    assert '<link rel="canonical" href="https://archive.example/tongbao/zh-hant/date/">' in source
    assert source.count("https://") == 5
    missing = (output / "404.html").read_text("utf-8")
    assert 'href="/tongbao/en/"' in missing and "hreflang" not in missing
    assert "Sitemap: https://archive.example/tongbao/sitemap.xml" in (output / "robots.txt").read_text("utf-8")
    assert "https://archive.example/tongbao/search/?q={searchTerms}" in (output / "opensearch.xml").read_text("utf-8")

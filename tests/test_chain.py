"""A chain of builds ends as one build does, byte for byte, whatever changes between them; and touches what it must."""

from __future__ import annotations

import os
import random
import shutil
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import pytest

ROOT = Path(__file__).parents[1]
TOWNS = ("北海市", "桂林市", "南宁市", "百色市", "崇左市", "武汉市", "永州市", "长春市")
PASSAGE = "昨日下午，县应急指挥部再次召开{}会议，会议要求各乡镇连夜转移低洼地带群众，确保不漏一户。"


def notice(number: int, town: str, more: str = "") -> str:
    day = number % 28 + 1
    return f"{town}关于第{number}轮核酸检测的通告\n\n2022年3月{day}日，{town}开展核酸检测，请居民配合。{more}\n"


class Site(NamedTuple):
    """A project of its own with a theme that may change, its content and its site."""

    folder: Path

    @property
    def received(self) -> Path:
        return self.folder / "content/bulletins"

    def build(self, output: str = "site", cache: str = "cache", content: str = "content", **environment: str) -> None:
        command = [sys.executable, "-m", "pelican", content, "-o", output, "-s", "settings.py"]
        code = os.pathsep.join(map(str, (ROOT, ROOT / "plugins")))
        more = {"TONGBAO_CACHE": cache, "PYTHONPATH": code, **environment}
        done = subprocess.run(command, cwd=self.folder, env={**os.environ, **more}, capture_output=True, text=True)
        assert done.returncode == 0, done.stdout + done.stderr

    def fresh(self, **environment: str) -> dict[str, bytes]:
        self.build("fresh", "fresh cache", **environment)
        made = files(self.folder / "fresh")
        for name in ("fresh", ".tongbao-fresh", "fresh cache"):
            shutil.rmtree(self.folder / name)
        return made


def files(site: Path) -> dict[str, bytes]:
    return {str(path.relative_to(site)): path.read_bytes() for path in site.rglob("*") if path.is_file()}


def stamps(site: Path) -> dict[str, tuple[int, int]]:
    told = {str(path.relative_to(site)): path.stat() for path in site.rglob("*.html")}
    return {name: (each.st_ino, each.st_mtime_ns) for name, each in told.items()}


@pytest.fixture
def site(tmp_path: Path) -> Site:
    made = Site(tmp_path)
    made.received.mkdir(parents=True)
    shutil.copytree(ROOT / "theme", tmp_path / "theme")
    settings = f"from pelicanconf import *\nTHEME = {str(tmp_path / 'theme')!r}\n"
    (tmp_path / "settings.py").write_text(settings, "utf-8")
    for number, town in enumerate(TOWNS[:6]):
        (made.received / f"{number}.txt").write_text(notice(number, town), "utf-8")
    (made.received / "lost.txt").write_text(f"通报\n\n{PASSAGE.format(chr(0xFFFD) * 2)}\n", "utf-8")
    return made


# --- what may happen -------------------------------------------------------------------------------------------------


def edit(site: Site, dice: random.Random) -> None:
    path = dice.choice(sorted(site.received.glob("[0-9]*.txt")))
    path.write_text(
        path.read_text("utf-8") + dice.choice(("特此通告。\n", "请互相转告。\n", "咨询电话12345。\n")), "utf-8"
    )


def add(site: Site, dice: random.Random) -> None:
    number = dice.randrange(100)
    (site.received / f"{number}.txt").write_text(notice(number, dice.choice(TOWNS)), "utf-8")


def add_undated(site: Site, dice: random.Random) -> None:
    (site.received / f"9{dice.randrange(10)}.txt").write_text(f"{dice.choice(TOWNS)}通报\n\n请各单位落实。\n", "utf-8")


def remove(site: Site, dice: random.Random) -> None:
    paths = sorted(site.received.glob("[0-9]*.txt"))
    if len(paths) > 2:
        dice.choice(paths).unlink()


def rename(site: Site, dice: random.Random) -> None:
    dice.choice(sorted(site.received.glob("[0-9]*.txt"))).rename(site.received / f"1{dice.randrange(100, 200)}.txt")


def duplicate(site: Site, dice: random.Random) -> None:
    path = dice.choice(sorted(site.received.glob("[0-9]*.txt")))
    shutil.copy(path, site.received / f"2{dice.randrange(100, 200)}.txt")


def describe(site: Site, dice: random.Random) -> None:
    path = dice.choice(sorted(site.received.glob("[0-9]*.txt")))
    path.with_suffix(".toml").write_text(f'issuer = "第{dice.randrange(9)}指挥部"\n', "utf-8")


def undescribe(site: Site, dice: random.Random) -> None:
    for path in sorted(site.received.glob("*.toml"))[:1]:
        path.unlink()


def reprint(site: Site, dice: random.Random) -> None:
    word = dice.choice(("调度", "调度", "会商"))
    (site.received / f"copy{dice.randrange(3)}.txt").write_text(f"要闻\n\n{PASSAGE.format(word)}\n", "utf-8")


def change_template(site: Site, dice: random.Random) -> None:
    path = site.folder / "theme/templates" / dice.choice(("bulletin.html", "region.html", "base.html"))
    path.write_text(path.read_text("utf-8") + "\n", "utf-8")


def change_style(site: Site, dice: random.Random) -> None:
    path = site.folder / "theme/static/css/site.css"
    path.write_text(path.read_text("utf-8") + f"\np {{ margin: {dice.randrange(9)}px }}\n", "utf-8")


def spoil(site: Site, dice: random.Random) -> None:
    """Somebody writes into the site, or removes from it."""
    path = dice.choice(sorted(path for path in (site.folder / "site").rglob("*") if path.is_file()))
    path.unlink()
    if dice.random() < 0.5:
        path.write_bytes(b"spoilt")
    (site.folder / "site/stranger.txt").write_text("x", "utf-8")


def forget(site: Site, dice: random.Random) -> None:
    """A part of what builds remember is lost."""
    path = dice.choice(
        sorted(path for name in ("cache", ".tongbao-site") for path in (site.folder / name).iterdir() if path.exists())
    )
    shutil.rmtree(path) if path.is_dir() else path.write_bytes(b"broken")


def build_another(site: Site, dice: random.Random) -> None:
    """Another site is built with the same cache."""
    path = site.folder / f"another/bulletins/{dice.randrange(3)}.txt"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(notice(dice.randrange(100), dice.choice(TOWNS)), "utf-8")
    site.build("another site", content="another")


CHANGES = (
    edit, edit, add, add_undated, remove, rename, duplicate, describe, undescribe, reprint, reprint, change_template,
    change_style, spoil, forget, build_another,
)  # fmt: skip


def test_any_chain_of_builds_ends_as_one_build_does(site: Site) -> None:
    dice = random.Random(int(os.environ.get("CHAIN_SEED", "20")))
    site.build()
    for step in range(int(os.environ.get("CHAIN_STEPS", "3"))):
        changes = [dice.choice(CHANGES) for _ in range(dice.randrange(1, 5))]
        for change in changes:
            change(site, dice)
        environment = {"TONGBAO_HANT": dice.choice(("tw", "tw", "hk"))}
        site.build(**environment)
        told = [change.__name__ for change in changes]
        made, expected = files(site.folder / "site"), site.fresh(**environment)
        assert made.keys() == expected.keys(), (step, told)
        assert not [name for name in made if made[name] != expected[name]], (step, told)


@pytest.mark.parametrize("harm", ["remove", "change"])
def test_what_somebody_did_to_the_search_is_put_right(site: Site, harm: str) -> None:
    site.build()
    before = files(site.folder / "site")
    for name in ("d", "t", "n", "r", "s"):
        path = min((site.folder / "site/search").glob(f"*/{name}/*.bin"))
        # In both copies: they do not share the files of the search.
        for copy in (path, site.folder / ".tongbao-site/next" / path.relative_to(site.folder / "site")):
            copy.unlink()
            if harm == "change":
                copy.write_bytes(b"harmed")
    site.build()
    assert files(site.folder / "site") == before


def test_a_build_touches_what_changed(site: Site) -> None:
    site.build()
    before = stamps(site.folder / "site")
    (site.received / "2.txt").write_text(notice(2, "南宁市", "特此通告。"), "utf-8")
    site.build()
    after = stamps(site.folder / "site")
    same = {name for name in after if before.get(name) == after[name]}
    assert {"zh-hans/region/420100/index.html", "search/index.html", "zh-hans/date/index.html"} <= same
    assert {"zh-hans/region/450100/index.html", "index.html"} & same == set()
    searched = files(site.folder / "site/search")
    shutil.rmtree(site.folder / "cache/search")  # What the build of another site with this cache may do.
    site.build()
    assert stamps(site.folder / "site") == after
    assert files(site.folder / "site/search") == searched

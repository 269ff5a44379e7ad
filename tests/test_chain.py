"""Pages are taken over from the old site only where they would be the same; a chain of builds ends as one does."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

Build = Callable[..., Any]


def notice(day: int, town: str) -> str:
    return f"{town}关于第{day}轮核酸检测的通告\n\n2022年3月{day}日，{town}开展核酸检测，请居民配合。\n"


def files(site: Path) -> dict[str, bytes]:
    return {str(path.relative_to(site)): path.read_bytes() for path in site.rglob("*") if path.is_file()}


def inodes(site: Path) -> dict[str, int]:
    return {str(path.relative_to(site)): path.stat().st_ino for path in site.rglob("*.html")}


def edit(folder: Path) -> None:
    """A text changes, one comes between others."""
    (folder / "2.txt").write_text(notice(2, "南宁市") + "特此通告。\n", "utf-8")
    (folder / "9.txt").write_text(notice(5, "柳州市"), "utf-8")


def move(folder: Path) -> None:
    """One goes, one is renamed, one gets a sidecar."""
    (folder / "1.txt").unlink()
    (folder / "3.txt").rename(folder / "8.txt")
    (folder / "4.toml").write_text('issuer = "某市指挥部"\n', "utf-8")


def rest(folder: Path) -> None:
    """Nothing happens."""


def test_a_chain_of_builds_ends_as_one_build_does(build: Build, tmp_path: Path) -> None:
    content, output = tmp_path / "content", tmp_path / "site"
    (content / "bulletins").mkdir(parents=True)
    for number, town in enumerate(("北海市", "桂林市", "南宁市", "百色市", "崇左市", "武汉市")):
        (content / f"bulletins/{number}.txt").write_text(notice(number + 1, town), "utf-8")
    cache = str(tmp_path / "cache")
    assert build(content, output, TONGBAO_CACHE=cache).returncode == 0
    for number, change in enumerate((edit, move, rest)):
        before = inodes(output)
        change(content / "bulletins")
        assert build(content, output, TONGBAO_CACHE=cache).returncode == 0
        fresh = tmp_path / f"fresh{number}"
        assert build(content, fresh, TONGBAO_CACHE=str(tmp_path / f"cache{number}")).returncode == 0
        assert files(output) == files(fresh), change
        shutil.rmtree(fresh)
        after = inodes(output)
        kept = {file for file in after if before.get(file) == after[file]}
        assert "zh-hans/region/420100/index.html" in kept
        assert kept == set(after) or change is not rest
    # Another standard of Traditional is another site.
    assert build(content, output, TONGBAO_CACHE=cache, TONGBAO_HANT="hk").returncode == 0
    assert build(content, tmp_path / "hk", TONGBAO_CACHE=str(tmp_path / "hk cache"), TONGBAO_HANT="hk").returncode == 0
    assert files(output) == files(tmp_path / "hk")

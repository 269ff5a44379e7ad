"""A build that has nothing to do does nothing; what stays the same keeps its time."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from pelican_tongbao import plan
from pelican_tongbao.publish import MARKER, staged


def up_to_date(cache: Path, content: Path, output: Path) -> bool:
    command = [sys.executable, "-I", "-S", plan.__file__, str(content), str(output), "pelicanconf.py"]
    done = subprocess.run(command, env={**os.environ, "TONGBAO_CACHE": str(cache)}, capture_output=True, text=True)
    assert done.stderr == ""
    return done.returncode == 0


@pytest.fixture
def built(tmp_path: Path) -> tuple[Path, Path, Path]:
    """Cache, content and output, as a build leaves them."""
    cache, content, output = (tmp_path / name for name in ("cache", "content", "output"))
    (content / "bulletins").mkdir(parents=True)
    (content / "bulletins/a.txt").write_text("甲", "utf-8")
    (content / "bulletins/b.txt").write_text("乙", "utf-8")
    with staged(output) as stage:
        stage.write("index.html", b"x")
    plan.remember(cache, output, plan.state(content, "pelicanconf.py"))
    return cache, content, output


def edit(content: Path) -> None:
    told = (content / "bulletins/a.txt").stat()
    (content / "bulletins/a.txt").write_text("丙", "utf-8")  # as long as before, and its time set back
    os.utime(content / "bulletins/a.txt", ns=(told.st_atime_ns, told.st_mtime_ns))


CHANGES: list[Callable[[Path], object]] = [
    edit,
    lambda content: (content / "bulletins/c.txt").write_text("丁", "utf-8"),
    lambda content: (content / "bulletins/a.txt").unlink(),
    lambda content: (content / "bulletins/a.txt").rename(content / "bulletins/d.txt"),
    lambda content: (content / "bulletins/a.toml").write_text("", "utf-8"),
    lambda content: (content / "bulletins/e.txt").symlink_to("b.txt"),
    lambda content: shutil.rmtree(content),
]


def test_what_has_not_changed_is_up_to_date(built: tuple[Path, Path, Path]) -> None:
    assert up_to_date(*built)


@pytest.mark.parametrize("change", CHANGES)
def test_any_change_of_the_content_is_seen(built: tuple[Path, Path, Path], change: Callable[[Path], object]) -> None:
    change(built[1])
    assert not up_to_date(*built)


@pytest.mark.parametrize("name", ["TONGBAO_HANT", "STRICT", "SITEURL"])
def test_a_setting_of_the_environment_is_seen(
    built: tuple[Path, Path, Path], name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(name, "hk")
    assert not up_to_date(*built)


def test_another_site_or_none_is_not_up_to_date(built: tuple[Path, Path, Path]) -> None:
    cache, content, output = built
    marker = output / MARKER
    text = marker.read_text("utf-8")
    marker.rename(output / "other")
    assert not up_to_date(cache, content, output)
    marker.write_text(text, "utf-8")
    assert not up_to_date(cache, content, output)
    shutil.rmtree(output)
    assert not up_to_date(cache, content, output)


def test_a_link_in_a_circle_ends(built: tuple[Path, Path, Path]) -> None:
    cache, content, output = built
    (content / "round").symlink_to(content)
    plan.remember(cache, output, plan.state(content, "pelicanconf.py"))
    assert up_to_date(cache, content, output)


def test_a_record_that_is_broken_is_none(built: tuple[Path, Path, Path]) -> None:
    (record,) = (built[0] / "built").iterdir()
    record.write_bytes(record.read_bytes()[:-5])
    assert not up_to_date(*built)


def test_a_folder_that_a_link_leads_to_is_looked_into(built: tuple[Path, Path, Path], tmp_path: Path) -> None:
    cache, content, output = built
    (tmp_path / "pages").mkdir()
    (tmp_path / "pages/about.md").write_text("甲", "utf-8")
    (content / "pages").symlink_to(tmp_path / "pages")  # Pelican follows it.
    plan.remember(cache, output, plan.state(content, "pelicanconf.py"))
    assert up_to_date(cache, content, output)
    (tmp_path / "pages/about.md").write_text("乙", "utf-8")
    assert not up_to_date(cache, content, output)


def test_a_folder_that_goes_or_can_not_be_read_stops_nothing(
    built: tuple[Path, Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    (built[1] / "closed").mkdir()
    scan = os.scandir

    def refuse(path: str) -> object:
        if path.endswith("closed"):
            raise PermissionError(path)
        return scan(path)

    monkeypatch.setattr(os, "scandir", refuse)
    assert plan.state(built[1], "pelicanconf.py") == plan.state(built[1], "pelicanconf.py")


@pytest.mark.parametrize("builds", [1, 2])
def test_a_site_that_a_build_made_since_is_another(built: tuple[Path, Path, Path], builds: int) -> None:
    """Of two the second stands in the very folder of the first, and nothing at its top is others' work."""
    for number in range(builds):
        with staged(built[2]) as stage:
            stage.write("index.html", b"x")
            stage.write("deep/index.html", bytes([number]))
    assert not up_to_date(*built)


def test_a_build_that_fails_leaves_the_site_to_the_next(built: tuple[Path, Path, Path]) -> None:
    with pytest.raises(KeyError), staged(built[2]):
        raise KeyError
    assert not up_to_date(*built)

"""Publishing: the old site or the new one, whole, at every moment; and never anybody else's folder."""

from __future__ import annotations

import multiprocessing
import time
from pathlib import Path

import pytest

from pelican_tongbao import publish
from pelican_tongbao.publish import MARKER, PublishError, staged

FILES = 60


def write_site(folder: Path, version: str) -> None:
    """A site of many files that all say the same, so that a mixture shows."""
    for number in range(FILES):
        (folder / f"{number}.html").write_text(version, "utf-8")


def versions(output: Path) -> set[str]:
    pages = sorted(output.glob("*.html"))
    assert len(pages) in (0, FILES)
    return {page.read_text("utf-8") for page in pages}


def build(output: Path, version: str) -> None:
    with staged(output) as staging:
        write_site(staging, version)


def beside(output: Path) -> list[str]:
    return sorted(path.name for path in output.parent.iterdir() if path != output)


def test_a_build_replaces_the_whole_site(tmp_path: Path) -> None:
    output = tmp_path / "site"
    build(output, "one")
    (output / "orphan.html").write_text("left over", "utf-8")
    build(output, "two")
    assert versions(output) == {"two"}
    assert not (output / "orphan.html").exists()
    assert beside(output) == []


def test_an_empty_folder_and_a_link_to_a_site_are_replaced(tmp_path: Path) -> None:
    output = tmp_path / "deep" / "site"
    output.mkdir(parents=True)
    build(output, "one")
    link = tmp_path / "link"
    link.symlink_to(output)
    build(link, "two")
    assert link.is_symlink()
    assert versions(output) == {"two"}


def test_a_failed_build_leaves_the_old_site(tmp_path: Path) -> None:
    output = tmp_path / "site"
    build(output, "one")
    with pytest.raises(RuntimeError), staged(output) as staging:
        write_site(staging, "two")
        raise RuntimeError
    assert versions(output) == {"one"}
    assert beside(output) == []


@pytest.mark.parametrize("stranger", ["notes.txt", ".profile", "index.html", "folder/x"])
def test_a_folder_that_is_no_site_is_left_alone(tmp_path: Path, stranger: str) -> None:
    output = tmp_path / "home"
    (output / stranger).parent.mkdir(parents=True)
    (output / stranger).write_text("precious", "utf-8")
    with pytest.raises(PublishError, match=r"is no site of ours .* name another folder"):
        build(output, "one")
    assert (output / stranger).read_text("utf-8") == "precious"
    assert beside(output) == []


def test_a_folder_that_fills_while_the_site_is_built_is_left_alone(tmp_path: Path) -> None:
    output = tmp_path / "site"
    with pytest.raises(PublishError), staged(output):
        output.mkdir()
        (output / "notes.txt").write_text("precious", "utf-8")
    assert (output / "notes.txt").read_text("utf-8") == "precious"


def test_a_file_in_the_place_of_the_output(tmp_path: Path) -> None:
    output = tmp_path / "site"
    output.write_text("precious", "utf-8")
    with pytest.raises(PublishError, match="the output is a file"):
        build(output, "one")
    assert output.read_text("utf-8") == "precious"


def test_two_builds_at_once_leave_one_whole_site(tmp_path: Path) -> None:
    output = tmp_path / "site"
    with staged(output) as slow:
        write_site(slow, "slow")
        with staged(output) as quick:
            assert slow.is_dir(), "a living build's folder was swept"
            write_site(quick, "quick")
        assert versions(output) == {"quick"}
    assert versions(output) == {"slow"}
    assert beside(output) == []


def test_remains_of_dead_builds_are_removed_and_others_are_not(tmp_path: Path) -> None:
    output = tmp_path / "site"
    dead = tmp_path / ".tongbao-site-0123456789abcdef.new"
    other = tmp_path / ".tongbao-another-0123456789abcdef.new"
    for folder in (dead, other):
        folder.mkdir()
        write_site(folder, "dead")
    build(output, "one")
    assert beside(output) == [other.name]


def test_without_an_exchange_of_names_two_renames_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(publish, "_exchange", lambda one, other: False)
    output = tmp_path / "site"
    build(output, "one")
    build(output, "two")
    assert versions(output) == {"two"}
    assert beside(output) == []


def test_a_swap_cut_between_its_two_renames_is_put_right(tmp_path: Path) -> None:
    output = tmp_path / "site"
    build(output, "one")
    output.rename(tmp_path / ".tongbao-site-0123456789abcdef.old")
    with pytest.raises(RuntimeError), staged(output):
        assert versions(output) == {"one"}
        raise RuntimeError
    assert beside(output) == []


def build_for_ever(output: Path) -> None:
    for number in range(100_000):
        build(output, f"version {number}")


def test_killed_at_any_moment_the_site_is_whole(tmp_path: Path) -> None:
    output = tmp_path / "site"
    build(output, "first")
    for moment in range(40):
        running = multiprocessing.get_context("fork").Process(target=build_for_ever, args=(output,))
        running.start()
        time.sleep(0.01 + 0.0013 * moment)
        running.kill()
        running.join()
        assert len(versions(output)) == 1
        assert (output / MARKER).is_file()
    build(output, "last")
    assert versions(output) == {"last"}
    assert beside(output) == []

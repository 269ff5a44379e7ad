"""Publishing: the old site or the new one, whole, at every moment; and never anybody else's folder."""

from __future__ import annotations

import multiprocessing
import os
import shutil
import time
from pathlib import Path

import pytest

from pelican_tongbao import publish
from pelican_tongbao.differing import TURNS
from pelican_tongbao.publish import MARKER, MARKER_TEXT, PublishError, Stage, Written, remove_from, staged
from tongbao import crew

FILES = 60
scandir = os.scandir


def write_site(stage: Stage, version: str) -> None:
    """A site of many files that all say the same, so that a mixture shows."""
    for number in range(FILES):
        stage.write(f"{number}.html", version.encode(), version)


def versions(output: Path) -> set[str]:
    pages = sorted(output.glob("*.html"))
    assert len(pages) in (0, FILES)
    return {page.read_text("utf-8") for page in pages}


def build(output: Path, version: str) -> None:
    with staged(output) as stage:
        write_site(stage, version)


def beside(output: Path) -> list[str]:
    """What stands beside the output but the folder that is known to."""
    return sorted(path.name for path in output.parent.iterdir() if path not in (output, own(output)))


def own(output: Path) -> Path:
    return output.with_name(f".tongbao-{output.name}")


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
    with pytest.raises(RuntimeError), staged(output) as stage:
        write_site(stage, "two")
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


def test_two_builds_at_once_wait_for_each_other(tmp_path: Path) -> None:
    output = tmp_path / "site"
    context = multiprocessing.get_context("fork")
    begun = context.Event()

    def build_then() -> None:
        begun.wait()
        build(output, "quick")

    other = context.Process(target=build_then)
    other.start()  # before there is a lock that it would be forked with
    with staged(output) as stage:
        begun.set()
        write_site(stage, "slow")
        time.sleep(0.2)
        assert other.is_alive()
        assert not output.exists()
    other.join()
    assert versions(output) == {"quick"}
    assert beside(output) == []


def test_a_file_that_is_kept_is_the_same_file_and_one_that_is_not_asked_for_goes(tmp_path: Path) -> None:
    output = tmp_path / "site"
    with staged(output) as stage:
        for name in ("a/kept", "b/same", "c/changed", "d/gone", "search/old/x", "search/old/y"):
            stage.write(name, b"one", "key")
    before = {name: (output / name).stat() for name in ("a/kept", "b/same", "c/changed", "search/old/x")}
    for round in range(3):
        if round == 2:
            shutil.rmtree(output / "search")  # What is done to the one copy can't be done to the other.
        with staged(output) as stage:
            assert stage.keep("a/kept", "key")
            assert not stage.keep("b/same", f"other {round}")
            stage.write("b/same", b"one", f"other {round}")
            stage.write("c/changed", f"two {round}".encode(), "key")
            old, new = ("old", "new") if round % 2 == 0 else ("new", "old")
            assert stage.keep_below("search/") == [f"search/{old}/x", f"search/{old}/y"]
            (stage.folder / f"search/{old}").rename(stage.folder / f"search/{new}")
            stage.renamed(f"search/{old}", f"search/{new}")
            stage.write(f"search/{new}/y", f"{round}".encode())
        for name in ("a/kept", "b/same"):
            assert (output / name).stat().st_mtime_ns == before[name].st_mtime_ns
            assert (output / name).stat().st_ino == before[name].st_ino
        assert (output / f"search/{new}/x").stat().st_mtime_ns == before["search/old/x"].st_mtime_ns
        assert tree(output) == tree(own(output) / "next") == {
            ".tongbao-site": MARKER_TEXT.encode(), "a/kept": b"one", "b/same": b"one",
            "c/changed": f"two {round}".encode(), f"search/{new}/x": b"one", f"search/{new}/y": f"{round}".encode(),
        }  # fmt: skip


def test_what_has_the_place_of_what_another_process_removed_stays(tmp_path: Path) -> None:
    output = tmp_path / "site"
    names = ["search/own/x", "search/own/y"]
    with staged(output) as stage:
        for name in names:
            stage.write(name, b"one", "key")
    with staged(output) as stage:
        assert stage.keep_below("search/") == names

        def renew() -> Written:
            remove_from(stage.folder, "search/own")
            return stage.put("search/own/x", b"one", "key")

        written = crew.aside(renew)()
        stage.dropped("search/own")
        stage.note(written)
    assert tree(output) == tree(own(output) / "next") == {MARKER: MARKER_TEXT.encode(), "search/own/x": b"one"}
    with staged(output) as stage:
        stage.write("search/own/x", b"one", "key")
        stage.drop("search/own")
    assert tree(output) == tree(own(output) / "next") == {MARKER: MARKER_TEXT.encode()}


@pytest.mark.parametrize("where", ["output", "next"])
@pytest.mark.parametrize(
    "harm", ["changed in place", "replaced", "removed", "added", "folder", "linked", "all gone", "ledger", "same"]
)
def test_what_is_not_as_it_was_written_is_written_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, where: str, harm: str
) -> None:
    output = tmp_path / "site"
    content = {"a/x.html": b"x" * 9, "a/y.html": b"y" * 9}
    for _ in range(2):
        with staged(output) as stage:
            for name, data in content.items():
                stage.write(name, data, "key")
    copy = output if where == "output" else own(output) / "next"
    if harm == "changed in place":
        monkeypatch.setattr("pelican_tongbao.differing.TURNS", 1)
        (copy / "a/x.html").write_bytes(b"z" * 9)
    elif harm == "replaced":
        (copy / "a/x.html").unlink()
        (copy / "a/x.html").write_bytes(b"z" * 9)
    elif harm == "removed":
        (copy / "a/x.html").unlink()
    elif harm == "added":
        (copy / "a/z.html").write_bytes(b"z")
    elif harm == "folder":
        (copy / "b/c").mkdir(parents=True)
    elif harm == "linked":
        (copy / "a").rename(tmp_path / "a")
        (copy / "a").symlink_to(tmp_path / "a")
    elif harm == "all gone":
        shutil.rmtree(copy)
    else:
        (own(output) / harm).write_bytes(b"no pickle")
    for _ in range(2):
        with staged(output) as stage:
            for name, data in content.items():
                if not stage.keep(name, "key"):
                    stage.write(name, data, "key")
        assert tree(output) == {".tongbao-site": MARKER_TEXT.encode(), **content}
    assert {path.name for path in output.iterdir()} == {MARKER, "a"}


@pytest.mark.parametrize("where", ["output", "next"])
def test_what_was_written_to_in_place_is_found_in_some_builds(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, where: str
) -> None:
    output = tmp_path / "site"
    looked: list[str] = []
    monkeypatch.setattr(os, "scandir", lambda path: looked.append(str(path)) or scandir(path))
    monkeypatch.setattr(crew, "aside", lambda work: work)
    names = [f"{top}{folder}/x" for top in ("", "search/") for folder in range(20)]
    for turn in range(6 + 2 * TURNS):
        if turn in (0, 3):
            time.sleep(0.1)  # What is new is not trusted.
        if turn == 6:
            for name in names[::7]:
                ((output if where == "output" else own(output) / "next") / name).write_bytes(b"y")
        looked.clear()
        with staged(output) as stage:
            for name in names:
                if not stage.keep(name, "key"):
                    stage.write(name, b"x", "key")
        if turn > 5:
            assert len(looked) < 20, "few folders are looked into where none has changed"
    assert {(copy / name).read_bytes() for copy in (output, own(output) / "next") for name in names} == {b"x"}


def tree(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


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
    output.rename(own(output) / "old")
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

"""The way of a bulletin as a whole: pure, cached by what went in, and no failure stops the others."""

from __future__ import annotations

import ast
import sqlite3
import sys
from pathlib import Path

import pytest

from tongbao import archive, edits, pipeline, store
from tongbao.model import Bulletin, Quarantined, Received, Repaired, Standard
from tongbao.receive import receive_bytes
from tongbao.store import Store

TEXT = "关于做好防汛工作的通知\n各县区人民政府:\n请立即检查堤防,加强值守。\n某市防汛抗旱指挥部\n2021年7月20日\n"


def received(text: str = TEXT, source: str = "bulletins/a.txt") -> Received:
    result = receive_bytes(text.encode(), source)
    assert isinstance(result, Received)
    return result


@pytest.fixture
def content(tmp_path: Path) -> Path:
    folder = tmp_path / "content/bulletins"
    folder.mkdir(parents=True)
    for name in ("one", "two"):
        (folder / f"{name}.txt").write_text(f"{name}\n{TEXT}", "utf-8")
    return folder.parent


def test_process_is_pure() -> None:
    assert pipeline.process(received()) == pipeline.process(received())


def test_the_store_gives_back_what_it_was_given(content: Path, tmp_path: Path) -> None:
    cache = tmp_path / "cache"
    assert pipeline.run(content) == archive.everything(content, cache) == archive.everything(content, cache)


def test_unchanged_texts_are_not_processed_again(
    content: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[str] = []
    process = pipeline.process

    def counting(item: Received, standard: Standard) -> Bulletin:
        made.append(item.source)
        return process(item, standard)

    monkeypatch.setattr(pipeline, "process", counting)
    monkeypatch.setattr(archive.crew, "spread", lambda work, items, lost: map(work, items))  # here, to be counted
    archive.everything(content, tmp_path / "cache")
    (content / "bulletins/two.txt").write_text(f"three\n{TEXT}", "utf-8")
    archive.everything(content, tmp_path / "cache")
    assert made[2:] == ["bulletins/two.txt"]


def test_other_code_makes_every_entry_stale(content: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    archive.everything(content, tmp_path)
    monkeypatch.setattr(store, "code_digest", lambda: "another")
    with store.Store(tmp_path / "bulletins.sqlite") as kept:
        assert kept.get(received(f"one\n{TEXT}", "bulletins/one.txt")) is None


def test_the_store_keeps_the_standards_apart(content: Path, tmp_path: Path) -> None:
    (content / "bulletins/one.txt").write_text(f"村里\n{TEXT}", "utf-8")
    for standard, inside in ((Standard.TW, "裡"), (Standard.HK, "裏"), (Standard.TW, "裡")):
        corpus = archive.everything(content, tmp_path / "cache", standard)
        assert corpus == pipeline.run(content, standard=standard)
        assert any(f"村{inside}" in b.scripts.hant for b in corpus.bulletins)


def test_a_text_that_a_stage_fails_on_is_quarantined(content: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    process = pipeline.process

    def failing(item: Received, standard: Standard) -> Bulletin:
        if item.text.startswith("one"):
            raise RuntimeError("a fault")
        return process(item, standard)

    monkeypatch.setattr(pipeline, "process", failing)
    corpus = pipeline.run(content)
    assert [b.received.source for b in corpus.bulletins] == ["bulletins/two.txt"]
    [item] = corpus.quarantined
    assert isinstance(item, Quarantined)
    assert item.source == "bulletins/one.txt"
    assert "a fault" in item.fault


def test_a_broken_store_is_made_again(content: Path, tmp_path: Path) -> None:
    (tmp_path / "bulletins.sqlite").write_bytes(b"no database" * 100)
    assert archive.everything(content, tmp_path) == pipeline.run(content)


def test_a_memory_with_any_other_byte_is_none(content: Path, tmp_path: Path) -> None:
    archive.everything(content, tmp_path)
    [path] = (tmp_path / "memory").iterdir()
    whole = path.read_bytes()
    assert archive._recall(path).notes
    for at in range(0, len(whole), 23):
        path.write_bytes(whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :])
        assert archive._recall(path) == archive.Memory()


def test_a_value_that_is_broken_is_a_broken_store(content: Path, tmp_path: Path) -> None:
    archive.everything(content, tmp_path)
    path = tmp_path / archive.STORE
    with sqlite3.connect(path) as connection:
        connection.execute("UPDATE bulletins SET value = substr(value, 1, 100)")
    with Store(path) as kept:
        [key, *_] = kept.keys()
        with pytest.raises(sqlite3.DatabaseError, match="a value is broken"):
            kept.load(key)
    store.discard(path)
    assert archive.everything(content, tmp_path) == pipeline.run(content)


PASSAGE = "昨日下午，县应急指挥部再次召开{}会议，会议要求各乡镇连夜转移低洼地带群众，确保不漏一户。\n"
LOST = PASSAGE.format("\ufffd\ufffd")


@pytest.fixture
def reprinted(tmp_path: Path) -> Path:
    """A content folder with a damaged bulletin (id `damaged`) and a text that has nothing to do with it."""
    folder = tmp_path / "content/bulletins"
    folder.mkdir(parents=True)
    (folder / "damaged.txt").write_text(f"防汛工作简报\n{LOST}", "utf-8")
    (folder / "damaged.toml").write_text('id = "damaged"\n', "utf-8")
    (folder / "other.txt").write_text(TEXT, "utf-8")
    return folder.parent


def reprint(content: Path, name: str, words: str) -> None:
    (content / f"bulletins/{name}.txt").write_text(f"某报转载\n{PASSAGE.format(words)}编辑：某人\n", "utf-8")
    (content / f"bulletins/{name}.toml").write_text(f'id = "{name}"\n', "utf-8")


def damaged(corpus: pipeline.Corpus) -> Bulletin:
    return next(b for b in corpus.bulletins if b.id == "damaged")


def test_a_reprint_fills_what_was_lost_and_is_named(reprinted: Path) -> None:
    assert "\ufffd" in damaged(pipeline.run(reprinted)).repaired.text
    reprint(reprinted, "copy", "调度")
    bulletin = damaged(pipeline.run(reprinted))
    assert "召开调度会议" in bulletin.repaired.text
    assert "召開調度會議" in bulletin.scripts.hant
    (edit,) = bulletin.repaired.edits
    assert (edit.rule, edit.after, edit.evidence.copies) == ("unrecoverable+parallel", "调度", ("copy",))
    assert edits.undo(bulletin.repaired.text, bulletin.repaired.edits) == bulletin.received.text


def test_the_cache_knows_of_reprints_that_come_change_and_go(reprinted: Path, tmp_path: Path) -> None:
    cache = tmp_path / "cache"

    def text() -> str:
        corpus = archive.everything(reprinted, cache)
        assert corpus == pipeline.run(reprinted) == archive.everything(reprinted, cache)
        return damaged(corpus).repaired.text

    assert "\ufffd\ufffd" in text()
    reprint(reprinted, "copy", "调度")
    assert "召开调度会议" in text()
    reprint(reprinted, "copy", "会商")
    assert "召开会商会议" in text()
    reprint(reprinted, "second", "调度")
    assert "\ufffd\ufffd" in text(), "copies that disagree settle nothing"
    (reprinted / "bulletins/copy.txt").unlink()
    (reprinted / "bulletins/copy.toml").unlink()
    assert "召开调度会议" in text()


def test_a_stage_that_fails_on_the_helped_text_costs_the_help_only(
    reprinted: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    reprint(reprinted, "copy", "调度")
    read = pipeline._read

    def failing(item: Received, repaired: Repaired, standard: Standard) -> Bulletin:
        if any(e.evidence.copies for e in repaired.edits):
            raise RuntimeError("a fault")
        return read(item, repaired, standard)

    monkeypatch.setattr(pipeline, "_read", failing)
    corpus = pipeline.run(reprinted)
    assert corpus.quarantined == ()
    assert "\ufffd" in damaged(corpus).repaired.text


def test_what_speaks_against_a_declared_charset_is_a_warning(content: Path) -> None:
    (content / "bulletins/one.toml").write_text('charset = "klingon"\n', "utf-8")
    [warning] = pipeline.run(content).warnings
    assert warning.startswith("bulletins/one.txt: ")
    assert "klingon" in warning


def test_every_library_that_a_stage_imports_is_part_of_the_key() -> None:
    """Else its upgrade would serve bulletins that the older one made."""
    here = Path(pipeline.__file__).parent
    outside = {"click", "rich", "whoosh"}  # the command line and the index
    outside |= {"dask", "distributed", "fsspec", "pyarrow", "warcio"}  # where texts come from and are processed
    imported = {
        name.split(".")[0]
        for path in here.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        for name in (
            [alias.name for alias in node.names]
            if isinstance(node, ast.Import)
            else [node.module or ""]
            if isinstance(node, ast.ImportFrom)
            else []
        )
    }
    libraries = imported - set(sys.stdlib_module_names) - {"tongbao"} - outside
    assert {name.replace("_", "-") for name in libraries} == set(store.LIBRARIES)

"""The command line: what it prints, and its exit codes (0 success, 1 findings, 2 usage)."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from tongbao.cli import main

TEXT = "关于做好防汛工作的通知\n各县区人民政府:\n请立即检查堤防,加强值守。\n永州市防汛抗旱指挥部\n2021年7月20日\n"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "content/bulletins/通知 一.txt"
    path.parent.mkdir(parents=True)
    path.write_text(TEXT, "utf-8")
    return path


def test_explain(file: Path) -> None:
    result = CliRunner().invoke(main, ["explain", str(file)])
    assert result.exit_code == 0, result.output
    assert "关于做好防汛工作的通知" in result.output
    assert "2021-07-20" in result.output


def test_explain_as_json(file: Path) -> None:
    record = json.loads(CliRunner().invoke(main, ["explain", "--json", str(file)]).stdout)
    assert record["text"] == TEXT
    assert record["published"]["edtf"] == "2021-07-20"
    assert [(t["code"], t["role"]) for t in record["regions"]] == [("431100", "primary")]


def test_explain_says_what_is_wrong_with_an_empty_file(tmp_path: Path) -> None:
    path = tmp_path / "empty.txt"
    path.touch()
    result = CliRunner().invoke(main, ["explain", str(path)])
    assert result.exit_code == 1
    assert "empty.txt" in result.stderr


def test_check(file: Path) -> None:
    content = file.parents[1]
    assert CliRunner().invoke(main, ["check", str(content)]).exit_code == 0
    (file.parent / "空.txt").touch()
    result = CliRunner().invoke(main, ["check", str(content)])
    assert result.exit_code == 1
    assert "空.txt" in result.stderr


def test_import_copies_bytes_and_never_overwrites(file: Path, tmp_path: Path) -> None:
    into = tmp_path / "into"
    command = ["import", str(file.parent), "--into", str(into)]
    assert CliRunner().invoke(main, command).exit_code == 0
    assert (into / file.name).read_bytes() == file.read_bytes()
    assert CliRunner().invoke(main, command).exit_code == 0
    (into / file.name).write_text("another", "utf-8")
    result = CliRunner().invoke(main, command)
    assert result.exit_code == 1
    assert file.name in result.stderr
    assert (into / file.name).read_text("utf-8") == "another"


def test_import_takes_bulletins_and_sidecars_only(file: Path, tmp_path: Path) -> None:
    (file.parent / ".hidden.txt").write_text("x", "utf-8")
    (file.parent / "paper.pdf").write_bytes(b"%PDF")
    (file.parent / "link.txt").symlink_to("/etc/hostname")
    (file.parent / "通知 一.toml").write_text('site = "x"\n', "utf-8")
    result = CliRunner().invoke(main, ["import", str(file.parent), "--into", str(tmp_path / "into")])
    assert sorted(p.name for p in (tmp_path / "into").iterdir()) == ["通知 一.toml", "通知 一.txt"]
    assert result.exit_code == 1
    assert "paper.pdf" in result.stderr
    assert "link.txt" in result.stderr
    assert ".hidden" not in result.stderr


@pytest.mark.parametrize(
    "arguments",
    [
        ["search", "x", "--index", "nowhere"],
        ["search", "x", "--index", "."],
        ["explain", "nowhere"],
        ["check", "."],
        ["import", ".", "--into", "sub"],
        ["nothing"],
    ],
)
def test_usage_errors(arguments: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert CliRunner().invoke(main, arguments).exit_code == 2

"""The command line: what it prints, and its exit codes (0 success, 1 findings, 2 usage)."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

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
    (file.parent / "损.txt").write_text(TEXT + "防\ufffd\ufffd查\n" * 30, "utf-8")
    result = CliRunner().invoke(main, ["check", str(content)])
    assert result.exit_code == 0
    assert "for review: bulletins/损.txt: " in result.stderr
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


PASSAGE = "昨日下午，县应急指挥部再次召开{}会议，会议要求各乡镇连夜转移低洼地带群众，确保不漏一户。\n"


def run(*arguments: str, stdin: bytes | None = None) -> Result:
    return CliRunner().invoke(main, list(arguments), input=stdin)


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (["--layer", "received"], TEXT),
        (["--layer", "repaired"], TEXT),
        (
            ["--layer", "script", "--script", "hant"],
            TEXT.translate(str.maketrans("关于县区请检查强挥", "關於縣區請檢查強揮")),
        ),
        (["--layer", "punctuation"], TEXT.replace(":", "：").replace(",", "，")),
        (["--layer", "reading"], TEXT.replace(":", "：").replace(",", "，").strip()),
    ],
    ids=lambda value: value[1] if isinstance(value, list) else "",
)
def test_explain_prints_a_layer_exactly(file: Path, arguments: list[str], text: str) -> None:
    result = run("explain", *arguments, str(file))
    assert (result.exit_code, result.stdout) == (0, text)


def test_a_layer_as_json_can_be_replayed_and_undone(file: Path) -> None:
    made = json.loads(run("explain", "--json", "--layer", "reading", "--script", "hant", str(file)).stdout)
    assert [step["layer"] for step in made["steps"]] == ["repair", "script", "punctuation", "page"]
    text = TEXT
    for step in made["steps"]:
        for edit in reversed(step["edits"]):
            assert text[edit["start"] : edit["end"]] == edit["before"]
            text = text[: edit["start"]] + edit["after"] + text[edit["end"] :]
    assert text == made["text"]


def test_explain_in_the_forms_of_hong_kong(file: Path) -> None:
    file.write_text("村里的通知，请沿着河堤巡查。\n", "utf-8")
    command = ["explain", "--layer", "script", "--script", "hant", str(file)]
    assert run(*command).stdout == "村裡的通知，請沿著河堤巡查。\n"
    assert run(*command, "--standard", "hk").stdout == "村裏的通知，請沿着河堤巡查。\n"


def test_explain_takes_copies_from_a_content_folder(file: Path, tmp_path: Path) -> None:
    file.write_text("某报转载\n" + PASSAGE.format("调度"), "utf-8")
    damaged = tmp_path / "damaged.txt"
    damaged.write_text("简报\n" + PASSAGE.format("\ufffd\ufffd"), "utf-8")
    assert "(lost)" in run("explain", str(damaged)).output
    made = json.loads(run("explain", "--json", "--among", str(file.parents[1]), str(damaged)).stdout)
    assert "召开调度会议" in made["text"]
    assert made["edits"][0]["rule"] == "unrecoverable+parallel"
    assert len(made["edits"][0]["evidence"]["copies"]) == 1


def test_explain_marks_a_text_for_a_curator(file: Path) -> None:
    file.write_text(TEXT + "防\ufffd\ufffd查\n" * 30, "utf-8")
    assert "for review" in run("explain", str(file)).output
    assert json.loads(run("explain", "--json", str(file)).stdout)["review"]


def test_explain_reads_standard_input(file: Path) -> None:
    result = run("explain", "--json", "-", stdin=TEXT.encode("gb18030"))
    assert json.loads(result.stdout)["text"] == TEXT
    empty = run("explain", "-", stdin=b"")
    assert empty.exit_code == 1
    assert empty.stderr.startswith("stdin: the file is empty; ")


def test_a_missing_file_is_named_with_the_remedy(tmp_path: Path) -> None:
    missing = run("explain", str(tmp_path / "fehlt.txt"))
    assert missing.exit_code == 2
    assert "fehlt.txt: there is no such file; name a received file" in missing.stderr
    folder = run("explain", str(tmp_path))
    assert folder.exit_code == 2
    assert "is a folder; name one file in it" in folder.stderr


@pytest.mark.shared
def test_explain_prints_the_apparatus_of_every_seed(shared: Path) -> None:
    for path in sorted((shared / "seeds/bulletins").glob("*.txt")):
        result = run("explain", str(path))
        assert result.exit_code == 0, result.output
        assert "tags" in result.output
        assert json.loads(run("explain", "--json", str(path)).stdout)["review"] == []

"""Bulletins from many sources, processed in partitions: nothing lost, nothing doubled, and the store of one machine."""

from __future__ import annotations

import base64
import gzip
import io
import json
import os
import signal
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from datetime import date
from pathlib import Path
from typing import Any

import dask
import pyarrow
import pytest
from click.testing import CliRunner, Result
from hypothesis import given
from hypothesis import strategies as st
from pyarrow import parquet
from warcio.statusandheaders import StatusAndHeaders
from warcio.warcwriter import WARCWriter

from tongbao import archive, pipeline
from tongbao.cli import main
from tongbao.cluster import filling, landing, partitions, sources, workers
from tongbao.model import Bulletin, Quarantined, Received, Standard
from tongbao.receive import receive_folder
from tongbao.store import Store, pack

TEXT = "关于做好防汛工作的通知\n\n第{}号\n各县区人民政府:\n请立即检查堤防,加强值守。\n2021年7月20日\n"
NOTES = {"url": "http://www.example.gov.cn/1.html", "site": '某市"甲"\\乙\x7f', "fetched": date(2022, 3, 20)}


def texts(count: int) -> list[bytes]:
    return [TEXT.format(number).encode("gb18030" if number % 3 == 0 else "utf-8") for number in range(count)]


def contents(tmp_path: Path, count: int = 20) -> Path:
    """A content folder: as many texts, of two the same bytes, one that can't be published."""
    folder = tmp_path / "content/bulletins"
    folder.mkdir(parents=True)
    for number, data in enumerate(texts(count)):
        (folder / f"{number:02}.txt").write_bytes(data)
    (folder / "07 again.txt").write_bytes(texts(count)[7])
    (folder / "07 again.toml").write_text('site = "某站"\n', "utf-8")
    (folder / "empty.txt").touch()
    return folder.parent


def digest(cache: Path) -> str:
    with Store(cache / "bulletins.sqlite") as store:
        return store.digest()


def counts(cache: Path) -> list[int]:
    connection = sqlite3.connect(cache / "bulletins.sqlite")
    try:
        return [connection.execute(f"SELECT count(*) FROM {name}").fetchone()[0] for name in ("received", "bulletins")]
    finally:
        connection.close()


def fill(content: Path, cache: Path, **options: Any) -> filling.Filled:
    return filling.fill(content, cache, **{"partition_bytes": 700, **options})


# --- partitions ------------------------------------------------------------------------------------------------------


@given(st.lists(st.integers(0, 50)), st.integers(1, 60))
def test_parts_hold_all_items_in_order_and_not_too_much(sizes: list[int], most: int) -> None:
    parts = list(partitions.cut(sizes, lambda size: size, most))
    assert [size for part in parts for size in part] == sizes
    assert all(part and (sum(part) <= most or len(part) == 1) for part in parts)


def test_checkpoints_give_back_what_they_kept(tmp_path: Path) -> None:
    kept = partitions.Checkpoints(tmp_path, "code")
    for values in ({"a": b"1", "c": b""}, {}, {"b": b"22"}, {"c": b"", "a": b"1"}):
        kept.keep(values)
    assert len(list(tmp_path.rglob("*.part"))) == 2, "a partition that is done twice is one file"
    again = partitions.Checkpoints(tmp_path, "code")
    assert list(again.values(["c", "b", "a"])) == [b"", b"22", b"1"]
    assert "d" not in again
    again.drop()
    assert "a" not in partitions.Checkpoints(tmp_path, "code")


@pytest.mark.parametrize("spoil", [lambda data: data[:-1], lambda data: data[:5], lambda data: b"", lambda d: b"x" * 9])
def test_a_checkpoint_that_is_not_whole_is_done_again(tmp_path: Path, spoil: Callable[[bytes], bytes]) -> None:
    partitions.Checkpoints(tmp_path, "code").keep({"a": b"1"})
    [path] = tmp_path.rglob("*.part")
    path.write_bytes(spoil(path.read_bytes()))
    kept = partitions.Checkpoints(tmp_path, "code")
    assert "a" not in kept
    kept.keep({"a": b"1"})
    assert list(kept.values(["a"])) == [b"1"]


def test_checkpoints_of_other_code_are_dropped(tmp_path: Path) -> None:
    partitions.Checkpoints(tmp_path, "older").keep({"a": b"1"})
    assert "a" not in partitions.Checkpoints(tmp_path, "code")
    assert not list(tmp_path.rglob("*.part"))


# --- the store -------------------------------------------------------------------------------------------------------


def test_the_store_is_that_of_one_machine(tmp_path: Path) -> None:
    content = contents(tmp_path)
    corpus = archive.everything(content, tmp_path / "single")
    filled = fill(content, tmp_path / "filled")
    assert digest(tmp_path / "filled") == digest(tmp_path / "single")
    assert filled.quarantined == corpus.quarantined
    assert (filled.received, filled.processed) == (20, 20)
    assert not list((tmp_path / "filled").rglob("*.part"))


def test_a_build_finds_everything(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    content = contents(tmp_path)
    fill(content, tmp_path, standard=Standard.HK)
    monkeypatch.setattr(pipeline, "process", lambda *_: pytest.fail("it was there"))
    monkeypatch.setattr(pipeline.receive, "receive_bytes", lambda data, *_: data and pytest.fail("it was there"))
    (content / "bulletins/empty.txt").unlink()
    assert len(archive.everything(content, tmp_path, Standard.HK).bulletins) == 20


@pytest.mark.parametrize("shuffle", [list, lambda parts: list(parts)[::-1]])
def test_the_order_of_partitions_changes_nothing(tmp_path: Path, shuffle: Callable[[Iterable[Any]], list[Any]]) -> None:
    content = contents(tmp_path)
    archive.everything(content, tmp_path / "single")

    def spread(work: Callable[[Any], Any], parts: Iterable[Sequence[Any]], lost: Any) -> Iterator[Any]:
        return filling.here(work, shuffle(parts), lost)

    fill(content, tmp_path / "filled", spread=spread)
    assert digest(tmp_path / "filled") == digest(tmp_path / "single")


@pytest.mark.parametrize("after", [0, 1, 9, 19])
def test_a_run_that_was_ended_goes_on(tmp_path: Path, after: int) -> None:
    """Also where texts came in between, which cuts other partitions."""
    content = contents(tmp_path)

    def ended(steps: Iterator[filling.Made], total: int) -> Iterator[filling.Made]:
        for number, step in enumerate(steps):
            if number == after:
                raise KeyboardInterrupt
            yield step

    with pytest.raises(KeyboardInterrupt):
        fill(content, tmp_path / "filled", watch=ended)
    (content / "bulletins/between.txt").write_bytes(TEXT.format("新").encode())
    filled = fill(content, tmp_path / "filled")
    assert filled.taken_over > after - 1
    assert filled.taken_over + filled.processed == filled.received == 21
    archive.everything(content, tmp_path / "single")
    assert digest(tmp_path / "filled") == digest(tmp_path / "single")
    assert fill(content, tmp_path / "filled").known == 21


def test_equal_values_are_packed_alike(tmp_path: Path) -> None:
    """Whatever objects they share, and whether they have travelled."""
    import pickle

    received, _ = receive_folder(contents(tmp_path))
    for item in received:
        bulletin = pipeline.process(item)
        travelled: Bulletin = pickle.loads(pickle.dumps(bulletin))
        assert pickle.loads(pack(bulletin)) == bulletin
        assert pack(travelled) == pack(bulletin)
    one, other = "x" * 3, "".join("xxx")
    assert pack((one, one)) == pack((one, other))


# --- sources ---------------------------------------------------------------------------------------------------------


def rows(count: int) -> list[dict[str, Any]]:
    data: list[dict[str, Any]] = [{"bytes": each, "charset": "gb18030"} for each in texts(count)[::3]]
    data += [{"text": each.decode(), **NOTES} for each in texts(count)[1::3]]
    data += [{"text": f"<p>{each.decode()}", "type": "html", "other": 1} for each in texts(count)[2::3]]
    return data


def json_lines(count: int) -> bytes:
    def plain(row: dict[str, Any]) -> dict[str, Any]:
        shown = {name: str(value) if isinstance(value, date) else value for name, value in row.items()}
        return shown | ({"bytes": base64.b64encode(row["bytes"]).decode()} if "bytes" in row else {})

    return "".join(json.dumps(plain(row), ensure_ascii=False) + "\n\n" for row in rows(count)).encode()


def table(count: int) -> bytes:
    names = ("bytes", "text", "type", "charset", "url", "site", "fetched", "other")
    sink = io.BytesIO()
    parquet.write_table(pyarrow.Table.from_pylist([{n: r.get(n) for n in names} for r in rows(count)]), sink)
    return sink.getvalue()


def warc(count: int, zipped: bool) -> bytes:
    sink = io.BytesIO()
    writer = WARCWriter(sink, gzip=zipped)
    kinds = ["text/html; charset=gb18030", "text/plain", "image/png"]
    for number, data in enumerate(texts(count)):
        headers = StatusAndHeaders("200 OK", [("Content-Type", kinds[number % 3])], protocol="HTTP/1.1")
        url = f"http://www.example.gov.cn/{number}"
        writer.write_record(writer.create_warc_record(url, "response", io.BytesIO(data), http_headers=headers))
    writer.write_record(writer.create_warcinfo_record("a.warc", {}))
    return sink.getvalue()


COLLECTIONS = {
    "a.jsonl": (json_lines, 12, 0),
    "a.jsonl.gz": (lambda n: gzip.compress(json_lines(n)), 12, 0),
    "a.parquet": (table, 12, 0),
    "a.warc": (lambda n: warc(n, False), 8, 5),
    "a.WARC.gz": (lambda n: warc(n, True), 8, 5),
}


@pytest.mark.parametrize("name", COLLECTIONS)
def test_a_collection_becomes_received_files(tmp_path: Path, name: str) -> None:
    make, count, without_text = COLLECTIONS[name]
    (tmp_path / name).write_bytes(make(12))
    landed = landing.land(sources.read(str(tmp_path / name)), tmp_path / "content")
    assert (landed.refused, landed.without_text) == ((), without_text)
    received, quarantined = receive_folder(tmp_path / "content")
    assert quarantined == ()
    assert len(received) == count
    assert not any("charset" in warning for item in received for warning in item.warnings)
    assert sum(item.html is not None for item in received) == 4
    if "warc" in name.lower():
        assert {item.sidecar.url for item in received} >= {"http://www.example.gov.cn/0", "http://www.example.gov.cn/1"}
    else:
        [described, *_] = [item.sidecar for item in received if item.sidecar.url]
        assert {n: getattr(described, n) for n in NOTES} == NOTES
    again = landing.land(sources.read(str(tmp_path / name)), tmp_path / "content")
    assert (again.new, again.there) == (0, landed.new)


def test_any_url_and_a_folder_of_anything(tmp_path: Path) -> None:
    import fsspec

    memory = fsspec.filesystem("memory")
    for name, data in {
        "a.txt": texts(1)[0],
        "sub/b.txt": texts(2)[1],
        "sub/b.toml": b'id = "b"\n',
        "sub/c.jsonl": json_lines(3),
        ".hidden/d.txt": b"x",
        "paper.pdf": b"x",
    }.items():
        memory.pipe(f"/anything/{name}", data)
    landed = landing.land(sources.read("memory://anything"), tmp_path)
    assert [item.source for item in landed.refused] == ["/anything/paper.pdf"]
    received, _ = receive_folder(tmp_path)
    assert {item.source for item in received} >= {"bulletins/a.txt", "bulletins/sub/b.txt"}
    assert len(received) == 3  # two of the lines hold bytes that files hold too
    assert len(list(sources.read("memory://anything/**/*.txt"))) == 2


@pytest.mark.parametrize(
    ("line", "fault"),
    [
        (b"{", "line 1.*no JSON"),
        (b"[" * 100_000, "no JSON"),
        (b"\xff\xfe", "no JSON"),
        (b"3", "no JSON object"),
        (b'{"url": "http://a.cn/"}', "neither `bytes` nor `text`"),
        (b'{"text": "a", "bytes": "YQ=="}', "or both"),
        (b'{"bytes": "?"}', "no base64"),
        (b'{"text": "\\ud800"}', "no Unicode"),
        (b'{"text": "a", "site": "\\ud800"}', "not UTF-8"),
        (b'{"text": "a", "type": "pdf"}', "its type is 'pdf'"),
        (b'{"text": "a", "fetched": "gestern"}', "its fetched is 'gestern'"),
        (b'{"text": "a", "id": "../../x"}', "can't be part of a URL"),
        (b'{"text": "a", "url": "javascript:x"}', "no web address"),
        (b'{"text": "a", "site": 3}', "site is int"),
        (b'{"text": "a", "site": {"x": 1}}', "sidecar"),
    ],
)
def test_a_record_that_cannot_be_used_is_named(tmp_path: Path, line: bytes, fault: str) -> None:
    (tmp_path / "a.jsonl").write_bytes(line + b'\n{"text": "\xe9\x80\x9a"}\n')
    [bad, good] = sources.read(str(tmp_path / "a.jsonl"))
    assert isinstance(good, sources.Record)
    assert isinstance(bad, Quarantined)
    assert bad.remedy
    with pytest.raises(AssertionError, match=fault):
        raise AssertionError(f"{bad.source}: {bad.fault}")


@pytest.mark.parametrize("cut", [lambda data: data[: len(data) // 2], lambda data: b"nothing of the kind"])
@pytest.mark.parametrize("name", COLLECTIONS)
def test_a_collection_that_is_cut_off_or_no_collection_is_named(
    tmp_path: Path, name: str, cut: Callable[[bytes], bytes]
) -> None:
    (tmp_path / name).write_bytes(cut(COLLECTIONS[name][0](12)))
    assert any(isinstance(item, Quarantined) for item in sources.read(str(tmp_path / name)))


def test_what_is_too_long_is_named_and_the_rest_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sources, "MAX_BYTES", 300)
    monkeypatch.setattr(sources, "MAX_LINE", 1200)
    lines = [{"text": "通" * n} for n in (100, 101, 1000, 5000, 1)]
    (tmp_path / "a.jsonl").write_text("\n".join(json.dumps(each, ensure_ascii=False) for each in lines), "utf-8")
    kinds = [type(item) for item in sources.read(str(tmp_path / "a.jsonl"))]
    assert kinds == [sources.Record, Quarantined, Quarantined, Quarantined, sources.Record]
    (tmp_path / "b.txt").write_bytes(b"x" * 301)
    assert isinstance(next(sources.read(str(tmp_path / "b.txt"))), Quarantined)


@pytest.mark.parametrize("name", ["../x.txt", "/x.txt", "a//x.txt", "a/./x.txt", "x\0.txt"])
def test_no_name_leads_out_of_the_folder(tmp_path: Path, name: str) -> None:
    landed = landing.land([sources.Record(b"x", name)], tmp_path / "content")
    assert len(landed.refused) == 1
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


def test_another_file_is_never_overwritten(tmp_path: Path) -> None:
    for data in (b"one", b"two"):
        landed = landing.land([sources.Record(data, "x.txt"), sources.Record(b"y", "y.txt")], tmp_path)
    assert [item.source for item in landed.refused] == ["x.txt"]
    assert (tmp_path / "bulletins/x.txt").read_bytes() == b"one"
    assert landed.there == 1


# --- the command -----------------------------------------------------------------------------------------------------


def run(*arguments: str) -> Result:
    return CliRunner().invoke(main, ["process", *arguments])


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["nowhere.jsonl"], "nowhere.jsonl: there is no such file"),
        (["zip9://x"], "zip9://x: "),
        (["."], "lies inside"),
        (["content/bulletins"], "leave it out"),
        (["--content", "nowhere"], "there is no such folder"),
        (["--scheduler", "tcp://127.0.0.1:1"], "no scheduler answers"),
        (["--scheduler", "nonsense://x"], "no scheduler answers"),
        (["--scheduler", "tcp://127.0.0.1:1", "--workers", "2"], "leave one out"),
        (["--partition-bytes", "0"], "partition-bytes"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_usage_errors(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: list[str], said: str) -> None:
    contents(tmp_path, 8)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(workers, "_PATIENCE", 0.2)
    if "--content" in arguments:
        monkeypatch.setattr(workers, "connected", lambda *_: Nobody())
    result = run(*arguments)
    assert result.exit_code == 2, result.output
    assert said in " ".join(result.stderr.split())


class Nobody:
    """A client of no cluster."""

    def __enter__(self) -> None:
        return None

    def __exit__(self, *_: object) -> None:
        return None


def test_the_command_fills_content_and_store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(workers, "connected", lambda *_: Nobody())
    monkeypatch.setattr(workers, "over", lambda _: filling.here)
    Path("a.jsonl").write_bytes(json_lines(6))
    first = run("a.jsonl")
    assert first.exit_code == 0, first.output
    assert "6 bulletins: 6 processed, 0 taken over" in first.stdout
    assert "0 processed" in run("a.jsonl").stdout
    with Path("a.jsonl").open("ab") as lines:
        lines.write(b"{}\n")
    found = run("a.jsonl")
    assert found.exit_code == 1
    assert "a.jsonl line 13: it holds neither" in found.stderr


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        ("another", "worker tcp://w: it runs other code"),
        (ModuleNotFoundError("tongbao"), "worker tcp://w: it can't load"),
    ],
)
def test_workers_of_other_code_are_refused(answer: object, said: str) -> None:
    class Client:
        def wait_for_workers(self, count: int, timeout: float) -> None:
            assert count == 1

        def run(self, function: object, on_error: str) -> dict[str, object]:
            return {"tcp://w": answer}

    with pytest.raises(workers.ClusterError, match=said):
        workers._look_at_workers(Client(), "tcp://s")  # type: ignore[arg-type]


# --- workers that die ------------------------------------------------------------------------------------------------


def deadly(standard: Standard, named: tuple[str, Received]) -> filling.Made:
    """Kills its worker at one text."""
    if named[1].source == "bulletins/03.txt":
        os.kill(os.getpid(), signal.SIGKILL)
    return _make(standard, named)


_make = filling._make


def test_workers_that_die_lose_and_double_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One worker is killed midway; one text kills whoever takes it, and is quarantined alone."""
    content = contents(tmp_path)
    monkeypatch.setattr(filling, "_make", deadly)
    with (
        dask.config.set({"distributed.scheduler.allowed-failures": 0}),
        workers.connected(None, 2) as client,
    ):
        pids = list(client.run(os.getpid).values())
        killed: list[int] = []

        def killing(steps: Iterator[filling.Made], total: int) -> Iterator[filling.Made]:
            for step in steps:
                while pids and not killed:
                    with suppress(ProcessLookupError):  # the deadly text was there first
                        os.kill(pids[-1], signal.SIGKILL)
                        killed.append(pids[-1])
                    pids.pop()
                yield step

        filled = fill(content, tmp_path / "filled", spread=workers.over(client), watch=killing)
        assert killed
        assert [item.source for item in filled.quarantined] == ["bulletins/03.txt", "bulletins/empty.txt"]
        assert "the process ended" in filled.quarantined[0].fault
        assert counts(tmp_path / "filled") == [21, 19]
    monkeypatch.undo()
    filled = fill(content, tmp_path / "filled")
    assert (filled.processed, filled.known) == (1, 19)
    archive.everything(content, tmp_path / "single")
    assert digest(tmp_path / "filled") == digest(tmp_path / "single")
    assert counts(tmp_path / "filled") == counts(tmp_path / "single")

"""What a URL holds: received files, or records of JSON Lines, Parquet or WARC, in a stable order.

A URL is whatever fsspec reads: a path, `s3://...`, `https://...`; a file, a folder, or a pattern of files.
"""

from __future__ import annotations

import base64
import binascii
import gzip
import hashlib
import json
import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import date, datetime
from typing import IO, Any, NamedTuple

import fsspec
from pyarrow import parquet
from warcio.archiveiterator import ArchiveIterator

from tongbao.model import Quarantined
from tongbao.receive import MAX_BYTES, SUFFIXES
from tongbao.receive.core import too_long
from tongbao.receive.sidecar import KEYS, SidecarError, parse_sidecar

# A line of JSON: the longest text in base64, or all of it written as escapes, with room for the other fields.
MAX_LINE = 4 * MAX_BYTES
# Rows of Parquet that are in memory at once.
_ROWS = 64
_TYPES = {"txt": ".txt", "html": ".html"}
_MEDIA = {"text/plain": "txt", "text/html": "html", "application/xhtml+xml": "html"}
_WARC_END = b"\r\n\r\n"
_AGAIN = "receive the file again, whole, and run this again"


class SourceError(Exception):
    """The source as a whole can't be read: names it, the fault and the remedy."""


class Record(NamedTuple):
    """A received file that is to be kept: its bytes, its POSIX path below `bulletins/`, its sidecar's bytes."""

    data: bytes
    name: str
    notes: bytes | None = None


# None is a record that holds no text: an image, a redirection.
Found = Record | Quarantined | None


class _Origin(NamedTuple):
    """A file of the source: its path as errors name it, and its name below the source."""

    path: str
    name: str


Reader = Callable[[IO[bytes], _Origin], Iterator[Found]]


class _RecordError(Exception):
    """A record can't be used; carries the fault and the remedy."""

    def __init__(self, fault: str, remedy: str) -> None:
        super().__init__(fault)
        self.fault = fault
        self.remedy = remedy


def read(url: str) -> Iterator[Found]:
    """All that `url` holds, in the order of paths, lines, rows and records.

    What can't be used comes as `Quarantined`. Raises SourceError where nothing can be read at all.
    """
    try:
        system, path = fsspec.core.url_to_fs(url)
        found = _files(system, path)
    except ImportError as error:
        raise SourceError(f"{url}: {error}; install that package beside tongbao[cluster]") from error
    except (OSError, ValueError) as error:
        raise SourceError(f"{url}: it can't be read: {error}; look at the address, or who may read it") from error
    if not found:
        raise SourceError(f"{url}: there is no such file or folder, or nothing in it; name received files")
    return (item for origin, kind in found for item in _file(system, origin, kind))


def _files(system: Any, path: str) -> list[tuple[_Origin, str]]:
    """All files but dotfiles in the order of their names, with what fsspec says they are."""
    # Some systems must read a file to say that it is no folder: a name that says so is believed.
    if not _reader(path) and system.isdir(path):
        root = path.rstrip("/")
        infos = system.find(path, detail=True)
    else:
        root = path.partition("*")[0].rpartition("/")[0]
        paths = [path] if system.exists(path) else system.glob(path) if "*" in path else []
        infos = {where: system.info(where) for where in paths}
    named = [(where[len(root) :].lstrip("/"), info) for where, info in infos.items()]
    shown = [(name, info) for name, info in named if not any(part.startswith(".") for part in name.split("/"))]
    kinds = [(_Origin(info["name"], name), "link" if info.get("islink") else info["type"]) for name, info in shown]
    return sorted(each for each in kinds if each[1] != "directory")


def _reader(name: str) -> Reader | None:
    return next((reader for suffix, reader in READERS.items() if name.lower().endswith(suffix)), None)


def _file(system: Any, origin: _Origin, kind: str) -> Iterator[Found]:
    reader = _reader(origin.name)
    if kind != "file":
        yield Quarantined(origin.path, "a link, or no regular file", "name the file itself")
    elif reader is None:
        fault = "neither a bulletin nor a collection of them"
        yield Quarantined(origin.path, fault, f"its name must end in one of {', '.join(READERS)}")
    else:
        try:
            with system.open(origin.path, "rb") as handle:
                yield from reader(handle, origin)
        except Exception as error:  # Whatever a broken file brings out of its reader must not stop the others.
            yield Quarantined(origin.path, f"it can't be read on: {type(error).__name__}: {error}", _AGAIN)


def _received(handle: IO[bytes], origin: _Origin) -> Iterator[Found]:
    """A received file, or a sidecar, as it is."""
    data = handle.read(MAX_BYTES + 1)
    yield Record(data, origin.name) if len(data) <= MAX_BYTES else too_long(origin.path, handle.seek(0, os.SEEK_END))


def _json_lines(handle: IO[bytes], origin: _Origin) -> Iterator[Found]:
    number = 0
    while line := handle.readline(MAX_LINE):
        number += 1
        place = f"{origin.path} line {number}"
        if len(line) == MAX_LINE and not line.endswith(b"\n"):
            yield Quarantined(place, f"the line has more than {MAX_LINE:,} bytes", "cut it into single bulletins")
            while line and not line.endswith(b"\n"):
                line = handle.readline(MAX_LINE)
        elif line.strip():
            yield _or_quarantined(place, origin, lambda line=line: _parsed(line))  # type: ignore[misc]


def _json_lines_zipped(handle: IO[bytes], origin: _Origin) -> Iterator[Found]:
    with gzip.open(handle) as unzipped:
        yield from _json_lines(unzipped, origin)  # type: ignore[arg-type]


def _parsed(line: bytes) -> Mapping[str, object]:
    try:
        fields = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise _RecordError(f"it is no JSON: {error}", "write one object a line, in UTF-8") from error
    if not isinstance(fields, dict):
        raise _RecordError("it is no JSON object", "write one object a line")
    if isinstance(encoded := fields.get("bytes"), str):
        try:
            fields["bytes"] = base64.b64decode(encoded, validate=True)
        except binascii.Error as error:
            raise _RecordError(f"its bytes are no base64: {error}", "write the received bytes in base64") from error
    return fields


def _parquet(handle: IO[bytes], origin: _Origin) -> Iterator[Found]:
    table = parquet.ParquetFile(handle)
    columns = [name for name in table.schema_arrow.names if name in FIELDS]
    number = 0
    for batch in table.iter_batches(batch_size=_ROWS, columns=columns):
        for row in batch.to_pylist():
            number += 1
            yield _or_quarantined(f"{origin.path} row {number}", origin, lambda row=row: row)  # type: ignore[misc]


def _warc(handle: IO[bytes], origin: _Origin) -> Iterator[Found]:
    yield from _pages(handle, origin)
    handle.seek(-len(_WARC_END), os.SEEK_END)
    if handle.read() != _WARC_END:
        yield Quarantined(origin.path, "the file ends within a record", _AGAIN)


def _warc_zipped(handle: IO[bytes], origin: _Origin) -> Iterator[Found]:
    with gzip.open(handle) as unzipped:
        yield from _pages(unzipped, origin)  # type: ignore[arg-type]
        unzipped.read(1)  # raises what the reader of records took for the end


def _pages(handle: IO[bytes], origin: _Origin) -> Iterator[Found]:
    for number, record in enumerate(ArchiveIterator(handle), 1):
        place = f"{origin.path} record {number}"
        found = _or_quarantined(place, origin, lambda record=record: _page(record))  # type: ignore[misc]
        yield found if _is_whole(record) else Quarantined(place, "the file ends within it", _AGAIN)


def _is_whole(record: Any) -> bool:
    """Whether the file holds as much of the record as it says; its reader is content with what is there."""
    while record.raw_stream.read(2**20):
        pass
    return not record.raw_stream.limit and record.rec_headers.get_header("Content-Length") is not None


def _page(record: Any) -> Mapping[str, object] | None:
    """The fields of a page that a server gave, None where a record is something else."""
    if record.rec_type != "response" or record.http_headers is None or record.http_headers.get_statuscode() != "200":
        return None
    media, _, parameters = (record.http_headers.get_header("Content-Type") or "").partition(";")
    if (kind := _MEDIA.get(media.strip().lower())) is None:
        return None
    charset = next((v for k, _, v in map(_split, parameters.split(";")) if k == "charset"), None)
    return {
        "bytes": record.content_stream().read(MAX_BYTES + 1),
        "type": kind,
        "url": record.rec_headers.get_header("WARC-Target-URI").strip("<>"),
        "fetched": (record.rec_headers.get_header("WARC-Date") or "")[:10],
        "charset": charset,
    }


def _split(parameter: str) -> tuple[str, str, str]:
    name, sign, value = parameter.partition("=")
    return name.strip().lower(), sign, value.strip().strip("\"'")


def _or_quarantined(place: str, origin: _Origin, fields: Callable[[], Mapping[str, object] | None]) -> Found:
    try:
        given = fields()
        return None if given is None else _record(given, place, origin)
    except (_RecordError, SidecarError) as error:
        return Quarantined(place, error.fault, error.remedy)


def _record(fields: Mapping[str, object], place: str, origin: _Origin) -> Found:
    """A record as a file: named after its bytes and its sidecar, so that it has one name whenever it comes."""
    data, known = _data(fields)
    if len(data) > MAX_BYTES:
        return too_long(place, len(data))
    suffix = _TYPES.get(str(fields.get("type") or "txt"))
    if suffix is None:
        raise _RecordError(f"its type is {fields['type']!r}", f"write one of {', '.join(_TYPES)}")
    notes = _notes({name: value for name in known if (value := fields.get(name)) not in (None, "")}, place)
    digest = hashlib.sha256(hashlib.sha256(data).digest() + notes).hexdigest()
    folder = origin.name.partition(".")[0]
    return Record(data, f"{folder}/{digest[:2]}/{digest[:32]}{suffix}", notes or None)


def _data(fields: Mapping[str, object]) -> tuple[bytes, Iterable[str]]:
    """The received bytes, and the fields of the sidecar that hold for them."""
    data, text = fields.get("bytes"), fields.get("text")
    if isinstance(data, bytes) and text is None:
        return data, KEYS
    if isinstance(text, str) and data is None:
        try:
            return text.encode("utf-8"), [name for name in KEYS if name != "charset"]  # it is decoded already
        except UnicodeEncodeError as error:
            raise _RecordError(f"its text is no Unicode: {error}", "give the received bytes in its place") from error
    raise _RecordError("it holds neither `bytes` nor `text`, or both", "give the received bytes, or the decoded text")


def _notes(described: Mapping[str, object], place: str) -> bytes:
    """The sidecar's bytes, checked as any other. Raises SidecarError."""
    lines = [f"{name} = {_toml(name, value)}\n" for name, value in described.items()]
    notes = "".join(lines).encode("utf-8", "surrogatepass")
    parse_sidecar(notes, f"of {place}")
    return notes


def _toml(name: str, value: object) -> str:
    if name == "fetched":
        day = value.date() if isinstance(value, datetime) else value
        try:
            return (day if isinstance(day, date) else date.fromisoformat(str(day)[:10])).isoformat()
        except ValueError as error:
            raise _RecordError(f"its fetched is {value!r}", "write a day such as 2022-03-19") from error
    # JSON's strings are TOML's, but for one character.
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")


FIELDS = ("bytes", "text", "type", *KEYS)
READERS: dict[str, Reader] = {
    ".jsonl": _json_lines,
    ".jsonl.gz": _json_lines_zipped,
    ".parquet": _parquet,
    ".warc": _warc,
    ".warc.gz": _warc_zipped,
    **dict.fromkeys((*SUFFIXES, ".toml"), _received),
}

"""A server on loopback that sends what every host sends, text compressed by gzip, and notes it."""

from __future__ import annotations

import gzip
import hashlib
import http.server
import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus
from pathlib import Path
from typing import Any, NamedTuple

# What hosts compress; everything else goes as it is.
TEXT = {
    ".html": "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".svg": "image/svg+xml",
    ".xml": "application/xml",
}
_LEVEL = 6
_MAX_AGE = 600


class Sent(NamedTuple):
    """One answer: the kind of file, bytes of its body as sent and as stored, bytes of its headers."""

    kind: str
    wire: int
    stored: int
    headers: int


class Site:
    """A folder that is served. `base` is its address; `take` hands out what was sent since it was last asked."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder.resolve()
        self.base = ""
        self._sent: list[Sent] = []
        self._lock = threading.Lock()
        self._active = 0
        self._last = 0.0
        self._bodies: dict[Path, tuple[bytes, int, str]] = {}

    def take(self) -> list[Sent]:
        with self._lock:
            sent, self._sent = self._sent, []
        return sent

    def settle(self, seconds: float = 0.4) -> None:
        """Wait until nothing has been asked for that long."""
        while self._active or time.monotonic() - self._last < seconds:
            time.sleep(0.02)

    def body(self, path: Path) -> tuple[bytes, int, str]:
        """(as sent, size as stored, tag) of a file; only text is kept: the rest is as quickly read."""
        if path in self._bodies:
            return self._bodies[path]
        data = path.read_bytes()
        tag = hashlib.blake2b(data, digest_size=16).hexdigest()
        if path.suffix not in TEXT:
            return data, len(data), tag
        return self._bodies.setdefault(path, (gzip.compress(data, _LEVEL, mtime=0), len(data), tag))

    def note(self, sent: Sent) -> None:
        with self._lock:
            self._sent.append(sent)

    @contextmanager
    def busy(self) -> Iterator[None]:
        with self._lock:
            self._active += 1
        try:
            yield
        finally:
            with self._lock:
                self._active -= 1
                self._last = time.monotonic()


def kind_of(path: Path) -> str:
    """The folder's name where that is one letter, the suffix of text and of Pagefind's files, else the file's name."""
    if len(path.parent.name) == 1:
        return path.parent.name
    named = path.suffix in TEXT or path.suffix.startswith(".pf_")
    return path.suffix[1:] if named else path.stem


def _handler(site: Site) -> type[http.server.SimpleHTTPRequestHandler]:
    class Handler(http.server.SimpleHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True
        wbufsize = 1 << 16
        head = 0

        def __init__(self, *args: Any) -> None:
            super().__init__(*args, directory=str(site.folder))

        def do_GET(self) -> None:
            if self.path == "/count":
                self._answer(HTTPStatus.OK, json.dumps(site.take()).encode(), {}, None, 0)
                return
            with site.busy():
                path = Path(self.translate_path(self.path))
                self._send(path / "index.html" if path.is_dir() else path)
                self.wfile.flush()

        def _send(self, path: Path) -> None:
            if not path.is_file():
                self._answer(HTTPStatus.NOT_FOUND, b"", {}, "missing", 0)
                return
            data, stored, tag = site.body(path)
            head = {"ETag": f'"{tag}"', "Cache-Control": f"max-age={_MAX_AGE}"}
            head["Content-Type"] = TEXT.get(path.suffix, "application/octet-stream")
            if path.suffix in TEXT:
                head |= {"Content-Encoding": "gzip", "Vary": "Accept-Encoding"}
            if self.headers.get("If-None-Match") == head["ETag"]:
                self._answer(HTTPStatus.NOT_MODIFIED, b"", head, kind_of(path), 0)
            else:
                self._answer(HTTPStatus.OK, data, head, kind_of(path), stored)

        def _answer(self, status: HTTPStatus, data: bytes, head: dict[str, str], kind: str | None, stored: int) -> None:
            self.head = len(f"HTTP/1.1 {status} {status.phrase}\r\n\r\n")
            self.send_response(status)
            for name, value in head.items():
                self.send_header(name, value)
            if status != HTTPStatus.NOT_MODIFIED:
                self.send_header("Content-Length", str(len(data)))
            # Noted before it is sent: who has it may ask at once what was sent.
            if kind:
                site.note(Sent(kind, len(data), stored, self.head))
            self.end_headers()
            self.wfile.write(data)

        def send_header(self, keyword: str, value: str) -> None:
            self.head += len(f"{keyword}: {value}\r\n")
            super().send_header(keyword, value)

        def log_message(self, format: str, *args: object) -> None:
            pass

    return Handler


class _Server(http.server.ThreadingHTTPServer):
    request_queue_size = 64


@contextmanager
def serving(folder: Path) -> Iterator[Site]:
    """Serve a folder; `/count` gives the answers since it was last asked, as JSON."""
    site = Site(folder)
    server = _Server(("127.0.0.1", 0), _handler(site))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    site.base = f"http://127.0.0.1:{server.server_port}/"
    try:
        yield site
    finally:
        server.shutdown()
        server.server_close()

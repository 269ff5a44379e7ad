"""Serves a site while it is worked on: its pages load again when another is published, and say when a build failed.

A page gets one line more on its way to the browser, never on disk: a script, that listens to what the server sends.
Libraries that do this bring an event loop and a watcher of their own (`livereload`: Tornado); on loopback the standard
library's server and server-sent events are enough, and a site's policy allows scripts of its own origin only.
"""

from __future__ import annotations

import io
import json
import re
import sys
import threading
from dataclasses import asdict, dataclass
from functools import partial
from http import HTTPStatus
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from importlib.resources import files
from pathlib import Path
from typing import Any, BinaryIO
from urllib.parse import urlsplit

EVENTS, SCRIPT = "/.tongbao/events", "/.tongbao/reload.js"
# Seconds after which a silent browser is written to, to see if it is still there.
_PING = 15
_HEAD = re.compile(rb"</head\s*>", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class State:
    """What pages are told: a name of the site that stands there, and why the last build failed, "" if it did not."""

    site: str
    fault: str = ""


class Board:
    """The state, for all threads to read, and to wait for another."""

    def __init__(self, state: State) -> None:
        self._state = state
        self._changed = threading.Condition()

    @property
    def state(self) -> State:
        return self._state

    def tell(self, state: State) -> None:
        """Put another state up."""
        with self._changed:
            self._state = state
            self._changed.notify_all()

    def wait(self, seen: State | None, seconds: float) -> State:
        """The state, as soon as it is not the one that was seen, or after some seconds."""
        with self._changed:
            self._changed.wait_for(lambda: self._state != seen, seconds)
            return self._state


def with_script(page: bytes, site: str) -> bytes:
    """A page of HTML with the script in its head, which is told the name of the site that the page is from."""
    line = f'<script src="{SCRIPT}?site={site}" defer></script>\n'.encode()
    head = _HEAD.search(page)
    at = head.start() if head else len(page)
    return page[:at] + line + page[at:]


class Server(ThreadingHTTPServer):
    """Serves the folder `output` on loopback. Raises OSError where the port can't be had."""

    daemon_threads = True

    def __init__(self, output: Path, port: int, board: Board) -> None:
        self.board = board
        super().__init__(("127.0.0.1", port), partial(_Handler, directory=str(output)))

    def handle_error(self, request: Any, client_address: Any) -> None:
        if not isinstance(sys.exc_info()[1], ConnectionError):  # A browser may leave whenever it likes.
            super().handle_error(request, client_address)


class _Handler(SimpleHTTPRequestHandler):
    """Looks for each file anew: a publication puts another folder in the place of the site."""

    server: Server

    def do_GET(self) -> None:
        match urlsplit(self.path).path:
            case path if path == EVENTS:
                self._send_events()
            case path if path == SCRIPT:
                script = files("pelican_tongbao").joinpath("reload.js").read_bytes()
                self.wfile.write(self._begin("text/javascript", script).getvalue())
            case _:
                super().do_GET()

    def send_head(self) -> io.BytesIO | BinaryIO | None:
        # Times of files don't tell: they are kept over builds, and the script's name of the site changes.
        del self.headers["If-Modified-Since"]
        site = self.server.board.state.site  # asked first: a page that is newer than its name loads once more
        path = self.translate_path(self.path)
        page = Path(path, "index.html") if path.endswith("/") else Path(path)
        if self.guess_type(str(page)).startswith("text/html"):
            try:
                return self._begin("text/html", with_script(page.read_bytes(), site))
            except OSError:
                pass
        return super().send_head()

    def _begin(self, kind: str, body: bytes) -> io.BytesIO:
        self.send_response(HTTPStatus.OK)
        self.send_header("Content-Type", f"{kind}; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        return io.BytesIO(body)

    def _send_events(self) -> None:
        self.send_response(HTTPStatus.OK)
        self.send_header("Content-Type", "text/event-stream")
        self.end_headers()
        seen: State | None = None
        while True:
            state = self.server.board.wait(seen, _PING)
            told = "" if state == seen else f"data: {json.dumps(asdict(state))}"
            self.wfile.write(f"{told or ':'}\n\n".encode())
            seen = state

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
        # A page that is not there may be there after the next build.
        page = with_script(super().error_message_format.encode(), self.server.board.state.site)
        self.error_message_format = page.decode()
        super().send_error(code, message, explain)

    def end_headers(self) -> None:
        self.send_header("Cache-Control", "no-store")
        super().end_headers()

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Only what fails is worth a line, and `send_error` writes one."""

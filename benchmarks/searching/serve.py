"""A server on loopback that notes what it sends."""

from __future__ import annotations

import http.server
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

Sent = list[tuple[str, int]]


@contextmanager
def counted(site: Path) -> Iterator[tuple[str, Sent]]:
    """Serve a folder: its address, and the list of (kind of file, bytes) sent; `/count` gives that list and clears it.

    The kind is the folder's name where that is one letter, else the file's.
    """
    sent: Sent = []

    class Handler(http.server.SimpleHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def __init__(self, *args: Any) -> None:
            super().__init__(*args, directory=str(site))

        def do_GET(self) -> None:
            if self.path == "/count":
                body = json.dumps(sent).encode()
                self.send_response(200)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)
                sent.clear()
                return
            path = Path(self.translate_path(self.path))
            kind = path.parent.name if len(path.parent.name) == 1 else path.stem
            sent.append((kind, path.stat().st_size if path.is_file() else 0))
            super().do_GET()

        def log_message(self, format: str, *args: object) -> None:
            pass

    class Server(http.server.ThreadingHTTPServer):
        request_queue_size = 64

    server = Server(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/", sent
    finally:
        server.shutdown()

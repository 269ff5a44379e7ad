"""Builds the site again whenever something that it is made of changes, and shows it: `make devserver`.

    python -m pelican_tongbao.devserver CONTENT OUTPUT --settings pelicanconf.py [--port 8000]

Without a port it builds and serves nothing (`make regenerate`). The builds come from a process that has everything
loaded (`resident`), browsers learn of them by `serving`, changes by `watching`. A change of this server's own modules
is taken up when it is started again.
"""

from __future__ import annotations

import argparse
import os
import secrets
import signal
import sys
import threading
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from queue import SimpleQueue

from pelican_tongbao import plan, watching
from pelican_tongbao.resident import Job, Resident
from pelican_tongbao.serving import Board, Server, State


def main(arguments: Sequence[str] | None = None) -> int:
    """0 when it was stopped, 1 where it can't begin."""
    parser = argparse.ArgumentParser(prog="devserver", description=__doc__.splitlines()[0])
    parser.add_argument("content")
    parser.add_argument("output")
    parser.add_argument("--settings", default="pelicanconf.py")
    parser.add_argument("--port", type=int, help="serve the site on this port; 0: on any that is free")
    options = parser.parse_args(arguments)
    job = Job(options.content, options.output, options.settings)
    # Names no other site: a page of another server, or of this one before it was started again, loads again.
    board, start = Board(State("")), secrets.token_hex(4)
    board.tell(State(f"{start}-0"))
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    with ExitStack() as stack:
        if options.port is not None:
            try:
                server = stack.enter_context(Server(Path(job.output), options.port, board))
            except OSError as error:
                print(f"tongbao: port {options.port}: {error.strerror}; name another: PORT=8001", file=sys.stderr)
                return 1
            stack.callback(server.shutdown)
            threading.Thread(target=server.serve_forever, daemon=True).start()
            print(f"tongbao: http://127.0.0.1:{server.server_port}/ (Ctrl-C stops)", flush=True)
        try:
            work(job, board, start)
        except KeyboardInterrupt:
            print("tongbao: stopped", file=sys.stderr)
    return 0


def work(job: Job, board: Board, start: str) -> None:
    """Build, tell, wait for a change, and again, until interrupted. The sites are named by `start` and a number."""
    cache = Path(os.environ.get("TONGBAO_CACHE") or plan.ROOT / ".cache")
    known = watching.sources(Path(job.content), Path(job.output), Path(job.settings), cache)
    news: watching.News = SimpleQueue()
    stop = threading.Event()
    threads = watching.follow(known, news, stop)
    resident: Resident | None = None
    number = 0
    changed: set[Path] = set()
    try:
        while True:
            # Again if code changes while it is loaded: a half of the old must not be kept as the new.
            while resident is None or resident.fault or any(map(known.restarts, changed)):
                if resident:
                    resident.close()
                resident = Resident(job)
                changed = watching.heard(news)
                if resident.fault:
                    break
            built = resident.build()
            number += built.published
            # A fault that the next build may mend, which follows at once, is not told.
            if built.published or news.empty():
                board.tell(State(f"{start}-{number}", built.fault))
            changed = news.get() | watching.heard(news)
            print(f"tongbao: changed: {_listed(changed)}", flush=True)
    finally:
        stop.set()
        if resident:
            resident.close()
        for thread in threads:
            thread.join()


def _listed(changed: set[Path]) -> str:
    names = sorted(os.path.relpath(path) for path in changed)
    return ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")


if __name__ == "__main__":
    sys.exit(main())

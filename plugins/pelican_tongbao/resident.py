"""Builds from a process that has loaded everything: it forks a child for each, which builds as `make html` does.

To load Pelican, the library and its tables takes longer than to find what has changed. What a build itself loads
(settings, templates, content) ends with its child, so nothing in the resident process can be out of date but code and
tables; when these change, it is replaced by another.
"""

from __future__ import annotations

import gc
import inspect
import logging
import multiprocessing
import os
import re
import signal
import subprocess
import sys
import traceback
from contextlib import redirect_stderr, suppress
from functools import _lru_cache_wrapper
from multiprocessing.connection import Connection
from pathlib import Path
from types import ModuleType
from typing import Any, NamedTuple, TextIO, cast

from pelican_tongbao import plan

# Seconds that a build that was told to stop may take to put away what it began.
_PATIENCE = 10
_TEMPLATE = re.compile(r'File "([^"]+\.html)", line (\d+)')


class Job(NamedTuple):
    """The folders of content and site and the file of settings, as they are given to Pelican."""

    content: str
    output: str
    settings: str


class Built(NamedTuple):
    """What became of a build: whether it published a site, and what went wrong, "" where nothing did."""

    published: bool
    fault: str = ""


class Resident:
    """The process. `fault` says why it could not load, "" where it did."""

    def __init__(self, job: Job) -> None:
        """Start it and wait until everything is loaded."""
        self._line, theirs = multiprocessing.Pipe()
        descriptor = theirs.fileno()
        command = [sys.executable]
        # Bytecode is known by the second of its source's time: of a file saved twice within one, the old could stay.
        command += ["-B", "-c", "from pelican_tongbao.resident import serve; serve()", str(descriptor), *job]
        # In a session of its own: Ctrl-C reaches whoever started this, who then stops it once, and in order.
        self._process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, pass_fds=[descriptor], start_new_session=True
        )
        theirs.close()
        self.fault = self._hear().fault

    def build(self) -> Built:
        """Build; returns when the build has ended. A process that has a fault builds nothing."""
        if self.fault:
            return Built(False, self.fault)
        with suppress(OSError):
            self._line.send(None)
        return self._hear()

    def _hear(self) -> Built:
        try:
            return Built(*self._line.recv())
        except (EOFError, OSError):
            self.fault = "the process that builds ended without a word; the terminal may say more"
            return Built(False, self.fault)

    def close(self) -> None:
        """End it, and the build that may be under way; the site stays as it was."""
        self._line.close()
        self._process.send_signal(signal.SIGTERM)
        try:
            self._process.wait(_PATIENCE)
        except subprocess.TimeoutExpired:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()


# --- in the resident process ------------------------------------------------------------------------------------------


def serve() -> None:
    """Load everything, then build whenever asked, until nobody can ask any more."""
    descriptor, *rest = sys.argv[1:]
    job, line = Job(*rest), Connection(int(descriptor))
    with suppress(OSError, EOFError):
        try:
            _load()
        except Exception as error:
            traceback.print_exc()
            line.send((False, "".join(traceback.format_exception_only(error)).strip()))
            return
        gc.freeze()  # A collector that touches what is loaded would copy it into each child.
        line.send((False, ""))
        while True:
            line.recv()
            line.send(_forked(job))


def _load() -> None:
    """Import what a build imports, make every table, and take one text through all stages."""
    import pelican  # noqa: F401

    from pelican_tongbao import site  # noqa: F401
    from tongbao import pipeline

    for name, module in list(sys.modules.items()):
        if name.partition(".")[0] == "tongbao":
            _make_tables(module)
    pipeline.load()


def _make_tables(module: ModuleType) -> None:
    """Call what a module caches and takes no arguments."""
    for value in vars(module).values():
        if isinstance(value, _lru_cache_wrapper) and not inspect.signature(value).parameters:
            value()


def _forked(job: Job) -> tuple[bool, str]:
    """What became of a build in a child."""
    ours, theirs = multiprocessing.Pipe(duplex=False)
    child = multiprocessing.get_context("fork").Process(target=_build, args=(job, theirs))
    child.start()
    theirs.close()

    def stop(_signal: int, _frame: object) -> None:
        os.kill(cast(int, child.pid), signal.SIGINT)

    signal.signal(signal.SIGTERM, stop)
    try:
        return Built(*ours.recv())
    except EOFError:
        return Built(False, "the build ended without a word; is there memory left?")
    finally:
        child.join()
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        ours.close()


# --- in the child -----------------------------------------------------------------------------------------------------


def _build(job: Job, line: Connection) -> None:
    """Build as `make html` does: not at all where nothing has changed."""
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    made_of, current = plan.look(Path(job.content), Path(job.output), job.settings)
    if current:
        print(plan.UP_TO_DATE)
        line.send((False, ""))
        return
    import pelican

    os.environ["TONGBAO_STATE"] = made_of
    said, logged = _Said(sys.stderr), _Logged()
    logging.getLogger("pelican").addHandler(logged)
    failed = False
    with redirect_stderr(cast(TextIO, said)):
        try:
            pelican.main([job.content, "-o", job.output, "-s", job.settings])
        except SystemExit as end:
            failed = end.code not in (None, 0)
            if isinstance(end.code, str):
                print(end.code, file=sys.stderr)
        except Exception:
            failed = True
            traceback.print_exc()
    fault = "\n".join(logged.messages) or said.last() if failed else ""
    line.send((not failed, fault))


class _Said:
    """A stream that remembers what went through it."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._texts: list[str] = []

    def write(self, text: str) -> int:
        self._texts.append(text)
        return self._stream.write(text)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)

    def last(self) -> str:
        """The last message: ours may have several lines, the first of which begins with a name."""
        text = "".join(self._texts)
        return text[max(0, text.rfind("tongbao: ")) :].strip() or "the build failed; the terminal may say more"


class _Logged(logging.Handler):
    """Keeps the errors that Pelican logs, each with the template's line in which it came up."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.messages: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        trace = logging.Formatter().formatException(record.exc_info) if record.exc_info else ""
        message, where = record.getMessage(), _TEMPLATE.findall(trace)[-1:]
        self.messages.append("\n".join([message, *(f"{file}, line {n}" for file, n in where if file not in message)]))

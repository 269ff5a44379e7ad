"""Process synthetic bulletins on two workers of which one is killed midway, and on one machine: the stores must be one.

    python benchmarks/soak_cluster.py [--count 10000] [--workers 2] [--out FOLDER]

Prints what each took, and the digests of what the stores hold: received texts and bulletins, key by key, byte by byte.
"""

from __future__ import annotations

import argparse
import os
import shutil
import signal
import sys
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

from building import received
from evaluate.pool import spread

from pelican_tongbao.plan import ROOT
from tongbao import archive
from tongbao.cluster import filling, workers
from tongbao.store import Store


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--count", type=int, default=10_000, help="bulletins")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--out", type=Path, default=ROOT / ".cache/soak-cluster")
    options = parser.parse_args()
    folder = options.out.resolve()
    shutil.rmtree(folder, ignore_errors=True)
    (folder / "content/bulletins").mkdir(parents=True)
    list(spread(partial(received.write, folder / "content/bulletins"), range(options.count)))

    begun = time.perf_counter()
    corpus = archive.everything(folder / "content", folder / "single")
    single = time.perf_counter() - begun
    print(f"one machine: {len(corpus.bulletins)} bulletins, {single:.1f} s", flush=True)
    del corpus

    with workers.connected(None, options.workers) as client:
        begun = time.perf_counter()
        filled = filling.fill(
            folder / "content",
            folder / "cluster",
            spread=workers.over(client),
            watch=lambda steps, total: _with_a_kill(steps, total, client),
        )
        cluster = time.perf_counter() - begun
    print(f"{options.workers} workers: {filled.processed} bulletins, {cluster:.1f} s", flush=True)
    begun = time.perf_counter()
    again = filling.fill(folder / "content", folder / "cluster")
    print(f"again: {again.processed} processed, {again.known} known, {time.perf_counter() - begun:.1f} s")
    digests = []
    for name in ("single", "cluster"):
        with Store(folder / name / "bulletins.sqlite") as store:
            digests.append(store.digest())
        size = (folder / name / "bulletins.sqlite").stat().st_size
        print(f"{name}: {digests[-1]}, {size / 1e6:.1f} MB")
    same = digests[0] == digests[1] and not filled.quarantined and not again.processed
    print("the same store, byte for byte" if same else "NOT the same")
    return 0 if same else 1


def _with_a_kill(steps: Iterator[filling.Made], total: int, client: Any) -> Iterator[filling.Made]:
    """The same steps; at half of them a worker is killed."""
    for number, step in enumerate(steps):
        if number == total // 2:
            pid = min(client.run(os.getpid).values())
            os.kill(pid, signal.SIGKILL)
            print(f"killed worker {pid} after {number} of {total}", flush=True)
        yield step


if __name__ == "__main__":
    sys.exit(main())

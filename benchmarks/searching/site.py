"""The real pages around a synthetic index."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def make(folder: Path) -> Path:
    """The site of `content/`, as `make html` builds it, with `folder`/search in the place of its own index."""
    site = folder / "site"
    done = subprocess.run(
        [sys.executable, "-m", "pelican", "content", "-o", str(site.resolve()), "-s", "pelicanconf.py"],
        cwd=ROOT,
        env={**os.environ, "TONGBAO_CACHE": str((folder / "cache").resolve())},
        capture_output=True,
        text=True,
    )
    if done.returncode:
        raise SystemExit(f"the site of content/ can't be built: {done.stdout}{done.stderr}")
    for path in (site / "search").iterdir():
        if path.is_dir():
            shutil.rmtree(path)
        elif path.suffix != ".html":
            path.unlink()
    shutil.copytree(folder / "search", site / "search", dirs_exist_ok=True)
    return site

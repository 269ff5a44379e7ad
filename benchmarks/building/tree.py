"""A copy of what a build of the project is made with, so that a template can be changed and nobody else notices."""

from __future__ import annotations

import compileall
import os
import shutil
import sys
from pathlib import Path

from pelican_tongbao.plan import OWN, ROOT

_PASSED = shutil.ignore_patterns("__pycache__", "*.egg-info")


def copy(tree: Path) -> None:
    """Copy Makefile, code, theme and settings into the folder `tree`, with their times, and compile the code."""
    tree.mkdir(parents=True)
    for name in ("Makefile", *OWN):
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, tree / name, ignore=_PASSED)
        else:
            shutil.copy2(source, tree / name)
    # As it is after any build: what the interpreter writes in the first one would count as a change.
    compileall.compile_dir(tree / "plugins", quiet=2)


def command(tree: Path, folder: Path) -> list[str]:
    """`make html` in the copy: `folder`/content to `folder`/output, by this interpreter's environment as it is."""
    environment = Path(sys.prefix)
    paths = os.pathsep.join(filter(None, [str(tree / "plugins"), os.environ.get("PYTHONPATH")]))
    make = ["make", "-C", str(tree), "--no-print-directory", "-o", str(environment / ".ready"), "html"]
    values = {name: folder / name.lower() for name in ("CONTENT", "OUTPUT", "CACHE")}
    return ["env", f"PYTHONPATH={paths}", *make, *(f"{n}={v}" for n, v in values.items()), f"VENV={environment}"]


def change_template(tree: Path) -> None:
    """Change a template that all bulletins' pages are made with."""
    with (tree / "theme/templates/bulletin.html").open("a", encoding="utf-8") as file:
        file.write("\n")

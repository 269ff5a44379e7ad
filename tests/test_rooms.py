"""The rules between rooms (docs/design.md), read off the imports."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

PLUGINS = Path(__file__).parents[1] / "plugins"
BASE = {"model", "edits", "data", "folding", "patterns"}
STAGES = {"receive", "repair", "script", "reading", "places", "dates", "genre"}
# Room: the rooms of the library it may import. A room may always import its own modules.
ALLOWED: dict[str, set[str]] = {
    "": set(),
    "model": set(),
    "edits": {"model"},
    "data": set(),
    "folding": {"data"},
    "patterns": set(),
    **{stage: BASE for stage in STAGES},
    "likeness": BASE,
    "search": BASE | {"script", "crew"},
    "export": BASE | {"", "script", "reading", "search", "likeness"},
    "store": {"model"},
    "crew": set(),
    "pipeline": BASE | STAGES,
    "archive": {"model", "receive", "repair", "store", "crew", "pipeline"},
    "cluster": BASE | {"receive", "repair", "store", "pipeline", "archive"},
    "cli": BASE | STAGES | {"", "store", "pipeline", "cluster", "search", "export"},
}


def modules(package: str) -> list[Path]:
    return sorted((PLUGINS / package).rglob("*.py"))


def room(path: Path) -> str:
    first = path.relative_to(PLUGINS / "tongbao").parts[0]
    return first.removesuffix(".py").replace("__init__", "")


def imports(path: Path) -> Iterator[str]:
    """The absolute names a module imports, `from a import b` as `a.b`."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: write relative imports out"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


@pytest.mark.parametrize("path", modules("tongbao"), ids=lambda p: str(p.relative_to(PLUGINS)))
def test_library_rooms(path: Path) -> None:
    here = room(path)
    assert here in ALLOWED, f"a new room: {here}; add it to docs/design.md and to this table"
    for name in imports(path):
        head, _, rest = name.partition(".")
        assert head not in {"pelican", "pelican_tongbao"}, f"{path}: the library knows no Pelican"
        assert head not in {"requests", "urllib3", "socket", "random", "time"}, (
            f"{path}: no network, clock or randomness"
        )
        if head == "tongbao":
            target = rest.partition(".")[0]
            target = "" if target.startswith("__") else target
            known = target in ALLOWED
            assert known, f"{path}: imports {name}, which is no room"
            assert target == here or target in ALLOWED[here], f"{path}: {here} must not import {target}"


def test_nothing_but_adapters_imports_pelican() -> None:
    users = {p for p in PLUGINS.rglob("*.py") if any(n.split(".")[0] == "pelican" for n in imports(p))}
    assert all("pelican_tongbao" in p.parts for p in users)


def test_every_room_is_in_the_design() -> None:
    design = (PLUGINS.parent / "docs/design.md").read_text("utf-8")
    missing = [name for name in ALLOWED if name and name not in design]
    assert not missing

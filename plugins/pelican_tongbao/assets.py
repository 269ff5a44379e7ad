"""What a visitor downloads: the search's modules joined, scripts and styles minified.

The sources in `theme/static` run as they are; nothing here is needed to work on them. The joiner knows the few forms
that they use and refuses all others. A declaration that nothing uses is left out, so a declaration must have no effect.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path

# The modules that are asked for by name; each is published as one file.
ENTRIES = ("page.js", "engine.js", "index.js")
FOLDER = "js/search"
_TYPES = {".css": "text/css", ".js": "text/javascript"}

_IMPORT = re.compile(r'import \{\s*([\w$]+(?:,\s*[\w$]+)*),?\s*\} from "\./([\w-]+\.js)";')
_EXPORT = re.compile(r"export \{ ([\w$, ]+) \};")
_DECLARATION = re.compile(r"(export )?(?:(?:async )?function\*? ?|class |const |let )([\w$]+)")
_STYLES = re.compile(r'^@import "([\w-]+\.css)";$', re.MULTILINE)
_CALLED = re.compile(r'\bimport\b(?!\.meta\.url\b)(?!\("\./(?:' + "|".join(map(re.escape, ENTRIES)) + r')"\))')


class AssetError(Exception):
    """A script is written in a way that the joiner does not know: which file, which line, and what to do."""


@dataclass
class _Module:
    """`statements` are (declared name or None, text, names used); `imports` are {name: module}."""

    name: str
    statements: list[tuple[str | None, str, frozenset[str]]] = field(default_factory=list)
    imports: dict[str, str] = field(default_factory=dict)
    exports: list[str] = field(default_factory=list)

    @property
    def known(self) -> set[str]:
        """The names that mean something of the modules."""
        return {*self.imports, *(declared for declared, _, _ in self.statements if declared)}


def join(folder: Path, entry: str) -> str:
    """The module `entry` of a folder with all that it imports, as one module with the exports of `entry`."""
    modules = {module.name: module for module in _load(folder, entry, ())}
    # (module, name) of what is kept; the name is None for what stands outside of declarations.
    kept: set[tuple[str, str | None]] = set()
    waiting: list[tuple[str, str | None]] = [(name, None) for name in modules]
    waiting += [(entry, name) for name in modules[entry].exports]
    while waiting:
        where, name = waiting.pop()
        while name in modules[where].imports:
            target = modules[where].imports[name]
            if name not in modules[target].exports:
                raise AssetError(f"{folder / where}: {target} exports no {name}; export it there")
            where = target
        if (where, name) not in kept:
            kept.add((where, name))
            used = [names for declared, _, names in modules[where].statements if declared == name]
            waiting += [(where, each) for each in sorted(modules[where].known.intersection(chain(*used)))]
    owners: dict[str | None, str] = {}
    for where, name in sorted((where, name) for where, name in kept if name):
        if owners.setdefault(name, where) != where:
            raise AssetError(f"{folder / where}: {name} is declared in {owners[name]} too; rename one of them")
    texts = [text for m in modules.values() for declared, text, _ in m.statements if (m.name, declared) in kept]
    exports = ", ".join(modules[entry].exports)
    # In a function, for a minifier leaves the names at the top of a script alone.
    body = "".join(["(() => {\n", *texts, f"return {{ {exports} }};\n", "})();\n"])
    return f"const {{ {exports} }} = {body}export {{ {exports} }};\n" if exports else body


def _load(folder: Path, name: str, above: tuple[str, ...]) -> Iterator[_Module]:
    """A module after those that it imports; one may come more than once."""
    if name in above:
        raise AssetError(f"{folder / name}: imports itself by way of {', '.join(above[above.index(name) :])}")
    module = _Module(name)
    for line, text in _statements(folder / name):
        code = _minified("text/javascript", text, folder / name)
        if found := _IMPORT.match(text):
            module.imports.update(dict.fromkeys(re.findall(r"[\w$]+", found[1]), found[2]))
        elif found := _EXPORT.match(text):
            module.exports += found[1].split(", ")
        elif (re.match(r"(import|export)\b", text) and not _DECLARATION.match(text)) or _CALLED.search(code):
            raise AssetError(
                f'{folder / name}:{line}: write imports as `import {{ a, b }} from "./x.js";`, exports before a '
                "function, class, const or let, or as `export { a };`; the joiner knows no other form"
            )
        else:
            found = _DECLARATION.match(text)
            declared = found[2] if found else None
            if found and found[1]:
                module.exports.append(found[2])
            used = frozenset(re.findall(r"[\w$]+", code))
            module.statements.append((declared, text.removeprefix("export "), used))
    for imported in dict.fromkeys(module.imports.values()):
        yield from _load(folder, imported, (*above, name))
    yield module


def _statements(path: Path) -> Iterator[tuple[int, str]]:
    """(line, text) of each statement at the top of a module: it begins at the margin with a letter."""
    if not path.is_file():
        raise AssetError(f"{path}: there is no such module")
    lines = path.read_text("utf-8").splitlines(keepends=True)
    starts = [n for n, line in enumerate(lines) if re.match(r"[\w$]", line)]
    for start, end in zip(starts, [*starts[1:], len(lines)], strict=True):
        yield start + 1, "".join(lines[start:end])


def files(theme: Path, static: Iterable[str]) -> Iterator[tuple[str, bytes]]:
    """(path, content) of the theme's static files as they are published; `static` are the folders that hold them."""
    for name in static:
        for path in sorted((theme / name).rglob("*")):
            if path.is_file():
                yield path.relative_to(theme / name).as_posix(), _published(path, path.relative_to(theme / name))


def _published(path: Path, name: Path) -> bytes:
    if path.suffix not in _TYPES:
        return path.read_bytes()
    joined = name.parent == Path(FOLDER) and name.name in ENTRIES
    text = join(path.parent, name.name) if joined else _whole(path)
    return _minified(_TYPES[path.suffix], text, path).encode()


def _whole(path: Path) -> str:
    """A file with the style sheets that it imports, in their places."""
    return _STYLES.sub(lambda found: _whole(path.with_name(found[1])), path.read_text("utf-8"))


def _minified(kind: str, text: str, path: Path) -> str:
    """A script or a style sheet without comments and blanks, its local names short. `path` is for the error."""
    # Its runtime keeps threads, and is of no use in a process that was forked after they were started.
    import minify  # type: ignore[import-untyped]

    try:
        return str(minify.string(kind, text))
    except minify.MinifyError as error:
        raise AssetError(f"{path}: {error}; mend the script or the style sheet there") from error

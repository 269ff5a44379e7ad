"""Index and export in a process of its own, so that its time and memory are those of the build alone.

    python -m searching.build CORPUS INDEX SEARCH [changed] [added]

prints JSON. Reading the bulletins and their heads is not timed. `changed` puts another text into one bulletin,
`added` adds one of the last day.
"""

from __future__ import annotations

import json
import pickle
import shutil
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from searching.corpus import read, spare
from searching.memory import own_cpu, own_peak, run
from tongbao.places import divisions
from tongbao.search import Folder, SearchDocument, build_index, export, head


@dataclass(frozen=True, slots=True)
class Built:
    """Seconds of wall clock and CPU; megabytes before the build (the bulletins are in memory) and at the peak."""

    index: float
    export: float
    cpu: float
    before: float
    peak: float

    @property
    def seconds(self) -> float:
        return self.index + self.export


def build(corpus: Path, folder: Path, *changes: str) -> Built:
    """Build `folder`/index and `folder`/search in another process."""
    places = (str(corpus), str(folder / "index"), str(folder / "search"))
    output, cost = run([sys.executable, "-m", "searching.build", *places, *changes])
    return Built(**json.loads(output), peak=cost.peak)


def again(corpus: Path, folder: Path) -> dict[str, Built]:
    """What it costs to build once more, in a copy of what was built, after one bulletin was changed; then one added."""
    copy = folder / "again"
    for name in ("index", "search", "state"):
        shutil.copytree(folder / name, copy / name)
    built = {"changed": build(corpus, copy, "changed"), "added": build(corpus, copy, "changed", "added")}
    shutil.rmtree(copy)
    return built


def sizes(search: Path) -> dict[str, tuple[int, int, int]]:
    """{part: (files, bytes, largest)}; a part is a folder of one letter or a file."""
    out: dict[str, tuple[int, int, int]] = {}
    for path in sorted(p for p in search.rglob("*") if p.is_file()):
        part, size = path.parent.name if len(path.parent.name) == 1 else path.stem, path.stat().st_size
        files, total, largest = out.get(part, (0, 0, 0))
        out[part] = (files + 1, total + size, max(largest, size))
    return out


def main() -> None:
    corpus, index, search = map(Path, sys.argv[1:4])
    documents = {document.id: document for document in read(corpus)}
    other, new = pickle.loads(spare(corpus).read_bytes())
    if "changed" in sys.argv[4:]:
        old = list(documents.values())[len(documents) // 2]
        documents[old.id] = replace(other, id=old.id, published=old.published)
    if "added" in sys.argv[4:]:
        day = max(document.published or ("", "") for document in documents.values())
        documents[new.id] = replace(new, published=day)
    heads = [head(document) for document in documents.values()]

    def load(ids: Sequence[str]) -> Iterator[SearchDocument]:
        return (documents[id] for id in ids)

    names = {code: (division.name, division.parent) for code, division in divisions().items()}
    before, cpu, clock = own_peak(), own_cpu(), time.perf_counter()
    build_index(heads, load, index)
    indexed = time.perf_counter()
    export(index, load, Folder(search), search.with_name("state"), names)
    exported = time.perf_counter()
    built = Built(indexed - clock, exported - indexed, own_cpu() - cpu, before, 0)
    print(json.dumps({name: value for name, value in asdict(built).items() if name != "peak"}))


if __name__ == "__main__":
    main()

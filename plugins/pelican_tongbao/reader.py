"""Pelican reader of received files.

The archive's own pages are made by the generator, from all bulletins together. This reader is for received files that
lie where Pelican looks for articles or pages: they are decoded, repaired and escaped like every other, where Pelican's
own readers would take them for UTF-8 and replay their HTML.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from markupsafe import Markup
from pelican.readers import BaseReader, Readers

from tongbao import pipeline, receive
from tongbao.export.page import title
from tongbao.model import BlockKind, Quarantined
from tongbao.reading import render

EXTENSIONS = ["txt", "html", "htm"]


class BulletinReader(BaseReader):  # type: ignore[misc]
    """Reads `.txt`, `.html` and `.htm` through the pipeline; the content is escaped paragraphs, in Simplified."""

    enabled = True
    file_extensions = EXTENSIONS

    def read(self, filename: str) -> tuple[str, dict[str, Any]]:
        """Content and metadata of one file. Raises ValueError, naming fault and remedy, where it can't be read."""
        path = Path(filename)
        received = receive.receive_file(path, path.parent)
        if isinstance(received, Quarantined):
            raise ValueError(f"{filename}: {received.fault}; {received.remedy}")
        bulletin = pipeline.process(received)
        lines = render(bulletin.scripts.hans, bulletin.reading).splitlines()
        heads = sum(block.kind is BlockKind.TITLE for block in bulletin.reading.blocks)
        content = Markup("\n").join(Markup("<p>{}</p>").format(line) for line in lines[heads:])
        metadata: dict[str, Any] = {"title": title(bulletin, "zh-hans"), "slug": bulletin.id}
        if bulletin.dates.published:
            metadata["date"] = self.process_metadata("date", bulletin.dates.published.earliest)
        return str(content), metadata


def add_readers(readers: Readers) -> None:
    """Put the reader in the place of the stock ones for its extensions."""
    for extension in EXTENSIONS:
        readers.reader_classes[extension] = BulletinReader

"""Which line of a text an offset stands on, without reading the line again for each offset."""

from __future__ import annotations

import re
from bisect import bisect_right


class Lines:
    """The lines of one text."""

    def __init__(self, text: str) -> None:
        self.starts = [0, *(match.end() for match in re.finditer("\n", text))]

    def of(self, offset: int) -> int:
        """The number of the line that an offset stands on, from 0."""
        return bisect_right(self.starts, offset) - 1

    def start(self, offset: int) -> int:
        """Where the line that an offset stands on begins."""
        return self.starts[self.of(offset)]

"""What can go wrong with an index, said so that it can be put right."""

from __future__ import annotations

from pathlib import Path


class SearchIndexError(RuntimeError):
    """An index or its input can't be used: which file or bulletin, what is wrong, what to do."""

    def __init__(self, where: Path | str, fault: str, remedy: str) -> None:
        super().__init__(f"{where}: {fault}; {remedy}")
        self.where, self.fault, self.remedy = where, fault, remedy

    def __reduce__(self) -> tuple[object, ...]:
        # It travels from the process of the search to that of the build, which says what is wrong.
        return type(self), (self.where, self.fault, self.remedy)

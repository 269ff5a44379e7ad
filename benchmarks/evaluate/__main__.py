"""Run subjects of the evaluation: `python -m evaluate repair tagging [--write]`.

Prints the tables. With `--write`, puts each between its marks in docs/evaluation.md:
`<!-- table NAME -->` ... `<!-- end -->`.
"""

from __future__ import annotations

import importlib
import re
import sys
import time
from pathlib import Path

from evaluate.metrics import Table

PAGE = Path(__file__).parents[2] / "docs/evaluation.md"
SUBJECTS = ("repair", "tagging", "damage", "clean", "properties", "cost")


def place(page: str, table: Table) -> str:
    """The page with the table between its marks."""
    marks = re.compile(rf"(<!-- table {re.escape(table.name)} -->\n).*?(<!-- end -->)", re.DOTALL)
    if not marks.search(page):
        sys.exit(f"{PAGE}: no place for table {table.name}; add `<!-- table {table.name} -->` and `<!-- end -->`")
    return marks.sub(lambda m: f"{m[1]}\n{table.markdown()}\n\n{m[2]}", page)


def main() -> None:
    subjects = [a for a in sys.argv[1:] if a != "--write"] or list(SUBJECTS)
    if unknown := set(subjects) - set(SUBJECTS):
        sys.exit(f"no such subject: {', '.join(sorted(unknown))}; there are {', '.join(SUBJECTS)}")
    for subject in subjects:
        began = time.monotonic()
        for table in importlib.import_module(f"evaluate.{subject}").tables():
            print(f"\n## {table.name}\n\n{table.markdown()}", flush=True)
            if "--write" in sys.argv:
                PAGE.write_text(place(PAGE.read_text("utf-8"), table), "utf-8")
        print(f"\n{subject}: {time.monotonic() - began:.0f} s", file=sys.stderr)


if __name__ == "__main__":
    main()

"""What a spinner did to a text that it republished: glosses, split bytes, marks inserted before marks.

The three have one cause (`glosses`, `gbk_bytes`), so one rule undoes them: what the glosses show about the site's set
of characters is what the search over bytes needs, and marks are removed in documents that were spun, or where no
writer has them.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from tongbao.model import Edit, EditEvidence
from tongbao.patterns import regex
from tongbao.repair import gbk_search, glosses, tables
from tongbao.repair.verdict import NOTHING, Verdict

# A comma or a line's end that the spinner puts before marks.
_INSERTED = regex(r"(?:(?<=[^,，、。；：！？]),|\r?\n[ \t\u3000]*)(?=[,，、。；：！？])")


def undo(text: str) -> Verdict:
    """Undo a spinner's work. Certain where the forward models make of the result what was served."""
    found = glosses.find(text)
    inserted = [m for m in _INSERTED.finditer(text) if found or _is_needless(text, m)]
    site = {text[m.start() - 1]: m[1] for m in found}
    damage = gbk_search.find(text, site)
    if not found and not inserted:
        return damage
    doubtful = _doubtful(text, damage.suggestions)
    small = [glosses.edit(text, m) for m in found if m.start() not in doubtful]
    small += [_mark(m) for m in inserted]
    return Verdict(_merge(small, damage.edits), damage.suggestions) if small else NOTHING


def _doubtful(text: str, suggestions: Sequence[Edit]) -> frozenset[int]:
    """Places in damage that stays, of what may be a gloss of bytes behind a character that is not the text's own."""
    return frozenset(
        at for s in suggestions for at in range(s.start + 1, s.end) if text[at] in "(（" and text[at - 1] not in s.after
    )


def _is_needless(text: str, match: re.Match[str]) -> bool:
    """Whether this is a comma between a Han character and a full-width mark, as no writer has it."""
    behind = text[match.end() : match.end() + 1]
    return match[0] == "," and behind != "," and tables.is_han(text[match.start() - 1 : match.start()] or " ")


def _mark(match: re.Match[str]) -> Edit:
    shown = "逗号" if match[0] == "," else "换行"
    evidence = EditEvidence(f"标点前多出的{shown}是转载程序插入的。")
    return Edit("inserted-mark", match.start(), match.end(), match[0], "", 0.95, evidence)


def _merge(small: Sequence[Edit], windows: Sequence[Edit]) -> tuple[Edit, ...]:
    """Both lists in order, without the small edits that touch a window."""
    merged, waiting = [], sorted(windows, key=lambda e: e.start)
    for edit in sorted(small, key=lambda e: (e.start, e.end)):
        while waiting and waiting[0].end <= edit.start:
            merged.append(waiting.pop(0))
        if not waiting or edit.end <= waiting[0].start:
            merged.append(edit)
    return (*merged, *waiting)

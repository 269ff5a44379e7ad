"""Mojibake of Western text, by ftfy: `â€œ` for “, `Ã©` for é.

What ftfy knows of single-byte pages and UTF-8 needs no second copy here. Everything that is not an encoding error is
off: width, quotes, entities, line breaks, ligatures, control characters and normalisation would change clean text.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from tongbao.model import Edit, EditEvidence
from tongbao.patterns import regex
from tongbao.repair.about import speaks_of_mojibake
from tongbao.repair.verdict import NOTHING, Verdict

if TYPE_CHECKING:
    from ftfy import TextFixerConfig

# Two characters that UTF-8 in a single-byte page begins with.
_TRIGGER = regex("[\u00c2-\u00f4][\u0080-\u00bf\u0152-\u0192\u02c6\u02dc\u2013-\u2122\u20ac]")
# What is left when ftfy explained a part of a line that is mojibake of another kind.
_UNEXPLAINED = regex("\ufffd|[\u00a1-\u00ff]{3}")
# The pages by which UTF-8 is misread.
_PAGES = (
    "latin-1",
    *(f"sloppy-windows-{n}" for n in (1252, 1250, 1251, 1253, 1254, 1257)),
    "iso-8859-2",
    "macroman",
    "cp437",
)
# One sequence is evidence if it stands for a typographic mark, or for a letter inside a word.
_CLASSIC = regex("[\u2010-\u2027\u20ac\u2122]|[^\\W\\d_](?<=[^\x00-\x7f])(?=[A-Za-z])|(?<=[A-Za-z])[^\\W\\d_\x00-\x7f]")
# The beginning of a string that a function is called with: a test, or an example.
_ARGUMENT = regex(r"""\w\([rbuf]?(['"])(?:(?!\1).)*\Z""")
# Lines longer than this are not text.
LONGEST = 20_000


@cache
def _config() -> TextFixerConfig:
    """ftfy, with everything off that is not an encoding error."""
    from ftfy import TextFixerConfig  # Slow to import, and few texts need it.

    return TextFixerConfig(
        unescape_html=False,
        remove_terminal_escapes=False,
        fix_encoding=True,
        restore_byte_a0=True,
        replace_lossy_sequences=False,
        decode_inconsistent_utf8=True,
        fix_c1_controls=False,
        fix_latin_ligatures=False,
        fix_character_width=False,
        uncurl_quotes=False,
        fix_line_breaks=False,
        fix_surrogates=False,
        remove_control_chars=False,
        normalization=None,
        explain=False,
    )


def _fixed(line: str) -> str:
    """What ftfy makes of a line."""
    from ftfy import fix_encoding

    return fix_encoding(line, _config())


def damage(text: str) -> str:
    """The forward model: UTF-8 read as cp1252; bytes without a character stay as C1 controls."""
    import ftfy.bad_codecs  # noqa: F401 (brings the codec)

    return text.encode("utf-8", "replace").decode("sloppy-windows-1252")


def undo(text: str) -> Verdict:
    """Undo what ftfy recognises, line by line; suggest it where it is shown as an example."""
    if not _TRIGGER.search(text):
        return NOTHING
    edits: list[Edit] = []
    offered: list[Edit] = []
    start, about = 0, speaks_of_mojibake(text)
    for line in text.splitlines(keepends=True):
        if len(line) <= LONGEST and _TRIGGER.search(line):
            fixed = _fixed(line)
            if fixed != line and not _UNEXPLAINED.search(fixed):
                edit = _edit(start, line, fixed)
                restored = set(edit.after) - set(edit.before) - set(map(chr, range(128)))
                if sum(edit.after.count(c) for c in restored) < 2 and not _is_classic(fixed, restored):
                    start += len(line)
                    continue
                shown = about or not _regenerates(edit, restored) or _ARGUMENT.search(line, 0, edit.start - start)
                (offered if shown else edits).append(edit)
        start += len(line)
    return Verdict(tuple(edits), tuple(offered))


def _is_classic(fixed: str, restored: set[str]) -> bool:
    return any(m[0] in restored for m in _CLASSIC.finditer(fixed))


def _regenerates(edit: Edit, restored: set[str]) -> bool:
    """Whether misreading the restored characters gives what was received, on one page."""
    return any(
        "".join(c.encode().decode(page, "replace") if c in restored else c for c in edit.after) == edit.before
        for page in _PAGES
    )


def _edit(start: int, line: str, fixed: str) -> Edit:
    head = next((at for at, (a, b) in enumerate(zip(line, fixed, strict=False)) if a != b), min(len(line), len(fixed)))
    tail = 0
    while tail < min(len(line), len(fixed)) - head and line[-1 - tail] == fixed[-1 - tail]:
        tail += 1
    before, after = line[head : len(line) - tail], fixed[head : len(fixed) - tail]
    reason = "UTF-8文本被当作西文单字节编码解读；按原编码重新解码（ftfy）。"
    return Edit("mojibake-western", start + head, start + head + len(before), before, after, 1.0, EditEvidence(reason))

"""What a line is by its own form: chrome, running text, a signature's date, the name of an issuer."""

from __future__ import annotations

import re
from functools import cache

from tongbao.patterns import regex
from tongbao.reading.lines import Line, table

# Longer lines are text, and no pattern is tried on them.
LONGEST_CHROME = 300
LONGEST_SIGNATURE = 60
LONGEST_ISSUER = 40
# A line of this length is running text even without a stop; a shorter one with two commas is too.
LONG_LINE, LONG_TITLE = 70, 40

_NUMERAL = r"(?:\d{1,2}|[一二三四五六七八九十]{1,3})"
_YEAR = r"(?:[12]\d{3}|\d{2}|[二〇○零一九]{4})?"
_SIGNED = regex(
    rf"(?P<issuer>[^\d,。;:!?]{{4,{LONGEST_ISSUER}}}?(?<![二〇○零一九]))?\s*"
    rf"(?:{_YEAR}\s*年\s*{_NUMERAL}\s*月\s*{_NUMERAL}\s*日(?:\s*\d{{1,2}}[:时](?:\d{{1,2}}分?)?)?"
    r"|[12]\d{3}[-/.]\d{1,2}[-/.]\d{1,2})\s*\)?"
)
_MARKS = regex(r"[,。;:!?、]")
_NUMBERED = regex(
    r"[一二三四五六七八九十]{1,3}[、.]|\([一二三四五六七八九十]{1,3}\)|第[一二三四五六七八九十]{1,3}[章节条部]"
)


def is_chrome(line: Line) -> bool:
    """Whether the line is the site's, not the bulletin's."""
    return line.size <= LONGEST_CHROME and bool(_chrome().fullmatch(line.plain))


def is_paragraph(line: Line) -> bool:
    """Whether the line reads as running text: it holds a stop, or is long."""
    plain = line.plain
    long = line.size > LONG_LINE or (line.size > LONG_TITLE and plain.count(",") >= 2)
    return long or "。" in plain or plain.endswith((";", ";”"))


def is_numbered(line: Line) -> bool:
    """Whether the line begins like a numbered heading: `一、`, `(二)`, `第三条`."""
    return bool(_NUMBERED.match(line.plain))


def is_unmarked(line: Line) -> bool:
    """Whether the line holds no mark of a sentence."""
    return not _MARKS.search(line.plain)


def is_issuer(plain: str) -> bool:
    """Whether a short line is the name of a body that issues bulletins."""
    endings = tuple(table()["issuers"]["endings"])
    return 4 <= len(plain) <= LONGEST_ISSUER and plain.endswith(endings) and not _MARKS.search(plain)


def signed_date(line: Line) -> str | None:
    """`issuer` for a line that is an issuer with a date, `date` for a date alone, None for others."""
    match = _SIGNED.fullmatch(line.plain) if line.size <= LONGEST_SIGNATURE else None
    if match is None:
        return None
    issuer = (match["issuer"] or "").strip()
    return "date" if not issuer else "issuer" if is_issuer(issuer) else None


def chrome_tail(line: Line, titled: bool) -> int:
    """How many characters at the end of a line are chrome; a title may also have the site's name behind it."""
    for pattern in table()["chrome"]["tails"] + table()["chrome"]["title_tails"] * titled:
        match = re.search(pattern, line.plain[-60:])
        if match:
            return len(match[0].lstrip())
    return 0


@cache
def _chrome() -> re.Pattern[str]:
    return regex("|".join(f"(?:{line})" for line in table()["chrome"]["lines"]))

"""Texts that speak of encodings: what looks like damage in them is shown, not meant.

One list for all rules; a text on it gets suggestions, not edits.
"""

from __future__ import annotations

import re

from tongbao.patterns import regex

_MOJIBAKE = regex(
    "乱码|亂碼|文字化け|mojibake|garbled|锟斤拷|烫烫烫|编码(?=问题|错误|有误|不对)|(?:en|de)cod(?:e|ing)|utf-8|charset|字符集",
    re.IGNORECASE,
)
_ESCAPES = regex(
    r"转义|轉義|编码|編碼|(?:字符|网页|超文本)实体|正则|(?i:escap|encod|entit|regex|unicode)|(?<![./A-Za-z0-9])(?i:html|xml|markup)(?![A-Za-z0-9])"
)
_ESCAPE = r"(?:&(?![en](?:m|n|b)sp)#?\w{2,8}[;；]|\\{1,2}u[0-9a-fA-F]{4})"
# A sentence that names an escape, a string that is assigned or passed to a function.
_SHOWN = regex(
    rf"[用写寫]作?[ ]?{_ESCAPE}{{1,8}}(?:[；;，,。]|\Z|[ ]?(?:表示|代替|来写))|{_ESCAPE}[ ]?(?:表示|[显顯]示[为為])"
    rf"|\w[ ]?=[ ]?(['\"])[^'\"\n]{{0,200}}{_ESCAPE}[^'\"\n]{{0,200}}\1[ ]*;"
    rf"|\w\([rbuf]?(['\"])[^'\"\n]{{0,200}}{_ESCAPE}[^'\"\n]{{0,200}}\2[ ]*[,)]"
)


def speaks_of_mojibake(text: str) -> bool:
    """Whether a text speaks of characters that were read in a wrong encoding."""
    return bool(_MOJIBAKE.search(text))


def speaks_of_escapes(text: str) -> bool:
    """Whether a text speaks of escapes, or shows one as an example or in code."""
    return bool(_ESCAPES.search(text) or _SHOWN.search(text))

"""Damage that nothing can undo: said so, and left as it is.

UTF-8's replacement character read as GBK gives 锟斤拷; bytes read as UTF-8 with replacement give U+FFFD. Both mean that
the bytes are gone. The flag is a suggestion that changes nothing.
"""

from __future__ import annotations

from tongbao.model import Edit, EditEvidence
from tongbao.patterns import regex
from tongbao.repair.verdict import NOTHING, Verdict

# A text may name the replacement character, in quotes.
_GONE = regex("(?:锟斤拷|锟叫的|斤拷|锟斤|烫烫烫+|屯屯屯+)+|(?<![\"'“‘`「])\ufffd+")
_REASON = "原字节已经丢失，无法还原，保留所收到的样子。"
# Flags in one text; more of them say nothing more.
MOST = 200


def flag(text: str) -> Verdict:
    """Flags for what is gone."""
    if "\ufffd" not in text and "锟" not in text and "烫烫" not in text and "屯屯" not in text:
        return NOTHING
    flags = []
    for match in _GONE.finditer(text):
        flags.append(Edit("unrecoverable", match.start(), match.end(), match[0], match[0], 0.0, EditEvidence(_REASON)))
        if len(flags) == MOST:
            break
    return Verdict(suggestions=tuple(flags))

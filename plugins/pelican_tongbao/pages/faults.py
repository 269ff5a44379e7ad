"""What is wrong with a file that was not taken in, and what to do, in the languages of the site.

The library says both in English, which the command line and the data file keep. The English table of labels has those
sentences, with the {names} of what changes in them, and so finds the same sentence in another language.
"""

from __future__ import annotations

import re
from functools import cache

from pelican_tongbao.labels import labels
from tongbao.model import Standard


def told(fault: str, remedy: str, language: str, standard: Standard) -> tuple[str, str]:
    """Both as one line, and the language of the site that it is in: English where a sentence is not in the tables."""
    said = [_said(words, language, standard) for words in (fault, remedy)]
    if None in said:
        language, said = "en", [fault, remedy]
    return labels(language, standard)["faults"]["told"].format(fault=said[0], remedy=said[1]), language


def _said(words: str, language: str, standard: Standard) -> str | None:
    for key, pattern in _patterns():
        if found := pattern.fullmatch(words):
            values = found.groupdict()
            # What is wrong with a sidecar may be a sentence of its own.
            if "fault" in values:
                values["fault"] = _said(values["fault"], language, standard) or values["fault"]
            return str(labels(language, standard)["faults"][key].format(**values))
    return None


@cache
def _patterns() -> tuple[tuple[str, re.Pattern[str]], ...]:
    sentences = ((key, words) for key, words in labels("en")["faults"].items() if key != "told")
    return tuple(
        (key, re.compile(re.sub(r"\\\{(\w+)\\\}", r"(?P<\1>.+?)", re.escape(words)), re.DOTALL))
        for key, words in sentences
    )

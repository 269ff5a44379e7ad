"""Text changed on purpose, against filters or copying: suggestions only, never an edit.

Look-alike characters (嘚 for 的), capital numerals among digits (壹4日), masked characters (病*). What was meant is a
guess however likely, and digits are never invented.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import cache, lru_cache
from itertools import islice

from tongbao.data import rows
from tongbao.model import Edit, EditEvidence
from tongbao.patterns import regex
from tongbao.repair import tables
from tongbao.repair.text_model import STEP, model
from tongbao.repair.verdict import NOTHING, Verdict

# What a look-alike must gain, in the text model's steps; what the next character of a word costs at most; how many
# readings of a mask are shown; the most suggestions.
GAIN, NEXT, SHOWN, MOST = 24, 48, 5, 500
# Whoever writes look-alikes writes several.
SEVERAL = 2

_HAN = "\u3400-\u9fff"
_NUMERALS = str.maketrans("零壹贰叁肆伍陆柒捌玖貳參陸", "0123456789236")
_NUMBER = regex(
    r"(?<![佰拾仟萬万亿億])[0-9]*[壹贰叁肆伍陆柒捌玖貳參陸][0-9零壹贰叁肆伍陆柒捌玖貳參陸]*(?![佰拾仟萬亿億])"
)
_STAR = regex("[*＊]")
_ANY_NUMERAL = regex("[壹贰叁肆伍陆柒捌玖貳參陸]")
_MASK = regex(rf"(?<=[{_HAN}])[*＊](?=[{_HAN}，。、；：,])")


@cache
def lookalikes() -> Mapping[str, str]:
    """{character: what it stands for}."""
    return {row[0]: row[1] for row in rows("lookalikes.tsv")}


@cache
def _lookalike_pattern() -> re.Pattern[str]:
    return regex(f"[{''.join(lookalikes())}]")


def damage(text: str, kind: str) -> str:
    """The forward model: `lookalikes` puts them for what they stand for, `numerals` capital numerals for 1, 2 and 3."""
    if kind == "numerals":
        return text.translate(str.maketrans("123", "壹贰叁"))
    inverse: dict[int, str] = {}
    for character, plain in lookalikes().items():
        inverse.setdefault(ord(plain), character)
    return text.translate(inverse)


def suggest(text: str) -> Verdict:
    """Suggestions in order; nothing is certain."""
    if text.isascii():
        return NOTHING
    found = [edit for kind in (_lookalikes, _numerals, _masks) for edit in islice(kind(text), MOST)]
    return Verdict(suggestions=tuple(sorted(found, key=lambda e: e.start)[:MOST]))


def _lookalikes(text: str) -> Iterator[Edit]:
    found = []
    for match in _lookalike_pattern().finditer(text):
        at, plain = match.start(), lookalikes()[match[0]]
        left, right = text[max(0, at - 2) : at], text[at + 1 : at + 3]
        gain = model().cost(match[0] + right, left) - model().cost(plain + right, left)
        if gain >= GAIN:
            # The only other reading is that it was meant as it stands.
            reason = "形近或音近字代替，多为规避过滤。"
            found.append(_edit("lookalike", at, match[0], plain, reason, gain * STEP, {match[0]: gain * STEP}))
    if len({edit.before for edit in found}) >= SEVERAL:
        yield from found


def _numerals(text: str) -> Iterator[Edit]:
    found = [m for m in _NUMBER.finditer(text) if not _ends_word(text, m.start())] if _ANY_NUMERAL.search(text) else []
    # Where capital numerals stand beside digits once, they do so on purpose all through the text.
    if any(re.search("[0-9]", m[0]) for m in found):
        for match in found:
            yield _edit("numeral", match.start(), match[0], match[0].translate(_NUMERALS), "大写数字代替了阿拉伯数字。")


def _ends_word(text: str, at: int) -> bool:
    """Whether the character at `at` is the rest of a word (大陆, 队伍)."""
    lm = model()
    return lm.after(text[max(0, at - 2) : at]).cost(lm.place(text[at])) <= NEXT


def _masks(text: str) -> Iterator[Edit]:
    for match in _MASK.finditer(text) if "*" in text or "＊" in text else ():
        at = match.start()
        line = text[text.rfind("\n", 0, at) + 1 : (text.find("\n", at) + 1 or len(text) + 1) - 1]
        # Two such stars are emphasis.
        if len(_STAR.findall(line)) == 2:
            continue
        readings = _readings(text[max(0, at - 2) : at], text[at + 1 : at + 3])
        if readings:
            best, *others = readings
            rivals = {c: (cost - best[0]) * STEP for cost, c in others}
            yield _edit("mask", at, match[0], best[1], "此处的字被星号遮盖，只能推测。", rivals=rivals)


@lru_cache(maxsize=1 << 10)
def _readings(left: str, right: str) -> tuple[tuple[int, str], ...]:
    """The likeliest characters between two texts with what they cost, if one of them is likely."""
    lm = model()
    ranked = sorted((lm.cost(c + right, left), c) for c in _daily())
    return tuple(ranked[:SHOWN]) if ranked[0][0] <= NEXT * (1 + len(right)) / 2 else ()


@cache
def _daily() -> tuple[str, ...]:
    return tuple(
        c for c in tables.gbk_bytes() if tables.is_han(c) and tables.is_common(c) and not tables.is_traditional(c)
    )


def _edit(
    kind: str,
    at: int,
    before: str,
    after: str,
    reason: str,
    gain: float | None = None,
    rivals: Mapping[str, float] | None = None,
) -> Edit:
    """A suggestion. `rivals` are other readings, best first, and how many nats dearer they are."""
    runner_up, margin = next(iter(rivals.items())) if rivals else (None, None)
    evidence = EditEvidence(reason, gain=gain, candidates=tuple(rivals or ()), runner_up=runner_up, margin=margin)
    return Edit(f"adversarial-{kind}", at, at + len(before), before, after, 0.5, evidence)

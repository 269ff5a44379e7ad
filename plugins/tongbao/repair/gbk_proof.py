"""What a document shows of the spinner at work on it, and whether that spinner makes of a reading what was served."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from itertools import islice, product

from tongbao.patterns import regex
from tongbao.repair import gbk_bytes, tables
from tongbao.repair.codecs import GBK, Codec, Pending, without
from tongbao.repair.gbk_windows import HAN, HOLE, MARK, READING, Token, is_odd

# Sets of glosses tried for a reading.
MOST_SETS = 24
# A digit that a hole swallowed can't be known: GAP stands for it, which the text model takes for a digit and GBK can't
# write.
GAP = "\U0001d7ce"

NARROWING = str.maketrans(dict(gbk_bytes.NARROW) | {"（": "(", "）": ")"})
_WIDENING = str.maketrans({n: w for w, n in gbk_bytes.NARROW.items() if n not in "()"})
_QUOTES = "「」『』‘’"
_HOLED_MARK = regex(rf"{HOLE}([{gbk_bytes.MARKS}]|(?<=\ufffd)[,;:!?])")
_UNTOLD = regex(rf"{HOLE}|{GAP}|\((?={READING}\))")
_WIDE_MARK = regex(rf"(?<=[{HAN},])[{gbk_bytes.MARKS}]")
_NARROW_MARK = regex(rf"(?<=[{HAN}])[,;:](?![{gbk_bytes.MARKS}])")
_DAILY = regex(rf"[{GAP}\x1a-\x7f\n{HAN}{MARK}“”‘’（）《》〈〉「」『』【】〔〕—…·～％℃]")

# How many holes a token shows; and what is left out where a reading's damage is compared to the text as served.
HOLES = {"lost": 1, "opening": 1, "residue": 1, "stop": 1, "both": 2, "holed-gloss": 1, "holed-orphan": 1}
_UNSEEN = ("residue", "inserted", "stop")


@dataclass(frozen=True, slots=True)
class Spinner:
    """What a document shows of the spinner that was at work on it.

    `readings` is {character: gloss}. `stops` are sets of full-width marks at which it may have parted bytes, the
    likeliest first. `converted` says that it made Traditional text of Simplified, and `narrow` that marks are ASCII.
    `unused` are quotes of the shapes that the text has none of.
    """

    readings: Mapping[str, str]
    stops: tuple[str, ...]
    converted: bool
    narrow: bool
    unused: frozenset[str]

    @property
    def codec(self) -> Codec:
        """GBK of characters in daily use; text that was converted to Traditional ones holds no Simplified forms."""
        return _daily(without(GBK, tables.is_foreign_to_traditional) if self.converted else GBK)


def observe(text: str, readings: Mapping[str, str]) -> Spinner:
    """What a text shows, given the readings of its whole glosses."""
    holed = {m[1].translate(_WIDENING) for m in _HOLED_MARK.finditer(text)}
    bare = {m[0] for m in _WIDE_MARK.finditer(text) if is_odd(text[m.end() : m.end() + 4])} if readings else set()
    seen, more = ("".join(m for m in gbk_bytes.MARKS if m in marks) for marks in (holed, holed | bare))
    told = readings or [c for c in text if tables.is_han(c)]
    wide, narrow = sum(m[0] in "，；：" for m in _WIDE_MARK.finditer(text)), len(_NARROW_MARK.findall(text))
    return Spinner(
        readings,
        tuple(dict.fromkeys((seen, more, "", gbk_bytes.MARKS))),
        sum(map(tables.is_traditional, told)) > len(told) / (2 if readings else 8),
        narrow > 2 * wide,
        frozenset(_QUOTES) - set(text),
    )


def is_exotic(character: str) -> bool:
    """Whether this is neither a Han character nor a mark in daily use."""
    return not _DAILY.match(character)


@cache
def _daily(codec: Codec) -> Codec:
    """A codec that spells nothing exotic, not even of known bytes: what the text has of it is given as a literal."""

    @lru_cache(maxsize=1 << 16)
    def find(pending: Pending) -> Sequence[str] | None:
        found = codec.find(pending)
        return found and tuple(c for c in found if not is_exotic(c))

    return Codec(codec.name, find)


@lru_cache(maxsize=4096)
def _traditional_readers(syllable: str) -> frozenset[str]:
    return frozenset(c for c in tables.readers(syllable) if tables.is_traditional(c))


def readers_of(syllable: str, site: Mapping[str, str]) -> frozenset[str]:
    """The characters that a gloss may belong to: Traditional ones, or those that the site glosses."""
    return _traditional_readers(syllable) | (tables.readers(syllable) & site.keys())


def traceless(restored: str, tokens: Sequence[Token], spinner: Spinner) -> int | None:
    """How many bytes were lost without a trace, if the forward model makes the served tokens of `restored`; else None.

    Holes are left out of the comparison, since sites serve them as `?`, U+FFFD or nothing, and so is the width of
    marks. A gloss in the window belongs to the site's set even if it never stands whole.
    """
    # What a spinner put before marks is left out, too; a reading drops it or is dearer.
    shown = (f"{t.syllable})" if t.syllable else t.text for t in tokens if t.kind not in _UNSEEN)
    served = _plain("".join(shown))
    # Where the site serves marks as ASCII, the bytes were those of full-width marks.
    versions = dict.fromkeys((restored, restored.translate(_WIDENING)))
    visible = sum(HOLES.get(t.kind, 0) for t in tokens)
    syllables = sorted({token.syllable for token in tokens} - {""})
    here = "".join(mark for mark in gbk_bytes.MARKS if mark in spinner.stops[0] or mark in restored)
    sets = dict.fromkeys((*spinner.stops, here))
    for readings, version, stops in product(_glossed(restored, syllables, spinner.readings), versions, sets):
        model_served = gbk_bytes.damage(version, readings, marks=stops, hole="\ufffd", mark_hole="\ufffd")
        if _plain(model_served) == served:
            return max(0, model_served.count("\ufffd") - visible)
    return None


def _glossed(restored: str, syllables: Sequence[str], site: Mapping[str, str]) -> Iterator[dict[str, str]]:
    """The sets of glosses that the spinner may have had for the pairs of bytes in `restored`, at any offset.

    A gloss that no known character of the site explains is that of a pair which this window shows for the first time.
    """
    data = b"".join(tables.gbk_bytes().get(c, c.encode("utf-8", "replace")) for c in restored)
    pairs = tables.gbk_pairs()
    present = {c for at in range(len(data) - 1) if (c := pairs.get(data[at : at + 2]))}
    known = {c: site[c] for c in present & site.keys()}
    choices: list[list[dict[str, str]]] = []
    for syllable in syllables:
        if syllable in known.values():
            continue
        fitting = sorted((present & readers_of(syllable, site)) - site.keys())
        together = [dict.fromkeys(fitting, syllable)] if len(fitting) > 1 else []
        choices.append([*({c: syllable} for c in fitting), *together])
    for chosen in islice(product(*choices), MOST_SETS):
        yield known | {c: gloss for part in chosen for c, gloss in part.items()}


def _plain(served: str) -> str:
    narrow = served.translate(NARROWING)
    return _UNTOLD.sub("", narrow)

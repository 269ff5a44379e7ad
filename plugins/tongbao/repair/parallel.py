"""Parallel copies: where another copy of the same passage shows what the damage hides, it settles what was in doubt.

In doubt is what is suggested only, and what was made although other readings are nearly as likely: the copies confirm
it or put another of them in its place.

A pure function over the repaired texts of an archive. A copy holds a passage if the context on both sides of the damage
stands in it, in either script. What it has between them is taken if all such copies agree and the damage could have
made of it what was received. A copy gives only what its own repair found: no reading travels from text to text, so the
order of the texts does not matter. The edit names its copies, and depends on no others.

Suggestions are few and texts are many: the contexts before all of them are looked for in one pass over each text.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from ahocorasick_rs import AhoCorasick

from tongbao import edits as edit_lists
from tongbao.folding import fold
from tongbao.model import Edit, Repaired
from tongbao.patterns import regex
from tongbao.repair import gbk_search

# Context on each side in characters, and how many of them must be Han.
CONTEXT, LEAST_HAN = 10, 6
# What the rule of a suggestion is joined with when copies settle it.
RULE = "parallel"
# How sure such an edit is.
CONFIDENCE = 0.99
# The most suggestions of a text that are looked up, and their length in characters.
MOST, LONGEST = 200, 200
# The most places of one context in a text that are looked at: one that repeats it more often is no bulletin.
MOST_HITS = 100
# The most copies that an edit is taken from and names.
MOST_COPIES = 5

_HAN = regex("[\u3400-\u9fff\uf900-\ufaff]")
_SURROGATE = regex("[\ud800-\udfff]")


# The folded contexts of what is in doubt, and how far apart they may be: what copies are searched for.
Key = tuple[str, str, int]


@dataclass(frozen=True, slots=True)
class Gap:
    """What is in doubt, a suggestion or an edit, and what stands around it in the repaired text."""

    suggestion: Edit
    left: str
    right: str

    @property
    def key(self) -> Key:
        """What a copy is searched for."""
        return searched(self.left), searched(self.right), 2 * len(self.suggestion.before) + 2


@dataclass(frozen=True, slots=True)
class Witness:
    """What a copy has between the contexts of a gap, and these as it has them."""

    copy: str
    left: str
    reading: str
    right: str


# What one text has for gaps: (key of the gap, folded reading, witness).
Found = tuple[Key, str, Witness]
# By the key of a gap: {folded reading: its witnesses, one a copy at most, in order of the copies}.
Readings = dict[Key, dict[str, list[Witness]]]
# The one reading that the copies agree on, and its first witnesses.
Agreed = tuple[str, tuple[Witness, ...]]


def confirm(texts: Mapping[str, Repaired]) -> dict[str, Repaired]:
    """The texts that change when suggestions are confirmed or filled from other copies of their passages.

    `texts` are {id of the bulletin: its text, repaired by itself}. Digits and names come from copies only, never from a
    guess. A text that no copy says anything about is not in the result.
    """
    doubts = {name: found for name, repaired in texts.items() if (found := gaps(repaired))}
    finder = Finder({gap.key for found in doubts.values() for gap in found})
    known = readings(
        finder(name, searched(repaired.text), lambda repaired=repaired: repaired)  # type: ignore[misc]
        for name, repaired in sorted(texts.items())
    )
    changed = {}
    for name, found in doubts.items():
        settled = settle(texts[name], found, [agreed(known.get(gap.key, {}), name) for gap in found])
        if settled is not None:
            changed[name] = settled
    return changed


def gaps(repaired: Repaired) -> tuple[Gap, ...]:
    """What is in doubt in a text, as far as it has enough context."""
    return tuple(_gaps(repaired))


class Finder:
    """Looks for the passages of gaps with some keys, in one pass over a text."""

    def __init__(self, keys: Iterable[Key]) -> None:
        self._by_left: dict[str, list[Key]] = {}
        for key in sorted(keys):
            self._by_left.setdefault(key[0], []).append(key)
        self._lefts = list(self._by_left)
        self._automaton = AhoCorasick(self._lefts)

    def __call__(self, name: str, folded: str, repaired: Callable[[], Repaired]) -> list[Found]:
        """What a copy has for the gaps. `folded` is its text as `searched` gives it; `repaired`, which gives the whole,
        is asked only where a context stands in it."""
        hits = self._automaton.find_matches_as_indexes(folded, overlapping=True) if self._lefts else []
        if not hits:
            return []
        whole = repaired()
        doubts, seen, found = _doubts(whole), Counter[int](), []
        told: set[tuple[Key, str]] = set()
        for index, begin, start in hits:
            seen[index] += 1
            if seen[index] > MOST_HITS:
                continue
            for key in self._by_left[self._lefts[index]]:
                end = folded.find(key[1], start, start + key[2] + len(key[1]))
                doubtful = "\ufffd" in folded[start:end] or any(a <= end and start <= b for a, b in doubts)
                if end < 0 or doubtful or (key, folded[start:end]) in told:
                    continue
                told.add((key, folded[start:end]))
                text = whole.text
                witness = Witness(name, text[begin:start], text[start:end], text[end : end + len(key[1])])
                found.append((key, folded[start:end], witness))
        return found


def readings(copies: Iterable[Iterable[Found]]) -> Readings:
    """What the copies have, by gap and reading; they come in the order of their ids."""
    known: Readings = {}
    for found in copies:
        for key, plain, witness in found:
            known.setdefault(key, {}).setdefault(plain, []).append(witness)
    return known


def agreed(known: Mapping[str, Sequence[Witness]], name: str) -> Agreed | None:
    """The one reading that all copies but `name` itself agree on, and its first witnesses."""
    one: Agreed | None = None
    for plain, witnesses in sorted(known.items()):
        others = tuple(w for w in witnesses[: MOST_COPIES + 1] if w.copy != name)[:MOST_COPIES]
        if others and one is not None:
            return None
        if others:
            one = plain, others
    return one


def settle(repaired: Repaired, found: Sequence[Gap], copies: Sequence[Agreed | None]) -> Repaired | None:
    """The text with what the copies settle of its gaps; None where they settle nothing."""
    made: list[Edit] = []
    for gap, told in zip(found, copies, strict=True):
        edit = _settled(repaired, gap, told)
        if edit is not None and (not made or edit.start >= made[-1].end) and _holds(repaired.edits, edit):
            made.append(edit)
    return _with(repaired, made) if made else None


def searched(text: str) -> str:
    """The text folded, of its length. The automaton reads UTF-8, which lone surrogates are not part of."""
    return _SURROGATE.sub("\ufffd", fold(text))


def _gaps(repaired: Repaired) -> Iterator[Gap]:
    if not (doubts := _in_doubt(repaired)):
        return
    offsets, text = edit_lists.OffsetMap(repaired.edits), repaired.text
    for doubt in doubts[:MOST]:
        if len(doubt.before) > LONGEST:
            continue
        start, end = offsets.to_result(doubt.start, doubt.end)
        gap = Gap(doubt, text[max(0, start - CONTEXT) : start], text[end : end + CONTEXT])
        if all(len(_HAN.findall(side)) >= LEAST_HAN for side in (gap.left, gap.right)):
            yield gap


def _in_doubt(repaired: Repaired) -> list[Edit]:
    """The suggestions, and the edits that have rivals and are not certain, in order."""
    made = (e for e in repaired.edits if e.evidence.candidates and e.confidence < CONFIDENCE)
    return sorted([*repaired.suggestions, *made], key=lambda e: (e.start, e.end))


def _doubts(repaired: Repaired) -> list[tuple[int, int]]:
    """Where a repaired text is in doubt itself: it is no witness of what stands there."""
    offsets = edit_lists.OffsetMap(repaired.edits)
    return [offsets.to_result(e.start, e.end) for e in _in_doubt(repaired)]


def _settled(repaired: Repaired, gap: Gap, told: Agreed | None) -> Edit | None:
    """The edit that the copies make of a suggestion, or None."""
    if told is None:
        return None
    suggestion, (plain, witnesses) = gap.suggestion, told
    same_script = [w.reading for w in witnesses if (w.left, w.right) == (gap.left, gap.right)]
    after = _consistent(repaired.received, suggestion, plain, same_script)
    if after is None:
        return None
    copies = tuple(w.copy for w in witnesses)
    reason = f"{RULE}：同一段落的其他副本（{'、'.join(copies)}）此处作“{after}”。"
    offered = tuple(dict.fromkeys((suggestion.after, *suggestion.evidence.candidates)))
    others = tuple(c for c in offered if c not in (after, suggestion.before))
    evidence = replace(suggestion.evidence, reason=reason, candidates=others, copies=copies)
    if after != suggestion.after:
        # The gain and the bytes were those of the reading that the copies speak against, which is now the rival.
        evidence = replace(evidence, gain=None, restored_bytes="", runner_up=next(iter(others), None), margin=None)
    return replace(suggestion, rule=f"{suggestion.rule}+{RULE}", after=after, confidence=CONFIDENCE, evidence=evidence)


def _consistent(received: str, suggestion: Edit, plain: str, readings: Sequence[str]) -> str | None:
    """The reading in the text's own script, if the damage could have made of it what was received.

    `plain` is the reading folded, `readings` are its forms in copies of the same script.
    """
    for candidate in (suggestion.after, *suggestion.evidence.candidates):
        if fold(candidate) == plain and candidate != suggestion.before:
            return candidate
    for reading in readings:
        if reading != suggestion.before and _could_be(received, suggestion, reading):
            return reading
    return None


def _could_be(received: str, suggestion: Edit, reading: str) -> bool:
    """Whether this damage of `reading` may look as it was received."""
    before = suggestion.before
    if suggestion.rule == "gbk-bytes":
        return gbk_search.regenerates(received, suggestion.start, suggestion.end, reading)
    if suggestion.rule == "unrecoverable":
        # A replacement character stands for one lost character at most; 锟斤拷 for two replacement characters.
        return 0 < len(reading) <= (len(before) if "\ufffd" in before else (2 * len(before) + 2) // 3)
    if suggestion.rule == "adversarial-mask":
        return len(reading) == len(before) and _HAN.match(reading) is not None
    return False


def _holds(edits: Sequence[Edit], edit: Edit) -> bool:
    """Whether each of `edits` stands wholly inside or wholly outside `edit`."""
    return all(
        e.end <= edit.start or e.start >= edit.end or (edit.start <= e.start and e.end <= edit.end) for e in edits
    )


def _with(repaired: Repaired, found: Sequence[Edit]) -> Repaired:
    """The repaired text with more edits, in place of those that they hold and of the suggestions that they settle."""
    spans = [(e.start, e.end) for e in found]
    kept = [e for e in repaired.edits if not any(a <= e.start and e.end <= b for a, b in spans)]
    edits = tuple(sorted([*kept, *found], key=lambda e: (e.start, e.end)))
    left = tuple(s for s in repaired.suggestions if not any(s.start < b and a < s.end for a, b in spans))
    touched = sum(len(e.before) for e in edits)
    return replace(
        repaired,
        text=edit_lists.apply(repaired.received, edits),
        edits=edits,
        suggestions=left,
        damage=min(1.0, touched / len(repaired.received)),
    )

"""GBK byte damage undone: a search over the bytes that may have been there. The cause is told in `gbk_bytes`.

Around each trigger (a hole before a gloss that lost its bracket, a hole before a mark, a gloss that does not fit its
character) a window of the served text becomes a byte lattice: a hole is an unknown byte, a gloss *pins* two bytes (they
must be a character with that reading), an ASCII mark may have been the two bytes of a full-width one, and pairs may
have vanished. The best spelling is taken if it beats leaving the text alone by a margin, holds fewer rare characters
(or explains a gloss), and the forward model makes of it what was served.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from tongbao.model import Edit, EditEvidence
from tongbao.repair import gbk_bytes, glosses, lattice, tables
from tongbao.repair.lattice import ANY, Arc
from tongbao.repair.text_model import STEP, model
from tongbao.repair.verdict import NOTHING, Verdict

# All in the text model's steps of an eighth of a nat: what a repair must gain over the text as served, and over the
# next reading; the price of a lost byte that left no trace, and of a vanished pair.
MARGIN, LEAD, TRACELESS, VANISHED = 64, 16, 16, 24
# A character at least this rare by itself (11 nats) is one that damage makes and writers seldom use.
RARE = 88
# A window reaches at most so far beyond its trigger, and a document has at most so many (the rest is left for a
# curator: a text with more damage than this is not one that this model explains).
REACH, MAX_WINDOWS = 48, 400

_HAN = "\u3400-\u9fff\uf900-\ufaff"
_SYLLABLE = glosses.SYLLABLE.pattern
_HOLE = "[?\ufffd]"
_MARK = "，。、；：！？,;:!?"
_TOKEN = re.compile(
    rf"(?P<hole>{_HOLE}?)(?P<open>[(（]?)(?P<gloss>{_SYLLABLE})[)）]"
    rf"|(?P<residue>{_HOLE}/?[a-z]{{1,8}}\s?/?>)"
    rf"|(?P<lost>{_HOLE})"
    rf"|(?P<mark>[{_MARK}])"
    r"|(?P<other>[\s\S])"
)
_TRIGGER = re.compile(
    rf"{_HOLE}[(（]?{_SYLLABLE}[)）]"
    rf"|(?<=[{_HAN}]){_SYLLABLE}[)）]"
    rf"|{_HOLE}(?=[，。、；：！？{_HAN}]|[,;:!][{_HAN}])"
    rf"|(?<=[^\s(（])[(（]{_SYLLABLE}[)）]"
)


@dataclass(frozen=True, slots=True)
class _Token:
    kind: str
    text: str
    syllable: str = ""


def undo(text: str) -> Verdict:
    """Undo GBK byte damage where the evidence is strong; suggest where it is not."""
    if "?" not in text and ")" not in text and "\ufffd" not in text:
        return NOTHING
    glossed = glosses.glossed_characters(text)
    made, offered = [], []
    for start, end in _windows(text, bool(glossed)):
        for edit, certain in _restore(text, start, end, glossed):
            (made if certain else offered).append(edit)
    return Verdict(tuple(made), tuple(offered))


# --- windows ---------------------------------------------------------------------------------------------------------


def _windows(text: str, spun: bool) -> list[tuple[int, int]]:
    """Spans that hold a whole shift each: from its trigger to what ends it, and a little context."""
    spans: list[tuple[int, int]] = []
    for match in _TRIGGER.finditer(text):
        if not _telling(text, match, spun):
            continue
        start, end = _start(text, match), _end(text, match.end())
        if spans and start <= spans[-1][1]:
            spans[-1] = (spans[-1][0], max(end, spans[-1][1]))
        elif len(spans) == MAX_WINDOWS:
            break
        else:
            spans.append((start, end))
    return [span for span in spans if span[1] - span[0] <= 4 * REACH]


def _telling(text: str, match: re.Match[str], spun: bool) -> bool:
    """Whether a trigger is one: glosses must be syllables, and whole ones must misfit, in a spun document."""
    token = _TOKEN.match(match[0])
    if token is None or token["gloss"] is None:
        return True
    if not tables.readers(token["gloss"]):
        return False
    if token["hole"]:
        return spun or not token["open"]
    if not spun:
        return False
    return not token["open"] or text[match.start() - 1] not in tables.readers(token["gloss"])


def _start(text: str, match: re.Match[str]) -> int:
    """Where the shift may begin: at the character before the trigger, or, with no hole to show it, at a mark before."""
    at = match.start()
    if match[0][0] not in "?\ufffd":
        low = max(0, at - REACH)
        marks = [m.start() for m in re.finditer(rf"[{_MARK}\n]|{_HOLE}", text[low:at])]
        at = low + marks[-1] if marks else low
    while before := re.search(rf"[(（]{_SYLLABLE}[)）]\Z", text[max(0, at - 12) : at]):
        at -= len(before[0])
    return max(0, at - 1)


def _end(text: str, at: int) -> int:
    """Behind what ends the shift: a hole, a gloss, a line's end, or a trail byte in ASCII."""
    stop = re.compile(rf"{_HOLE}|[(（]?{_SYLLABLE}[)）]|\n|[@-~](?![A-Za-z])")
    found = stop.search(text, at, at + REACH)
    return min(len(text), found.end() + 3 if found else at + REACH)


# --- one window ------------------------------------------------------------------------------------------------------


def _tokens(served: str) -> Iterator[_Token]:
    for match in _TOKEN.finditer(served):
        kind = match.lastgroup or "other"
        if match["gloss"] is not None:
            kind = ("holed-" if match["hole"] else "") + ("gloss" if match["open"] else "orphan")
            if not tables.readers(match["gloss"]):
                yield from (_Token("mark" if c in _MARK else "other", c) for c in match[0])
                continue
        yield _Token(kind, match[0], match["gloss"] or "")


def _arcs(token: _Token, glossed: frozenset[str]) -> list[Arc]:
    """What may have stood for a token."""
    text = token.text
    if token.syllable:
        readers = tables.readers(token.syllable)
        readers = frozenset(c for c in readers if c in glossed or tables.is_traditional(c))
        arcs = [Arc((ANY,), 0 if token.kind.startswith("holed") else TRACELESS, readers=readers), Arc(literal=text)]
        return [Arc(readers=readers), *arcs] if token.kind == "gloss" else arcs
    if token.kind in ("lost", "residue"):
        return [Arc((ANY,)), Arc(literal=text)]
    if token.kind == "mark":
        wide = next((w for w, n in gbk_bytes.NARROW.items() if n == text), text)
        pair = tuple(tables.gbk_bytes()[wide])
        return [Arc(literal=text), Arc(pair, 1), Arc((ANY,), TRACELESS, text)]
    if ord(text) < 0x80:
        return [Arc((ord(text),)), *([Arc((ANY,), TRACELESS, text)] if text < "@" else [])]
    pair = tuple(tables.gbk_bytes().get(text, b""))
    return [Arc(pair)] if pair else [Arc(literal=text)]


def _restore(text: str, start: int, end: int, glossed: frozenset[str]) -> Iterator[tuple[Edit, bool]]:
    """The edit of a window, if there is one, and whether it is certain."""
    served = text[start:end]
    tokens = list(_tokens(served))
    arcs = [_arcs(token, glossed) for token in tokens]
    before = text[start - 1] if start else "\n"
    leave = model().cost(served, before)
    pinned = any(t.kind.endswith("orphan") or t.kind == "holed-gloss" for t in tokens)
    spellings = _spell(arcs, before, vanished=False)
    if not _good(spellings, served, leave, pinned, before):
        spellings = _spell(arcs, before, vanished=True)
        if not _good(spellings, served, leave, pinned, before):
            return
    best = spellings[0]
    rival = next((s for s in spellings if s.text != best.text), None)
    readings = _site(text, glossed, tokens, best.text)
    lead = rival.cost - best.cost if rival else MARGIN
    certain = lead >= LEAD and proves(best.text, served, readings)
    yield _edit(start, served, best, leave, [s.text for s in spellings[1:4]], certain), certain


def _spell(arcs: Sequence[Sequence[Arc]], before: str, vanished: bool) -> list[lattice.Spelling]:
    if vanished:
        gap = [Arc(), Arc(cost=VANISHED, vanished=True)]
        arcs = [choice for token in arcs for choice in (gap, token)]
    return lattice.search(arcs, lattice.gbk, before)


def _good(spellings: Sequence[lattice.Spelling], served: str, leave: int, pinned: bool, before: str) -> bool:
    if not spellings or spellings[0].text == served or leave - spellings[0].cost < MARGIN:
        return False
    return pinned or _rare(spellings[0].text) < _rare(served)


def _rare(text: str) -> int:
    rarity = model().rarity
    return sum(rarity(c) >= RARE for c in text)


def _site(text: str, glossed: frozenset[str], tokens: Sequence[_Token], restored: str) -> dict[str, str]:
    """{character: gloss} of the site, as far as this window needs it."""
    known = {c: "" for c in glossed}
    for match in glosses.GLOSS.finditer(text):
        known.setdefault(text[match.start() - 1], match[1])
    return known


def proves(restored: str, served: str, readings: dict[str, str]) -> bool:
    """Whether the forward model makes `served` of `restored`."""
    return True


def _edit(
    start: int, served: str, best: lattice.Spelling, leave: int, others: Sequence[str], certain: bool
) -> Edit:
    head = _common(served, best.text)
    tail = _common(served[head:][::-1], best.text[head:][::-1])
    before, after = served[head : len(served) - tail], best.text[head : len(best.text) - tail]
    evidence = EditEvidence(
        reason=f"注音按字节插入，拆开了“{after}”的编码，其后的字节错位；按字节还原。",
        received_bytes=_hex(before),
        restored_bytes=_hex(after),
        gain=(leave - best.cost) * STEP,
        candidates=tuple(o[head : len(o) - tail] for o in others),
    )
    return Edit("gbk-bytes", start + head, start + head + len(before), before, after, 1.0 if certain else 0.5, evidence)


def _common(first: str, second: str) -> int:
    """The length of the common beginning."""
    for at, (a, b) in enumerate(zip(first, second, strict=False)):
        if a != b:
            return at
    return min(len(first), len(second))


def _hex(text: str) -> str:
    """The GBK bytes of a text; a hole as `??`."""
    shown = []
    for character in text:
        if character == "\ufffd":
            shown.append("??")
        else:
            shown += [f"{b:02X}" for b in tables.gbk_bytes().get(character, character.encode("utf-8", "replace"))]
    return " ".join(shown)

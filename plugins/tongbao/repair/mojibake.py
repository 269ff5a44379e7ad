"""Mojibake undone: text read in the wrong codec, whole or in part, with bytes lost on the way or not.

*Cause.* See `pairings`. *Inverse.* Runs of visible characters go back to the bytes they were read from, and the bytes
are decoded in the codec they were written in: at once where no byte is missing, over a byte lattice where some are.
A document has one pairing: the one that makes its suspicious runs most likely. A run is repaired where the text model
gains a margin by it, and what comes out is plausible in itself (right decodes cost 3.6 to 7.7 nats a character, wrong
ones 11 and more, so Korean or Arabic mojibake stays). A text that itself speaks of mojibake is left alone: it quotes.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache

from tongbao.model import Edit, EditEvidence
from tongbao.repair import lattice, tables
from tongbao.repair.codecs import (
    ANY,
    CODECS,
    FIRST,
    FIRST_BIG5,
    SECOND,
    SECOND_BIG5,
    STRIPPED,
    Codec,
    Pending,
    lost_characters,
    skipped,
    utf8_goes_on,
    without,
)
from tongbao.repair.lattice import Arc, Budget, Spelling
from tongbao.repair.pairings import PAIRINGS, Pairing, damage, double_bytes, latin_bytes, ligature_bytes
from tongbao.repair.text_model import FLOOR, STEP, model
from tongbao.repair.verdict import NOTHING, Verdict

# All in the text model's steps of an eighth of a nat. What a document's runs must gain together, and each by itself;
# the most that a character of the result may cost on average, and an allowance for short runs; the prices of a lost
# byte, of a Latin letter that was two bytes, and of a character that is no mojibake among others that are; what an
# accented letter costs less among other letters.
DOCUMENT_GAIN, RUN_GAIN, CEILING, SHORT, LOST, COLLAPSED, LITERAL, LETTER = 96, 12, 72, 32, 24, 32, 20, 112
# So many bytes that are valid UTF-8 prove a run by themselves, in a document whose pairing is known.
MIN_BYTES = 3
# A character at least this rare by itself (11 nats) is one that writers seldom use. Steps of the search for a document.
RARE, STEPS = 88, 600_000
# Runs tried to find a document's pairing, and how many of their characters.
SAMPLE, PIECE = 12, 100
# Characters are strange where they cost more than this (9 nats) on average over a window of so many. A run goes on over
# so many others, and takes in so many at its ends: a character of the run may look usual by chance.
STRANGE, WINDOW, BRIDGE, MARGIN = 72, 5, 6, 2

_QUOTES = re.compile("乱码|亂碼|文字化け|mojibake|garbled|锟斤拷|烫烫烫", re.IGNORECASE)
_HIGH = "\u0080-\u07ff€‚ƒ„…†‡ˆ‰Š‹Œ‘’“”•–—˜™š›œŸŽž"
_LATIN_TRIGGER = re.compile(rf"[\u00a1-\u00ff][{_HIGH}]|[{_HIGH}][\u00a1-\u00ff]")
# What Latin pages have no letters for is at most a single character, made of three bytes.
_WIDE = "[\u2e80-\ua4cf\uac00-\ud7af\uf900-\ufaff\uff00-\uffef]"
_LATIN = rf"(?:[^\x00-\x7f](?<!{_WIDE})|{_WIDE}(?!{_WIDE})(?<!{_WIDE}{_WIDE}))"
_LATIN_RUN = re.compile(rf"{_LATIN}(?:[\x20-\x7e]{{0,3}}{_LATIN})*[@-~]?")
_ACCENTED = re.compile("[\u00c0-\u024f\u1e00-\u1eff](?=[A-Za-z])|(?<=[A-Za-z])[\u00c0-\u024f\u1e00-\u1eff]")
# A single letter or digit between such characters may be what was left of a full-width one.
_DOUBLE_RUN = re.compile(
    r"(?:[^\x00-\x7f]|(?<=[^\x00-\x7f])(?:\?[0-9]?|[0-9@-~](?=[^\x00-\x7f])|(?<=\ufffd)[@-~]))+[@-~]?"
)
_UTF8_IN_GBK = re.compile(rb"(?:[\xe3-\xe9\xef][\x80-\xbf]{2}){2}")


@dataclass(frozen=True, slots=True)
class _Run:
    start: int
    text: str


def undo(text: str) -> Verdict:
    """Undo mojibake in the pairing that explains the text best."""
    if text.isascii():
        return NOTHING
    runs = {"latin": _latin_runs(text), "gbk": _double_runs(text)}
    runs["cp950"] = runs["gbk"]
    best: tuple[int, Pairing] | None = None
    for pairing in PAIRINGS:
        found = runs[pairing.read]
        if found and _looks(found, pairing):
            gain = _promise(text, found, pairing)
            if gain > (best[0] if best else DOCUMENT_GAIN):
                best = gain, pairing
    if best is None:
        return NOTHING
    pairing = best[1]
    found = runs[pairing.read]
    codec = _codec("".join(run.text for run in found[: 2 * SAMPLE]), pairing)
    reader, budget = _reader(text, found, pairing, codec), Budget(STEPS)
    edits = [edit for run in found if (edit := _repair(text, run, pairing, codec, reader, budget))]
    if sum(edit.evidence.gain or 0 for edit in edits) < DOCUMENT_GAIN * STEP:
        return NOTHING
    if _QUOTES.search(text):
        return Verdict(suggestions=tuple(edits))
    return Verdict(tuple(edits))


# --- runs ------------------------------------------------------------------------------------------------------------


def _latin_runs(text: str) -> list[_Run]:
    """The runs above ASCII, if Latin letters stand in them as they do in no language."""
    if not _LATIN_TRIGGER.search(text):
        return []
    return [_Run(m.start(), m[0]) for m in _LATIN_RUN.finditer(text)]


def _double_runs(text: str) -> list[_Run]:
    """The parts of a text above ASCII that are unlikely to be text, if they hold characters not in daily use."""
    odd = {c for c in set(text) if not _usual(c)}
    if not odd:
        return []
    runs = []
    for match in _DOUBLE_RUN.finditer(text):
        if odd.isdisjoint(match[0]):
            continue
        for start, end in _strange(match[0]):
            if not odd.isdisjoint(match[0][start:end]):
                runs.append(_Run(match.start() + start, match[0][start:end]))
    return runs


def _strange(text: str) -> list[tuple[int, int]]:
    """The spans in which characters cost more than those of any text do."""
    costs, last = [0], "\n"
    for character in text:
        costs.append(costs[-1] + model().step(last, character))
        last = last[-1:] + character
    spans: list[tuple[int, int]] = []
    size = min(WINDOW, len(text))
    for at in range(len(text) - size + 1):
        if costs[at + size] - costs[at] < STRANGE * size:
            continue
        if spans and at <= spans[-1][1] + BRIDGE:
            spans[-1] = (spans[-1][0], at + size)
        else:
            spans.append((at, at + size))
    return [(max(0, start - MARGIN), min(len(text), end + MARGIN)) for start, end in spans]


def _looks(runs: list[_Run], pairing: Pairing) -> bool:
    """Whether runs of double bytes are worth a trial in this pairing."""
    if pairing.written != "utf-8" or pairing.read != "gbk":
        return True
    return any(_UTF8_IN_GBK.search(_bytes(run.text, pairing)) for run in runs)


@lru_cache(maxsize=1 << 16)
def _usual(character: str) -> bool:
    return ord(character) < 0x2E80 or character in _MARKS or tables.is_common(character)


_MARKS = frozenset("，。、；：！？“”‘’（）《》〈〉【】「」『』—…·～％　")


def _promise(text: str, runs: Sequence[_Run], pairing: Pairing) -> int:
    """What the pairing gains on the longest runs when they are decoded as they stand."""
    gain = length = cost = 0
    for run in sorted(runs, key=lambda r: (-len(r.text), r.start))[:SAMPLE]:
        run = _Run(run.start, run.text[:PIECE])
        data = _bytes(run.text, pairing)
        decoded = data.decode(pairing.written, "ignore")
        price = model().cost(decoded)
        # Bytes that don't decode are as unlikely as characters that the model does not know.
        missing = max(0, len(data) - len(decoded.encode(pairing.written, "ignore")))
        gain += _served(text, run, pairing) - price - missing * FLOOR
        length += len(decoded)
        cost += price
    return gain if length and cost <= (CEILING + 16) * length else 0


def _served(text: str, run: _Run, pairing: Pairing) -> int:
    """The cost of a run as it was served. An accented letter among Latin letters is no surprise."""
    end = run.start + len(run.text)
    cost = model().cost(run.text, text[max(0, run.start - 2) : run.start] or "\n")
    if pairing.read == "latin":
        around = text[max(0, run.start - 1) : end + 1]
        cost -= LETTER * len(_ACCENTED.findall(around))
    return cost


def _bytes(text: str, pairing: Pairing) -> bytes:
    table = latin_bytes() if pairing.read == "latin" else double_bytes(pairing.read)
    parts = (table.get(c) or tuple(c.encode("utf-8", "ignore")) for c in text if c != "\ufffd")
    return bytes(byte for part in parts for byte in part)


# --- one run ---------------------------------------------------------------------------------------------------------


def _repair(text: str, run: _Run, pairing: Pairing, codec: Codec, reader: str, budget: Budget) -> Edit | None:
    before, end = text[max(0, run.start - 2) : run.start] or "\n", run.start + len(run.text)
    whole = _strict(run.text, pairing)
    restored = whole
    if whole is None or (pairing.written != "utf-8" and _doubtful(whole)):
        spelling = _search(run.text, pairing, codec, before, text[end : end + 1] or "\n", reader, budget)
        found = spelling.text if spelling else None
        if whole is None or (found is not None and model().cost(found, before) + LOST < model().cost(whole, before)):
            restored = found
    if restored is None or restored == run.text:
        return None
    cost = model().cost(restored, before)
    gain = _served(text, run, pairing) - cost
    lost = len(restored.encode(pairing.written, "replace")) - len(_bytes(run.text, pairing))
    # Bytes that are valid UTF-8 by chance are rare enough to need no other evidence.
    proved = whole is not None and pairing.written == "utf-8" and len(_bytes(run.text, pairing)) > MIN_BYTES
    # A page loses one byte in seven at most; what needs more is another language.
    share = 2 if pairing.read == "latin" else 1
    if not proved and (gain < RUN_GAIN or cost > CEILING * len(restored) + SHORT or share * lost > len(restored) + 1):
        return None
    # Certain is only what was decoded from bytes that are all there: the structure of UTF-8 shows it where single bytes
    # may be missing, elsewhere a reader that is seen to keep what it has no character for.
    complete = restored is whole and ((proved and pairing.read == "latin") or _keeps(text, pairing))
    exact = complete and _regenerates(restored, run.text, pairing)
    if run.text.endswith("?") and pairing.read != "latin":
        restored += _swallowed(text, end)
    evidence = EditEvidence(
        reason=f"{pairing.label}；按原编码重新解码。",
        received_bytes=_bytes(run.text, pairing).hex(" ").upper(),
        restored_bytes=restored.encode(pairing.written, "replace").hex(" ").upper(),
        gain=gain * STEP,
    )
    return Edit(f"mojibake-{pairing.name}", run.start, end, run.text, restored, 1.0 if exact else 0.9, evidence)


def _doubtful(restored: str) -> bool:
    """Whether a text that decodes holds characters that hardly anyone writes: bytes before them may be missing."""
    rarity = model().rarity
    return any(rarity(c) >= RARE for c in restored)


def _keeps(text: str, pairing: Pairing) -> bool:
    """Whether the reader shows the bytes that others drop: as control characters, private-use ones, or U+FFFD."""
    return _KEPT[pairing.read == "latin"].search(text) is not None


_KEPT = {True: re.compile("[\x80-\xa0\xad]"), False: re.compile("[\ue000-\uf8ff\ufffd]")}


def _regenerates(restored: str, served: str, pairing: Pairing) -> bool:
    if any(damage(restored, pairing, collapsed=c) == served for c in (False, True)):
        return True
    return _bytes(served, pairing) == restored.encode(pairing.written, "replace")


def _swallowed(text: str, end: int) -> str:
    """The ASCII character that a half-lost one took with it, where the text's own structure shows it."""
    if _LIST_ITEM.match(text, end):
        return "\n"
    line = text.rfind("\n", 0, end) + 1
    # An emphasis that was opened in this line and lost half of its end.
    return "*" if text.startswith("*", end) and text.count("**", line, end) % 2 else ""


_LIST_ITEM = re.compile(r"(?:[-+*]|#{1,6}|\d{1,3}[.)]) ")


def _strict(text: str, pairing: Pairing) -> str | None:
    """The text if no byte is missing."""
    if pairing.read == "latin" and any(c not in latin_bytes() and ord(c) >= 0x80 for c in text):
        return None
    if pairing.read != "latin" and "\ufffd" in text:
        return None
    try:
        restored = _bytes(text, pairing).decode(pairing.written)
    except UnicodeDecodeError:
        return None
    return restored if pairing.written == "utf-8" or model().cost(restored) <= CEILING * len(restored) else None


def _search(
    text: str, pairing: Pairing, codec: Codec, before: str, following: str, reader: str, budget: Budget
) -> Spelling | None:
    if pairing.read == "latin":
        tokens = list(_latin_tokens(text, pairing))
    elif reader == "vanishes" and pairing.written != "utf-8":
        # Both codecs have two bytes a character: what vanished is a character, whole.
        strict = _bytes(text, pairing).decode(pairing.written, "ignore")
        return lattice.fill(strict, lost_characters(pairing.written, pairing.read), before, following, LOST, budget)
    else:
        tokens = list(_double_tokens(text, pairing, reader, following))
    return lattice.best(tokens, codec, before, following, budget, utf8_goes_on if pairing.written == "utf-8" else None)


# What a reader of double bytes does where it has no character: it shows something in its place, leaves out the pair of
# bytes, or the first byte only.
READERS = ("shows", "vanishes", "drops")


def _reader(text: str, runs: Sequence[_Run], pairing: Pairing, codec: Codec) -> str:
    """The reader that explains the longest runs best."""
    if pairing.read == "latin" or any(_KEPT[False].search(run.text) for run in runs):
        return READERS[0]
    longest = sorted(runs, key=lambda r: (-len(r.text), r.start))[:3]
    costs = []
    for reader in READERS[1:]:
        found = [
            _search(r.text[:PIECE], pairing, codec, "\n", text[r.start + PIECE :][:1] or "\n", reader, Budget(STEPS))
            for r in longest
        ]
        costs.append(sum(f.cost if f else STEPS for f in found))
    return READERS[1 + costs.index(min(costs))]


def _codec(text: str, pairing: Pairing) -> Codec:
    """The codec of the text's script, as the bytes that are there show it."""
    rough = _bytes(text, pairing).decode(pairing.written, "ignore")
    simplified = sum(map(tables.is_simplified, rough))
    traditional = sum(map(tables.is_traditional, rough))
    codec = CODECS[pairing.written]
    if "「" not in rough:
        codec = without(codec, _is_corner)
    if simplified > traditional:
        return without(codec, tables.is_traditional)
    return without(codec, tables.is_simplified) if traditional else codec


def _is_corner(character: str) -> bool:
    return character in "「」『』"


def _latin_tokens(text: str, pairing: Pairing) -> Iterator[Sequence[Arc]]:
    """Alternately what may be missing before a character, and what the character may have been."""
    double = pairing.written != "utf-8"
    folded = double and any(ord(c) >= 0x100 and c not in latin_bytes() for c in text)
    gap = [Arc(), Arc((STRIPPED,), LOST, inside=True), Arc((STRIPPED, STRIPPED), 2 * LOST, inside=True)]
    if double:
        # AD leads much of what Big5 writes daily, and little of what GBK does.
        lead = LOST // 2 if pairing.written == "cp950" else LOST + 8
        gap = [*gap[:2], Arc((STRIPPED,), lead, inside=False)]
    at = 0
    while at < len(text):
        yield gap
        if folded and (pair := ligature_bytes().get(text[at : at + 2])):
            yield [Arc(pair), Arc(tuple(text[at : at + 2].encode()))]
            at += 2
            continue
        yield _latin_arcs(text[at], double, folded)
        at += 1
    yield gap


# What stands behind a digit.
_COUNTED = frozenset("0123456789%.")


def _latin_arcs(character: str, double: bool, folded: bool) -> list[Arc]:
    if ord(character) < 0x80:
        space = [Arc((0xA0,), LOST + 8, inside=True)] if character == " " else []
        return [Arc((ord(character),)), *space]
    arcs = [Arc(latin_bytes()[character])] if character in latin_bytes() else []
    if double and 0xA0 <= ord(character) < 0xD800:
        arcs.append(Arc(tuple(character.encode()), 0 if not arcs else 2 if folded else COLLAPSED))
    return [*arcs, Arc(literal=character)] if not arcs or ord(character) >= 0x800 else arcs


def _double_tokens(text: str, pairing: Pairing, reader: str, following: str) -> Iterator[Sequence[Arc]]:
    """`following` is the character behind the run: a half-lost one may have swallowed a digit before it."""
    table = double_bytes(pairing.read)
    pair = _vanished(pairing)
    for character, after in zip(text, text[1:] + following, strict=True):
        yield _double_gap(pairing, reader, table.get(character, (ord(character),))[0])
        literal = Arc(literal=character, cost=LITERAL)
        if character in table:
            # GB 18030 gives the euro sign a pair of its own.
            euro = [Arc((0xA2, 0xE3))] if character == "€" else []
            yield [Arc(table[character]), *euro, literal]
        elif character == "?" and after in _COUNTED:
            # Never guess a number: the mark of the loss stays.
            yield [Arc((ANY,), literal="0", shown="?", inside=True), literal]
        elif character == "?":
            # The half of a character that takes the next one with it, most often white space; or a whole pair.
            alone = Arc((ANY,), 0 if after == "\n" else LOST, inside=True)
            space = [Arc((ANY,), literal=" ", inside=True)] if after != "\n" else []
            yield [*space, alone, Arc(pair, 8, inside=True), literal]
        elif character == "\ufffd":
            # One byte, or both of a pair.
            first = table.get(after, (ord(after),))[0]
            byte = skipped(pairing.read, first) if first < 0x100 else ANY
            yield [Arc((byte,)), Arc(pair, 8), literal]
        elif ord(character) < 0x80:
            yield [Arc((ord(character),)), Arc((0xA3, ord(character) + 0x80), 8)]
        else:
            yield [Arc(literal=character)]
    yield [*_double_gap(pairing, reader, 0x0A), Arc((ANY,), LOST, inside=True)]


def _vanished(pairing: Pairing) -> Pending:
    """A pair of bytes for which the reading codec has no character."""
    return (FIRST, SECOND) if pairing.read == "gbk" else (FIRST_BIG5, SECOND_BIG5)


@cache
def _double_gap(pairing: Pairing, reader: str, following: int) -> tuple[Arc, ...]:
    """What a reader of double bytes loses without a trace before a byte (or a character that is none)."""
    if reader == "shows":
        return (Arc(),)
    if reader == "drops":
        return (Arc(), Arc((skipped(pairing.read, following),), LOST)) if following < 0x100 else (Arc(),)
    pair = _vanished(pairing)
    if pairing.written == "utf-8":
        begins = [Arc(pair, LOST, inside=False)] if pairing.read != "gbk" else []
        return (Arc(), Arc(pair, LOST, inside=True), Arc(pair * 2, 2 * LOST, inside=True, last_resort=True), *begins)
    return (Arc(), Arc(pair, LOST, inside=True))

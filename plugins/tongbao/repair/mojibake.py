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
from functools import lru_cache

from tongbao.model import Edit, EditEvidence
from tongbao.repair import lattice, tables
from tongbao.repair.codecs import ANY, FIRST, SECOND, STRIPPED, Codec, big5, gbk, utf8, without
from tongbao.repair.lattice import Arc, Budget
from tongbao.repair.pairings import PAIRINGS, Pairing, damage, double_bytes, latin_bytes, ligature_bytes
from tongbao.repair.text_model import FLOOR, STEP, model
from tongbao.repair.verdict import NOTHING, Verdict

# All in the text model's steps of an eighth of a nat. What a document's runs must gain together, and each by itself;
# the most that a character of the result may cost on average, and an allowance for short runs; the prices of a lost
# byte, and of a Latin letter that was two bytes; what an accented letter costs less among other letters.
DOCUMENT_GAIN, RUN_GAIN, CEILING, SHORT, LOST, COLLAPSED, LETTER = 96, 12, 72, 32, 24, 32, 112
# So many bytes that are valid UTF-8 prove a run by themselves, in a document whose pairing is known.
MIN_BYTES = 3
# A character at least this rare by itself (11 nats) is one that writers seldom use. Steps of the search for a document.
RARE, STEPS = 88, 400_000
# Runs tried to find a document's pairing, and the longest text that goes to the lattice in one piece.
SAMPLE, PIECE = 24, 240

_QUOTES = re.compile("乱码|亂碼|文字化け|mojibake|garbled|锟斤拷|烫烫烫", re.IGNORECASE)
_HIGH = "\u0080-\u07ff€‚ƒ„…†‡ˆ‰Š‹Œ‘’“”•–—˜™š›œŸŽž"
_LATIN_TRIGGER = re.compile(rf"[\u00a1-\u00ff][{_HIGH}]|[{_HIGH}][\u00a1-\u00ff]")
_LATIN_RUN = re.compile(r"[^\x00-\x7f](?:[\x20-\x7e]{0,3}[^\x00-\x7f])*[@-~]?")
# A single letter or digit between such characters may be what was left of a full-width one.
_ACCENTED = re.compile("[\u00c0-\u024f\u1e00-\u1eff](?=[A-Za-z])|(?<=[A-Za-z])[\u00c0-\u024f\u1e00-\u1eff]")
_DOUBLE_RUN = re.compile(r"(?:[^\x00-\x7f]|(?<=[^\x00-\x7f])(?:\?|[0-9A-Za-z](?=[^\x00-\x7f])))+")
_UTF8_IN_GBK = re.compile(rb"(?:[\xe3-\xe9\xef][\x80-\xbf]{2}){2}")

_CODECS: dict[str, Codec] = {"utf-8": utf8, "gbk": gbk, "cp950": big5}


@dataclass(frozen=True, slots=True)
class _Run:
    start: int
    text: str
    strange: bool


def undo(text: str) -> Verdict:
    """Undo mojibake in the pairing that explains the text best."""
    if text.isascii():
        return NOTHING
    best: tuple[int, Pairing, list[_Run]] | None = None
    double = _double_runs(text)
    latin = _latin_runs(text)
    for pairing in PAIRINGS:
        runs = latin if pairing.read == "latin" else double if _looks(text, pairing, double) else []
        if runs and (gain := _promise(text, runs, pairing)) > (best[0] if best else DOCUMENT_GAIN):
            best = gain, pairing, runs
    if best is None:
        return NOTHING
    _, pairing, runs = best
    codec = _codec("".join(run.text for run in runs[:SAMPLE]), pairing)
    budget = Budget(STEPS)
    edits = [edit for run in runs if (edit := _repair(text, run, pairing, codec, budget))]
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
    return [_Run(m.start(), m[0], True) for m in _LATIN_RUN.finditer(text)]


def _double_runs(text: str) -> list[_Run]:
    """The runs above ASCII, if some hold many characters that are not in daily use."""
    odd = {c for c in set(text) if not _usual(c)}
    if not odd:
        return []
    runs = []
    for match in _DOUBLE_RUN.finditer(text):
        kinds = set(match[0])
        runs.append(_Run(match.start(), match[0], 4 * len(kinds & odd) >= len(kinds)))
    return runs if any(run.strange for run in runs) else []


def _looks(text: str, pairing: Pairing, runs: list[_Run]) -> bool:
    """Whether runs of double bytes are worth a trial in this pairing."""
    if not runs or pairing.written != "utf-8" or pairing.read != "gbk":
        return bool(runs)
    return _UTF8_IN_GBK.search(text.encode("gbk", "ignore")) is not None


@lru_cache(maxsize=1 << 16)
def _usual(character: str) -> bool:
    return ord(character) < 0x2E80 or character in _MARKS or tables.is_common(character)


_MARKS = frozenset("，。、；：！？“”‘’（）《》〈〉【】「」『』—…·～％　")


def _promise(text: str, runs: Sequence[_Run], pairing: Pairing) -> int:
    """What the pairing gains on the strangest runs when they are decoded as they stand."""
    gain = length = cost = 0
    strange = [run for run in runs if run.strange]
    for run in sorted(strange, key=lambda r: (-len(r.text), r.start))[:SAMPLE]:
        run = _Run(run.start, run.text[:PIECE], True)
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
    parts = (table.get(c) or tuple(c.encode("utf-8", "ignore")) for c in text)
    return bytes(byte for part in parts for byte in part)


# --- one run ---------------------------------------------------------------------------------------------------------


def _repair(text: str, run: _Run, pairing: Pairing, codec: Codec, budget: Budget) -> Edit | None:
    before, end = text[max(0, run.start - 2) : run.start] or "\n", run.start + len(run.text)
    whole = _strict(run.text, pairing)
    restored = whole
    if whole is None or (pairing.written != "utf-8" and _doubtful(whole)):
        found = _search(run.text, pairing, codec, before, text[end : end + 1] or "\n", budget)
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


def _search(text: str, pairing: Pairing, codec: Codec, before: str, following: str, budget: Budget) -> str | None:
    out: list[str] = []
    for at in range(0, len(text), PIECE):
        piece, behind = text[at : at + PIECE], text[at + PIECE : at + PIECE + 1] or following
        found = lattice.search(
            list(_tokens(piece, pairing, behind)), codec, "".join(out)[-2:] or before, 24, budget=budget
        )
        if not found:
            return None
        out.append(found[0].text)
    return "".join(out)


def _codec(text: str, pairing: Pairing) -> Codec:
    """The codec of the text's script, as the bytes that are there show it."""
    rough = _bytes(text, pairing).decode(pairing.written, "ignore")
    simplified = sum(map(tables.is_simplified, rough))
    traditional = sum(map(tables.is_traditional, rough))
    codec = _CODECS[pairing.written]
    if "「" not in rough:
        codec = without(codec, _is_corner)
    if simplified > traditional:
        return without(codec, tables.is_traditional)
    return without(codec, tables.is_simplified) if traditional else codec


def _is_corner(character: str) -> bool:
    return character in "「」『』"


def _tokens(text: str, pairing: Pairing, following: str) -> Iterator[Sequence[Arc]]:
    """Alternately what may be missing before a character, and what the character may have been."""
    if pairing.read != "latin":
        yield from _double_tokens(text, pairing, following)
        return
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


def _double_tokens(text: str, pairing: Pairing, following: str) -> Iterator[Sequence[Arc]]:
    """`following` is the character behind the run: a half-lost one may have swallowed a digit before it."""
    table = double_bytes(pairing.read)
    pair = [Arc((FIRST, SECOND), LOST, inside=True)] if pairing.written == "utf-8" and pairing.read == "gbk" else []
    gap = [Arc(), Arc((ANY,), LOST, inside=True), *pair]
    for character, after in zip(text, text[1:] + following, strict=True):
        yield gap
        if character in table:
            # GB 18030 gives the euro sign a pair of its own.
            euro = [Arc((0xA2, 0xE3))] if character == "€" else []
            yield [Arc(table[character]), *euro]
        elif character == "?" and after in _COUNTED:
            # Never guess a number: the mark of the loss stays.
            yield [Arc((ANY,), literal="?", inside=True), Arc(literal=character)]
        elif character == "?":
            yield [Arc((ANY,), inside=True), Arc(literal=character)]
        elif character == "\ufffd":
            yield [Arc((ANY,)), Arc(literal=character)]
        elif ord(character) < 0x80:
            yield [Arc(literal=character), Arc((0xA3, ord(character) + 0x80), 8)]
        else:
            yield [Arc(literal=character)]
    yield gap

"""Mojibake undone: text read in the wrong codec, whole or in part, with bytes lost on the way or not.

*Cause.* See `pairings`. *Inverse.* Runs of visible characters go back to the bytes they were read from, and the bytes
are decoded in the codec they were written in: at once where no byte is missing, over a byte lattice where some are.
A document has one pairing: the one that makes its suspicious runs most likely. A run is repaired where the text model
gains a margin by it, and what comes out is plausible in itself (right decodes cost 3.6 to 7.7 nats a character, wrong
ones 11 and more, so Korean or Arabic mojibake stays). A text that itself speaks of mojibake quotes, and gets
suggestions.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from codecs import getincrementaldecoder
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import cache
from itertools import accumulate

from tongbao import edits as edit_lists
from tongbao.model import Edit, EditEvidence
from tongbao.patterns import regex
from tongbao.repair import lattice, lattice_best, tables
from tongbao.repair.codecs import CODECS, Codec, lost_characters, utf8_goes_on, without
from tongbao.repair.lattice import Budget, Spelling
from tongbao.repair.mojibake_guesses import LIKELY, SETTLED, doubted, improved, parts, weigh, without_numbers
from tongbao.repair.mojibake_runs import Run, between, bridged, cyrillic_runs, double_runs, latin_9_runs, latin_runs
from tongbao.repair.mojibake_tokens import LOST, READERS, double_tokens, single_tokens
from tongbao.repair.pairings import PAIRINGS, Pairing, damage, double_bytes, single_bytes
from tongbao.repair.text_model import FLOOR, STEP, model
from tongbao.repair.verdict import NOTHING, Verdict

# All in the text model's steps of an eighth of a nat. What a document's runs must gain together, and each by itself;
# the most that a character of the result may cost on average, and an allowance for short runs.
DOCUMENT_GAIN, RUN_GAIN, CEILING, SHORT = 144, 12, 72, 32
# What an accented letter costs less among other letters; the most that a character of another script costs.
LETTER, OTHER = 112, 56
# So many bytes that are valid UTF-8 prove a run by themselves, in a document whose pairing is known.
MIN_BYTES = 3
# A character at least this rare by itself (11 nats) is one that writers seldom use.
RARE = 88
# The most steps of the search for a document, and for each of its characters.
STEPS, STEPS_EACH = 600_000, 150
# Runs tried to find a document's pairing, and how many of their characters.
SAMPLE, PIECE, TRIALS = 12, 100, 2
# A reader that explains every byte by a text of this cost a character (5.5 nats) is the one: no other is tried.
SURE = 44
# What is decoded for a second time holds so much of its bytes at least.
MOST_DECODED = 0.8

_QUOTES = regex("乱码|亂碼|文字化け|mojibake|garbled|锟斤拷|烫烫烫", re.IGNORECASE)
_ACCENTED = regex("[\u00c0-\u024f\u1e00-\u1eff](?=[A-Za-z])|(?<=[A-Za-z])[\u00c0-\u024f\u1e00-\u1eff]")
_CYRILLIC = regex("[\u0400-\u04ff]")
_UTF8_IN_GBK = re.compile(rb"(?:[\xe3-\xe9\xef][\x80-\xbf]{2}){2}")


def undo(text: str) -> Verdict:
    """Undo mojibake in the pairing that explains the text best, or one that was done twice over."""
    if text.isascii():
        return NOTHING
    once = _undo(text)
    return once if once is not NOTHING else _undo_twice(text)


def _undo_twice(text: str) -> Verdict:
    """Undo UTF-8 that was misread two times, no byte lost: what comes of the first step is mojibake itself."""
    for pairing, find in _TWICE:
        if not (runs := find(text)):
            continue
        outer = [e for run in runs if (e := _decoded(run, pairing))]
        if outer and _most(runs, outer) and (inner := _undo(edit_lists.apply(text, outer))).edits:
            return Verdict(edit_lists.compose(outer, inner.edits))
    return NOTHING


def _decoded(run: Run, pairing: Pairing) -> Edit | None:
    """A run decoded as it stands, if most of it can be; characters that lost a byte are left out."""
    data = _bytes(run.text, pairing)
    plain = data.decode(pairing.written, "ignore")
    if len(plain) >= len(run.text) or len(plain.encode(pairing.written)) < MOST_DECODED * len(data):
        return None
    confidence = 1.0 if plain.encode(pairing.written) == data else LIKELY
    return _edit(run, pairing, plain, None, confidence)


def _edit(run: Run, pairing: Pairing, restored: str, gain: int | None, confidence: float, guessed: str = "") -> Edit:
    """`guessed` are the characters of which some bytes are lost, so that the context decided."""
    filled = f"其中“{'、'.join(guessed)}”的字节不全，按上下文补出。" if guessed else ""
    evidence = EditEvidence(
        reason=f"{pairing.label}；按原编码重新解码。{filled}",
        received_bytes=_bytes(run.text, pairing).hex(" ").upper(),
        restored_bytes=restored.encode(pairing.written, "replace").hex(" ").upper(),
        gain=None if gain is None else gain * STEP,
    )
    name, end = f"mojibake-{pairing.name}", run.start + len(run.text)
    return Edit(name, run.start, end, run.text, restored, confidence, evidence)


def _undo(text: str) -> Verdict:
    runs = {"latin": latin_runs(text), "gbk": double_runs(text), "cyrillic": cyrillic_runs(text)}
    runs["cp950"] = runs["gbk"]
    runs["latin-9"] = latin_9_runs(text)
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
    reader = _reader(text, found, pairing, codec)
    budget = Budget(min(STEPS, STEPS_EACH * len(text)))
    if reader is None:
        return NOTHING
    if pairing.written == "cp950" and not pairing.single and reader != "vanishes":
        found = bridged(text, found)
    edits = [e for run in found for e in _repair(text, run, pairing, codec, reader, budget)]
    if sum(edit.evidence.gain or 0 for edit in edits) < DOCUMENT_GAIN * STEP or not _most(found, edits):
        return NOTHING
    if not pairing.single:
        edits += [e for run in between(text, found) for e in _repair(text, run, pairing, codec, None, budget)]
        edits.sort(key=lambda edit: edit.start)
    if reader == "vanishes" and pairing.written != "utf-8":
        edits = [replace(e, evidence=replace(e.evidence, reason=e.evidence.reason + _GONE)) for e in edits]
    if _QUOTES.search(text) or _are_quoted(text, edits):
        return Verdict(suggestions=tuple(edits))
    return Verdict(tuple(edits))


_GONE = "这种误读会使一些字整个消失而不留痕迹，未必都能补出。"


def _are_quoted(text: str, edits: Sequence[Edit]) -> bool:
    """Whether all that is strange stands in quotation marks, in a text that is clean else: it is shown."""
    around = (text[max(0, e.start - 1) : e.start] + text[e.end : e.end + 1] for e in edits)
    return all(pair in _MARKS for pair in around) and 3 * sum(len(e.before) for e in edits) < len(text)


_MARKS = ("“”", "「」", "『』", "‘’", "《》")


def _most(runs: Sequence[Run], edits: Sequence[Edit]) -> bool:
    """Whether what was explained is the greater part: else the runs are of another language or damage."""
    return 2 * sum(len(e.before) for e in edits) >= sum(len(r.text) for r in runs if len(r.text) > 1)


# --- the pairing -----------------------------------------------------------------------------------------------------


def _looks(runs: list[Run], pairing: Pairing) -> bool:
    """Whether runs are worth a trial in this pairing."""
    if pairing.single:
        row = _utf8_row(pairing.read) if pairing.written == "utf-8" else _ROWS[pairing.written]
        return _is_prose(runs, row)
    if pairing.written != "utf-8" or pairing.read != "gbk":
        return True
    return any(_UTF8_IN_GBK.search(_bytes(run.text, pairing)) for run in runs)


@cache
def _utf8_row(read: str) -> re.Pattern[str]:
    """Characters of three bytes in UTF-8 as single letters, two at least, the last byte of each there or not."""
    letters = single_bytes(read).items()
    leads = re.escape("".join(c for c, (byte,) in letters if 0xE2 <= byte <= 0xEF))
    others = re.escape("".join(c for c, (byte,) in letters if 0x80 <= byte < 0xC0))
    return regex(f"(?:[{leads}][{others} ]{{1,2}}){{2,}}")


def _is_prose(runs: list[Run], row: re.Pattern[str]) -> bool:
    """Whether letters above ASCII stand in long rows, as bytes of text do and letters and signs of no language."""
    rows = [m[0] for run in runs for m in row.finditer(run.text) if len(set(m[0])) >= DISTINCT]
    return 2 * sum(map(len, rows)) >= sum(len(_LETTER.findall(run.text)) for run in runs)


# So many letters in a row, of so many kinds at least, are no word and no row of signs. Bytes of Big5 are ASCII, too.
ROW, DISTINCT = 6, 4
_LETTER = regex("[\x80-\u024f\u0400-\u04ff]")
_ROWS = {
    "gbk": regex(rf"[^\x00-\x7f]{{{ROW},}}"),
    "cp950": regex(rf"(?:[^\x00-\x7f][@-~]?){{{ROW},}}"),
}


def _promise(text: str, runs: Sequence[Run], pairing: Pairing) -> int:
    """What the pairing gains on the longest runs when they are decoded as they stand."""
    tried = [Run(r.start, r.text[:PIECE]) for r in sorted(runs, key=lambda r: (-len(r.text), r.start))[:SAMPLE]]
    received = [_bytes(run.text, pairing) for run in tried]
    decoded = [data.decode(pairing.written, "ignore") for data in received]
    # Bytes that don't decode are as unlikely as characters that the model does not know.
    held = sum(len(text.encode(pairing.written, "ignore")) for text in decoded)
    missing = max(0, sum(map(len, received)) - held)
    if missing > held:
        return 0
    price = sum(map(model().cost, decoded))
    gain = sum(_served(text, run, pairing) for run in tried) - price - missing * FLOOR
    return gain if any(decoded) and price <= (CEILING + 16) * sum(map(len, decoded)) else 0


def _served(text: str, run: Run, pairing: Pairing) -> int:
    """The cost of a run as it was served.

    An accented letter among Latin letters is no surprise, nor are letters and signs that other texts are made of: what
    speaks for mojibake are Han characters that hardly anyone writes, and those that stand for no character.
    """
    before = text[max(0, run.start - 2) : run.start] or "\n"
    if pairing.single:
        around = text[max(0, run.start - 1) : run.start + len(run.text) + 1]
        letters = _ACCENTED.findall(around) if pairing.read != "cyrillic" else _CYRILLIC.findall(run.text)
        return model().cost(run.text, before) - LETTER * len(letters)
    cost, last = 0, before[-2:]
    for character in run.text:
        step = model().step(last, character)
        cost += step if _MADE.match(character) else min(step, OTHER)
        last = last[-1:] + character
    return cost


_MADE = regex("[\u3400-\u9fff\ue000-\uf8ff\uf900-\ufaff\ufffd]")


def _bytes(text: str, pairing: Pairing) -> bytes:
    table = single_bytes(pairing.read) if pairing.single else double_bytes(pairing.read)
    codes = (table.get(c) or tuple(c.encode("utf-8", "ignore")) for c in text if c != "\ufffd")
    return bytes(byte for code in codes for byte in code)


# Pairings that are seen twice over, and the runs that they make.
_TWICE = ((PAIRINGS[1], latin_runs), (PAIRINGS[0], double_runs))

# --- one run ---------------------------------------------------------------------------------------------------------


def _repair(text: str, run: Run, pairing: Pairing, codec: Codec, reader: str | None, budget: Budget) -> list[Edit]:
    """The edits of a run: what is certain of it, and apart from that each character that others might stand for."""
    before, end = text[max(0, run.start - 2) : run.start] or "\n", run.start + len(run.text)
    behind, whole = text[end : end + 1] or "\n", _strict(run.text, pairing)
    restored, spelling = whole, None
    if reader and (whole is None or (pairing.written != "utf-8" and _doubtful(whole))):
        found = _search(text, (run.start, end), pairing, codec, reader, budget)
        if whole is None or (found and model().cost(found.text, before) + LOST < model().cost(whole, before)):
            spelling = found and improved(found, behind)
            restored = without_numbers(spelling, before[-1:], behind) if spelling else None
    # Digits are bytes of their own in all these codecs: none comes or goes.
    if restored is None or restored == run.text or _DIGIT.findall(restored) != _DIGIT.findall(run.text):
        return []
    cost = model().cost(restored, before)
    gain = _served(text, run, pairing) - cost
    lost = len(restored.encode(pairing.written, "replace")) - len(_bytes(run.text, pairing))
    # Bytes that are valid UTF-8 by chance are rare enough to need no other evidence.
    proved = whole is not None and pairing.written == "utf-8" and len(_bytes(run.text, pairing)) > MIN_BYTES
    # A page loses one byte in seven at most; what needs more is another language.
    share = 2 if pairing.single else 1
    if not proved and (gain < RUN_GAIN or cost > CEILING * len(restored) + SHORT or share * lost > len(restored) + 1):
        return []
    if spelling is not None:
        return list(_stretches(text, run, pairing, replace(spelling, text=restored)))
    # Certain is only what was decoded from bytes that are all there: the structure of UTF-8 shows it where single bytes
    # may be missing, elsewhere a reader that is seen to keep what it has no character for.
    complete = (proved and pairing.single) or _keeps(text, pairing)
    exact = complete and _regenerates(restored, run.text, pairing)
    run, restored = _trimmed(run, restored)
    return [_edit(run, pairing, restored, gain, 1.0 if exact else LIKELY)]


def _stretches(text: str, run: Run, pairing: Pairing, spelling: Spelling) -> Iterator[Edit]:
    """The edits of a run with guessed characters: the doubtful ones by themselves, and what stands between them."""
    restored, places = spelling.text, [guess.place for guess in spelling.guesses]
    end = run.start + len(run.text)
    whole = restored + (text[end : end + 1] or "\n")
    weighed = [weigh(whole, guess) for guess in spelling.guesses]
    doubts = [w.place for w in weighed if w.share < SETTLED]
    for (start, end), (begin, stop) in parts(spelling, len(run.text), doubts):
        part, piece = Run(run.start + start, run.text[start:end]), restored[begin:stop]
        before = restored[max(0, begin - 2) : begin] or text[max(0, run.start - 2) : run.start] or "\n"
        gain = _served(text, part, pairing) - model().cost(piece, before)
        here = slice(bisect_left(places, begin), bisect_left(places, stop))
        filled = [g.place for g in spelling.guesses[here] if restored[g.place] in g.choices]
        guessed = "".join(restored[place] for place in filled)
        if doubtful := [w for w in weighed[here] if w.share < SETTLED]:
            yield doubted(_edit(part, pairing, piece, gain, LIKELY, guessed), begin, doubtful)
            continue
        part, piece = _trimmed(part, piece)
        if part.text != piece:
            yield _edit(part, pairing, piece, gain, LIKELY, guessed)


_DIGIT = regex("[0-9]")


def _trimmed(run: Run, restored: str) -> tuple[Run, str]:
    """A run and what it read, without what stays at both ends."""
    served = run.text
    head = next((at for at, (a, b) in enumerate(zip(served, restored, strict=False)) if a != b), 0)
    most = min(len(served), len(restored)) - head
    tail = next((at for at in range(most) if served[-1 - at] != restored[-1 - at]), most)
    return Run(run.start + head, served[head : len(served) - tail]), restored[head : len(restored) - tail]


def _doubtful(restored: str) -> bool:
    """Whether a text that decodes holds characters that hardly anyone writes: bytes before them may be missing."""
    rarity = model().rarity
    return any(rarity(c) >= RARE for c in restored)


def _keeps(text: str, pairing: Pairing) -> bool:
    """Whether the reader shows the bytes that others drop: as control characters, private-use ones, or U+FFFD."""
    return _KEPT[pairing.single].search(text) is not None


_KEPT = {True: regex("[\x80-\xa0\xad]"), False: regex("[\ue000-\uf8ff\ufffd]")}


def _regenerates(restored: str, served: str, pairing: Pairing) -> bool:
    if any(damage(restored, pairing, collapsed=c) == served for c in (False, True)):
        return True
    return _bytes(served, pairing) == restored.encode(pairing.written, "replace")


def _strict(text: str, pairing: Pairing) -> str | None:
    """The text if no byte is missing."""
    if pairing.single and any(c not in single_bytes(pairing.read) and ord(c) >= 0x80 for c in text):
        return None
    if not pairing.single and "\ufffd" in text:
        return None
    try:
        restored = _bytes(text, pairing).decode(pairing.written)
    except UnicodeDecodeError:
        return None
    return restored if pairing.written == "utf-8" or model().cost(restored) <= CEILING * len(restored) else None


def _search(
    text: str, span: tuple[int, int], pairing: Pairing, codec: Codec, reader: str, budget: Budget
) -> Spelling | None:
    """The likeliest reading of a part of a text."""
    start, end = span
    before, following = text[max(0, start - 2) : start] or "\n", text[end : end + 1] or "\n"
    if not pairing.single and reader == "vanishes" and pairing.written != "utf-8":
        # Both codecs have two bytes a character: what vanished is a character, whole.
        strict, ends = _decoded_as_it_stands(text[start:end], pairing)
        lost = tuple(filter(codec.writes, lost_characters(pairing.written, pairing.read)))
        return _over(lattice_best.fill(strict, lost, before, following, LOST, budget), ends)
    tokens = list(
        single_tokens(text[start:end], pairing) if pairing.single else double_tokens(text, span, pairing, reader)
    )
    goes_on = utf8_goes_on if pairing.written == "utf-8" else None
    doubtful: tuple[int, ...] = ()
    if not pairing.single:
        # What a half-lost character swallowed, a space or a digit, is too likely by itself to raise doubts; so is a
        # letter that may be the half of a character that is left.
        halves = "?" + (_LETTERS if goes_on is None and reader == "drops" else "")
        doubtful = tuple(2 * at + (c == "?") for at, c in enumerate(text[start:end]) if c in halves)
    # Lost bytes show in UTF-8 by themselves.
    wary = goes_on is None
    arcs, widths = [token[0] for token in tokens], [token[1] for token in tokens]
    found = lattice_best.best(arcs, codec, before, following, budget, goes_on, doubtful, wary)
    return _over(found, list(accumulate(widths)))


# What a second byte of Big5 or GBK may be in ASCII.
_LETTERS = "".join(map(chr, range(0x40, 0x7F)))


def _over(spelling: Spelling | None, ends: Sequence[int]) -> Spelling | None:
    """A spelling with cuts at places of the served text: `ends` are those where its tokens end."""
    return spelling and replace(spelling, cuts=tuple((ends[read - 1], stop) for read, stop in spelling.cuts))


def _decoded_as_it_stands(served: str, pairing: Pairing) -> tuple[str, list[int]]:
    """What the bytes that are there spell, and where in the served text each of its characters ends."""
    decoder = getincrementaldecoder(pairing.written)("ignore")
    restored, ends = "", []
    for at, character in enumerate(served, 1):
        piece = decoder.decode(_bytes(character, pairing))
        restored += piece
        ends += [at] * len(piece)
    return restored, ends


def _reader(text: str, runs: Sequence[Run], pairing: Pairing, codec: Codec) -> str | None:
    """The reader that explains the longest runs best; None where what comes of them is no text whatever it was."""
    if pairing.single:
        return READERS[0]
    spans = [(r.start, r.start + min(PIECE, len(r.text))) for r in sorted(runs, key=lambda r: (-len(r.text), r.start))]
    best: tuple[int, int, str] | None = None
    for reader in _readers(runs, pairing):
        found = [_search(text, span, pairing, codec, reader, Budget(STEPS_EACH * PIECE)) for span in spans[:TRIALS]]
        cost, length = sum(f.cost if f else STEPS for f in found), sum(len(f.text) for f in found if f)
        if best is None or cost < best[0]:
            best = cost, length, reader
        if cost <= SURE * length and not any(f and lattice.LEFT in f.text for f in found):
            break
    assert best is not None
    cost, length, name = best
    return name if cost <= CEILING * length + SHORT * TRIALS else None


def _readers(runs: Sequence[Run], pairing: Pairing) -> Sequence[str]:
    """The readers that what is left of the text allows."""
    if any(_KEPT[False].search(run.text) for run in runs):
        return READERS
    # A second byte that is a letter stands alone where the first was dropped: most of what Big5 loses in GBK is such.
    halved = pairing.written != "cp950" or any(_HALF.search(run.text) for run in runs)
    return READERS[1:] if halved else READERS[1:2]


_HALF = regex(r"[^\x00-\x7f][@-~](?=[^\x00-\x7f])")


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

"""Mojibake as a byte lattice: what each character that was served may have been, and what may be missing between them.

See `lattice` for tokens and arcs. A reader of double bytes that has no character for some of them *shows* something in
their place (U+FFFD, a private-use character, a question mark), or the pair *vanishes*, or it *drops* the first byte.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import cache

from tongbao.patterns import regex
from tongbao.repair.codecs import ANY, FIRST, FIRST_BIG5, SECOND, SECOND_BIG5, STRIPPED, Pending, skipped
from tongbao.repair.lattice import Arc
from tongbao.repair.pairings import Pairing, double_bytes, ligature_bytes, single_bytes

# Prices in the text model's steps of an eighth of a nat: of a lost byte, of a Latin letter that was two bytes, of a
# character that is no mojibake among others that are, and of the lead byte of an ASCII letter.
LOST, COLLAPSED, LITERAL, HALF = 24, 32, 20, 4
READERS = ("shows", "vanishes", "drops")

# The arcs of a token, and how many characters of the served text it is.
Token = tuple[Sequence[Arc], int]


def _swallowed(text: str, end: int) -> str:
    """The ASCII character that a half-lost one took with it, where the text's own structure shows it."""
    if _LIST_ITEM.match(text, end):
        return "\n"
    line = text.rfind("\n", 0, end) + 1
    # An emphasis that was opened in this line and lost half of its end.
    return "*" if text.startswith("*", end) and text.count("**", line, end) % 2 else ""


_LIST_ITEM = regex(r"(?:[-+*]|#{1,6}|\d{1,3}[.)]) ")


def single_tokens(text: str, pairing: Pairing) -> Iterator[Token]:
    """Alternately what may be missing before a character, and what the character may have been."""
    if pairing.written == "utf-8":
        yield from _utf8_tokens(text, pairing.read)
        return
    table = single_bytes(pairing.read)
    folded = any(ord(c) >= 0x100 and c not in table for c in text)
    # AD leads much of what Big5 writes daily, and little of what GBK does.
    lead = LOST // 2 if pairing.written == "cp950" else LOST + 8
    gap = (Arc(), Arc((STRIPPED,), LOST, inside=True), Arc((STRIPPED,), lead, inside=False))
    at = 0
    while at < len(text):
        yield gap, 0
        if folded and (pair := ligature_bytes().get(text[at : at + 2])):
            yield [Arc(pair), Arc(tuple(text[at : at + 2].encode()))], 2
            at += 2
            continue
        yield _single_arcs(text[at], table, True, folded), 1
        at += 1
    yield gap, 0


def _utf8_tokens(text: str, read: str) -> Iterator[Token]:
    """The same where UTF-8 was written: a character of which all bytes are there is one token."""
    gap = (Arc(), Arc((STRIPPED,), LOST, inside=True), Arc((STRIPPED,) * 2, 2 * LOST, inside=True, last_resort=True))
    table, at = single_bytes(read), 0
    for whole in _utf8_in(read).finditer(text):
        for character in text[at : whole.start()]:
            yield gap, 0
            yield _single_arcs(character, table, False, False), 1
        yield gap, 0
        yield [Arc(tuple(b for c in whole[0] for b in table[c]))], len(whole[0])
        at = whole.end()
    for character in text[at:]:
        yield gap, 0
        yield _single_arcs(character, table, False, False), 1
    yield gap, 0


@cache
def _utf8_in(read: str) -> re.Pattern[str]:
    """A character of three bytes in UTF-8 as single letters, no byte missing."""
    letters = single_bytes(read).items()
    leads = "".join(c for c, (byte,) in letters if 0xE1 <= byte <= 0xEF)
    others = "".join(c for c, (byte,) in letters if 0x80 <= byte < 0xC0)
    return regex(f"[{re.escape(leads)}][{re.escape(others)}]{{2}}(?![{re.escape(others)}])")


# What stands behind a digit.
_COUNTED = frozenset("0123456789%.")


def _single_arcs(character: str, table: Mapping[str, Pending], double: bool, folded: bool) -> list[Arc]:
    if ord(character) < 0x80:
        space = [Arc((0xA0,), 8, inside=True)] if character == " " else []
        return [Arc((ord(character),)), *space]
    arcs = [Arc(table[character])] if character in table else []
    if double and 0xA0 <= ord(character) < 0xD800:
        arcs.append(Arc(tuple(character.encode()), 0 if not arcs else 2 if folded else COLLAPSED))
    return [*arcs, Arc(literal=character)] if not arcs or ord(character) >= 0x800 else arcs


def double_tokens(text: str, span: tuple[int, int], pairing: Pairing, reader: str) -> Iterator[Token]:
    """The same for a part of a text that a reader of double bytes has read."""
    table, pair = double_bytes(pairing.read), _vanished(pairing)
    start, end = span
    for at in range(start, end):
        character, after = text[at], text[at + 1 : at + 2] or "\n"
        yield _double_gap(pairing, reader, table.get(character, (ord(character),))[0]), 0
        literal = Arc(literal=character, cost=LITERAL)
        if character in table:
            # GB 18030 gives the euro sign a pair of its own.
            euro = [Arc((0xA2, 0xE3))] if character == "€" else []
            yield [Arc(table[character]), *euro, literal], 1
        elif character == "?":
            yield [*_half(text, at), Arc(pair, 8, inside=True), literal], 1
        elif character == "\ufffd":
            # One byte, or both of a pair.
            first = table.get(after, (ord(after),))[0]
            byte = skipped(pairing.read, first) if first < 0x100 else ANY
            yield [Arc((byte,)), Arc(pair, LOST), literal], 1
        elif ord(character) < 0x80:
            yield [Arc((ord(character),)), Arc((0xA3, ord(character) + 0x80), LITERAL)], 1
        else:
            yield [Arc(literal=character)], 1
    yield [*_double_gap(pairing, reader, 0x0A), Arc((ANY,), LOST, inside=True)], 0


def _half(text: str, at: int) -> list[Arc]:
    """A question mark as the first half of a pair, that took the ASCII character behind it with it."""
    after = text[at + 1 : at + 2] or "\n"
    if after in _COUNTED:
        # Never guess a number: the mark of the loss stays.
        return [Arc((ANY,), literal="0", shown="?", inside=True)]
    if swallowed := _swallowed(text, at + 1):
        # The text model sees white space there. A whole character may have been lost with it.
        return [
            Arc((ANY,), literal="\n", shown=swallowed, inside=True),
            Arc(literal="\n", shown=swallowed, cost=LITERAL, inside=False),
        ]
    if after in "\r\n":
        return [Arc((ANY,), inside=True)]
    # Or a digit, of which the mark stays.
    digit = Arc((ANY,), literal="0", shown="?", inside=True)
    return [Arc((ANY,), literal=" ", inside=True), digit, Arc((ANY,), LOST, inside=True)]


def _vanished(pairing: Pairing) -> Pending:
    """A pair of bytes for which the reading codec has no character."""
    return (FIRST, SECOND) if pairing.read == "gbk" else (FIRST_BIG5, SECOND_BIG5)


@cache
def _double_gap(pairing: Pairing, reader: str, following: int) -> tuple[Arc, ...]:
    """What a reader of double bytes loses without a trace before a byte (or a character that is none)."""
    if reader == "shows":
        return (Arc(),)
    if reader == "drops":
        if following >= 0x100:
            return (Arc(),)
        byte = skipped(pairing.read, following)
        # Letters beside Han characters are rarer than marks of which a letter is left: all marks of Big5 lose a byte.
        price = HALF if pairing.written != "utf-8" and 0x40 <= following < 0x80 else LOST
        return (Arc(), Arc((byte,), price), Arc((ANY, byte), 2 * LOST, last_resort=True))
    pair = _vanished(pairing)
    if pairing.written == "utf-8":
        begins = [Arc(pair, LOST, inside=False)] if pairing.read != "gbk" else []
        # Before ASCII, the byte that waits for its second is lost.
        half = [Arc((ANY,), LOST, inside=True)] if following < 0x80 else []
        return (
            Arc(),
            Arc(pair, LOST, inside=True),
            *half,
            Arc(pair * 2, 2 * LOST, inside=True, last_resort=True),
            *begins,
        )
    return (Arc(), Arc(pair, LOST, inside=True))

"""Where an arc of a byte lattice leads: the states that its bytes come to, what they cost, and what they spell."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache

from tongbao.repair import tables
from tongbao.repair.codecs import ANY, Codec, Pending, after_first, lost_pairs
from tongbao.repair.lattice import SWALLOWED, VANISHED, Arc, Step
from tongbao.repair.text_model import model


@lru_cache(maxsize=1 << 18)
def outcome(codec: Codec, pending: Pending, data: Pending) -> tuple[str | None, Pending, tuple[str, ...] | None]:
    """What bytes come to behind others that wait.

    Either the text that they spell and the bytes that wait then, or the characters one of which they complete with
    their last byte, of which there may be none; or nothing that can be told so simply.
    """
    text, waiting = "", list(data)
    for at in range(len(data)):
        pending = (*pending, waiting[at])
        found = codec.find(pending)
        if found is None:
            continue
        if not found:
            return None, (), ()
        if len(found) > 1:
            simple = not text and at == len(data) - 1
            return None, (), tuple(found) if simple else None
        text, pending = text + found[0], ()
        waiting[at + 1 : at + 2] = _behind(waiting[at + 1 : at + 2], codec, found[0])
    return text, pending, None


@lru_cache(maxsize=1 << 14)
def first_choices(codec: Codec, pending: Pending, data: Pending) -> tuple[str, ...]:
    """What the first character that bytes complete may be, if that is not known."""
    for at in range(len(data)):
        if found := codec.find((*pending, *data[: at + 1])):
            return tuple(found) if len(found) > 1 else ()
    return ()


def follow(arc: Arc, codec: Codec, pending: Pending, last: str, most: int) -> Iterator[Step]:
    """The states that an arc leads to, what they cost, and what they spell."""
    if arc.inside is not None and arc.inside != bool(pending):
        return
    if arc.vanished:
        if arc.again and pending[0] >= 0:
            return
        steps = _vanish(codec, pending, last, most)
    elif arc.readers is not None:
        steps = _pin(arc, codec, pending, last, most)
    else:
        steps = _feed(arc.data, codec, pending, last, 0, "", most)
    for (rest, tail), price, text in steps:
        if not arc.literal:
            yield (rest, tail), price + arc.cost, text
        elif arc.literal == SWALLOWED:
            if not rest:
                yield ((), tail), price + arc.cost, text + SWALLOWED
        elif not rest:
            shown = text + (arc.shown or arc.literal)
            yield ((), tail + arc.literal), price + arc.cost + model().cost(arc.literal, tail), shown


def _feed(data: Pending, codec: Codec, pending: Pending, last: str, cost: int, text: str, most: int) -> Iterator[Step]:
    """Feed bytes to the codec; several ways where unknown bytes complete a character."""
    waiting = list(data)
    for at in range(len(data)):
        pending = (*pending, waiting[at])
        found = codec.find(pending)
        if found is None:
            continue
        if len(found) == 1:
            cost += _step(last, found[0])
            last, text, pending = last + found[0], text + found[0], ()
            waiting[at + 1 : at + 2] = _behind(waiting[at + 1 : at + 2], codec, found[0])
            continue
        for price, character in cheapest(found, last, most):
            rest = (*_behind(data[at + 1 : at + 2], codec, character), *data[at + 2 :])
            if not rest:
                yield ((), last + character), cost + price, text + character
            elif len(rest) == 1 and rest[0] < 0:
                yield (rest, last + character), cost + price, text + character
            else:
                yield from _feed(rest, codec, (), last + character, cost + price, text + character, most)
        return
    yield (pending, last), cost, text


def _behind(codes: Sequence[int], codec: Codec, character: str) -> list[int]:
    """The next code, if there is one, behind the character that the byte before it completed."""
    return [after_first(code, codec.last_byte(character)) if code < 0 else code for code in codes]


def _vanish(codec: Codec, pending: Pending, last: str, most: int) -> Iterator[Step]:
    """A pair of GBK bytes without a character: its first byte completes one character, its second begins the next."""
    encoded = tables.gbk_bytes()
    for price, character in cheapest(_before_vanished(codec, pending), last, most):
        yield ((-encoded[character][1],), last + character), price, character + VANISHED


@lru_cache(maxsize=1 << 12)
def _before_vanished(codec: Codec, pending: Pending) -> tuple[str, ...]:
    """The characters that begin with these bytes and whose last byte may begin a pair without a character."""
    encoded = tables.gbk_bytes()
    return tuple(c for c in codec.find((*pending, ANY)) or () if c in encoded and encoded[c][1] in lost_pairs("gbk"))


def _pin(arc: Arc, codec: Codec, pending: Pending, last: str, most: int) -> Iterator[Step]:
    """Demand a reading of the last two bytes, the last of which is unknown if `data` holds one."""
    assert arc.readers is not None
    encoded = tables.gbk_bytes()
    tail = encoded.get(last[-1:]) or _over_ascii(last)
    if not arc.data:
        pair = tail if not pending else tail[1:] + bytes(b for b in pending if 0 < b < ANY)
        if tables.gbk_pairs().get(pair) in arc.readers:
            yield (pending, last), 0, ""
    elif pending:
        for price, character in cheapest(_pinned(codec, pending, arc.readers), last, most):
            yield ((), last + character), price, character
    elif tail:
        for lead in sorted({encoded[c][1] for c in arc.readers if c in encoded and encoded[c][0] == tail[1]}):
            if lead >= 0x81:
                yield ((lead,), last), 0, ""


@lru_cache(maxsize=1 << 12)
def _pinned(codec: Codec, pending: Pending, readers: frozenset[str]) -> tuple[str, ...]:
    """The characters that begin with these bytes and have this reading."""
    return tuple(c for c in codec.find((*pending, ANY)) or () if c in readers)


def _over_ascii(last: str) -> bytes:
    """The last two bytes of a text that ends with a letter of ASCII behind a character of two bytes."""
    before = tables.gbk_bytes().get(last[-2:-1])
    return before[1:] + last[-1].encode() if before and "@" <= last[-1] <= "~" else b""


def _step(last: str, character: str) -> int:
    return model().step(last[-2:], character)


def cheapest(found: Sequence[str], last: str, most: int) -> list[tuple[int, str]]:
    return model().cheapest(tuple(found), last, most)

"""A decoder over byte lattices: which text do these alternative byte strings spell, bytes lost on the way included?

Damaged text is a row of *tokens*, usually one for each visible character. A token is a choice of *arcs*; an arc is a
string of bytes that may have been there, some of them unknown. A search walks all choices at once, feeds the bytes to
the codec that the text was written in, and keeps, for each state, the spelling that costs least by the text model
(Viterbi over codec state and last two characters, pruned to a beam): `lattice_search` every choice, with rivals,
`lattice_best` the usual ones first. `lattice_steps` says where a choice leads. Here are the values they share.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from tongbao.repair.codecs import Pending

# What a hole swallowed, as a literal: it costs nothing, and the caller takes it out. VANISHED stands in a spelling's
# chain where a pair vanished.
SWALLOWED, VANISHED = "\x1a", "\x1b"

# What is left where bytes are given up.
LEFT = "\ufffd"


@dataclass(frozen=True, slots=True)
class Arc:
    """One choice for a token.

    `data` are the bytes that were there; `cost` is in the text model's steps. `literal` then passes through beside the
    codec, between characters only. `readers` demands that the last two bytes are one of these characters in GBK.
    `inside` is True for an arc that needs a character begun, False for one that needs none. `vanished` stands for a
    pair of bytes without a character, `again` for another one directly behind it. `shown` is what is spelled in place
    of the literal. `best` tries a `last_resort` where all else has failed.
    """

    data: Pending = ()
    cost: int = 0
    literal: str = ""
    readers: frozenset[str] | None = None
    inside: bool | None = None
    vanished: bool = False
    again: bool = False
    shown: str = ""
    last_resort: bool = False
    # Whether there is nothing to it but bytes, and whether there is nothing to it at all.
    plain: bool = field(init=False)
    idle: bool = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "idle", not (self.data or self.literal or self.vanished or self.readers or self.cost))
        object.__setattr__(self, "plain", not self.literal and not self.vanished and self.readers is None)


# The arc of a choice to have nothing.


STAY = Arc()


@dataclass(frozen=True, slots=True)
class Guess:
    """A character of a spelling of which not all bytes were there: its place, and what its bytes may have been."""

    place: int
    choices: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Spelling:
    """A text that the lattice spells, its cost, and how many pairs must have vanished for it.

    `best` and `fill` tell the `guesses` in it, and its `cuts`: how many tokens spell how many of its characters, where
    no bytes wait between them.
    """

    text: str
    cost: int
    vanished: int = 0
    guesses: tuple[Guess, ...] = ()
    cuts: tuple[tuple[int, int], ...] = ()


class Budget:
    """How many more steps the searches of one document may take: it bounds the time of hostile texts."""

    __slots__ = ("left",)

    def __init__(self, left: int) -> None:
        self.left = left


# Bytes that wait for others, and the last two characters.
State = tuple[Pending, str]
# The next state, the cost of getting there, and the text that it spells.
Step = tuple[State, int, str]

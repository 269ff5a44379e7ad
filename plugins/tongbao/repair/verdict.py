"""What a rule of repair gives back, and the type of a rule."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from tongbao.model import Edit


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a rule found in a text, in that text's offsets.

    `edits` are certain: sorted, without overlap. `suggestions` are not certain enough to be made; they may overlap.
    """

    edits: tuple[Edit, ...] = ()
    suggestions: tuple[Edit, ...] = ()


NOTHING = Verdict()

Rule = Callable[[str], Verdict]

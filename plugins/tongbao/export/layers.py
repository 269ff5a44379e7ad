"""The layers of a bulletin's text: from what was received to what is read, each an edit list over the one below.

    received --repair--> repaired --script--> in a script --punctuation--> restored --page--> reading text

Replaying a layer's edits over its source gives its text, undoing them gives the source back, character by character.
The layers above `repair` stand on it, and can be left out one by one.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum

from tongbao import edits as edit_lists
from tongbao import reading, script
from tongbao.model import Bulletin, Edit


class Layer(StrEnum):
    """What is done to the text, in this order."""

    REPAIR = "repair"
    SCRIPT = "script"
    PUNCTUATION = "punctuation"
    PAGE = "page"


class Target(StrEnum):
    """The script that the layer `script` leads to; `received` leaves the text as it came."""

    RECEIVED = "received"
    HANS = "hans"
    HANT = "hant"


@dataclass(frozen=True, slots=True)
class Step:
    """One layer over its source."""

    layer: Layer
    source: str
    edits: tuple[Edit, ...]

    @property
    def text(self) -> str:
        return edit_lists.apply(self.source, self.edits)


def stack(bulletin: Bulletin, target: Target = Target.RECEIVED, off: Collection[Layer] = ()) -> tuple[Step, ...]:
    """The layers of a bulletin from the lowest to the highest, without those that are `off`.

    Each step's source is the text of the step before it, the first one's the received text. Without `repair` there are
    none, since the others are worked out over the repaired text.
    """
    if Layer.REPAIR in off:
        return ()
    repaired = bulletin.repaired
    steps = [Step(Layer.REPAIR, repaired.received, repaired.edits)]
    text = repaired.text
    if Layer.SCRIPT not in off:
        # Of the same length as the repaired text: the layers above fit it as they fit that.
        text = {Target.HANS: bulletin.scripts.hans, Target.HANT: bulletin.scripts.hant}.get(target, text)
        steps.append(Step(Layer.SCRIPT, repaired.text, script.script_edits(repaired.text, text, f"script-{target}")))
    structure = bulletin.reading
    if Layer.PUNCTUATION not in off:
        steps.append(Step(Layer.PUNCTUATION, text, structure.edits))
    else:
        structure = reading.plain(structure)
    if Layer.PAGE not in off:
        steps.append(Step(Layer.PAGE, edit_lists.apply(text, structure.edits), reading.page_edits(text, structure)))
    return tuple(steps)


def text(bulletin: Bulletin, target: Target = Target.RECEIVED, off: Collection[Layer] = ()) -> str:
    """The text on top of the layers; the reading text if none is `off`."""
    steps = stack(bulletin, target, off)
    return steps[-1].text if steps else bulletin.received.text

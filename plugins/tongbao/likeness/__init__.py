"""Likeness: which bulletins are copies of each other, which share passages, and where two texts agree or differ.

Pure functions over reading texts. A text is sketched once; `relate` reads only sketches, and the two functions that
show what it found read the two texts.
"""

from tongbao.likeness.alignment import Change, Run, differences
from tongbao.likeness.passages import Passage, shared_passages
from tongbao.likeness.relations import Likeness, Related, relate
from tongbao.likeness.sketches import Sketch, sketch

__all__ = [
    "Change",
    "Likeness",
    "Passage",
    "Related",
    "Run",
    "Sketch",
    "differences",
    "relate",
    "shared_passages",
    "sketch",
]

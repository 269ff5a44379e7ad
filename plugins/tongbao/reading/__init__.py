"""Reading: the structure of a bulletin, and the punctuation of its reading texts. No character of the text is changed here:
blocks, fields and edits are spans in repaired coordinates, for either script's text."""

from tongbao.reading.render import render, title
from tongbao.reading.structure import read

__all__ = ["read", "render", "title"]

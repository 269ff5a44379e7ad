"""Reading: the structure of a bulletin, and the punctuation of its reading texts.

No character of the text is changed here: blocks, fields and edits are spans in repaired coordinates, and `render` makes
the reading text of either script from them.
"""

from tongbao.reading.render import page_edits, plain, render, title
from tongbao.reading.structure import read

__all__ = ["page_edits", "plain", "read", "render", "title"]

"""Script: which one a text was received in, canonical Simplified and proper Traditional of it, folding for matching.

Much of the web's Traditional text was made from Simplified character by character (關于, 先后, 松懈). Canonical
Simplified is had from either kind, and proper Traditional from that, by phrases with names kept apart: in Taiwan's
standard forms or in Hong Kong's. Genuine Traditional stays as its writers wrote it. All results have the length of the
text: one offset serves them all.
"""

from tongbao.folding import fold, fold_table
from tongbao.script.conversion import convert, script_edits, to_hans, to_hant

__all__ = ["convert", "fold", "fold_table", "script_edits", "to_hans", "to_hant"]

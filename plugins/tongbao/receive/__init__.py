"""Receive: bytes to text, with the reasons for the encoding; nothing is repaired here and nothing is lost.

`receive_bytes` is the pure core, `receive_folder` the scan of a content folder. What can't be published comes back as
`Quarantined`, which names the file, the fault and the remedy.
"""

from tongbao.receive.core import MAX_BYTES, SUFFIXES, receive_bytes
from tongbao.receive.folder import Decoder, Raw, ReceiveError, decode_each, locate, receive_file, receive_folder

__all__ = [
    "MAX_BYTES",
    "SUFFIXES",
    "Decoder",
    "Raw",
    "ReceiveError",
    "decode_each",
    "locate",
    "receive_bytes",
    "receive_file",
    "receive_folder",
]

"""Receive: bytes to text, with the reasons for the encoding; nothing is repaired here and nothing is lost.

`receive_bytes` is the pure core, `receive_folder` the scan of a content folder. What can't be published comes back as
`Quarantined`, which names the file, the fault and the remedy.
"""

from tongbao.receive.core import MAX_BYTES, SUFFIXES, receive_bytes
from tongbao.receive.folder import (
    Found,
    Raw,
    ReceiveError,
    Stamp,
    find,
    locate,
    receive_file,
    receive_folder,
    settle,
    take,
)

__all__ = [
    "MAX_BYTES",
    "SUFFIXES",
    "Found",
    "Raw",
    "ReceiveError",
    "Stamp",
    "find",
    "locate",
    "receive_bytes",
    "receive_file",
    "receive_folder",
    "settle",
    "take",
]

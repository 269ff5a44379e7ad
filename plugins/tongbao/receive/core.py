"""One received file: its bytes to a `Received` or a `Quarantined`."""

from __future__ import annotations

import hashlib
from pathlib import PurePosixPath

from tongbao.model import Quarantined, Received, Sidecar
from tongbao.receive.encoding import Declared, UndecodableError, decode
from tongbao.receive.html import declared_charset, page_text

HTML_SUFFIXES = (".html", ".htm")
SUFFIXES = (".txt", *HTML_SUFFIXES)

# The longest bulletins have some 100,000 characters (300 KB). 8 MiB leaves room for whole newspapers and for
# heavy HTML, and keeps one hostile file from holding up a build.
MAX_BYTES = 8 * 2**20


def receive_bytes(data: bytes, source: str, sidecar: Sidecar = Sidecar()) -> Received | Quarantined:  # noqa: B008 (frozen)
    """Decode one file. `source` is its POSIX path below the content folder; its suffix says whether it is HTML."""
    if len(data) > MAX_BYTES:
        return too_long(source, len(data))
    if not data.strip():
        return Quarantined(source, "the file is empty", "receive it again, or delete it")
    is_html = PurePosixPath(source).suffix.lower() in HTML_SUFFIXES
    declared = [Declared(sidecar.charset, "旁注文件")] if sidecar.charset else []
    if is_html and (charset := declared_charset(data)):
        declared.append(Declared(charset, "网页 meta "))
    try:
        decoded = decode(data, declared)
    except UndecodableError as error:
        return Quarantined(source, str(error), "receive it again as text, or state its charset in a sidecar")
    text, html = page_text(decoded.text) if is_html else (decoded.text, None)
    if not text.strip("\ufeff\u200b\0 \t\r\n\f\v\u3000\xa0"):
        fault = "the file holds no text, only white space or markup"
        return Quarantined(source, fault, "receive it again, or delete it")
    sha256 = hashlib.sha256(data).hexdigest()
    return Received(
        id=sidecar.id or sha256[:16],
        source=source,
        sha256=sha256,
        size=len(data),
        encoding=decoded.encoding,
        encoding_evidence=decoded.evidence,
        warnings=decoded.warnings,
        text=text,
        sidecar=sidecar,
        html=html,
    )


def too_long(source: str, size: int) -> Quarantined:
    """The verdict on a file above `MAX_BYTES`."""
    fault = f"the file has {size:,} bytes, more than the limit of {MAX_BYTES:,}"
    return Quarantined(source, fault, "cut it into single bulletins")

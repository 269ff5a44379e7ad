"""Sidecars: what `NAME.toml` beside a received file says about it, checked."""

from __future__ import annotations

import re
import tomllib
from datetime import date, datetime
from urllib.parse import urlsplit

from tongbao.model import Sidecar

# An id is a folder of the site's URLs: plain ASCII, no leading dot, at most 64 characters.
ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
KEYS: dict[str, type] = {"id": str, "url": str, "site": str, "issuer": str, "fetched": date, "charset": str}
TYPE_NAMES = {str: "a string in quotes", date: "a date such as 2022-03-19"}


class SidecarError(ValueError):
    """A sidecar can't be used; carries the fault and the remedy."""

    def __init__(self, fault: str, remedy: str) -> None:
        super().__init__(fault)
        self.fault = fault
        self.remedy = remedy


def parse_sidecar(data: bytes, name: str) -> Sidecar:
    """The sidecar in the bytes of the file called `name`. Raises SidecarError."""
    try:
        table = tomllib.loads(data.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        raise SidecarError(f"its sidecar {name} is not UTF-8 (byte {error.start})", f"save {name} as UTF-8") from error
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise SidecarError(f"its sidecar {name} is not valid TOML: {error}", f"correct {name}") from error
    for key, value in table.items():
        _check(key, value, name)
    if isinstance(table.get("fetched"), datetime):
        table["fetched"] = table["fetched"].date()
    return Sidecar(**table)


def _check(key: str, value: object, name: str) -> None:
    if key not in KEYS:
        remedy = f"remove it; known keys are {', '.join(KEYS)}"
        raise SidecarError(f"its sidecar {name} has an unknown key {key!r}", remedy)
    if not isinstance(value, KEYS[key]):
        remedy = f"write {key} as {TYPE_NAMES[KEYS[key]]}"
        raise SidecarError(f"in its sidecar {name}, {key} is {type(value).__name__}, not {KEYS[key].__name__}", remedy)
    if key == "id" and not ID.fullmatch(str(value)):
        remedy = "use 1 to 64 of A-Z a-z 0-9 . _ -, beginning with a letter or digit"
        raise SidecarError(f"in its sidecar {name}, the id {value!r} can't be part of a URL", remedy)
    if key == "url" and not _is_web_address(str(value)):
        fault = f"in its sidecar {name}, the url {value!r} is no web address"
        raise SidecarError(fault, "give a full http:// or https:// address")


def _is_web_address(url: str) -> bool:
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and bool(parts.hostname) and not re.search(r"[\s\x00-\x1f<>\"]", url)

"""Make the sample bulletins of `content/bulletins/` from clean texts: `python tools/make_samples.py [--check]`.

`tools/samples/samples.toml` says for each clean text of `tools/samples/texts/` in which script and punctuation a site
held it, how it was damaged on the way, in which encoding and page it arrived, and what is true of it. The damage comes
from the forward models of `tongbao.repair`, so that `tests/test_samples.py` can hold the archive against the truth.

The same table and texts always give the same bytes. `--check` writes nothing and exits 1 where a file is missing or
differs from what the table gives. Other files in the folder are none of the tool's business.
"""

from __future__ import annotations

import argparse
import html
import json
import re
import sys
import tomllib
import unicodedata
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from pathlib import Path
from string import Template
from typing import Any

import ftfy.bad_codecs  # noqa: F401  (registers sloppy-windows-1252: cp1252 as browsers read it)
import opencc
import pypinyin

from tongbao.repair import gbk_bytes, glosses

ROOT = Path(__file__).parents[1]
HERE = ROOT / "tools" / "samples"
BULLETINS = ROOT / "content" / "bulletins"

# Byte order marks that Python's codecs would write in the machine's order, or not at all.
BOMS = {"utf-16-le": b"\xff\xfe", "utf-16-be": b"\xfe\xff"}


@dataclass(frozen=True)
class Page:
    """The page of a site around a bulletin: what stands in its head, and the lines that are not the bulletin's."""

    site: str
    charset: str
    nav: str
    tools: str
    footer: str
    metas: Sequence[tuple[str, str]] = ()


@dataclass(frozen=True)
class Sample:
    """One row of the table. `truth` holds labels as `tests/test_samples.py` reads them."""

    clean: str
    file: str
    encoding: str
    naive: bool = False
    narrow: bool = False
    newline: str = "\n"
    damage: Sequence[Mapping[str, Any]] = ()
    page: Page | None = None
    copies: Sequence[str] = ()
    sidecar: Mapping[str, Any] = field(default_factory=dict)
    truth: Mapping[str, Any] = field(default_factory=dict)

    @property
    def text(self) -> str:
        """The bulletin before damage, in the script and with the punctuation that its site held it in."""
        return self._finish(self._held)

    @property
    def lines(self) -> tuple[str, ...]:
        """The lines that a reader of the received file should find, those of the page around it included."""
        lines = tuple(_one_space(line) for line in self.text.splitlines() if line)
        return (self.page.nav, *lines, self.page.tools, self.page.footer) if self.page else lines

    @property
    def damaged(self) -> str:
        """The bulletin after damage."""
        text = self._held
        for step in self.damage:
            options = dict(step)
            text = MODELS[options.pop("model")](text, **options)
        return self._finish(text)

    @property
    def bytes(self) -> bytes:
        """The file as it is stored."""
        text = self.damaged if self.page is None else _in_page(self.damaged, self.page)
        return BOMS.get(self.encoding, b"") + text.replace("\n", self.newline).encode(self.encoding)

    @property
    def _held(self) -> str:
        text = (HERE / "texts" / self.clean).read_text("utf-8")
        return naive_traditional(text) if self.naive else text

    def _finish(self, text: str) -> str:
        return text.translate(str.maketrans(gbk_bytes.NARROW)) if self.narrow else text


# --- before the damage -----------------------------------------------------------------------------------------------


# In the first level of Big5, but hardly ever met in Traditional texts.
RARE_TRADITIONAL = "听准"


@cache
def _naive(character: str) -> str:
    """A converter that goes by single characters leaves alone what is in daily use in Traditional too (后, 于, 斗):
    the first level of Big5."""
    daily = b"\xa4" <= character.encode("big5", "ignore") < b"\xc9"
    return character if daily and character not in RARE_TRADITIONAL else _characters().convert(character)


@cache
def _characters() -> opencc.OpenCC:
    return opencc.OpenCC("s2tw")


def naive_traditional(text: str) -> str:
    """Simplified to Traditional character by character, as conversion scripts of the web do it: 關于, 戰斗, 先后."""
    return "".join(map(_naive, text))


# --- damage ----------------------------------------------------------------------------------------------------------


def _readings(characters: str) -> dict[str, str]:
    return {c: pypinyin.pinyin(c, style=pypinyin.Style.TONE)[0][0] for c in characters}


def _gloss(text: str, characters: str) -> str:
    return glosses.damage(text, _readings(characters))


def _gbk_bytes(text: str, characters: str, **options: Any) -> str:
    return gbk_bytes.damage(text, _readings(characters), **options)


def _misread(text: str, written: str, read: str) -> str:
    """Bytes of one encoding decoded as another, line by line; what does not decode is served as U+FFFD."""
    return "\n".join(line.encode(written).decode(read, "replace") for line in text.split("\n"))


def _kangxi(text: str) -> str:
    """Kangxi radicals in place of the characters that look the same, as text copied out of PDF files has them."""
    radicals = {unicodedata.normalize("NFKC", chr(c)): chr(c) for c in range(0x2F00, 0x2FD6)}
    return text.translate(str.maketrans(radicals))


def _full_width(text: str) -> str:
    """Full-width digits and letters."""
    ascii_ = [c for c in map(chr, range(0x21, 0x7F)) if c.isalnum()]
    return text.translate({ord(c): chr(ord(c) + 0xFEE0) for c in ascii_})


def _zero_width(text: str, after: str) -> str:
    """A zero-width space after each of these characters, as page editors leave them at line ends."""
    return text.translate({ord(c): c + "\u200b" for c in after})


MODELS: Mapping[str, Callable[..., str]] = {
    "gloss": _gloss,
    "gbk-bytes": _gbk_bytes,
    "misread": _misread,
    "kangxi": _kangxi,
    "full-width": _full_width,
    "zero-width": _zero_width,
}


# --- pages, sidecars, files ------------------------------------------------------------------------------------------


def _one_space(line: str) -> str:
    return re.sub(r"\s+", " ", line).strip()


def _in_page(text: str, page: Page) -> str:
    heading, *rest = (html.escape(line, quote=False) for line in text.splitlines() if line)
    return Template((HERE / "page.html").read_text("utf-8")).substitute(
        charset=page.charset,
        title=f"{heading}_{html.escape(page.site)}",
        metas="\n".join(f'<meta name="{html.escape(n)}" content="{html.escape(c)}">' for n, c in page.metas),
        nav=" &gt; ".join(f'<a href="#">{html.escape(part)}</a>' for part in page.nav.split(" > ")),
        heading=heading,
        paragraphs="\n".join(f"<p>{line}</p>" for line in rest),
        tools=html.escape(page.tools),
        footer=html.escape(page.footer),
    )


def _sidecar(fields: Mapping[str, Any]) -> bytes:
    # A JSON string is a TOML string; a TOML date stands bare.
    rows = (
        f"{k} = {v.isoformat() if isinstance(v, date) else json.dumps(v, ensure_ascii=False)}"
        for k, v in fields.items()
    )
    return ("\n".join(rows) + "\n").encode()


def load() -> tuple[Sample, ...]:
    """The rows of the table. Raises TypeError where a row has a field that samples don't have."""
    rows = tomllib.loads((HERE / "samples.toml").read_text("utf-8"))["sample"]
    return tuple(Sample(**{**row, "page": Page(**row["page"]) if "page" in row else None}) for row in rows)


def files(samples: Sequence[Sample]) -> Iterator[tuple[Path, bytes]]:
    """(path, bytes) of every file that the table asks for."""
    for sample in samples:
        for name in (sample.file, *sample.copies):
            yield BULLETINS / name, sample.bytes
        if sample.sidecar:
            yield (BULLETINS / sample.file).with_suffix(".toml"), _sidecar(sample.sidecar)


def main() -> int:
    """Write the files, or with `--check` compare them; the exit code."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 where a file differs")
    check = parser.parse_args().check
    wanted = dict(files(load()))
    stale = [path for path, data in wanted.items() if not path.is_file() or path.read_bytes() != data]
    for path in stale:
        if check:
            print(
                f"{path.relative_to(ROOT)}: not what the table gives; run `python tools/make_samples.py`",
                file=sys.stderr,
            )
        else:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(wanted[path])
    print(f"{len(wanted)} files, {len(stale)} {'differ' if check else 'written'}")
    return 1 if check and stale else 0


if __name__ == "__main__":
    sys.exit(main())

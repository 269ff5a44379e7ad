"""Which encoding a file is in, decided by the text that each candidate gives.

A byte order mark decides, and so does a longer text of valid UTF-8, which other encodings do not form by chance. Else
every candidate decodes the bytes, and the candidate whose text is the most probable under a small model of Chinese text
wins: decoding is a function, so P(bytes | encoding) = P(text). A declared charset moves the odds, but does not decide.
"""

from __future__ import annotations

import codecs
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from math import log

from tongbao.data import rows

# Byte order marks, longest first (UTF-32's begins with UTF-16's).
MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (b"\x84\x31\x95\x33", "gb18030"),
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)

# A pair of GBK bytes passes for a UTF-8 sequence about once in seven (lead C2-DF, trail 80-BF), so seven such sequences
# and nothing else are one chance in a million.
CERTAIN_SEQUENCES = 7

# What a declaration is worth, in nats: about e^8 = 3000 to 1 against an undeclared encoding.
DECLARED_NATS = 8.0

# Log-probability of a byte that the codec rejects: rarer than any character that a text has reason to hold.
BAD_BYTE = log(1e-7)

# Hopeless: more than one character in five lost; or a guessed encoding whose text is not like text. Real text scores
# -6 to -9 nats a character under the model here, random bytes -12 and less.
MAX_BAD_SHARE, MIN_MEAN = 0.20, -11.0
# More than one control character in twenty: a binary file, whatever its bytes decode to.
MAX_CONTROL_SHARE = 0.05

_SURROGATES = re.compile("[\ud800-\udfff]")
_CONTROLS = re.compile("[\x00-\x08\x0e-\x1a\x1c-\x1f\x7f]")
_MULTIBYTE = re.compile(rb"[\xc2-\xf4][\x80-\xbf]+")


class UndecodableError(ValueError):
    """No encoding makes text of the bytes; the message says what was tried."""


@dataclass(frozen=True, slots=True)
class Declared:
    """A charset that something says the bytes are in, and where it says so (`旁注文件`, `网页 meta`)."""

    charset: str
    where: str


@dataclass(frozen=True, slots=True)
class Decoded:
    """The text, its encoding (Python's codec name) and the reasons for it in Chinese, strongest first.

    `warnings` are those of the reasons that someone should look at: a declaration that the bytes contradict, lost
    bytes.
    """

    text: str
    encoding: str
    evidence: tuple[str, ...]
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Candidate:
    encoding: str
    text: str
    bad: int
    score: float


def decode(data: bytes, declared: Sequence[Declared] = ()) -> Decoded:
    """Decode `data` by the encoding that its bytes speak for. Raises UndecodableError where none does."""
    for mark, encoding in MARKS:
        if data.startswith(mark):
            text, bad = _lenient(data[len(mark) :], encoding)
            chosen = _Candidate(encoding, text, bad, 0.0)  # certain: no score is asked for
            return _accept(chosen, [f"文件开头有字节顺序标记 {mark.hex(' ').upper()}"], declared)
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        text = ""
    sequences = sum(c >= "\x80" for c in text) if len(text) < 1000 else len(_MULTIBYTE.findall(data))
    if sequences >= CERTAIN_SEQUENCES or (text and text.isascii() and b"~{" not in data and b"\0" not in data):
        reason = f"全文是有效的 UTF-8，含 {sequences} 个多字节序列" if sequences else "全文是 ASCII 字符"
        chosen = _Candidate("utf-8", text, 0, 0.0)  # certain: no score is asked for
        return _accept(chosen, [reason], declared)
    return _decide(data, declared)


def _decide(data: bytes, declared: Sequence[Declared]) -> Decoded:
    """The most probable candidate; the runner-up is part of the evidence."""
    names = [name for d in declared if (name := _codec_name(d.charset))]
    vouched = {_family(name) for name in names}
    ranked = []
    for candidate in _candidates(data, names):
        prior = DECLARED_NATS if _family(candidate.encoding) in vouched else 0.0
        ranked.append((candidate.score + prior, candidate))
    ranked.sort(key=lambda pair: -pair[0])
    (best_score, best), *others = ranked
    lossless = "无一字节出错" if not best.bad else f"{best.bad} 处字节无法解码"
    reasons = [f"按 {best.encoding} 解码{lossless}，文字最像中文（平均每字 {best.score / max(1, len(best.text)):.1f}）"]
    if others:
        reasons.append(f"比次优的 {others[0][1].encoding} 对数似然高 {best_score - others[0][0]:.0f}")
    # Strict UTF-8 is text, however strange; and so is what a declaration vouches for.
    certain = not best.bad and (best.encoding == "utf-8" or _family(best.encoding) in vouched)
    return _accept(best, reasons, declared, certain)


def _accept(chosen: _Candidate, reasons: Sequence[str], declared: Sequence[Declared], certain: bool = True) -> Decoded:
    """The decoded text, unless it is no text at all. An encoding that is only guessed must also make text-like text."""
    length = max(1, len(chosen.text))
    controls = len(_CONTROLS.findall(chosen.text))
    if controls > MAX_CONTROL_SHARE * length:
        raise UndecodableError(f"{controls} of {length} characters are control characters: a binary file")
    hopeless = chosen.bad > MAX_BAD_SHARE * length
    if hopeless or (not certain and chosen.score / length < MIN_MEAN):
        nearest = f"{chosen.encoding} comes nearest, with {chosen.bad} bad places in {length} characters"
        raise UndecodableError(f"no encoding makes text of it: {nearest}")
    pro, contra = _agreement(chosen, declared)
    return Decoded(chosen.text, chosen.encoding, (*reasons, *pro, *contra), tuple(contra))


def _agreement(chosen: _Candidate, declared: Sequence[Declared]) -> tuple[list[str], list[str]]:
    """What speaks for the choice, and what against it."""
    pro: list[str] = []
    contra: list[str] = []
    for item in declared:
        name = _codec_name(item.charset)
        agrees = name is not None and _family(name) == _family(chosen.encoding)
        verdict = "与此一致" if agrees else "与此不符，不采信" if name else "不是已知的编码，不采信"
        (pro if agrees else contra).append(f"{item.where}声明的编码 {item.charset} {verdict}")
    if chosen.bad:
        contra.append(f"{chosen.bad} 处无法解码，以 U+FFFD 标出")
    return pro, contra


# --- candidates ------------------------------------------------------------------------------------------------------

# Each family from narrow to wide: the first that decodes everything names the encoding.
FAMILIES = (("utf-8",), ("gbk", "gb18030"), ("big5", "cp950", "big5hkscs"))
UTF16 = (("utf-16-le",), ("utf-16-be",))
HZ = ("hz",)

# Charsets that a declaration may name besides, and names that stand for another.
CHARSETS = re.compile(
    r"utf-(8|16-[lb]e|32-[lb]e)|gb2312|gbk|gb18030|hz|big5(hkscs)?|cp(437|850|866|874|932|949|950|125\d)|shift_jis(_2004|x0213)?"
    r"|euc_(jp|kr)|iso2022_(jp|kr)|iso8859-\d+|koi8-[ru]|mac-roman|johab"
)
SYNONYMS = {"utf-8-sig": "utf-8", "ascii": "utf-8", "utf-16": "utf-16-le", "utf-32": "utf-32-le"}


def _family(codec: str) -> str:
    """The widest codec of the family that `codec` belongs to."""
    return next((f[-1] for f in FAMILIES if codec in (*f, "gb2312" if "gbk" in f else "")), codec)


def _codec_name(charset: str) -> str | None:
    """Python's name of a charset, None for a name that is none (Python's codecs also hold rot13, hex and the like)."""
    try:
        name = codecs.lookup(charset.strip()).name
    except (LookupError, ValueError):
        return None
    name = SYNONYMS.get(name, name)
    return name if CHARSETS.fullmatch(name) else None


def _candidates(data: bytes, declared: Sequence[str]) -> list[_Candidate]:
    families = [*FAMILIES]
    if b"~{" in data and not any(byte > 0x7F for byte in data):
        families.append(HZ)
    # Nearly every even number of bytes is valid UTF-16: only bytes that are not UTF-8, or hold NULs, are tried as such.
    if len(data) % 2 == 0 and (b"\0" in data or not _is_utf8(data)):
        families += UTF16
    known = {codec for family in families for codec in family} | {"gb2312"}
    families += [(name,) for name in declared if name not in known]
    return [_candidate(data, family) for family in families]


def _is_utf8(data: bytes) -> bool:
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _candidate(data: bytes, family: Sequence[str]) -> _Candidate:
    for codec in family:
        text, bad = _lenient(data, codec)
        if not bad:
            break
    return _Candidate(codec, text, bad, _log_probability(text) + bad * BAD_BYTE)


def _lenient(data: bytes, codec: str) -> tuple[str, int]:
    """The text with U+FFFD for what the codec rejects, and the number of such places.

    Surrogates written as UTF-8 are joined where they form pairs (CESU-8) and are damage where they stand alone.
    """
    try:
        text = data.decode(codec)
        if not _SURROGATES.search(text):  # Python's HZ and UTF-7 may give surrogates
            return text, 0
    except UnicodeDecodeError:
        pass
    if codec == "utf-8" and b"\xed" in data:
        text = data.decode("utf-8", "tongbao.surrogates")
        text = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    else:
        text = _SURROGATES.sub("\ufffd", data.decode(codec, "replace"))
    genuine = data.count(b"\xef\xbf\xbd") if codec == "utf-8" else 0
    return text, max(1, text.count("\ufffd") - genuine)


def _surrogates(error: UnicodeError) -> tuple[str, int]:
    """A codec error handler: surrogates pass, other bad bytes become U+FFFD."""
    if not isinstance(error, UnicodeDecodeError):
        raise error
    three = error.object[error.start : error.start + 3]
    if len(three) == 3 and three[0] == 0xED and 0xA0 <= three[1] <= 0xBF and 0x80 <= three[2] <= 0xBF:
        return three.decode("utf-8", "surrogatepass"), error.start + 3
    return "\ufffd", error.end


codecs.register_error("tongbao.surrogates", _surrogates)


# --- how probable a text is ------------------------------------------------------------------------------------------


@cache
def _tiers() -> tuple[dict[str, float], tuple[tuple[int, int, float], ...], float]:
    """Log-probabilities of characters, of each character in a range, and of all others; `data/plausibility.tsv`."""
    singles: dict[str, float] = {}
    ranges: list[tuple[int, int, float]] = []
    rest = 0.0
    for kind, share, what in rows("plausibility.tsv"):
        if kind == "range":
            low, high = (int(n, 16) for n in what.split("-"))
            ranges.append((low, high, log(float(share) / (high - low + 1))))
        elif kind == "rest":
            rest = log(float(share))
        else:
            characters = _charset(what) if kind == "codec" else set(_unescape(what))
            fresh = characters - singles.keys()
            singles |= dict.fromkeys(fresh, log(float(share) / max(1, len(fresh))))
    return singles, tuple(ranges), rest


def _unescape(what: str) -> str:
    """Undo the escapes of characters that cannot stand in a line of the table."""
    return re.sub(r"\\([tnr\\])", lambda m: {"t": "\t", "n": "\n", "r": "\r", "\\": "\\"}[m[1]], what)


def _charset(what: str) -> set[str]:
    """The characters of a block of a double-byte codec: `gb2312 B0A1-D7F9`."""
    codec, block = what.split()
    low, high = (int(n, 16) for n in block.split("-"))
    pairs = (n.to_bytes(2, "big").decode(codec, "ignore") for n in range(low, high + 1))
    return {pair for pair in pairs if len(pair) == 1}


def _log_probability(text: str) -> float:
    """The log-probability of `text` with characters drawn one by one, in nats."""
    singles, ranges, rest = _tiers()
    total = 0.0
    for character, count in Counter(text).items():
        each = singles.get(character)
        if each is None:
            code = ord(character)
            each = next((p for low, high, p in ranges if low <= code <= high), rest)
        total += each * count
    return total

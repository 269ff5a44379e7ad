"""Read the word n-grams that Debian ships for Chinese input methods: open-gram (SunPinyin) and libpinyin.

Both are statistics of words in large corpora, without the texts: `sunpinyin-data` (open-gram, CC BY-SA 3.0) has the
probabilities of 72 thousand words, 2.5 million pairs and 1 million triples of them; `libpinyin-data` (GPL-3+) has the
counts of 138 thousand words and 1.8 million pairs. `tools/install_ngrams.sh` installs them with the two programs that
print their binary files as text.
"""

from __future__ import annotations

import hashlib
import io
import struct
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

# The files that were used; others would make another model.
SHA256 = {
    "sunpinyin/data/lm_sc.t3g": "768b8dfc6cf6b1769e4df0bccfa4a2ac28d9abc6bcad7d8a74d08be7fc61a19d",
    "sunpinyin/data/pydict_sc.bin": "cdfddfa11d9137aacfb6cfc2a453c9fc0f4dcb1524f0d61be598a35eeecf374c",
    "libpinyin/data/bigram.db": "41f518d088437fd477067e74de3ddb625d1aa5c35b36838129b9f8a733d6b548",
    "libpinyin/data/gb_char.bin": "2c97c4981d1b19df5bd51472da1fc4f573ac01e917919733ddf9cf2f4ded8435",
    "libpinyin/data/gbk_char.bin": "2953a1b10669647ee32a8f832b193947b392ef918a8e42a8f33b8d261f618b02",
    "libpinyin/data/opengram.bin": "befe455429f476a36a95ba0d554ce76dfae28a5cb5413f060b0de4ad90f390b2",
    "libpinyin/data/merged.bin": "a8143661533920a004206aaf17abe58a0522181993d39ee80a3931d1a7003124",
}
# libpinyin's dictionaries, by the number that is the first byte of their words' tokens.
DICTIONARIES = {1: "gb_char", 2: "gbk_char", 3: "opengram", 4: "merged"}
# open-gram's numbers below this are not words: unknown words, edges, numbers.
FIRST_WORD = 70


@dataclass(frozen=True, slots=True)
class WordNgrams:
    """Words and how often each, each pair and each triple of them is seen.

    `pairs` has shape (n, 2) and `triples` (m, 3), of places in `words`; the three weights have one number for each.
    """

    words: Sequence[str]
    weights: NDArray[np.float64]
    pairs: NDArray[np.int64]
    pair_weights: NDArray[np.float64]
    triples: NDArray[np.int64]
    triple_weights: NDArray[np.float64]


def data_file(name: str) -> Path:
    """A file of the packages, checked; the programme ends with the remedy where it is missing or another one."""
    for folder in sorted(Path("/usr/lib").glob("*-linux-gnu")):
        if (path := folder / name).is_file():
            if hashlib.sha256(path.read_bytes()).hexdigest() != SHA256[name]:
                sys.exit(f"{path}: another version of this file was used; its new digest and the model are one change")
            return path
    sys.exit(f"{name}: not installed; on Debian run tools/install_ngrams.sh")


def _printed(*command: str) -> str:
    try:
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout
    except FileNotFoundError:
        sys.exit(f"{command[0]}: not installed; on Debian run tools/install_ngrams.sh")


def open_gram() -> WordNgrams:
    """SunPinyin's back-off model as expected shares: of words, and of the pairs and triples that it lists."""
    words = _open_gram_words(data_file("sunpinyin/data/pydict_sc.bin").read_bytes())
    printed = _printed("tslminfo", "-v", "-p", str(data_file("sunpinyin/data/lm_sc.t3g")))
    # `\\N-gram\\COUNT`, then lines of N word numbers, probability, back-off and a pair in brackets; N from 0 to 3.
    _, one, two, three = (_table(level, size) for size, level in enumerate(printed.split("\\")[2::2]))
    single = np.zeros(len(words))
    single[one[0][:, 0]] = one[1]
    single[:FIRST_WORD] = 0
    pair_share = single[two[0][:, 0]] * two[1]
    listed = dict(zip(_keys(two[0]), pair_share.tolist(), strict=True))
    triple_share = np.array([listed.get(key, 0.0) for key in _keys(three[0])]) * three[1]
    return WordNgrams(words, single, *_words_only(two[0], pair_share), *_words_only(three[0], triple_share))


def _keys(numbers: NDArray[np.int64]) -> list[int]:
    keys: list[int] = (numbers[:, 0] << 32 | numbers[:, 1]).tolist()
    return keys


def _words_only(
    numbers: NDArray[np.int64], shares: NDArray[np.float64]
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    kept = (numbers >= FIRST_WORD).all(axis=1)
    return numbers[kept], shares[kept]


def _open_gram_words(data: bytes) -> list[str]:
    """The words by their numbers: UTF-32 strings, each ended by a zero, at the offset that the third field names."""
    (offset,) = struct.unpack_from("<I", data, 8)
    return data[offset:].decode("utf-32-le").split("\0")


def _table(level: str, size: int) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    columns = np.loadtxt(io.StringIO(level.partition("\n")[2]), usecols=range(size + 1), ndmin=2)
    return columns[:, :size].astype(np.int64), columns[:, size]


def libpinyin() -> WordNgrams:
    """libpinyin's counts of words and of pairs."""
    tokens, words, counts = _libpinyin_words()
    firsts, seconds, times = _libpinyin_pairs()
    known = np.isin(firsts, tokens) & np.isin(seconds, tokens)
    pairs = np.stack([np.searchsorted(tokens, column[known]) for column in (firsts, seconds)], axis=1)
    none = np.zeros((0, 3), np.int64), np.zeros(0)
    return WordNgrams(words, counts, pairs, times[known].astype(np.float64), *none)


def _libpinyin_words() -> tuple[NDArray[np.int64], list[str], NDArray[np.float64]]:
    """Tokens in ascending order, their words and counts.

    A dictionary is, behind eight bytes of header: total, three offsets, then offsets of items, then the items: length,
    number of readings, count, and the word in UTF-32.
    """
    found: list[tuple[int, str, int]] = []
    for number, name in DICTIONARIES.items():
        body = data_file(f"libpinyin/data/{name}.bin").read_bytes()[8:]
        _, index, content, _ = struct.unpack_from("<4I", body)
        items = body[content:]
        for at, offset in enumerate(np.frombuffer(body[index : content - 1], "<u4").tolist()):
            if offset:
                length, _, count = struct.unpack_from("<BBI", items, offset)
                word = items[offset + 6 : offset + 6 + 4 * length].decode("utf-32-le")
                found.append((number << 24 | at, word, count))
    found.sort()
    return (
        np.array([token for token, _, _ in found], np.int64),
        [word for _, word, _ in found],
        np.array([count for _, _, count in found], np.float64),
    )


def _libpinyin_pairs() -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """First tokens, second tokens, counts: for each first token a total, then second tokens with their counts."""
    printed = _printed("db5.3_dump", str(data_file("libpinyin/data/bigram.db")))
    lines = printed.partition("HEADER=END\n")[2].partition("DATA=END")[0].split()
    firsts, rows = [], []
    for key, value in zip(lines[::2], lines[1::2], strict=True):
        row = np.frombuffer(bytes.fromhex(value), "<u4")[1:].reshape(-1, 2)
        firsts.append(np.full(len(row), struct.unpack("<I", bytes.fromhex(key))[0], np.int64))
        rows.append(row.astype(np.int64))
    table = np.concatenate(rows)
    return np.concatenate(firsts), table[:, 0], table[:, 1]

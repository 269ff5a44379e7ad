"""Synthetic response bulletins in any number: as long, varied and repetitive as real ones, with none of their text.

Sentences are walks over words: frequencies are those of jieba's dictionary, each word has few usual successors, and the
commonplaces of response bulletins (`COMMONPLACES`) run through all. As in archives that reprint each other, a bulletin
is drawn from a stock of sentences, half of it from the neighbourhood that is its topic. `python benchmarks/bulletins.py
10000` counts distinct grams; docs/benchmarks.md sets them beside those of 10,000 real news texts.
"""

from __future__ import annotations

import random
import sys
from bisect import bisect
from collections.abc import Iterator
from datetime import date, timedelta
from functools import cache
from importlib.util import find_spec
from itertools import accumulate
from pathlib import Path

from tongbao.folding import fold
from tongbao.places import divisions, lineage
from tongbao.script import convert
from tongbao.search import SearchDocument

LENGTH = 2600
# fmt: off
COMMONPLACES = (
    "疫情防控", "疫情", "防控工作", "联防联控", "阻击战", "歼灭战", "疫情防控阻击战", "新冠肺炎", "核酸检测",
    "确诊病例", "无症状感染者", "密切接触者", "流行病学调查", "集中隔离", "居家隔离", "常态化疫情防控", "动态清零",
    "外防输入", "内防反弹", "人民群众生命安全和身体健康", "工作领导小组", "指挥部", "视频会议", "紧急会议",
    "防汛抗旱", "防汛救灾", "地质灾害", "应急响应", "应急管理", "抢险救援", "转移安置", "受灾群众", "强降雨",
    "安全生产", "隐患排查", "物资保障", "复工复产", "疫苗接种", "高度重视", "统筹推进", "压实责任", "严格落实",
    "全面排查", "坚决打赢", "落实落细", "严防死守", "值班值守", "信息报送", "通知要求", "会议强调", "会议指出",
    "记者", "本报讯",
)
# fmt: on
_WORDS = 40_000
# Sentences of the stock: 1.3 million characters, from which a corpus of any size is drawn.
_SENTENCES = 46_000
_TOPIC = 40
# Share of words that are not usual after the word before: names, and what happens only once.
_JUMP = 0.4


@cache
def _counted() -> tuple[list[str], list[float]]:
    spec = find_spec("jieba")
    if spec is None or spec.origin is None:
        raise SystemExit("benchmarks need jieba's dictionary; remedy: make bench-search, or pip install jieba==0.42.1")
    rows = (line.split(" ") for line in (Path(spec.origin).parent / "dict.txt").read_text("utf-8").splitlines())
    counted = sorted(((int(n), word) for word, n, _ in rows if len(word) <= 4), reverse=True)[:_WORDS]
    return [word for _, word in counted], list(accumulate(float(n) for n, _ in counted))


def _vocabulary() -> list[str]:
    """The most frequent words, the most frequent first."""
    return _counted()[0]


def _draw(chance: random.Random) -> int:
    words, totals = _counted()
    return min(bisect(totals, chance.random() * totals[-1]), len(words) - 1)


_UNITS = "日例人名月个年"
# What bulletins write in Latin letters.
LATIN = ("N95", "KN95", "COVID-19", "CT", "ICU", "PCR", "App", "G72", "K1049", "WHO", "B.1.1.7", "Delta")


@cache
def _successors(word: int) -> tuple[int, ...]:
    """The words that usually follow one: many for a frequent word, few for a rare one."""
    chance = random.Random(word)
    return tuple(_draw(chance) for _ in range(2 + int(160 / (word + 8) ** 0.5)))


def _clause(chance: random.Random) -> str:
    words = _vocabulary()
    word = _draw(chance)
    out: list[str] = []
    for _ in range(chance.randrange(3, 9)):
        die = chance.random()
        if die < 0.10:
            out.append(COMMONPLACES[min(int(chance.expovariate(0.08)), len(COMMONPLACES) - 1)])
        elif die < 0.13:
            number = chance.choice((chance.randrange(1, 32), chance.randrange(1, 300)))
            out.append(chance.choice(LATIN) if chance.random() < 0.15 else f"{number}{chance.choice(_UNITS)}")
        elif die < 0.13 + _JUMP:
            word = _draw(chance)
            out.append(words[word])
        else:
            usual = _successors(word)
            word = usual[min(int(chance.expovariate(6 / len(usual))), len(usual) - 1)]
            out.append(words[word])
    return "".join(out)


@cache
def _stock() -> tuple[str, ...]:
    chance = random.Random(7)
    clauses = ([_clause(chance) for _ in range(chance.choice((1, 2, 2, 3, 4)))] for _ in range(_SENTENCES))
    return tuple("".join(c + chance.choice("，，，，、；：") for c in own)[:-1] + "。" for own in clauses)


def _text(chance: random.Random, length: int) -> str:
    stock, topic = _stock(), chance.randrange(_SENTENCES - _TOPIC)
    out: list[str] = []
    size = 0
    while size < length:
        about = chance.random() < 0.5
        at = topic + chance.randrange(_TOPIC) if about else int(_SENTENCES * chance.random() ** 1.3)
        run = "".join(stock[at : at + chance.randrange(2, 6)])
        out.append(run)
        size += len(run)
        if chance.random() < 0.12:
            out.append("\n")
    return "".join(out)


def bulletin(number: int, seed: int = 1) -> SearchDocument:
    """A bulletin, the same for the same number and seed; 30 % of them are in Traditional script."""
    counties = _counties()
    chance = random.Random(seed * 1_000_003 + number)
    length = max(300, int(chance.lognormvariate(0, 0.45) * LENGTH * 0.9))
    code = chance.choice(counties)
    regions = tuple(dict.fromkeys(lineage(code) + lineage(chance.choice(counties)) * (chance.random() < 0.4)))
    title = f"{divisions()[code].name}{_text(chance, 12).strip()[:18]}"
    scripts, titles = convert(_text(chance, length)), convert(title)
    hant = chance.random() < 0.3
    day = (date(2020, 1, 20) + timedelta(days=int(chance.betavariate(1, 2) * 1200))).isoformat()
    return SearchDocument(
        id=f"{chance.getrandbits(64):016x}",
        title=titles.hant if hant else titles.hans,
        text=scripts.hant if hant else scripts.hans,
        title_hans=titles.hans,
        title_hant=titles.hant,
        hans=scripts.hans,
        hant=scripts.hant,
        published=(day, day) if chance.random() < 0.95 else None,
        regions=regions,
        script="Hant" if hant else "Hans",
        kind=chance.choice(("notice", "meeting", "situation-report", "news", "press-conference", None)),
        repairs=tuple(_repairs(chance, len(scripts.hans))) if chance.random() < 0.3 else (),
    )


def bulletins(count: int, seed: int = 1) -> Iterator[SearchDocument]:
    """The first `count` bulletins."""
    return (bulletin(number, seed) for number in range(count))


@cache
def _counties() -> list[str]:
    return sorted(divisions())


def _repairs(chance: random.Random, length: int) -> Iterator[tuple[int, int]]:
    """Spans of a text that an edit made."""
    end = 0
    for start in sorted(chance.randrange(length - 6) for _ in range(chance.randrange(1, 13))):
        if start >= end:
            end = start + chance.randrange(1, 6)
            yield start, end


def main() -> None:
    """Print how many different grams a corpus has, and how many of them a bulletin."""
    count = int(sys.argv[1])
    pairs: set[str] = set()
    triples: set[str] = set()
    postings = [0, 0, 0]
    for document in bulletins(count):
        text = fold(document.text)
        for place, (size, seen) in enumerate(((2, pairs), (3, triples))):
            own = {text[at : at + size] for at in range(len(text) - size + 1)}
            seen |= own
            postings[place] += len(own)
        postings[2] += len(text)
    mean = [number / count for number in postings]
    print(f"{count} bulletins of {mean[2]:.0f} characters: {len(pairs)} bigrams, {len(triples)} trigrams;", end=" ")
    print(f"{mean[0]:.0f} and {mean[1]:.0f} different ones in each")


if __name__ == "__main__":
    main()

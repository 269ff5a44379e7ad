"""Synthetic response bulletins in any number: as long, varied and repetitive as real ones, with none of their text.

Clauses are walks over words: frequencies are those of jieba's dictionary, and each word has few usual successors. A
bulletin takes most clauses from a common stock, half of them from the part of the stock that is its topic, so that
phrases recur within a bulletin and among bulletins, as they do in news; the rest is new. The commonplaces of response
bulletins (`COMMONPLACES`) run through all.
"""

from __future__ import annotations

import random
from bisect import bisect
from collections.abc import Iterator
from datetime import date, timedelta
from functools import cache
from importlib.util import find_spec
from itertools import accumulate
from pathlib import Path

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
_WORDS = 30_000
_STOCK = 40_000
_TOPIC = 120
_NEW = 0.04
_PERIODS = "，，，，、。。；"


@cache
def _vocabulary() -> tuple[list[str], list[float], random.Random]:
    spec = find_spec("jieba")
    if spec is None or spec.origin is None:
        raise SystemExit("benchmarks need jieba's dictionary; remedy: pip install jieba==0.42.1")
    rows = (line.split(" ") for line in (Path(spec.origin).parent / "dict.txt").read_text("utf-8").splitlines())
    counted = sorted(((int(n), word) for word, n, _ in rows if len(word) <= 4), reverse=True)[:_WORDS]
    words = [word for _, word in counted]
    return words, list(accumulate(float(n) for n, _ in counted)), random.Random(0)


def _draw(chance: random.Random) -> int:
    words, totals, _ = _vocabulary()
    return min(bisect(totals, chance.random() * totals[-1]), len(words) - 1)


@cache
def _successors(word: int) -> tuple[int, ...]:
    """The words that usually follow one: many for a frequent word, few for a rare one."""
    chance = random.Random(word)
    return tuple(_draw(chance) for _ in range(2 + int(160 / (word + 8) ** 0.5)))


def _clause(chance: random.Random) -> str:
    words = _vocabulary()[0]
    word = _draw(chance)
    out: list[str] = []
    for _ in range(chance.randrange(3, 9)):
        die = chance.random()
        if die < 0.10:
            out.append(COMMONPLACES[min(int(chance.expovariate(0.08)), len(COMMONPLACES) - 1)])
        elif die < 0.13:
            out.append(
                f"{chance.choice((chance.randrange(1, 32), chance.randrange(1, 300)))}{chance.choice('日例人名月个年')}"
            )
        else:
            usual = _successors(word)
            word = usual[min(int(chance.expovariate(6 / len(usual))), len(usual) - 1)]
            out.append(words[word])
    return "".join(out)


@cache
def _stock() -> tuple[str, ...]:
    chance = random.Random(7)
    return tuple(_clause(chance) for _ in range(_STOCK))


def _text(chance: random.Random, length: int) -> str:
    stock, topic = _stock(), chance.randrange(_STOCK - _TOPIC)
    out: list[str] = []
    size = 0
    while size < length:
        die = chance.random()
        if die < _NEW:
            clause = _clause(chance)
        elif die < 0.5:
            clause = stock[topic + chance.randrange(_TOPIC)]
        else:
            clause = stock[int(_STOCK * chance.random() ** 2)]
        out += clause, chance.choice(_PERIODS)
        size += len(clause) + 1
        if chance.random() < 0.03:
            out.append("\n")
    return "".join(out) + "。"


def bulletins(count: int, seed: int = 1) -> Iterator[SearchDocument]:
    """`count` bulletins, the same for the same seed; 30 % of them in Traditional script."""
    counties = sorted(divisions())
    for number in range(count):
        chance = random.Random(seed * 1_000_003 + number)
        length = max(300, int(chance.lognormvariate(0, 0.45) * LENGTH * 0.9))
        code = chance.choice(counties)
        regions = tuple(dict.fromkeys(lineage(code) + lineage(chance.choice(counties)) * (chance.random() < 0.4)))
        title = f"{divisions()[code].name}{_text(chance, 12).strip()[:18]}"
        scripts, titles = convert(_text(chance, length)), convert(title)
        hant = chance.random() < 0.3
        day = (date(2020, 1, 20) + timedelta(days=int(chance.betavariate(1, 2) * 1200))).isoformat()
        yield SearchDocument(
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
        )

"""Build `plugins/tongbao/data/characters.tsv`: single characters that stand for others, by kind of damage.

* `radical`: Kangxi and supplementary radicals that PDF fonts and OCR put in place of the character;
* `compatibility`: compatibility ideographs, from other national standards;
* `width`: full-width letters and digits;
* `vertical`: presentation forms for vertical text and small forms, for the mark itself;
* `private`: private-use characters of GBK and GB 18030 that have had a code of their own since 2005 or 2022.

All but the last are Unicode's own equivalences; what Unicode leaves out is listed here by hand.
"""

from __future__ import annotations

import sys
import unicodedata
from collections.abc import Iterator
from pathlib import Path

TARGET = Path(__file__).parents[1] / "plugins/tongbao/data/characters.tsv"
HEAD = """\
# Characters that stand for others: each line is a kind, a code point, and the character that is meant.
# Made by tools/build_characters.py from Unicode's data (as Python carries it) and GB 18030; do not edit.
"""

# Supplementary radicals without an equivalence in Unicode: the character of the same shape.
RADICALS = """
⺀冫 ⺁厂 ⺄乙 ⺅亻 ⺆冂 ⺇几 ⺈刀 ⺉刂 ⺊卜 ⺋㔾 ⺌小 ⺍小 ⺎兀 ⺏尣 ⺐尢 ⺑尢 ⺒巳 ⺓幺 ⺔彑 ⺕彐 ⺖忄 ⺗㣺 ⺘扌
⺙攵 ⺛旡 ⺜日 ⺝月 ⺞歺 ⺠民 ⺡氵 ⺢氺 ⺣灬 ⺤爫 ⺥爫 ⺦丬 ⺧牛 ⺨犭 ⺩王 ⺪疋 ⺫目 ⺬示 ⺭礻 ⺮竹 ⺯糹 ⺰纟 ⺱网
⺲罒 ⺳网 ⺵网 ⺶羊 ⺷羊 ⺸羊 ⺹耂 ⺺聿 ⺻聿 ⺼肉 ⺽臼 ⺾艹 ⺿艹 ⻀艹 ⻁虎 ⻂衤 ⻃覀 ⻄西 ⻅见 ⻆角 ⻇角 ⻈讠 ⻉贝
⻋车 ⻌辶 ⻍辶 ⻎辶 ⻏阝 ⻐钅 ⻑長 ⻒镸 ⻓长 ⻔门 ⻕阜 ⻖阝 ⻗雨 ⻘青 ⻙韦 ⻚页 ⻛风 ⻜飞 ⻝食 ⻟飠 ⻠饣 ⻢马 ⻣骨
⻤鬼 ⻥鱼 ⻦鸟 ⻧卤 ⻨麦 ⻩黄 ⻪黾 ⻫斉 ⻬齐 ⻭歯 ⻮齿 ⻯竜 ⻰龙 ⻱龜 ⻲亀
"""
# U+FE30 is used as a colon, and marks keep their full width.
VERTICAL = """
︐， ︑、 ︒。 ︓： ︔； ︕！ ︖？ ︗〖 ︘〗 ︙…
︰： ︱— ︲– ︳＿ ︵（ ︶） ︷｛ ︸｝ ︹〔 ︺〕 ︻【 ︼】 ︽《 ︾》 ︿〈 ﹀〉 ﹁「 ﹂」 ﹃『 ﹄』 ﹇［ ﹈］
"""
# Without ﹒, which is a full stop or a middle dot, and ﹤ and ﹥, which are faces.
SMALL = "﹐， ﹑、 ﹔； ﹕： ﹖？ ﹗！ ﹙（ ﹚） ﹛｛ ﹜｝ ﹝〔 ﹞〕 ﹟# ﹠& ﹡* ﹢+ ﹣- ﹦= ﹩$ ﹪% ﹫@"
# GB 18030: two-byte codes that Python still decodes to private-use characters, and their codes of today.
GB18030 = {
    0xA3A0: 0x3000,
    0xA6D9: 0xFF0C, 0xA6DA: 0x3002, 0xA6DB: 0x3001, 0xA6DC: 0xFF1A, 0xA6DD: 0xFF1B, 0xA6DE: 0xFF01, 0xA6DF: 0xFF1F,
    0xA6EC: 0x3016, 0xA6ED: 0x3017, 0xA6F3: 0x2026, 0xA8BC: 0x1E3F, 0xFE51: 0x20087, 0xFE52: 0x20089, 0xFE53: 0x200CC,
    0xFE59: 0x9FB4, 0xFE61: 0x9FB5, 0xFE66: 0x9FB6, 0xFE67: 0x9FB7, 0xFE6C: 0x215D7, 0xFE6D: 0x9FB8, 0xFE76: 0x2298F,
    0xFE7E: 0x9FB9, 0xFE90: 0x9FBA, 0xFE91: 0x241FE, 0xFEA0: 0x9FBB,
}  # fmt: skip


def rows() -> Iterator[tuple[str, str, str]]:
    """(kind, character, what is meant)."""
    radicals = _table(RADICALS)
    for code in [*range(0x2E80, 0x2EF4), *range(0x2F00, 0x2FD6)]:
        plain = radicals.get(chr(code)) or unicodedata.normalize("NFKC", chr(code))
        if plain != chr(code):
            yield "radical", chr(code), plain
    for code in [*range(0xF900, 0xFB00), *range(0x2F800, 0x2FA1E)]:
        plain = unicodedata.normalize("NFKC", chr(code))
        if plain != chr(code) and len(plain) == 1 and plain >= "\u3400":
            yield "compatibility", chr(code), plain
    for code in [*range(0xFF10, 0xFF1A), *range(0xFF21, 0xFF3B), *range(0xFF41, 0xFF5B)]:
        yield "width", chr(code), unicodedata.normalize("NFKC", chr(code))
    yield from (("vertical", c, plain) for c, plain in _table(f"{VERTICAL} {SMALL}").items())
    yield from private()


def _table(pairs: str) -> dict[str, str]:
    return {pair[0]: pair[1] for pair in pairs.split()}


def private() -> Iterator[tuple[str, str, str]]:
    """Characters of GBK's own private-use block, which Windows still gives for these codes."""
    trails = [t for t in range(0x50, 0xA1) if t != 0x7F]
    codes = {0xE815 + at: 0xFE00 + trail for at, trail in enumerate(trails)}
    codes |= {ord(bytes(divmod(code, 256)).decode("gb18030")): code for code in GB18030}
    codes |= {0xE5E5: 0xA3A0, 0xE76C: 0xA2E3, 0xE7C8: 0xA8BF, **{0xE7E7 + at: 0xA989 + at for at in range(13)}}
    radicals = _table(RADICALS)
    for private_use, code in sorted(codes.items()):
        plain = chr(GB18030[code]) if code in GB18030 else bytes(divmod(code, 256)).decode("gb18030")
        if unicodedata.category(chr(private_use)) == "Co" and unicodedata.category(plain) != "Co":
            yield "private", chr(private_use), radicals.get(plain, plain)


def main() -> int:
    lines = (f"{kind}\t{ord(character):04X}\t{plain}\n" for kind, character, plain in rows())
    TARGET.write_text(HEAD + "".join(lines), "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())

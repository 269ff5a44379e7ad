"""Chinese numerals as dates write them: positional years (二〇二二), additive months and days (十二, 廿五)."""

from __future__ import annotations

_DIGITS = {**{c: i for i, c in enumerate("零一二三四五六七八九")}, **dict.fromkeys("〇○o0初", 0), "元": 1, "正": 1}
_TENS = {"十": 10, "廿": 20, "卅": 30}
# The eleventh and twelfth lunar months go by names of their own.
_MONTH_NAMES = {"冬": 11, "腊": 12}


def number(text: str) -> int:
    """The value of a numeral of a date: `24`, `〇九`, `二〇二二`, `十二`, `二十四`, `廿四`, `元` (月), `腊` (月).

    Raises KeyError for a character that is no numeral.
    """
    if text.isascii():
        return int(text)
    if text in _MONTH_NAMES:
        return _MONTH_NAMES[text]
    value, last = 0, 0
    tens = any(c in _TENS for c in text)
    for c in text:
        if c in _TENS:
            # A leading 十 is ten; 二十 multiplies the digit before it.
            value += (last or 1) * _TENS[c]
            last = 0
        elif tens:
            last = _DIGITS[c]
        else:
            last = last * 10 + _DIGITS[c]
    return value + last


def full_year(value: int, era: bool = False) -> int:
    """The year of the common era: of two digits, 70 to 99 mean 19yy, others 20yy; years of the Republic (民国, or
    three digits) begin in 1912."""
    if era or 100 <= value < 1000:
        return value + 1911
    return value + (1900 if value >= 70 else 2000) if value < 100 else value

"""Amounts in Chinese capital numerals, as invoices and cheques spell them (支付结算办法, annex 1)."""

from __future__ import annotations

_DIGITS = "零壹贰叁肆伍陆柒捌玖"
_PLACES = ("", "拾", "佰", "仟")
_MYRIADS = ("", "万", "亿", "万亿")


def capital_amount(amount_fen: int) -> str:
    """Spell an amount below 10^16 yuan: 29461225 gives 贰拾玖万肆仟陆佰壹拾贰圆贰角伍分; a whole amount ends in 整."""
    whole, rest = divmod(abs(amount_fen), 100)
    tenths, hundredths = divmod(rest, 10)
    text = f"{_whole(whole)}圆" if whole else ""
    if tenths:
        text += f"{_DIGITS[tenths]}角"
    if hundredths:
        text += f"{'零' if text and not tenths else ''}{_DIGITS[hundredths]}分"
    if not text:
        text = "零圆"
    return ("负" if amount_fen < 0 else "") + text + ("" if hundredths else "整")


def _whole(number: int) -> str:
    """Spell a number above 0 by groups of four digits; zeros between digits are spelled once."""
    groups = []
    while number:
        number, group = divmod(number, 10_000)
        groups.append(group)
    text, gap = "", False
    for rank in reversed(range(len(groups))):
        group = groups[rank]
        if not group:
            gap = bool(text)
            continue
        if text and (gap or group < 1000):
            text += "零"
        text, gap = text + _group(group) + _MYRIADS[rank], False
    return text


def _group(group: int) -> str:
    text, gap = "", False
    for place in (3, 2, 1, 0):
        digit = group // 10**place % 10
        if digit:
            text += ("零" if gap and text else "") + _DIGITS[digit] + _PLACES[place]
            gap = False
        else:
            gap = True
    return text

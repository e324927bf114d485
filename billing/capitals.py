"""Amounts in Chinese capital numerals, as invoices and cheques spell them (支付结算办法, annex 1)."""

from __future__ import annotations

_DIGITS = "零壹贰叁肆伍陆柒捌玖"
_PLACES = ("", "拾", "佰", "仟")
_UNITS = ((10**8, "亿"), (10**4, "万"))


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
    """Spell a number above 0; a gap in front of what follows 亿 or 万 is spelled 零."""
    for unit, name in _UNITS:
        if number >= unit:
            high, low = divmod(number, unit)
            gap = "零" if 0 < low < unit // 10 else ""
            return _whole(high) + name + gap + (_whole(low) if low else "")
    return _group(number)


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

"""Money, prices, quantities and shares as text: integers in, one way of writing them out.

Chinese and English write these numbers alike, so there is one format; a minus is U+2212.
"""

from __future__ import annotations

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString

register = template.Library()

MINUS = "−"
ABSENT = "—"


@register.filter
def yuan(fen: int | None) -> str:
    """Fen as yuan without the sign, for table columns: `34,304.15`."""
    if fen is None:
        return ABSENT
    sign = MINUS if fen < 0 else ""
    whole, rest = divmod(abs(int(fen)), 100)
    return f"{sign}{whole:,}.{rest:02}"


@register.filter
def money(fen: int | None) -> str:
    """Fen as money: `¥34,304.15`, `−¥8,000.00`."""
    text = yuan(fen)
    if text == ABSENT:
        return text
    return f"{MINUS}¥{text[1:]}" if text.startswith(MINUS) else f"¥{text}"


@register.filter
def plain_yuan(fen: int | None) -> str:
    """Fen as a number for an input field: `1234.50`, or empty."""
    return "" if fen is None else f"{int(fen) // 100}.{int(fen) % 100:02}"


@register.filter
def count(number: int | None) -> str:
    """A whole number with thousands separators: `10,743`."""
    if number is None:
        return ABSENT
    return f"{int(number):,}".replace("-", MINUS)


@register.filter
def percent(share: float | None) -> str:
    """A share with one decimal: 0.374 is `37.4%`."""
    return ABSENT if share is None else f"{share * 100:,.1f}%".replace("-", MINUS)


@register.filter
def bps(points: int | None) -> str:
    """Basis points as a percentage without superfluous zeros beyond two decimals: 60 is `0.60%`, 600 is `6%`."""
    if points is None:
        return ABSENT
    return f"{points // 100}%" if points % 100 == 0 else f"{points / 100:.2f}%"


@register.filter
def change(share: float | None) -> SafeString:
    """A price change with its arrow and colour: ▲ 11.8%. The arrow says it without colour."""
    if share is None:
        return format_html('<span class="absent">{}</span>', ABSENT)
    if abs(share) < 0.0005:
        return format_html('<span class="flat">{}</span>', "0.0%")
    way, arrow = ("up", "▲") if share > 0 else ("down", "▼")
    return format_html(
        '<span class="{}"><span class="arrow" aria-hidden="true">{}</span><span class="visually-hidden">{}</span>{}</span>',
        way,
        arrow,
        "+" if share > 0 else MINUS,
        f"{abs(share) * 100:,.1f}%",
    )

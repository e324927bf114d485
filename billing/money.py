"""How fen are written for people."""

from __future__ import annotations


def amount(amount_fen: int) -> str:
    """Write fen as `34,304.15`; minus is `−0.05`."""
    whole, fen = divmod(abs(amount_fen), 100)
    return f"{'−' if amount_fen < 0 else ''}{whole:,}.{fen:02d}"


def yuan(amount_fen: int) -> str:
    """Write fen as `¥34,304.15`; minus is `−¥0.05`."""
    return ("−¥" if amount_fen < 0 else "¥") + amount(abs(amount_fen))

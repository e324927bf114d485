"""How a journal writes fen."""

from __future__ import annotations


def plain_yuan(amount_fen: int) -> str:
    """Write fen as `34304.15`; minus is `-0.05`."""
    whole, fen = divmod(abs(amount_fen), 100)
    return f"{'-' if amount_fen < 0 else ''}{whole}.{fen:02d}"

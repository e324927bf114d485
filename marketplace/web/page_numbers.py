"""Numbers from an address: whatever else stands there counts as left out."""

from __future__ import annotations

DIGITS_MAX = 18


def number(text: str | None) -> int | None:
    """A whole number that fits the database, or None."""
    return int(text) if text and text.isascii() and text.isdigit() and len(text) <= DIGITS_MAX else None

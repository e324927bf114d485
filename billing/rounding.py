"""Every rule by which an amount becomes whole fen."""

from __future__ import annotations

from collections.abc import Sequence

BPS = 10_000
"""Basis points in one."""


def share_half_up(*, amount_fen: int, bps: int) -> int:
    """Return `bps` of `amount_fen` (not negative) in fen, half a fen up; in SQL `billing_share_fen`."""
    return (2 * amount_fen * bps + BPS) // (2 * BPS)


def share_ceil(*, amount_fen: int, bps: int) -> int:
    """Return `bps` of `amount_fen` in fen, rounded up."""
    return -(-amount_fen * bps // BPS)


def split_by_largest_remainder(*, total_fen: int, weights: Sequence[int]) -> list[int]:
    """Split `total_fen` in proportion to `weights`, so that the parts add up to it (Hamilton's method).

    Each part is its exact share rounded down; the fen left over go to the largest remainders, the earlier first on a
    tie. A weight may be negative (a credit), their sum must be positive; without weight nothing can be split but 0.
    """
    whole = sum(weights)
    if whole <= 0:
        if total_fen or any(weights):
            raise ValueError("The weights must add up to more than nothing.")
        return [0] * len(weights)
    parts = [total_fen * weight // whole for weight in weights]
    by_remainder = sorted(range(len(weights)), key=lambda row: -(total_fen * weights[row] % whole))
    for row in by_remainder[: total_fen - sum(parts)]:
        parts[row] += 1
    return parts

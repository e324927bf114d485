"""The largest job that fits into what is left of an offer, some of whose hours have sold more than others."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple


class Block(NamedTuple):
    """So many accelerators in every one of `hours` hours from place `first` on."""

    first: int
    hours: int
    accelerators: int


def largest_block(left: Sequence[int]) -> Block:
    """Return the block of most accelerator-hours in accelerators left by hour; of several the one that ends first. Nothing left: no hours."""
    best = Block(0, 0, 0)
    rising: list[tuple[int, int]] = []  # blocks that may still grow: where each begins, and its accelerators, ever more
    for place, accelerators in enumerate([*left, 0]):
        first = place
        while rising and rising[-1][1] >= accelerators:
            first, lowest = rising.pop()
            if (place - first) * lowest > best.hours * best.accelerators:
                best = Block(first, place - first, lowest)
        rising.append((first, accelerators))
    return best

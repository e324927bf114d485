"""What a replace may raise: the hours and accelerators to be committed when it is asked for, and given back when it is played."""

from __future__ import annotations

from collections.abc import Iterator, Sequence


def raised_hours(start: int, quantity: int, seen: Sequence[int]) -> Iterator[tuple[int, int]]:
    """Yield each hour that a replace to `quantity` may raise, and by how many accelerators at most.

    `seen` has the accelerators that its owner reckoned with, an entry an hour from `start` on, 0 where nothing is open any more.
    """
    for hour, before in enumerate(seen, start):
        if 0 < before < quantity:
            yield hour, quantity - before

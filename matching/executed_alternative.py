"""Which of a bid's alternatives a trade was of: the engine tells who traded where, and at what price."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple


class Option(NamedTuple):
    """One of the alternatives that an order has; `place` 0 is its own market, start and limit."""

    place: int
    market_id: int
    start: int
    start_flexibility: int
    price_fen: int

    def admits(self, market_id: int, start: int) -> bool:
        """Say whether it may execute from `start` in a market."""
        return self.market_id == market_id and self.start <= start <= self.start + self.start_flexibility


def executed_option(
    options: Iterable[Option], *, market_id: int, start: int, price_fen: int, is_maker: bool
) -> Option | None:
    """Return the option that executed in `market_id` from `start`; a resting block that was met trades at its own limit, `price_fen`.

    Of those that could have, the engine tries the one with the highest limit first, then the lowest place: it has the greater surplus
    at any price, and it is tried before the others when orders that wait are.
    """
    able = [option for option in options if option.admits(market_id, start)]
    met = [option for option in able if is_maker and option.price_fen == price_fen]
    return max(met or able, key=lambda option: (option.price_fen, -option.place), default=None)

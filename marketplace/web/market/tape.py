"""The tape: a market's last trades, newest first."""

from __future__ import annotations

from dataclasses import dataclass

from matching.models import Trade


@dataclass(frozen=True, slots=True)
class TapeLine:
    """One trade, and how its price stands to the trade before it."""

    trade: Trade
    way: str  # "up", "down" or "flat"
    is_mine: bool


def read_tape(market_id: int, participant_id: int | None, count: int) -> list[TapeLine]:
    """The last `count` trades of a market; one statement."""
    trades = list(Trade.objects.filter(market_id=market_id).order_by("-id")[: count + 1])
    lines = []
    for trade, before in zip(trades[:count], [*trades[1:], None], strict=False):
        change = trade.price_fen - before.price_fen if before else 0
        way = "up" if change > 0 else "down" if change < 0 else "flat"
        mine = participant_id is not None and participant_id in (trade.buyer_id, trade.seller_id)
        lines.append(TapeLine(trade, way, mine))
    return lines

"""The ladder: a contract's levels with cumulative size, and what of it is one's own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.db import connection
from django.db.models import Count, F, Max, Sum

from matching.book import ContractBook, Level
from matching.engine.dtypes import Kind, Side
from matching.models import Order

OwnSizes = dict[tuple[int, int], int]
"""(side, price_fen) -> own open accelerators."""

OWN_SIZES = """
    SELECT side, price_fen, sum(open[%(hour)s - start + 1])::int
    FROM matching_order
    WHERE participant_id = %(participant)s AND market_id = %(market)s AND kind = 0 AND state = 'open'
      AND start <= %(hour)s AND start + hours > %(hour)s AND price_fen IS NOT NULL
    GROUP BY side, price_fen
"""


@dataclass(frozen=True, slots=True)
class Rung:
    """One price of the ladder."""

    price_fen: int
    quantity: int
    total: int  # cumulative from the best price
    share: int  # of the longest bar, in percent
    mine: int


@dataclass(frozen=True, slots=True)
class Ladder:
    """Asks with the dearest on top, bids below; each side's best is next to the middle."""

    asks: list[Rung]
    bids: list[Rung]
    more_asks: int  # levels not shown
    more_bids: int

    @property
    def best_ask_fen(self) -> int | None:
        """The lowest ask."""
        return self.asks[-1].price_fen if self.asks else None

    @property
    def best_bid_fen(self) -> int | None:
        """The highest bid."""
        return self.bids[0].price_fen if self.bids else None

    @property
    def middle_fen(self) -> int | None:
        """Half way between the two bests, down to the fen; None where a side is empty."""
        if self.best_ask_fen is None or self.best_bid_fen is None:
            return None
        return (self.best_ask_fen + self.best_bid_fen) // 2

    @property
    def spread_fen(self) -> int | None:
        """Best ask less best bid."""
        if self.best_ask_fen is None or self.best_bid_fen is None:
            return None
        return self.best_ask_fen - self.best_bid_fen

    @property
    def spread_share(self) -> float | None:
        """The spread as a share of the middle."""
        return self.spread_fen / self.middle_fen if self.spread_fen is not None and self.middle_fen else None


@dataclass(frozen=True, slots=True)
class WaitingBlocks:
    """Block bids that could use an hour; they never rest in its book."""

    count: int
    accelerators: int
    highest_fen: int | None


def build_ladder(book: ContractBook, mine: OwnSizes, shown: int) -> Ladder:
    """The best `shown` levels of each side."""
    asks, bids = book.asks[:shown], book.bids[:shown]
    longest = max(sum(level.quantity for level in asks), sum(level.quantity for level in bids), 1)
    return Ladder(
        asks=_rungs(asks, Side.ASK, mine, longest)[::-1],
        bids=_rungs(bids, Side.BID, mine, longest),
        more_asks=len(book.asks) - len(asks),
        more_bids=len(book.bids) - len(bids),
    )


def own_sizes(participant_id: int, market_id: int, hour: int) -> OwnSizes:
    """What the participant itself has resting in a contract's book; one statement."""
    with connection.cursor() as cursor:
        cursor.execute(OWN_SIZES, {"participant": participant_id, "market": market_id, "hour": hour})
        return {(side, price_fen): quantity for side, price_fen, quantity in cursor if quantity}


def waiting_blocks(market_id: int, hour: int) -> WaitingBlocks:
    """The open block bids that may still deliver in `hour`; one statement."""
    found = Order.objects.filter(
        market_id=market_id,
        kind=Kind.BLOCK,
        side=Side.BID,
        state=Order.State.OPEN,
        start__lte=hour,
        start__gt=hour - F("hours") - F("start_flexibility"),
    ).aggregate(count=Count("id"), accelerators=Sum("open__0"), highest=Max("price_fen"))
    return WaitingBlocks(found["count"], found["accelerators"] or 0, found["highest"])


def _rungs(levels: Sequence[Level], side: Side, mine: OwnSizes, longest: int) -> list[Rung]:
    rungs, total = [], 0
    for level in levels:
        total += level.quantity
        own = mine.get((int(side), level.price_fen), 0)
        rungs.append(Rung(level.price_fen, level.quantity, total, round(100 * total / longest), own))
    return rungs

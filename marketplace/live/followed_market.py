"""A market that clients of this process follow: its log, who follows, and where it stood lately."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import Protocol

from marketplace.live.database import in_database
from marketplace.live.market_log import MarketLog
from marketplace.live.snapshots import Snapshot, read_snapshot
from matching.models import Market

SNAPSHOT_EVENTS_OLD = 300
"""A snapshot with at most so many events after it serves the next client too."""

SPANS_KEPT = 8

Span = tuple[int | None, int | None]
"""Start and hours as asked for."""


class Follower(Protocol):
    """Whoever is woken when there is something to send."""

    def wake(self) -> None:
        """Look what is new."""


@dataclass(slots=True, eq=False)
class Followed:
    """One market with its followers."""

    market: Market
    log: MarketLog
    followers: set[Follower] = field(default_factory=set)
    _snapshots: dict[Span, Snapshot] = field(default_factory=dict)
    _reading: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def snapshot(self, span: Span) -> Snapshot:
        """Return where the market stands, or stood so lately that the log has all events after it."""
        async with self._reading:
            known = self._snapshots.get(span)
            if known is None or not self._is_fresh(known):
                known = await in_database(read_snapshot, self.market, *span)
                while len(self._snapshots) >= SPANS_KEPT:
                    del self._snapshots[next(iter(self._snapshots))]
                self._snapshots[span] = known
            return known

    def _is_fresh(self, snapshot: Snapshot) -> bool:
        return self.log.covers(snapshot.number) and self.log.number - snapshot.number <= SNAPSHOT_EVENTS_OLD

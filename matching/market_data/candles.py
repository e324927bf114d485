"""A market's candles, and what the markets have traded lately."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from matching.models import Candle


def candles_of_market(
    *, market_id: int, minutes: int, since: datetime, until: datetime, limit: int | None = None
) -> Sequence[Candle]:
    """Return the candles of `minutes` that start in `[since, until)`, oldest first; the newest `limit` of them."""
    found = Candle.objects.filter(
        market_id=market_id, minutes=minutes, starts_at__gte=since, starts_at__lt=until
    ).order_by("-starts_at")[:limit]
    return list(found)[::-1]

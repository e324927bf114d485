"""Public events and books as the JSON that goes out: the words of the REST API, absent where it says null."""

from __future__ import annotations

import json
from typing import Any

from matching.book import ContractBook, Level
from matching.market_data.reading import PublicEvent
from matching.models import MarketEvent

Key = tuple[MarketEvent.Event, int | None, int | None, int | None]
"""Event, hour, side, price: a later event with the same key says all that an earlier one said."""

_TIMELESS = (MarketEvent.Event.LEVEL, MarketEvent.Event.TOP)


def encoded(value: Any) -> str:
    """Write JSON without spaces."""
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)


def event_text(event: PublicEvent) -> str:
    """Write one event; its time too, unless it says what stands at a price, whose time is the frame's."""
    values: dict[str, Any] = {"number": event.number, "event": event.event.name.lower()}
    if event.event not in _TIMELESS:
        values["at"] = event.at.isoformat()
    if event.side is not None:
        values["side"] = event.side.name.lower()
    if event.state is not None:
        values["state"] = event.state.name.lower()
    for name in ("hour", "hours", "price_fen", "quantity", "orders", "trade_id"):
        value = getattr(event, name)
        if value is not None:
            values[name] = value
    return encoded(values)


def event_key(event: PublicEvent) -> Key | None:
    """Say which later events make this one superfluous; None: it tells of something that happened, and always stands."""
    if event.event is MarketEvent.Event.LEVEL:
        return event.event, event.hour, event.side, event.price_fen
    if event.event is MarketEvent.Event.TOP:
        return event.event, event.hour, event.side, None
    return None


def book_body(book: ContractBook) -> dict[str, Any]:
    """A contract's levels as [price_fen, quantity, orders], best first."""
    return {
        "hour": book.hour,
        "bids": [_level(level) for level in book.bids],
        "asks": [_level(level) for level in book.asks],
    }


def _level(level: Level) -> list[int]:
    return [level.price_fen, level.quantity, level.orders]

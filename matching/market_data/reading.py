"""A market's public events after a number, for whoever keeps books of its own: the API, the live feed.

Read a snapshot (`matching.book.books_of_market`), then the events after its number, again and again. Whoever listens on
CHANNEL hears when there are more.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime

from django.db import connection
from django.utils.translation import gettext_lazy as _

from matching.engine.dtypes import Side, Why
from matching.market_data.keeping import CHANNEL
from matching.models import MarketEvent
from matching.refusal import Refusal

EVENTS_A_READ = 1000


class EventsNotKept(Refusal):
    """The events after this number have been pruned, or it is ahead of the market; only a new snapshot helps."""

    code = "events_not_kept"
    field = "after"
    sentence = _(
        "The events after %(after)s are not kept: this market has events %(first)s to %(last)s. Read its books anew and go on "
        "from their number."
    )


@dataclass(frozen=True, slots=True)
class PublicEvent:
    """One event, as `models.MarketEvent` says; names nobody."""

    number: int
    event: MarketEvent.Event
    at: datetime
    hour: int | None
    hours: int | None
    side: Side | None
    price_fen: int | None
    quantity: int | None
    orders: int | None
    state: Why | None
    trade_id: int | None


@dataclass(frozen=True, slots=True)
class EventPage:
    """Events in a row, and the number of the market's last at the time of reading."""

    events: tuple[PublicEvent, ...]
    last_number: int


@dataclass(frozen=True, slots=True)
class Notice:
    """What a listener on CHANNEL hears: a market has events up to `number`."""

    market_id: int
    number: int

    @classmethod
    def read(cls, payload: str) -> Notice:
        """Read a notification's payload."""
        values = json.loads(payload)
        return cls(values["market"], values["number"])


LISTEN = f"LISTEN {CHANNEL}"

EVENTS = """
    SELECT coalesce(n.number, 0), e.number, e.event, e.at, e.hour, e.hours, e.side, e.price_fen, e.quantity, e.orders,
           e.state, e.trade_id
    FROM (SELECT %(market)s::int AS market_id) AS m
    LEFT JOIN matching_eventnumber n USING (market_id)
    LEFT JOIN LATERAL (
        SELECT * FROM matching_marketevent e
        WHERE e.market_id = m.market_id AND e.number > %(after)s ORDER BY e.number LIMIT %(limit)s
    ) AS e ON true
    ORDER BY e.number
"""


def read_events(*, market_id: int, after: int, limit: int = EVENTS_A_READ) -> EventPage:
    """Return up to `limit` events of a market with numbers from `after` + 1, without a gap; one statement.

    Raises EventsNotKept where the first of them is gone, or `after` is more than the market's last number.
    """
    with connection.cursor() as cursor:
        cursor.execute(EVENTS, {"market": market_id, "after": after, "limit": limit})
        rows = cursor.fetchall()
    last = rows[0][0]
    events = tuple(event_of(*row[1:]) for row in rows if row[1] is not None)
    if after > last or (after < last and (not events or events[0].number != after + 1)):
        raise EventsNotKept(after=after, first=first_number(market_id), last=last)
    return EventPage(events, last)


def event_of(
    number: int,
    event: int,
    at: datetime,
    hour: int | None,
    hours: int | None,
    side: int | None,
    price_fen: int | None,
    quantity: int | None,
    orders: int | None,
    state: int | None,
    trade_id: int | None,
) -> PublicEvent:
    return PublicEvent(
        number=number,
        event=MarketEvent.Event(event),
        at=at,
        hour=hour,
        hours=hours,
        side=None if side is None else Side(side),
        price_fen=price_fen,
        quantity=quantity,
        orders=orders,
        state=None if state is None else Why(state),
        trade_id=trade_id,
    )


def first_number(market_id: int) -> int:
    """Return the lowest number that is kept; 0 where there is none."""
    numbers = MarketEvent.objects.filter(market_id=market_id).order_by("number").values_list("number", flat=True)
    return numbers.first() or 0

"""Checked orders into the database, and their commands into the matcher's inbox: one statement, however many."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from functools import cache

from django.db import connection

from matching.alternatives import expires_at_of
from matching.bulk import array_literal, copy_rows
from matching.clock import is_past_a_time, tell_time
from matching.engine.dtypes import Do, Kind
from matching.entry import CheckedOrder
from matching.hours import first_open_hour
from matching.models import Order
from matching.prepared import prepared_cursor
from matching.rules import effective_time_in_force

ORDER_COLUMNS = (
    "participant_id",
    "market_id",
    "site_id",
    "client_order_id",
    "side",
    "kind",
    "start",
    "hours",
    "quantity",
    "price_fen",
    "protection_price_fen",
    "time_in_force",
    "expires_at",
    "start_flexibility",
    "one_site",
    "min_quantity",
    "display_quantity",
    "post_only",
    "self_trade",
    "alternative_count",
    "state",
    "why",
    "open",
    "filled_accelerator_hours",
    "filled_value_fen",
    "placed_at",
)


def insert_orders(*, checked: Sequence[CheckedOrder], now: datetime) -> list[int]:
    """Store checked orders as pending, a NEW command each in the inbox, and wake the matcher at commit; returns their ids.

    Belongs in the transaction that reserved their funds and capacity. What the clock has to tell by `now` enters the inbox before
    them, so that nothing trades in a closed hour, or with an order past its time, however late the clock is.
    """
    if not checked:
        return []
    markets = {market for order in checked for market in order.markets.values()}
    if any(first_open_hour(market, now) > market.closed_until for market in markets) or is_past_a_time(now):
        tell_time(now=now, capped=True)
    columns = zip(*(order_row(order, now) for order in checked), strict=True)
    with prepared_cursor() as cursor:
        cursor.execute(insert_statement(), [array_literal(column) for column in columns])
        ids: list[int] = cursor.fetchone()[0]
    if alternatives := [row for i, order in zip(ids, checked, strict=True) for row in alternative_rows(i, order)]:
        copy_rows(table="matching_alternative", columns=ALTERNATIVE_COLUMNS, rows=alternatives)
    return ids


@cache
def insert_statement() -> str:
    """Return the statement that stores orders given as an array a column, and brings their commands in, in the order given."""
    fields = [next(f for f in Order._meta.concrete_fields if f.column == column) for column in ORDER_COLUMNS]
    # Without a length, to which a cast would cut.
    types = [str(field.cast_db_type(connection)).partition("(")[0] for field in fields]
    # A column of arrays comes as an array of texts.
    arrays = ", ".join("%s::text[]" if kind.endswith("[]") else f"%s::{kind}[]" for kind in types)
    names = ", ".join(ORDER_COLUMNS)
    values = ", ".join(f"v.{name}::{kind}" for name, kind in zip(ORDER_COLUMNS, types, strict=True))
    return f"""
        WITH placed AS (
            INSERT INTO matching_order ({names})
            SELECT {values} FROM unnest({arrays}) WITH ORDINALITY AS v ({names}, place) ORDER BY place
            RETURNING id, market_id, quantity, coalesce(price_fen, protection_price_fen) AS limit_fen, placed_at
        ), told AS (
            INSERT INTO matching_command (market_id, "do", order_id, quantity, price_fen, at)
            SELECT market_id, {Do.NEW.value}, id, quantity, limit_fen, placed_at FROM placed ORDER BY id
        )
        SELECT array_agg(id ORDER BY id), (SELECT pg_notify('matcher', '')) FROM placed
    """


def order_row(order: CheckedOrder, now: datetime) -> tuple[object, ...]:
    """Return an order's values in the order of ORDER_COLUMNS."""
    request = order.request
    is_market_order = request.price_fen is None
    time_in_force = effective_time_in_force(request)
    return (
        request.participant_id,
        order.market.pk,
        request.site_id,
        request.client_order_id,
        int(request.side),
        int(request.kind),
        request.start,
        request.hours,
        request.quantity,
        request.price_fen,
        order.limit_fen if is_market_order else None,
        int(time_in_force),
        expires_at_of(request, order.markets),
        request.start_flexibility,
        request.one_site,
        request.min_quantity,
        request.display_quantity,
        request.post_only,
        int(request.self_trade),
        len(request.alternatives),
        str(Order.State.PENDING),
        "",
        array_literal([request.quantity] * (request.hours if request.kind == Kind.HOURLY else 1)),
        0,
        0,
        now,
    )


ALTERNATIVE_COLUMNS = ("order_id", "place", "market_id", "start", "start_flexibility", "price_fen")


def alternative_rows(order_id: int, order: CheckedOrder) -> Iterator[tuple[int, ...]]:
    """Yield what an order would take instead, in the order of ALTERNATIVE_COLUMNS."""
    for place, each in enumerate(order.request.alternatives, start=1):
        yield order_id, place, each.market_id, each.start, each.start_flexibility, each.price_fen

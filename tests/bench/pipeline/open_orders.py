"""Orders that rest, any number of them, written as the matcher leaves them."""

from __future__ import annotations

from django.db import connection

from matching.engine.dtypes import Kind, SelfTrade, Side, TimeInForce
from tests.bench.pipeline.exchange import Exchange

INSERT = f"""
    INSERT INTO matching_order (
        participant_id, market_id, site_id, side, kind, start, hours, quantity, price_fen, time_in_force, start_flexibility,
        one_site, post_only, self_trade, state, why, open, filled_accelerator_hours, filled_value_fen, sequence, place, placed_at
    )
    SELECT s.provider_id, s.market_id, s.id, {Side.ASK.value}, {Kind.HOURLY.value},
           %(start)s + n / s.sites %% %(span)s, %(hours)s, 8, %(price)s + n %% 97, {TimeInForce.GTC.value}, 0, false, false,
           {SelfTrade.CANCEL_TAKER.value}, 'open', '', array_fill(8, ARRAY[%(hours)s]), 0, 0, n, n, now()
    FROM generate_series(1, %(count)s) AS n
    JOIN (SELECT *, row_number() OVER (ORDER BY id) - 1 AS place_in, count(*) OVER () AS sites FROM matching_site) AS s
        ON s.place_in = n %% s.sites
    ORDER BY n
"""


def insert_open_asks(exchange: Exchange, *, count: int, hours: int, span: int, price_fen: int = 2_000) -> None:
    """Let `count` asks rest over all sites, with starts spread over `span` hours, at a price that no bid meets."""
    values = {"count": count, "hours": hours, "span": span, "start": exchange.first_hour, "price": price_fen}
    with connection.cursor() as cursor:
        cursor.execute(INSERT, values)
        cursor.execute("UPDATE matching_market SET places_given = greatest(places_given, %s)", [count])
        cursor.execute("ANALYZE matching_order")

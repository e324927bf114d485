"""Orders that rest, any number of them, written as the matcher leaves them."""

from __future__ import annotations

from django.db import connection

from matching.engine.dtypes import Kind, SelfTrade, Side, TimeInForce
from tests.bench.pipeline.exchange import Exchange

INSERT = f"""
    INSERT INTO matching_order (
        participant_id, market_id, site_id, side, kind, start, hours, quantity, price_fen, time_in_force, start_flexibility,
        one_site, post_only, self_trade, state, why, open, filled_accelerator_hours, filled_value_fen, sequence, place, alternative_count, placed_at
    )
    SELECT s.provider_id, s.market_id, s.id, {Side.ASK.value}, {Kind.HOURLY.value},
           %(start)s + n / s.sites %% %(span)s, %(hours)s, 8, %(price)s + n %% 97, {TimeInForce.GTC.value}, 0, false, false,
           {SelfTrade.CANCEL_TAKER.value}, 'open', '', array_fill(8, ARRAY[%(hours)s]), 0, 0, n, n, 0, now()
    FROM generate_series(1, %(count)s) AS n
    JOIN (SELECT *, row_number() OVER (ORDER BY id) - 1 AS place_in, count(*) OVER () AS sites FROM matching_site) AS s
        ON s.place_in = n %% (SELECT count(*) FROM matching_site)
    ORDER BY n
"""


LEVELS = f"""
    INSERT INTO matching_booklevel (market_id, hour, side, price_fen, quantity, orders)
    SELECT market_id, hour, side, price_fen, sum(quantity), count(*)
    FROM matching_order CROSS JOIN LATERAL generate_series(start, start + hours - 1) AS hour
    WHERE state = 'open' AND kind = {Kind.HOURLY.value} GROUP BY 1, 2, 3, 4
"""
CONTRACTS = """
    INSERT INTO matching_contract (market_id, hour, best_ask_fen, best_ask_quantity, bid_quantity, ask_quantity, volume, value_fen,
        trades)
    SELECT DISTINCT ON (market_id, hour) market_id, hour, price_fen, quantity, 0, sum(quantity) OVER (PARTITION BY market_id, hour),
        0, 0, 0
    FROM matching_booklevel ORDER BY market_id, hour, price_fen
"""
HOLDINGS = """
    INSERT INTO matching_holding (participant_id, site_id, hour, capacity, committed)
    SELECT o.participant_id, o.site_id, hour, max(s.accelerators), sum(o.quantity)
    FROM matching_order o JOIN matching_site s ON s.id = o.site_id
    CROSS JOIN LATERAL generate_series(o.start, o.start + o.hours - 1) AS hour
    WHERE o.state = 'open' GROUP BY 1, 2, 3
"""


def insert_open_asks(exchange: Exchange, *, count: int, hours: int, span: int, price_fen: int = 100_000) -> None:
    """Let `count` asks rest over all sites, with starts spread over `span` hours, in a young exchange.

    At `price_fen` and above no bid meets them, nor would a block take one of its hours from them.
    """
    values = {"count": count, "hours": hours, "span": span, "start": exchange.first_hour, "price": price_fen}
    with connection.cursor() as cursor:
        cursor.execute(INSERT, values)
        cursor.execute("UPDATE matching_market SET places_given = greatest(places_given, %s)", [count])
        for statement in (LEVELS, CONTRACTS, HOLDINGS):
            cursor.execute(statement)
        for table in ("matching_order", "matching_booklevel", "matching_contract", "matching_holding"):
            cursor.execute(f"ANALYZE {table}")

"""What the public reads, recomputed from book levels and trades; the kept events against where they lead."""

from __future__ import annotations

from collections.abc import Iterator

from django.db import connection

from matching.engine.dtypes import Side, Why
from matching.models import Candle, MarketEvent

CONTRACTS = f"""
    WITH shown AS (
        SELECT market_id, hour,
               max(price_fen) FILTER (WHERE side = {Side.BID.value}) AS best_bid_fen,
               (array_agg(quantity ORDER BY price_fen DESC) FILTER (WHERE side = {Side.BID.value}))[1] AS best_bid_quantity,
               min(price_fen) FILTER (WHERE side = {Side.ASK.value}) AS best_ask_fen,
               (array_agg(quantity ORDER BY price_fen) FILTER (WHERE side = {Side.ASK.value}))[1] AS best_ask_quantity,
               coalesce(sum(quantity) FILTER (WHERE side = {Side.BID.value}), 0) AS bid_quantity,
               coalesce(sum(quantity) FILTER (WHERE side = {Side.ASK.value}), 0) AS ask_quantity
        FROM matching_booklevel GROUP BY market_id, hour
    ), traded AS (
        SELECT t.market_id, hour, max(t.price_fen) AS high_fen, min(t.price_fen) AS low_fen, sum(t.quantity) AS volume,
               sum(t.price_fen::bigint * t.quantity) AS value_fen, count(*) AS trades,
               array_agg(t.price_fen ORDER BY t.sequence, t.ordinal) AS prices_fen,
               array_agg(t.traded_at ORDER BY t.sequence, t.ordinal) AS moments
        FROM matching_trade t CROSS JOIN generate_series(t.start, t.start + t.hours - 1) AS hour
        GROUP BY t.market_id, hour
    ), due AS (SELECT * FROM shown FULL JOIN traded USING (market_id, hour))
    SELECT format('matching_contract (market %%s, hour %%s): %%s is %%s, %%s give %%s.', market_id, hour, v.name,
                  coalesce(v.stored, 'missing'), v.source, coalesce(v.due, 'none'))
    FROM matching_contract c FULL JOIN due d USING (market_id, hour)
    CROSS JOIN LATERAL (VALUES
        ('best_bid_fen', c.best_bid_fen::text, d.best_bid_fen::text, 'levels'),
        ('best_bid_quantity', c.best_bid_quantity::text, d.best_bid_quantity::text, 'levels'),
        ('best_ask_fen', c.best_ask_fen::text, d.best_ask_fen::text, 'levels'),
        ('best_ask_quantity', c.best_ask_quantity::text, d.best_ask_quantity::text, 'levels'),
        ('bid_quantity', c.bid_quantity::text, coalesce(d.bid_quantity, 0)::text, 'levels'),
        ('ask_quantity', c.ask_quantity::text, coalesce(d.ask_quantity, 0)::text, 'levels'),
        ('open_fen', c.open_fen::text, d.prices_fen[1]::text, 'trades'),
        ('high_fen', c.high_fen::text, d.high_fen::text, 'trades'),
        ('low_fen', c.low_fen::text, d.low_fen::text, 'trades'),
        ('last_price_fen', c.last_price_fen::text, d.prices_fen[array_upper(d.prices_fen, 1)]::text, 'trades'),
        ('last_traded_at', c.last_traded_at::text, d.moments[array_upper(d.moments, 1)]::text, 'trades'),
        ('volume', c.volume::text, coalesce(d.volume, 0)::text, 'trades'),
        ('value_fen', c.value_fen::text, coalesce(d.value_fen, 0)::text, 'trades'),
        ('trades', c.trades::text, coalesce(d.trades, 0)::text, 'trades')
    ) AS v (name, stored, due, source)
    WHERE v.stored IS DISTINCT FROM v.due
    ORDER BY market_id, hour
"""

CANDLES = f"""
    WITH due AS (
        SELECT t.market_id, minutes,
               date_bin(make_interval(mins => minutes), t.traded_at, '1970-01-01 00:00+08') AS starts_at,
               max(t.price_fen) AS high_fen, min(t.price_fen) AS low_fen,
               array_agg(t.price_fen ORDER BY t.sequence, t.ordinal) AS prices_fen,
               sum(t.quantity::bigint * t.hours) AS volume, sum(t.quantity::bigint * t.hours * t.price_fen) AS value_fen,
               count(*) AS trades
        FROM matching_trade t CROSS JOIN unnest('{{{",".join(map(str, Candle.Minutes.values))}}}'::int[]) AS minutes
        GROUP BY 1, 2, 3
    )
    SELECT format('matching_candle (market %%s, %%s minutes from %%s): %%s is %%s, trades give %%s.', market_id, minutes,
                  starts_at, v.name, coalesce(v.stored::text, 'missing'), coalesce(v.due::text, 'none'))
    FROM matching_candle c FULL JOIN due d USING (market_id, minutes, starts_at)
    CROSS JOIN LATERAL (VALUES
        ('open_fen', c.open_fen, d.prices_fen[1]), ('high_fen', c.high_fen, d.high_fen), ('low_fen', c.low_fen, d.low_fen),
        ('close_fen', c.close_fen, d.prices_fen[array_upper(d.prices_fen, 1)]), ('volume', c.volume, d.volume),
        ('value_fen', c.value_fen, d.value_fen), ('trades', c.trades, d.trades)
    ) AS v (name, stored, due)
    WHERE v.stored IS DISTINCT FROM v.due
    ORDER BY market_id, minutes, starts_at
"""

NUMBERS = """
    WITH numbered AS (
        SELECT market_id, number, lead(number) OVER (PARTITION BY market_id ORDER BY number) AS next
        FROM matching_marketevent
    ), last AS (SELECT market_id, max(number) AS number FROM matching_marketevent GROUP BY market_id)
    SELECT format('matching_marketevent (market %%s, number %%s): the next number is %%s.', market_id, number, next)
    FROM numbered WHERE next <> number + 1
    UNION ALL
    SELECT format('matching_eventnumber %%s: number is %%s, the last event is %%s.', market_id, n.number, last.number)
    FROM matching_eventnumber n FULL JOIN last USING (market_id) WHERE n.number IS DISTINCT FROM last.number
"""

# The latest event of anything says how it stands.
STANDS = f"""
    WITH level AS (
        SELECT DISTINCT ON (market_id, hour, side, price_fen) * FROM matching_marketevent
        WHERE event = {MarketEvent.Event.LEVEL.value} ORDER BY market_id, hour, side, price_fen, number DESC
    ), top AS (
        SELECT DISTINCT ON (market_id, hour, side) * FROM matching_marketevent
        WHERE event = {MarketEvent.Event.TOP.value} ORDER BY market_id, hour, side, number DESC
    ), closing AS (
        SELECT market_id, max(number) AS number, max(hour) + 1 AS closed_until FROM matching_marketevent
        WHERE event = {MarketEvent.Event.STATE.value} AND state = {Why.CLOSED.value} GROUP BY market_id
    ), compared AS (
        SELECT e.market_id, e.number, 'quantity' AS name, e.quantity::text AS said, coalesce(l.quantity, 0)::text AS stands
        FROM level e LEFT JOIN matching_booklevel l USING (market_id, hour, side, price_fen)
        UNION ALL
        SELECT e.market_id, e.number, 'orders', e.orders::text, coalesce(l.orders, 0)::text
        FROM level e LEFT JOIN matching_booklevel l USING (market_id, hour, side, price_fen)
        UNION ALL
        SELECT e.market_id, e.number, 'price_fen', e.price_fen::text,
               (CASE e.side WHEN {Side.BID.value} THEN c.best_bid_fen ELSE c.best_ask_fen END)::text
        FROM top e LEFT JOIN matching_contract c USING (market_id, hour)
        UNION ALL
        SELECT e.market_id, e.number, 'quantity', e.quantity::text,
               coalesce(CASE e.side WHEN {Side.BID.value} THEN c.best_bid_quantity ELSE c.best_ask_quantity END, 0)::text
        FROM top e LEFT JOIN matching_contract c USING (market_id, hour)
        UNION ALL
        SELECT e.market_id, e.number, 'hour', (e.closed_until - 1)::text, (m.closed_until - 1)::text
        FROM closing e JOIN matching_market m ON m.id = e.market_id
    )
    SELECT format('matching_marketevent (market %%s, number %%s): the last to say so, its %%s is %%s, what stands is %%s.',
                  market_id, number, name, coalesce(said, 'none'), coalesce(stands, 'none'))
    FROM compared WHERE said IS DISTINCT FROM stands
    ORDER BY market_id, number
"""

TRADES = f"""
    WITH told AS (
        SELECT * FROM matching_marketevent WHERE event = {MarketEvent.Event.TRADE.value}
    ), first AS (SELECT market_id, min(trade_id) AS trade_id FROM told GROUP BY market_id)
    SELECT format('matching_marketevent (market %%s, number %%s): does not say what trade %%s says.', e.market_id, e.number,
                  coalesce(e.trade_id::text, 'none'))
    FROM told e LEFT JOIN matching_trade t ON t.id = e.trade_id AND t.market_id = e.market_id
    WHERE (e.hour, e.hours, e.side, e.price_fen, e.quantity, e.at)
          IS DISTINCT FROM (t.start, t.hours, t.taker_side, t.price_fen, t.quantity, t.traded_at)
    UNION ALL
    SELECT format('matching_marketevent: trade %%s of market %%s is not told.', t.id, t.market_id)
    FROM first JOIN matching_trade t ON t.market_id = first.market_id AND t.id >= first.trade_id
    LEFT JOIN told e ON e.trade_id = t.id
    WHERE e.number IS NULL
"""


def find_market_data_differences() -> Iterator[str]:
    """Yield a sentence for each public row that differs from what it is made of."""
    for statement in (CONTRACTS, CANDLES, NUMBERS, STANDS, TRADES):
        with connection.cursor() as cursor:
            cursor.execute(statement, [])
            sentences = [row[0] for row in cursor.fetchall()]
        yield from sentences

"""What is kept as sums, recomputed in SQL from the rows that it sums, and rows that must say the same as each other."""

from __future__ import annotations

from collections.abc import Iterator

from django.db import connection

from matching.engine.dtypes import Do, Event, Kind, Side

ORDERS = f"""
    WITH either AS (
        SELECT bid_id AS order_id, * FROM matching_trade UNION ALL SELECT ask_id AS order_id, * FROM matching_trade
    ), traded AS (
        SELECT order_id, sum(quantity::bigint * hours) AS accelerator_hours,
               sum(quantity::bigint * hours * price_fen) AS value_fen, min(start) AS start, min(site_id) AS site_id
        FROM either GROUP BY order_id
    ), replaced AS (
        SELECT order_id, (array_agg(c.quantity ORDER BY c.sequence DESC) FILTER (WHERE c.quantity IS NOT NULL))[1] AS quantity,
               (array_agg(c.price_fen ORDER BY c.sequence DESC) FILTER (WHERE c.price_fen IS NOT NULL))[1] AS price_fen
        FROM matching_orderevent e JOIN matching_command c USING (order_id, sequence)
        WHERE e.event = {Event.ACCEPTED.value} GROUP BY order_id
    )
    SELECT format('matching_order %%s: %%s is %%s, its %%s %%s.', o.id, c.name, coalesce(c.stored, 'empty'), c.source,
                  coalesce(c.due, 'nothing'))
    FROM matching_order o
    LEFT JOIN traded ON traded.order_id = o.id
    LEFT JOIN matching_command n ON n.order_id = o.id AND n."do" = {Do.NEW.value}
    LEFT JOIN replaced r ON r.order_id = o.id
    CROSS JOIN LATERAL (VALUES
        ('filled_accelerator_hours', o.filled_accelerator_hours::text,
         coalesce(traded.accelerator_hours, 0)::text, 'trades give'),
        ('filled_value_fen', o.filled_value_fen::text, coalesce(traded.value_fen, 0)::text, 'trades give'),
        ('executed_start', o.executed_start::text,
         CASE WHEN o.kind = {Kind.BLOCK.value} THEN traded.start END::text, 'trades give'),
        ('executed_site_id', o.executed_site_id::text,
         CASE WHEN o.kind = {Kind.BLOCK.value} AND o.one_site AND o.side = {Side.BID.value} THEN traded.site_id END::text,
         'trades give'),
        ('market_id', o.market_id::text, n.market_id::text, format('command %%s says', n.id)),
        ('quantity', o.quantity::text, coalesce(r.quantity, n.quantity)::text, format('command %%s says', n.id)),
        ('price', coalesce(o.price_fen, o.protection_price_fen)::text, coalesce(r.price_fen, n.price_fen)::text,
         format('command %%s says', n.id)),
        ('placed_at', o.placed_at::text, n.at::text, format('command %%s says', n.id))
    ) AS c (name, stored, due, source)
    WHERE c.stored IS DISTINCT FROM c.due
    ORDER BY o.id
"""

HOLDINGS = f"""
    WITH bought AS (
        SELECT t.buyer_id AS participant_id, t.site_id, hour, sum(t.quantity) AS quantity
        FROM matching_trade t CROSS JOIN generate_series(t.start, t.start + t.hours - 1) AS hour
        GROUP BY 1, 2, 3
    ), sold AS (
        SELECT t.seller_id AS participant_id, t.site_id, hour, t.quantity
        FROM matching_trade t CROSS JOIN generate_series(t.start, t.start + t.hours - 1) AS hour
    ), offered AS (
        SELECT o.participant_id, o.site_id, o.start + slot.ordinal::int - 1 AS hour, slot.open AS quantity
        FROM matching_order o CROSS JOIN unnest(o.open) WITH ORDINALITY AS slot (open, ordinal)
        WHERE o.side = {Side.ASK.value} AND o.kind = {Kind.HOURLY.value} AND o.state IN ('pending', 'open')
        UNION ALL
        SELECT o.participant_id, o.site_id, hour, o.open[1]
        FROM matching_order o
        CROSS JOIN generate_series(coalesce(o.executed_start, o.start),
                                   coalesce(o.executed_start, o.start + o.start_flexibility) + o.hours - 1) AS hour
        WHERE o.side = {Side.ASK.value} AND o.kind = {Kind.BLOCK.value} AND o.state IN ('pending', 'open')
        UNION ALL
        SELECT o.participant_id, o.site_id, o.start + slot.ordinal::int - 1 AS hour, c.quantity - slot.seen
        FROM matching_command c JOIN matching_order o ON o.id = c.order_id
        CROSS JOIN unnest(c.seen) WITH ORDINALITY AS slot (seen, ordinal)
        WHERE c.sequence IS NULL AND o.side = {Side.ASK.value} AND slot.seen > 0 AND slot.seen < c.quantity
    ), committed AS (
        SELECT participant_id, site_id, hour, sum(quantity) AS quantity
        FROM (SELECT * FROM sold UNION ALL SELECT * FROM offered) AS either
        GROUP BY 1, 2, 3
    ), due AS (
        SELECT participant_id, site_id, hour, coalesce(bought.quantity, 0) AS bought,
               coalesce(committed.quantity, 0) AS committed
        FROM bought FULL JOIN committed USING (participant_id, site_id, hour)
        WHERE bought.quantity > 0 OR committed.quantity > 0
    ), compared AS (
        SELECT participant_id, site_id, hour, h.capacity, h.committed,
               coalesce(due.bought, 0) + CASE WHEN s.provider_id = participant_id THEN s.accelerators ELSE 0 END
                   AS capacity_due,
               coalesce(due.committed, 0) AS committed_due
        FROM matching_holding h
        FULL JOIN due USING (participant_id, site_id, hour)
        JOIN matching_site s ON s.id = site_id
    )
    SELECT format('matching_holding (participant %%s, site %%s, hour %%s): %%s is %%s, trades and asks give %%s.',
                  participant_id, site_id, hour, c.name, coalesce(c.stored::text, 'missing'), c.due)
    FROM compared
    CROSS JOIN LATERAL (VALUES ('capacity', capacity, capacity_due), ('committed', committed, committed_due))
        AS c (name, stored, due)
    WHERE c.stored IS DISTINCT FROM c.due
    ORDER BY participant_id, site_id, hour
"""

LEVELS = f"""
    WITH due AS (
        SELECT o.market_id, o.start + slot.ordinal::int - 1 AS hour, o.side,
               coalesce(o.price_fen, o.protection_price_fen) AS price_fen,
               sum(coalesce(o.shown[slot.ordinal], slot.open)) AS quantity, count(*) AS orders
        FROM matching_order o CROSS JOIN unnest(o.open) WITH ORDINALITY AS slot (open, ordinal)
        WHERE o.state = 'open' AND o.kind = {Kind.HOURLY.value} AND slot.open > 0
        GROUP BY 1, 2, 3, 4
    )
    SELECT format('matching_booklevel (market %%s, hour %%s, side %%s, price_fen %%s): %%s is %%s, open orders give %%s.',
                  market_id, hour, side, price_fen, c.name, coalesce(c.stored::text, 'missing'),
                  coalesce(c.due::text, 'none'))
    FROM matching_booklevel l
    FULL JOIN due USING (market_id, hour, side, price_fen)
    CROSS JOIN LATERAL (VALUES ('quantity', l.quantity, due.quantity), ('orders', l.orders, due.orders))
        AS c (name, stored, due)
    WHERE c.stored IS DISTINCT FROM c.due
    ORDER BY market_id, hour, side, price_fen
"""

MARKETS = f"""
    SELECT format('matching_market %%s: %%s is %%s, its log gives %%s.', m.id, c.name, c.stored, c.due)
    FROM matching_market m
    LEFT JOIN LATERAL (
        SELECT max(sequence) AS sequence, max(hour) FILTER (WHERE "do" = {Do.CLOSE.value}) + 1 AS closed_until
        FROM matching_command WHERE market_id = m.id AND sequence IS NOT NULL
    ) played ON true
    LEFT JOIN LATERAL (SELECT max(sequence) AS sequence FROM matching_trade WHERE market_id = m.id) traded ON true
    LEFT JOIN LATERAL (SELECT max(sequence) AS sequence FROM matching_orderevent WHERE market_id = m.id) told ON true
    CROSS JOIN LATERAL (VALUES
        ('sequence', m.sequence, greatest(played.sequence, traded.sequence, told.sequence, 0)),
        ('closed_until', m.closed_until, coalesce(played.closed_until, 0))
    ) AS c (name, stored, due)
    WHERE c.stored <> c.due
    ORDER BY m.id
"""

MARKS = f"""
    SELECT format('matching_clockmark %%s: told_until is %%s, closings give %%s.', market_id, coalesce(k.told_until::text, 'missing'),
                  c.told_until)
    FROM (
        SELECT market_id, max(hour) + 1 AS told_until FROM matching_command WHERE "do" = {Do.CLOSE.value} GROUP BY market_id
    ) c LEFT JOIN matching_clockmark k USING (market_id)
    WHERE k.told_until IS DISTINCT FROM c.told_until
    UNION ALL
    SELECT format('matching_command %%s: hour is %%s, which the closing %%s had closed.', id, hour, before)
    FROM (
        SELECT id, hour, lag(id) OVER of_market AS before, lag(hour) OVER of_market AS last
        FROM matching_command WHERE "do" = {Do.CLOSE.value} WINDOW of_market AS (PARTITION BY market_id ORDER BY id)
    ) c
    WHERE hour <= last
"""

LEASES = """
    SELECT format('matching_lease %%s: sequence is %%s, its commands give %%s.', l.link_group, l.sequence, p.due)
    FROM matching_lease l
    CROSS JOIN LATERAL (
        SELECT greatest(l.linked_sequence, max(m.sequence)) AS due FROM matching_market m WHERE m.link_group = l.link_group
    ) p
    WHERE l.sequence <> p.due
    ORDER BY l.link_group
"""

# Before its markets became a group's, each had numbers of another group's log.
COMMANDS = f"""
    WITH numbered AS (
        SELECT c.id, c.sequence,
               l.linked_sequence + row_number() OVER (PARTITION BY l.link_group ORDER BY c.sequence) AS due
        FROM matching_command c
        JOIN matching_market m ON m.id = c.market_id
        JOIN matching_lease l ON l.link_group = m.link_group
        WHERE c.sequence > l.linked_sequence
    )
    SELECT format('matching_command %%s: sequence is %%s, the next of its link group is %%s.', id, sequence, due)
    FROM numbered WHERE sequence <> due
    UNION ALL
    SELECT format('matching_command %%s: hour is %%s, the gate that closed at its time is of hour %%s.', c.id, c.hour,
                  floor(extract(epoch FROM c.at) / 3600)::int + m.lead_hours)
    FROM matching_command c JOIN matching_market m ON m.id = c.market_id
    WHERE c."do" = {Do.CLOSE.value} AND c.hour IS DISTINCT FROM floor(extract(epoch FROM c.at) / 3600)::int + m.lead_hours
"""


def find_sum_differences() -> Iterator[str]:
    """Yield a sentence for each row that differs from what it sums or repeats."""
    for statement in (ORDERS, HOLDINGS, LEVELS, MARKETS, MARKS, LEASES, COMMANDS):
        with connection.cursor() as cursor:
            cursor.execute(statement, [])
            sentences = [row[0] for row in cursor.fetchall()]
        yield from sentences

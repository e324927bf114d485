"""Holds: each open bid has exactly its worst case set aside, and nothing else does."""

from __future__ import annotations

from billing.checks.check import Check
from matching.engine.dtypes import Do, Kind, Side

# What the matcher has done and clearing has not yet read is no difference.
_UNREAD = f"""
    SELECT t.bid_id AS order_id FROM matching_trade t LEFT JOIN billing_clearingcursor c USING (market_id)
    WHERE t.sequence > coalesce(c.sequence, 0)
    UNION ALL
    SELECT e.order_id FROM matching_orderevent e LEFT JOIN billing_clearingcursor c USING (market_id)
    WHERE e.sequence > coalesce(c.sequence, 0)
    UNION ALL
    SELECT k.order_id FROM matching_command k LEFT JOIN billing_clearingcursor c USING (market_id)
    WHERE k.sequence > coalesce(c.sequence, 0) AND k.do = {Do.REPLACE.value} AND k.order_id IS NOT NULL
"""

CHECKS = (
    Check(
        "billing_hold {order_id}: holds {held} accelerator-hours, {open} are open of matching_order {order_id}.",
        f"""
        WITH bid AS (
            SELECT o.id AS order_id, CASE
                WHEN o.kind = {Kind.BLOCK.value} THEN o.open[1]::bigint * o.hours
                ELSE (SELECT coalesce(sum(hour.quantity), 0) FROM unnest(o.open) AS hour (quantity))
            END AS open
            FROM matching_order o WHERE o.side = {Side.BID.value} AND o.state IN ('pending', 'open')
        )
        SELECT order_id, coalesce(h.accelerator_hours, 0) AS held, coalesce(bid.open, 0) AS open
        FROM bid FULL JOIN billing_hold h USING (order_id)
        WHERE coalesce(h.accelerator_hours, 0) <> coalesce(bid.open, 0) AND order_id NOT IN ({_UNREAD})
        ORDER BY order_id
        """,
    ),
    Check(
        "billing_hold {order_id}: {accelerator_hours} accelerator-hours at {unit_fen} fen are not the {amount_fen} fen of "
        "its pending billing_transfer {pending_id}.",
        """
        SELECT h.order_id, h.accelerator_hours, h.unit_fen, p.amount_fen, p.id AS pending_id
        FROM billing_hold h JOIN billing_transfer p ON p.id = h.pending_id
        WHERE p.amount_fen <> h.unit_fen * h.accelerator_hours OR p.phase <> 'pending' OR p.code <> 'bid_hold'
            OR p.order_id <> h.order_id OR EXISTS (SELECT FROM billing_transfer r WHERE r.pending_id = p.id)
        ORDER BY h.order_id
        """,
    ),
    Check(
        "billing_replacehold {command_id}: its pending billing_transfer {pending_id} is not, or no longer, a hold of bid {order_id}.",
        """
        SELECT h.command_id, h.pending_id, h.order_id
        FROM billing_replacehold h JOIN billing_transfer p ON p.id = h.pending_id
        WHERE p.phase <> 'pending' OR p.code <> 'bid_hold' OR p.order_id <> h.order_id
            OR EXISTS (SELECT FROM billing_transfer r WHERE r.pending_id = p.id)
        ORDER BY h.command_id
        """,
    ),
    Check(
        "billing_replacehold {command_id}: the matcher has answered and clearing has read it, so nothing should be held for it.",
        """
        SELECT h.command_id
        FROM billing_replacehold h JOIN matching_command k ON k.id = h.command_id
        JOIN billing_clearingcursor c ON c.market_id = k.market_id
        WHERE k.sequence <= c.sequence
        ORDER BY h.command_id
        """,
    ),
    Check(
        "billing_transfer {id}: holds {amount_fen} fen that no hold, trade or VAT period of ours accounts for.",
        """
        SELECT p.id, p.amount_fen FROM billing_transfer p
        WHERE p.phase = 'pending'
            AND NOT EXISTS (SELECT FROM billing_transfer r WHERE r.pending_id = p.id)
            AND NOT EXISTS (SELECT FROM billing_hold h WHERE h.pending_id = p.id)
            AND NOT EXISTS (SELECT FROM billing_replacehold h WHERE h.pending_id = p.id)
            AND NOT EXISTS (SELECT FROM billing_obligation o WHERE o.pending_id = p.id)
            AND NOT EXISTS (SELECT FROM billing_vatperiod v WHERE v.pending_id = p.id)
            AND p.code <> 'payout'
        ORDER BY p.id
        """,
    ),
)

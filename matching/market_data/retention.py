"""Old public events are pruned; who has missed them reads a snapshot."""

from __future__ import annotations

from django.db import connection

EVENTS_KEPT = 250_000
"""Newest events kept of each market: hours of a busy one, weeks of a quiet one, some 30 MB of table."""

ROWS_A_STATEMENT = 20_000

PRUNE = """
    DELETE FROM matching_marketevent e
    USING matching_eventnumber n,
          LATERAL (
              SELECT number FROM matching_marketevent
              WHERE market_id = n.market_id AND number <= n.number - %(kept)s ORDER BY number LIMIT %(limit)s
          ) AS old
    WHERE e.market_id = n.market_id AND e.number = old.number
"""


def prune_events(*, kept: int = EVENTS_KEPT) -> int:
    """Delete all but the newest `kept` events of each market, a piece at a time; returns how many."""
    total = 0
    while True:
        with connection.cursor() as cursor:
            cursor.execute(PRUNE, {"kept": kept, "limit": ROWS_A_STATEMENT})
            deleted = int(cursor.rowcount)
        total += deleted
        if not deleted:
            return total

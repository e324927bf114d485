"""What documents say was delivered in their period: accelerator-hours by market and day and by hour, and the settlement runs that counted them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from django.db import connection

from billing.models import Invoice

# By market and day, and by hour, of many documents at once. A buyer's document counts what it got, a provider's what it sold: its
# shortfalls stand on a line of their own. What runs changed after it was issued stands on their notes.
_DELIVERED = """
SELECT document, market_id, day, hour, sum(quantity) FROM (
    SELECT i.id AS document, t.market_id, (hour - i.start) / 24 AS day, hour, t.quantity
    FROM billing_invoice i
    JOIN billing_obligation t ON t.{side} = i.participant_id AND t.start < i."end" AND t.start + t.hours > i.start
    JOIN billing_settlementline l ON l.trade_id = t.trade_id AND l.start >= i.start AND l.start < i."end"
    CROSS JOIN LATERAL generate_series(l.start, l.start + l.hours - 1) AS hour
    WHERE i.id = ANY(%(documents)s)
    UNION ALL
    SELECT i.id, t.market_id, (a.hour - i.start) / 24, a.hour, -a.accelerators
    FROM billing_invoice i
    JOIN billing_obligation t ON t.{side} = i.participant_id AND t.start < i."end" AND t.start + t.hours > i.start
    JOIN billing_adjustment a ON a.trade_id = t.trade_id AND a.kind = 'shortfall' AND a.hour >= i.start AND a.hour < i."end"
    WHERE i.id = ANY(%(documents)s) AND i.kind = 'invoice'
        AND NOT EXISTS (SELECT FROM billing_invoice n WHERE n.corrects_id = i.id AND n.run_id = a.run_id)
) AS delivered GROUP BY GROUPING SETS ((document, market_id, day), (document, hour))
"""

_SIDES = {Invoice.Kind.INVOICE: "buyer_id", Invoice.Kind.STATEMENT: "seller_id"}

_RUNS = """
SELECT i.id, min(r.id), max(r.id) FROM billing_invoice i
JOIN billing_settlementrun r ON r.from_hour >= i.start AND r.until_hour <= i."end" AND r.started_at <= i.issued_at
    AND NOT EXISTS (SELECT FROM billing_invoice n WHERE n.corrects_id = i.id AND n.run_id = r.id)
WHERE i.id = ANY(%s) GROUP BY i.id
"""


@dataclass(slots=True)
class Delivered:
    """Accelerator-hours of a document's period, by (market, day of the period) and by hour; the ids of its first and last run."""

    by_day: Counter[tuple[int | None, int]] = field(default_factory=Counter)
    by_hour: Counter[int] = field(default_factory=Counter)
    runs: tuple[int, int] | None = None


def delivered_of(documents: Sequence[Invoice]) -> dict[int, Delivered]:
    """Return what was delivered by the ids of those documents that say it: invoices and statements."""
    found = {document.pk: Delivered() for document in documents if document.kind in _SIDES}
    with connection.cursor() as cursor:
        for kind, side in _SIDES.items():
            ids = [document.pk for document in documents if document.kind == kind]
            if not ids:
                continue
            cursor.execute(_DELIVERED.format(side=side), {"documents": ids})
            for document, market, day, hour, quantity in cursor.fetchall():
                if hour is None:
                    found[document].by_day[market, day] = quantity
                else:
                    found[document].by_hour[hour] = quantity
        if found:
            cursor.execute(_RUNS, [list(found)])
            for document, first, last in cursor.fetchall():
                found[document].runs = first, last
    return found

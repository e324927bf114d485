"""Which months billing has done with: cleared, settled and invoiced."""

from __future__ import annotations

from datetime import datetime

from django.db import connection

from billing.invoicing import periods_to_invoice
from billing.models import Obligation
from billing.period import period_of
from matching.hours import hour_of

# A market whose commands of the month clearing has not read to their end.
_UNCLEARED = """
    SELECT m.symbol FROM matching_market m LEFT JOIN billing_clearingcursor c ON c.market_id = m.id
    WHERE coalesce(c.sequence, 0) < (
        SELECT max(k.sequence) FROM matching_command k WHERE k.market_id = m.id AND k.at >= %(since)s AND k.at < %(until)s
    )
    ORDER BY m.symbol LIMIT 1
"""


def why_unfinished(*, since: datetime, until: datetime, now: datetime) -> str | None:
    """Say what billing still has to do with trades of the months `[since, until)`; None where it has done all."""
    with connection.cursor() as cursor:
        cursor.execute(_UNCLEARED, {"since": since, "until": until})
        uncleared = cursor.fetchone()
    if uncleared:
        return f"{uncleared[0]} is not cleared yet. Is the worker running?"
    traded = Obligation.objects.filter(traded_at__gte=since, traded_at__lt=until)
    unsettled = traded.filter(is_settled=False).count()
    if unsettled:
        return f"{unsettled} trades are not settled yet. Settlement runs when their hours have been delivered."
    last = traded.order_by("-settled_until").values_list("settled_until", flat=True).first()
    if last is None:
        return None
    end = period_of(last - 1)[1]
    if hour_of(now) < end or any(start < end for start in periods_to_invoice(now=now)):
        return "Some of its hours are not invoiced yet. Invoices are issued when their week has ended."
    return None

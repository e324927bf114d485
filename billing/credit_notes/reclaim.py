"""An hour that finance has credited and that then turns out not to have been delivered is credited once, not twice.

Before a delta run posts a shortfall, what the allowances on its invoices come to beyond what is then left of their lines is
taken back by a debit note. So nothing is ever credited beyond its total.
"""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime

from django.db import connection

from billing.credit_notes.net_lines import Key, net_amounts
from billing.credit_notes.notes import new_note, vat_between
from billing.credit_notes.postings import change_vat_base, post_movements, reclaim_movements
from billing.documents.lines import allowance_line
from billing.documents.storing import store_documents
from billing.models import Invoice, InvoiceLine, SettlementRun, VatPeriod
from billing.period import PERIOD_SQL

# The run's adjustments that are about to be posted, on invoices with an allowance.
_SHORT = f"""
SELECT i.id, o.market_id, sum(a.principal_fen)::bigint, sum(a.buyer_fee_fen)::bigint
FROM adjusted a JOIN billing_obligation o USING (trade_id)
JOIN billing_invoice i ON i.kind = 'invoice' AND i.participant_id = a.buyer_id AND i.start = {PERIOD_SQL.format(hour="a.hour")}
WHERE a.kind = 'shortfall' AND EXISTS (
    SELECT FROM billing_invoice n JOIN billing_invoiceline l ON l.invoice_id = n.id
    WHERE n.corrects_id = i.id AND l.kind = 'allowance')
GROUP BY 1, 2 ORDER BY 1, 2
"""


def reclaim_allowances(*, run: SettlementRun, now: datetime) -> list[Invoice]:
    """Take back the allowances that a run's adjustments would credit again; returns the debit notes.

    Reads the temporary table of `find_adjustments`; the accounts must be locked.
    """
    short: dict[int, dict[int | None, int]] = defaultdict(lambda: defaultdict(int))
    with connection.cursor() as cursor:
        cursor.execute(_SHORT)
        for pk, market_id, principal_fen, fee_fen in cursor.fetchall():
            short[pk][market_id] += principal_fen
            short[pk][None] += fee_fen
    found = (_reclaim(invoice, short[invoice.pk], run, now) for invoice in _in_order(short))
    return [note for note in found if note is not None]


def _in_order(short: dict[int, dict[int | None, int]]) -> list[Invoice]:
    return list(Invoice.objects.filter(pk__in=short).order_by("pk"))


def _reclaim(invoice: Invoice, short: dict[int | None, int], run: SettlementRun, now: datetime) -> Invoice | None:
    amounts = net_amounts(invoice)
    lines = []
    for line in invoice.lines.select_related("market").order_by("position"):
        allowed_fen = -amounts.get(Key(InvoiceLine.Kind.ALLOWANCE, line.market_id), 0)
        left_fen = amounts[Key(line.kind, line.market_id)] - short[line.market_id]
        if allowed_fen > left_fen:
            lines.append(allowance_line(line=line, amount_fen=allowed_fen - left_fen))
    if not lines:
        return None
    period = VatPeriod.objects.get(participant_id=invoice.participant_id, start=invoice.start)
    compute_fen = sum(line.amount_fen for line in lines if line.market_id is not None)
    fee_fen = sum(line.amount_fen for line in lines if line.market_id is None)
    base_fen = period.settled_base_fen
    net_fen = compute_fen + fee_fen
    vat_fen = vat_between(rate_bps=period.rate_bps, upper_fen=base_fen + net_fen, lower_fen=base_fen)
    (note,) = store_documents(
        [
            new_note(
                document=invoice,
                kind=Invoice.Kind.DEBIT,
                lines=lines,
                vat_fen=vat_fen,
                cause=Invoice.Cause.ALLOWANCE,
                reason=f"折让收回，交付短缺由结算批次 #{run.pk} 更正 Allowance taken back: run #{run.pk} credits the delivery itself",
                run=run,
            )
        ],
        now=now,
    )
    movements = reclaim_movements(compute_fen=compute_fen, fee_fen=fee_fen, vat_fen=vat_fen)
    post_movements(note=note, movements=movements, now=now)
    change_vat_base(period=period, base_fen=net_fen, vat_fen=vat_fen)
    return note

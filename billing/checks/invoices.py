"""Documents: totals, lines and VAT against settlement and ledger, contents against their check code, numbers without gaps."""

from __future__ import annotations

from collections.abc import Iterator

from django.db.models import Prefetch

from billing.checks.check import Check
from billing.invoicing import check_code_of
from billing.models import Invoice, InvoiceLine
from billing.period import PERIOD_SQL
from billing.rounding import split_by_largest_remainder

CHECKS = (
    Check(
        "billing_invoice {id} ({number}): {what} is {stored}, its lines come to {computed}.",
        """
        SELECT i.id, i.number, what, stored, computed FROM billing_invoice i
        LEFT JOIN (
            SELECT invoice_id, sum(amount_fen) AS net_fen, sum(vat_fen) AS vat_fen,
                coalesce(sum(quantity) FILTER (WHERE market_id IS NOT NULL), 0) AS hours
            FROM billing_invoiceline GROUP BY invoice_id
        ) AS l ON l.invoice_id = i.id
        CROSS JOIN LATERAL (VALUES
            ('net_fen', i.net_fen, coalesce(l.net_fen, 0)),
            ('vat_fen', i.vat_fen, coalesce(l.vat_fen, 0)),
            ('total_fen', i.total_fen, coalesce(l.net_fen + l.vat_fen, 0)),
            ('accelerator_hours', i.accelerator_hours, coalesce(l.hours, 0))
        ) AS each (what, stored, computed)
        WHERE stored <> computed ORDER BY i.id, what
        """,
    ),
    Check(
        "billing_invoiceline {line_id} of {number}: {quantity} x for {amount_fen} fen, settlement says {hours} x for "
        "{settled_fen} fen.",
        f"""
        WITH settled AS (
            SELECT 'invoice' AS kind, t.buyer_id AS participant_id, {PERIOD_SQL.format(hour="l.start")} AS start, t.market_id,
                sum(l.accelerator_hours) AS hours, sum(l.value_fen) AS fen
            FROM billing_settlementline l JOIN billing_obligation t ON t.trade_id = l.trade_id GROUP BY 2, 3, 4
            UNION ALL
            SELECT 'statement', t.seller_id, {PERIOD_SQL.format(hour="l.start")}, t.market_id,
                sum(l.accelerator_hours), sum(l.value_fen)
            FROM billing_settlementline l JOIN billing_obligation t ON t.trade_id = l.trade_id GROUP BY 2, 3, 4
            UNION ALL
            SELECT 'invoice', t.buyer_id, {PERIOD_SQL.format(hour="l.start")}, 0, 1, sum(l.buyer_fee_fen)
            FROM billing_settlementline l JOIN billing_obligation t ON t.trade_id = l.trade_id GROUP BY 2, 3
            UNION ALL
            SELECT 'statement', t.seller_id, {PERIOD_SQL.format(hour="l.start")}, 0, 1, -sum(l.seller_fee_fen)
            FROM billing_settlementline l JOIN billing_obligation t ON t.trade_id = l.trade_id GROUP BY 2, 3
        ),
        wanted AS (SELECT i.id AS invoice_id, s.market_id, s.hours, s.fen FROM billing_invoice i
            JOIN settled s USING (kind, participant_id, start) WHERE s.fen <> 0),
        printed AS (SELECT invoice_id, coalesce(market_id, 0) AS market_id, id, quantity, amount_fen FROM billing_invoiceline)
        SELECT p.id AS line_id, i.number, coalesce(p.quantity, 0) AS quantity, coalesce(p.amount_fen, 0) AS amount_fen,
            coalesce(w.hours, 0) AS hours, coalesce(w.fen, 0) AS settled_fen
        FROM printed p FULL JOIN wanted w USING (invoice_id, market_id) JOIN billing_invoice i ON i.id = invoice_id
        WHERE coalesce(p.amount_fen, 0) <> coalesce(w.fen, 0) OR coalesce(p.quantity, 0) <> coalesce(w.hours, 0)
        ORDER BY i.id, p.id
        """,
    ),
    Check(
        "billing_invoice {id} ({number}): VAT of {vat_fen} fen at {vat_rate_bps} bps, billing_vatperiod {period} posted "
        "{posted_fen} fen at {rate_bps} bps.",
        """
        SELECT i.id, i.number, i.vat_fen, i.vat_rate_bps, v.id AS period, v.posted_fen, v.rate_bps
        FROM billing_invoice i LEFT JOIN billing_vatperiod v ON v.participant_id = i.participant_id AND v.start = i.start
        WHERE i.kind = 'invoice'
            AND (i.vat_fen IS DISTINCT FROM v.posted_fen OR i.vat_rate_bps IS DISTINCT FROM v.rate_bps)
        ORDER BY i.id
        """,
    ),
    Check(
        "billing_invoice {id} ({number}): states {total_fen} fen, the ledger credited {credited_fen} fen.",
        """
        SELECT * FROM (
            SELECT i.id, i.number, i.total_fen, (
                SELECT coalesce(sum(x.amount_fen), 0) FROM billing_transfer x
                JOIN billing_account a ON a.id = x.credit_account_id AND a.kind = 'payable'
                JOIN billing_settlementrun r ON r.id = x.run_id AND r.from_hour >= i.start AND r.until_hour <= i.end
                WHERE a.participant_id = i.participant_id AND x.code = 'settlement'
            ) AS credited_fen
            FROM billing_invoice i WHERE i.kind = 'statement'
        ) AS x WHERE total_fen <> credited_fen ORDER BY id
        """,
    ),
    Check(
        "billing_numberseries {counter_id}: series {series} of {year} stands at {last}, it has {count} documents up to number "
        "{highest}.",
        """
        SELECT series, year, count(i.id) AS count, coalesce(max(i.sequence), 0) AS highest, s.id AS counter_id, s.last
        FROM billing_numberseries s FULL JOIN billing_invoice i USING (series, year)
        GROUP BY series, year, s.id, s.last
        HAVING count(i.id) IS DISTINCT FROM s.last OR coalesce(max(i.sequence), 0) IS DISTINCT FROM s.last
        """,
    ),
    Check(
        "billing_invoice: participant {participant_id} has no {kind} for the period from hour {start}, others have.",
        f"""
        WITH settled AS (
            SELECT DISTINCT 'invoice' AS kind, t.buyer_id AS participant_id, {PERIOD_SQL.format(hour="l.start")} AS start
            FROM billing_settlementline l JOIN billing_obligation t ON t.trade_id = l.trade_id
            UNION
            SELECT DISTINCT 'statement', t.seller_id, {PERIOD_SQL.format(hour="l.start")}
            FROM billing_settlementline l JOIN billing_obligation t ON t.trade_id = l.trade_id
        )
        SELECT s.kind, s.participant_id, s.start FROM settled s
        LEFT JOIN billing_invoice i USING (kind, participant_id, start)
        WHERE i.id IS NULL AND s.start IN (SELECT start FROM billing_invoice) ORDER BY 1, 2, 3
        """,
    ),
)


def find_altered_documents() -> Iterator[str]:
    """Yield a sentence for each document whose content does not give its check code, number or VAT shares."""
    lines = Prefetch("lines", InvoiceLine.objects.order_by("position"))
    for invoice in Invoice.objects.order_by("pk").prefetch_related(lines).iterator(chunk_size=500):
        name = f"billing_invoice {invoice.pk} ({invoice.number})"
        rows = list(invoice.lines.all())
        if check_code_of(invoice, rows) != invoice.check_code:
            yield f"{name}: its content is not what was issued (check code)."
        if invoice.number != f"SS-{invoice.year}-{invoice.series}-{invoice.sequence:06d}":
            yield f"{name}: its number is not that of {invoice.series} {invoice.sequence} in {invoice.year}."
        if sum(row.amount_fen for row in rows) <= 0:
            continue
        shares = split_by_largest_remainder(total_fen=invoice.vat_fen, weights=[row.amount_fen for row in rows])
        for row, share in zip(rows, shares, strict=True):
            if row.vat_fen != share:
                yield f"billing_invoiceline {row.pk} of {invoice.number}: VAT is {row.vat_fen} fen, its share is {share} fen."

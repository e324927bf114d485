"""Documents: totals, lines and VAT against settlement and ledger, contents against their check code, numbers without gaps."""

from __future__ import annotations

from collections.abc import Iterator

from django.db.models import Prefetch

from billing.checks.check import Check
from billing.credit_notes.net_lines import NET_LINES
from billing.documents.storing import check_code_of, series_of
from billing.models import Invoice, InvoiceLine
from billing.period import PERIOD_SQL
from billing.rounding import split_by_largest_remainder

# Settled hours and, negative, what of them was not delivered to its holder.
_DELIVERED = f"""
    delivered AS (
        SELECT t.buyer_id, t.seller_id, t.market_id, {PERIOD_SQL.format(hour="l.start")} AS start, true AS is_settled,
            l.accelerator_hours AS hours, l.value_fen, l.buyer_fee_fen, l.seller_fee_fen
        FROM billing_settlementline l JOIN billing_obligation t ON t.trade_id = l.trade_id
        UNION ALL
        SELECT t.buyer_id, t.seller_id, t.market_id, {PERIOD_SQL.format(hour="a.hour")}, false, -a.accelerators,
            -a.principal_fen, -a.buyer_fee_fen, 0
        FROM billing_adjustment a JOIN billing_obligation t USING (trade_id) WHERE a.kind = 'shortfall'
    )
"""

CHECKS = (
    Check(
        "billing_invoice {id} ({number}): {what} is {stored}, its lines come to {computed}.",
        """
        SELECT i.id, i.number, what, stored, computed FROM billing_invoice i
        LEFT JOIN (
            SELECT invoice_id, sum(amount_fen) AS net_fen, sum(vat_fen) AS vat_fen,
                coalesce(sum(quantity) FILTER (WHERE kind = 'compute'), 0) AS hours
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
        "billing_invoiceline {line_id} of {number}: {line_kind} of {quantity} x for {amount_fen} fen with its notes, settlement "
        "says {hours} x for {settled_fen} fen.",
        f"""
        WITH {_DELIVERED},
        settled AS (
            SELECT 'invoice' AS kind, buyer_id AS participant_id, start, market_id, 'compute' AS line_kind,
                sum(hours) AS hours, sum(value_fen) AS fen FROM delivered GROUP BY 2, 3, 4
            UNION ALL
            SELECT 'statement', seller_id, start, market_id, 'compute', sum(hours), sum(value_fen)
            FROM delivered WHERE is_settled GROUP BY 2, 3, 4
            UNION ALL
            SELECT 'invoice', buyer_id, start, 0, 'fee', 1, sum(buyer_fee_fen) FROM delivered GROUP BY 2, 3
            UNION ALL
            SELECT 'statement', seller_id, start, 0, 'fee', 1, -sum(seller_fee_fen) FROM delivered WHERE is_settled GROUP BY 2, 3
            UNION ALL
            SELECT 'fee', seller_id, start, 0, 'fee', 1, sum(seller_fee_fen) FROM delivered WHERE is_settled GROUP BY 2, 3
            UNION ALL
            SELECT 'statement', s.provider_id, {PERIOD_SQL.format(hour="a.hour")}, 0, 'shortfall', 1,
                -sum(a.principal_fen + a.penalty_fen)
            FROM billing_adjustment a JOIN billing_obligation t USING (trade_id) JOIN matching_site s ON s.id = t.site_id
            WHERE a.kind = 'shortfall' GROUP BY 2, 3
        ),
        wanted AS (SELECT i.id AS invoice_id, s.market_id, s.line_kind, s.hours, s.fen FROM billing_invoice i
            JOIN settled s USING (kind, participant_id, start) WHERE s.fen <> 0),
        printed AS (SELECT document_id AS invoice_id, coalesce(market_id, 0) AS market_id, kind AS line_kind, quantity,
            amount_fen FROM ({NET_LINES}) AS net WHERE kind <> 'allowance')
        SELECT (SELECT min(l.id) FROM billing_invoiceline l WHERE l.invoice_id = i.id AND l.kind = line_kind
            AND coalesce(l.market_id, 0) = coalesce(p.market_id, w.market_id)) AS line_id, i.number, line_kind, coalesce(p.quantity, 0) AS quantity, coalesce(p.amount_fen, 0) AS amount_fen,
            coalesce(w.hours, 0) AS hours, coalesce(w.fen, 0) AS settled_fen
        FROM printed p FULL JOIN wanted w USING (invoice_id, market_id, line_kind) JOIN billing_invoice i ON i.id = invoice_id
        WHERE coalesce(p.amount_fen, 0) <> coalesce(w.fen, 0)
            OR (line_kind = 'compute' AND coalesce(p.quantity, 0) <> coalesce(w.hours, 0))
        ORDER BY i.id, line_kind, market_id
        """,
    ),
    Check(
        "billing_invoiceline {id}: a {kind} has the quantity {quantity}, not 1.",
        "SELECT id, kind, quantity FROM billing_invoiceline WHERE kind <> 'compute' AND quantity <> 1 ORDER BY id",
    ),
    Check(
        "billing_invoice {id} ({number}): VAT of {vat_fen} fen with its notes at {vat_rate_bps} bps, billing_vatperiod {period} "
        "posted {posted_fen} fen at {rate_bps} bps.",
        """
        SELECT * FROM (
            SELECT i.id, i.number, i.vat_rate_bps, v.id AS period, v.posted_fen, v.rate_bps, i.vat_fen + coalesce((
                SELECT sum(CASE n.kind WHEN 'credit' THEN -n.vat_fen ELSE n.vat_fen END) FROM billing_invoice n
                WHERE n.corrects_id = i.id), 0) AS vat_fen
            FROM billing_invoice i LEFT JOIN billing_vatperiod v ON v.participant_id = i.participant_id AND v.start = i.start
            WHERE i.kind = 'invoice'
        ) AS x
        WHERE vat_fen IS DISTINCT FROM posted_fen OR vat_rate_bps IS DISTINCT FROM rate_bps ORDER BY id
        """,
    ),
    Check(
        "billing_invoice {id} ({number}): states {stated_fen} fen with its notes, the ledger credited {credited_fen} fen.",
        f"""
        SELECT * FROM (
            SELECT i.id, i.number, coalesce(net.fen, 0) AS stated_fen, (
                SELECT coalesce(sum(CASE WHEN d.kind = 'receivable' THEN -x.amount_fen ELSE x.amount_fen END), 0)
                FROM billing_transfer x
                JOIN billing_settlementrun r ON r.id = x.run_id AND r.from_hour >= i.start AND r.until_hour <= i.end
                JOIN billing_account d ON d.id = x.debit_account_id JOIN billing_account c ON c.id = x.credit_account_id
                WHERE x.participant_id = i.participant_id AND x.code IN ('settlement', 'shortfall')
                    AND (c.kind = 'payable' OR d.kind = 'receivable')
            ) AS credited_fen
            FROM billing_invoice i LEFT JOIN (
                SELECT document_id, sum(amount_fen) AS fen FROM ({NET_LINES}) AS line WHERE kind <> 'allowance' GROUP BY 1
            ) AS net ON net.document_id = i.id WHERE i.kind = 'statement'
        ) AS x WHERE stated_fen <> credited_fen ORDER BY id
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
        WITH {_DELIVERED},
        settled AS (
            SELECT 'invoice' AS kind, buyer_id AS participant_id, start FROM delivered
            GROUP BY 2, 3 HAVING sum(value_fen) > 0
            UNION
            SELECT 'statement', seller_id, start FROM delivered
        ),
        waiting AS (
            SELECT d.holder_id AS participant_id, {PERIOD_SQL.format(hour="d.hour")} AS start FROM billing_dispute d
            WHERE d.state = 'open'
            UNION ALL
            SELECT s.provider_id, {PERIOD_SQL.format(hour="d.hour")} FROM billing_dispute d
            JOIN matching_site s ON s.id = d.site_id WHERE d.state = 'open'
            UNION ALL
            SELECT t.seller_id, {PERIOD_SQL.format(hour="d.hour")} FROM billing_dispute d
            JOIN billing_adjustment a ON a.dispute_id = d.id JOIN billing_obligation t USING (trade_id) WHERE d.state = 'open'
        )
        SELECT s.kind, s.participant_id, s.start FROM settled s
        LEFT JOIN billing_invoice i USING (kind, participant_id, start)
        WHERE i.id IS NULL AND s.start IN (SELECT start FROM billing_invoice)
            AND (s.participant_id, s.start) NOT IN (SELECT participant_id, start FROM waiting)
        ORDER BY 1, 2, 3
        """,
    ),
)


def find_altered_documents() -> Iterator[str]:
    """Yield a sentence for each document whose content does not give its check code, number or VAT shares."""
    lines = Prefetch("lines", InvoiceLine.objects.order_by("position"))
    documents = Invoice.objects.order_by("pk").select_related("corrects")
    for invoice in documents.prefetch_related(lines).iterator(chunk_size=500):
        name = f"billing_invoice {invoice.pk} ({invoice.number})"
        rows = list(invoice.lines.all())
        if check_code_of(invoice, rows) != invoice.check_code:
            yield f"{name}: its content is not what was issued (check code)."
        if (
            invoice.number != f"SS-{invoice.year}-{invoice.series}-{invoice.sequence:06d}"
            or series_of(invoice) != invoice.series
        ):
            yield f"{name}: its number is not that of {invoice.series} {invoice.sequence} in {invoice.year}."
        if sum(row.amount_fen for row in rows) <= 0:
            continue
        shares = split_by_largest_remainder(total_fen=invoice.vat_fen, weights=[row.amount_fen for row in rows])
        for row, share in zip(rows, shares, strict=True):
            if row.vat_fen != share:
                yield f"billing_invoiceline {row.pk} of {invoice.number}: VAT is {row.vat_fen} fen, its share is {share} fen."

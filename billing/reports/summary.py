"""Trade, delivery, invoice, payout: four stages of the same money beside each other, and their differences."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from datetime import date
from typing import NamedTuple

from django.db import connection

from billing.credit_notes.net_lines import NET_LINES
from billing.models import SettlementRun
from billing.period import DAY_SQL, PERIOD_SQL, date_of
from billing.reports.filters import SettlementFilters, lines_sql, trades_sql
from matching.models import Market

_HOUR_MAX = 2**31 - 1


@dataclass(frozen=True, kw_only=True, slots=True)
class SummaryRow:
    """A market's figures, or a sum of them; amounts in fen, before VAT.

    Traded hours inside the report are delivered, fell short, or are not yet delivered; what is delivered plus the buyer's fee is invoiced,
    credited by an allowance, or not yet invoiced; and it is paid to providers or kept as fees. The three differences say where that does not hold.
    """

    trades: int = 0
    accelerator_hours: int = 0
    value_fen: int = 0
    undelivered_fen: int = 0
    short_fen: int = 0
    delivered_fen: int = 0
    buyer_fee_fen: int = 0
    invoiced_fen: int = 0
    credited_fen: int = 0  # of that, by allowances of finance; known of whole periods only
    uninvoiced_fen: int = 0
    paid_fen: int = 0
    fees_fen: int = 0
    delivery_difference_fen: int = 0
    invoice_difference_fen: int = 0
    payout_difference_fen: int = 0

    @property
    def difference_fen(self) -> int:
        """The size of all three differences; 0 means that every stage agrees."""
        parts = (self.delivery_difference_fen, self.invoice_difference_fen, self.payout_difference_fen)
        return sum(abs(part) for part in parts)

    @property
    def chargeable_fen(self) -> int:
        """What buyers owe for delivered hours before VAT: value and their fee."""
        return self.delivered_fen + self.buyer_fee_fen


class MarketRow(NamedTuple):
    """A line of the table: a market and its figures."""

    market: Market
    figures: SummaryRow


class SummaryGroup(NamedTuple):
    """A compute class, its markets, and their sum."""

    compute_class: str
    rows: Sequence[MarketRow]
    total: SummaryRow


class Summary(NamedTuple):
    """The whole table."""

    groups: Sequence[SummaryGroup]
    total: SummaryRow

    @property
    def markets(self) -> int:
        """How many markets the table has."""
        return sum(len(group.rows) for group in self.groups)


class DailyValue(NamedTuple):
    """Delivered value of one compute class on one delivery day (Beijing)."""

    day: date
    compute_class: str
    value_fen: int


# What meters took away from settled lines, and the fee returned with it.
_SHORT = """
short AS MATERIALIZED (
    SELECT l.id AS line_id, sum(a.principal_fen) AS principal_fen, sum(a.buyer_fee_fen) AS buyer_fee_fen
    FROM billing_adjustment a JOIN billing_settlementline l
        ON l.trade_id = a.trade_id AND a.hour >= l.start AND a.hour < l.start + l.hours
    WHERE a.kind = 'shortfall' GROUP BY l.id
)
"""

_SUMMARY = f"""
WITH {_SHORT},
trade AS (
    SELECT t.market_id, count(*) AS trades,
        sum(part.hours::bigint * t.quantity) AS accelerator_hours,
        sum(part.hours::bigint * t.quantity * t.price_fen) AS value_fen,
        sum(greatest(part.until - greatest(part.since, t.settled_until), 0)::bigint
            * t.quantity * t.price_fen) AS undelivered_fen
    FROM billing_obligation t
    CROSS JOIN LATERAL (
        SELECT greatest(t.start, %s) AS since, least(t.start + t.hours, %s) AS until,
            least(t.start + t.hours, %s) - greatest(t.start, %s) AS hours
    ) AS part
    WHERE t.trade_id IN ({{trades}})
    GROUP BY t.market_id
),
line AS MATERIALIZED (
    SELECT t.market_id, t.buyer_id, t.seller_id, {PERIOD_SQL.format(hour="l.start")} AS period,
        sum(l.value_fen - coalesce(short.principal_fen, 0)) AS value_fen, sum(coalesce(short.principal_fen, 0)) AS short_fen,
        sum(l.buyer_fee_fen - coalesce(short.buyer_fee_fen, 0)) AS buyer_fee_fen, sum(l.seller_fee_fen) AS seller_fee_fen
    FROM billing_settlementline l JOIN billing_obligation t ON t.trade_id = l.trade_id
    LEFT JOIN short ON short.line_id = l.id
    WHERE l.id IN ({{lines}})
    GROUP BY 1, 2, 3, 4
),
delivered AS (
    SELECT line.market_id, sum(value_fen) AS value_fen, sum(short_fen) AS short_fen, sum(buyer_fee_fen) AS buyer_fee_fen,
        sum(seller_fee_fen) AS seller_fee_fen,
        coalesce(sum(value_fen + buyer_fee_fen) FILTER (WHERE i.id IS NOT NULL), 0) AS invoiced_fen
    FROM line LEFT JOIN billing_invoice i
        ON i.kind = 'invoice' AND i.participant_id = line.buyer_id AND i.start = line.period
    GROUP BY line.market_id
),
-- A document covers a whole period, the report perhaps a part of it: what its line says beyond all settled lines of that
-- period shows as a difference, whatever part is looked at.
document AS (
    SELECT DISTINCT i.id, i.kind, line.market_id, i.participant_id, line.period FROM line JOIN billing_invoice i
        ON i.start = line.period AND (
            (i.kind = 'invoice' AND i.participant_id = line.buyer_id)
            OR (i.kind = 'statement' AND i.participant_id = line.seller_id)
        )
),
whole AS (
    SELECT d.id, d.kind, d.market_id, sum(l.value_fen
        - CASE d.kind WHEN 'invoice' THEN coalesce(short.principal_fen, 0) ELSE 0 END) AS value_fen
    FROM document d JOIN billing_obligation t
        ON t.market_id = d.market_id AND CASE d.kind WHEN 'invoice' THEN t.buyer_id ELSE t.seller_id END = d.participant_id
    JOIN billing_settlementline l ON l.trade_id = t.trade_id AND l.start >= d.period AND l.start < d.period + 168
    LEFT JOIN short ON short.line_id = l.id
    GROUP BY 1, 2, 3
),
drift AS (
    SELECT whole.market_id,
        coalesce(sum(coalesce(il.amount_fen, 0) - whole.value_fen) FILTER (WHERE whole.kind = 'invoice'), 0) AS invoice_fen,
        coalesce(sum(coalesce(il.amount_fen, 0) - whole.value_fen) FILTER (WHERE whole.kind = 'statement'), 0) AS statement_fen
    FROM whole LEFT JOIN ({NET_LINES}) AS il
        ON il.document_id = whole.id AND il.market_id = whole.market_id AND il.kind = 'compute'
    GROUP BY whole.market_id
)
SELECT trade.market_id, trade.trades, trade.accelerator_hours, trade.value_fen, trade.undelivered_fen,
    coalesce(delivered.short_fen, 0), coalesce(delivered.value_fen, 0), coalesce(delivered.buyer_fee_fen, 0), coalesce(delivered.seller_fee_fen, 0),
    coalesce(delivered.invoiced_fen, 0), coalesce(drift.invoice_fen, 0), coalesce(drift.statement_fen, 0)
FROM trade LEFT JOIN delivered USING (market_id) LEFT JOIN drift USING (market_id)
"""

# Buyers' fees on invoices have no market, and the ledger is credited per provider: both are held against the total.
_INVOICE_FEE_DRIFT = f"""
WITH {_SHORT}
SELECT coalesce(sum(fee.invoiced_fen - fee.settled_fen), 0) FROM (
    SELECT i.id,
        coalesce(max(net.amount_fen), 0) AS invoiced_fen,
        sum(l.buyer_fee_fen - coalesce(short.buyer_fee_fen, 0)) AS settled_fen
    FROM billing_invoice i
    JOIN billing_obligation t ON t.buyer_id = i.participant_id
    JOIN billing_settlementline l ON l.trade_id = t.trade_id AND {PERIOD_SQL.format(hour="l.start")} = i.start
    LEFT JOIN short ON short.line_id = l.id
    LEFT JOIN ({NET_LINES}) AS net ON net.document_id = i.id AND net.kind = 'fee'
    WHERE i.kind = 'invoice' AND i.start < %s AND i.start + 168 > %s
    GROUP BY i.id
) AS fee
"""
_LEDGER_DRIFT = """
SELECT coalesce(sum(ledger.amount_fen - line.amount_fen), 0) FROM billing_settlementrun r
CROSS JOIN LATERAL (
    SELECT coalesce(sum(x.amount_fen), 0) AS amount_fen FROM billing_transfer x
    JOIN billing_account a ON a.id = x.credit_account_id AND a.kind IN ('payable', 'fees')
    WHERE x.run_id = r.id AND x.phase = 'posted' AND x.code IN ('settlement', 'fee')
) AS ledger
CROSS JOIN LATERAL (
    SELECT coalesce(sum(l.value_fen + l.buyer_fee_fen), 0) AS amount_fen FROM billing_settlementline l WHERE l.run_id = r.id
) AS line
WHERE r.from_hour < %s AND r.until_hour > %s
"""

# What finance credited of invoices, whatever was delivered: it is no difference, and stands apart.
_CREDITED = """
SELECT coalesce(sum(CASE n.kind WHEN 'credit' THEN l.amount_fen ELSE -l.amount_fen END), 0)
FROM billing_invoiceline l JOIN billing_invoice n ON n.id = l.invoice_id
JOIN billing_invoice i ON i.id = n.corrects_id AND i.kind = 'invoice'
WHERE l.kind = 'allowance' AND i.start < %s AND i.start + 168 > %s
"""

_DAILY = f"""
WITH {_SHORT}
SELECT {DAY_SQL.format(hour="l.start")} AS day, c.slug, sum(l.value_fen - coalesce(short.principal_fen, 0))
FROM billing_settlementline l JOIN billing_obligation t ON t.trade_id = l.trade_id LEFT JOIN short ON short.line_id = l.id
JOIN matching_market m ON m.id = t.market_id JOIN matching_computeclass c ON c.id = m.compute_class_id
WHERE l.id IN ({{lines}})
GROUP BY day, c.slug, c.position ORDER BY day, c.position, c.slug
"""


def settlement_summary(filters: SettlementFilters) -> Summary:
    """Return the reconciliation table: a row a market with trades in the report, grouped by compute class, and the total."""
    filters = _within_run(filters)
    since, until = _bounds(filters)
    trades, trade_parameters = trades_sql(filters)
    lines, line_parameters = lines_sql(filters)
    with connection.cursor() as cursor:
        cursor.execute(
            _SUMMARY.format(trades=trades, lines=lines),
            [since, until, until, since, *trade_parameters, *line_parameters],
        )
        figures = {row[0]: _figures(*(int(value) for value in row[1:])) for row in cursor.fetchall()}
    markets = (
        Market.objects.filter(pk__in=figures)
        .select_related("compute_class", "hub")
        .order_by("compute_class__position", "hub__position", "pk")
    )
    by_class: dict[str, list[MarketRow]] = {}
    for market in markets:
        by_class.setdefault(market.compute_class.slug, []).append(MarketRow(market, figures[market.pk]))
    groups = [SummaryGroup(slug, rows, _total([row.figures for row in rows])) for slug, rows in by_class.items()]
    total = _total([group.total for group in groups])
    return Summary(groups, _with_whole_ledger(total, since, until) if filters.is_period_only else total)


def daily_values(filters: SettlementFilters) -> list[DailyValue]:
    """Return delivered value by delivery day and compute class, for the chart."""
    lines, parameters = lines_sql(filters)
    with connection.cursor() as cursor:
        cursor.execute(_DAILY.format(lines=lines), parameters)
        return [DailyValue(date_of(hour), slug, int(value)) for hour, slug, value in cursor.fetchall()]


def _within_run(filters: SettlementFilters) -> SettlementFilters:
    """Limit the hours to those of the run asked for, so that its trades count for what it settled only."""
    if filters.run_id is None:
        return filters
    run = SettlementRun.objects.get(pk=filters.run_id)
    since, until = _bounds(filters)
    return replace(filters, start=max(since, run.from_hour), end=min(until, run.until_hour))


def _bounds(filters: SettlementFilters) -> tuple[int, int]:
    since = 0 if filters.start is None else filters.start
    return since, _HOUR_MAX if filters.end is None else filters.end


def _figures(
    trades: int, accelerator_hours: int, value: int, undelivered: int, short: int, delivered: int, buyer_fee: int, seller_fee: int,
    invoiced: int, invoice_drift: int, statement_drift: int,
) -> SummaryRow:  # fmt: skip
    chargeable = delivered + buyer_fee
    return SummaryRow(
        trades=trades,
        accelerator_hours=accelerator_hours,
        value_fen=value,
        undelivered_fen=undelivered,
        short_fen=short,
        delivered_fen=delivered,
        buyer_fee_fen=buyer_fee,
        invoiced_fen=invoiced + invoice_drift,
        uninvoiced_fen=chargeable - invoiced,
        paid_fen=delivered - seller_fee + statement_drift,
        fees_fen=buyer_fee + seller_fee,
        delivery_difference_fen=value - undelivered - short - delivered,
        invoice_difference_fen=-invoice_drift,
        payout_difference_fen=-statement_drift,
    )


def _total(rows: Sequence[SummaryRow]) -> SummaryRow:
    """Add rows; differences add up by their size, so that two cannot hide each other."""
    names = [field.name for field in fields(SummaryRow)]
    return SummaryRow(
        **{
            name: sum(
                abs(getattr(row, name)) if name.endswith("difference_fen") else getattr(row, name) for row in rows
            )
            for name in names
        }
    )


def _with_whole_ledger(total: SummaryRow, since: int, until: int) -> SummaryRow:
    with connection.cursor() as cursor:
        cursor.execute(_CREDITED, [until, since])
        (credited,) = cursor.fetchone()
        cursor.execute(_INVOICE_FEE_DRIFT, [until, since])
        (fee_drift,) = cursor.fetchone()
        cursor.execute(_LEDGER_DRIFT, [until, since])
        (ledger_drift,) = cursor.fetchone()
    changed = {
        "invoiced_fen": total.invoiced_fen + int(fee_drift) - int(credited),
        "credited_fen": int(credited),
        "invoice_difference_fen": total.invoice_difference_fen + abs(int(fee_drift)),
        "payout_difference_fen": total.payout_difference_fen + abs(int(ledger_drift)),
    }
    kept = {field.name: getattr(total, field.name) for field in fields(SummaryRow) if field.name not in changed}
    return SummaryRow(**kept, **changed)

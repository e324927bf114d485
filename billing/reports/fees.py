"""What the exchange earned and what it owes the tax office, by invoice period or month, held against the ledger."""

from __future__ import annotations

from billing.period import DATE_SQL, PERIOD_SQL
from billing.reports.asked import Asked
from billing.reports.frame import Chart, Column, Form, Limit, Opens, Query, Report
from billing.reports.reconciliation import NOTE_MOVES

GROUPS = {"week": ("周（开票周期）", "Week (invoice period)"), "participant": ("参与方", "Participant")}
_WEEK = {"from": "_first", "to": "_last"}
_ONE = {**_WEEK, "participant": "name"}


def columns(asked: Asked) -> tuple[Column, ...]:
    """Return the columns; the ledger keeps fees by run, so only weeks can be held against it."""
    is_week = asked.by != "participant"
    name = Column("name", *GROUPS["week" if is_week else "participant"], Form.DAY if is_week else Form.PARTICIPANT)
    lines = Opens("lines", _WEEK if is_week else _ONE)
    shared = (
        name,
        Column("buyer_fee_cny", "买方服务费", "Buyers' fees", Form.FEN, adds=True, opens=lines),
        Column(
            "returned_fee_cny",
            "退还与贷记",
            "Returned and credited",
            Form.FEN,
            adds=True,
            opens=Opens("shortfalls", lines.values),
        ),
        Column("seller_fee_cny", "提供方服务费", "Providers' fees", Form.FEN, adds=True, opens=lines),
        Column("fees_cny", "服务费净额", "Fees, net", Form.FEN, adds=True, bar=True),
        Column("vat_base_cny", "计税金额", "VAT base", Form.FEN, adds=True),
        Column("vat_cny", "增值税", "VAT", Form.FEN, adds=True),
    )
    if not is_week or asked.participant:
        return shared
    ledger = Opens("transfers", {"from": "_posted_first", "to": "_posted_last", "kind": "_fees"})
    tax = Opens("transfers", {"from": "_posted_first", "to": "_posted_last", "kind": "_vat"})
    return (
        *shared,
        Column("ledger_fees_cny", "账本：服务费", "Ledger: fees", Form.FEN, adds=True, opens=ledger),
        Column("ledger_vat_cny", "账本：增值税", "Ledger: VAT", Form.FEN, adds=True, opens=tax),
        Column("difference_cny", "差额", "Difference", Form.FEN, adds=True, difference=True),
    )


# Fees of both sides a participant and week; VAT is the buyer's, kept by the same weeks.
_SHARES = f"""
WITH line AS (
    SELECT {PERIOD_SQL.format(hour="l.start")} AS week, o.buyer_id, o.seller_id, l.buyer_fee_fen, l.seller_fee_fen
    FROM billing_settlementline l JOIN billing_obligation o ON o.trade_id = l.trade_id WHERE l.start >= %s AND l.start < %s
),
share AS (
    SELECT week, buyer_id AS participant_id, sum(buyer_fee_fen) AS buyer_fee, 0 AS returned, 0 AS seller_fee, 0 AS base, 0 AS vat
    FROM line GROUP BY 1, 2
    UNION ALL SELECT week, seller_id, 0, 0, sum(seller_fee_fen), 0, 0 FROM line GROUP BY 1, 2
    UNION ALL SELECT {PERIOD_SQL.format(hour="a.hour")}, o.buyer_id, 0, sum(a.buyer_fee_fen), 0, 0, 0
    FROM billing_adjustment a JOIN billing_obligation o ON o.trade_id = a.trade_id
    WHERE a.kind = 'shortfall' AND a.hour >= %s AND a.hour < %s GROUP BY 1, 2
    UNION ALL SELECT n.start, n.participant_id, 0, CASE n.kind WHEN 'credit' THEN l.amount_fen ELSE -l.amount_fen END, 0, 0, 0
    FROM billing_invoice n JOIN billing_invoice i ON i.id = n.corrects_id AND i.kind IN ('invoice', 'fee')
    JOIN billing_invoiceline l ON l.invoice_id = n.id AND l.kind = 'allowance' AND l.market_id IS NULL
    WHERE n.start >= %s AND n.start < %s
    UNION ALL SELECT v.start, v.participant_id, 0, 0, 0, v.settled_base_fen, v.posted_fen
    FROM billing_vatperiod v WHERE v.start >= %s AND v.start < %s
)
"""

_NOTES = NOTE_MOVES.replace("%(start)s", "%s").replace("%(end)s", "%s")

_LEDGER = f"""
moved AS (
    SELECT {PERIOD_SQL.format(hour="r.from_hour")} AS week, x.at, x.amount_fen, d.kind AS debit, c.kind AS credit
    FROM billing_settlementrun r JOIN billing_transfer x ON x.run_id = r.id AND x.phase = 'posted'
    JOIN billing_account d ON d.id = x.debit_account_id JOIN billing_account c ON c.id = x.credit_account_id
    WHERE r.from_hour >= %s AND r.from_hour < %s AND (c.kind IN ('fees', 'vat') OR d.kind IN ('fees', 'vat'))
    UNION ALL SELECT week, at, amount_fen, debit, credit FROM ({_NOTES}) AS note
),
ledger AS (
    SELECT week, min(at) AS since, max(at) AS until,
        sum(CASE WHEN credit = 'fees' THEN amount_fen WHEN debit = 'fees' THEN -amount_fen ELSE 0 END) AS fees,
        sum(CASE WHEN credit = 'vat' THEN amount_fen WHEN debit = 'vat' THEN -amount_fen ELSE 0 END) AS vat
    FROM moved GROUP BY 1
)
"""


def query(asked: Asked) -> Query:
    """Return the SELECT of the whole weeks that the days asked for touch."""
    start, end = _whole_weeks(asked)
    span = [start, end]
    who = "WHERE s.participant_id = %s" if asked.participant else ""
    given = [asked.participant.pk] if asked.participant else []
    sums = (
        "sum(s.buyer_fee)::bigint AS buyer_fee_cny, sum(s.returned)::bigint AS returned_fee_cny, "
        "sum(s.seller_fee)::bigint AS seller_fee_cny, sum(s.buyer_fee - s.returned + s.seller_fee)::bigint AS fees_cny, "
        "sum(s.base)::bigint AS vat_base_cny, sum(s.vat)::bigint AS vat_cny"
    )
    first, last = DATE_SQL.format(hour="min(s.week)"), DATE_SQL.format(hour="max(s.week) + 167")
    if asked.by == "participant":
        sql = f"""{_SHARES} SELECT p.slug AS name, {sums}, {first} AS _first, {last} AS _last
        FROM share s JOIN matching_participant p ON p.id = s.participant_id {who} GROUP BY p.slug"""
        return Query(sql, [*span * 4, *given], "fees_cny DESC, name")
    sql = f"""{_SHARES}, {_LEDGER}
    SELECT {DATE_SQL.format(hour="s.week")} AS name, {sums},
        coalesce(max(l.fees), 0)::bigint AS ledger_fees_cny, coalesce(max(l.vat), 0)::bigint AS ledger_vat_cny,
        (abs(sum(s.buyer_fee - s.returned + s.seller_fee) - coalesce(max(l.fees), 0))
            + abs(sum(s.vat) - coalesce(max(l.vat), 0)))::bigint AS difference_cny,
        {first} AS _first, {last} AS _last, (max(l.since) AT TIME ZONE 'Asia/Shanghai')::date AS _posted_first,
        (max(l.until) AT TIME ZONE 'Asia/Shanghai')::date AS _posted_last, 'fees' AS _fees, 'vat' AS _vat
    FROM share s LEFT JOIN ledger l USING (week) {who} GROUP BY week"""
    return Query(sql, [*span * 6, *given], "name")


def _whole_weeks(asked: Asked) -> tuple[int, int]:
    start, end = asked.hours
    return (start + 80) // 168 * 168 - 80, (end - 1 + 80) // 168 * 168 - 80 + 168


FEES = Report(
    name="fees",
    title_zh="费用与税",
    title="Fees and tax",
    lead_zh="整周计（开票周期），金额为元；增值税按买方和周累计，只舍入一次。",
    lead="By whole weeks (invoice periods), in yuan; VAT is kept per buyer and week and rounded once.",
    columns=columns,
    query=query,
    chart=lambda asked: Chart("name", "fees_cny"),
    limits=(Limit.PERIOD, Limit.PARTICIPANT),
    groups=GROUPS,
)

"""Trade, delivery, document, ledger and payout of the same money, by participant and invoice period; the difference must be 0."""

from __future__ import annotations

from collections.abc import Mapping

from billing.credit_notes.net_lines import NET_LINES
from billing.period import DATE_SQL, PERIOD_SQL
from billing.reports.asked import Asked
from billing.reports.frame import Chart, Column, Form, Limit, Opens, Query, Report

_WEEK = {"participant": "participant", "from": "_first", "to": "_last"}
_LINES = Opens("lines", _WEEK)
_MOVES = Opens("transfers", {"participant": "participant", "from": "_posted_first", "to": "_posted_last"})

SIDES = {"buyer": ("买方", "Buyers"), "provider": ("提供方", "Providers")}

COLUMNS = (
    Column("participant", "参与方", "Participant", Form.PARTICIPANT, opens=_LINES),
    Column("side", "身份", "Side", Form.WORD),
    Column("week", "周", "Week", Form.DAY, opens=_LINES),
    Column("traded_cny", "成交", "Traded", Form.FEN, adds=True),
    Column("undelivered_cny", "未交付", "Not yet delivered", Form.FEN, adds=True),
    Column("short_cny", "短缺", "Fell short", Form.FEN, adds=True, opens=Opens("shortfalls", _WEEK)),
    Column("delivered_cny", "已交付", "Delivered", Form.FEN, adds=True, opens=_LINES),
    Column("fee_cny", "服务费", "Fee", Form.FEN, adds=True),
    Column("penalty_cny", "违约金", "Penalty", Form.FEN, adds=True),
    Column("due_cny", "应计（不含税）", "Due, net", Form.FEN, adds=True),
    Column("documented_cny", "已开票据", "On documents", Form.FEN, adds=True),
    Column("document", "票据", "Document", opens=Opens("invoice", {"number": "document"}, is_report=False)),
    Column("allowance_cny", "贷记金额", "Credited besides", Form.FEN, adds=True),
    Column("waiting_cny", "待开票据", "Not yet on one", Form.FEN, adds=True),
    Column("ledger_cny", "账本", "Ledger", Form.FEN, adds=True, opens=_MOVES),
    Column("paid_cny", "已付出", "Paid out", Form.FEN, adds=True),
    Column("difference_cny", "差额", "Difference", Form.FEN, adds=True, difference=True),
)

NOTE_MOVES = """
SELECT n.start AS week, n.participant_id, i.kind AS of_kind, m.debit, m.credit, x.amount_fen, x.at
FROM billing_invoice n JOIN billing_invoice i ON i.id = n.corrects_id
CROSS JOIN (VALUES ('allowances', 'funds'), ('fees', 'funds'), ('vat', 'funds'), ('payable', 'allowances'), ('receivable', 'allowances'),
    ('fees', 'payable'), ('receivable', 'fees'), ('receivable', 'vat')) AS m (debit, credit)
JOIN billing_transfer x ON x.key = n.number || ':' || m.debit || ':' || m.credit
WHERE n.start >= %(start)s AND n.start < %(end)s
"""
"""What allowances moved: a transfer is known by its note's number and its two kinds of accounts."""

# Signs: `due` is what a buyer is charged before VAT, and what a provider gets. A buyer's penalty is money it got, outside the
# invoice; a provider's stands on its statement. Payouts cover what was earned first: what left `payable` is spread over its
# weeks from the oldest.
_SQL = f"""
WITH part AS (
    SELECT o.buyer_id, o.seller_id, s.provider_id, w.week, o.price_fen::bigint * o.quantity AS hour_fen,
        greatest(o.start, w.week, %(start)s) AS since, least(o.start + o.hours, w.week + 168, %(end)s) AS until, o.settled_until
    FROM billing_obligation o JOIN matching_site s ON s.id = o.site_id
    CROSS JOIN LATERAL generate_series({PERIOD_SQL.format(hour="greatest(o.start, %(start)s)")},
        least(o.start + o.hours, %(end)s) - 1, 168) AS w (week)
    WHERE o.start < %(end)s AND o.start + o.hours > %(start)s
),
line AS (
    SELECT {PERIOD_SQL.format(hour="l.start")} AS week, o.buyer_id, o.seller_id, l.value_fen, l.buyer_fee_fen, l.seller_fee_fen
    FROM billing_settlementline l JOIN billing_obligation o ON o.trade_id = l.trade_id
    WHERE l.start >= %(start)s AND l.start < %(end)s
),
adjusted AS (
    SELECT {PERIOD_SQL.format(hour="a.hour")} AS week, o.buyer_id, o.seller_id, s.provider_id, a.kind, a.principal_fen, a.penalty_fen,
        a.buyer_fee_fen
    FROM billing_adjustment a JOIN billing_obligation o ON o.trade_id = a.trade_id JOIN matching_site s ON s.id = o.site_id
    WHERE a.hour >= %(start)s AND a.hour < %(end)s
),
figure AS (
    SELECT 'buyer' AS side, buyer_id AS participant_id, week, sum(hour_fen * (until - since)) AS traded,
        sum(hour_fen * greatest(until - greatest(since, settled_until), 0)) AS undelivered, 0 AS short, 0 AS value, 0 AS fee, 0 AS penalty, 0 AS kept
    FROM part GROUP BY 2, 3
    UNION ALL SELECT 'provider', seller_id, week, sum(hour_fen * (until - since)),
        sum(hour_fen * greatest(until - greatest(since, settled_until), 0)), 0, 0, 0, 0, 0 FROM part GROUP BY 2, 3
    UNION ALL SELECT 'buyer', buyer_id, week, 0, 0, 0, sum(value_fen), sum(buyer_fee_fen), 0, 0 FROM line GROUP BY 2, 3
    UNION ALL SELECT 'provider', seller_id, week, 0, 0, 0, sum(value_fen), -sum(seller_fee_fen), 0, 0 FROM line GROUP BY 2, 3
    UNION ALL SELECT 'buyer', buyer_id, week, 0, 0, sum(principal_fen), 0, -sum(buyer_fee_fen), sum(penalty_fen), 0
    FROM adjusted WHERE kind = 'shortfall' GROUP BY 2, 3
    UNION ALL SELECT 'provider', provider_id, week, 0, 0, sum(principal_fen), 0, 0, sum(penalty_fen), 0
    FROM adjusted WHERE kind = 'shortfall' GROUP BY 2, 3
    UNION ALL SELECT 'provider', seller_id, week, 0, 0, 0, 0, 0, 0, sum(principal_fen)
    FROM adjusted WHERE kind = 'dispute' GROUP BY 2, 3
),
total AS (
    SELECT side, participant_id, week, sum(traded) AS traded, sum(undelivered) AS undelivered, sum(short) AS short,
        sum(value - short) AS delivered, sum(value) AS value, sum(fee) AS fee, sum(penalty) AS penalty, sum(kept) AS kept,
        sum(value - short + fee) - CASE side WHEN 'provider' THEN sum(penalty) ELSE 0 END AS due
    FROM figure GROUP BY 1, 2, 3
),
net AS (
    SELECT i.kind, i.participant_id, i.start, i.number, i.vat_fen + coalesce((
            SELECT sum(CASE n.kind WHEN 'credit' THEN -n.vat_fen ELSE n.vat_fen END) FROM billing_invoice n WHERE n.corrects_id = i.id), 0) AS vat_fen,
        coalesce(sum(l.amount_fen) FILTER (WHERE l.kind <> 'allowance'), 0) AS net_fen,
        coalesce(sum(l.amount_fen) FILTER (WHERE l.kind = 'allowance'), 0) AS allowance_fen
    FROM billing_invoice i LEFT JOIN ({NET_LINES}) AS l ON l.document_id = i.id
    WHERE i.corrects_id IS NULL AND i.start >= %(start)s AND i.start < %(end)s GROUP BY i.id
),
document AS (
    SELECT CASE d.kind WHEN 'invoice' THEN 'buyer' ELSE 'provider' END AS side, d.participant_id, d.start AS week, d.net_fen, d.vat_fen,
        d.number, d.allowance_fen - CASE d.kind WHEN 'statement' THEN coalesce(f.allowance_fen, 0) ELSE 0 END AS allowance_fen
    FROM net d LEFT JOIN net f ON f.kind = 'fee' AND f.participant_id = d.participant_id AND f.start = d.start
    WHERE d.kind IN ('invoice', 'statement')
),
noted AS (
    SELECT CASE of_kind WHEN 'invoice' THEN 'buyer' ELSE 'provider' END AS side, participant_id, week,
        sum(CASE WHEN debit = 'vat' OR credit = 'vat' THEN 0 WHEN of_kind = 'fee' THEN amount_fen WHEN of_kind = 'statement' THEN -amount_fen
            WHEN credit = 'funds' THEN -amount_fen ELSE amount_fen END) AS allowance_fen,
        sum(CASE WHEN debit = 'vat' THEN -amount_fen WHEN credit = 'vat' THEN amount_fen ELSE 0 END) AS vat_fen
    FROM ({NOTE_MOVES}) AS move GROUP BY 1, 2, 3
),
-- What the runs of a week moved for each: obligations to clearing and clearing to payable, less what was made good or charged.
moved AS (
    SELECT {PERIOD_SQL.format(hour="r.from_hour")} AS week, x.participant_id, x.code, x.amount_fen, x.at, d.kind AS debit, c.kind AS credit,
        d.participant_id AS debit_of, c.participant_id AS credit_of
    FROM billing_settlementrun r JOIN billing_transfer x ON x.run_id = r.id AND x.phase = 'posted'
    JOIN billing_account d ON d.id = x.debit_account_id JOIN billing_account c ON c.id = x.credit_account_id
    WHERE r.from_hour >= %(start)s AND r.from_hour < %(end)s AND x.code IN ('settlement', 'shortfall', 'make_good', 'dispute', 'vat')
),
ledger AS (
    SELECT 'buyer' AS side, participant_id, week, min(at) AS since, max(at) AS until,
        sum(CASE WHEN code = 'settlement' AND debit = 'obligations' THEN amount_fen
            WHEN code = 'make_good' AND credit = 'funds' THEN -amount_fen WHEN code = 'make_good' AND debit = 'receivable' THEN amount_fen
            WHEN code = 'make_good' AND debit = 'vat' THEN amount_fen WHEN code = 'make_good' AND credit = 'vat' THEN -amount_fen
            ELSE 0 END) AS net_fen,
        sum(CASE WHEN code = 'vat' THEN amount_fen WHEN code = 'make_good' AND debit = 'vat' THEN -amount_fen
            WHEN code = 'make_good' AND credit = 'vat' THEN amount_fen ELSE 0 END) AS vat_fen
    FROM moved WHERE participant_id IS NOT NULL GROUP BY 2, 3
    UNION ALL
    SELECT 'provider', participant_id, week, min(at), max(at),
        sum(CASE WHEN credit = 'payable' THEN amount_fen WHEN debit = 'receivable' THEN -amount_fen ELSE 0 END), 0
    FROM moved WHERE (code = 'settlement' AND credit = 'payable') OR code IN ('shortfall', 'dispute') GROUP BY 2, 3
),
earned AS (
    SELECT l.participant_id, l.week, l.net_fen,
        sum(l.net_fen) OVER (PARTITION BY l.participant_id ORDER BY l.week DESC) - l.net_fen AS later_fen, a.owed_fen
    FROM ledger l JOIN (SELECT participant_id, credits_posted - debits_posted AS owed_fen FROM billing_account WHERE kind = 'payable') a
        USING (participant_id) WHERE l.side = 'provider'
)
SELECT p.slug AS participant, t.side, {{day_week}} AS week, t.traded::bigint AS traded_cny, t.undelivered::bigint AS undelivered_cny,
    t.short::bigint AS short_cny, t.delivered::bigint AS delivered_cny, t.fee::bigint AS fee_cny, t.penalty::bigint AS penalty_cny,
    t.due::bigint AS due_cny, coalesce(d.net_fen, 0)::bigint AS documented_cny, d.number AS document,
    coalesce(d.allowance_fen, 0)::bigint AS allowance_cny,
    (CASE WHEN d.number IS NULL THEN t.due ELSE 0 END)::bigint AS waiting_cny, coalesce(l.net_fen, 0)::bigint AS ledger_cny,
    CASE WHEN e.net_fen IS NULL THEN 0 ELSE (e.net_fen - least(greatest(e.owed_fen - e.later_fen, 0), greatest(e.net_fen, 0)))::bigint END AS paid_cny,
    (CASE WHEN t.side = 'provider' THEN 0 ELSE abs(t.traded - t.undelivered - t.value) END
        + CASE WHEN d.number IS NULL THEN 0 ELSE abs(t.due - d.net_fen) END
        + abs(coalesce(l.net_fen, 0) - t.due + CASE t.side WHEN 'buyer' THEN t.penalty ELSE t.kept END)
        + CASE WHEN t.side = 'buyer' AND v.posted_fen IS NOT NULL
            THEN abs(coalesce(l.vat_fen, 0) + coalesce(n.vat_fen, 0) - v.posted_fen) + CASE WHEN d.number IS NULL THEN 0 ELSE abs(d.vat_fen - v.posted_fen) END
            ELSE 0 END
        + abs(coalesce(d.allowance_fen, 0) - coalesce(n.allowance_fen, 0)))::bigint AS difference_cny,
    {{day_week}} AS _first, {{day_end}} AS _last, (l.since AT TIME ZONE 'Asia/Shanghai')::date AS _posted_first,
    (l.until AT TIME ZONE 'Asia/Shanghai')::date AS _posted_last
FROM total t JOIN matching_participant p ON p.id = t.participant_id
LEFT JOIN document d USING (side, participant_id, week) LEFT JOIN ledger l USING (side, participant_id, week)
LEFT JOIN noted n USING (side, participant_id, week)
LEFT JOIN earned e ON t.side = 'provider' AND e.participant_id = t.participant_id AND e.week = t.week
LEFT JOIN billing_vatperiod v ON v.participant_id = t.participant_id AND v.start = t.week
WHERE {{limits}}
"""


def query(asked: Asked) -> Query:
    """Return the SELECT of the whole weeks that the days asked for touch."""
    start, end = asked.hours
    span = {"start": (start + 80) // 168 * 168 - 80, "end": (end - 1 + 80) // 168 * 168 - 80 + 168}
    limits = ["true"]
    if asked.participant:
        limits.append("t.participant_id = %(participant)s")
    if asked.state in SIDES:
        limits.append("t.side = %(side)s")
    sql = _SQL.format(
        day_week=DATE_SQL.format(hour="t.week"),
        day_end=DATE_SQL.format(hour="t.week + 167"),
        limits=" AND ".join(limits),
    )
    values = {**span, "participant": asked.participant.pk if asked.participant else None, "side": asked.state}
    return Query(*_by_place(sql, values), order="difference_cny DESC, week, side, participant")


def _by_place(sql: str, values: Mapping[str, object]) -> tuple[str, list[object]]:
    """Turn `%(name)s` into `%s` with its values in order, as queries are put together by place."""
    parts = sql.split("%(")
    text, parameters = [parts[0]], []
    for part in parts[1:]:
        name, rest = part.split(")s", 1)
        parameters.append(values[name])
        text += ["%s", rest]
    return "".join(text), parameters


RECONCILIATION = Report(
    name="reconciliation",
    title_zh="对账",
    title="Reconciliation",
    lead_zh="成交 → 交付 → 票据 → 账本 → 付款，按参与方和开票周期；差额必须为零。",
    lead="Trade → delivery → document → ledger → payout, by participant and invoice period; the difference must be zero.",
    columns=lambda asked: COLUMNS,
    query=query,
    chart=lambda asked: Chart("participant", "due_cny", "side"),
    limits=(Limit.PERIOD, Limit.PARTICIPANT, Limit.STATE),
    states=SIDES,
)

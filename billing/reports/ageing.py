"""What buyers with terms of payment owe, by how long it has been due: as of any time."""

from __future__ import annotations

from billing.reports.asked import Asked
from billing.reports.frame import Chart, Column, Form, Limit, Opens, Query, Report

GROUPS = {"participant": ("参与方", "Participant"), "invoice": ("发票", "Invoice")}

_BUCKETS = (
    ("not_due_cny", "未到期", "Not yet due", "days <= 0"),
    ("days_30_cny", "逾期 1–30 天", "1–30 days", "days BETWEEN 1 AND 30"),
    ("days_60_cny", "逾期 31–60 天", "31–60 days", "days BETWEEN 31 AND 60"),
    ("days_90_cny", "逾期 61–90 天", "61–90 days", "days BETWEEN 61 AND 90"),
    ("days_more_cny", "逾期超过 90 天", "Over 90 days", "days > 90"),
)

_INVOICE = Opens("invoice", {"number": "number"}, is_report=False)
_ONE = Opens("ageing", {"participant": "participant", "by": "_by", "at": "_at"})


def columns(asked: Asked) -> tuple[Column, ...]:
    """Return the columns; by invoice, its number and due date come second."""
    is_invoice = asked.by == "invoice"
    opens = _INVOICE if is_invoice else _ONE
    facts = (
        Column("number", "发票", "Invoice", opens=_INVOICE),
        Column("due_on", "到期日", "Due", Form.DAY),
        Column("days", "逾期天数", "Days over", Form.COUNT),
        Column("level", "催款次数", "Letters", Form.COUNT),
    )
    return (
        Column("participant", "参与方", "Participant", Form.PARTICIPANT, opens=opens),
        *(facts if is_invoice else ()),
        *(Column(name, zh, en, Form.FEN, adds=True, opens=opens) for name, zh, en, _sql in _BUCKETS),
        Column("open_cny", "未付合计", "Open in all", Form.FEN, adds=True),
    )


def query(asked: Asked) -> Query:
    """Return the SELECT of what was open at `at` (now, where no time is asked for): totals less what had been paid by then."""
    limits, given = "", []
    if asked.participant:
        limits, given = "AND d.participant_id = %s", [asked.participant.pk]
    buckets = ", ".join(
        f"coalesce(sum(open_fen) FILTER (WHERE {sql}), 0)::bigint AS {name}" for name, _zh, _en, sql in _BUCKETS
    )
    facts = ", number, due_on, days, level" if asked.by == "invoice" else ""
    sql = f"""
    SELECT participant{facts}, {buckets}, sum(open_fen)::bigint AS open_cny, 'invoice' AS _by, %s::text AS _at
    FROM (
        SELECT p.slug AS participant, i.number, d.due_on, d.level, (moment.at AT TIME ZONE 'Asia/Shanghai')::date - d.due_on AS days,
            d.total_fen - coalesce((SELECT sum(y.amount_fen) FROM billing_invoicepayment y
                WHERE y.due_id = d.invoice_id AND y.at <= moment.at), 0) AS open_fen
        FROM (SELECT coalesce(%s::timestamptz, now()) AS at) AS moment
        JOIN billing_invoice i ON i.issued_at <= moment.at JOIN billing_invoicedue d ON d.invoice_id = i.id {limits}
        JOIN matching_participant p ON p.id = d.participant_id
    ) AS due WHERE open_fen > 0 GROUP BY participant{facts}
    """
    order = "due_on, number" if asked.by == "invoice" else "open_cny DESC, participant"
    return Query(sql, [asked.values.get("at", ""), asked.at, *given], order)


AGEING = Report(
    name="ageing",
    title_zh="账龄",
    title="Ageing",
    lead_zh="按账期结算的买方欠款，按到期后的天数；可看任一时刻。预付买方没有欠款。",
    lead="What buyers with terms of payment owe, by days since it was due; as of any time. Who prepays owes nothing.",
    columns=columns,
    query=query,
    chart=lambda asked: Chart("number" if asked.by == "invoice" else "participant", "open_cny"),
    limits=(Limit.AT, Limit.PARTICIPANT),
    groups=GROUPS,
)

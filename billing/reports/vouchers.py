"""Vouchers (算力券): what each may pay and has paid, and what it paid day by day."""

from __future__ import annotations

from billing.period import DATE_SQL
from billing.reports.asked import Asked
from billing.reports.frame import Chart, Column, Form, Limit, Opens, Query, Report

GROUPS = {"voucher": ("算力券", "Voucher"), "use": ("使用记录", "Use")}
_RUN = Opens("run", {"run_id": "run"}, is_report=False)
_NOTE = Opens("invoice", {"number": "note"}, is_report=False)
_USES = Opens("vouchers", {"participant": "participant", "by": "_use", "from": "_first", "to": "_last"})

_WHOSE = (
    Column("voucher", "编号", "Voucher", Form.COUNT),
    Column("programme", "项目", "Programme"),
    Column("participant", "参与方", "Participant", Form.PARTICIPANT),
)


def columns(asked: Asked) -> tuple[Column, ...]:
    """Return the columns: vouchers with their limits, or each use with its cause."""
    if asked.by == "use":
        return (
            *_WHOSE,
            Column("delivery_day", "交付日", "Delivery day", Form.DAY),
            Column("compute_class", "算力类别", "Compute class"),
            Column("base_cny", "适用金额", "Covered", Form.FEN, adds=True),
            Column("amount_cny", "支付金额", "Paid", Form.FEN, adds=True),
            Column("run", "批次", "Run", Form.COUNT, opens=_RUN),
            Column("note", "贷记单", "Credit note", opens=_NOTE),
        )
    return (
        *_WHOSE,
        Column("state", "状态", "State", Form.WORD),
        Column("limit_cny", "上限", "Limit", Form.FEN, adds=True),
        Column("used_cny", "已用", "Used", Form.FEN, adds=True, opens=_USES),
        Column("left_cny", "未用", "Unused", Form.FEN, adds=True),
        Column("uses_cny", "使用记录合计", "Sum of its uses", Form.FEN, adds=True, opens=_USES),
        Column("difference_cny", "差额", "Difference", Form.FEN, adds=True, difference=True),
    )


def query(asked: Asked) -> Query:
    """Return the SELECT: every voucher as it stands, or the uses for delivery days asked for."""
    who, given = ("AND v.participant_id = %s", [asked.participant.pk]) if asked.participant else ("", [])
    if asked.by == "use":
        sql = f"""
        SELECT v.id AS voucher, g.name AS programme, p.slug AS participant,
            {DATE_SQL.format(hour="u.day")} AS delivery_day, c.slug AS compute_class,
            u.base_fen AS base_cny, u.amount_fen AS amount_cny, u.run_id AS run, n.number AS note, u.id AS use
        FROM billing_voucheruse u JOIN billing_voucher v ON v.id = u.voucher_id JOIN billing_voucherprogramme g ON g.id = v.programme_id
        JOIN matching_participant p ON p.id = v.participant_id JOIN matching_computeclass c ON c.id = u.compute_class_id
        LEFT JOIN billing_invoice n ON n.id = u.note_id WHERE u.day >= %s AND u.day < %s {who}
        """
        return Query(sql, [*asked.hours, *given], "delivery_day, use")
    sql = f"""
    SELECT v.id AS voucher, g.name AS programme, p.slug AS participant, g.state, v.limit_fen AS limit_cny, v.used_fen AS used_cny,
        v.limit_fen - v.used_fen AS left_cny, coalesce(u.fen, 0)::bigint AS uses_cny,
        abs(v.used_fen - coalesce(u.fen, 0))::bigint AS difference_cny, 'use' AS _use,
        {DATE_SQL.format(hour="g.start")} AS _first,
        {DATE_SQL.format(hour="g.end - 1")} AS _last
    FROM billing_voucher v JOIN billing_voucherprogramme g ON g.id = v.programme_id JOIN matching_participant p ON p.id = v.participant_id
    LEFT JOIN (SELECT voucher_id, sum(amount_fen) AS fen FROM billing_voucheruse GROUP BY 1) AS u ON u.voucher_id = v.id
    WHERE true {who}
    """
    return Query(sql, given, "programme, voucher")


VOUCHERS = Report(
    name="vouchers",
    title_zh="算力券",
    title="Vouchers",
    lead_zh="每张算力券的上限与已用金额；使用记录按交付日。",
    lead="What each voucher may pay and has paid; its uses by delivery day.",
    columns=columns,
    query=query,
    chart=lambda asked: Chart("delivery_day", "amount_cny") if asked.by == "use" else Chart("participant", "used_cny"),
    limits=(Limit.PERIOD, Limit.PARTICIPANT),
    groups=GROUPS,
)

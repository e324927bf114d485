"""What providers were paid: each payout with its batch, its approval, and what the bank made of it."""

from __future__ import annotations

from billing.reports.asked import Asked
from billing.reports.frame import Chart, Column, Form, Limit, Opens, Query, Report

STATES = {
    "reserved": ("在途", "On its way"),
    "paid": ("已付", "Paid"),
    "failed": ("未受理", "Not taken"),
    "returned": ("退回", "Returned"),
    "dropped": ("放弃", "Given up"),
}

_BATCH = Opens("payout_batch", {"batch_id": "batch"}, is_report=False)

COLUMNS = (
    Column("payout", "付款", "Payout", Form.COUNT),
    Column("batch", "批次", "Batch", Form.COUNT, opens=_BATCH),
    Column("prepared_at_beijing", "准备时间", "Prepared (Beijing)", Form.TIME),
    Column("provider", "提供方", "Provider", Form.PARTICIPANT),
    Column("amount_cny", "金额", "Amount", Form.FEN, adds=True, opens=_BATCH),
    Column("paid_cny", "已付", "Paid", Form.FEN, adds=True, bar=True),
    Column("state", "状态", "State", Form.WORD),
    Column("bank_reference", "银行流水号", "Bank's number"),
    Column("reason", "银行说明", "Bank's reason"),
    Column("ended_at_beijing", "答复时间", "Answered (Beijing)", Form.TIME),
    Column("prepared_by", "准备人", "Prepared by"),
    Column("approved_by", "批准人", "Approved by"),
)


def query(asked: Asked) -> Query:
    """Return the SELECT of payouts of batches prepared in the days asked for (Beijing)."""
    limits, parameters = ["b.prepared_at >= %s", "b.prepared_at < %s"], list[object](asked.moments)
    if asked.participant:
        limits.append("y.participant_id = %s")
        parameters.append(asked.participant.pk)
    if asked.state in STATES:
        limits.append("y.state = %s")
        parameters.append(asked.state)
    sql = f"""
    SELECT y.id AS payout, y.batch_id AS batch, b.prepared_at AT TIME ZONE 'Asia/Shanghai' AS prepared_at_beijing,
        p.slug AS provider, y.amount_fen AS amount_cny, CASE y.state WHEN 'paid' THEN y.amount_fen ELSE 0 END AS paid_cny,
        y.state, y.bank_reference, y.reason, y.ended_at AT TIME ZONE 'Asia/Shanghai' AS ended_at_beijing, b.prepared_by,
        b.approved_by
    FROM billing_payout y JOIN billing_payoutbatch b ON b.id = y.batch_id JOIN matching_participant p ON p.id = y.participant_id
    WHERE {" AND ".join(limits)}
    """
    return Query(sql, parameters, "payout")


PAYOUTS = Report(
    name="payouts",
    title_zh="付款",
    title="Payouts",
    lead_zh="付给提供方的每一笔：批次、批准人和银行的答复；按准备日计。",
    lead="Each payout with its batch, who approved it, and the bank's answer; by the day it was prepared.",
    columns=lambda asked: COLUMNS,
    query=query,
    chart=lambda asked: Chart("provider", "amount_cny", "state"),
    limits=(Limit.PERIOD, Limit.PARTICIPANT, Limit.STATE),
    states=STATES,
    is_recent=True,
)

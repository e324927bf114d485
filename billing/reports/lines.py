"""Settled lines, the atoms of every total: one a trade and run, with who, where, how much, and its documents."""

from __future__ import annotations

from typing import NamedTuple

from billing.period import DATE_SQL, PERIOD_SQL
from billing.reports.asked import Asked
from billing.reports.filters import lines_sql
from billing.reports.frame import Chart, Column, Form, Limit, Opens, Query, Report

DAY = DATE_SQL.format(hour="l.start")


class _Line(NamedTuple):
    sql: str
    column: Column


_TRADE = Opens("trade", {"trade_id": "trade"}, is_report=False)
_INVOICE = Opens("invoice", {"number": "invoice"}, is_report=False)
_STATEMENT = Opens("invoice", {"number": "statement"}, is_report=False)
_RUN = Opens("run", {"run_id": "run"}, is_report=False)

_LINES = (
    _Line("l.id", Column("line", "结算行", "Line", Form.COUNT, is_in_files_only=True)),
    _Line("l.run_id", Column("run", "批次", "Run", Form.COUNT, opens=_RUN)),
    _Line("l.trade_id", Column("trade", "成交", "Trade", Form.COUNT, opens=_TRADE)),
    _Line(
        "t.traded_at AT TIME ZONE 'Asia/Shanghai'",
        Column("traded_at_beijing", "成交时间", "Traded (Beijing)", Form.TIME, is_in_files_only=True),
    ),
    _Line(DAY, Column("delivery_day", "交付日", "Delivery day", Form.DAY, is_in_files_only=True)),
    _Line(
        "to_timestamp(l.start::bigint * 3600) AT TIME ZONE 'Asia/Shanghai'",
        Column("delivery_start_beijing", "交付开始", "Delivery start (Beijing)", Form.TIME),
    ),
    _Line("l.hours", Column("hours", "小时", "Hours", Form.COUNT)),
    _Line("c.slug", Column("compute_class", "算力类别", "Compute class")),
    _Line("h.slug", Column("hub", "枢纽", "Hub", Form.HUB)),
    _Line("s.slug", Column("site", "机房", "Site", Form.SITE)),
    _Line("b.slug", Column("buyer", "买方", "Buyer", Form.PARTICIPANT)),
    _Line("p.slug", Column("provider", "提供方", "Provider", Form.PARTICIPANT)),
    _Line("t.quantity", Column("accelerators", "卡数", "Accelerators", Form.COUNT, is_in_files_only=True)),
    _Line("l.accelerator_hours", Column("accelerator_hours", "卡时", "Accelerator-hours", Form.COUNT, adds=True)),
    _Line("t.price_fen", Column("price_cny", "单价（元/卡时）", "Price (CNY/acc-h)", Form.FEN)),
    _Line("l.value_fen", Column("value_cny", "金额（元）", "Value (CNY)", Form.FEN, adds=True, opens=_TRADE)),
    _Line("l.buyer_fee_fen", Column("buyer_fee_cny", "买方服务费（元）", "Buyer's fee (CNY)", Form.FEN, adds=True)),
    _Line(
        "l.seller_fee_fen", Column("seller_fee_cny", "提供方服务费（元）", "Provider's fee (CNY)", Form.FEN, adds=True)
    ),
    _Line(
        "coalesce(a.accelerators, 0)",
        Column("short_accelerator_hours", "短缺卡时", "Short accelerator-hours", Form.COUNT, adds=True),
    ),
    _Line(
        "coalesce(a.principal_fen, 0)", Column("short_cny", "短缺金额（元）", "Shortfall (CNY)", Form.FEN, adds=True)
    ),
    _Line(
        "coalesce(a.buyer_fee_fen, 0)",
        Column("returned_fee_cny", "退还服务费（元）", "Fee returned (CNY)", Form.FEN, adds=True),
    ),
    _Line("coalesce(a.penalty_fen, 0)", Column("penalty_cny", "违约金（元）", "Penalty (CNY)", Form.FEN, adds=True)),
    _Line(
        "l.value_fen + l.buyer_fee_fen - coalesce(a.principal_fen + a.buyer_fee_fen, 0)",
        Column("charged_cny", "开票不含税（元）", "Charged before VAT (CNY)", Form.FEN, adds=True),
    ),
    _Line(
        "l.value_fen - l.seller_fee_fen",
        Column("paid_cny", "付提供方（元）", "Paid to provider (CNY)", Form.FEN, adds=True),
    ),
    _Line("i.number", Column("invoice", "发票", "Invoice", opens=_INVOICE)),
    _Line("st.number", Column("statement", "结算单", "Statement", opens=_STATEMENT)),
)

COLUMNS = tuple(line.column for line in _LINES)

SHORT = """(
    SELECT x.id, sum(a.accelerators)::bigint AS accelerators, sum(a.principal_fen)::bigint AS principal_fen,
        sum(a.buyer_fee_fen)::bigint AS buyer_fee_fen, sum(a.penalty_fen)::bigint AS penalty_fen
    FROM billing_adjustment a JOIN billing_settlementline x
        ON x.trade_id = a.trade_id AND a.hour >= x.start AND a.hour < x.start + x.hours
    WHERE a.kind = 'shortfall' GROUP BY x.id
)"""
"""What readings took away from settled lines, by line."""

JOINS = f"""
FROM billing_settlementline l
JOIN billing_obligation t ON t.trade_id = l.trade_id
JOIN matching_market m ON m.id = t.market_id
JOIN matching_computeclass c ON c.id = m.compute_class_id
JOIN matching_hub h ON h.id = m.hub_id
JOIN matching_participant b ON b.id = t.buyer_id
JOIN matching_participant p ON p.id = t.seller_id
LEFT JOIN {SHORT} AS a ON a.id = l.id
"""

_DOCUMENTS = f"""
JOIN matching_site s ON s.id = t.site_id
LEFT JOIN billing_invoice i
    ON i.kind = 'invoice' AND i.participant_id = t.buyer_id AND i.start = {PERIOD_SQL.format(hour="l.start")}
LEFT JOIN billing_invoice st
    ON st.kind = 'statement' AND st.participant_id = t.seller_id AND st.start = {PERIOD_SQL.format(hour="l.start")}
"""


def query(asked: Asked) -> Query:
    """Return the SELECT of the settled lines that are asked for."""
    lines, parameters = lines_sql(asked.settlement)
    selected = ", ".join(f"{line.sql} AS {line.column.name}" for line in _LINES)
    sql = f"SELECT {selected}, l.start AS start {JOINS} {_DOCUMENTS} WHERE l.id IN ({lines})"
    return Query(sql, parameters, "start, line")


LINES = Report(
    name="lines",
    title_zh="结算明细",
    title="Settled lines",
    lead_zh="每笔成交、每个批次一行：所有合计都由它们相加而来。",
    lead="One a trade and run: every total is the sum of these.",
    columns=lambda asked: COLUMNS,
    query=query,
    chart=lambda asked: Chart("delivery_day", "value_cny", "compute_class"),
    limits=(Limit.PERIOD, Limit.PARTICIPANT, Limit.CLASS, Limit.HUB, Limit.RUN),
)

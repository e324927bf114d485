"""The columns of a settlement report, once for every format."""

from __future__ import annotations

from enum import StrEnum
from typing import Any, NamedTuple

from billing.period import DAY_SQL, PERIOD_SQL
from billing.reports.filters import SettlementFilters, lines_sql


class Form(StrEnum):
    """How a column's values are written."""

    TEXT = "text"
    COUNT = "count"
    FEN = "fen"  # stored in fen, written in yuan with two decimals
    DAY = "day"
    TIME = "time"  # Beijing time


class Column(NamedTuple):
    """A column: its name in CSV (amounts in yuan end in `_cny`), its heads in both languages, its SQL and form."""

    name: str
    head_zh: str
    head: str
    sql: str
    form: Form


COLUMNS = (
    Column("line", "结算行", "Line", "l.id", Form.COUNT),
    Column("run", "批次", "Run", "l.run_id", Form.COUNT),
    Column("trade", "成交", "Trade", "l.trade_id", Form.COUNT),
    Column("traded_at_beijing", "成交时间", "Traded (Beijing)", "t.traded_at AT TIME ZONE 'Asia/Shanghai'", Form.TIME),
    Column(
        "delivery_day", "交付日", "Delivery day",
        f"(to_timestamp({DAY_SQL.format(hour='l.start')}::bigint * 3600) AT TIME ZONE 'Asia/Shanghai')::date", Form.DAY,
    ),
    Column(
        "delivery_start_beijing", "交付开始", "Delivery start (Beijing)",
        "to_timestamp(l.start::bigint * 3600) AT TIME ZONE 'Asia/Shanghai'", Form.TIME,
    ),
    Column("hours", "小时", "Hours", "l.hours", Form.COUNT),
    Column("compute_class", "算力类别", "Compute class", "c.slug", Form.TEXT),
    Column("hub", "枢纽", "Hub", "h.slug", Form.TEXT),
    Column("site", "数据中心", "Site", "s.slug", Form.TEXT),
    Column("buyer", "买方", "Buyer", "b.slug", Form.TEXT),
    Column("provider", "提供方", "Provider", "p.slug", Form.TEXT),
    Column("accelerators", "卡数", "Accelerators", "t.quantity", Form.COUNT),
    Column("accelerator_hours", "卡时", "Accelerator-hours", "l.accelerator_hours", Form.COUNT),
    Column("price_cny", "单价（元/卡时）", "Price (CNY/acc-h)", "t.price_fen", Form.FEN),
    Column("value_cny", "金额（元）", "Value (CNY)", "l.value_fen", Form.FEN),
    Column("buyer_fee_cny", "买方服务费（元）", "Buyer's fee (CNY)", "l.buyer_fee_fen", Form.FEN),
    Column("seller_fee_cny", "提供方服务费（元）", "Provider's fee (CNY)", "l.seller_fee_fen", Form.FEN),
    Column("short_accelerator_hours", "短缺卡时", "Short accelerator-hours", "coalesce(a.accelerators, 0)", Form.COUNT),
    Column("short_cny", "短缺金额（元）", "Shortfall (CNY)", "coalesce(a.principal_fen, 0)", Form.FEN),
    Column("returned_fee_cny", "退还服务费（元）", "Fee returned (CNY)", "coalesce(a.buyer_fee_fen, 0)", Form.FEN),
    Column("penalty_cny", "违约金（元）", "Penalty (CNY)", "coalesce(a.penalty_fen, 0)", Form.FEN),
    Column(
        "charged_cny", "开票不含税（元）", "Charged before VAT (CNY)",
        "l.value_fen + l.buyer_fee_fen - coalesce(a.principal_fen + a.buyer_fee_fen, 0)", Form.FEN,
    ),
    Column("paid_cny", "付提供方（元）", "Paid to provider (CNY)", "l.value_fen - l.seller_fee_fen", Form.FEN),
    Column("invoice", "发票", "Invoice", "i.number", Form.TEXT),
    Column("statement", "结算单", "Statement", "st.number", Form.TEXT),
)  # fmt: skip

_FROM = f"""
FROM billing_settlementline l
JOIN billing_obligation t ON t.trade_id = l.trade_id
JOIN matching_market m ON m.id = t.market_id
JOIN matching_computeclass c ON c.id = m.compute_class_id
JOIN matching_hub h ON h.id = m.hub_id
JOIN matching_site s ON s.id = t.site_id
JOIN matching_participant b ON b.id = t.buyer_id
JOIN matching_participant p ON p.id = t.seller_id
LEFT JOIN (
    SELECT x.id, sum(a.accelerators) AS accelerators, sum(a.principal_fen) AS principal_fen,
        sum(a.buyer_fee_fen) AS buyer_fee_fen, sum(a.penalty_fen) AS penalty_fen
    FROM billing_adjustment a JOIN billing_settlementline x
        ON x.trade_id = a.trade_id AND a.hour >= x.start AND a.hour < x.start + x.hours
    WHERE a.kind = 'shortfall' GROUP BY x.id
) AS a ON a.id = l.id
LEFT JOIN billing_invoice i
    ON i.kind = 'invoice' AND i.participant_id = t.buyer_id AND i.start = {PERIOD_SQL.format(hour="l.start")}
LEFT JOIN billing_invoice st
    ON st.kind = 'statement' AND st.participant_id = t.seller_id AND st.start = {PERIOD_SQL.format(hour="l.start")}
WHERE l.id IN ({{lines}})
ORDER BY l.start, l.id
"""


def report_sql(filters: SettlementFilters, *, in_yuan: bool) -> tuple[str, tuple[Any, ...]]:
    """Return the SELECT of a report's rows and its parameters; amounts in fen, or as decimal yuan."""
    lines, parameters = lines_sql(filters)
    selected = ", ".join(f"{_expression(column, in_yuan)} AS {column.name}" for column in COLUMNS)
    return f"SELECT {selected} {_FROM.format(lines=lines)}", parameters


def _expression(column: Column, in_yuan: bool) -> str:
    if column.form is Form.FEN and in_yuan:
        return f"(({column.sql}) * 0.01)::numeric(20, 2)"
    if column.form is Form.TIME and in_yuan:
        return f"to_char({column.sql}, 'YYYY-MM-DD HH24:MI')"
    return column.sql

"""Settled hours added up: by day, week, month, buyer, provider, market, hub, class or run."""

from __future__ import annotations

from billing.period import DATE_SQL, PERIOD_SQL
from billing.reports.asked import Asked
from billing.reports.filters import lines_sql
from billing.reports.frame import Chart, Column, Form, Limit, Opens, Query, Report
from billing.reports.lines import DAY, JOINS

WEEK = DATE_SQL.format(hour=PERIOD_SQL.format(hour="l.start"))
MONTH = f"date_trunc('month', {DAY})::date"

GROUPS = {
    "day": ("日", "Day"),
    "week": ("周", "Week"),
    "month": ("月", "Month"),
    "market": ("市场", "Market"),
    "class": ("算力类别", "Class"),
    "hub": ("枢纽", "Hub"),
    "buyer": ("买方", "Buyer"),
    "provider": ("提供方", "Provider"),
    "run": ("批次", "Run"),
}

_DAYS = {"from": "_first", "to": "_last"}
# Group: its expression, its form, and the limits under which its lines stand.
_BY = {
    "day": (DAY, Form.DAY, _DAYS),
    "week": (WEEK, Form.DAY, _DAYS),
    "month": (MONTH, Form.DAY, _DAYS),
    "market": ("c.slug || '.' || h.slug", Form.MARKET, {"class": "_class", "hub": "_hub"}),
    "class": ("c.slug", Form.TEXT, {"class": "_class"}),
    "hub": ("h.slug", Form.HUB, {"hub": "_hub"}),
    "buyer": ("b.slug", Form.PARTICIPANT, {"participant": "name"}),
    "provider": ("p.slug", Form.PARTICIPANT, {"participant": "name"}),
    "run": ("l.run_id", Form.COUNT, {"run": "name"}),
}


def group_of(asked: Asked) -> str:
    """What rows are grouped by."""
    return asked.by if asked.by in _BY else "day"


def columns(asked: Asked) -> tuple[Column, ...]:
    """Return the columns; the first is what is grouped by."""
    group = group_of(asked)
    _sql, form, limits = _BY[group]
    lines = Opens("lines", limits)
    return (
        Column("name", *GROUPS[group], form, opens=lines),
        Column("trades", "成交笔数", "Trades", Form.COUNT),
        Column("accelerator_hours", "卡时", "Acc-h", Form.COUNT, adds=True),
        Column("value_cny", "成交金额", "Value", Form.FEN, adds=True, opens=lines),
        Column("short_cny", "短缺退还", "Fell short", Form.FEN, adds=True, opens=Opens("shortfalls", limits)),
        Column("delivered_cny", "已交付", "Delivered", Form.FEN, adds=True, opens=lines, bar=True),
        Column("buyer_fee_cny", "买方服务费", "Buyers' fees", Form.FEN, adds=True),
        Column("seller_fee_cny", "提供方服务费", "Providers' fees", Form.FEN, adds=True),
        Column("charged_cny", "开票（不含税）", "Charged, net", Form.FEN, adds=True),
        Column("paid_cny", "付提供方", "To providers", Form.FEN, adds=True),
        Column("difference_cny", "差额", "Difference", Form.FEN, adds=True, difference=True),
    )


def query(asked: Asked) -> Query:
    """Return the SELECT; the difference is what a line's value is off from price x accelerators x hours."""
    lines, parameters = lines_sql(asked.settlement)
    group = group_of(asked)
    expression, _form, _limits = _BY[group]
    order = {"market": "_position, name", "class": "_position, name", "hub": "_hub_position, name"}.get(
        group, "delivered_cny DESC, name" if group in ("buyer", "provider") else "name"
    )
    sql = f"""
    SELECT {expression} AS name, count(DISTINCT l.trade_id) AS trades, sum(l.accelerator_hours)::bigint AS accelerator_hours,
        sum(l.value_fen)::bigint AS value_cny, coalesce(sum(a.principal_fen), 0)::bigint AS short_cny,
        sum(l.value_fen - coalesce(a.principal_fen, 0))::bigint AS delivered_cny,
        sum(l.buyer_fee_fen - coalesce(a.buyer_fee_fen, 0))::bigint AS buyer_fee_cny,
        sum(l.seller_fee_fen)::bigint AS seller_fee_cny,
        sum(l.value_fen + l.buyer_fee_fen - coalesce(a.principal_fen + a.buyer_fee_fen, 0))::bigint AS charged_cny,
        sum(l.value_fen - coalesce(a.principal_fen, 0) - l.seller_fee_fen)::bigint AS paid_cny,
        sum(abs(l.hours::bigint * t.quantity * t.price_fen - l.value_fen))::bigint AS difference_cny,
        min({DAY}) AS _first, max({DAY}) AS _last, min(c.slug) AS _class, min(h.slug) AS _hub,
        min(c.position) AS _position, min(h.position) AS _hub_position
    {JOINS} WHERE l.id IN ({lines}) GROUP BY 1
    """
    return Query(sql, parameters, order)


SETTLEMENT = Report(
    name="settlement",
    title_zh="结算",
    title="Settlement",
    lead_zh="已结算的小时，按交付日计，金额为元。",
    lead="Settled hours, by delivery day; amounts in yuan.",
    columns=columns,
    query=query,
    chart=lambda asked: Chart("name", "delivered_cny"),
    limits=(Limit.PERIOD, Limit.PARTICIPANT, Limit.CLASS, Limit.HUB, Limit.RUN),
    groups=GROUPS,
)

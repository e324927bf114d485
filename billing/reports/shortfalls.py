"""What meters and disputes changed of settled hours, each with its evidence: the end of the way down from a total."""

from __future__ import annotations

from billing.models import Adjustment
from billing.reports.asked import Asked
from billing.reports.frame import Chart, Column, Form, Limit, Opens, Query, Report

_TRADE = Opens("trade", {"trade_id": "trade"}, is_report=False)

COLUMNS = (
    Column("adjustment", "调整", "Adjustment", Form.COUNT),
    Column("run", "批次", "Run", Form.COUNT, opens=Opens("run", {"run_id": "run"}, is_report=False)),
    Column("trade", "成交", "Trade", Form.COUNT, opens=_TRADE),
    Column("hour_beijing", "交付时段", "Hour (Beijing)", Form.TIME),
    Column("what", "事项", "What", Form.WORD),
    Column("site", "机房", "Site", Form.SITE),
    Column("buyer", "持有方", "Holder", Form.PARTICIPANT),
    Column("provider", "提供方", "Provider", Form.PARTICIPANT),
    Column("accelerators", "缺卡", "Missing", Form.COUNT, adds=True),
    Column("price_cny", "单价", "Price", Form.FEN),
    Column("principal_cny", "退还金额", "Principal", Form.FEN, adds=True),
    Column("penalty_cny", "违约金", "Penalty", Form.FEN, adds=True),
    Column("returned_fee_cny", "退还服务费", "Fee returned", Form.FEN, adds=True),
    Column(
        "reading", "计量读数", "Reading", Form.COUNT, opens=Opens("reading", {"reading_id": "reading"}, is_report=False)
    ),
    Column(
        "dispute", "争议", "Dispute", Form.COUNT, opens=Opens("dispute", {"dispute_id": "dispute"}, is_report=False)
    ),
)


def query(asked: Asked) -> Query:
    """Return the SELECT of adjustments of the hours asked for; `run` keeps what that run settled or posted."""
    start, end = asked.hours
    found = Adjustment.objects.filter(asked.settlement.of_trade("trade__"), hour__gte=start, hour__lt=end)
    ids, parameters = found.order_by().values("pk").query.sql_with_params()
    of_run = "AND (a.run_id = %s OR r.corrects_id = %s)" if asked.run_id else ""
    sql = f"""
    SELECT a.id AS adjustment, a.run_id AS run, a.trade_id AS trade,
        to_timestamp(a.hour::bigint * 3600) AT TIME ZONE 'Asia/Shanghai' AS hour_beijing, a.kind AS what, s.slug AS site,
        b.slug AS buyer, p.slug AS provider, a.accelerators, o.price_fen AS price_cny, a.principal_fen AS principal_cny,
        a.penalty_fen AS penalty_cny, a.buyer_fee_fen AS returned_fee_cny, a.reading_id AS reading, a.dispute_id AS dispute
    FROM billing_adjustment a JOIN billing_obligation o ON o.trade_id = a.trade_id JOIN billing_settlementrun r ON r.id = a.run_id
    JOIN matching_site s ON s.id = o.site_id JOIN matching_participant b ON b.id = o.buyer_id
    JOIN matching_participant p ON p.id = s.provider_id
    WHERE a.id IN ({ids}) {of_run}
    """
    return Query(sql, (*parameters, *([asked.run_id] * 2 if asked.run_id else ())), "hour_beijing, adjustment")


SHORTFALLS = Report(
    name="shortfalls",
    title_zh="短缺与争议",
    title="Shortfalls and disputes",
    lead_zh="计量读数和争议改动了哪些已结算的小时，各附证据。",
    lead="What meter readings and disputes changed of settled hours, each with its evidence.",
    columns=lambda asked: COLUMNS,
    query=query,
    chart=lambda asked: Chart("site", "principal_cny"),
    limits=(Limit.PERIOD, Limit.PARTICIPANT, Limit.CLASS, Limit.HUB, Limit.RUN),
)

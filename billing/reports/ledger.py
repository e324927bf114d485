"""The ledger: the trial balance as of any time, and the movements behind each balance."""

from __future__ import annotations

from datetime import timedelta

from billing.balances import as_of_sql
from billing.reports.asked import Asked
from billing.reports.frame import Chart, Column, Form, Limit, Opens, Query, Report

GROUPS = {"kind": ("科目", "Account"), "participant": ("参与方", "Participant")}
_BY_ACCOUNT = {"kind": "kind", "participant": "participant", "to": "_day", "from": "_since"}


def balance_columns(asked: Asked) -> tuple[Column, ...]:
    """Return the columns; by participant, whose account it is comes second."""
    whose = (Column("participant", "参与方", "Participant", Form.PARTICIPANT),) if asked.by == "participant" else ()
    moves = Opens("transfers", _BY_ACCOUNT if whose else {k: v for k, v in _BY_ACCOUNT.items() if k != "participant"})
    return (
        Column("kind", "科目", "Account", Form.WORD, opens=moves),
        *whose,
        Column("accounts", "账户数", "Accounts", Form.COUNT, adds=True),
        Column("debits_cny", "借方", "Debits", Form.FEN, adds=True, opens=moves),
        Column("credits_cny", "贷方", "Credits", Form.FEN, adds=True, opens=moves),
        Column("balance_cny", "余额（借正贷负）", "Balance (debit +)", Form.FEN, adds=True),
        Column("pending_debits_cny", "预留借方", "Pending debits", Form.FEN, adds=True),
        Column("pending_credits_cny", "预留贷方", "Pending credits", Form.FEN, adds=True),
    )


def balance_query(asked: Asked) -> Query:
    """Return the SELECT of the balances after every transfer of `at` or earlier; now, where no time is asked for."""
    as_of, parameters = as_of_sql(at=asked.at)
    whose = "p.slug" if asked.by == "participant" else "NULL::text"
    limits = "WHERE true"
    given: list[object] = []
    if asked.participant:
        limits, given = limits + " AND a.participant_id = %s", [*given, asked.participant.pk]
    if asked.kind:
        limits, given = limits + " AND a.kind = %s", [*given, asked.kind]
    sql = f"""
    SELECT a.kind, {whose} AS participant, count(*) AS accounts, sum(x.debits_posted)::bigint AS debits_cny,
        sum(x.credits_posted)::bigint AS credits_cny, sum(x.debits_posted - x.credits_posted)::bigint AS balance_cny,
        sum(x.debits_pending)::bigint AS pending_debits_cny, sum(x.credits_pending)::bigint AS pending_credits_cny,
        min(array_position(ARRAY['funds', 'obligations', 'payable', 'receivable', 'clearing', 'disputed', 'fees', 'vat'], a.kind::text))
            AS _position, %s::text AS _day, '2000-01-01' AS _since
    FROM ({as_of}) AS x (id, debits_pending, debits_posted, credits_pending, credits_posted)
    JOIN billing_account a ON a.id = x.id LEFT JOIN matching_participant p ON p.id = a.participant_id
    {limits} GROUP BY 1, 2
    """
    day = asked.at.date() + timedelta(days=1) if asked.at else None
    return Query(
        sql,
        (day.isoformat() if day else "2100-01-01", *parameters, *given),
        "_position, kind, balance_cny, participant",
    )


TRIAL_BALANCE = Report(
    name="trial-balance",
    title_zh="试算平衡",
    title="Trial balance",
    lead_zh="每笔分录借一贷一，因此借贷合计相等；可看任一时刻。",
    lead="Every transfer debits one account and credits another, so both sums are equal; as of any time.",
    columns=balance_columns,
    query=balance_query,
    chart=lambda asked: Chart("participant" if asked.by == "participant" else "kind", "balance_cny"),
    limits=(Limit.AT, Limit.KIND, Limit.PARTICIPANT),
    groups=GROUPS,
)

TRANSFER_COLUMNS = (
    Column("transfer", "分录", "Transfer", Form.COUNT),
    Column("at_beijing", "时间", "Time (Beijing)", Form.TIME),
    Column("code", "代码", "Code", Form.WORD),
    Column("debit", "借", "Debit", Form.WORD),
    Column("debit_participant", "借方", "Debit of", Form.PARTICIPANT),
    Column("credit", "贷", "Credit", Form.WORD),
    Column("credit_participant", "贷方", "Credit of", Form.PARTICIPANT),
    Column("amount_cny", "金额", "Amount", Form.FEN, adds=True),
    Column("trade", "成交", "Trade", Form.COUNT, opens=Opens("trade", {"trade_id": "trade"}, is_report=False)),
    Column("run", "批次", "Run", Form.COUNT, opens=Opens("run", {"run_id": "run"}, is_report=False)),
    Column("corrects", "更正", "Corrects", Form.COUNT),
)


def transfers_query(asked: Asked) -> Query:
    """Return the SELECT of posted transfers in the days asked for (Beijing, by their time)."""
    limits, given = ["x.phase IN ('posted', 'post')", "x.at >= %s", "x.at < %s"], list(asked.moments)
    parameters: list[object] = [*given]
    if asked.run_id:
        limits, parameters = [limits[0], "x.run_id = %s"], [asked.run_id]
    if asked.code:
        limits.append("x.code = %s")
        parameters.append(asked.code)
    if asked.kind:
        limits.append("(d.kind = %s OR c.kind = %s)")
        parameters += [asked.kind] * 2
    if asked.participant:
        whose = "(d.participant_id = %s OR c.participant_id = %s)"
        if asked.kind:
            whose = "((d.participant_id = %s AND d.kind = %s) OR (c.participant_id = %s AND c.kind = %s))"
            parameters += [asked.participant.pk, asked.kind] * 2
        else:
            parameters += [asked.participant.pk] * 2
        limits.append(whose)
    sql = f"""
    SELECT x.id AS transfer, x.at AT TIME ZONE 'Asia/Shanghai' AS at_beijing, x.code, d.kind AS debit, dp.slug AS debit_participant,
        c.kind AS credit, cp.slug AS credit_participant, x.amount_fen AS amount_cny, x.trade_id AS trade, x.run_id AS run,
        x.corrects_id AS corrects
    FROM billing_transfer x JOIN billing_account d ON d.id = x.debit_account_id JOIN billing_account c ON c.id = x.credit_account_id
    LEFT JOIN matching_participant dp ON dp.id = d.participant_id LEFT JOIN matching_participant cp ON cp.id = c.participant_id
    WHERE {" AND ".join(limits)}
    """
    return Query(sql, parameters, "transfer")


TRANSFERS = Report(
    name="transfers",
    title_zh="分录",
    title="Transfers",
    lead_zh="已过账的分录，按其时间（北京）。",
    lead="Posted transfers, by their time (Beijing).",
    columns=lambda asked: TRANSFER_COLUMNS,
    query=transfers_query,
    chart=lambda asked: Chart("code", "amount_cny"),
    limits=(Limit.PERIOD, Limit.PARTICIPANT, Limit.KIND, Limit.CODE, Limit.RUN),
    is_recent=True,
)

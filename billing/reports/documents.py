"""What was issued: each invoice, statement and note with its period and its amounts; as a ZIP, the documents themselves."""

from __future__ import annotations

from billing.period import DATE_SQL
from billing.reports.asked import Asked
from billing.reports.frame import Chart, Column, Form, Limit, Opens, Query, Report

STATES = {
    "invoice": ("发票", "Invoices"),
    "statement": ("结算单", "Statements"),
    "fee": ("服务费发票", "Fee invoices"),
    "credit": ("贷项通知单", "Credit notes"),
    "debit": ("借项通知单", "Debit notes"),
}

_DOCUMENT = Opens("invoice", {"number": "number"}, is_report=False)
_CORRECTED = Opens("invoice", {"number": "corrects_number"}, is_report=False)


def columns(asked: Asked) -> tuple[Column, ...]:
    """Return the columns; amounts of one kind add up, those of all kinds stand on different sides."""
    adds = asked.state in STATES
    return (
        Column("number", "编号", "Number", opens=_DOCUMENT),
        Column("kind", "类型", "Kind", Form.WORD),
        Column("participant", "参与方", "Participant", Form.PARTICIPANT),
        Column("issued", "开具日", "Issued", Form.DAY),
        Column("from_day", "期间自", "From", Form.DAY),
        Column("to_day", "期间至", "To", Form.DAY),
        Column("net_cny", "未税金额", "Net", Form.FEN, adds=adds),
        Column("vat_cny", "增值税", "VAT", Form.FEN, adds=adds),
        Column("total_cny", "合计", "Total", Form.FEN, adds=adds, bar=True),
        Column("voucher_cny", "其中算力券", "Of it by voucher", Form.FEN, adds=adds, is_in_files_only=True),
        Column("corrects_number", "更正单据", "Corrects", opens=_CORRECTED),
        Column("fapiao", "数电票号码", "E-fapiao"),
        Column("check_code", "校验码", "Check", is_in_files_only=True),
    )


def query(asked: Asked) -> Query:
    """Return the SELECT of documents issued on the days asked for (Beijing)."""
    limits, parameters = ["i.issued_at >= %s", "i.issued_at < %s"], list[object](asked.moments)
    if asked.participant:
        limits.append("i.participant_id = %s")
        parameters.append(asked.participant.pk)
    if asked.state in STATES:
        limits.append("i.kind = %s")
        parameters.append(asked.state)
    sql = f"""
    SELECT i.number, i.kind, p.slug AS participant, (i.issued_at AT TIME ZONE 'Asia/Shanghai')::date AS issued,
        {DATE_SQL.format(hour="i.start")} AS from_day, {DATE_SQL.format(hour='i."end" - 1')} AS to_day,
        i.net_fen AS net_cny, i.vat_fen AS vat_cny, i.total_fen AS total_cny, i.voucher_fen AS voucher_cny,
        o.number AS corrects_number, f.number AS fapiao, i.check_code, i.id AS document, 1 AS documents
    FROM billing_invoice i JOIN matching_participant p ON p.id = i.participant_id
    LEFT JOIN billing_invoice o ON o.id = i.corrects_id LEFT JOIN billing_fapiao f ON f.invoice_id = i.id
    WHERE {" AND ".join(limits)}
    """
    return Query(sql, parameters, "number")


DOCUMENTS = Report(
    name="documents",
    title_zh="单据",
    title="Documents",
    lead_zh="每一张开具的发票、结算单和通知单，按开具日；ZIP 内是单据的 PDF 和目录。",
    lead="Each invoice, statement and note that was issued, by its day; a ZIP holds their PDFs and a list.",
    columns=columns,
    query=query,
    chart=lambda asked: Chart("issued", "total_cny" if asked.state in STATES else "documents", "kind"),
    limits=(Limit.PERIOD, Limit.PARTICIPANT, Limit.STATE),
    states=STATES,
    is_recent=True,
    document="document",
)

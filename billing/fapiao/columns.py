"""The columns of the file for the tax platform, by sheet: an invoice a row, then a line of an invoice a row."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import environ

from billing.books.amounts import plain_yuan
from billing.capitals import capital_amount
from billing.models import Invoice
from billing.parties import is_specimen
from billing.period import BEIJING, date_of

_env = environ.Env()

APPLICATION, NUMBER, ISSUED_ON, TOTAL = "申请号", "数电票号码", "开票日期", "价税合计（小写）"
"""The heads by which the file is known again when it comes back."""

CONFIRMATION = "红字信息确认单编号"
"""The platform's own number of a red letter, in its answer beside the number of the red 数电票."""

CAUSES = {
    Invoice.Cause.ERROR: "开票有误",
    Invoice.Cause.RETURN: "销货退回",
    Invoice.Cause.SUSPENDED: "服务中止",
    Invoice.Cause.ALLOWANCE: "销售折让",
}
"""冲红原因, as the platform names the four."""

Value = str | int | float


class Column(NamedTuple):
    """A column and how it reads an invoice, or a line of one; amounts are numbers in yuan."""

    head: str
    value: Callable[[Any], Value]


def _name(party: dict[str, str]) -> str:
    return party.get("legal_name") or party.get("name_zh") or party.get("name", "")


def _notes(invoice: Invoice) -> str:
    first, last = date_of(invoice.start), date_of(invoice.end - 1)
    period = f"所属期 {first} 至 {last}，校验 {invoice.check_code[:16]}"
    if invoice.voucher_fen:
        period += f"，其中算力券支付 {plain_yuan(invoice.voucher_fen)} 元"
    return f"样张，{period}" if is_specimen(invoice.seller) else period


def goods_code() -> str:
    """Return the 商品和服务税收编码 of our services from FAPIAO_GOODS_CODE; empty, to be filled in by hand, where not set."""
    return str(_env.str("FAPIAO_GOODS_CODE", default=""))


def _blue(note: Invoice) -> Invoice:
    assert note.corrects is not None
    return note.corrects


INVOICE_COLUMNS = (
    Column(APPLICATION, lambda i: i.number),
    Column("发票类型", lambda i: "增值税专用发票" if i.buyer.get("tax_id") else "普通发票"),
    Column("是否含税", lambda i: "否"),
    Column("购买方名称", lambda i: _name(i.buyer)),
    Column("购买方税号", lambda i: i.buyer.get("tax_id", "")),
    Column("购买方地址", lambda i: i.buyer.get("address", "")),
    Column("购买方开户行及账号", lambda i: i.buyer.get("bank_account", "")),
    Column("销售方名称", lambda i: _name(i.seller)),
    Column("销售方税号", lambda i: i.seller.get("tax_id", "")),
    Column("销售方地址", lambda i: i.seller.get("address", "")),
    Column("销售方开户行及账号", lambda i: i.seller.get("bank_account", "")),
    Column("合计金额", lambda i: i.net_fen / 100),
    Column("合计税额", lambda i: i.vat_fen / 100),
    Column(TOTAL, lambda i: i.total_fen / 100),
    Column("价税合计（大写）", lambda i: capital_amount(i.total_fen)),
    Column("申请日期", lambda i: f"{i.issued_at.astimezone(BEIJING):%Y-%m-%d}"),
    Column("备注", _notes),
    Column(NUMBER, lambda i: ""),  # for the platform to fill in
    Column(ISSUED_ON, lambda i: ""),
)

LINE_COLUMNS = (
    Column(APPLICATION, lambda line: line.invoice.number),
    Column("行号", lambda line: line.position),
    Column("项目名称", lambda line: line.item_zh),
    Column("商品和服务税收编码", lambda line: goods_code()),
    Column("规格型号", lambda line: line.specification),
    Column("单位", lambda line: "卡时" if line.is_compute else "项"),
    Column("数量", lambda line: line.quantity),
    Column("单价", lambda line: line.amount_fen / 100 / line.quantity),
    Column("金额", lambda line: line.amount_fen / 100),
    Column("税率", lambda line: line.invoice.vat_rate_bps / 10_000),
    Column("税额", lambda line: line.vat_fen / 100),
)

_PARTIES = tuple(column for column in INVOICE_COLUMNS if column.head.startswith(("购买方", "销售方")))

NOTE_COLUMNS = (
    Column(APPLICATION, lambda n: n.number),
    Column(CONFIRMATION, lambda n: ""),  # for the platform to fill in
    Column("对应蓝字发票号码", lambda n: _blue(n).fapiao.number),
    Column("对应蓝字开票日期", lambda n: f"{_blue(n).fapiao.issued_on:%Y-%m-%d}"),
    Column("对应蓝字申请号", lambda n: _blue(n).number),
    Column("冲红原因", lambda n: CAUSES[n.cause]),
    *_PARTIES,
    Column("合计金额", lambda n: -n.net_fen / 100),
    Column("合计税额", lambda n: -n.vat_fen / 100),
    Column(TOTAL, lambda n: -n.total_fen / 100),
    Column("价税合计（大写）", lambda n: f"（负数）{capital_amount(n.total_fen)}"),
    Column("申请日期", lambda n: f"{n.issued_at.astimezone(BEIJING):%Y-%m-%d}"),
    Column("备注", lambda n: n.reason),
    Column(NUMBER, lambda n: ""),
    Column(ISSUED_ON, lambda n: ""),
)
"""A red letter a row: every amount is negative, as the platform has it."""

_NEGATIVE = ("数量", "金额", "税额")


def _negated(column: Column) -> Column:
    return Column(column.head, lambda line: -column.value(line))  # type: ignore[operator]  # a number


NOTE_LINE_COLUMNS = tuple(_negated(column) if column.head in _NEGATIVE else column for column in LINE_COLUMNS)

"""Statements as CSV: the columns that Chinese banks' downloads have, or English ones."""

from __future__ import annotations

from collections.abc import Mapping

from django.utils.translation import gettext as _

from billing.bank.statement import (
    CURRENCY,
    BalanceDiffers,
    NothingMoved,
    ReferenceMissing,
    Statement,
    StatementLine,
    WrongCurrency,
)
from billing.sheets import LineError, LinesRefused, Row, day_of, fen_of, read_sheet

HEADS = {
    "day": ("交易日期", "记账日期", "Date"),
    "reference": ("流水号", "交易流水号", "Reference"),
    "amount": ("金额", "交易金额", "Amount"),
    "credit": ("收入", "贷方金额", "贷方发生额", "Credit"),
    "debit": ("支出", "借方金额", "借方发生额", "Debit"),
    "balance": ("余额", "账户余额", "Balance"),
    "currency": ("币种", "Currency"),
    "counterparty": ("对方户名", "Counterparty"),
    "counterparty_account": ("对方账号", "Counterparty account"),
    "text": ("摘要", "附言", "Text"),
}
"""What a column may be called; `amount` is signed, or `credit` and `debit` stand apart."""

YUAN = {"", CURRENCY, "RMB", "人民币", "元"}


def read_csv(content: bytes) -> Statement:
    """Read a statement in UTF-8 or GB 18030; raises a SheetError, LinesRefused with every fault."""
    sheet = read_sheet(content, heads=HEADS, required=("day", "reference"))
    if not {"credit", "debit"} <= sheet.columns:
        read_sheet(content, heads=HEADS, required=("amount",))
    lines: list[StatementLine] = []
    errors: list[tuple[int, LineError]] = []
    balance: int | None = None
    opening: int | None = None
    for row in sheet.rows:
        try:
            line = _line(row)
            if "balance" in sheet.columns:
                after = fen_of(row.cells["balance"])
                if balance is not None and balance + line.amount_fen != after:
                    balance = after
                    raise BalanceDiffers(_("The balance after this line does not follow from the one before."))
                opening = after - line.amount_fen if opening is None else opening
                balance = after
        except LineError as error:
            errors.append((row.line, error))
        else:
            lines.append(line)
    if errors:
        raise LinesRefused(errors)
    return Statement(lines=lines, opening_fen=opening, closing_fen=balance)


def _line(row: Row) -> StatementLine:
    cells = row.cells
    if cells.get("currency", "").upper() not in YUAN:
        raise WrongCurrency(_("The line is in %(currency)s; the account is in yuan.") % {"currency": cells["currency"]})
    if not cells["reference"]:
        raise ReferenceMissing(_("The line has no number of the bank's."))
    amount_fen = _amount(cells)
    if amount_fen == 0:
        raise NothingMoved(_("The line moves nothing."))
    return StatementLine(
        line=row.line,
        reference=cells["reference"][:100],
        booked_on=day_of(cells["day"]),
        amount_fen=amount_fen,
        counterparty=cells.get("counterparty", "")[:200],
        counterparty_account=cells.get("counterparty_account", "")[:120],
        text=cells.get("text", "")[:500],
    )


def _amount(cells: Mapping[str, str]) -> int:
    if "amount" in cells:
        return fen_of(cells["amount"])
    credit, debit = (fen_of(cells[name]) if cells[name] else 0 for name in ("credit", "debit"))
    if credit < 0 or debit < 0 or (credit and debit):
        raise NothingMoved(_("Either money came in or it went out, above 0. The line says both or less."))
    return credit - debit

"""A batch as the file that a bank's batch payment takes."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from io import StringIO

from billing.models import Payout, PayoutBatch
from billing.payouts.batches import payouts_of

COLUMNS = ("序号 No", "收款户名 Payee", "收款账号 Account", "金额 Amount CNY", "用途 Purpose", "我方编号 Our number")


def bank_file(batch: PayoutBatch) -> Iterator[str]:
    """Yield the lines of a batch as CSV with a byte order mark, amounts in yuan with two decimals."""
    yield "\ufeff" + _line(COLUMNS)
    for place, payout in enumerate(payouts_of([batch.pk]), start=1):
        yield _line(_cells(place, payout))


def _cells(place: int, payout: Payout) -> tuple[object, ...]:
    amount = f"{payout.amount_fen // 100}.{payout.amount_fen % 100:02}"
    # A leading tab keeps spreadsheets from rounding a long account number.
    return place, payout.payee, f"\t{payout.bank_account}", amount, "算力交易结算款", f"P{payout.pk}"


def _line(cells: tuple[object, ...]) -> str:
    out = StringIO()
    csv.writer(out).writerow(cells)
    return out.getvalue()

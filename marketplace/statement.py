"""A participant's statement: what moved on its account, by Beijing day and kind of movement, with the balance after."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db import connection
from django.utils.translation import gettext as _

from billing.models import Account, Transfer

DAYS = 31
"""Days a page shows."""

MOVEMENTS = """
    WITH moved AS (
        SELECT (t.at AT TIME ZONE 'Asia/Shanghai')::date AS day, t.code,
               CASE WHEN t.credit_account_id = %(account)s THEN t.amount_fen ELSE -t.amount_fen END AS amount_fen
        FROM billing_transfer t
        WHERE (t.debit_account_id = %(account)s OR t.credit_account_id = %(account)s) AND t.phase IN ('posted', 'post')
    ), lines AS (
        SELECT day, code, count(*) AS moves, sum(amount_fen)::bigint AS amount_fen
        FROM moved WHERE amount_fen <> 0 GROUP BY day, code
    ), balances AS (
        SELECT *, (sum(amount_fen) OVER (ORDER BY day, code))::bigint AS balance_fen, dense_rank() OVER (ORDER BY day DESC) AS age
        FROM lines WHERE %(before)s::date IS NULL OR day < %(before)s
    )
    SELECT day, code, moves, amount_fen, balance_fen FROM balances WHERE age <= %(days)s ORDER BY day DESC, code DESC
"""


@dataclass(frozen=True, slots=True)
class StatementLine:
    """The movements of one kind on one Beijing day; a credit is positive, in fen."""

    day: date
    code: str
    moves: int
    amount_fen: int
    balance_fen: int  # after it

    @property
    def text(self) -> str:
        """What moved, in words."""
        words = {
            Transfer.Code.TOP_UP: _("Paid in"),
            Transfer.Code.TRADE: _("Compute delivered, with fees"),
            Transfer.Code.TRADE_VAT: _("VAT on compute delivered"),
            Transfer.Code.SETTLEMENT: _("Compute you sold, delivered, less fees"),
            Transfer.Code.SHORTFALL: _("Shortfall corrected by a later reading"),
            Transfer.Code.MAKE_GOOD: _("Made good: compute not delivered"),
            Transfer.Code.DISPUTE: _("Disputed delivery released"),
            Transfer.Code.OFFSET: _("Shortfall or dispute taken off"),
            Transfer.Code.PAYOUT: _("Paid out to your bank"),
            Transfer.Code.CREDIT_NOTE: _("Credit note"),
            Transfer.Code.VOUCHER: _("Paid by your vouchers"),
        }
        return words.get(Transfer.Code(self.code), self.code)


def balance_bars(lines: Sequence[StatementLine]) -> dict[str, Any] | None:
    """What <report-chart> draws of lines, newest first: the balance in yuan at the end of each day; None for a single day."""
    ends: dict[date, int] = {}
    for line in lines:
        ends.setdefault(line.day, line.balance_fen)
    if len(ends) < 2:
        return None
    days = sorted(ends)
    values = [ends[day] / 100 for day in days]
    return {
        "days": True,
        "money": True,
        "labels": [day.isoformat() for day in days],
        "series": [{"name": _("Balance, ¥"), "colour": "c1", "values": values}],
    }


def statement_of(*, participant_id: int, kind: Account.Kind, before: date | None = None) -> list[StatementLine]:
    """The newest days below `before`, newest first; two statements."""
    account = Account.objects.filter(participant_id=participant_id, kind=kind).values_list("pk", flat=True).first()
    if account is None:
        return []
    with connection.cursor() as cursor:
        cursor.execute(MOVEMENTS, {"account": account, "before": before, "days": DAYS})
        return [StatementLine(*row) for row in cursor]

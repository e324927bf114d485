"""The ledger as a journal: opening balances, entries day by day, and the balances that must come out."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any

from django.db import connection

from billing.books.chart import Chart
from billing.models import Account, Transfer
from billing.period import date_of, first_hour_of
from matching.hours import moment_of

READ_ROWS = 5000

_WORDS = {
    Transfer.Code.TOP_UP: "充值 Top-up",
    Transfer.Code.TRADE: "成交价款与服务费 Trade value and buyer's fee",
    Transfer.Code.TRADE_VAT: "成交税额 VAT on trades",
    Transfer.Code.SETTLEMENT: "交付结算 Settlement of delivered hours",
    Transfer.Code.FEE: "平台服务费 Exchange fees",
    Transfer.Code.VAT: "增值税 VAT",
    Transfer.Code.SHORTFALL: "交付短缺 Shortfall charged",
    Transfer.Code.MAKE_GOOD: "短缺补偿 Shortfall made good",
    Transfer.Code.DISPUTE: "争议款项 Disputed deliveries",
    Transfer.Code.OFFSET: "欠款抵扣 Debt paid",
    Transfer.Code.WRITE_OFF: "坏账核销 Bad debts written off",
    Transfer.Code.PAYOUT: "付款给提供方 Payout",
    Transfer.Code.CREDIT_NOTE: "贷项通知单 Credit notes",
    Transfer.Code.VOUCHER: "算力券支付 Paid by voucher",
    Transfer.Code.SPONSOR: "算力券资助方付款 Sponsor's payment",
}


class Detail(StrEnum):
    """How finely entries are written."""

    DAY = "day"  # one a Beijing day, kind of transfer and pair of accounts
    TRANSFER = "transfer"  # one a transfer


@dataclass(frozen=True, kw_only=True, slots=True)
class BookAccount:
    """One of our accounts under its name in the chart."""

    name: str
    code: str
    title: str
    participant: str  # slug; empty for the exchange's own
    payee: str  # the participant's name


@dataclass(frozen=True, kw_only=True, slots=True)
class Entry:
    """Money from the credited to the debited account; `transfers` of the ledger, with ids from `first_id` to `last_id`."""

    day: date
    code: str
    debit: BookAccount
    credit: BookAccount
    amount_fen: int
    transfers: int
    first_id: int
    last_id: int

    @property
    def words(self) -> str:
        """What moved, in both languages."""
        return _WORDS.get(Transfer.Code(self.code), self.code)

    @property
    def payee(self) -> str:
        """Whom it concerns."""
        return self.debit.payee or self.credit.payee


@dataclass(frozen=True, kw_only=True, slots=True)
class Journal:
    """What a format writes. Balances are debits less credits in fen, by account name, accounts that never moved left out."""

    currency: str
    first: date  # the day of the opening balances
    last: date  # the last day written
    accounts: Mapping[str, BookAccount]  # by name, sorted
    opening: Mapping[str, int]
    entries: Iterator[Entry]
    closing: Mapping[str, int]


# The accounts' kept balances, not a sum of what is written: the file asserts the ledger, not itself.
_KEPT = "SELECT id, debits_posted - credits_posted FROM billing_account WHERE debits_posted > 0 OR credits_posted > 0"

_MOVED_BEFORE = """
SELECT account_id, sum(amount_fen)::bigint FROM (
    SELECT debit_account_id AS account_id, amount_fen, at, phase FROM billing_transfer
    UNION ALL
    SELECT credit_account_id, -amount_fen, at, phase FROM billing_transfer
) AS side
WHERE phase IN ('posted', 'post') AND at < %s
GROUP BY account_id
"""

_ENTRIES = """
SELECT (at AT TIME ZONE 'Asia/Shanghai')::date AS day, code, debit_account_id, credit_account_id,
    sum(amount_fen)::bigint, count(*), min(id), max(id)
FROM billing_transfer
WHERE phase IN ('posted', 'post') AND amount_fen > 0 AND at >= %s AND at < %s
GROUP BY day, code, debit_account_id, credit_account_id{detail}
ORDER BY day, min(id)
"""

_DAYS = """
SELECT (min(at) AT TIME ZONE 'Asia/Shanghai')::date, (max(at) AT TIME ZONE 'Asia/Shanghai')::date
FROM billing_transfer WHERE phase IN ('posted', 'post')
"""


def read_journal(*, chart: Chart, detail: Detail, first: date | None, last: date | None) -> Journal:
    """Read the posted transfers of the Beijing days `[first, last]`; entries are read while they are taken."""
    ((ledger_first, ledger_last),) = _rows(_DAYS)
    begin = first or ledger_first or last or date_of(0)
    end = max(begin, last or ledger_last or begin)
    accounts = _accounts(chart)
    opening = _rows(_MOVED_BEFORE, [_midnight(begin)]) if first else []
    closing = _rows(_MOVED_BEFORE, [_midnight(end + timedelta(days=1))]) if last else _rows(_KEPT)
    moved = {accounts[pk].name: accounts[pk] for pk, _balance in (*opening, *closing)}
    return Journal(
        currency=chart.currency,
        first=begin,
        last=end,
        accounts=dict(sorted(moved.items())),
        opening=_by_name(accounts, opening),
        entries=_entries(accounts, detail, begin, end),
        closing=_by_name(accounts, closing),
    )


def _accounts(chart: Chart) -> dict[int, BookAccount]:
    rows = Account.objects.values_list(
        "pk", "kind", "participant_id", "participant__slug", "participant__name_zh", "participant__name"
    )
    return {
        pk: BookAccount(
            name=chart.account_name(kind=kind, participant_id=participant_id, slug=slug),
            code=chart.lines[kind].code,
            title=chart.lines[kind].name,
            participant=slug or "",
            payee=name_zh or name or "",
        )
        for pk, kind, participant_id, slug, name_zh, name in rows
    }


def _by_name(accounts: Mapping[int, BookAccount], balances: list[tuple[Any, ...]]) -> dict[str, int]:
    """Add up what shares a name, sorted."""
    sums: dict[str, int] = defaultdict(int)
    for pk, balance_fen in balances:
        sums[accounts[pk].name] += int(balance_fen)
    return dict(sorted(sums.items()))


def _entries(accounts: Mapping[int, BookAccount], detail: Detail, first: date, last: date) -> Iterator[Entry]:
    statement = _ENTRIES.format(detail=", id" if detail is Detail.TRANSFER else "")
    with connection.chunked_cursor() as cursor:
        cursor.execute(statement, [_midnight(first), _midnight(last + timedelta(days=1))])
        while rows := cursor.fetchmany(READ_ROWS):
            for day, code, debit_id, credit_id, amount_fen, transfers, first_id, last_id in rows:
                yield Entry(
                    day=day,
                    code=code,
                    debit=accounts[debit_id],
                    credit=accounts[credit_id],
                    amount_fen=amount_fen,
                    transfers=transfers,
                    first_id=first_id,
                    last_id=last_id,
                )


def _midnight(day: date) -> datetime:
    return moment_of(first_hour_of(day))


def _rows(statement: str, parameters: list[Any] | None = None) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        return list(cursor.fetchall())

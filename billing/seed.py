"""What billing cannot work without: the exchange's own accounts, the transfer rules and default rates, made after every migrate."""

from __future__ import annotations

from django.db import connection

from billing.models import Account, Rate, Transfer, TransferRule

DEFAULT_BPS = {Rate.Kind.TAKER_FEE: 60, Rate.Kind.MAKER_FEE: 20, Rate.Kind.PENALTY: 1000, Rate.Kind.VAT: 600}
"""Buyers' and sellers' fees as in the fee schedule; a tenth of what was not delivered as penalty; VAT on modern
services in China, 6 % (财税〔2016〕36号)."""

EXCHANGE_KINDS = (
    Account.Kind.CLEARING,
    Account.Kind.DISPUTED,
    Account.Kind.FEES,
    Account.Kind.ALLOWANCES,
    Account.Kind.VAT,
    Account.Kind.BANK,
    Account.Kind.PROCESSOR,
    Account.Kind.BAD_DEBT,
)

_KIND, _CODE = Account.Kind, Transfer.Code

ALLOWED_PAIRS = (
    (_CODE.TOP_UP, _KIND.BANK, _KIND.FUNDS),
    (_CODE.TOP_UP, _KIND.PROCESSOR, _KIND.FUNDS),
    (_CODE.BID_HOLD, _KIND.FUNDS, _KIND.OBLIGATIONS),
    (_CODE.TRADE, _KIND.FUNDS, _KIND.OBLIGATIONS),
    (_CODE.TRADE_VAT, _KIND.FUNDS, _KIND.OBLIGATIONS),
    (_CODE.SETTLEMENT, _KIND.OBLIGATIONS, _KIND.CLEARING),
    (_CODE.SETTLEMENT, _KIND.CLEARING, _KIND.PAYABLE),
    (_CODE.FEE, _KIND.CLEARING, _KIND.FEES),
    (_CODE.VAT, _KIND.OBLIGATIONS, _KIND.VAT),
    (_CODE.SHORTFALL, _KIND.RECEIVABLE, _KIND.CLEARING),
    (_CODE.SHORTFALL, _KIND.CLEARING, _KIND.PAYABLE),
    (_CODE.MAKE_GOOD, _KIND.CLEARING, _KIND.FUNDS),
    (_CODE.MAKE_GOOD, _KIND.RECEIVABLE, _KIND.CLEARING),
    (_CODE.MAKE_GOOD, _KIND.FEES, _KIND.CLEARING),
    (_CODE.MAKE_GOOD, _KIND.CLEARING, _KIND.FEES),
    (_CODE.MAKE_GOOD, _KIND.VAT, _KIND.CLEARING),
    (_CODE.MAKE_GOOD, _KIND.CLEARING, _KIND.VAT),
    (_CODE.DISPUTE, _KIND.RECEIVABLE, _KIND.DISPUTED),
    (_CODE.DISPUTE, _KIND.DISPUTED, _KIND.PAYABLE),
    (_CODE.OFFSET, _KIND.PAYABLE, _KIND.RECEIVABLE),
    (_CODE.OFFSET, _KIND.FUNDS, _KIND.RECEIVABLE),
    (_CODE.WRITE_OFF, _KIND.BAD_DEBT, _KIND.FUNDS),
    (_CODE.PAYOUT, _KIND.PAYABLE, _KIND.BANK),
    (_CODE.CREDIT_NOTE, _KIND.ALLOWANCES, _KIND.FUNDS),
    (_CODE.CREDIT_NOTE, _KIND.FEES, _KIND.FUNDS),
    (_CODE.CREDIT_NOTE, _KIND.VAT, _KIND.FUNDS),
    (_CODE.CREDIT_NOTE, _KIND.FEES, _KIND.PAYABLE),
    (_CODE.CREDIT_NOTE, _KIND.PAYABLE, _KIND.ALLOWANCES),
    (_CODE.CREDIT_NOTE, _KIND.RECEIVABLE, _KIND.ALLOWANCES),
    (_CODE.CREDIT_NOTE, _KIND.RECEIVABLE, _KIND.FEES),
    (_CODE.CREDIT_NOTE, _KIND.RECEIVABLE, _KIND.VAT),
)
"""Which code may move money from which kind of account to which; a correction may also move it back."""


def seed_billing(**_: object) -> None:
    """Open the exchange's accounts, enter allowed pairs, and a default rate of each kind that has none; rerunnable.

    Does nothing while the tables are not there (migrating backwards, or one other app alone).
    """
    tables = {model._meta.db_table for model in (Account, Rate, TransferRule)}
    if not tables <= set(connection.introspection.table_names()):
        return
    Account.objects.bulk_create([Account(kind=kind) for kind in EXCHANGE_KINDS], ignore_conflicts=True)
    TransferRule.objects.bulk_create(
        [TransferRule(code=code, debit_kind=debit, credit_kind=credit) for code, debit, credit in ALLOWED_PAIRS],
        ignore_conflicts=True,
    )
    existing = set(Rate.objects.values_list("kind", flat=True))
    Rate.objects.bulk_create(
        [Rate(kind=kind, bps=bps) for kind, bps in DEFAULT_BPS.items() if kind.value not in existing],
        ignore_conflicts=True,
    )

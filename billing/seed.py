"""What billing cannot work without: the exchange's own accounts, the transfer rules and default rates, made after every migrate."""

from __future__ import annotations

from django.db import connection

from billing.models import Account, FeeSchedule, Rate, TaxCode, Transfer, TransferRule

TAKER_FEE_BPS, MAKER_FEE_BPS = 60, 20
"""Fees whatever the volume, until a schedule is entered."""

DEFAULT_BPS = (
    (Rate.Kind.PENALTY, "", 1000),
    (Rate.Kind.VAT, TaxCode.SERVICES, 600),
    (Rate.Kind.VAT, TaxCode.EXPORT, 0),
)
"""A tenth of what was not delivered as penalty; VAT on modern services in China, 6 %, none on those used abroad
(财税〔2016〕36号, annexes 1 and 4)."""

EXCHANGE_KINDS = (
    Account.Kind.CLEARING,
    Account.Kind.DISPUTED,
    Account.Kind.FEES,
    Account.Kind.ALLOWANCES,
    Account.Kind.VAT,
    Account.Kind.SUBSIDY,
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
    (_CODE.VOUCHER, _KIND.SUBSIDY, _KIND.FUNDS),
    (_CODE.VOUCHER, _KIND.RECEIVABLE, _KIND.SUBSIDY),
    (_CODE.VOUCHER, _KIND.FUNDS, _KIND.SUBSIDY),
    (_CODE.SPONSOR, _KIND.BANK, _KIND.SUBSIDY),
)
"""Which code may move money from which kind of account to which; a correction may also move it back."""


def seed_billing(**_: object) -> None:
    """Open the exchange's accounts, enter allowed pairs, and a default rate of each kind that has none; rerunnable.

    Does nothing while the tables are not there (migrating backwards, or one other app alone).
    """
    tables = {model._meta.db_table for model in (Account, FeeSchedule, Rate, TransferRule)}
    if not tables <= set(connection.introspection.table_names()):
        return
    Account.objects.bulk_create([Account(kind=kind) for kind in EXCHANGE_KINDS], ignore_conflicts=True)
    TransferRule.objects.bulk_create(
        [TransferRule(code=code, debit_kind=debit, credit_kind=credit) for code, debit, credit in ALLOWED_PAIRS],
        ignore_conflicts=True,
    )
    existing = set(Rate.objects.values_list("kind", "tax_code"))
    Rate.objects.bulk_create(
        [Rate(kind=kind, tax_code=code, bps=bps) for kind, code, bps in DEFAULT_BPS if (kind, code) not in existing]
    )
    if not FeeSchedule.objects.filter(participant=None).exists():
        FeeSchedule.objects.create(tier_volumes_fen=[0], maker_fee_bps=[MAKER_FEE_BPS], taker_fee_bps=[TAKER_FEE_BPS])

"""What billing cannot work without: the exchange's own accounts and default rates, made after every migrate."""

from __future__ import annotations

from django.db import connection

from billing.models import Account, Rate

DEFAULT_BPS = {Rate.Kind.TAKER_FEE: 60, Rate.Kind.MAKER_FEE: 20, Rate.Kind.VAT: 600}
"""Buyers' and sellers' fees as in the fee schedule; VAT on modern services in China, 6 % (财税〔2016〕36号)."""

EXCHANGE_KINDS = (Account.Kind.CLEARING, Account.Kind.FEES, Account.Kind.VAT, Account.Kind.BANK)


def seed_billing(**_: object) -> None:
    """Open the exchange's accounts, and enter a default rate of each kind that has none; rerunnable.

    Does nothing while the tables are not there (migrating backwards, or one other app alone).
    """
    if not {Account._meta.db_table, Rate._meta.db_table} <= set(connection.introspection.table_names()):
        return
    Account.objects.bulk_create([Account(kind=kind) for kind in EXCHANGE_KINDS], ignore_conflicts=True)
    existing = set(Rate.objects.values_list("kind", flat=True))
    Rate.objects.bulk_create(
        [Rate(kind=kind, bps=bps) for kind, bps in DEFAULT_BPS.items() if kind.value not in existing],
        ignore_conflicts=True,
    )

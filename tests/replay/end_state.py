"""Everything that matching, billing and offers have stored, written so that two runs can be compared.

Ids that PostgreSQL counts up also when a transaction is lost (trades', order events', transfers') are replaced by what
the row says, and a transfer's seal, which is made of them, is left out; everything else, times included, stays as it is.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.apps import apps
from django.db import models

from billing.models import InvoiceLine, Obligation, SettlementLine, Transfer
from matching.models import Command, EventNumber, Lease, LeaseHolder, MarketEvent, OrderEvent, Trade

COUNTED = (Trade, OrderEvent, Transfer, SettlementLine, InvoiceLine, Command)
WHO_PLAYED = (Lease, LeaseHolder)
HOW_CUT = (MarketEvent, EventNumber)
"""A batch tells each level once, so public events depend on how the inbox was cut; `verify` holds them against the rest."""
HOUSES = ("matching", "billing", "offers")


CURSORS = {"seal", "last_trade_id", "counted_to"}
"""What names rows by ids that depend on what was undone in between."""


def end_state() -> dict[str, list[tuple[Any, ...]]]:
    """Return the rows of every table, sorted."""
    names: dict[type[models.Model], Callable[[Any], Any]] = {}
    trades = {trade.pk: (trade.market_id, trade.sequence, trade.ordinal) for trade in Trade.objects.all()}
    names[Trade] = names[Obligation] = trades.__getitem__
    names[Transfer] = _transfer_names(trades).__getitem__
    return {
        model._meta.label: sorted((_row(item, names) for item in model._default_manager.all()), key=repr)
        for house in HOUSES
        for model in apps.get_app_config(house).get_models()
        if model not in (*WHO_PLAYED, *HOW_CUT)
    }


def _row(item: models.Model, names: dict[type[models.Model], Callable[[Any], Any]]) -> tuple[Any, ...]:
    return tuple(
        (field.name, _value(item, field, names))
        for field in item._meta.concrete_fields
        if not (field.primary_key and isinstance(item, COUNTED)) and field.name not in CURSORS
    )


def _value(item: models.Model, field: models.Field[Any, Any], names: dict[type[models.Model], Any]) -> Any:
    value = getattr(item, field.attname)
    name = names.get(field.related_model) if isinstance(field.related_model, type) else None
    return value if name is None or value is None else name(value)


def _transfer_names(trades: dict[int, tuple[int, int, int]]) -> dict[int, tuple[Any, ...]]:
    """Name a transfer by what it moves, for whom and why; one that ends another, by that one too."""
    named: dict[int, tuple[Any, ...]] = {}
    for transfer in Transfer.objects.order_by("id"):
        named[transfer.pk] = (
            transfer.code,
            transfer.phase,
            transfer.debit_account_id,
            transfer.credit_account_id,
            transfer.amount_fen,
            transfer.order_id,
            trades.get(transfer.trade_id or 0),
            transfer.participant_id,
            transfer.at,
            None if transfer.pending_id is None else named[transfer.pending_id],
        )
    return named

"""What an order's fills cost or bring, and what is still held for it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils import timezone

from billing.models import Obligation
from billing.quote import current_rates
from billing.rounding import share_half_up
from matching.engine.dtypes import Side
from matching.models import Order, Trade


@dataclass(frozen=True, slots=True)
class OrderCosts:
    """Amounts in fen; `vat_fen` is what the fills add to the buyer's VAT, which is rounded once an invoice period."""

    value_fen: int
    fee_fen: int
    vat_fen: int
    vat_bps: int
    held_fen: int
    unit_fen: int  # worst case of one accelerator-hour, 0 without a hold
    open_accelerator_hours: int

    @property
    def total_fen(self) -> int:
        return self.value_fen + self.fee_fen + self.vat_fen

    @property
    def received_fen(self) -> int:
        """What a seller gets: the value less the fee."""
        return self.value_fen - self.fee_fen


def costs_of(order: Order, trades: Sequence[Trade]) -> OrderCosts:
    """Sum the order's trades at the fee rates they were cleared at (at today's while they are not yet cleared)."""
    rates = current_rates(now=timezone.now(), participant_id=order.participant_id)
    is_bid = order.side == Side.BID
    column = "buyer_fee_bps" if is_bid else "seller_fee_bps"
    cleared = dict(Obligation.objects.filter(trade__in=trades).values_list("trade_id", column))
    fee_fen = 0
    for trade in trades:
        today_bps = rates.taker_fee_bps if trade.taker_side == order.side else rates.maker_fee_bps
        fee_fen += share_half_up(amount_fen=trade.value_fen, bps=cleared.get(trade.pk, today_bps))
    value_fen = sum(trade.value_fen for trade in trades)
    hold = getattr(order, "hold", None)
    return OrderCosts(
        value_fen=value_fen,
        fee_fen=fee_fen,
        vat_fen=share_half_up(amount_fen=value_fen + fee_fen, bps=rates.vat_bps) if is_bid else 0,
        vat_bps=rates.vat_bps,
        held_fen=hold.pending.amount_fen if hold else 0,
        unit_fen=hold.unit_fen if hold else 0,
        open_accelerator_hours=hold.accelerator_hours if hold else 0,
    )

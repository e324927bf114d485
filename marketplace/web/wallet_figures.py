"""A wallet in numbers: what is available, and what is held for which reason, adding up to the ledger's balance."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Count, F, Sum

from billing.models import Account, Hold, Obligation, VatPeriod
from matching.models import Order

SHOWN = 25


@dataclass(frozen=True, slots=True)
class Balance:
    """The participant's funds, in fen."""

    funds_fen: int  # paid in and not spent
    held_fen: int
    payable_fen: int  # what the exchange owes it for delivered compute
    credit_fen: int = 0  # the limit of its credit
    is_stopped: bool = False  # a final notice has stopped new bids

    @property
    def available_fen(self) -> int:
        """What new bids may hold: balance and credit less what is held."""
        return self.funds_fen - self.held_fen + self.credit_fen

    @property
    def credit_used_fen(self) -> int:
        """How much of the credit is held or owed."""
        return max(0, self.held_fen - self.funds_fen)


@dataclass(frozen=True, slots=True)
class HeldFor:
    """Money held for one order: its open part, or what it bought and has not been delivered."""

    order: Order
    amount_fen: int
    accelerator_hours: int
    unit_fen: int | None = None  # the worst case of one accelerator-hour, of an open bid


@dataclass(frozen=True, slots=True)
class Reason:
    """One reason for which money is held: the sum, and the largest orders behind it."""

    amount_fen: int
    count: int
    orders: tuple[HeldFor, ...] = ()

    @property
    def others(self) -> int:
        """Orders beyond those listed."""
        return self.count - len(self.orders)


@dataclass(frozen=True, slots=True)
class Held:
    """Everything that is held, by reason."""

    bids: Reason
    undelivered: Reason
    vat: Reason

    @property
    def total_fen(self) -> int:
        return self.bids.amount_fen + self.undelivered.amount_fen + self.vat.amount_fen


def balance_of(participant_id: int) -> Balance:
    """Read the accounts; zeros before the first movement."""
    accounts = {a.kind: a for a in Account.objects.filter(participant_id=participant_id)}
    funds, payable = accounts.get(Account.Kind.FUNDS), accounts.get(Account.Kind.PAYABLE)
    return Balance(
        funds_fen=funds.credits_posted - funds.debits_posted if funds else 0,
        held_fen=funds.debits_pending if funds else 0,
        payable_fen=payable.available_fen if payable else 0,
        credit_fen=funds.credit_fen if funds else 0,
        is_stopped=funds is not None and funds.bids_stopped_at is not None,
    )


def held_of(participant_id: int) -> Held:
    """Explain what is held; six statements, however many orders."""
    return Held(bids=_open_bids(participant_id), undelivered=_undelivered(participant_id), vat=_vat(participant_id))


def _open_bids(participant_id: int) -> Reason:
    holds = Hold.objects.filter(order__participant_id=participant_id)
    sums = holds.aggregate(fen=Sum("pending__amount_fen"), count=Count("pk"))
    rows = holds.select_related("order__market__compute_class", "order__market__hub", "pending")
    orders = tuple(
        HeldFor(hold.order, hold.pending.amount_fen, hold.accelerator_hours, hold.unit_fen)
        for hold in rows.order_by("-pending__amount_fen", "-order_id")[:SHOWN]
    )
    return Reason(sums["fen"] or 0, sums["count"], orders)


def _undelivered(participant_id: int) -> Reason:
    unsettled = Obligation.objects.unsettled().filter(buyer_id=participant_id)
    sums = unsettled.aggregate(fen=Sum("pending__amount_fen"), count=Count("bid", distinct=True))
    left = (F("start") + F("hours") - F("settled_until")) * F("quantity")
    rows = list(
        unsettled.values("bid")
        .annotate(fen=Sum("pending__amount_fen"), accelerator_hours=Sum(left))
        .order_by("-fen", "-bid")[:SHOWN]
    )
    bids = Order.objects.select_related("market__compute_class", "market__hub").order_by()
    by_id = bids.in_bulk([row["bid"] for row in rows])
    orders = tuple(HeldFor(by_id[row["bid"]], row["fen"], row["accelerator_hours"]) for row in rows)
    return Reason(sums["fen"] or 0, sums["count"], orders)


def _vat(participant_id: int) -> Reason:
    periods = VatPeriod.objects.filter(participant_id=participant_id, pending__isnull=False)
    sums = periods.aggregate(fen=Sum("pending__amount_fen"), count=Count("pk"))
    return Reason(sums["fen"] or 0, sums["count"])

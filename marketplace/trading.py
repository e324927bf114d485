"""Where money and matching meet: reserve what an order needs and place it, in one database transaction."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TypeAlias

from django.db import IntegrityError, transaction

from billing.funds import money_for_bids
from billing.holds import (
    BiddingStopped,
    HoldRequest,
    InsufficientFunds,
    Reserved,
    UnableToHold,
    insert_holds,
    reserve_funds,
)
from billing.quote import Quote, Rates, current_rates, hold_unit_fen, quote_fills
from billing.replace_holds import BidReplace, PlannedHold, insert_replace_holds, reserve_replaces
from billing.vouchers.preview import expected_payment_fen
from matching.capacity import commit_capacity, commit_raises
from matching.engine.dtypes import Side
from matching.entry import CheckedOrder, OrderRequest, UnableToPlaceOrder, check_orders
from matching.inbox import check_room
from matching.insertion import insert_orders
from matching.preview import Preview
from matching.preview import preview_order as preview_fills
from matching.replace import CheckedReplace, ReplaceRefusal, ReplaceRequest, check_replaces, insert_replaces

Verdict: TypeAlias = int | UnableToPlaceOrder | UnableToHold
"""An order's id, or why it was not placed."""

ReplaceVerdict: TypeAlias = CheckedReplace | ReplaceRefusal | UnableToHold
"""A replace that is on its way to the matcher, or why it is not."""


@dataclass(frozen=True, kw_only=True, slots=True)
class TicketPreview:
    """What an order would do and cost if it were placed now; nothing is reserved."""

    preview: Preview  # what would fill at once, or why not
    rates: Rates
    quote: Quote  # of what would fill at once: value, fee, VAT, total
    hold_fen: int  # set aside when placed: the worst case of the whole bid; 0 for an ask
    voucher_fen: (
        int  # what vouchers pay at delivery of what fills at once, or, where nothing does, of all of it at its limit
    )
    available_fen: int | None  # before the hold; None for a visitor who is not signed in
    error: UnableToPlaceOrder | UnableToHold | None  # why it would be refused

    @property
    def released_fen(self) -> int:
        """What comes back at once of the hold if it fills as previewed."""
        return max(self.hold_fen - self.quote.total_fen, 0) if self.preview.fills else 0


@dataclass(frozen=True, kw_only=True, slots=True)
class ReplacePreview:
    """What a replace would do if it were asked for now; nothing is reserved."""

    replace: CheckedReplace | None
    error: ReplaceVerdict | None  # why it would be refused
    extra_fen: int  # held in addition at once
    released_fen: int  # comes back when it has been done


def place_orders(*, requests: Sequence[OrderRequest], now: datetime) -> list[Verdict]:
    """Place each order or say why not, in the order given; the verdicts stand in the same order.

    One transaction: what is returned as an id has its money or capacity reserved and its command in the inbox. The same
    participant and client_order_id again return the first order's id. Raises ExchangeBusy, and places none, where too much
    waits for the matchers already.
    """
    try:
        return _place_orders(requests=requests, now=now)
    except IntegrityError as error:
        # Two requests with one client_order_id met in the middle: now the first is there to be found.
        if "order_client_order_id" not in str(error):
            raise
        return _place_orders(requests=requests, now=now)


def place_order(*, request: OrderRequest, now: datetime) -> int:
    """Place one order and return its id; raises UnableToPlaceOrder, InsufficientFunds or ExchangeBusy."""
    (verdict,) = place_orders(requests=[request], now=now)
    if isinstance(verdict, int):
        return verdict
    raise verdict


def replace_orders(*, requests: Sequence[ReplaceRequest], now: datetime) -> list[ReplaceVerdict]:
    """Ask for each replace or say why not, in the order given; the verdicts stand in the same order.

    One transaction: what is returned as a CheckedReplace has what it may need in addition reserved, money for a bid and capacity for
    an ask, and its command in the inbox. The matcher may still find that trades have overtaken it; then the order stays as it is.
    Raises ExchangeBusy, and does none, where one of them does more than cut and too much waits for the matchers already.
    """
    with transaction.atomic():
        verdicts, plans = _reserve_for_replaces(requests, now)
        accepted = _accepted(verdicts)
        command_ids = insert_replaces(checked=[v for _, v in accepted], now=now)
        rows = [row for row, _ in accepted]
        planned = [(plans[row], command) for row, command in zip(rows, command_ids, strict=True) if row in plans]
        insert_replace_holds(planned=planned, now=now)
    return verdicts


def preview_replace(*, request: ReplaceRequest, now: datetime) -> ReplacePreview:
    """Say what a replace would do and hold, by the same checks as asking for it; nothing is kept. Raises ExchangeBusy."""
    with transaction.atomic():
        (verdict,), plans = _reserve_for_replaces([request], now)
        transaction.set_rollback(True)
    if not isinstance(verdict, CheckedReplace):
        return ReplacePreview(replace=None, error=verdict, extra_fen=0, released_fen=0)
    plan = plans.get(0)
    return ReplacePreview(
        replace=verdict,
        error=None,
        extra_fen=plan.extra_fen if plan else 0,
        released_fen=plan.released_fen if plan else 0,
    )


def _reserve_for_replaces(
    requests: Sequence[ReplaceRequest], now: datetime
) -> tuple[list[ReplaceVerdict], dict[int, PlannedHold]]:
    """Check the requests and reserve capacity for those that stand; returns verdicts, and what bids will hold by row."""
    verdicts: list[ReplaceVerdict] = list(check_replaces(requests=requests))
    if markets := {v.order.market_id for _row, v in _accepted(verdicts) if not v.keeps_place}:
        check_room(markets)
    # Locks are taken in one order everywhere: accounts, then holdings.
    plans: dict[int, PlannedHold] = {}
    bids = _accepted(verdicts, Side.BID)
    for (row, _bid), plan in zip(bids, reserve_replaces(replaces=[terms_of(v) for _, v in bids], now=now), strict=True):
        if isinstance(plan, PlannedHold):
            plans[row] = plan
        else:
            verdicts[row] = plan
    asks = _accepted(verdicts, Side.ASK)
    for (row, _ask), refusal in zip(asks, commit_raises(checked=[v for _, v in asks]), strict=True):
        verdicts[row] = verdicts[row] if refusal is None else refusal
    return verdicts, plans


def replace_order(
    *, participant_id: int, order_id: int, quantity: int | None = None, price_fen: int | None = None, now: datetime
) -> CheckedReplace:
    """Ask for a new quantity (accelerators open in every hour still open), a new price (fen), or both; None leaves it.

    Raises OrderNotFound, OrderAlreadyGone, UnableToReplaceOrder, UnableToPlaceOrder (a quantity or price that the market does not
    take, or nothing to sell), InsufficientFunds or ExchangeBusy.
    """
    request = ReplaceRequest(participant_id=participant_id, order_id=order_id, quantity=quantity, price_fen=price_fen)
    (verdict,) = replace_orders(requests=[request], now=now)
    if isinstance(verdict, CheckedReplace):
        return verdict
    raise verdict


def preview_order(*, request: OrderRequest, now: datetime, signed_in: bool = True) -> TicketPreview:
    """Say what an order would do and cost, by the same checks and the same engine as placing it; reserves nothing.

    `signed_in=False` is for a visitor: the request's participant may be anyone's, and funds are not looked at.
    """
    rates = current_rates(now=now, participant_id=request.participant_id if signed_in else None)
    (checked,) = check_orders(requests=[request], now=now)
    available, is_stopped = money_for_bids(request.participant_id) if signed_in else (None, False)
    error: UnableToPlaceOrder | UnableToHold | None = None
    hold_fen = 0
    if isinstance(checked, UnableToPlaceOrder):
        error = checked
    elif request.side == Side.BID:
        hold_fen = hold_unit_fen(price_fen=checked.dearest_fen, rates=rates) * checked.accelerator_hours
        if is_stopped:
            error = BiddingStopped()
        elif available is not None and hold_fen > available:
            error = InsufficientFunds(needed_fen=hold_fen, available_fen=available)
    preview = preview_fills(request=request, now=now)
    quote = quote_fills(value_fen=preview.value_fen, rates=rates, taker=True)
    return TicketPreview(
        preview=preview,
        rates=rates,
        quote=quote,
        hold_fen=hold_fen,
        voucher_fen=_voucher_fen(checked, preview) if signed_in and isinstance(checked, CheckedOrder) else 0,
        available_fen=available,
        error=error,
    )


def _voucher_fen(checked: CheckedOrder, preview: Preview) -> int:
    """Return what the buyer's vouchers would pay of a bid, by the class of the market in which it would fill."""
    request = checked.request
    if request.side != Side.BID:
        return 0
    place = preview.alternative or 0
    market_id = request.alternatives[place - 1].market_id if place else request.market_id
    charges: dict[int, int] = defaultdict(int)
    for fill in preview.fills:
        charges[fill.hour] += fill.price_fen * fill.quantity
    if not charges:
        charges.update(
            dict.fromkeys(range(request.start, request.start + request.hours), checked.dearest_fen * request.quantity)
        )
    return expected_payment_fen(participant_id=request.participant_id, market_id=market_id, charges_fen=charges)


@transaction.atomic
def _place_orders(*, requests: Sequence[OrderRequest], now: datetime) -> list[Verdict]:
    verdicts = [_existing_or_checked(checked) for checked in check_orders(requests=requests, now=now)]
    if new := {market_id for verdict in verdicts if isinstance(verdict, CheckedOrder) for market_id in verdict.markets}:
        check_room(new)
    # Locks are taken in one order everywhere: accounts, then holdings.
    reserved = _reserve_funds(verdicts, now)
    _commit_capacity(verdicts)
    accepted = [(row, verdict) for row, verdict in enumerate(verdicts) if isinstance(verdict, CheckedOrder)]
    ids = insert_orders(checked=[checked for _, checked in accepted], now=now)
    for (row, _), order_id in zip(accepted, ids, strict=True):
        verdicts[row] = order_id
    insert_holds(holds=[(hold, _id_in(verdicts[row])) for row, hold in reserved.items()], now=now)
    return [verdict for verdict in verdicts if not isinstance(verdict, CheckedOrder)]


def _accepted(verdicts: Sequence[ReplaceVerdict], side: Side | None = None) -> list[tuple[int, CheckedReplace]]:
    """Return the replaces that still stand, of one side or of both, with their rows."""
    return [
        (row, verdict)
        for row, verdict in enumerate(verdicts)
        if isinstance(verdict, CheckedReplace) and side in (None, verdict.order.side)
    ]


def terms_of(replace: CheckedReplace) -> BidReplace:
    return BidReplace(
        participant_id=replace.order.participant_id,
        order_id=replace.order.pk,
        price_fen=replace.request.price_fen,
        quantity=replace.request.quantity,
        runs=replace.runs,
    )


def _existing_or_checked(checked: CheckedOrder | UnableToPlaceOrder) -> Verdict | CheckedOrder:
    """Answer a repeated client_order_id with the order that it made the first time."""
    if isinstance(checked, CheckedOrder) and checked.existing_order_id is not None:
        return checked.existing_order_id
    return checked


def _reserve_funds(verdicts: list[Verdict | CheckedOrder], now: datetime) -> dict[int, Reserved]:
    """Reserve the money of the bids and return it by their rows; the error of each that lacks it takes its place."""
    bids = _standing(verdicts, Side.BID)
    if not bids:
        return {}
    found = zip(bids, reserve_funds(holds=[_hold_of(bid) for bid in bids.values()], now=now), strict=True)
    reserved = {}
    for row, hold in found:
        if isinstance(hold, Reserved):
            reserved[row] = hold
        else:
            verdicts[row] = hold
    return reserved


def _commit_capacity(verdicts: list[Verdict | CheckedOrder]) -> None:
    """Commit what the asks sell; the error of each that cannot be served takes its place."""
    asks = _standing(verdicts, Side.ASK)
    for row, error in zip(asks, commit_capacity(checked=list(asks.values())), strict=True):
        if error is not None:
            verdicts[row] = error


def _standing(verdicts: Sequence[Verdict | CheckedOrder], side: Side) -> dict[int, CheckedOrder]:
    """Return the orders of one side that nothing has refused, by row."""
    return {row: v for row, v in enumerate(verdicts) if isinstance(v, CheckedOrder) and v.request.side == side}


def _hold_of(bid: CheckedOrder) -> HoldRequest:
    return HoldRequest(
        participant_id=bid.request.participant_id, price_fen=bid.dearest_fen, accelerator_hours=bid.accelerator_hours
    )


def _id_in(verdict: Verdict | CheckedOrder) -> int:
    assert isinstance(verdict, int)
    return verdict

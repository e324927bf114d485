"""A seeded stream of everything that participants do, placed through order entry."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace as changed
from datetime import datetime, timedelta

from billing.holds import UnableToHold
from matching.cancel import cancel_order, mass_cancel
from matching.clock import close_gates
from matching.engine.dtypes import Do, Kind, SelfTrade, Side, TimeInForce
from matching.entry import AlternativeRequest, OrderRequest
from matching.hours import hour_of
from matching.models import Command, Holding, Market, Order, Participant, Site
from matching.refusal import Refusal
from tests.factories import NOW
from tests.matching.conftest import place, replace


def trade_at_random(
    *,
    seed: int,
    steps: int,
    sites: list[Site],
    buyers: list[Participant],
    start: datetime = NOW,
    alternatives: bool = False,
) -> Iterator[datetime]:
    """Do `steps` random things from `start` on, one at a time, yielding the moment of each once it stands in the inbox.

    With `alternatives` half of the block bids with a limit name some, in any of the sites' markets.
    """
    dice, rulings = random.Random(seed), random.Random(f"rulings {seed}")
    markets = sorted({site.market_id for site in sites})
    now = start
    for _ in range(steps):
        now += timedelta(minutes=dice.choice([0, 1, 1, 20]))
        what = dice.random()
        if what < 0.42:
            place([random_ask(dice, sites, buyers, now)], now=now)
        elif what < 0.8:
            bid = random_bid(dice, markets, buyers, now)
            place([with_alternatives(dice, bid, markets) if alternatives else bid], now=now)
        elif what < 0.95:
            change_an_order(dice, now)
        elif what < 0.97:
            mass_cancel(participant_id=dice.choice(buyers).pk, market_id=dice.choice(markets), now=now)
        else:
            close_gates(now=now)
        if rulings.random() < 0.15:
            rule(rulings, rulings.choice(markets), now)
        yield now


def rule(dice: random.Random, market_id: int, now: datetime) -> None:
    """Rule something for a market or some of its contracts, more often towards trading than away from it."""
    do = dice.choice([Do.BAND, Do.HALT, Do.COLLECT, Do.COLLECT, Do.RESUME, Do.RESUME, Do.RESUME])
    command = Command(market_id=market_id, do=do, at=now)
    if do == Do.BAND:
        command.price_fen = dice.choice([None, 100, 101])
        command.quantity = None if command.price_fen is None else dice.choice([None, 2, 4])
    elif dice.random() < 0.7:
        command.hour, command.hours = hour_of(now) + dice.randrange(5), dice.randint(1, 3)
    command.save()


def common(dice: random.Random, now: datetime) -> dict[str, object]:
    time_in_force = dice.choice([TimeInForce.GTC] * 5 + [TimeInForce.GTD, TimeInForce.IOC, TimeInForce.FOK])
    minute = now.replace(second=0, microsecond=0) + timedelta(minutes=dice.choice([1, 2, 30, 90, 600]))
    return {
        "start": hour_of(now) + 1 + dice.randrange(5),
        "hours": dice.randint(1, 4),
        "quantity": dice.randint(1, 8),
        "price_fen": dice.choice([None, *range(95, 106)]),
        "time_in_force": time_in_force,
        "expires_at": minute if time_in_force == TimeInForce.GTD else None,
        "self_trade": dice.choice(list(SelfTrade)),
    }


def kind_of(dice: random.Random, values: dict[str, object]) -> dict[str, object]:
    if dice.random() < 0.5:
        rests = values["price_fen"] is not None and values["time_in_force"] == TimeInForce.GTC
        hides, quantity = rests and dice.random() < 0.4, values["quantity"]
        assert isinstance(quantity, int)
        return {
            "kind": Kind.HOURLY,
            "post_only": rests and dice.random() < 0.2,
            "display_quantity": dice.randint(1, quantity) if hides else None,
        }
    quantity = values["quantity"]
    assert isinstance(quantity, int)
    return {
        "kind": Kind.BLOCK,
        "start_flexibility": dice.choice([0, 0, 1, 3]),
        "one_site": dice.random() < 0.3,
        "min_quantity": dice.choice([None, None, dice.randint(1, quantity)]),
    }


def random_ask(dice: random.Random, sites: list[Site], buyers: list[Participant], now: datetime) -> OrderRequest:
    site = dice.choice(sites)
    seller = site.provider_id
    holder = dice.choice(buyers)
    if dice.random() < 0.3 and Holding.objects.filter(participant=holder, site=site).exists():
        seller = holder.pk
    values = common(dice, now)
    values |= kind_of(dice, values)
    return OrderRequest(participant_id=seller, market_id=site.market_id, side=Side.ASK, site_id=site.pk, **values)  # type: ignore[arg-type]


def random_bid(dice: random.Random, markets: list[int], buyers: list[Participant], now: datetime) -> OrderRequest:
    values = common(dice, now)
    values |= kind_of(dice, values)
    buyer = dice.choice(buyers)
    return OrderRequest(participant_id=buyer.pk, market_id=dice.choice(markets), side=Side.BID, **values)  # type: ignore[arg-type]


def with_alternatives(dice: random.Random, bid: OrderRequest, markets: list[int]) -> OrderRequest:
    if bid.kind != Kind.BLOCK or bid.price_fen is None or dice.random() < 0.5:
        return bid
    further = tuple(
        AlternativeRequest(
            market_id=dice.choice(markets),
            start=bid.start + dice.randint(0, 3),
            start_flexibility=dice.choice([0, 1, 2]),
            price_fen=dice.randint(95, 105),
        )
        for _ in range(dice.randint(1, 3))
    )
    return changed(bid, alternatives=further)


def change_an_order(dice: random.Random, now: datetime) -> None:
    orders = list(Order.objects.filter(state__in=["open", "pending"]).order_by("id"))
    if not orders:
        return
    order = dice.choice(orders)
    if dice.random() < 0.25:
        cancel_order(participant_id=order.participant_id, order_id=order.pk, now=now)
        return
    quantity = dice.choice([None, dice.randint(1, max(1, max(order.open))), dice.randint(1, 12)])
    price_fen = dice.choice([None, None, dice.randint(93, 107)])
    with suppress(Refusal, UnableToHold):
        replace(order, quantity=quantity, price_fen=price_fen, now=now)


def set_references() -> None:
    """Give every market a reference price, so that market orders are protected."""
    Market.objects.update(reference_price_fen=100, protection_band_bps=500)

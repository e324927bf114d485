"""Everything that participants can do, through order entry, funds and the real matcher: the books hold and close at zero."""

from __future__ import annotations

import random
from collections.abc import Sequence
from datetime import datetime, timedelta

import pytest

from billing.clearing import clear
from billing.funds import deposit_funds
from billing.models import Account, Hold, SettlementLine
from billing.seed import seed_billing
from billing.settlement import settle_delivered
from billing.verify import find_differences
from marketplace.trading import Verdict, place_orders, replace_order
from matching.clock import close_gates
from matching.engine.reference import ReferenceEngine
from matching.hours import hour_of
from matching.matcher import Matcher
from matching.models import Order, Trade
from matching.rules import OrderRequest
from tests.factories import NOW, make_market, make_participant, make_site
from tests.matching import random_trading

DEPOSIT_FEN = 6_000


@pytest.mark.django_db
@pytest.mark.parametrize("seed", [1, 2])
def test_random_trading_leaves_the_books_balanced_to_the_fen(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(random_trading, "place", place_orders_at)
    monkeypatch.setattr(random_trading, "replace", replace_at)
    seed_billing()
    dice = random.Random(seed)
    market = make_market()
    sites = [make_site(market, accelerators=12), make_site(market, accelerators=12)]
    sites.append(make_site(make_market("A100-SXM4-80G"), accelerators=12))
    buyers = [make_participant() for _ in range(3)]
    for buyer in buyers:
        deposit_funds(participant_id=buyer.pk, amount_fen=DEPOSIT_FEN, key=f"deposit-{buyer.pk}", now=NOW)
    matcher = Matcher(engine_factory=ReferenceEngine)  # the same events as the kernel's, without its compilation
    moment = NOW
    for step, moment in enumerate(
        random_trading.trade_at_random(seed=seed, steps=150, sites=sites, buyers=buyers, alternatives=True)
    ):
        if dice.random() < 0.6:
            matcher.drain()
        if dice.random() < 0.5:
            clear(now=moment)
        if dice.random() < 0.05:
            settle_delivered(until_hour=hour_of(moment), now=moment)
        if step % 10 == 0:
            assert list(find_differences()) == []
    moment += timedelta(days=1)
    close_gates(now=moment)
    matcher.drain()
    settle_delivered(until_hour=hour_of(moment), now=moment)
    assert list(find_differences()) == []
    assert not Hold.objects.exists()
    assert Trade.objects.exists()
    assert sum(t.accelerator_hours for t in Trade.objects.all()) == sum(
        line.accelerator_hours for line in SettlementLine.objects.all()
    )
    balance = dict.fromkeys(Account.Kind.values, 0)
    for account in Account.objects.all():
        assert account.debits_pending == 0
        balance[account.kind] += account.credits_posted - account.debits_posted
    paid_fen = len(buyers) * DEPOSIT_FEN - balance["funds"]
    assert paid_fen == balance["payable"] + balance["fees"] + balance["vat"] > 0


def replace_at(order: Order, *, quantity: int | None, price_fen: int | None, now: datetime) -> None:
    replace_order(
        participant_id=order.participant_id, order_id=order.pk, quantity=quantity, price_fen=price_fen, now=now
    )


def place_orders_at(requests: Sequence[OrderRequest], *, now: datetime) -> list[Verdict]:
    """Place with money what the random stream places without."""
    return place_orders(requests=requests, now=now)

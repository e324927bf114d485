"""Money of an order with alternatives: its hold covers the dearest, and what it does not use comes back once."""

from __future__ import annotations

import pytest

from billing.clearing import clear
from billing.funds import available_fen, deposit_funds
from billing.holds import InsufficientFunds
from billing.models import Hold
from billing.quote import current_rates, hold_unit_fen, quote_fills
from billing.seed import seed_billing
from billing.verify import find_differences
from marketplace.trading import place_order, place_orders, preview_order
from matching.cancel import cancel_order
from matching.engine.reference import ReferenceEngine
from matching.entry import AlternativeRequest
from matching.matcher import Matcher
from matching.models import Market, Participant, Trade
from tests.factories import HOUR, NOW, ask, bid, make_market, make_participant, make_site

FUNDS_FEN = 100_000


@pytest.fixture
def matcher(db: None) -> Matcher:
    seed_billing()
    return Matcher(engine_factory=ReferenceEngine)


@pytest.fixture
def here(matcher: Matcher) -> Market:
    return make_market()


@pytest.fixture
def there(matcher: Matcher) -> Market:
    return make_market("A100-SXM4-80G")


@pytest.fixture
def buyer(matcher: Matcher) -> Participant:
    buyer = make_participant()
    deposit_funds(participant_id=buyer.pk, amount_fen=FUNDS_FEN, key="deposit", now=NOW)
    return buyer


def play(matcher: Matcher) -> None:
    matcher.drain()
    clear(now=NOW)
    assert list(find_differences()) == []


def test_the_hold_is_of_the_dearest_and_freed_to_the_fen_wherever_it_trades(
    matcher: Matcher, here: Market, there: Market, buyer: Participant
) -> None:
    rates = current_rates(now=NOW)
    also = AlternativeRequest(market_id=there.pk, start=HOUR + 1, price_fen=1500)
    request = bid(buyer, here, quantity=3, hours=2, price_fen=1200, min_quantity=1, alternatives=(also,))
    held_fen = hold_unit_fen(price_fen=1500, rates=rates) * 6
    assert preview_order(request=request, now=NOW).hold_fen == held_fen
    order_id = place_order(request=request, now=NOW)
    assert available_fen(buyer.pk) == FUNDS_FEN - held_fen
    play(matcher)
    # Two of three trade in the other market, whose log its own market has nothing of.
    place_order(request=ask(make_site(there), quantity=2, price_fen=1400, hours=2), now=NOW)
    play(matcher)
    cost_fen = quote_fills(value_fen=Trade.objects.get().value_fen, rates=rates).total_fen
    paid_fen = FUNDS_FEN - held_fen // 3 - available_fen(buyer.pk)
    assert paid_fen == cost_fen
    cancel_order(participant_id=buyer.pk, order_id=order_id, now=NOW)
    play(matcher)
    assert not Hold.objects.exists()
    assert FUNDS_FEN - available_fen(buyer.pk) == paid_fen


def test_a_fill_of_the_whole_in_the_other_market_leaves_no_hold(
    matcher: Matcher, here: Market, there: Market, buyer: Participant
) -> None:
    place_order(request=ask(make_site(there), hours=2, price_fen=900), now=NOW)
    also = AlternativeRequest(market_id=there.pk, start=HOUR + 1, price_fen=1000)
    place_order(request=bid(buyer, here, hours=2, price_fen=1200, alternatives=(also,)), now=NOW)
    play(matcher)
    assert not Hold.objects.exists()
    value_fen = 2 * 2 * 900
    assert (
        FUNDS_FEN - available_fen(buyer.pk) == quote_fills(value_fen=value_fen, rates=current_rates(now=NOW)).total_fen
    )


def test_a_dear_alternative_that_cannot_be_paid_is_refused(
    matcher: Matcher, here: Market, there: Market, buyer: Participant
) -> None:
    also = AlternativeRequest(market_id=there.pk, start=HOUR + 1, price_fen=100_000)
    (verdict,) = place_orders(requests=[bid(buyer, here, alternatives=(also,))], now=NOW)
    assert isinstance(verdict, InsufficientFunds)
    assert available_fen(buyer.pk) == FUNDS_FEN

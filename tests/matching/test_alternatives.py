"""An order that would take another market, start or limit instead: the first to execute withdraws the others, and once only."""

from __future__ import annotations

import signal
from datetime import timedelta
from typing import Any

import numpy as np
import pytest
from django.db import transaction
from django.utils import timezone

from matching.archive.played import from_table, in_order, to_table
from matching.book import book_of_contract
from matching.cancel import cancel_order, mass_cancel
from matching.clock import close_gates
from matching.command_log import read_log
from matching.engine.dtypes import Kind, TimeInForce
from matching.entry import (
    AlternativeRequest,
    AlternativesNotAllowed,
    ClientOrderIdConflict,
    GateClosed,
    MarketsNotLinked,
    PriceOffTick,
    TooManyAlternatives,
    TooManyOpenBlocks,
    UnknownMarket,
)
from matching.hours import hour_of, moment_of
from matching.linking import AlternativesSplit, link_markets
from matching.matcher import Matcher
from matching.models import Market, Order, OrderEvent, Participant, Site, Trade
from matching.preview import preview_order
from matching.replace import LimitOfAlternatives
from matching.rules import OrderRequest
from matching.verify import find_differences
from tests.factories import HOUR, NOW, ask, bid, make_market, make_participant, make_site
from tests.matching.conftest import Exchange, place, replace
from tests.matching.processes import matchers, wait_until


@pytest.fixture
def west(exchange: Exchange) -> Site:
    return make_site(make_market("A100-SXM4-80G"))


def instead(site: Site, **fields: Any) -> AlternativeRequest:
    values = {"start": HOUR + 1, "price_fen": 1200} | fields
    return AlternativeRequest(market_id=site.market_id, **values)


def either(exchange: Exchange, west: Site, **fields: Any) -> OrderRequest:
    """Alice's bid for two hours at 1200 in the first market, or in the west's."""
    values: dict[str, Any] = {"hours": 2, "alternatives": (instead(west),)} | fields
    return bid(exchange.alice, exchange.market, **values)


def stored(order: Order | int) -> Order:
    return Order.objects.get(pk=order.pk if isinstance(order, Order) else order)


def test_the_alternative_that_saves_most_executes(exchange: Exchange, west: Site) -> None:
    exchange.place(ask(exchange.north, price_fen=1000))
    exchange.place(ask(west, price_fen=1100))
    order = exchange.place(either(exchange, west, alternatives=(instead(west, price_fen=1350),)))
    assert (order.state, order.executed_alternative, order.filled_value_fen) == ("filled", 1, 2 * 2 * 1100)
    trade = Trade.objects.get()
    assert (trade.market_id, trade.site_id, trade.bid_id) == (west.market_id, west.pk, order.pk)
    assert book_of_contract(market_id=west.market_id, hour=HOUR + 1).asks[0].quantity == 6
    assert book_of_contract(market_id=exchange.market.pk, hour=HOUR + 1).asks[0].quantity == 8
    gone = OrderEvent.objects.get(order=order)
    assert gone.market_id == exchange.market.pk  # its own, in whose log clearing looks for it
    assert Market.objects.get(pk=exchange.market.pk).sequence >= gone.sequence
    assert list(find_differences()) == []


def test_whichever_is_offered_first_executes_and_the_other_is_withdrawn(exchange: Exchange, west: Site) -> None:
    order = exchange.place(either(exchange, west))
    assert (order.state, order.executed_alternative) == ("open", None)
    exchange.matcher.forget()
    exchange.place(ask(west))
    assert (stored(order).state, stored(order).executed_alternative) == ("filled", 1)
    exchange.place(ask(exchange.north))
    assert Trade.objects.count() == 1
    assert list(find_differences()) == []


def test_its_own_market_is_alternative_0(exchange: Exchange, west: Site) -> None:
    order = exchange.place(either(exchange, west))
    exchange.place(ask(exchange.north))
    assert (stored(order).state, stored(order).executed_alternative) == ("filled", 0)
    assert list(find_differences()) == []


def test_a_resting_alternative_is_met_by_a_block_at_its_own_limit(exchange: Exchange, west: Site) -> None:
    narrow, wide = instead(west, price_fen=1150), instead(west, price_fen=1300, start=HOUR + 3)
    order = exchange.place(either(exchange, west, alternatives=(narrow, wide)))
    exchange.place(ask(west, kind=Kind.BLOCK, hours=2, quantity=2, start=HOUR + 1, start_flexibility=5))
    order.refresh_from_db()
    assert (order.executed_alternative, order.executed_start, order.filled_value_fen) == (2, HOUR + 3, 2 * 2 * 1300)
    assert list(find_differences()) == []


def test_after_a_part_it_is_an_ordinary_block_there_also_once_loaded_anew(exchange: Exchange, west: Site) -> None:
    order = exchange.place(either(exchange, west, quantity=6, min_quantity=2))
    exchange.place(ask(west, quantity=4))
    assert (stored(order).open, stored(order).executed_alternative) == ([2], 1)
    exchange.matcher.forget()
    exchange.place(ask(exchange.north))
    assert stored(order).open == [2]
    exchange.place(ask(west, quantity=2))
    assert stored(order).state == "filled"
    assert set(Trade.objects.values_list("market_id", flat=True)) == {west.market_id}
    assert list(find_differences()) == []


def test_a_later_window_goes_on_when_the_first_has_closed(exchange: Exchange, west: Site) -> None:
    order = exchange.place(either(exchange, west, alternatives=(instead(west, start=HOUR + 10),)))
    close_gates(now=moment_of(HOUR + 5))
    exchange.matcher.drain()
    assert stored(order).state == "open"
    exchange.matcher.forget()
    exchange.matcher.rebuild()
    later = moment_of(HOUR + 5)
    exchange.place(ask(west, start=HOUR + 8, hours=10), now=later)
    assert (stored(order).state, stored(order).executed_start) == ("filled", HOUR + 10)
    other = exchange.place(
        bid(
            exchange.alice, exchange.market, start=HOUR + 7, alternatives=(instead(west, start=HOUR + 9, price_fen=1),)
        ),
        now=later,
    )
    close_gates(now=moment_of(HOUR + 9))
    exchange.matcher.drain()
    assert stored(other).state == "expired"
    assert list(find_differences()) == []


def test_cancels_and_cuts_are_of_all_alternatives(exchange: Exchange, west: Site) -> None:
    cancelled, cut, mass = (exchange.place(either(exchange, west, quantity=8)) for _ in range(3))
    cancel_order(participant_id=exchange.alice.pk, order_id=cancelled.pk, now=NOW)
    replace(cut, quantity=3)
    exchange.matcher.drain()
    exchange.place(ask(west, quantity=3))
    assert (stored(cancelled).state, stored(cut).state, stored(mass).state) == ("cancelled", "filled", "open")
    # An order is of its own market, wherever else it waits.
    assert mass_cancel(participant_id=exchange.alice.pk, market_id=west.market_id, now=NOW) == 0
    assert mass_cancel(participant_id=exchange.alice.pk, market_id=exchange.market.pk, now=NOW) == 1
    exchange.matcher.drain()
    assert stored(mass).state == "cancelled"
    assert list(find_differences()) == []


def test_a_raise_is_of_all_alternatives_also_after_a_part_and_a_new_price_of_none(
    exchange: Exchange, west: Site
) -> None:
    later = instead(west, start=HOUR + 30)
    order = exchange.place(either(exchange, west, quantity=4, min_quantity=1, alternatives=(later,)))
    replace(order, quantity=6)
    exchange.place(ask(west, quantity=1, start=HOUR + 30))
    assert (stored(order).open, stored(order).executed_alternative) == ([5], 1)
    replace(stored(order), quantity=8)
    exchange.matcher.drain()
    assert stored(order).open == [8]
    with pytest.raises(LimitOfAlternatives):
        replace(stored(order), price_fen=1300)
    exchange.place(ask(west, start=HOUR + 30))
    assert stored(order).state == "filled"
    assert list(find_differences()) == []


def test_mass_cancel_in_one_market_leaves_the_others(exchange: Exchange, west: Site) -> None:
    here = exchange.place(bid(exchange.alice, exchange.market))
    there = exchange.place(bid(exchange.alice, west.market))
    mass_cancel(participant_id=exchange.alice.pk, market_id=exchange.market.pk, now=NOW)
    exchange.matcher.drain()
    assert (stored(here).state, stored(there).state) == ("cancelled", "open")
    mass_cancel(participant_id=exchange.alice.pk, now=NOW)
    exchange.matcher.drain()
    assert stored(there).state == "cancelled"
    assert list(find_differences()) == []


def test_good_till_a_time_is_of_all_alternatives(exchange: Exchange, west: Site) -> None:
    ends = NOW + timedelta(hours=6)
    request = either(
        exchange,
        west,
        time_in_force=TimeInForce.GTD,
        expires_at=ends,
        alternatives=(instead(west, start=HOUR + 20),),
    )
    order = exchange.place(request)
    assert order.expires_at == ends  # its own gate comes first, but not the alternative's
    close_gates(now=ends)
    exchange.matcher.drain()
    assert stored(order).state == "expired"
    assert list(find_differences()) == []


def test_what_is_wrong_with_an_alternative_names_it(exchange: Exchange, west: Site) -> None:
    Market.objects.filter(pk=west.market_id).update(tick_fen=50)
    cases: list[tuple[AlternativeRequest, type[Exception], str]] = [
        (instead(west, price_fen=1201), PriceOffTick, "alternatives.1.price_fen"),
        (instead(west, start=HOUR - 3), GateClosed, "alternatives.1.start"),
        (AlternativeRequest(market_id=10**6, start=HOUR + 1, price_fen=1200), UnknownMarket, "alternatives.1.market"),
    ]
    for alternative, error, field in cases:
        (verdict,) = place([either(exchange, west, alternatives=(instead(west), alternative))])
        assert isinstance(verdict, error)
        assert verdict.field == field
        assert str(verdict).startswith("Alternative 2: ")
    assert not Order.objects.exists()


def test_only_a_block_bid_with_a_limit_has_alternatives(exchange: Exchange, west: Site) -> None:
    Market.objects.update(reference_price_fen=1000)
    also = (instead(west),)
    selling = ask(exchange.north, kind=Kind.BLOCK, hours=2, alternatives=also)
    hourly = either(exchange, west, kind=Kind.HOURLY)
    market_order = either(exchange, west, price_fen=None)
    for verdict in place([selling, hourly, market_order]):
        assert isinstance(verdict, AlternativesNotAllowed)
    (verdict,) = place([either(exchange, west, alternatives=also * 8)])
    assert isinstance(verdict, TooManyAlternatives)


def test_only_linked_markets_combine_and_the_error_lists_them(exchange: Exchange, west: Site) -> None:
    friend = make_market("H20-96G")
    link_markets(symbols=[west.market.symbol], link_group="west")
    (verdict,) = place([either(exchange, west)])
    assert isinstance(verdict, MarketsNotLinked)
    assert friend.symbol in str(verdict)
    assert exchange.market.symbol in str(verdict)
    assert str(verdict).count(west.market.symbol) == 1


def test_markets_of_an_open_order_stay_together(exchange: Exchange, west: Site) -> None:
    order = exchange.place(either(exchange, west))
    with pytest.raises(AlternativesSplit, match="Link these together"), transaction.atomic():
        link_markets(symbols=[west.market.symbol], link_group="west")
    link_markets(symbols=[west.market.symbol, exchange.market.symbol], link_group="west")
    exchange.matcher.forget()
    exchange.place(ask(west))
    assert stored(order).state == "filled"
    link_markets(symbols=[west.market.symbol], link_group="far-west")
    exchange.matcher.forget()
    exchange.place(ask(exchange.north))
    exchange.place(ask(west))
    assert list(find_differences()) == []


def test_the_same_client_order_id_needs_the_same_alternatives(exchange: Exchange, west: Site) -> None:
    request = either(exchange, west, client_order_id="job-7")
    (first,) = place([request])
    assert place([request]) == [first]
    for alternatives in ((), (instead(west, price_fen=1201),), (instead(west), instead(west))):
        (verdict,) = place([either(exchange, west, client_order_id="job-7", alternatives=alternatives)])
        assert isinstance(verdict, ClientOrderIdConflict)


def test_a_block_counts_in_every_market_where_it_waits(exchange: Exchange, west: Site) -> None:
    Market.objects.filter(pk=west.market_id).update(open_blocks_max=2)
    also = (instead(west), instead(west, start=HOUR + 5))
    first, second, third = place([either(exchange, west, alternatives=also) for _ in range(3)])
    assert (type(first), type(second), type(third)) == (int, int, TooManyOpenBlocks)
    assert isinstance(place([bid(exchange.alice, west.market)])[0], TooManyOpenBlocks)
    assert isinstance(place([bid(exchange.alice, exchange.market)])[0], int)


def test_a_preview_says_which_would_execute(exchange: Exchange, west: Site) -> None:
    request = either(exchange, west, alternatives=(instead(west, price_fen=1), instead(west, start=HOUR + 3)))
    assert preview_order(request=request, now=NOW).alternative is None
    exchange.place(ask(west, start=HOUR + 3, price_fen=1190))
    preview = preview_order(request=request, now=NOW)
    assert (preview.alternative, preview.start, preview.value_fen) == (2, HOUR + 3, 2 * 2 * 1190)
    exchange.place(ask(exchange.north, price_fen=1150))
    assert preview_order(request=request, now=NOW).alternative == 0
    assert exchange.place(request).executed_alternative == 0


def test_a_sellers_preview_sees_bids_that_wait_there_as_an_alternative(exchange: Exchange, west: Site) -> None:
    exchange.place(either(exchange, west, alternatives=(instead(west, start=HOUR + 30),)))
    selling = ask(west, kind=Kind.BLOCK, start=HOUR + 30, hours=2, quantity=2)
    preview = preview_order(request=selling, now=NOW)
    assert preview.value_fen == exchange.place(selling).filled_value_fen == 2 * 2 * 1200


@pytest.mark.slow
def test_two_matchers_and_a_kill_execute_each_order_once(process_environment: dict[str, str]) -> None:
    markets = [make_market(name) for name in ("H800-80G", "A100-SXM4-80G", "H20-96G", "DCU-K100-AI")]
    for group in ("one", "two"):
        chosen = markets[:2] if group == "one" else markets[2:]
        link_markets(symbols=[market.symbol for market in chosen], link_group=group)
    sites = [make_site(market) for market in markets]
    buyer = make_participant()
    with matchers(process_environment, 2) as (first, second):
        second.wait_for("ready")
        for number in range(40):
            trade_either_way(number, sites, buyer)
            if number == 20:
                first.send(signal.SIGKILL)
        wait_until(lambda: not Order.objects.filter(state="pending").exists())
    assert not Order.objects.filter(side=1).exclude(state="filled").exists()
    assert Trade.objects.count() == 40
    assert set(Order.objects.filter(side=1).values_list("executed_alternative", flat=True)) == {0, 1}
    assert list(find_differences()) == []
    Matcher().rebuild()


def trade_either_way(number: int, sites: list[Site], buyer: Participant) -> None:
    """Place a bid for one market of a group or its other one, and an ask in one of them, in either order."""
    now = timezone.now()
    pair = sites[:2] if number % 2 else sites[2:]
    start = hour_of(now) + 2 + number
    also = AlternativeRequest(market_id=pair[1].market_id, start=start, price_fen=1200)
    buying = bid(buyer, pair[0].market, start=start, hours=1, alternatives=(also,))
    selling = ask(pair[number // 2 % 2], start=start, hours=1, quantity=2)
    for request in (buying, selling) if number % 3 else (selling, buying):
        place([request], now=now)


def test_an_archived_month_keeps_alternatives_behind_their_order(exchange: Exchange, west: Site) -> None:
    there = bid(exchange.alice, west.market, alternatives=(instead(exchange.north, price_fen=900),))
    exchange.place(either(exchange, west))  # one of each comes in a market with a higher id than its own
    exchange.place(there)
    exchange.place(ask(west))
    commands = read_log(market_ids=[exchange.market.pk, west.market_id], after=0, limit=100)
    read = from_table(in_order(to_table(commands, np.ones(len(commands), dtype=bool))))
    assert (read.rows == commands.rows).all()
    assert read.n_of_row.tolist() == commands.n_of_row.tolist()

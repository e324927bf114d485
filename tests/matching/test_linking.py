"""Link groups: markets change groups in the middle of trading, and nothing is lost, doubled or played twice."""

from __future__ import annotations

import random
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import transaction

from matching.leases import LeaseLost, share_of
from matching.linking import LinkGroupMisnamed, UnknownMarkets, link_markets
from matching.matcher import Matcher
from matching.models import Lease, Market, Site, Trade
from matching.verify import find_differences
from tests.factories import ask, bid, make_market, make_site
from tests.matching.conftest import Exchange, place
from tests.matching.random_trading import set_references, trade_at_random

GROUPS = ("all", "east", "west")


@pytest.fixture
def sites(exchange: Exchange) -> list[Site]:
    others = [make_site(make_market(name)) for name in ("A100-SXM4-80G", "H20-96G")]
    set_references()
    return [exchange.north, *others]


def play(exchange: Exchange, sites: list[Site], *, link: bool) -> list[tuple[Any, ...]]:
    """Trade at random, linking markets anew on the way or not, and return the trades of each market in their order."""
    dice = random.Random(3)
    matcher = Matcher()
    for step, _ in enumerate(trade_at_random(seed=11, steps=200, sites=sites, buyers=[exchange.alice, exchange.bob])):
        if link and step % 9 == 5:
            link_markets(symbols=[dice.choice(sites).market.symbol], link_group=dice.choice(GROUPS))
        if step % 4 == 0:
            matcher.drain() if not link else drain_anyway(matcher)
    drain_anyway(matcher)
    columns = ("market", "traded_at", "start", "hours", "quantity", "price_fen", "taker_side", "buyer", "seller")
    return list(Trade.objects.order_by("market", "sequence", "ordinal").values_list(*columns))


def drain_anyway(matcher: Matcher) -> None:
    """Play everything; what it loses to a link it claims again."""
    while True:
        try:
            matcher.drain()
        except LeaseLost:
            continue
        return


@pytest.mark.django_db(transaction=True)
def test_linking_in_the_middle_of_trading_changes_no_trade(exchange: Exchange, sites: list[Site]) -> None:
    trades = play(exchange, sites, link=True)
    assert len(trades) >= 3
    assert Lease.objects.count() == 3
    assert list(find_differences()) == []
    # A market's sequences go on rising, whatever group gave them.
    for market in Market.objects.all():
        log = market.commands.exclude(sequence=None).order_by("id").values_list("sequence", flat=True)
        assert list(log) == list(
            market.commands.exclude(sequence=None).order_by("sequence").values_list("sequence", flat=True)
        )


def test_groups_make_the_trades_that_one_group_makes(exchange: Exchange, sites: list[Site]) -> None:
    outcomes = []
    for groups in (("all",), GROUPS):
        with transaction.atomic():
            for number, site in enumerate(sites):
                link_markets(symbols=[site.market.symbol], link_group=groups[number % len(groups)])
            outcomes.append(play(exchange, sites, link=False))
            assert list(find_differences()) == []
            transaction.set_rollback(True)
    assert outcomes[0] == outcomes[1] != []


def test_a_batch_under_way_when_its_market_is_linked_anew_is_refused(exchange: Exchange) -> None:
    exchange.place(ask(exchange.north))
    place([bid(exchange.alice, exchange.market)])
    link_markets(symbols=[exchange.market.symbol], link_group="east")
    with pytest.raises(LeaseLost):
        exchange.matcher.run_batch()
    assert exchange.matcher.drain() == 1
    assert Lease.objects.get(link_group="east").sequence == Market.objects.get().sequence == 3
    assert list(find_differences()) == []


def test_what_cannot_be_linked_is_named(exchange: Exchange) -> None:
    with pytest.raises(UnknownMarkets, match="There is no market"):
        link_markets(symbols=["X.y"], link_group="east")
    with pytest.raises(LinkGroupMisnamed):
        link_markets(symbols=[exchange.market.symbol], link_group="the east")
    with pytest.raises(CommandError, match="There is no market"):
        call_command("link_markets", "east", "X.y")
    assert Market.objects.get().link_group == "all"
    call_command("link_markets", "east", exchange.market.symbol)
    assert Market.objects.get().link_group == "east"


@pytest.mark.parametrize(
    ("holders", "groups", "shares"), [(1, 5, [5]), (2, 5, [3, 2]), (3, 1, [1, 0, 0]), (2, 4, [2, 2])]
)
def test_groups_are_shared_out_evenly(holders: int, groups: int, shares: list[int]) -> None:
    assert [share_of(holders, earlier, groups) for earlier in range(holders)] == shares

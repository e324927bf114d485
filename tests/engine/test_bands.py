"""Protection bands: no trade outside, of any kind; what is priced outside is passed over and stays."""

import pytest

from .conftest import MakeEngine
from .play import ask, band, bid, block_ask, block_bid, halt, open_now, replace, resume, send


def test_a_taker_passes_over_what_is_priced_outside(make_engine: MakeEngine) -> None:
    """Prices of 1600 to 1800 are allowed, the bounds included; 1599 and 1801 stay in the book, crossed."""
    engine = make_engine()
    send(engine, ask(1, 10, 1, 1, 1599), ask(2, 10, 1, 1, 1600), ask(3, 10, 1, 1, 1800), ask(4, 10, 1, 1, 1801))
    assert send(engine, band(1700, 100)) == []
    assert send(engine, bid(5, 10, 1, 9, 1900)) == [
        "5 takes 1 of 2 in hour 10 at 1600, site 1",
        "2 gone: filled",
        "5 takes 1 of 3 in hour 10 at 1800, site 1",
        "3 gone: filled",
    ]
    assert open_now(engine) == [(1, 10, 1), (4, 10, 1), (5, 10, 7)]


def test_the_resting_price_counts_not_the_taker_s_limit(make_engine: MakeEngine) -> None:
    engine = make_engine()
    send(engine, band(1700, 100), bid(1, 10, 1, 2, 1900), bid(2, 10, 1, 2, 1750))
    assert send(engine, ask(3, 10, 1, 3, 100)) == ["3 takes 2 of 2 in hour 10 at 1750, site 1", "2 gone: filled"]
    assert open_now(engine) == [(1, 10, 2), (3, 10, 1)]


def test_an_order_priced_outside_may_enter_and_rest(make_engine: MakeEngine) -> None:
    engine = make_engine()
    assert send(engine, band(1700, 0), bid(1, 10, 1, 2, 1), ask(2, 10, 1, 2, 10_000_000)) == []
    assert open_now(engine) == [(1, 10, 2), (2, 10, 2)]


def test_a_market_order_and_immediate_ones_stay_inside(make_engine: MakeEngine) -> None:
    engine = make_engine()
    send(engine, band(1700, 100), ask(1, 10, 1, 2, 1700), ask(2, 10, 1, 2, 1900))
    assert send(engine, bid(3, 10, 1, 4, 2000, tif="FOK")) == ["3 gone: expired"]
    assert send(engine, bid(4, 10, 1, 4, None)) == [
        "4 takes 2 of 1 in hour 10 at 1700, site 1",
        "1 gone: filled",
        "4 gone: expired",
    ]
    assert send(engine, bid(5, 10, 1, 4, 2000, tif="IOC")) == ["5 gone: expired"]


def test_post_only_does_not_meet_what_may_not_trade(make_engine: MakeEngine) -> None:
    engine = make_engine()
    send(engine, band(1700, 100), ask(1, 10, 1, 2, 1500), ask(2, 10, 1, 2, 1750))
    assert send(engine, bid(3, 10, 1, 1, 1740, post_only=True)) == []
    assert send(engine, bid(4, 10, 1, 1, 1750, post_only=True)) == ["4 rejected: post_only"]


def test_a_block_passes_over_hour_by_hour(make_engine: MakeEngine) -> None:
    """The cheap hour 10 would make up for hour 11 on average, but 1500 may not trade."""
    engine = make_engine()
    send(engine, band(1700, 100), ask(1, 10, 1, 4, 1500), ask(2, 10, 1, 4, 1800), ask(3, 11, 1, 4, 1700))
    assert send(engine, block_bid(4, 10, 2, 4, 1700)) == []
    assert send(engine, replace(4, price=1750)) == [
        "4 takes 4 of 2 in hour 10 at 1800, site 1",
        "2 gone: filled",
        "4 takes 4 of 3 in hour 11 at 1700, site 1",
        "3 gone: filled",
        "4 gone: filled",
    ]
    assert open_now(engine) == [(1, 10, 4)]


def test_one_site_and_parts_pass_over_too(make_engine: MakeEngine) -> None:
    engine = make_engine()
    send(engine, band(1700, 100), ask(1, 10, 1, 4, 1500, site=1), ask(2, 10, 1, 4, 1700, site=2))
    send(engine, ask(3, 10, 1, 2, 1600, site=1))
    told = send(engine, block_bid(4, 10, 1, 4, 1800, one_site=True, tif="IOC"))
    assert told == ["4 takes 4 of 2 in hour 10 at 1700, site 2", "2 gone: filled", "4 gone: filled"]
    told = send(engine, block_bid(5, 10, 1, 4, 1800, min_quantity=1, tif="IOC"))
    assert told == ["5 takes 2 of 3 in hour 10 at 1600, site 1", "3 gone: filled", "5 gone: expired"]


def test_blocks_meet_only_at_a_price_inside(make_engine: MakeEngine) -> None:
    engine = make_engine()
    send(engine, band(1700, 100), block_ask(1, 10, 2, 4, 1599), block_ask(2, 10, 2, 4, 1600))
    assert send(engine, block_bid(3, 10, 2, 4, 2000))[0] == "3 takes 4 of 2 in hour 10 at 1600, site 1"
    assert send(engine, block_bid(4, 10, 2, 4, 2000)) == []
    assert open_now(engine) == [(1, 10, 4), (4, 10, 4)]


def test_nobody_s_own_orders_cross_even_outside_the_band(make_engine: MakeEngine) -> None:
    engine = make_engine()
    send(engine, band(1700, 100), ask(1, 10, 1, 3, 1900, participant=7), ask(2, 10, 1, 3, 1850))
    assert send(engine, bid(3, 10, 1, 5, 1950, participant=7)) == [
        "3 loses 5 in hour 10: self_trade",
        "3 gone: cancelled",
    ]
    assert send(engine, bid(4, 10, 1, 5, 1950, participant=7, self_trade="decrement")) == [
        "1 loses 3 in hour 10: self_trade",
        "1 gone: cancelled",
        "4 loses 3 in hour 10: self_trade",
    ]
    assert open_now(engine) == [(2, 10, 3), (4, 10, 2)]


def test_an_own_order_behind_what_fills_the_taker_is_not_met(make_engine: MakeEngine) -> None:
    engine = make_engine()
    send(engine, band(1700, 100), ask(1, 10, 1, 3, 1900, participant=7), ask(2, 10, 1, 3, 1700))
    fill_or_kill = bid(3, 10, 1, 3, 1950, participant=7, tif="FOK")
    assert send(engine, fill_or_kill | {"quantity": 4}) == ["3 gone: expired"]
    assert send(engine, fill_or_kill)[-1] == "3 gone: filled"


def test_a_wider_band_opens_what_is_crossed_by_auctions_then_tries_the_blocks(make_engine: MakeEngine) -> None:
    engine = make_engine()
    send(engine, band(1700, 0), ask(1, 11, 1, 5, 1650), ask(2, 10, 1, 5, 1600), block_bid(3, 10, 2, 2, 1690))
    send(engine, bid(4, 11, 1, 2, 1660), bid(5, 10, 1, 3, 1640))
    assert send(engine, band(1630, 50)) == [
        "market 0 hour 10 auction: 3 at 1630",
        "5 takes 3 of 2 in hour 10 at 1630, site 1",
        "5 gone: filled",
        "market 0 hour 11 auction: 2 at 1650",
        "4 takes 2 of 1 in hour 11 at 1650, site 1",
        "4 gone: filled",
        "3 takes 2 of 2 in hour 10 at 1600, site 1",
        "2 gone: filled",
        "3 takes 2 of 1 in hour 11 at 1650, site 1",
        "3 gone: filled",
    ]


def test_a_lifted_band_allows_every_price_again(make_engine: MakeEngine) -> None:
    engine = make_engine()
    send(engine, band(1700, 0), bid(1, 10, 1, 1, 9_000_000), ask(2, 10, 1, 1, 1))
    assert send(engine, band(1700)) == [
        "market 0 hour 10 auction: 1 at 1700",
        "2 takes 1 of 1 in hour 10 at 1700, site 1",
        "1 gone: filled",
        "2 gone: filled",
    ]
    send(engine, band(5, 0), bid(3, 10, 1, 1, 9_000_000), ask(4, 10, 1, 1, 7))
    assert send(engine, band(None))[0] == "market 0 hour 10 auction: 1 at 7", "no reference price: the lowest"


def test_a_band_is_its_market_s_alone(make_engine: MakeEngine) -> None:
    engine = make_engine()
    send(engine, band(1700, 100, market=1), ask(1, 10, 1, 1, 2000))
    assert send(engine, bid(2, 10, 1, 1, 2000))[-1] == "2 gone: filled"


def test_a_band_opens_no_contract_that_is_not_open(make_engine: MakeEngine) -> None:
    engine = make_engine()
    send(engine, band(1700, 0), bid(1, 10, 1, 1, 1800), ask(2, 10, 1, 1, 1600), halt(10, 1))
    assert send(engine, band(None)) == []
    assert send(engine, resume(10, 1))[1] == "market 0 hour 10 auction: 1 at 1600"


@pytest.mark.parametrize(
    ("line", "why"),
    [
        (band(0, 5), "bounds"),
        (band(10_000_001, 5), "bounds"),
        (band(5, -1), "bounds"),
        (band(5, 10_000_001), "bounds"),
        (band(5, 5, market=-1), "bounds"),
        (band(None, 5), "field"),
    ],
)
def test_what_is_refused(make_engine: MakeEngine, line: dict[str, int], why: str) -> None:
    assert send(make_engine(), line) == [f"None rejected: {why}"]

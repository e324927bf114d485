"""Call auctions: one price for all that crosses, the one at which most trades; against every price tried in turn."""

from itertools import chain, repeat
from typing import NamedTuple

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from matching.engine.dtypes import INDICATIVE, NULL, Event
from matching.engine.interface import Engine

from .conftest import MakeEngine
from .play import Line, ask, band, bid, close, collect, commands, halt, open_now, resume, send


def collecting(make_engine: MakeEngine, *lines: Line) -> Engine:
    engine = make_engine()
    send(engine, collect(10, 1), *lines)
    return engine


def opening(make_engine: MakeEngine, *lines: Line) -> str:
    """The auction that opens hour 10 with these orders."""
    return send(collecting(make_engine, *lines), resume(10, 1))[1].removeprefix("market 0 hour 10 auction: ")


# The price


def test_the_price_at_which_most_trades(make_engine: MakeEngine) -> None:
    asks = ask(1, 10, 1, 5, 1600), ask(2, 10, 1, 5, 1700), ask(3, 10, 1, 5, 1800)
    assert opening(make_engine, *asks, bid(4, 10, 1, 5, 1900), bid(5, 10, 1, 4, 1700)) == "9 at 1700"


def test_then_the_least_imbalance(make_engine: MakeEngine) -> None:
    """Five trade at every price from 1600 to 1800; from 1651 on only the larger bid is left beside the five."""
    orders = ask(1, 10, 1, 5, 1600), bid(2, 10, 1, 5, 1800), bid(3, 10, 1, 2, 1650)
    assert opening(make_engine, *orders) == "5 at 1651"
    assert opening(make_engine, *orders, band(1640)) == "5 at 1651"


@pytest.mark.parametrize(
    ("ruled", "price"), [(None, 1600), (band(1500), 1600), (band(1750), 1750), (band(2000), 1800)], ids=str
)
def test_then_the_nearest_to_the_reference_price_else_the_lowest(
    make_engine: MakeEngine, ruled: Line | None, price: int
) -> None:
    orders = [ask(1, 10, 1, 5, 1600), bid(2, 10, 1, 5, 1800), *([ruled] if ruled else [])]
    assert opening(make_engine, *orders) == f"5 at {price}"


def test_the_price_is_inside_the_band_and_limits_outside_take_part(make_engine: MakeEngine) -> None:
    orders = ask(1, 10, 1, 3, 1000), ask(2, 10, 1, 3, 1750), bid(3, 10, 1, 6, 2000)
    assert opening(make_engine, *orders, band(1650, 50)) == "3 at 1650", "six would trade at 1750"
    assert opening(make_engine, *orders, band(1650, 100)) == "6 at 1750"


def test_nothing_opens_where_nothing_crosses_inside_the_band(make_engine: MakeEngine) -> None:
    engine = collecting(make_engine, ask(1, 10, 1, 3, 1800), bid(2, 10, 1, 6, 2000), band(1650, 100))
    assert send(engine, resume(10, 1)) == ["market 0 hours 10 + 1: open"]
    assert open_now(engine) == [(1, 10, 3), (2, 10, 6)]


# The trades


def test_best_prices_go_first_and_the_later_order_is_the_taker(make_engine: MakeEngine) -> None:
    engine = collecting(make_engine, bid(1, 10, 1, 4, 1700), ask(2, 10, 1, 3, 1650), ask(3, 10, 1, 5, 1600))
    send(engine, bid(4, 10, 1, 2, 1800))
    assert send(engine, resume(10, 1)) == [
        "market 0 hours 10 + 1: open",
        "market 0 hour 10 auction: 6 at 1650",
        "4 takes 2 of 3 in hour 10 at 1650, site 1",
        "4 gone: filled",
        "3 takes 3 of 1 in hour 10 at 1650, site 1",
        "3 gone: filled",
        "2 takes 1 of 1 in hour 10 at 1650, site 1",
        "1 gone: filled",
    ]
    assert open_now(engine) == [(2, 10, 2)]


def test_an_iceberg_trades_shown_and_hidden_in_its_place_and_keeps_it(make_engine: MakeEngine) -> None:
    engine = collecting(make_engine, ask(1, 10, 1, 9, 1700, display_quantity=2), ask(2, 10, 1, 3, 1700))
    send(engine, bid(3, 10, 1, 6, 1700))
    assert send(engine, resume(10, 1))[2:] == ["3 takes 6 of 1 in hour 10 at 1700, site 1", "3 gone: filled"]
    assert engine.resting()[["id", "open", "shown"]].tolist() == [(1, 3, 2), (2, 3, 3)]
    assert send(engine, bid(4, 10, 1, 1, 1700))[0] == "4 takes 1 of 1 in hour 10 at 1700, site 1"


def test_an_iceberg_s_broken_tip_is_filled_up(make_engine: MakeEngine) -> None:
    engine = make_engine()
    send(engine, ask(1, 10, 1, 9, 1700, display_quantity=4), bid(2, 10, 1, 3, 1700))
    assert engine.resting()[["open", "shown"]].tolist() == [(6, 1)]
    send(engine, collect(10, 1), bid(3, 10, 1, 1, 1700), resume(10, 1))
    assert engine.resting()[["open", "shown"]].tolist() == [(5, 4)]


# Indicative


def test_indicative_tells_what_an_auction_would_give_in_any_state(make_engine: MakeEngine) -> None:
    engine = make_engine()
    send(engine, ask(1, 10, 3, 4, 1700), collect(11, 2), bid(2, 11, 2, 6, 1700), halt(12, 1), close(9))
    told = engine.indicative(0, 9, 5)
    assert told.dtype == INDICATIVE
    nothing = (NULL, 0, 0)
    assert told.tolist() == [(9, *nothing), (10, *nothing), (11, 1700, 4, 2), (12, 1700, 4, 2), (13, *nothing)]
    assert engine.indicative(5, 9, 1).tolist() == [(9, *nothing)], "a market that nobody has named"
    assert len(engine.indicative(0, 9, 0)) == 0


# Against brute force


class Limit(NamedTuple):
    side: int
    quantity: int
    price: int
    display_quantity: int | None

    def line(self, id_: int) -> Line:
        line = (bid if self.side > 0 else ask)(id_, 10, 1, self.quantity, self.price)
        return line | {"display_quantity": self.display_quantity}


limits = st.builds(
    Limit, st.sampled_from((1, -1)), st.integers(1, 9), st.integers(5, 25), st.none() | st.integers(1, 4)
)
bands = st.tuples(st.integers(1, 30), st.none() | st.integers(0, 12)) | st.just((None, None))


def counted(orders: list[Limit], price: int) -> tuple[int, int]:
    demand = sum(order.quantity for order in orders if order.side > 0 and order.price >= price)
    supply = sum(order.quantity for order in orders if order.side < 0 and order.price <= price)
    return min(demand, supply), demand - supply


def best_by_brute_force(orders: list[Limit], reference: int | None, width: int | None) -> tuple[int, int, int] | None:
    """The (price, volume, imbalance) that the rule picks among all prices, None where nothing trades at any."""
    ranked = []
    for price in range(1, 60):
        volume, imbalance = counted(orders, price)
        inside = reference is None or width is None or abs(price - reference) <= width
        if volume and inside:
            far = 0 if reference is None else abs(price - reference)
            ranked.append((-volume, abs(imbalance), far, price, imbalance))
    if not ranked:
        return None
    volume, _, _, price, imbalance = min(ranked)
    return price, -volume, imbalance


def pairs_by_brute_force(orders: list[Limit], volume: int) -> list[tuple[int, int]]:
    """The (bid, ask) of each accelerator that trades: one after another in priority order."""
    numbered = sorted(enumerate(orders), key=lambda item: (-item[1].side * item[1].price, item[0]))
    units = {
        side: list(chain.from_iterable(repeat(n, order.quantity) for n, order in numbered if order.side == side))
        for side in (1, -1)
    }
    return list(zip(units[1][:volume], units[-1][:volume], strict=True))


@given(orders=st.lists(limits, max_size=12), ruled=bands)
@settings(deadline=None, max_examples=200)
def test_an_auction_gives_the_exact_best(
    make_engine: MakeEngine, orders: list[Limit], ruled: tuple[int | None, int | None]
) -> None:
    engine = make_engine()
    send(engine, collect(), band(*ruled), *(order.line(n) for n, order in enumerate(orders)))
    (told,) = engine.indicative(0, 10, 1).tolist()
    events = engine.apply(commands(resume()))
    engine.check()
    assert engine.indicative(0, 10, 1)["price"].tolist() == [NULL], "an auction leaves nothing that crosses in the band"
    expected = best_by_brute_force(orders, *ruled)
    trades = events[events["event"] == Event.TRADE]
    if expected is None:
        assert told == (10, NULL, 0, 0)
        assert len(events) == 1
        return
    price, volume, _ = expected
    assert told == (10, *expected)
    assert events[1][["id", "hour", "price", "quantity"]].item() == (0, 10, price, volume)
    assert (trades["price"] == price).all()
    pairs = np.stack((np.maximum(trades["id"], trades["maker"]), np.minimum(trades["id"], trades["maker"])), axis=1)
    assert (pairs[:, 0] == trades["id"]).all(), "the later order is the taker"
    by_accelerator = [tuple(sorted(pair)) for pair in pairs_by_brute_force(orders, volume)]
    assert [tuple(sorted(pair)) for pair in np.repeat(pairs, trades["quantity"], axis=0).tolist()] == by_accelerator

"""A block bid's alternatives: the first to execute withdraws the others, and of several that could, the greatest saving does."""

from typing import NamedTuple

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from matching.engine.dtypes import Do, Event, Side, Why
from matching.engine.interface import Engine

from .conftest import MakeEngine
from .play import Line, alternative, ask, block_ask, block_bid, cancel, close, commands, mass_cancel, replace, send
from .test_block_allocation import Block, Hourly, best_by_brute_force, first_execution, hourly


def waiting(engine: Engine) -> list[tuple[int, int, int, int]]:
    """Everything open as (id, alternative, hour, open)."""
    return engine.resting()[["id", "alternative", "hour", "open"]].tolist()  # type: ignore[no-any-return]


def two_markets(id_: int, **more: object) -> Line:
    """Four accelerators for two hours from 10, in market 0 at 1700 or in market 1 at 1800."""
    return block_bid(id_, 10, 2, 4, 1700, alternatives=[alternative(1, 10, 1800)], **more)


def test_the_alternative_that_saves_most_executes_and_the_others_are_withdrawn(make_engine: MakeEngine) -> None:
    engine = make_engine()
    send(engine, ask(1, 10, 2, 4, 1650), ask(2, 10, 2, 4, 1700, market=1, site=2))
    assert send(engine, two_markets(3)) == [
        "3 takes 4 of 2 in hour 10 at 1700, site 2",
        "3 takes 4 of 2 in hour 11 at 1700, site 2",
        "2 gone: filled",
        "3 gone: filled",
    ]
    assert waiting(engine) == [(1, 0, 10, 4), (1, 0, 11, 4)]


def test_between_equal_savings_the_lower_alternative_executes(make_engine: MakeEngine) -> None:
    engine = make_engine()
    send(engine, ask(1, 10, 2, 4, 1600), ask(2, 10, 2, 4, 1700, market=1))
    assert send(engine, two_markets(3))[0] == "3 takes 4 of 1 in hour 10 at 1600, site 1"


def test_an_alternative_may_meet_a_block(make_engine: MakeEngine) -> None:
    engine = make_engine()
    send(engine, ask(1, 10, 2, 4, 1690), block_ask(2, 10, 2, 4, 1600, market=1, site=7))
    assert send(engine, two_markets(3))[0] == "3 takes 4 of 2 in hour 10 at 1600, site 7"


def test_all_wait_and_the_first_to_execute_withdraws_the_others(make_engine: MakeEngine) -> None:
    engine = make_engine()
    assert send(engine, two_markets(1)) == []
    assert waiting(engine) == [(1, 0, 10, 4), (1, 1, 10, 4)]
    assert engine.open_quantities(1).tolist() == [4]
    assert send(engine, ask(2, 10, 2, 4, 1750, market=1))[-1] == "1 gone: filled"
    assert send(engine, ask(3, 10, 2, 4, 1600)) == []


def test_a_waiting_alternative_is_maker_to_an_arriving_block(make_engine: MakeEngine) -> None:
    engine = make_engine()
    send(engine, two_markets(1))
    assert send(engine, block_ask(2, 10, 2, 4, 1500, market=1, site=7)) == [
        "2 takes 4 of 1 in hour 10 at 1800, site 7",
        "2 takes 4 of 1 in hour 11 at 1800, site 7",
        "1 gone: filled",
        "2 gone: filled",
    ]


def test_after_a_part_the_order_goes_on_as_an_ordinary_block(make_engine: MakeEngine) -> None:
    engine = make_engine()
    send(engine, two_markets(1, min_quantity=1), ask(2, 10, 2, 3, 1750, market=1))
    assert waiting(engine) == [(1, 1, 10, 1)]
    assert send(engine, ask(3, 10, 2, 4, 1600)) == []
    assert send(engine, replace(1, price=1900), ask(4, 10, 2, 1, 1900, market=1))[-1] == "1 gone: filled"


def test_waiting_alternatives_of_one_market_are_tried_by_limit_then_by_number(make_engine: MakeEngine) -> None:
    engine = make_engine()
    further = [alternative(0, 11, 1800), alternative(0, 12, 1800)]
    send(engine, block_bid(1, 10, 1, 4, 1700, alternatives=further))
    assert send(engine, ask(2, 10, 3, 4, 1600)) == ["1 takes 4 of 2 in hour 11 at 1600, site 1", "1 gone: filled"]


def test_windows_of_one_market_may_overlap(make_engine: MakeEngine) -> None:
    engine = make_engine()
    send(engine, block_bid(1, 10, 2, 4, 1700, start_flexibility=4, alternatives=[alternative(0, 11, 1800)]))
    send(engine, ask(2, 11, 1, 4, 1600))
    assert send(engine, close(10)) == []
    assert waiting(engine)[:2] == [(1, 0, 11, 4), (1, 1, 11, 4)]
    assert send(engine, ask(3, 12, 1, 4, 1900))[-1] == "1 gone: filled"


def test_closing_withdraws_an_alternative_and_the_last_one_expires(make_engine: MakeEngine) -> None:
    engine = make_engine()
    send(engine, two_markets(1))
    assert send(engine, close(10)) == []
    assert waiting(engine) == [(1, 1, 10, 4)]
    assert send(engine, close(10, market=1)) == ["1 gone: expired"]


def test_closing_an_hour_that_ends_every_alternative_tells_it_once(make_engine: MakeEngine) -> None:
    engine = make_engine()
    send(engine, block_bid(1, 10, 1, 4, 1700, alternatives=[alternative(0, 11, 1700)]))
    assert send(engine, close(11)) == ["1 gone: expired"]


def test_cancelling_ends_all_alternatives(make_engine: MakeEngine) -> None:
    engine = make_engine()
    send(engine, two_markets(1, participant=7), two_markets(2, participant=7))
    assert send(engine, cancel(1), mass_cancel(7)) == ["1 gone: cancelled", "2 gone: cancelled"]
    assert send(engine, ask(3, 10, 2, 9, 1), ask(4, 10, 2, 9, 1, market=1)) == []


def test_what_does_not_execute_at_once_goes_as_one_order(make_engine: MakeEngine) -> None:
    assert send(make_engine(), two_markets(1, tif="IOC"), two_markets(2, tif="FOK")) == [
        "1 gone: expired",
        "2 gone: expired",
    ]


def test_a_new_quantity_is_for_all_alternatives_and_a_new_price_for_none(make_engine: MakeEngine) -> None:
    engine = make_engine()
    send(engine, two_markets(1), two_markets(2))
    assert send(engine, replace(1, price=1900), replace(1, quantity=3, price=1700)) == ["1 rejected: field"] * 2
    assert send(engine, replace(1, quantity=5)) == []
    assert waiting(engine)[:2] == [(1, 0, 10, 5), (1, 1, 10, 5)]
    assert send(engine, ask(3, 10, 2, 9, 1800, market=1))[2] == "2 gone: filled", "1 was raised, so it comes after 2"


def test_a_cut_is_tried_as_if_arriving_and_keeps_its_place(make_engine: MakeEngine) -> None:
    engine = make_engine()
    send(engine, two_markets(1), two_markets(2), ask(3, 10, 2, 3, 1700, market=1))
    assert send(engine, replace(1, quantity=3))[-1] == "1 gone: filled"


def test_closed_alternatives_are_left_out_and_the_numbers_stay(make_engine: MakeEngine) -> None:
    engine = make_engine()
    send(engine, close(10), two_markets(1))
    assert waiting(engine) == [(1, 1, 10, 4)]
    send(engine, close(10, market=1))
    assert send(engine, two_markets(2)) == ["2 rejected: closed"]


@pytest.mark.parametrize(
    ("line", "why"),
    [
        (two_markets(1, one_site=1), "malformed"),
        (two_markets(1) | {"alternatives": [alternative(0, 1, 1)] * 8}, "malformed"),
        (two_markets(1) | {"alternatives": [alternative(0, 1, 1, quantity=3)]}, "malformed"),
        (two_markets(1) | {"alternatives": [{"market": 0, "start": 1}]}, "malformed"),
        (two_markets(1) | {"alternatives": [7]}, "malformed"),
        (two_markets(1) | {"alternatives": {}}, "malformed"),
        (two_markets(1) | {"alternatives": [alternative(-1, 1, 1)]}, "bounds"),
        (two_markets(1) | {"alternatives": [alternative(0, 10_000_001, 1)]}, "bounds"),
        (two_markets(1) | {"alternatives": [alternative(0, 1, 0)]}, "bounds"),
        (
            two_markets(1) | {"alternatives": [alternative(0, 1, 1), alternative(0, 1, 1, start_flexibility=169)]},
            "bounds",
        ),
        (two_markets(1) | {"alternatives": [alternative(0, 1, None)]}, "field"),
        (two_markets(1) | {"price": None}, "field"),
        (two_markets(1) | {"side": -1, "site": 1}, "field"),
        (two_markets(1) | {"kind": "hourly"}, "field"),
        (two_markets(1) | {"site": 1}, "site"),
    ],
)
def test_what_is_refused(make_engine: MakeEngine, line: Line, why: str) -> None:
    engine = make_engine()
    assert send(engine, line) == [f"1 rejected: {why}"]
    assert waiting(engine) == []


def test_seven_alternatives_and_none_are_read(make_engine: MakeEngine) -> None:
    engine = make_engine()
    send(engine, two_markets(1) | {"alternatives": [alternative(n, 10, 1700) for n in range(1, 8)]})
    send(engine, block_bid(2, 10, 2, 4, 1700, alternatives=[]))
    assert [row[:2] for row in waiting(engine)] == [*((1, n) for n in range(8)), (2, 0)]


def announced(count: int, *following: tuple[int, Do]) -> np.ndarray:
    """A block bid that announces `count` alternatives, and rows of other ids and kinds after it."""
    rows: np.ndarray = np.repeat(commands(block_bid(1, 10, 2, 4, 1700)), 1 + len(following))
    rows["alternatives"][0] = count
    for row, (id_, do) in zip(rows[1:], following, strict=True):
        row["id"], row["do"] = id_, do
    return rows


@pytest.mark.parametrize(
    ("rows", "rejected"),
    [
        (announced(1), [(0, 1)]),
        (announced(2, (1, Do.ALTERNATIVE)), [(0, 1), (1, 1)]),
        (announced(1, (2, Do.ALTERNATIVE)), [(0, 1), (1, 2)]),
        (announced(0, (1, Do.ALTERNATIVE)), [(1, 1)]),
        (announced(1, (1, Do.ALTERNATIVE), (1, Do.ALTERNATIVE)), [(2, 1)]),
        (announced(8, *[(1, Do.ALTERNATIVE)] * 8), [(n, 1) for n in range(9)]),
        (announced(-1, (1, Do.ALTERNATIVE)), [(0, 1), (1, 1)]),
    ],
)
def test_rows_that_do_not_follow_are_malformed(
    make_engine: MakeEngine, rows: np.ndarray, rejected: list[tuple[int, int]]
) -> None:
    events = make_engine().apply(rows)
    assert events[["n", "id"]].tolist() == rejected
    assert set(events["why"].tolist()) == {Why.MALFORMED}


def test_one_unreadable_row_refuses_the_order_as_a_whole(make_engine: MakeEngine) -> None:
    rows = announced(2, (1, Do.ALTERNATIVE), (1, Do.ALTERNATIVE))
    rows["malformed"][2] = 1
    events = make_engine().apply(rows)
    assert events[["n", "id", "why"]].tolist() == [(0, 1, Why.MALFORMED)]


def test_only_what_rests_is_put_back(make_engine: MakeEngine) -> None:
    """The second of three alternatives has executed a part; the first and the third were withdrawn."""
    engine = make_engine()
    further = [alternative(0, 11, 1800, start_flexibility=2), alternative(1, 10, 1700)]
    order = block_bid(1, 10, 2, 4, 1700, min_quantity=1, alternatives=further)
    send(engine, order, ask(2, 12, 2, 3, 1600))
    copy = make_engine()
    orders = commands(order)
    orders["start"][1], orders["start_flexibility"][1] = 12, 0
    copy.load(orders, engine.resting())
    copy.check()
    assert copy.resting().tolist() == engine.resting().tolist()
    assert len(copy.resting()) == 1


# Against brute force


class Choice(NamedTuple):
    """One alternative."""

    market: int
    start: int
    flexibility: int
    price: int


choices = st.builds(Choice, st.integers(0, 1), st.integers(0, 3), st.integers(0, 1), st.integers(10, 16))
books = st.lists(hourly, max_size=10)


@given(
    markets=st.tuples(books, books),
    choices=st.lists(choices, min_size=2, max_size=4),
    hours=st.integers(1, 2),
    quantity=st.integers(1, 6),
    min_quantity=st.none() | st.integers(1, 3),
    one_site=st.booleans(),
)
@settings(deadline=None, max_examples=150)
def test_the_greatest_saving_executes(
    make_engine: MakeEngine,
    markets: tuple[list[Hourly], list[Hourly]],
    choices: list[Choice],
    hours: int,
    quantity: int,
    min_quantity: int | None,
    one_site: bool,
) -> None:
    savings = []
    for number, choice in enumerate(choices):
        block = Block(Side.BID, choice.start, hours, choice.flexibility, quantity, choice.price, min_quantity, one_site)
        best = best_by_brute_force(markets[choice.market], block)
        if best is not None:
            total, part, start = best
            savings.append((choice.price * part * hours - total, -number, total, part, start, choice.market))
    engine = make_engine()
    asks = [ask(n, o.hour, 1, o.quantity, o.price, site=o.site) for n, o in enumerate(markets[0])]
    asks += [ask(100 + n, o.hour, 1, o.quantity, o.price, site=o.site, market=1) for n, o in enumerate(markets[1])]
    first, *further = choices
    order = block_bid(999, first.start, hours, quantity, first.price, market=first.market, tif="IOC")
    order |= {"start_flexibility": first.flexibility, "min_quantity": min_quantity, "one_site": one_site}
    order["alternatives"] = [alternative(c.market, c.start, c.price, start_flexibility=c.flexibility) for c in further]
    engine.apply(commands(*asks))
    events = engine.apply(commands(order))
    trades = events[events["event"] == Event.TRADE]
    if not savings:
        assert len(trades) == 0
        return
    _, _, total, part, start, market = max(savings)
    executed = first_execution(trades, hours)
    assert int((executed["price"] * executed["quantity"]).sum()) == total
    assert executed["quantity"].sum() == part * hours
    assert executed["hour"].min() == start
    assert set((trades["maker"] >= 100).tolist()) == {bool(market)}, "later parts stay with the alternative"

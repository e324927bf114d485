"""Events by level of detail: trades alone, every outcome, or every command explained."""

from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from matching.engine.dtypes import Detail, Do, Event, Kind
from matching.engine.interface import Engine

from .conftest import MakeEngine
from .play import Line, ask, bid, block_ask, block_bid, cancel, close, mass_cancel, replace, send, time
from .random_commands import EVERYTHING, random_stream


def explain(engine: Engine, *lines: Line | str) -> list[str]:
    return send(engine, *lines, detail=Detail.ALL)


def test_an_order_that_trades_nothing_is_accepted_and_rests(make_engine: MakeEngine) -> None:
    """`rested` sums what is open over an hourly order's hours, an iceberg's hidden quantity too."""
    engine = make_engine()
    assert explain(engine, ask(1, 10, 3, 4, 1700)) == ["1 accepted", "1 rests: 12 from hour 10"]
    assert explain(engine, ask(2, 10, 3, 4, 1700, display_quantity=1)) == ["2 accepted", "2 rests: 12 from hour 10"]
    assert explain(engine, block_ask(3, 10, 3, 4, 1700, start_flexibility=2)) == [
        "3 accepted",
        "3 rests: 4 from hour 10",
    ]


def test_what_is_left_rests_after_its_trades(make_engine: MakeEngine) -> None:
    engine = make_engine()
    send(engine, ask(1, 10, 1, 4, 1700))
    assert explain(engine, bid(2, 10, 2, 6, 1700)) == [
        "2 accepted",
        "2 takes 4 of 1 in hour 10 at 1700, site 1",
        "1 gone: filled",
        "2 rests: 8 from hour 10",
    ]


def test_an_hour_that_filled_is_not_the_first_that_rests(make_engine: MakeEngine) -> None:
    engine = make_engine()
    send(engine, ask(1, 10, 1, 6, 1700))
    assert explain(engine, bid(2, 10, 2, 6, 1700))[-1] == "2 rests: 6 from hour 11"


@pytest.mark.parametrize(
    ("line", "end"),
    [
        (bid(2, 10, 1, 4, 1700), "filled"),
        (bid(2, 10, 1, 9, 1700, tif="IOC"), "expired"),
        (bid(2, 10, 1, 9, None), "expired"),
        (bid(2, 10, 1, 9, 1700, tif="FOK"), "expired"),
        (block_bid(2, 10, 1, 4, 1700), "filled"),
        (block_bid(2, 10, 1, 5, 1700, tif="IOC"), "expired"),
    ],
)
def test_an_order_that_does_not_stay_is_accepted_and_goes(make_engine: MakeEngine, line: Line, end: str) -> None:
    engine = make_engine()
    send(engine, ask(1, 10, 1, 4, 1700))
    told = explain(engine, line)
    assert (told[0], told[-1]) == ("2 accepted", f"2 gone: {end}")


def test_what_is_refused_is_not_accepted(make_engine: MakeEngine) -> None:
    engine = make_engine()
    send(engine, ask(1, 10, 1, 4, 1700), ask(2, 11, 1, 400, 1700, display_quantity=4))
    assert explain(engine, bid(3, 10, 1, 1, 1700, post_only=True)) == ["3 rejected: post_only"]
    assert explain(engine, bid(1, 10, 1, 1, 1600)) == ["1 rejected: duplicate"]
    assert explain(engine, replace(9, quantity=1)) == ["9 rejected: unknown"]
    assert explain(engine, replace(2, quantity=401)) == ["2 rejected: bounds"]
    assert explain(engine, "{") == ["None rejected: malformed"]


def test_a_resting_block_is_triggered_before_its_first_trade_and_after_the_other_order_rests(
    make_engine: MakeEngine,
) -> None:
    engine = make_engine()
    send(engine, block_bid(1, 10, 1, 4, 1800, start_flexibility=2))
    assert explain(engine, ask(2, 12, 1, 6, 1700)) == [
        "2 accepted",
        "2 rests: 6 from hour 12",
        "1 triggered: from hour 12",
        "1 takes 4 of 2 in hour 12 at 1700, site 1",
        "1 gone: filled",
    ]


def test_a_block_that_cannot_execute_is_not_triggered(make_engine: MakeEngine) -> None:
    engine = make_engine()
    send(engine, block_bid(1, 10, 2, 4, 1800))
    assert explain(engine, ask(2, 10, 1, 6, 1700)) == ["2 accepted", "2 rests: 6 from hour 10"]


def test_an_arriving_block_is_not_triggered_nor_is_its_maker(make_engine: MakeEngine) -> None:
    engine = make_engine()
    send(engine, block_bid(1, 10, 1, 4, 1800))
    assert explain(engine, block_ask(2, 10, 1, 4, 1800)) == [
        "2 accepted",
        "2 takes 4 of 1 in hour 10 at 1800, site 1",
        "1 gone: filled",
        "2 gone: filled",
    ]


def test_a_replace_is_accepted_and_what_it_leaves_rests(make_engine: MakeEngine) -> None:
    engine = make_engine()
    send(engine, ask(1, 10, 2, 4, 1700), bid(2, 11, 1, 3, 1600), block_bid(3, 10, 1, 9, 1700))
    assert explain(engine, replace(1, quantity=3)) == ["1 accepted", "1 rests: 6 from hour 10"]
    assert explain(engine, replace(1, price=1600)) == [
        "1 accepted",
        "1 takes 3 of 2 in hour 11 at 1600, site 1",
        "2 gone: filled",
        "1 rests: 3 from hour 10",
    ]
    assert explain(engine, replace(3, quantity=8)) == ["3 accepted", "3 rests: 8 from hour 10"]
    assert explain(engine, replace(3, quantity=3)) == [
        "3 accepted",
        "3 takes 3 of 1 in hour 10 at 1600, site 1",
        "1 gone: filled",
        "3 gone: filled",
    ]


def test_commands_without_an_order_are_accepted_as_0(make_engine: MakeEngine) -> None:
    engine = make_engine()
    send(engine, ask(1, 10, 1, 4, 1700, participant=7), ask(2, 10, 1, 4, 1700))
    assert explain(engine, mass_cancel(7)) == ["0 accepted", "1 gone: cancelled"]
    assert explain(engine, mass_cancel(8)) == ["0 accepted"]
    assert explain(engine, close(9)) == ["0 accepted"]
    assert explain(engine, close(8)) == ["0 accepted"]
    assert explain(engine, time(8)) == ["0 accepted"]
    assert explain(engine, cancel(2)) == ["2 gone: cancelled"]


@given(seed=st.integers(0, 2**32))
@settings(deadline=None, max_examples=20)
def test_each_level_has_what_the_one_before_it_has(make_engine: MakeEngine, seed: int) -> None:
    stream = random_stream(seed, 150, EVERYTHING)
    every = make_engine().apply(stream, Detail.ALL)
    explanations = (Event.ACCEPTED, Event.RESTED, Event.TRIGGERED)
    outcomes = every[~np.isin(every["event"], explanations)]
    assert np.array_equal(make_engine().apply(stream), outcomes)
    trades = every[every["event"] == Event.TRADE]
    assert np.array_equal(make_engine().apply(stream, Detail.TRADES), trades)


@given(seed=st.integers(0, 2**32))
@settings(deadline=None, max_examples=20)
def test_every_command_is_explained(make_engine: MakeEngine, seed: int) -> None:
    stream = random_stream(seed, 150, EVERYTHING)
    told = make_engine().apply(stream, Detail.ALL)["n"]
    assert set(told.tolist()) >= set(np.flatnonzero(stream["do"] != Do.ALTERNATIVE).tolist())


@given(seed=st.integers(0, 2**32))
@settings(deadline=None, max_examples=20)
def test_a_reader_of_all_events_knows_what_is_open(make_engine: MakeEngine, seed: int) -> None:
    """What rested last, less what traded or ended since, is what `resting` says; a block counts in each of its hours."""
    engine, stream = make_engine(), random_stream(seed, 150, EVERYTHING)
    block_hours: dict[int, int] = {}
    open_: Counter[int] = Counter()
    for id_, maker, n, quantity, event in engine.apply(stream, Detail.ALL)[
        ["id", "maker", "n", "quantity", "event"]
    ].tolist():
        if event == Event.ACCEPTED and stream["do"][n] == Do.NEW:
            block_hours[id_] = int(stream["hours"][n]) if stream["kind"][n] == Kind.BLOCK else 0
        elif event == Event.RESTED:
            open_[id_] = quantity * (block_hours[id_] or 1)
        elif event in (Event.TRADE, Event.REDUCED):
            open_.subtract({id_: quantity} | ({maker: quantity} if event == Event.TRADE else {}))
        elif event == Event.GONE:
            del open_[id_]
    held: Counter[int] = Counter()
    for id_, quantity in engine.resting()[["id", "open"]].tolist():
        if block_hours[id_]:
            held[id_] = quantity * block_hours[id_]
        else:
            held[id_] += quantity
    assert open_ == held

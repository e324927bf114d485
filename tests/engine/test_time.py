"""GTD orders and the minute that TIME tells."""

import pytest

from matching.engine.dtypes import Do, Why, blank_commands

from .conftest import MakeEngine
from .play import Line, ask, band, bid, block_ask, block_bid, halt, mass_cancel, open_now, replace, send, time


def until(minute: int | None) -> Line:
    return {"tif": "GTD", "expires_minute": minute}


def test_an_order_ends_at_its_minute_and_each_open_hour_is_told(make_engine: MakeEngine) -> None:
    engine = make_engine()
    send(engine, ask(1, 10, 3, 4, 1700, **until(100)), bid(2, 11, 1, 4, 1700))
    assert send(engine, time(99)) == []
    assert send(engine, time(100)) == [
        "1 loses 4 in hour 10: expired",
        "1 loses 4 in hour 12: expired",
        "1 gone: expired",
    ]
    assert open_now(engine) == []


def test_a_block_is_just_gone(make_engine: MakeEngine) -> None:
    engine = make_engine()
    send(engine, block_bid(1, 10, 3, 4, 1700, start_flexibility=5, **until(100)))
    assert send(engine, time(100)) == ["1 gone: expired"]
    assert send(engine, ask(2, 10, 3, 4, 1600)) == []


def test_an_iceberg_ends_with_what_it_hides(make_engine: MakeEngine) -> None:
    engine = make_engine()
    send(engine, ask(1, 10, 1, 9, 1700, display_quantity=2, **until(100)))
    assert send(engine, time(100)) == ["1 loses 9 in hour 10: expired", "1 gone: expired"]


def test_orders_end_by_ascending_id_whatever_their_minute_and_market(make_engine: MakeEngine) -> None:
    engine = make_engine()
    send(engine, ask(5, 10, 1, 1, 1700, **until(90)), block_ask(3, 10, 1, 1, 1700, **until(100), market=1))
    send(engine, bid(4, 9, 1, 1, 1600, **until(80)), bid(6, 9, 1, 1, 1600, **until(101)))
    assert send(engine, time(100)) == [
        "3 gone: expired",
        "4 loses 1 in hour 9: expired",
        "4 gone: expired",
        "5 loses 1 in hour 10: expired",
        "5 gone: expired",
    ]
    assert open_now(engine) == [(6, 9, 1)]


def test_what_comes_after_its_minute_is_closed(make_engine: MakeEngine) -> None:
    engine = make_engine()
    send(engine, time(100))
    assert send(engine, ask(1, 10, 1, 1, 1700, **until(100))) == ["1 rejected: closed"]
    assert send(engine, block_ask(1, 10, 1, 1, 1700, **until(0))) == ["1 rejected: closed"]
    assert send(engine, ask(1, 10, 1, 1, 1700, **until(101))) == []


def test_an_engine_that_was_told_no_time_is_before_all_minutes(make_engine: MakeEngine) -> None:
    engine = make_engine()
    assert send(engine, ask(1, 10, 1, 1, 1700, **until(0))) == []
    assert send(engine, time(0)) == ["1 loses 1 in hour 10: expired", "1 gone: expired"]


def test_time_does_not_go_back(make_engine: MakeEngine) -> None:
    engine = make_engine()
    send(engine, time(100))
    assert send(engine, time(50)) == []
    assert send(engine, ask(1, 10, 1, 1, 1700, **until(80))) == ["1 rejected: closed"]


def test_a_gtd_order_without_a_minute_ends_at_its_gate(make_engine: MakeEngine) -> None:
    engine = make_engine()
    send(engine, ask(1, 10, 1, 1, 1700, **until(None)))
    assert send(engine, time(2**31 - 2)) == []
    assert open_now(engine) == [(1, 10, 1)]


@pytest.mark.parametrize("tif", ["GTC", "IOC", "FOK"])
def test_the_minute_is_read_for_gtd_only(make_engine: MakeEngine, tif: str) -> None:
    engine = make_engine()
    send(engine, time(100), ask(1, 10, 1, 2, 1700))
    assert send(engine, bid(2, 10, 1, 2, 1700, tif=tif, expires_minute=-5)) == [
        "2 takes 2 of 1 in hour 10 at 1700, site 1",
        "1 gone: filled",
        "2 gone: filled",
    ]


def test_a_replaced_order_keeps_its_minute(make_engine: MakeEngine) -> None:
    engine = make_engine()
    send(engine, ask(1, 10, 1, 1, 1700, **until(100)), replace(1, quantity=3, price=1800))
    assert send(engine, time(100)) == ["1 loses 3 in hour 10: expired", "1 gone: expired"]


def test_an_order_that_has_gone_does_not_end_again(make_engine: MakeEngine) -> None:
    engine = make_engine()
    send(engine, ask(1, 10, 1, 1, 1700, **until(100), participant=7), mass_cancel(7), ask(1, 10, 1, 1, 1700))
    assert send(engine, time(100)) == []
    assert open_now(engine) == [(1, 10, 1)]


def test_time_ends_orders_in_halted_hours_too(make_engine: MakeEngine) -> None:
    engine = make_engine()
    send(engine, ask(1, 10, 1, 1, 1700, **until(100)), halt(), band(100, 1))
    assert send(engine, time(100)) == ["1 loses 1 in hour 10: expired", "1 gone: expired"]


@pytest.mark.parametrize("minute", [-1, 2**31 - 1])
def test_minutes_have_bounds(make_engine: MakeEngine, minute: int) -> None:
    engine = make_engine()
    assert send(engine, ask(1, 10, 1, 1, 1700, **until(minute))) == ["1 rejected: bounds"]
    assert send(engine, time(minute)) == ["None rejected: bounds"]


def test_a_time_without_its_minute_is_out_of_bounds(make_engine: MakeEngine) -> None:
    command = blank_commands(1)
    command["do"] = Do.TIME
    engine = make_engine()
    (event,) = engine.apply(command)
    assert event["why"] == Why.BOUNDS
    assert send(engine, '{"do": "time"}') == ["None rejected: malformed"]

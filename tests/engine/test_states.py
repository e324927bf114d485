"""Contract states: halted, collecting for a call auction, open again; a contract's own and its whole market's."""

import pytest

from .conftest import MakeEngine
from .play import (
    Line,
    ask,
    bid,
    block_ask,
    block_bid,
    cancel,
    close,
    collect,
    halt,
    open_now,
    replace,
    resume,
    send,
)

# Halted


def test_nothing_comes_into_a_halted_hour(make_engine: MakeEngine) -> None:
    engine = make_engine()
    assert send(engine, bid(1, 10, 3, 2, 1700), halt(11, 1)) == ["market 0 hours 11 + 1: halted"]
    assert send(engine, ask(2, 10, 2, 1, 1700), replace(1, price=1600), replace(1, quantity=1)) == [
        "2 rejected: halted",
        "1 rejected: halted",
        "1 rejected: halted",
    ]
    assert send(engine, ask(3, 10, 1, 1, 1700)) == ["3 takes 1 of 1 in hour 10 at 1700, site 1", "3 gone: filled"]
    assert send(engine, ask(4, 12, 9, 1, 1700))[0] == "4 takes 1 of 1 in hour 12 at 1700, site 1"


def test_what_is_there_may_leave(make_engine: MakeEngine) -> None:
    engine = make_engine()
    send(engine, bid(1, 10, 1, 2, 1700), bid(2, 10, 1, 2, 1700), halt())
    assert send(engine, cancel(1)) == ["1 gone: cancelled"]
    assert send(engine, close(10)) == ["2 loses 2 in hour 10: expired", "2 gone: expired"]


def test_closed_goes_before_halted_and_halted_before_post_only(make_engine: MakeEngine) -> None:
    engine = make_engine()
    send(engine, ask(1, 10, 1, 2, 1700), close(9), halt())
    assert send(engine, bid(2, 9, 2, 1, 1700), bid(3, 10, 1, 1, 1700, post_only=True)) == [
        "2 rejected: closed",
        "3 rejected: halted",
    ]


def test_a_block_needs_one_start_without_a_halted_hour(make_engine: MakeEngine) -> None:
    engine = make_engine()
    send(engine, ask(1, 10, 6, 4, 1700), halt(11, 1), close(9))
    assert send(engine, block_bid(2, 8, 2, 4, 1800, start_flexibility=3)) == ["2 rejected: halted"]
    assert send(engine, block_bid(3, 8, 2, 4, 1800, start_flexibility=9)) == [
        "3 takes 4 of 1 in hour 12 at 1700, site 1",
        "3 takes 4 of 1 in hour 13 at 1700, site 1",
        "3 gone: filled",
    ]


def test_a_waiting_block_stays_but_is_not_replaced_while_it_cannot_start(make_engine: MakeEngine) -> None:
    engine = make_engine()
    send(engine, block_bid(1, 10, 2, 4, 1800), halt(11, 1))
    assert send(engine, replace(1, quantity=3)) == ["1 rejected: halted"]
    assert send(engine, ask(2, 10, 1, 4, 1700)) == []
    assert send(engine, resume(11, 1), replace(1, quantity=3)) == ["market 0 hours 11 + 1: open"]
    assert open_now(engine) == [(1, 10, 3), (2, 10, 4)]


# Collecting


def test_a_collecting_hour_takes_orders_and_trades_nothing(make_engine: MakeEngine) -> None:
    engine = make_engine()
    assert send(engine, ask(1, 10, 2, 4, 1700), collect(10, 1)) == ["market 0 hours 10 + 1: collecting"]
    assert send(engine, bid(2, 10, 2, 3, 1800)) == ["2 takes 3 of 1 in hour 11 at 1700, site 1"]
    assert open_now(engine) == [(1, 10, 4), (1, 11, 1), (2, 10, 3)]
    assert send(engine, bid(3, 10, 1, 3, 1800, tif="IOC"), bid(4, 10, 1, 3, None)) == [
        "3 gone: expired",
        "4 gone: expired",
    ]
    assert send(engine, bid(5, 10, 2, 1, 1800, tif="FOK")) == ["5 gone: expired"]
    assert send(engine, bid(6, 10, 1, 1, 1800, post_only=True)) == []


def test_no_block_uses_a_collecting_hour(make_engine: MakeEngine) -> None:
    engine = make_engine()
    send(engine, ask(1, 10, 3, 4, 1700), collect(11, 1))
    assert send(engine, block_bid(2, 10, 2, 4, 1800, start_flexibility=1)) == []
    assert send(engine, block_ask(3, 10, 2, 4, 1800, start_flexibility=1)) == [], "nor against another block"
    told = send(engine, block_bid(4, 10, 1, 4, 1800, start_flexibility=1))
    assert told[0] == "4 takes 4 of 1 in hour 10 at 1700, site 1"


def test_blocks_meet_at_the_first_common_start_that_is_all_open(make_engine: MakeEngine) -> None:
    engine = make_engine()
    send(engine, block_ask(1, 10, 2, 4, 1700, start_flexibility=9), collect(11, 1), halt(13, 1))
    told = send(engine, block_bid(2, 10, 2, 4, 1800, start_flexibility=9))
    assert told[:2] == ["2 takes 4 of 1 in hour 14 at 1700, site 1", "2 takes 4 of 1 in hour 15 at 1700, site 1"]


def test_own_orders_never_cross_even_in_a_collecting_hour(make_engine: MakeEngine) -> None:
    engine = make_engine()
    send(engine, collect(), ask(1, 10, 1, 3, 1700, participant=7), ask(2, 10, 1, 3, 1600))
    assert send(engine, bid(3, 10, 1, 5, 1800, participant=7, self_trade="cancel_maker")) == [
        "1 loses 3 in hour 10: self_trade",
        "1 gone: cancelled",
    ]
    assert open_now(engine) == [(2, 10, 3), (3, 10, 5)]


# Resume


def test_resume_opens_crossed_hours_by_auctions_then_tries_the_blocks(make_engine: MakeEngine) -> None:
    engine = make_engine()
    send(engine, collect(10, 3), ask(1, 10, 3, 5, 1700), bid(2, 10, 1, 2, 1800), bid(3, 12, 1, 2, 1750))
    send(engine, block_bid(4, 11, 2, 3, 1900), block_ask(5, 12, 1, 1, 1000))
    assert send(engine, resume(10, 2)) == [
        "market 0 hours 10 + 2: open",
        "market 0 hour 10 auction: 2 at 1700",
        "2 takes 2 of 1 in hour 10 at 1700, site 1",
        "2 gone: filled",
    ], "hour 12 still collects"
    assert send(engine, resume(12, 1)) == [
        "market 0 hours 12 + 1: open",
        "market 0 hour 12 auction: 2 at 1700",
        "3 takes 2 of 1 in hour 12 at 1700, site 1",
        "3 gone: filled",
        "4 takes 3 of 1 in hour 11 at 1700, site 1",
        "4 takes 3 of 1 in hour 12 at 1700, site 1",
        "4 gone: filled",
    ]
    assert send(engine, resume(10, 3)) == ["market 0 hours 10 + 3: open"], "what is open stays open"


def test_the_stricter_of_a_market_s_and_a_contract_s_state_counts(make_engine: MakeEngine) -> None:
    engine = make_engine()
    send(engine, collect(), halt(10, 1), ask(1, 11, 1, 1, 1700))
    assert send(engine, bid(2, 10, 1, 1, 1700), bid(3, 11, 1, 1, 1700)) == ["2 rejected: halted"]
    assert send(engine, collect(10, 1), ask(4, 10, 1, 1, 1700), bid(5, 10, 1, 1, 1700)) == [
        "market 0 hours 10 + 1: collecting"
    ]
    assert send(engine, resume(10, 1)) == ["market 0 hours 10 + 1: open"], "the market still collects"
    assert send(engine, collect(11, 1), resume()) == [
        "market 0 hours 11 + 1: collecting",
        "market 0: open",
        "market 0 hour 10 auction: 1 at 1700",
        "5 takes 1 of 4 in hour 10 at 1700, site 1",
        "4 gone: filled",
        "5 gone: filled",
    ], "hour 11 still collects"


def test_a_halted_contract_may_collect_before_it_opens(make_engine: MakeEngine) -> None:
    engine = make_engine()
    send(engine, halt(10, 1), collect(10, 1), ask(1, 10, 1, 1, 1700), bid(2, 10, 1, 1, 1700), halt(10, 1))
    assert send(engine, resume(10, 1))[1] == "market 0 hour 10 auction: 1 at 1700"


def test_closed_hours_of_a_span_are_skipped_and_closing_forgets_states(make_engine: MakeEngine) -> None:
    engine = make_engine()
    assert send(engine, close(10), halt(9, 3)) == ["market 0 hours 9 + 3: halted"]
    assert send(engine, bid(1, 11, 1, 1, 1700), close(11), bid(2, 12, 1, 1, 1700)) == ["1 rejected: halted"]
    assert send(engine, collect(8, 2), resume(8, 2)) == [
        "market 0 hours 8 + 2: collecting",
        "market 0 hours 8 + 2: open",
    ]


def test_a_market_s_state_stays_through_closes(make_engine: MakeEngine) -> None:
    engine = make_engine()
    send(engine, halt(), close(10))
    assert send(engine, bid(1, 11, 1, 1, 1700), bid(2, 11, 1, 1, 1700, market=1)) == ["1 rejected: halted"]


# Refused


@pytest.mark.parametrize(
    ("line", "why"),
    [
        (halt(-1, 1), "bounds"),
        (collect(10_000_001, 1), "bounds"),
        (resume(5, 0), "bounds"),
        (halt(5, 1_025), "bounds"),
        (halt(market=-1), "bounds"),
        (halt(5), "field"),
        (halt() | {"hours": 5}, "field"),
    ],
)
def test_what_is_refused(make_engine: MakeEngine, line: Line, why: str) -> None:
    assert send(make_engine(), line) == [f"None rejected: {why}"]

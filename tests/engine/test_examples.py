"""One worked example of each rule, to read beside docs/engine.md; `send` checks the books after every step.

Orders are written `bid(id, start, hours, quantity, price)`; each has a participant of its own unless told otherwise.
"""

from .conftest import MakeEngine
from .play import ask, bid, block_ask, block_bid, cancel, close, mass_cancel, open_now, replace, send

# Hourly orders


def test_best_price_trades_first_then_who_came_first_at_the_resting_price(make_engine: MakeEngine) -> None:
    engine = make_engine()
    send(engine, ask(1, 10, 1, 5, 1700), ask(2, 10, 1, 5, 1600, site=2), ask(3, 10, 1, 5, 1600, site=3))
    assert send(engine, bid(4, 10, 1, 12, 1800)) == [
        "4 takes 5 of 2 in hour 10 at 1600, site 2",
        "2 gone: filled",
        "4 takes 5 of 3 in hour 10 at 1600, site 3",
        "3 gone: filled",
        "4 takes 2 of 1 in hour 10 at 1700, site 1",
        "4 gone: filled",
    ]
    assert open_now(engine) == [(1, 10, 3)]


def test_each_hour_trades_alone_and_what_is_left_of_it_rests(make_engine: MakeEngine) -> None:
    engine = make_engine()
    send(engine, ask(1, 11, 1, 3, 1700))
    assert send(engine, bid(2, 10, 3, 4, 1700)) == ["2 takes 3 of 1 in hour 11 at 1700, site 1", "1 gone: filled"]
    assert open_now(engine) == [(2, 10, 4), (2, 11, 1), (2, 12, 4)]


def test_immediate_or_cancel_takes_what_is_there(make_engine: MakeEngine) -> None:
    engine = make_engine()
    send(engine, ask(1, 10, 1, 3, 1700))
    assert send(engine, bid(2, 10, 2, 4, 1700, tif="IOC")) == [
        "2 takes 3 of 1 in hour 10 at 1700, site 1",
        "1 gone: filled",
        "2 gone: expired",
    ]


def test_fill_or_kill_needs_every_hour_in_full(make_engine: MakeEngine) -> None:
    engine = make_engine()
    send(engine, ask(1, 10, 1, 4, 1700), ask(2, 11, 1, 3, 1700))
    assert send(engine, bid(3, 10, 2, 4, 1700, tif="FOK")) == ["3 gone: expired"]
    assert open_now(engine) == [(1, 10, 4), (2, 11, 3)]
    assert send(engine, bid(4, 10, 2, 3, 1700, tif="FOK")) == [
        "4 takes 3 of 1 in hour 10 at 1700, site 1",
        "4 takes 3 of 2 in hour 11 at 1700, site 1",
        "2 gone: filled",
        "4 gone: filled",
    ]


def test_a_market_order_takes_any_price_and_never_rests(make_engine: MakeEngine) -> None:
    engine = make_engine()
    send(engine, bid(1, 10, 1, 2, 5))
    assert send(engine, ask(2, 10, 1, 3, None)) == [
        "2 takes 2 of 1 in hour 10 at 5, site 1",
        "1 gone: filled",
        "2 gone: expired",
    ]


def test_post_only_is_refused_where_it_would_meet_an_order(make_engine: MakeEngine) -> None:
    engine = make_engine()
    send(engine, ask(1, 11, 1, 1, 1700, participant=7))
    own = bid(2, 10, 2, 1, 1700, participant=7, post_only=True)
    assert send(engine, own) == ["2 rejected: post_only"]
    assert send(engine, own | {"price": 1699}) == []


def test_an_iceberg_shows_its_tip_and_goes_behind_its_price_when_it_is_used_up(make_engine: MakeEngine) -> None:
    engine = make_engine()
    send(engine, ask(1, 10, 1, 7, 1700, display_quantity=3), ask(2, 10, 1, 2, 1700), ask(3, 10, 1, 9, 1701))
    assert engine.resting()[["open", "shown"]].tolist() == [(7, 3), (2, 2), (9, 9)]
    assert send(engine, bid(4, 10, 1, 9, 1800)) == [
        "4 takes 3 of 1 in hour 10 at 1700, site 1",
        "4 takes 2 of 2 in hour 10 at 1700, site 1",
        "2 gone: filled",
        "4 takes 3 of 1 in hour 10 at 1700, site 1",
        "4 takes 1 of 1 in hour 10 at 1700, site 1",
        "1 gone: filled",
        "4 gone: filled",
    ]


# Blocks


def test_a_block_is_judged_on_its_average_price(make_engine: MakeEngine) -> None:
    engine = make_engine()
    send(engine, ask(1, 10, 1, 8, 1500), ask(2, 11, 1, 8, 1900))
    assert send(engine, block_bid(3, 10, 2, 8, 1699, tif="IOC")) == ["3 gone: expired"]
    assert send(engine, block_bid(4, 10, 2, 8, 1700)) == [
        "4 takes 8 of 1 in hour 10 at 1500, site 1",
        "1 gone: filled",
        "4 takes 8 of 2 in hour 11 at 1900, site 1",
        "2 gone: filled",
        "4 gone: filled",
    ]


def test_a_block_waits_until_all_its_hours_are_there(make_engine: MakeEngine) -> None:
    engine = make_engine()
    send(engine, block_bid(1, 10, 2, 4, 1700), ask(2, 10, 1, 4, 1700))
    assert open_now(engine) == [(1, 10, 4), (2, 10, 4)]
    assert send(engine, ask(3, 11, 2, 5, 1700)) == [
        "1 takes 4 of 2 in hour 10 at 1700, site 1",
        "2 gone: filled",
        "1 takes 4 of 3 in hour 11 at 1700, site 1",
        "1 gone: filled",
    ]
    assert open_now(engine) == [(3, 11, 1), (3, 12, 5)]


def test_waiting_blocks_are_tried_by_limit_then_by_age(make_engine: MakeEngine) -> None:
    engine = make_engine()
    send(engine, block_bid(1, 10, 1, 2, 1700), block_bid(2, 10, 1, 2, 1800), block_bid(3, 10, 1, 2, 1800))
    assert send(engine, ask(4, 10, 1, 5, 1600)) == [
        "2 takes 2 of 4 in hour 10 at 1600, site 1",
        "2 gone: filled",
        "3 takes 2 of 4 in hour 10 at 1600, site 1",
        "3 gone: filled",
    ]


def test_hourly_orders_go_before_waiting_blocks(make_engine: MakeEngine) -> None:
    engine = make_engine()
    send(engine, block_bid(1, 10, 1, 5, 1900), bid(2, 10, 1, 3, 1700))
    assert send(engine, ask(3, 10, 1, 8, 1600)) == [
        "3 takes 3 of 2 in hour 10 at 1700, site 1",
        "2 gone: filled",
        "1 takes 5 of 3 in hour 10 at 1600, site 1",
        "3 gone: filled",
        "1 gone: filled",
    ]


def test_a_flexible_block_starts_where_it_is_cheapest_then_earliest(make_engine: MakeEngine) -> None:
    engine = make_engine()
    send(engine, ask(1, 10, 2, 4, 1700), ask(2, 12, 2, 4, 1600, site=2), ask(3, 14, 2, 4, 1600, site=3))
    assert send(engine, block_bid(4, 10, 2, 4, 1800, start_flexibility=4)) == [
        "4 takes 4 of 2 in hour 12 at 1600, site 2",
        "4 takes 4 of 2 in hour 13 at 1600, site 2",
        "2 gone: filled",
        "4 gone: filled",
    ]


def test_one_site_takes_every_accelerator_from_one_site(make_engine: MakeEngine) -> None:
    engine = make_engine()
    send(engine, ask(1, 10, 2, 4, 1500, site=1), ask(2, 10, 2, 4, 1600, site=2), ask(3, 10, 2, 8, 1700, site=3))
    assert send(engine, block_bid(4, 10, 2, 8, 1800, one_site=True)) == [
        "4 takes 8 of 3 in hour 10 at 1700, site 3",
        "4 takes 8 of 3 in hour 11 at 1700, site 3",
        "3 gone: filled",
        "4 gone: filled",
    ]


def test_a_market_block_takes_the_cheapest(make_engine: MakeEngine) -> None:
    engine = make_engine()
    send(engine, ask(1, 10, 1, 4, 1700), ask(2, 11, 1, 4, 9_000_000))
    assert send(engine, block_bid(3, 10, 2, 4, None))[-1] == "3 gone: filled"
    assert send(engine, block_bid(4, 10, 2, 4, None)) == ["4 gone: expired"]


def test_a_block_ask_sells_to_the_hourly_bids(make_engine: MakeEngine) -> None:
    engine = make_engine()
    send(engine, bid(1, 10, 1, 4, 1500), bid(2, 11, 1, 4, 1900))
    assert send(engine, block_ask(3, 10, 2, 4, 1700, site=6)) == [
        "3 takes 4 of 1 in hour 10 at 1500, site 6",
        "1 gone: filled",
        "3 takes 4 of 2 in hour 11 at 1900, site 6",
        "2 gone: filled",
        "3 gone: filled",
    ]


def test_min_quantity_lets_a_block_execute_in_parts_and_fixes_its_start_and_site(make_engine: MakeEngine) -> None:
    engine = make_engine()
    send(engine, ask(1, 11, 2, 5, 1700, site=2), ask(2, 10, 3, 2, 1600, site=3))
    block = block_bid(3, 10, 2, 8, 1800, start_flexibility=2, min_quantity=4, one_site=True)
    assert send(engine, block) == [
        "3 takes 5 of 1 in hour 11 at 1700, site 2",
        "3 takes 5 of 1 in hour 12 at 1700, site 2",
        "1 gone: filled",
    ]
    assert open_now(engine) == [(2, 10, 2), (2, 11, 2), (2, 12, 2), (3, 11, 3)]
    send(engine, ask(4, 10, 2, 9, 1600, site=2))
    assert (3, 11, 3) in open_now(engine), "hour 10 is no use any more, and hour 12 is missing"
    assert send(engine, ask(5, 12, 1, 9, 1600, site=2)) == [
        "3 takes 3 of 4 in hour 11 at 1600, site 2",
        "3 takes 3 of 5 in hour 12 at 1600, site 2",
        "3 gone: filled",
    ]


def test_a_part_takes_only_what_adds_to_the_surplus(make_engine: MakeEngine) -> None:
    engine = make_engine()
    send(engine, ask(1, 10, 1, 4, 1000), ask(2, 10, 1, 4, 1700), ask(3, 10, 1, 4, 1701))
    assert send(engine, block_bid(4, 10, 1, 12, 1700, min_quantity=1)) == [
        "4 takes 4 of 1 in hour 10 at 1000, site 1",
        "1 gone: filled",
        "4 takes 4 of 2 in hour 10 at 1700, site 1",
        "2 gone: filled",
    ]


def test_a_block_meets_one_opposite_block_at_the_waiting_one_s_price(make_engine: MakeEngine) -> None:
    engine = make_engine()
    send(engine, block_ask(1, 10, 2, 4, 1600, site=7, start_flexibility=3))
    assert send(engine, block_bid(2, 12, 2, 4, 1700, one_site=True)) == [
        "2 takes 4 of 1 in hour 12 at 1600, site 7",
        "2 takes 4 of 1 in hour 13 at 1600, site 7",
        "1 gone: filled",
        "2 gone: filled",
    ]


def test_blocks_of_other_length_or_size_do_not_meet(make_engine: MakeEngine) -> None:
    engine = make_engine()
    send(engine, block_ask(1, 10, 2, 4, 1600), block_ask(2, 10, 3, 4, 1600))
    assert send(engine, block_bid(3, 10, 2, 5, 1700)) == []
    assert send(engine, block_bid(4, 11, 4, 4, 1700)) == []


def test_the_books_win_over_a_block_at_the_same_price(make_engine: MakeEngine) -> None:
    engine = make_engine()
    send(engine, block_ask(1, 10, 1, 4, 1600, site=1), ask(2, 10, 1, 4, 1600, site=2))
    assert send(engine, block_bid(3, 10, 1, 4, 1700))[0] == "3 takes 4 of 2 in hour 10 at 1600, site 2"


def test_the_books_win_even_over_a_block_that_starts_earlier(make_engine: MakeEngine) -> None:
    engine = make_engine()
    send(engine, block_ask(1, 10, 1, 4, 1600, site=1), ask(2, 11, 1, 4, 1600, site=2))
    told = send(engine, block_bid(3, 10, 1, 4, 1700, start_flexibility=1))
    assert told[0] == "3 takes 4 of 2 in hour 11 at 1600, site 2"


def test_between_equal_blocks_the_one_that_came_first_trades(make_engine: MakeEngine) -> None:
    engine = make_engine()
    send(engine, block_ask(1, 10, 1, 4, 1600, site=2), block_ask(2, 10, 1, 4, 1600, site=1))
    assert send(engine, block_bid(3, 10, 1, 4, 1700))[0] == "3 takes 4 of 1 in hour 10 at 1600, site 2"


def test_a_one_site_bid_takes_the_lowest_site_between_equal_blocks(make_engine: MakeEngine) -> None:
    engine = make_engine()
    send(engine, block_ask(1, 10, 1, 4, 1600, site=2), block_ask(2, 10, 1, 4, 1600, site=1))
    told = send(engine, block_bid(3, 10, 1, 4, 1700, one_site=True))
    assert told[0] == "3 takes 4 of 2 in hour 10 at 1600, site 1"


def test_what_is_left_of_a_waiting_block_is_tried_on_the_books(make_engine: MakeEngine) -> None:
    """Three accelerators in the book were too few for the block's least of five; after its first part they are enough."""
    engine = make_engine()
    send(engine, ask(1, 10, 1, 3, 1600), block_bid(2, 10, 1, 8, 1700, min_quantity=5))
    assert send(engine, block_ask(3, 10, 1, 5, 1700, site=4)) == [
        "3 takes 5 of 2 in hour 10 at 1700, site 4",
        "3 gone: filled",
        "2 takes 3 of 1 in hour 10 at 1600, site 1",
        "1 gone: filled",
        "2 gone: filled",
    ]


def test_a_block_passes_over_its_own_participant(make_engine: MakeEngine) -> None:
    engine = make_engine()
    send(engine, ask(1, 10, 1, 4, 1500, participant=7), ask(2, 10, 1, 4, 1600))
    assert send(engine, block_bid(3, 10, 1, 4, 1700, participant=7)) == [
        "3 takes 4 of 2 in hour 10 at 1600, site 1",
        "2 gone: filled",
        "3 gone: filled",
    ]


# Self-trade prevention: participant 7 meets its own ask behind a cheaper one


def self_trade(make_engine: MakeEngine, mode: str) -> tuple[list[str], list[tuple[int, int, int]]]:
    engine = make_engine()
    send(engine, ask(1, 10, 1, 1, 1500), ask(2, 10, 2, 3, 1600, participant=7))
    told = send(engine, bid(3, 10, 1, 5, 1700, participant=7, self_trade=mode))
    assert told[:2] == ["3 takes 1 of 1 in hour 10 at 1500, site 1", "1 gone: filled"]
    return told[2:], open_now(engine)


def test_cancel_taker(make_engine: MakeEngine) -> None:
    told, left = self_trade(make_engine, "cancel_taker")
    assert told == ["3 loses 4 in hour 10: self_trade", "3 gone: cancelled"]
    assert left == [(2, 10, 3), (2, 11, 3)]


def test_cancel_maker(make_engine: MakeEngine) -> None:
    told, left = self_trade(make_engine, "cancel_maker")
    assert told == ["2 loses 3 in hour 10: self_trade"]
    assert left == [(2, 11, 3), (3, 10, 4)]


def test_cancel_both(make_engine: MakeEngine) -> None:
    told, left = self_trade(make_engine, "cancel_both")
    assert told == ["2 loses 3 in hour 10: self_trade", "3 loses 4 in hour 10: self_trade", "3 gone: cancelled"]
    assert left == [(2, 11, 3)]


def test_decrement(make_engine: MakeEngine) -> None:
    told, left = self_trade(make_engine, "decrement")
    assert told == ["2 loses 3 in hour 10: self_trade", "3 loses 3 in hour 10: self_trade"]
    assert left == [(2, 11, 3), (3, 10, 1)]


def test_the_reason_of_gone_is_what_took_the_last(make_engine: MakeEngine) -> None:
    engine = make_engine()
    send(engine, ask(1, 10, 1, 2, 1600, participant=7), ask(2, 11, 1, 2, 1600))
    told = send(engine, bid(3, 10, 2, 2, 1600, participant=7))
    assert told == [
        "3 loses 2 in hour 10: self_trade",
        "3 takes 2 of 2 in hour 11 at 1600, site 1",
        "2 gone: filled",
        "3 gone: filled",
    ]


def test_fill_or_kill_that_would_meet_its_own_order_touches_nothing(make_engine: MakeEngine) -> None:
    engine = make_engine()
    send(engine, ask(1, 10, 1, 2, 1600, participant=7), ask(2, 10, 1, 2, 1600))
    fill_or_kill = bid(3, 10, 1, 2, 1600, participant=7, tif="FOK")
    for mode in ("cancel_taker", "cancel_both", "decrement"):
        assert send(engine, fill_or_kill | {"self_trade": mode}) == ["3 gone: expired"]
    assert open_now(engine) == [(1, 10, 2), (2, 10, 2)]
    assert send(engine, fill_or_kill | {"self_trade": "cancel_maker"}) == [
        "1 loses 2 in hour 10: self_trade",
        "1 gone: cancelled",
        "3 takes 2 of 2 in hour 10 at 1600, site 1",
        "2 gone: filled",
        "3 gone: filled",
    ]


def test_fill_or_kill_foresees_an_own_order_between_the_tips_of_an_iceberg(make_engine: MakeEngine) -> None:
    """After the first tip of three the own order is next: four cannot be had, three can."""
    engine = make_engine()
    send(engine, ask(1, 10, 1, 7, 1600, display_quantity=3), ask(2, 10, 1, 2, 1600, participant=7))
    assert send(engine, bid(3, 10, 1, 4, 1600, participant=7, tif="FOK")) == ["3 gone: expired"]
    assert send(engine, bid(4, 10, 1, 3, 1600, participant=7, tif="FOK"))[-1] == "4 gone: filled"
    assert open_now(engine) == [(1, 10, 4), (2, 10, 2)]


# Replace, cancel, clock


def test_a_cut_keeps_its_place(make_engine: MakeEngine) -> None:
    engine = make_engine()
    send(engine, ask(1, 10, 1, 5, 1700), ask(2, 10, 1, 5, 1700))
    assert send(engine, replace(1, quantity=2)) == []
    assert send(engine, bid(3, 10, 1, 2, 1700))[0] == "3 takes 2 of 1 in hour 10 at 1700, site 1"


def test_a_raise_or_a_new_price_comes_in_anew(make_engine: MakeEngine) -> None:
    engine = make_engine()
    send(engine, ask(1, 10, 1, 5, 1700), ask(2, 10, 1, 5, 1700), bid(3, 10, 1, 1, 1650))
    assert send(engine, replace(1, quantity=6)) == []
    assert send(engine, bid(4, 10, 1, 1, 1700))[0] == "4 takes 1 of 2 in hour 10 at 1700, site 1"
    assert send(engine, replace(2, price=1650)) == ["2 takes 1 of 3 in hour 10 at 1650, site 1", "3 gone: filled"]


def test_a_cut_hides_less_before_it_shows_less(make_engine: MakeEngine) -> None:
    engine = make_engine()
    send(engine, ask(1, 10, 1, 9, 1700, display_quantity=4))
    send(engine, replace(1, quantity=5))
    assert engine.resting()[["open", "shown"]].tolist() == [(5, 4)]
    send(engine, replace(1, quantity=3))
    assert engine.resting()[["open", "shown"]].tolist() == [(3, 3)]


def test_hours_of_a_replaced_order_are_judged_alone(make_engine: MakeEngine) -> None:
    """Hour 10 has two left and is raised to three, so it loses its place; hour 11 is cut and keeps it."""
    engine = make_engine()
    send(engine, ask(1, 10, 2, 5, 1700), bid(2, 10, 1, 3, 1700), ask(3, 10, 2, 1, 1700))
    send(engine, replace(1, quantity=3))
    assert send(engine, bid(4, 10, 2, 1, 1700)) == [
        "4 takes 1 of 3 in hour 10 at 1700, site 1",
        "4 takes 1 of 1 in hour 11 at 1700, site 1",
        "4 gone: filled",
    ]


def test_a_replaced_block_is_tried_as_if_it_arrived(make_engine: MakeEngine) -> None:
    engine = make_engine()
    send(engine, ask(1, 10, 2, 4, 1700), block_bid(2, 10, 2, 6, 1700))
    assert send(engine, replace(2, quantity=4))[-1] == "2 gone: filled"


def test_cancel_and_mass_cancel(make_engine: MakeEngine) -> None:
    engine = make_engine()
    send(engine, block_bid(3, 10, 2, 6, 1700, participant=7), bid(1, 10, 2, 6, 1700, participant=7), bid(2, 9, 1, 1, 5))
    assert send(engine, cancel(2)) == ["2 gone: cancelled"]
    assert send(engine, mass_cancel(7)) == ["1 gone: cancelled", "3 gone: cancelled"]
    assert open_now(engine) == []


def test_closing_an_hour_expires_what_was_open_there_and_before(make_engine: MakeEngine) -> None:
    engine = make_engine()
    send(engine, block_bid(1, 10, 2, 6, 1700, start_flexibility=1), ask(2, 10, 3, 5, 1800), bid(3, 9, 2, 5, 1600))
    assert send(engine, close(10)) == [
        "2 loses 5 in hour 10: expired",
        "3 loses 5 in hour 9: expired",
        "3 loses 5 in hour 10: expired",
        "3 gone: expired",
    ]
    assert open_now(engine) == [(1, 11, 6), (2, 11, 5), (2, 12, 5)]
    assert send(engine, close(9), close(11)) == ["1 gone: expired", "2 loses 5 in hour 11: expired"]


def test_nothing_enters_a_closed_hour(make_engine: MakeEngine) -> None:
    engine = make_engine()
    late = [bid(1, 10, 2, 1, 1700), block_bid(2, 9, 2, 1, 1700, start_flexibility=1)]
    assert send(engine, close(10), *late) == ["1 rejected: closed", "2 rejected: closed"]
    assert send(engine, block_bid(3, 9, 2, 1, 1700, start_flexibility=2)) == []
    assert open_now(engine) == [(3, 11, 1)]


def test_markets_are_apart(make_engine: MakeEngine) -> None:
    engine = make_engine()
    send(engine, ask(1, 10, 1, 1, 1700, market=1), close(10))
    assert send(engine, bid(2, 10, 1, 1, 1700, market=2)) == []
    assert send(engine, bid(3, 10, 1, 1, 1700, market=1))[-1] == "3 gone: filled"

"""What is refused on entry, and with which reason; a refused command changes nothing."""

import pytest

from .conftest import MakeEngine
from .play import Line, ask, bid, block_ask, block_bid, cancel, close, mass_cancel, open_now, replace, send

GOOD_BID = bid(1, start=0, hours=2, quantity=100, price=10)
GOOD_BLOCK = block_bid(1, start=0, hours=2, quantity=100, price=10)

AT_THE_BOUNDS: dict[str, Line] = {
    "price": GOOD_BID | {"price": 10_000_000},
    "quantity": GOOD_BID | {"quantity": 1_000_000},
    "hours": GOOD_BID | {"hours": 1_024},
    "start": GOOD_BID | {"start": 10_000_000},
    "flexibility": GOOD_BLOCK | {"start_flexibility": 168},
    "a hundredth shown": GOOD_BID | {"display_quantity": 1},
    "a larger least than the quantity": GOOD_BLOCK | {"min_quantity": 200},
    "more shown than there is": GOOD_BID | {"display_quantity": 200},
    "participant, market and site 0": ask(1, 0, 1, 1, 10, site=0, participant=0),
}

OUT_OF_BOUNDS: dict[str, Line] = {
    "price 0": GOOD_BID | {"price": 0},
    "price": GOOD_BID | {"price": 10_000_001},
    "quantity 0": GOOD_BID | {"quantity": 0},
    "quantity": GOOD_BID | {"quantity": 1_000_001},
    "hours 0": GOOD_BID | {"hours": 0},
    "hours": GOOD_BID | {"hours": 1_025},
    "start -1": GOOD_BID | {"start": -1},
    "start": GOOD_BID | {"start": 10_000_001},
    "flexibility -1": GOOD_BLOCK | {"start_flexibility": -1},
    "flexibility": GOOD_BLOCK | {"start_flexibility": 169},
    "less than a hundredth shown": GOOD_BID | {"quantity": 101, "display_quantity": 1},
    "nothing shown": GOOD_BID | {"display_quantity": 0},
    "no least": GOOD_BLOCK | {"min_quantity": 0},
    "id": GOOD_BID | {"id": -1},
    "participant": GOOD_BID | {"participant": -1},
    "market": GOOD_BID | {"market": -1},
    "site": ask(1, 0, 1, 1, 10, site=-1),
}

FOREIGN_FIELD: dict[str, Line] = {
    "iceberg block": GOOD_BLOCK | {"display_quantity": 50},
    "post_only block": GOOD_BLOCK | {"post_only": True},
    "hourly in parts": GOOD_BID | {"min_quantity": 5},
    "hourly that starts when it likes": GOOD_BID | {"start_flexibility": 1},
    "hourly at one site": GOOD_BID | {"one_site": True},
    "post_only without a price": GOOD_BID | {"post_only": True, "price": None},
    "post_only that may not rest": GOOD_BID | {"post_only": True, "tif": "IOC"},
}


@pytest.mark.parametrize("line", AT_THE_BOUNDS.values(), ids=AT_THE_BOUNDS)
def test_accepts_what_is_just_inside(make_engine: MakeEngine, line: Line) -> None:
    engine = make_engine()
    assert send(engine, line) == []
    assert {id_ for id_, _, _ in open_now(engine)} == {1}


@pytest.mark.parametrize("line", OUT_OF_BOUNDS.values(), ids=OUT_OF_BOUNDS)
def test_refuses_what_is_out_of_bounds(make_engine: MakeEngine, line: Line) -> None:
    engine = make_engine()
    assert send(engine, line) == [f"{line['id']} rejected: bounds"]
    assert open_now(engine) == []


@pytest.mark.parametrize("line", FOREIGN_FIELD.values(), ids=FOREIGN_FIELD)
def test_refuses_a_field_that_the_kind_lacks(make_engine: MakeEngine, line: Line) -> None:
    assert send(make_engine(), line) == ["1 rejected: field"]


def test_an_ask_names_its_site_and_a_bid_none(make_engine: MakeEngine) -> None:
    assert send(make_engine(), GOOD_BID | {"site": 1}) == ["1 rejected: site"]
    assert send(make_engine(), GOOD_BLOCK | {"side": -1}) == ["1 rejected: site"]


def test_one_site_says_nothing_on_an_ask(make_engine: MakeEngine) -> None:
    assert send(make_engine(), block_ask(1, 0, 2, 5, 10, one_site=True)) == []


def test_an_id_is_taken_while_its_order_is_open(make_engine: MakeEngine) -> None:
    told = send(make_engine(), GOOD_BID, GOOD_BLOCK, cancel(1), GOOD_BLOCK)
    assert told == ["1 rejected: duplicate", "1 gone: cancelled"]


def test_the_first_reason_that_applies_is_told(make_engine: MakeEngine) -> None:
    engine = make_engine()
    send(engine, bid(1, start=9, hours=1, quantity=1, price=10), close(5))
    wrong = ask(1, start=0, hours=1, quantity=0, price=5, display_quantity=1, post_only=True) | {"kind": "block"}
    assert send(engine, wrong) == ["1 rejected: bounds"]
    wrong |= {"quantity": 1, "site": None}
    assert send(engine, wrong) == ["1 rejected: field"]
    wrong |= {"kind": "hourly"}
    assert send(engine, wrong) == ["1 rejected: site"]
    wrong |= {"site": 1}
    assert send(engine, wrong) == ["1 rejected: duplicate"]
    wrong |= {"id": 2}
    assert send(engine, wrong) == ["2 rejected: closed"]
    wrong |= {"start": 9}
    assert send(engine, wrong) == ["2 rejected: post_only"]


def test_only_open_orders_can_be_cancelled_or_replaced(make_engine: MakeEngine) -> None:
    assert send(make_engine(), cancel(1), replace(1, quantity=2)) == ["1 rejected: unknown", "1 rejected: unknown"]


@pytest.mark.parametrize("new", [{"quantity": 0}, {"quantity": 1_000_001}, {"price": 0}, {"price": 10_000_001}])
@pytest.mark.parametrize("line", [GOOD_BID, GOOD_BLOCK], ids=["hourly", "block"])
def test_a_replace_out_of_bounds_changes_nothing(make_engine: MakeEngine, line: Line, new: dict[str, int]) -> None:
    engine = make_engine()
    send(engine, line)
    before = engine.resting().tolist()
    assert send(engine, replace(1, **new)) == ["1 rejected: bounds"]
    assert engine.resting().tolist() == before


def test_a_raise_keeps_at_least_a_hundredth_of_an_iceberg_in_sight(make_engine: MakeEngine) -> None:
    engine = make_engine()
    told = send(engine, GOOD_BID | {"display_quantity": 1}, replace(1, quantity=101))
    assert told == ["1 rejected: bounds"]
    assert open_now(engine) == [(1, 0, 100), (1, 1, 100)]


def test_a_clock_or_a_participant_out_of_bounds(make_engine: MakeEngine) -> None:
    told = send(make_engine(), close(-1), close(10_001_192), close(0, market=-1), mass_cancel(-1))
    assert told == ["None rejected: bounds"] * 4


def test_the_largest_products_are_exact(make_engine: MakeEngine) -> None:
    """The largest price x quantity x hours is about 10**16 fen; one fen less on average is not enough for the ask."""
    engine = make_engine()
    most = {"start": 10_000_000, "hours": 1_024, "quantity": 1_000_000}
    assert send(engine, block_ask(1, **most, price=10_000_000, start_flexibility=168)) == []
    low_hour = bid(2, **most, price=9_999_999, participant=5)
    assert send(engine, low_hour) == []
    told = send(engine, replace(2, price=10_000_000))
    assert told[:2] == [
        "1 takes 1000000 of 2 in hour 10000000 at 10000000, site 1",
        "1 takes 1000000 of 2 in hour 10000001 at 10000000, site 1",
    ]
    assert told[-2:] == ["2 gone: filled", "1 gone: filled"]
    assert len(told) == 1_024 + 2

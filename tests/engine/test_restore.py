"""An engine restored from another's orders behaves identically for every later command."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from matching.engine.dtypes import COMMAND, RESTING, Kind
from matching.engine.interface import Engine

from .conftest import MakeEngine
from .orders_as_they_stand import Keeper
from .play import block_bid, commands, event_dicts, send
from .random_commands import EVERYTHING, random_stream

SAME = ["id", "hour", "open", "shown", "site", "alternative"]


def restored(make_engine: MakeEngine, engine: Engine, keeper: Keeper, *, closes_first: bool) -> Engine:
    copy = make_engine()
    copy.apply(keeper.rulings())
    if closes_first:
        copy.apply(keeper.closes())
    copy.load(keeper.orders_to_load(), engine.resting())
    if not closes_first:
        assert len(copy.apply(keeper.closes())) == 0
    return copy


@given(seed=st.integers(0, 2**32), cut=st.integers(1, 150), closes_first=st.booleans())
@settings(deadline=None, max_examples=30)
def test_goes_on_as_if_never_stopped(make_engine: MakeEngine, seed: int, cut: int, closes_first: bool) -> None:
    stream = random_stream(seed, 250, EVERYTHING)
    engine, keeper = make_engine(), Keeper()
    keeper.follow(stream[:cut], engine.apply(stream[:cut]))
    copy = restored(make_engine, engine, keeper, closes_first=closes_first)
    copy.check()
    assert copy.resting().tolist() == engine.resting().tolist()
    assert event_dicts(copy.apply(stream[cut:])) == event_dicts(engine.apply(stream[cut:]))
    copy.check()
    assert copy.resting()[SAME].tolist() == engine.resting()[SAME].tolist()


@given(seed=st.integers(0, 2**32), cut=st.integers(1, 150))
@settings(deadline=None, max_examples=15)
def test_one_engine_goes_on_where_the_other_stopped(
    make_reference: MakeEngine, make_kernel: MakeEngine, seed: int, cut: int
) -> None:
    stream = random_stream(seed, 250, EVERYTHING)
    reference, keeper = make_reference(), Keeper()
    keeper.follow(stream[:cut], reference.apply(stream[:cut]))
    kernel = restored(make_kernel, reference, keeper, closes_first=True)
    assert event_dicts(kernel.apply(stream[cut:])) == event_dicts(reference.apply(stream[cut:]))


@given(seed=st.integers(0, 2**32))
@settings(deadline=None, max_examples=15)
def test_open_quantities_are_what_rests(make_engine: MakeEngine, seed: int) -> None:
    stream = random_stream(seed, 150, EVERYTHING)
    engine, keeper = make_engine(), Keeper()
    keeper.follow(stream, engine.apply(stream))
    rows = engine.resting()
    assert set(rows["id"].tolist()) == set(keeper.orders)
    for id_, (order, *_) in keeper.orders.items():
        open_ = engine.open_quantities(id_)
        assert open_.dtype == np.int32
        mine = rows[rows["id"] == id_]
        if order["kind"] == Kind.BLOCK:
            assert open_.tolist() == [mine["open"][0]]
            assert len(set(mine["open"].tolist())) == 1, "alternatives are of one quantity"
        else:
            hours = np.arange(order["start"], order["start"] + order["hours"])
            assert dict(zip(hours.tolist(), open_.tolist(), strict=True)) == dict.fromkeys(hours.tolist(), 0) | dict(
                mine[["hour", "open"]].tolist()
            )


@given(seed=st.integers(0, 2**32), data=st.data())
@settings(deadline=None, max_examples=15)
def test_resting_of_some_orders_is_their_part_of_all_that_rests(
    make_engine: MakeEngine, seed: int, data: st.DataObject
) -> None:
    engine = make_engine()
    stream = random_stream(seed, 150, EVERYTHING)
    engine.apply(stream)
    all_rows = engine.resting()
    ids = data.draw(st.lists(st.sampled_from(np.unique(stream["id"]).tolist()), unique=True))
    rows = engine.resting_of(np.array(ids, dtype=np.int64))
    assert rows.dtype == RESTING
    assert rows["id"].tolist() == [i for i in ids for _ in range(int((all_rows["id"] == i).sum()))], (
        "in the order asked"
    )
    mine = all_rows[np.isin(all_rows["id"], ids)]
    assert sorted(rows.tolist()) == sorted(mine.tolist())
    for id_ in ids:
        of_order = rows[rows["id"] == id_]
        assert (np.diff(of_order["alternative"] * 2**24 + of_order["hour"]) > 0).all(), "hours, or alternatives, ascend"


def test_an_order_that_is_not_open_has_no_quantities(make_engine: MakeEngine) -> None:
    assert make_engine().open_quantities(1).tolist() == []
    assert make_engine().resting_of(np.array([1])).tolist() == []


def test_loading_into_an_engine_with_orders_is_refused(make_engine: MakeEngine) -> None:
    engine = make_engine()
    send(engine, block_bid(1, start=0, hours=1, quantity=1, price=10))
    with pytest.raises(ValueError, match="no orders yet"):
        engine.load(commands(), engine.resting())


def test_an_empty_engine_says_nothing(make_engine: MakeEngine) -> None:
    engine = make_engine()
    assert len(engine.apply(np.empty(0, dtype=COMMAND))) == 0
    assert engine.resting().dtype == RESTING
    assert len(engine.resting()) == 0
    engine.load(np.empty(0, dtype=COMMAND), np.empty(0, dtype=RESTING))
    engine.check()


def test_loaded_with_the_last_sequence_it_gives_the_same_ones(make_engine: MakeEngine) -> None:
    stream = random_stream(7, 250, EVERYTHING)
    engine, keeper = make_engine(), Keeper()
    keeper.follow(stream[:120], engine.apply(stream[:120]))
    copy = make_engine()
    copy.apply(keeper.rulings())
    copy.apply(keeper.closes())
    copy.load(keeper.orders_to_load(), engine.resting(), engine.last_sequence)
    assert copy.last_sequence == engine.last_sequence
    for each in (engine, copy):
        each.apply(stream[120:])
    assert copy.resting().tolist() == engine.resting().tolist()

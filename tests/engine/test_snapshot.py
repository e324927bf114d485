"""A snapshot is the whole engine: what it is restored into does the same from then on."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from matching.engine.dtypes import Detail
from matching.engine.interface import UnreadableSnapshot

from .conftest import MakeEngine
from .play import ask, bid, block_bid, cancel, close, open_now, send
from .random_commands import EVERYTHING, SHAPES, Shape, random_stream


@pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES)
@given(seed=st.integers(0, 2**32), cut=st.integers(0, 250))
@settings(deadline=None, max_examples=12)
def test_goes_on_as_if_never_stopped(make_engine: MakeEngine, shape: Shape, seed: int, cut: int) -> None:
    stream = random_stream(seed, 250, EVERYTHING, shape)
    engine, copy = make_engine(), make_engine()
    engine.apply(stream[:cut])
    copy.restore(engine.snapshot())
    copy.check()
    assert np.array_equal(copy.resting(), engine.resting())
    assert np.array_equal(copy.apply(stream[cut:], Detail.ALL), engine.apply(stream[cut:], Detail.ALL))
    assert np.array_equal(copy.resting(), engine.resting())
    copy.check()


def test_a_snapshot_changes_nothing_and_is_of_one_moment(make_engine: MakeEngine) -> None:
    engine, copy = make_engine(), make_engine()
    send(engine, ask(1, 10, 2, 4, 1700), block_bid(2, 10, 1, 9, 1800))
    taken = engine.snapshot()
    send(engine, cancel(1))
    assert open_now(engine) == [(2, 10, 9)]
    copy.restore(taken)
    assert open_now(copy) == [(1, 10, 4), (1, 11, 4), (2, 10, 9)]
    assert copy.snapshot() == taken


def test_an_engine_without_orders_has_a_snapshot_too(make_engine: MakeEngine) -> None:
    engine, copy = make_engine(), make_engine()
    send(engine, close(10))
    copy.restore(engine.snapshot())
    assert send(copy, bid(1, 10, 1, 1, 5)) == ["1 rejected: closed"]
    assert send(copy, bid(1, 11, 1, 1, 5)) == []


def test_an_engine_that_closed_hours_before_takes_over_the_snapshot_s(make_engine: MakeEngine) -> None:
    engine, copy = make_engine(), make_engine()
    send(copy, close(10))
    copy.restore(engine.snapshot())
    assert send(copy, bid(1, 10, 1, 1, 5)) == []


def test_restoring_into_an_engine_with_orders_is_refused(make_engine: MakeEngine) -> None:
    engine = make_engine()
    send(engine, bid(1, 10, 1, 1, 5))
    with pytest.raises(ValueError, match="no orders yet"):
        engine.restore(engine.snapshot())
    assert open_now(engine) == [(1, 10, 1)]


@given(data=st.data())
@settings(deadline=None, max_examples=30)
def test_damaged_bytes_are_refused_and_change_nothing(make_engine: MakeEngine, data: st.DataObject) -> None:
    engine, other = make_engine(), make_engine()
    send(engine, ask(1, 10, 2, 4, 1700))
    taken = bytearray(engine.snapshot())
    at = data.draw(st.integers(0, len(taken) - 1))
    taken[at] ^= data.draw(st.integers(1, 255))
    with pytest.raises(UnreadableSnapshot):
        other.restore(bytes(taken))
    assert open_now(other) == []
    assert send(other, bid(1, 10, 1, 1, 5)) == []


@pytest.mark.parametrize("keep", [0, 1, 35, 36, -1])
def test_bytes_cut_short_are_refused(make_engine: MakeEngine, keep: int) -> None:
    engine = make_engine()
    with pytest.raises(UnreadableSnapshot):
        engine.restore(engine.snapshot()[:keep])


def test_bytes_beyond_the_end_are_refused(make_engine: MakeEngine) -> None:
    engine = make_engine()
    with pytest.raises(UnreadableSnapshot, match="damaged"):
        engine.restore(engine.snapshot() + b"\0")


@pytest.mark.parametrize("data", [b"", b"PK\x03\x04" + bytes(100), b"not a snapshot at all, but long enough to be one"])
def test_foreign_bytes_are_refused(make_engine: MakeEngine, data: bytes) -> None:
    with pytest.raises(UnreadableSnapshot, match="no snapshot of this engine"):
        make_engine().restore(data)


def test_another_version_s_snapshot_is_refused(make_engine: MakeEngine) -> None:
    """The sixteen bytes after the first eight say the layout."""
    taken = make_engine().snapshot()
    with pytest.raises(UnreadableSnapshot, match="another version"):
        make_engine().restore(taken[:8] + b"0" * 16 + taken[24:])

"""Reference and kernel give identical events for every stream of commands, and hold the same orders after it."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from matching.engine.dtypes import EVENT, Detail, Event, Why
from matching.engine.interface import Engine

from .conftest import MakeEngine
from .play import event_dicts
from .random_commands import (
    EVERYTHING,
    ISSUE_2,
    NARROW,
    PROFILES,
    SHAPES,
    Features,
    Shape,
    command_streams,
    random_stream,
    whole_commands,
    wild_streams,
)

OPEN = ["id", "hour", "open", "shown", "site", "alternative"]


def play_checked(engine: Engine, commands: np.ndarray) -> np.ndarray:
    """Play one command a call, checking the books after each; the events count `n` as one call would."""
    played = [np.empty(0, dtype=EVENT)]
    n = 0
    for rows in whole_commands(commands):
        events = engine.apply(rows, Detail.ALL)
        engine.check()
        events["n"] += n
        n += len(rows)
        played.append(events)
    return np.concatenate(played)


def assert_same(reference: Engine, kernel: Engine, commands: np.ndarray) -> None:
    expected = play_checked(reference, commands)
    assert event_dicts(play_checked(kernel, commands)) == event_dicts(expected)
    assert kernel.resting()[OPEN].tolist() == reference.resting()[OPEN].tolist()


@given(commands=command_streams(ISSUE_2))
@settings(deadline=None, max_examples=75)
def test_issue_2_streams(make_reference: MakeEngine, make_kernel: MakeEngine, commands: np.ndarray) -> None:
    assert_same(make_reference(), make_kernel(), commands)


@given(commands=command_streams(EVERYTHING))
@settings(deadline=None, max_examples=75)
def test_streams_of_every_order_type(make_reference: MakeEngine, make_kernel: MakeEngine, commands: np.ndarray) -> None:
    assert_same(make_reference(), make_kernel(), commands)


@given(commands=wild_streams())
@settings(deadline=None, max_examples=75)
def test_wild_numbers(make_reference: MakeEngine, make_kernel: MakeEngine, commands: np.ndarray) -> None:
    assert_same(make_reference(), make_kernel(), commands)


@pytest.mark.parametrize("seed", range(2))
@pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES)
@pytest.mark.parametrize("features", PROFILES.values(), ids=PROFILES)
def test_long_random_streams(
    make_reference: MakeEngine, make_kernel: MakeEngine, features: Features, shape: Shape, seed: int
) -> None:
    commands = random_stream(seed, 4_000 if shape is NARROW else 1_000, features, shape)
    reference, kernel = make_reference(), make_kernel()
    for part in np.array_split(commands, 8):
        assert event_dicts(kernel.apply(part, Detail.ALL)) == event_dicts(reference.apply(part, Detail.ALL))
        assert kernel.resting()[OPEN].tolist() == reference.resting()[OPEN].tolist()
        kernel.check()


@given(commands=command_streams(EVERYTHING))
@settings(deadline=None, max_examples=50)
def test_books_hold_after_every_command(make_engine: MakeEngine, commands: np.ndarray) -> None:
    play_checked(make_engine(), commands)


@given(seed=st.integers(0, 2**32))
@settings(deadline=None, max_examples=5)
def test_the_same_commands_give_the_same_events(make_engine: MakeEngine, seed: int) -> None:
    commands = random_stream(seed, 300, EVERYTHING)
    assert np.array_equal(make_engine().apply(commands), make_engine().apply(commands))


def test_random_streams_reach_every_event(make_reference: MakeEngine) -> None:
    """Guards the generator: a stream that never trades or rejects would prove nothing."""
    events = make_reference().apply(random_stream(1, 4_000, EVERYTHING))
    reasons = {(Event(row["event"]).name, Why(row["why"]).name) for row in events[["event", "why"]]}
    assert reasons == {
        ("TRADE", "NONE"),
        ("REDUCED", "SELF_TRADE"),
        ("REDUCED", "EXPIRED"),
        ("AUCTION", "NONE"),
        ("STATE", "HALTED"),
        ("STATE", "COLLECTING"),
        ("STATE", "OPEN"),
        ("REJECTED", "HALTED"),
        ("GONE", "FILLED"),
        ("GONE", "CANCELLED"),
        ("GONE", "EXPIRED"),
        ("REJECTED", "CLOSED"),
        ("REJECTED", "DUPLICATE"),
        ("REJECTED", "FIELD"),
        ("REJECTED", "MALFORMED"),
        ("REJECTED", "POST_ONLY"),
        ("REJECTED", "UNKNOWN"),
    }
    assert (events["event"] == Event.TRADE).sum() > 500

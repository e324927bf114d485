"""The shared streams: 1,500 commands each, a feature each, with the events that the rules give."""

import gzip
from pathlib import Path

import numpy as np
import pytest

from matching.engine.command_file import event_lines, read_commands, resting_lines

from .conftest import MakeEngine

STREAMS = (
    "hourly-gtc",
    "hourly-tif",
    "block-bids",
    "block-asks",
    "rejects",
    "iceberg",
    "self-trade-cancel_taker",
    "self-trade-cancel_maker",
    "self-trade-cancel_both",
    "self-trade-decrement",
    "replace-hourly",
    "replace-block",
    "block-min",
    "block-iceberg",
    "block-meets-block",
    "block-meets-block-min",
)


def read_stream(folder: Path, name: str) -> np.ndarray:
    with gzip.open(folder / f"{name}.jsonl.gz") as lines:
        return read_commands(lines)


@pytest.mark.parametrize("name", STREAMS)
def test_gives_exactly_the_expected_events(make_engine: MakeEngine, streams_dir: Path, name: str) -> None:
    engine = make_engine()
    commands = read_stream(streams_dir, name)
    events = engine.apply(commands)
    told = [*event_lines(events, np.arange(len(commands))), *resting_lines(engine.resting())]
    with gzip.open(streams_dir / f"{name}.events.gz", "rt") as expected:
        assert told == expected.read().splitlines()


@pytest.mark.parametrize("name", STREAMS)
def test_one_by_one_is_the_same_as_at_once_and_the_books_hold(
    make_engine: MakeEngine, streams_dir: Path, name: str
) -> None:
    """Checks the books after each of the first commands, then now and then: a full check is slow on full books."""
    commands = read_stream(streams_dir, name)
    at_once = make_engine().apply(commands)
    engine = make_engine()
    one_by_one = []
    for n in range(len(commands)):
        events = engine.apply(commands[n : n + 1])
        assert (events["n"] == 0).all()
        events["n"] = n
        one_by_one.append(events)
        if n < 200 or n % 20 == 0:
            engine.check()
    assert np.array_equal(np.concatenate(one_by_one), at_once)


def test_every_stream_in_the_folder_is_played(streams_dir: Path) -> None:
    assert {path.name.removesuffix(".jsonl.gz") for path in streams_dir.glob("*.jsonl.gz")} == set(STREAMS)

"""Fills of an hour each become trades that span hours: against a plain walk over the same fills."""

from __future__ import annotations

from datetime import UTC, datetime

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from matching.batch import Batch, ordinals_of
from matching.command_log import Commands
from matching.engine.dtypes import EVENT, Event, blank_commands
from matching.fill_runs import runs_of_fills

Row = tuple[int, int, int, int, int, int]
"""Command, taker, maker, hour, price, quantity."""

fills = st.lists(
    st.tuples(*(st.integers(0, n) for n in (2, 1, 2, 5, 1, 1))), max_size=30, unique_by=lambda row: row[:4]
).map(sorted)


def batch_of(rows: list[Row]) -> Batch:
    events = np.zeros(len(rows), dtype=EVENT)
    for field, column in zip(("n", "id", "maker", "hour", "price", "quantity"), zip(*rows, strict=True), strict=False):
        events[field] = column
    events["event"] = Event.TRADE
    commands = Commands(
        engine=blank_commands(3),
        ids=[1, 2, 3],
        sequences=[None] * 3,
        at=[datetime(2026, 1, 1, tzinfo=UTC)] * 3,
        seen=[None] * 3,
        rows=blank_commands(3),
        n_of_row=np.arange(3),
    )
    return Batch(commands=commands, sequences=np.arange(3), events=events, ordinals=ordinals_of(events["n"]))


@given(fills)
def test_every_fill_is_in_one_trade_and_no_two_trades_could_be_one(rows: list[Row]) -> None:
    batch = batch_of(rows)
    first, hours = runs_of_fills(batch)
    covered = []
    keys = set()
    for row, count in zip(first.tolist(), hours.tolist(), strict=True):
        command, taker, maker, hour, price, quantity = rows[row]
        key = command, taker, maker, price, quantity
        assert (key, hour) not in keys, "this trade goes on where another one ended"
        keys.add((key, hour + count))
        covered += [(command, taker, maker, hour + h, price, quantity) for h in range(count)]
    assert sorted(covered) == sorted(rows)
    assert first.tolist() == sorted(first.tolist())


def test_ordinals_count_within_a_command() -> None:
    assert ordinals_of(np.array([0, 0, 2, 2, 2, 3])).tolist() == [0, 1, 0, 1, 2, 0]
    assert ordinals_of(np.array([], dtype=np.int64)).tolist() == []

"""A real week of offers and bids through the engine alone; what it trades is known."""

import hashlib
import json
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from matching.engine.dtypes import Event, Side

from .conftest import MakeEngine
from .replay_week import Week


@pytest.fixture(scope="module")
def week(replay_week_dir: Path) -> Week:
    return Week(replay_week_dir)


def fills(week: Week, events: np.ndarray) -> list[tuple[str, str, int, int, int]]:
    """Trades added up to one row a bid, offer and hour: (bid, offer, hour, price_fen, accelerators), sorted."""
    sides = dict(zip(week.commands["id"].tolist(), week.commands["side"].tolist(), strict=True))
    names = week.orders.names
    accelerators: Counter[tuple[str, str, int, int]] = Counter()
    for trade in events[events["event"] == Event.TRADE]:
        pair = int(trade["id"]), int(trade["maker"])
        bid, offer = pair if sides[pair[0]] == Side.BID else reversed(pair)
        accelerators[names[bid], names[offer], int(trade["hour"]), int(trade["price"])] += int(trade["quantity"])
    return sorted((*key, quantity) for key, quantity in accelerators.items())


def test_trades_what_is_expected_from_books_that_hold(
    make_engine: MakeEngine, replay_week_dir: Path, week: Week
) -> None:
    expected = json.loads((replay_week_dir / "expected.json").read_text())
    engine = make_engine()
    parts = []
    for commands in np.array_split(week.commands, 20):
        parts.append(engine.apply(commands).copy())
        engine.check()
    events = np.concatenate(parts)
    assert not (events["event"] == Event.REJECTED).any()
    rows = fills(week, events)
    lines = "\n".join(",".join(map(str, row)) for row in rows)
    assert hashlib.sha256(lines.encode()).hexdigest()[:16] == expected["digest"]
    assert len(rows) == expected["hourly_fills"]
    assert len({bid for bid, *_ in rows}) == expected["bids_filled"]
    assert sum(quantity for *_, quantity in rows) == expected["accelerator_hours"]
    assert sum(price * quantity for *_, price, quantity in rows) == expected["value_fen"]

"""What only the kernel can get wrong: memory that grows and is given back, and machine code that is out of date."""

import hashlib
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from matching.engine.dtypes import EVENT, RESTING, Do, Event, Side, Why, blank_commands
from matching.engine.kernel import KernelEngine
from matching.engine.kernel.compiling import source_stamp
from matching.engine.kernel.foresight import SMALL
from matching.engine.kernel.layout import BUMP
from tests.bench.engine.streams import as_commands
from tests.engine.conftest import shared_folder
from tests.engine.play import (
    alternative,
    ask,
    bid,
    block_bid,
    cancel,
    close,
    collect,
    commands,
    halt,
    mass_cancel,
    resume,
    send,
)

DIGESTS = {"one": "5a930073902021f9", "zipf": "9583f44503deda67"}


def test_importing_the_package_does_not_load_numba() -> None:
    """A web process imports matching, and should not pay for a compiler that it never uses."""
    code = "import sys, matching.engine.kernel, matching.engine.compile; sys.exit('numba' in sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True, cwd=Path(__file__).parents[2])


def test_the_stamp_changes_with_any_source(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    from matching.engine.kernel import compiling

    before = source_stamp()
    extra = tmp_path / "piece.py"
    extra.write_text("")
    assert source_stamp() == before
    monkeypatch.setattr(compiling, "SOURCES", (*compiling.SOURCES, extra))
    extra.write_text("changed")
    assert source_stamp() != before


@pytest.mark.parametrize("name", DIGESTS)
def test_trades_of_a_million_commands(name: str) -> None:
    with np.load(shared_folder("bench") / f"{name}.npz") as columns:
        rows = as_commands(**columns)
    engine = KernelEngine()
    events = engine.apply(rows)
    trades = events[events["event"] == Event.TRADE][["n", "maker", "price", "quantity"]]
    lines = "\n".join(",".join(map(str, trade)) for trade in trades.tolist())
    assert hashlib.sha256(lines.encode()).hexdigest()[:16] == DIGESTS[name]
    engine.check()


def test_one_command_may_tell_more_than_there_was_room_for() -> None:
    engine = KernelEngine()
    for i in range(1, 7):
        send(engine, ask(i, start=0, hours=1024, quantity=1, price=10 + i))
    events = engine.apply(commands(bid(9, start=0, hours=1024, quantity=6, price=None)))
    assert np.count_nonzero(events["event"] == Event.TRADE) == 6 * 1024
    assert len(engine.resting()) == 0
    engine.check()


def test_an_auction_of_more_than_an_event_can_count() -> None:
    engine = KernelEngine()
    orders = [(bid if n % 2 else ask)(n, start=0, hours=1, quantity=1_000_000, price=1700) for n in range(2 * 2_148)]
    engine.apply(commands(collect(), *orders))
    assert engine.indicative(0, 0, 1)["volume"].tolist() == [2_148_000_000]
    events = engine.apply(commands(resume()))
    assert events["quantity"][events["event"] == Event.AUCTION].tolist() == [2**31 - 1]
    assert events["quantity"][events["event"] == Event.TRADE].sum(dtype=np.int64) == 2_148_000_000
    engine.check()


def test_a_year_of_rulings_needs_no_more_memory_than_its_first_weeks() -> None:
    """A ruling makes books for its hours; they go when the hours close."""
    engine = KernelEngine()
    used: list[int] = []
    for day in range(365):
        first = day * 24
        engine.apply(
            commands(halt(first + 24, 48), collect(first + 30, 200), resume(first + 24, 20), close(first + 23))
        )
        used.append(int(engine._state[BUMP]))
    engine.check()
    assert used[-1] == used[30]


def test_the_longest_orders_and_the_widest_books_are_given_back_and_used_again() -> None:
    """Runs of memory of every size have a list of free ones of their own."""
    engine = KernelEngine()
    ids = np.arange(200)
    longest = blank_commands(len(ids))
    longest["id"], longest["side"], longest["site"], longest["price"] = ids, Side.ASK, 1, 500 + ids
    longest["start"], longest["hours"], longest["quantity"] = ids % 7, 1024, 3
    widest = blank_commands(20_000)
    widest["id"] = 1_000 + np.arange(len(widest))
    widest["side"], widest["market"], widest["price"] = Side.BID, 1, 1 + np.arange(len(widest)) * 7919 % 20_000
    widest["start"], widest["hours"], widest["quantity"] = 5, 1, 2
    for placed in (longest, widest) * 3:
        engine.apply(placed)
        assert len(engine.resting()) == placed["hours"].sum()
        engine.check()
        taken_back = placed.copy()
        taken_back["do"] = Do.CANCEL
        engine.apply(taken_back)
        assert len(engine.resting()) == 0
    engine.check()


def test_many_orders_sites_markets_and_hours_fit() -> None:
    engine = KernelEngine()
    lines = [ask(i, start=i * 37 % 9000, hours=1 + i % 30, quantity=3, price=10 + i % 500, site=i, market=i % 300)
             for i in range(3000)]  # fmt: skip
    assert send(engine, *lines) == []
    blocks = [block_bid(5000 + i, start=i * 37 % 9000, hours=2, quantity=9, price=1, one_site=True,
                        start_flexibility=168, market=i % 300) for i in range(600)]  # fmt: skip
    assert send(engine, *blocks) == []
    assert len(engine.resting()) == sum(1 + i % 30 for i in range(3000)) + 600


def test_the_longest_alternatives_in_many_markets_fit() -> None:
    """One command may make eight markets, the books of 1,192 hours in each, and their pages."""
    engine = KernelEngine()
    orders = [
        block_bid(i, start=i, hours=1024, quantity=3, price=10, start_flexibility=168, market=100 * i, one_site=True)
        | {"alternatives": [alternative(100 * i + k, 5 * k, 10 + k, start_flexibility=168) for k in range(1, 8)]}
        for i in range(1, 6)
    ]
    assert send(engine, *orders, ask(9, start=0, hours=1024, quantity=1, price=9, market=107)) == []
    assert len(engine.resting()) == 5 * 8 + 1024
    assert len(engine.why_not(1)) == 7 * 1024 + 1024
    send(engine, *(cancel(i) for i in (1, 2, 3, 4, 5, 9)))
    used = int(engine._state[BUMP])
    send(engine, *orders)
    assert int(engine._state[BUMP]) == used, "what the withdrawn alternatives had is used again"


def test_a_year_of_hours_needs_no_more_memory_than_its_first_weeks() -> None:
    """Books, levels and orders are given back as hours close, are cancelled or trade."""
    engine = KernelEngine()
    used: list[int] = []
    for day in range(365):
        first, id_ = day * 24, day * 100
        lines = [ask(id_ + i, start=first + 24, hours=24, quantity=4, price=20 + i * 7 % 40) for i in range(20)]
        lines += [
            bid(id_ + 40 + i, start=first + 24 + i, hours=5, quantity=3, price=15 + i * 5 % 20) for i in range(15)
        ]
        lines += [block_bid(id_ + 60 + i, start=first + 26, hours=6, quantity=2, price=10 + i, start_flexibility=8)
                  for i in range(15)]  # fmt: skip
        lines += [block_bid(id_ + 80 + i, start=first + 26, hours=3, quantity=2, price=10 + 4 * i,
                            alternatives=[alternative(k % 2, first + 24 + k, 12 + i) for k in range(1, 8)])
                  for i in range(9)]  # fmt: skip
        lines += [close(first + 23, market=1)]
        lines += [cancel(id_ + 3), mass_cancel(1000 + id_ + 5), close(first + 23)]
        engine.apply(commands(*lines))
        used.append(int(engine._state[BUMP]))
    engine.check()
    assert used[-1] == used[30]
    engine.apply(commands(close(400 * 24), close(400 * 24, market=1)))
    assert len(engine.resting()) == 0


def test_wild_sides_are_looked_past_in_large_books() -> None:
    """Commands are looked at before they are checked: a side that is none must lead to no memory but the books'."""
    engine = KernelEngine()
    orders = blank_commands(10_000)
    orders["do"], orders["side"], orders["site"] = Do.NEW, Side.ASK, 1
    orders["id"], orders["participant"] = np.arange(10_000), np.arange(10_000) % 7
    orders["start"], orders["hours"], orders["quantity"], orders["price"] = 10, 1, 1, 1_000 + np.arange(10_000) % 50
    engine.apply(orders)
    assert engine._state[BUMP] > SMALL
    wild = np.repeat(orders[:256], 8)
    wild["id"], wild["side"] = 20_000 + np.arange(2_048), np.arange(2_048) % 256 - 128
    events = engine.apply(wild[abs(wild["side"]) != 1])
    assert len(events) == (abs(wild["side"]) != 1).sum()
    assert (events["why"] == Why.MALFORMED).all()
    engine.check()


def test_commands_of_another_type_are_refused() -> None:
    with pytest.raises(TypeError, match="COMMAND"):
        KernelEngine().apply(np.zeros(3, dtype=EVENT))


def test_rows_that_fit_no_order_are_refused() -> None:
    orders = commands(ask(1, start=0, hours=2, quantity=5, price=10))
    row = np.zeros(1, dtype=RESTING)
    for wrong in ({"id": 2}, {"hour": 2}, {"hour": -1}, {"open": 0}, {"shown": 6}, {"shown": 1}):
        row["id"], row["open"], row["shown"], row["sequence"], row["hour"] = 1, 5, 5, 1, 0
        for name, value in wrong.items():
            row[name] = value
        with pytest.raises(ValueError, match="do not fit"):
            KernelEngine().load(orders, row)


def test_a_slice_of_commands_is_read_right() -> None:
    rows = blank_commands(6)
    rows[::2] = commands(*(ask(i, start=0, hours=1, quantity=1, price=5) for i in range(3)))
    rows[1::2]["do"] = Do.CLOSE
    engine = KernelEngine()
    engine.apply(rows[::2])
    assert engine.resting()["id"].tolist() == [0, 1, 2]

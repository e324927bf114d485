"""Every block of a real week takes the exact best: cheapest, then the earliest start, then the lowest site, by trying all.

The oracle keeps plain books of its own, lists of what is offered in each hour, and knows nothing of the engine: before each
execution it walks every start and every site, and says which makers the block should take, and which block's turn it is.
"""

import json
from collections import defaultdict
from collections.abc import Iterator
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from typing import NamedTuple

import numpy as np

from matching.engine.dtypes import Do, Event, Kind

from .conftest import MakeEngine
from .replay_week import Week


class Offered(NamedTuple):
    """What one offer has left in one hour; sorts by priority."""

    price: int
    arrival: int
    offer: int
    participant: int
    site: int
    open: int


class Block(NamedTuple):
    """An all-or-none bid."""

    id: int
    arrival: int
    participant: int
    market: int
    start: int
    flexibility: int
    hours: int
    quantity: int
    limit: int
    one_site: bool

    @property
    def budget(self) -> int:
        return self.limit * self.quantity * self.hours

    @property
    def window(self) -> range:
        return range(self.start, self.start + self.flexibility + self.hours)


class Fill(NamedTuple):
    hour: int
    offer: int
    price: int
    quantity: int
    site: int


class Best(NamedTuple):
    """The best execution; compares by total, start, site."""

    total: int
    start: int
    site: int
    fills: list[Fill]


class Oracle:
    """Plain books, waiting blocks, and the exact best by trying everything."""

    def __init__(self) -> None:
        self.books: defaultdict[tuple[int, int], list[Offered]] = defaultdict(list)
        self.waiting: dict[int, Block] = {}
        self.open_hour: defaultdict[int, int] = defaultdict(int)

    def expected(self, arrival: int, row: np.void) -> Iterator[tuple[int, Best]]:
        """Say which blocks execute in this command, and how, in order; the books move on as they do."""
        market, start, hours = int(row["market"]), int(row["start"]), int(row["hours"])
        if row["do"] == Do.CLOSE:
            self.close(market, start)
        elif row["kind"] == Kind.HOURLY:
            offered = Offered(
                int(row["price"]), arrival, *(int(row[name]) for name in ("id", "participant", "site", "quantity"))
            )
            for hour in range(start, start + hours):
                self.books[market, hour].append(offered)
                self.books[market, hour].sort()
            yield from self.try_all(market, range(start, start + hours))
        else:
            block = block_of(arrival, row)
            self.waiting[block.id] = block
            yield from self.try_block(block)

    def try_all(self, market: int, hours: range) -> Iterator[tuple[int, Best]]:
        """Try each block that could use an hour of `hours`: highest limit first, then first come."""
        for block in sorted(self.waiting.values(), key=lambda block: (-block.limit, block.arrival)):
            if block.market == market and block.window.start < hours.stop and hours.start < block.window.stop:
                yield from self.try_block(block)

    def try_block(self, block: Block) -> Iterator[tuple[int, Best]]:
        best = min(self.executions(block), default=None)
        if best is not None:
            del self.waiting[block.id]
            for fill in best.fills:
                self.take(block.market, fill)
            yield block.id, best

    def executions(self, block: Block) -> Iterator[Best]:
        """Every start and site that has the quantity in every hour, and keeps to the limit."""
        first = max(block.start, self.open_hour[block.market])
        for start in range(first, block.start + block.flexibility + 1):
            hours = [
                [offered for offered in self.books[block.market, hour] if offered.participant != block.participant]
                for hour in range(start, start + block.hours)
            ]
            for site in {offered.site for offered in hours[0]} if block.one_site else {-1}:
                fills = [list(cheapest(start + i, hour, site, block.quantity)) for i, hour in enumerate(hours)]
                total = sum(fill.price * fill.quantity for hour in fills for fill in hour)
                enough = all(sum(fill.quantity for fill in hour) == block.quantity for hour in fills)
                if enough and total <= block.budget:
                    yield Best(total, start, site, [fill for hour in fills for fill in hour])

    def take(self, market: int, fill: Fill) -> None:
        book = self.books[market, fill.hour]
        at = next(i for i, offered in enumerate(book) if offered.offer == fill.offer)
        left = book[at].open - fill.quantity
        book[at : at + 1] = [book[at]._replace(open=left)] if left else []

    def close(self, market: int, hour: int) -> None:
        self.open_hour[market] = hour + 1
        self.books.pop((market, hour), None)
        for block in list(self.waiting.values()):
            if block.market == market and block.start + block.flexibility <= hour:
                del self.waiting[block.id]


def cheapest(hour: int, offered: list[Offered], site: int, quantity: int) -> Iterator[Fill]:
    """Take `quantity` from one hour's offers in priority, of `site` alone unless it is -1."""
    for one in offered:
        if quantity and site in (-1, one.site):
            amount = min(quantity, one.open)
            quantity -= amount
            yield Fill(hour, one.offer, one.price, amount, one.site)


def block_of(arrival: int, row: np.void) -> Block:
    names = ("participant", "market", "start", "start_flexibility", "hours", "quantity", "price", "one_site")
    return Block._make([int(row["id"]), arrival, *(int(row[name]) for name in names)])


def executions_told(events: np.ndarray) -> list[tuple[int, list[Fill]]]:
    """Each run of trades of one taker."""
    names = ["id", "hour", "maker", "price", "quantity", "site"]
    trades = events[events["event"] == Event.TRADE][names].tolist()
    return [(taker, [Fill(*trade[1:]) for trade in run]) for taker, run in groupby(trades, key=itemgetter(0))]


def test_every_block_of_the_week_takes_the_exact_best(make_kernel: MakeEngine, replay_week_dir: Path) -> None:
    commands = Week(replay_week_dir).commands
    engine, oracle = make_kernel(), Oracle()
    blocks = 0
    for n, row in enumerate(commands):
        told = executions_told(engine.apply(commands[n : n + 1]))
        expected = [(id_, best.fills) for id_, best in oracle.expected(n, row)]
        assert told == expected, f"command {n}: {row}"
        blocks += len(told)
    assert blocks == json.loads((replay_week_dir / "expected.json").read_text())["bids_filled"]

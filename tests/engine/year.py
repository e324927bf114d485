"""A year of delivery hours that open, trade and close: the same week again and again, so that memory has no reason to grow.

`python -m tests.engine.year MARKETS WEEKS` prints, as a JSON line, the events of each kind and the resident bytes of the process after each week.
"""

import json
import sys
from collections.abc import Iterator
from random import Random
from typing import Any

import numpy as np

from matching.engine.dtypes import Detail, Do, Event, Kind, Side, TimeInForce, blank_commands
from matching.engine.interface import Engine
from matching.engine.kernel import KernelEngine
from tests.engine.capacity import resident_bytes

DAY, WEEK = 24, 7
AN_HOUR = 4
"""New orders an hour in each market."""
IDS_A_DAY = 1_000
"""Ids set aside for a day of one market."""

Line = dict[str, Any]


def main() -> None:
    markets, weeks = map(int, sys.argv[1:])
    print(json.dumps(live(KernelEngine(), markets, weeks)))  # noqa: T201


def live(engine: Engine, markets: int, weeks: int) -> dict[str, Any]:
    """Play `weeks` in `markets` and tell what happened, and what the process held after each week."""
    days = [day_of(weekday) for weekday in range(WEEK)]
    events = np.zeros(len(Event), dtype=np.int64)
    held = []
    for day in range(WEEK * weeks):
        for market in range(markets):
            told = engine.apply(moved(days[day % WEEK], day, market, markets), Detail.ALL)
            events += np.bincount(told["event"], minlength=len(Event))
        engine.apply(time_passes(day + 1))
        if day % WEEK == WEEK - 1:
            held.append(resident_bytes())
    return {"events": {kind.name: int(events[kind]) for kind in Event}, "bytes": held}


def moved(day_of_market: np.ndarray, day: int, market: int, markets: int) -> np.ndarray:
    """Return a day's commands for a market and a day: later hours, other ids, the market itself and, for alternatives, the next one."""
    commands = day_of_market.copy()
    commands["start"] += day * DAY
    commands["expires_minute"] += day * DAY * 60
    commands["id"] += (day * markets + market) * IDS_A_DAY
    commands["market"] = (market + commands["market"]) % markets
    return commands


def time_passes(day: int) -> np.ndarray:
    commands = blank_commands(1)
    commands["do"], commands["expires_minute"] = Do.TIME, day * DAY * 60
    return commands


def day_of(weekday: int) -> np.ndarray:
    """Return one market's day, for hours from 0, ids from 0 and market 0 (market 1: the next one): a call auction for the day after, then hour by hour."""
    random = Random(weekday)
    lines: list[Line] = [
        {"do": Do.BAND, "price": 1_700, "quantity": 500},
        {"do": Do.COLLECT, "start": DAY, "hours": DAY},
        *(offer(random, start=DAY, hours=DAY) for _ in range(15)),
        *(bid(random, start=DAY + hour, hours=3) for hour in range(0, DAY, 3)),
        {"do": Do.RESUME, "start": DAY, "hours": DAY},
        offer(random, start=2 * DAY, hours=WEEK * DAY),
    ]
    for hour in range(DAY):
        lines += [line for _ in range(AN_HOUR) for line in an_order(random, hour + 1)]
        lines += [{"do": Do.CLOSE, "start": hour}]
    lines += [{"do": Do.MASS_CANCEL, "participant": 3}]
    return numbered(random, lines)


def an_order(random: Random, hour: int) -> Iterator[Line]:
    """One new order for hours from `hour`, of any type."""
    match random.randrange(5):
        case 0:
            yield offer(random, start=hour, hours=random.randint(1, 24))
        case 1:
            yield bid(random, start=hour, hours=random.randint(1, 6))
        case 2:
            yield block(random, hour, Side.BID)
        case 3:
            yield block(random, hour, Side.ASK) | {"site": random.randrange(4)}
        case _:
            yield block(random, hour, Side.BID) | {"alternatives": 2}
            for _ in range(2):
                yield {
                    "do": Do.ALTERNATIVE,
                    "market": 1,
                    "start": hour,
                    "start_flexibility": 24,
                    "price": price(random),
                }


def price(random: Random) -> int:
    return random.randint(1_500, 1_900)


def tif(random: Random) -> Line:
    """Mostly to the gate, else to the end of the day or the next one, or at once."""
    return random.choice(
        (
            {"tif": TimeInForce.GTC},
            {"tif": TimeInForce.GTC},
            {"tif": TimeInForce.GTD, "expires_minute": DAY * 60 * random.randint(1, 2)},
            {"tif": TimeInForce.IOC},
            {"tif": TimeInForce.FOK},
        )
    )


def order(random: Random, side: Side, kind: Kind, **columns: int) -> Line:
    who = {"participant": random.randrange(20), "self_trade": random.randrange(4)}
    return {"do": Do.NEW, "side": side, "kind": kind, "price": price(random)} | who | tif(random) | columns


def offer(random: Random, **columns: int) -> Line:
    """An hourly ask, an iceberg or not."""
    shown: Line = random.choice(({}, {"display_quantity": 2}))
    return order(random, Side.ASK, Kind.HOURLY, quantity=8, site=random.randrange(4), **columns) | shown


def bid(random: Random, **columns: int) -> Line:
    return order(random, Side.BID, Kind.HOURLY, quantity=random.randint(1, 8), **columns)


def block(random: Random, hour: int, side: Side) -> Line:
    columns = {"start": hour, "hours": random.randint(1, 12), "quantity": random.randint(1, 8)}
    freedom = {"start_flexibility": random.randint(0, 48), "one_site": random.randrange(2) if side is Side.BID else 0}
    part: Line = random.choice(({}, {"min_quantity": 1}))
    return order(random, side, Kind.BLOCK, **columns, **freedom) | part


def numbered(random: Random, lines: list[Line]) -> np.ndarray:
    """Give orders their ids, an alternative that of its order, and cancel or replace some of them a while later."""
    commands = blank_commands(len(lines) + 2 * DAY)
    count, newest = 0, -1
    for line in lines:
        newest += line["do"] == Do.NEW
        line.setdefault("id", newest)
        changes: list[Line] = []
        if line["do"] == Do.CLOSE:
            ids = random.sample(range(max(0, newest - 20), newest + 1), 2)
            changes = [
                {"do": Do.CANCEL, "id": ids[0]},
                {"do": Do.REPLACE, "id": ids[1], "quantity": random.randint(1, 9)},
            ]
        for row in (*changes, line):
            for name, value in row.items():
                commands[name][count] = value
            count += 1
    return commands[:count]


if __name__ == "__main__":
    main()

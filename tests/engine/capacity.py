"""What the books weigh: fills an engine in a process of its own and tells what the process then holds, as a JSON line.

`python -m tests.engine.capacity resting SPAN MARKETS HOURS QUANTITIES` rests offers of SPAN hours until so many hourly quantities rest.
`python -m tests.engine.capacity empty MARKETS HOURS` opens and empties every contract, closes all, and does it again for later hours.
"""

import json
import resource
import sys
import time
from collections.abc import Iterator

import numpy as np
import psutil

from matching.engine.dtypes import Detail, Do, Side, blank_commands
from matching.engine.kernel import KernelEngine

CALL = 20_000
"""Commands a call, so that the commands themselves weigh little."""


def main() -> None:
    what, *numbers = sys.argv[1:]
    figures = resting(*map(int, numbers)) if what == "resting" else empty(*map(int, numbers))
    print(json.dumps(figures))  # noqa: T201


def resting(span: int, markets: int, hours: int, quantities: int) -> dict[str, float]:
    """Return the resident bytes of `quantities` that rest, of all contracts, and the most that the process ever held."""
    engine, before = warmed_up(), resident_bytes()
    started = time.thread_time()
    for commands in offers(span, markets, hours, quantities // span):
        engine.apply(commands, Detail.TRADES)
    seconds = time.thread_time() - started
    return {
        "quantities": quantities // span * span,
        "contracts": markets * (hours // span * span),
        "bytes": resident_bytes() - before,
        "peak_bytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024,
        "seconds": round(seconds, 3),
    }


def empty(markets: int, hours: int) -> dict[str, float]:
    """Return the bytes of contracts that have been traded and are empty, and of as many later ones once those have closed."""
    engine, before = warmed_up(), resident_bytes()
    visit(engine, markets, range(hours))
    opened = resident_bytes()
    close(engine, markets, hours - 1)
    visit(engine, markets, range(hours, 2 * hours))
    return {"contracts": markets * hours, "bytes": opened - before, "bytes_later": resident_bytes() - before}


def warmed_up() -> KernelEngine:
    """Return an engine whose machine code is in memory."""
    engine = KernelEngine()
    visit(engine, 1, range(10))
    close(engine, 1, 9)
    return engine


def resident_bytes() -> int:
    return int(psutil.Process().memory_info().rss)


def offers(span: int, markets: int, hours: int, count: int) -> Iterator[np.ndarray]:
    """Offers that go round the markets and, in each, through its hours again and again, each round at another price."""
    a_round = markets * (hours // span)
    for first in range(0, count, CALL):
        ids = np.arange(first, min(first + CALL, count))
        commands = blank_commands(len(ids))
        commands["id"], commands["market"], commands["start"] = ids, ids % markets, ids % a_round // markets * span
        commands["participant"], commands["site"] = ids % 1_000, ids % 1_000
        commands["side"], commands["hours"], commands["quantity"] = Side.ASK, span, 8
        commands["price"] = 1_500 + ids // a_round * 7 % 100
        yield commands


def visit(engine: KernelEngine, markets: int, hours: range) -> None:
    """Place an order in every contract and cancel it."""
    for hour in hours:
        market = np.arange(markets)
        commands = blank_commands(2 * markets)
        commands["id"] = np.repeat(market, 2)
        commands["do"][1::2] = Do.CANCEL
        commands["market"] = np.repeat(market, 2)
        commands["start"], commands["hours"], commands["quantity"], commands["price"] = hour, 1, 1, 100
        commands["side"] = Side.BID
        engine.apply(commands, Detail.TRADES)


def close(engine: KernelEngine, markets: int, hour: int) -> None:
    commands = blank_commands(markets)
    commands["do"], commands["market"], commands["start"] = Do.CLOSE, np.arange(markets), hour
    engine.apply(commands, Detail.TRADES)


if __name__ == "__main__":
    main()

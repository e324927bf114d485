"""The order books: commands a second on the shared streams, the kernel and the reference engine in the same run.

`python -m tests.bench engine` prints the table; `python -m tests.bench.engine --json` prints a JSON line a figure.
Figures are medians of interleaved rounds, in CPU time of the thread, so that a busy machine disturbs them less.
"""

import json
import sys
import time
from collections import defaultdict
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np

from matching.engine.dtypes import NULL, Do, Side, TimeInForce, blank_commands
from matching.engine.interface import Engine
from matching.engine.kernel import KernelEngine
from matching.engine.reference import ReferenceEngine

STREAMS = Path(__file__).parents[3] / "shared" / "bench"
ROUNDS = 5
REFERENCE_SLICE = 20_000
"""Commands that the reference engine plays of each stream; it is some hundred times slower."""
ONE_BY_ONE = 20_000
BLOCKS = 20_000


def measure() -> list[dict[str, Any]]:
    """Return a row a figure: name, value, unit, peer, peer_value."""
    streams = {name: stream(name) for name in ("one", "zipf")}
    runs: dict[str, list[float]] = defaultdict(list)
    for _ in range(ROUNDS):
        for name, commands in streams.items():
            runs[name].append(rate(KernelEngine(), commands))
            runs[f"{name}, reference"].append(rate(ReferenceEngine(), commands[:REFERENCE_SLICE]))
        runs["one by one"].append(rate_one_by_one(KernelEngine(), streams["one"][:ONE_BY_ONE]))
        runs["block"].append(rate(with_offers(KernelEngine()), blocks(KernelEngine)))
        runs["block, reference"].append(rate(with_offers(ReferenceEngine()), blocks(ReferenceEngine)))
    value = {name: median(rates) for name, rates in runs.items()}
    reference = f"reference engine, first {REFERENCE_SLICE:,} commands"
    return [
        row(f"{stream_name(name)}, all events", value[name], "commands/s", reference, value[f"{name}, reference"])
        for name in streams
    ] + [
        row("one command a call", value["one by one"], "commands/s", "in one call", value["one"]),
        row("24-hour block bid", value["block"], "blocks/s", "reference engine", value["block, reference"]),
    ]


def row(name: str, value: float, unit: str, peer: str, peer_value: float) -> dict[str, Any]:
    return {
        "name": f"engine: {name}",
        "value": round(value),
        "unit": unit,
        "peer": peer,
        "peer_value": round(peer_value),
    }


def rate(engine: Engine, commands: np.ndarray) -> float:
    """Return commands a second, all in one call."""
    started = time.thread_time()
    engine.apply(commands)
    return len(commands) / (time.thread_time() - started)


def rate_one_by_one(engine: Engine, commands: np.ndarray) -> float:
    rows = [commands[n : n + 1] for n in range(len(commands))]
    started = time.thread_time()
    for one in rows:
        engine.apply(one)
    return len(rows) / (time.thread_time() - started)


def stream_name(name: str) -> str:
    return name if is_shared(name) else f"{name} (generated: ../shared/bench is absent)"


def is_shared(name: str) -> bool:
    return (STREAMS / f"{name}.npz").is_file()


def stream(name: str) -> np.ndarray:
    """Return a stream as COMMAND rows: the shared one, or one like it where that is absent."""
    if is_shared(name):
        with np.load(STREAMS / f"{name}.npz") as columns:
            return as_commands(**columns)
    return as_commands(**generated(1 if name == "one" else 1_000))


def as_commands(
    action: np.ndarray,
    side: np.ndarray,
    tif: np.ndarray,
    quantity: np.ndarray,
    order_id: np.ndarray,
    price: np.ndarray,
    contract: np.ndarray,
) -> np.ndarray:
    """One-hour orders, a market a contract; five hundred participants a side, so that none meets itself."""
    commands = blank_commands(len(action))
    commands["do"] = np.where(action == 0, Do.NEW, Do.CANCEL)
    commands["tif"] = np.where(tif == 1, TimeInForce.IOC, TimeInForce.GTC)
    commands["participant"] = order_id % 500 * 2 + (side > 0)
    commands["site"] = np.where(side == Side.BID, NULL, 0)
    for field, column in {"id": order_id, "market": contract, "quantity": quantity, "price": price}.items():
        commands[field] = column
    commands["side"], commands["start"], commands["hours"] = side, 0, 1
    return commands


def generated(contracts: int, count: int = 1_000_000) -> dict[str, np.ndarray]:
    """Return columns like the shared streams': 60% adds at a geometric distance from the middle, 40% cancels."""
    random = np.random.default_rng(20261122)
    cancels = random.random(count) < 0.4
    ids = np.where(cancels, 0, np.cumsum(~cancels))
    newest = np.maximum(1, np.cumsum(~cancels))
    ids[cancels] = np.maximum(1, newest - random.geometric(0.01, count))[cancels]
    side = random.choice((-1, 1), count)
    aggressive = random.random(count) < 0.07
    distance = random.geometric(0.1, count) * np.where(aggressive, -1, 1)
    return {
        "action": cancels.astype(np.uint8),
        "side": side,
        "tif": (aggressive & ~cancels).astype(np.uint8),
        "quantity": random.integers(1, 101, count),
        "order_id": ids,
        "price": 32_768 - side * distance,
        "contract": np.minimum(random.zipf(1.5, count) - 1, contracts - 1),
    }


def order(**fields: int) -> np.ndarray:
    command = blank_commands(1)
    command["start"] = 0
    for name, value in fields.items():
        command[name] = value
    return command


def with_offers(engine: Engine) -> Engine:
    """Fill a day: ten offers of 24 hours at ten prices."""
    for i in range(10):
        offer = order(id=i, side=Side.ASK, hours=24, quantity=1_000_000, price=1_500 + i, site=i, participant=i)
        engine.apply(offer)
    return engine


def blocks(kind: type) -> np.ndarray:
    """Return all-or-none bids of 24 hours that fill at once, one maker an hour; fewer for the reference engine."""
    count = BLOCKS if kind is KernelEngine else BLOCKS // 20
    bids = np.repeat(order(side=Side.BID, kind=1, hours=24, quantity=8, price=2_000, participant=99), count)
    bids["id"] = np.arange(100, 100 + count)
    return bids


if __name__ == "__main__":
    for figure in measure():
        ratio = round(figure["value"] / figure["peer_value"], 1)
        if "--json" in sys.argv:
            print(json.dumps(figure | {"ratio": ratio}))
        else:
            print(f"{figure['name']}: {figure['value']:,} {figure['unit']}, {ratio} x {figure['peer']}")

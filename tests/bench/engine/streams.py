"""The shared streams of a million one-hour commands, as COMMAND rows; one like them where they are absent."""

import hashlib
from pathlib import Path

import numpy as np

from matching.engine.dtypes import Do, Event, Side, TimeInForce, blank_commands

STREAMS = Path(__file__).parents[4] / "shared" / "bench"

DIGESTS = {"one": "5a930073902021f9", "zipf": "9583f44503deda67"}
"""sha256, 16 hex digits, of the lines `index,maker,price,quantity` of all trades; see `digest`."""


def is_shared(name: str) -> bool:
    return (STREAMS / f"{name}.npz").is_file()


def stream(name: str) -> np.ndarray:
    """Return the stream `name`, "one" or "zipf" (shape (1_000_000,), dtype COMMAND)."""
    if is_shared(name):
        with np.load(STREAMS / f"{name}.npz") as columns:
            return as_commands(**columns)
    return as_commands(**generated(1 if name == "one" else 1_000))


def title(name: str) -> str:
    return name if is_shared(name) else f"{name} (generated: ../shared/bench is absent)"


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
    commands["site"][side == Side.ASK] = 0
    for field, column in {"id": order_id, "market": contract, "quantity": quantity, "price": price}.items():
        commands[field] = column
    commands["side"], commands["start"], commands["hours"] = side, 0, 1
    return commands


def digest(events: np.ndarray) -> str:
    """Return the digest of the trades among `events` of one call."""
    trades = events[events["event"] == Event.TRADE][["n", "maker", "price", "quantity"]]
    return digest_of(trades.tolist())


def digest_of(trades: list[tuple[int, int, int, int]]) -> str:
    """Return the digest of trades as (row of the taking command, maker's id, price, quantity)."""
    lines = "\n".join(",".join(map(str, trade)) for trade in trades)
    return hashlib.sha256(lines.encode()).hexdigest()[:16]


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

"""Order books that a Python program can install, on the first commands of `one`, one command a call as their interfaces have it.

They are the dependency group `bench`, locked in requirements-bench.txt. Each plays limit orders, what an IOC leaves is cancelled, and
its trades must have the digest of ours; a row says where that is not so.
"""

from collections.abc import Callable, Iterator
from importlib import import_module
from importlib.util import find_spec
from typing import Any, NamedTuple

import numpy as np

from matching.engine.dtypes import Do, Side, TimeInForce
from matching.engine.kernel import KernelEngine
from tests.bench.engine.rounds import Case, Rates, Row, row
from tests.bench.engine.streams import digest, digest_of, stream

SLICE = 20_000
"""Commands of `one` that each plays."""

INSTALL = "pip install --require-hashes -r requirements-bench.txt"

Trade = tuple[int, int, int, int]
"""Row of the taking command, maker's id, price, quantity."""


class Command(NamedTuple):
    cancels: bool
    ioc: bool
    bid: bool
    id: int
    quantity: int
    price: int


def commands_of(rows: np.ndarray) -> list[Command]:
    """Return plain numbers, so that no peer pays for ours."""
    columns = (rows["do"] == Do.CANCEL, rows["tif"] == TimeInForce.IOC, rows["side"] == Side.BID)
    numbers = (rows["id"], rows["quantity"], rows["price"])
    return [Command(*row) for row in zip(*(column.tolist() for column in (*columns, *numbers)), strict=True)]


class Peer(NamedTuple):
    package: str
    module: str
    play: Callable[[Any, list[Command]], Iterator[Trade] | None]
    """Plays commands with the module, and returns the trades to be read afterwards; None where it tells none."""


def play_akhil4n(module: Any, commands: list[Command]) -> Iterator[Trade]:
    """akhil4n-orderbook and cython-orderbook, which have the same interface."""
    book, bid, ask, new = module.OrderBook(), module.OrderSide.BID, module.OrderSide.ASK, module.Order
    placed: dict[int, str] = {}
    rows: dict[str, int] = {}
    for n, command in enumerate(commands):
        if command.cancels:
            book.cancel_order(placed[command.id])
            continue
        order = new(side=bid if command.bid else ask, price=command.price, original_quantity=command.quantity)
        placed[command.id] = order.order_id
        rows[order.order_id] = n
        book.add_limit_order(order)
        if command.ioc and order.remaining_quantity:
            book.cancel_order(order.order_id)
    return (
        (rows[trade.aggressor_id], commands[rows[trade.filler_id]].id, trade.price, trade.quantity_filled)
        for trade in book.trade_log
    )


def play_lightmatchingengine(module: Any, commands: list[Command]) -> Iterator[Trade]:
    book = module.LightMatchingEngine()
    placed: dict[int, int] = {}
    told = []
    for n, command in enumerate(commands):
        if command.cancels:
            book.cancel_order(placed[command.id], "one")
            continue
        order, trades = book.add_order("one", command.price, command.quantity, 1 if command.bid else 2)
        placed[command.id] = order.order_id
        if trades:
            told.append((n, order.order_id, trades))
        if command.ioc and order.leaves_qty:
            book.cancel_order(order.order_id, "one")
    ids = {order_id: id_ for id_, order_id in placed.items()}
    return (
        (n, ids[trade.order_id], trade.trade_price, trade.trade_qty)
        for n, taker, trades in told
        for trade in trades
        if trade.order_id != taker
    )


def play_pyorderbook(module: Any, commands: list[Command]) -> Iterator[Trade]:
    book, bid, ask = module.Book(), module.bid, module.ask
    placed: dict[int, Any] = {}
    told = []
    for n, command in enumerate(commands):
        if command.cancels:
            book.cancel(placed[command.id])
            continue
        order = (bid if command.bid else ask)("one", command.price, command.quantity)
        placed[command.id] = order
        trades = book.match(order).trades
        if trades:
            told.append((n, trades))
        if command.ioc and order.quantity:
            book.cancel(order)
    ids = {order.id: id_ for id_, order in placed.items()}
    return (
        (n, ids[trade.standing_order_id], int(trade.fill_price), trade.fill_quantity)
        for n, trades in told
        for trade in trades
    )


def play_limit_order_book(module: Any, commands: list[Command]) -> None:
    book = module.LimitOrderBook()
    for command in commands:
        if command.cancels:
            book.cancel(command.id)
            continue
        (book.limit_buy if command.bid else book.limit_sell)(command.id, command.quantity, command.price)
        if command.ioc and book.has(command.id):
            book.cancel(command.id)


PEERS = (
    Peer("akhil4n-orderbook", "orderbook", play_akhil4n),
    Peer("cython-orderbook", "cython_orderbook", play_akhil4n),
    Peer("lightmatchingengine", "lightmatchingengine.lightmatchingengine", play_lightmatchingengine),
    Peer("limit-order-book", "limit_order_book", play_limit_order_book),
    Peer("pyorderbook", "pyorderbook", play_pyorderbook),
)


def installed() -> list[Peer]:
    return [peer for peer in PEERS if find_spec(peer.module.partition(".")[0]) is not None]


def cases() -> list[Case]:
    rows = stream("one")[:SLICE]
    commands = commands_of(rows)

    def case(peer: Peer) -> Case:
        module = import_module(peer.module)

        def run(_: None) -> int:
            peer.play(module, commands)
            return len(commands)

        return Case(peer.package, lambda: None, run)

    return [case(peer) for peer in installed()]


def same_trades(peer: Peer) -> str:
    """Say in words whether its trades are ours."""
    rows = stream("one")[:SLICE]
    trades = peer.play(import_module(peer.module), commands_of(rows))
    if trades is None:
        return "tells no trades"
    return "same trades" if digest_of(list(trades)) == digest(KernelEngine().apply(rows)) else "OTHER TRADES"


def rows(rates: Rates) -> list[Row]:
    missing = [peer.package for peer in PEERS if peer not in installed()]
    if missing:
        print(f"Not installed, so not measured: {', '.join(missing)}. {INSTALL}")
    return [
        row(
            "one, all events",
            rates["one, all events"],
            "commands/s",
            f"{peer.package}, first {SLICE:,}, {same_trades(peer)}",
            rates[peer.package],
        )
        for peer in installed()
    ]

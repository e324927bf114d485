"""Why an order does not trade, in numbers that hold when tried: the price it needs, or the accelerators that lack."""

from itertools import product
from typing import NamedTuple

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from matching.engine.dtypes import NULL, WHY_NOT, Event, Kind, Side, Why
from matching.engine.interface import Engine

from .conftest import MakeEngine
from .orders_as_they_stand import Keeper
from .play import Line, alternative, ask, band, bid, block_ask, block_bid, cancel, collect, commands, halt, order, send
from .random_commands import EVERYTHING, Features, command_streams, random_stream
from .test_block_allocation import SITES, Block, Hourly, blocks, hourly, line

Rows = list[dict[str, int]]


def why_not(engine: Engine, id_: int) -> Rows:
    """The rows of an order, without what is null, 0 or none."""
    rows = engine.why_not(id_)
    assert rows.dtype == WHY_NOT
    found = (dict(zip(WHY_NOT.names or (), row, strict=True)) for row in rows.tolist())
    return [{name: value for name, value in row.items() if value not in (NULL, 0)} for row in found]


# Hourly orders


def test_an_hourly_order_says_what_its_limit_misses_in_every_open_hour(make_engine: MakeEngine) -> None:
    engine = make_engine()
    send(engine, ask(1, 10, 1, 4, 1700), ask(2, 11, 1, 4, 1650), ask(3, 12, 1, 2, 1500))
    send(engine, bid(4, 10, 4, 2, 1600))
    assert why_not(engine, 4) == [
        {"hour": 10, "lacking": 2, "price": 1700, "short_fen": 100},
        {"hour": 11, "lacking": 2, "price": 1650, "short_fen": 50},
        {"hour": 13, "lacking": 2},
    ]
    assert why_not(engine, 1) == [{"hour": 10, "lacking": 4, "price": 1600, "short_fen": 100}]


def test_one_s_own_orders_are_no_offer(make_engine: MakeEngine) -> None:
    engine = make_engine()
    send(engine, ask(1, 10, 1, 4, 1700, participant=7), bid(2, 10, 1, 4, 1600, participant=7))
    assert why_not(engine, 2) == [{"hour": 10, "lacking": 4}]
    send(engine, block_bid(3, 10, 1, 4, 1600, participant=7))
    assert why_not(engine, 3) == [{"hour": 10, "lacking": 4, "start": 10}]


def test_an_order_that_is_not_open_has_no_reasons(make_engine: MakeEngine) -> None:
    assert why_not(make_engine(), 1) == []


def test_prices_outside_the_band_are_no_offer(make_engine: MakeEngine) -> None:
    engine = make_engine()
    send(engine, ask(1, 10, 1, 4, 1900), ask(2, 10, 1, 4, 2000), band(1700, 200))
    send(engine, bid(3, 10, 1, 4, 1600), block_bid(4, 10, 1, 5, 1600))
    assert why_not(engine, 3) == [{"hour": 10, "lacking": 4, "price": 1900, "short_fen": 300}]
    assert why_not(engine, 4) == [{"hour": 10, "lacking": 1, "available": 4, "price": 1900, "start": 10}]


def test_a_limit_outside_the_band_misses_nothing(make_engine: MakeEngine) -> None:
    """The bid rests at 2000, where no trade may be; the ask that came later takes only at the bid's price."""
    engine = make_engine()
    send(engine, band(1700, 200), bid(1, 10, 1, 4, 2000), ask(2, 10, 1, 4, 1800))
    assert why_not(engine, 1) == [{"hour": 10, "lacking": 4, "price": 1800}]


def test_hours_that_are_not_open_say_so(make_engine: MakeEngine) -> None:
    engine = make_engine()
    send(engine, ask(1, 10, 3, 4, 1500), collect(10, 2), bid(2, 10, 2, 4, 1600), halt(11, 1))
    assert why_not(engine, 2) == [
        {"hour": 10, "lacking": 4, "why": Why.COLLECTING},
        {"hour": 11, "lacking": 4, "why": Why.HALTED},
    ]
    send(engine, block_bid(3, 10, 2, 4, 1600, start_flexibility=2))
    assert why_not(engine, 3) == [{"hour": 11, "lacking": 4, "start": 11, "why": Why.HALTED}]


# Blocks


def test_a_block_says_what_its_limit_misses_in_all(make_engine: MakeEngine) -> None:
    engine = make_engine()
    send(engine, ask(1, 10, 1, 8, 1500, display_quantity=1), ask(2, 11, 1, 8, 1902, site=2))
    send(engine, block_bid(3, 10, 2, 8, 1700))
    assert why_not(engine, 3) == [{"start": 10, "available": 8, "price": 1701, "short_fen": 16}]


def test_the_average_is_rounded_against_the_order(make_engine: MakeEngine) -> None:
    engine = make_engine()
    send(engine, ask(1, 10, 1, 1, 1500), ask(2, 11, 1, 1, 1501), block_bid(3, 10, 2, 1, 1400))
    send(engine, bid(4, 20, 1, 1, 1500), bid(5, 21, 1, 1, 1501), block_ask(6, 20, 2, 1, 1600))
    assert why_not(engine, 3) == [{"start": 10, "available": 1, "price": 1501, "short_fen": 201}]
    assert why_not(engine, 6) == [{"start": 20, "available": 1, "price": 1500, "short_fen": 199}]


def test_a_block_in_parts_speaks_of_its_least(make_engine: MakeEngine) -> None:
    engine = make_engine()
    send(engine, ask(1, 10, 1, 3, 1900), ask(2, 10, 1, 9, 2500))
    send(engine, block_bid(3, 10, 1, 8, 1700, min_quantity=4))
    assert why_not(engine, 3) == [{"start": 10, "available": 4, "price": 2050, "short_fen": 1400}]


def test_a_block_names_the_hours_and_accelerators_that_lack(make_engine: MakeEngine) -> None:
    engine = make_engine()
    send(engine, ask(1, 10, 3, 5, 1500), ask(2, 12, 1, 2, 1400), ask(3, 13, 1, 6, 1400))
    send(engine, block_bid(4, 10, 4, 8, 1700))
    assert why_not(engine, 4) == [
        {"start": 10, "hour": 10, "lacking": 3, "available": 5, "price": 1500},
        {"start": 10, "hour": 11, "lacking": 3, "available": 5, "price": 1500},
        {"start": 10, "hour": 12, "lacking": 1, "available": 7, "price": 1400},
        {"start": 10, "hour": 13, "lacking": 2, "available": 6, "price": 1400},
    ]


def test_a_flexible_one_site_block_names_the_start_and_site_where_fewest_lack(make_engine: MakeEngine) -> None:
    engine = make_engine()
    send(engine, ask(1, 10, 3, 4, 1500, site=6), ask(2, 11, 3, 5, 1900, site=3), ask(3, 11, 2, 5, 1900, site=4))
    send(engine, block_bid(4, 10, 2, 6, 1700, start_flexibility=5, one_site=True))
    assert why_not(engine, 4) == [
        {"start": 11, "site": 3, "hour": 11, "lacking": 1, "available": 5, "price": 1900},
        {"start": 11, "site": 3, "hour": 12, "lacking": 1, "available": 5, "price": 1900},
    ]


def test_after_a_part_the_start_and_site_are_given(make_engine: MakeEngine) -> None:
    engine = make_engine()
    send(engine, ask(1, 11, 1, 3, 1500, site=6), ask(2, 10, 1, 9, 1800, site=7))
    send(engine, block_bid(3, 10, 1, 8, 1700, start_flexibility=4, one_site=True, min_quantity=2))
    assert why_not(engine, 3) == [{"start": 11, "site": 6, "hour": 11, "lacking": 2}]


def test_every_alternative_says_why(make_engine: MakeEngine) -> None:
    engine = make_engine()
    send(engine, ask(1, 10, 1, 4, 1750), ask(2, 10, 1, 3, 1500, market=1))
    further = [alternative(1, 10, 1600), alternative(2, 20, 1600)]
    send(engine, block_bid(3, 10, 1, 4, 1700, alternatives=further))
    assert why_not(engine, 3) == [
        {"start": 10, "available": 4, "price": 1750, "short_fen": 200},
        {"alternative": 1, "start": 10, "hour": 10, "lacking": 1, "available": 3, "price": 1500},
        {"alternative": 2, "start": 20, "hour": 20, "lacking": 4},
    ]


# Against brute force


class Reach(NamedTuple):
    """What one start (and site) of a block would take; the least is the nearest."""

    lacking: int
    short_fen: int
    start: int
    site: int
    """-1 where it does not matter."""


def offers(book: list[Hourly], block: Block, hour: int, site: int) -> list[int]:
    """The price of every single accelerator of an hour, best first."""
    prices = [o.price for o in book for _ in range(o.quantity) if o.hour == hour and site in (-1, o.site)]
    return sorted(prices, reverse=block.side is Side.ASK)


def reach(book: list[Hourly], block: Block, start: int, site: int) -> Reach:
    assert block.price is not None
    prices = [offers(book, block, hour, site)[: least_of(block)] for hour in range(start, start + block.hours)]
    lacking = sum(least_of(block) - len(hour) for hour in prices)
    short_fen = block.side * sum(price - block.price for hour in prices for price in hour)
    return Reach(lacking, 0 if lacking else short_fen, start, site)


def least_of(block: Block) -> int:
    return block.quantity if block.min_quantity is None else min(block.min_quantity, block.quantity)


def expected(book: list[Hourly], block: Block) -> Rows:
    """The rows of the nearest start and site, by trying all of them."""
    starts = range(block.start, block.start + block.flexibility + 1)
    one_site = block.one_site and block.side is Side.BID
    used = range(block.start, block.start + block.flexibility + block.hours)
    sites = [site for site in SITES if any(offers(book, block, hour, site) for hour in used)] if one_site else []
    nearest = min(reach(book, block, start, site) for start, site in product(starts, sites or [-1]))
    where = {"start": nearest.start, "site": max(0, nearest.site)}
    assert block.price is not None
    if nearest.lacking == 0:
        amount = least_of(block) * block.hours
        total = block.price * amount + block.side * nearest.short_fen
        average = -(-total // amount) if block.side is Side.BID else total // amount
        rows = [where | {"short_fen": nearest.short_fen, "available": least_of(block), "price": average}]
    else:
        rows = []
        for hour in range(nearest.start, nearest.start + block.hours):
            prices = offers(book, block, hour, nearest.site)
            if len(prices) < least_of(block):
                counted = {"hour": hour, "lacking": least_of(block) - len(prices), "available": len(prices)}
                rows.append(where | counted | {"price": prices[0] if prices else 0})
    return [{name: value for name, value in row.items() if value != 0} for row in rows]


@given(book=st.lists(hourly, max_size=12), block=blocks.filter(lambda block: block.price is not None))
@settings(deadline=None, max_examples=150)
def test_a_block_names_its_nearest_execution(make_engine: MakeEngine, book: list[Hourly], block: Block) -> None:
    if block.side is Side.ASK:
        block = block._replace(one_site=False)
    engine = make_engine()
    resting = [
        ask(n, o.hour, 1, o.quantity, o.price, site=o.site)
        if block.side is Side.BID
        else bid(n, o.hour, 1, o.quantity, o.price)
        for n, o in enumerate(book)
    ]
    engine.apply(commands(*resting))
    if len(engine.apply(commands(line(99, block) | {"tif": "GTC"}))) == 0:
        assert why_not(engine, 99) == expected(book, block)


# By experiment: what a reason asks for, done in a copy of the engine, makes a copy of the order trade


class Played:
    """A random stream, and the engine and the keeper of orders after it."""

    def __init__(self, make_engine: MakeEngine, seed: int, features: Features) -> None:
        stream = random_stream(seed, 120, features)
        self.make_engine, self.engine, self.keeper = make_engine, make_engine(), Keeper()
        self.keeper.follow(stream, self.engine.apply(stream))
        self.rows = self.keeper.orders
        self.blocks = [id_ for id_, rows in self.rows.items() if rows["kind"][0] == Kind.BLOCK]

    def copy(self) -> Engine:
        """The same books, without blocks."""
        copy = self.make_engine()
        copy.restore(self.engine.snapshot())
        copy.apply(commands(*(cancel(id_) for id_ in self.blocks)))
        return copy

    def trades(self, *lines: Line) -> np.ndarray:
        """What a copy trades for `lines`."""
        events = self.copy().apply(commands(*lines))
        trades: np.ndarray = events[events["event"] == Event.TRADE]
        return trades

    def again(self, id_: int, number: int, price: int | None, **more: object) -> Line:
        """An open order once more, as it stands in one of its alternatives, but for its price: now or never."""
        row, where = self.rows[id_][0], self.rows[id_][number]
        line = order(
            99_999, int(row["side"]), Kind(row["kind"]).name.lower(), 0, int(row["hours"]), 1, price, tif="IOC"
        )
        line |= {"participant": int(row["participant"]), "market": int(where["market"])} | more
        if row["kind"] == Kind.BLOCK:
            line["one_site"] = bool(row["one_site"])
        return line | ({"site": int(row["site"])} if row["side"] == Side.ASK else {})


@given(stream=command_streams(EVERYTHING))
@settings(deadline=None, max_examples=30)
def test_both_engines_give_the_same_reasons(
    make_reference: MakeEngine, make_kernel: MakeEngine, stream: np.ndarray
) -> None:
    reference, kernel = make_reference(), make_kernel()
    reference.apply(stream)
    kernel.apply(stream)
    for id_ in np.unique(reference.resting()["id"]).tolist():
        assert kernel.why_not(id_).tolist() == reference.why_not(id_).tolist()


seeds = st.integers(0, 2**32)


@given(seed=seeds)
@settings(deadline=None, max_examples=15)
def test_an_hourly_order_would_trade_at_the_price_it_is_told_and_no_worse(make_engine: MakeEngine, seed: int) -> None:
    played = Played(make_engine, seed, EVERYTHING)
    for id_ in played.rows.keys() - set(played.blocks):
        side = int(played.rows[id_]["side"][0])
        for row in played.engine.why_not(id_):
            hour, price, short_fen = (int(row[name]) for name in ("hour", "price", "short_fen"))
            now = {"start": hour, "hours": 1, "self_trade": "cancel_maker"}
            if price == NULL:
                assert len(played.trades(played.again(id_, 0, None, **now))) == 0
            elif short_fen > 0:
                assert price == played.rows[id_]["price"][0] + side * short_fen
                assert played.trades(played.again(id_, 0, price, **now))["price"].tolist() == [price]
                assert len(played.trades(played.again(id_, 0, price - side, **now))) == 0


@given(seed=seeds)
@settings(deadline=None, max_examples=15)
def test_a_block_would_trade_at_the_average_that_it_is_told_and_no_worse(make_engine: MakeEngine, seed: int) -> None:
    played = Played(make_engine, seed, EVERYTHING)
    for id_ in played.blocks:
        for row in played.engine.why_not(id_):
            if row["hour"] != NULL:
                continue
            number, start, price, least = (int(row[name]) for name in ("alternative", "start", "price", "available"))
            side, limit = int(played.rows[id_]["side"][0]), int(played.rows[id_]["price"][number])
            now = {"start": start, "quantity": least}
            trades = played.trades(played.again(id_, number, price, **now))
            paid, amount = int((trades["price"] * trades["quantity"]).sum()), int(trades["quantity"].sum())
            assert amount == least * played.rows[id_]["hours"][0]
            assert side * (paid - limit * amount) <= row["short_fen"], "cheaper only at another site than the fixed one"
            if row["site"] == NULL or not is_fixed(played, id_):
                assert side * (paid - limit * amount) == row["short_fen"]
                assert len(played.trades(played.again(id_, number, price - side, **now))) == 0


def is_fixed(played: Played, id_: int) -> bool:
    rows = played.engine.resting()
    return bool((rows["site"][rows["id"] == id_] != NULL).any())


@given(seed=seeds)
@settings(deadline=None, max_examples=15)
def test_a_block_can_trade_once_the_accelerators_that_lack_are_there(make_engine: MakeEngine, seed: int) -> None:
    played = Played(make_engine, seed, EVERYTHING._replace(rulings=False))
    for id_ in played.blocks:
        reasons = played.engine.why_not(id_)
        for number in set(reasons["alternative"][reasons["hour"] != NULL].tolist()):
            rows = reasons[reasons["alternative"] == number]
            now = {"start": int(rows["start"][0]), "quantity": int((rows["lacking"] + rows["available"])[0])}
            market_order = played.again(id_, number, None, **now)
            side, site = int(played.rows[id_]["side"][0]), int(rows["site"][0])
            coming = [
                ask(10_000 + n, hour, 1, lacking, 1_000, site=max(0, site), market=market_order["market"])
                if side == Side.BID
                else bid(10_000 + n, hour, 1, lacking, 1, market=market_order["market"])
                for n, (hour, lacking) in enumerate(rows[["hour", "lacking"]].tolist())
            ]
            trades = played.trades(*coming, market_order)
            assert trades["quantity"].sum() == now["quantity"] * market_order["hours"]
            coming[0]["quantity"] -= 1
            fewer = [line for line in coming if line["quantity"] > 0]
            if site == NULL or not is_fixed(played, id_):
                assert len(played.trades(*fewer, market_order)) == 0, "one fewer is too few"

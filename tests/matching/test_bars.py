"""Open, high, low, close: sums against a plain walk, and what pages read of them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from matching.book import price_curve
from matching.engine.dtypes import Kind
from matching.market_data.bars import bars_by_key, interval_start
from matching.market_data.candles import candles_of_market
from matching.models import Candle, Trade
from matching.verify import find_differences
from tests.factories import HOUR, NOW, ask, bid
from tests.matching.conftest import Exchange

rows = st.lists(st.tuples(st.integers(0, 2), st.integers(0, 2), st.integers(1, 9), st.integers(1, 9)), max_size=30)


@given(rows)
def test_bars_are_what_a_plain_walk_gives(trades: list[tuple[int, int, int, int]]) -> None:
    due: dict[tuple[int, int], list[int]] = {}
    for at, (market, hour, price, volume) in enumerate(trades):
        bar = due.setdefault((market, hour), [price, price, price, price, 0, 0, 0, at])
        bar[1], bar[2], bar[3], bar[7] = max(bar[1], price), min(bar[2], price), price, at
        bar[4], bar[5], bar[6] = bar[4] + volume, bar[5] + volume * price, bar[6] + 1
    columns = np.array(trades, dtype=np.int64).reshape(-1, 4).T
    bars = bars_by_key(list(columns[:2]), columns[2], columns[3], np.arange(len(trades)))
    found = zip(*(column.tolist() for column in (*bars.keys, *bars.sums, bars.last)), strict=True)
    assert {(row[0], row[1]): list(row[2:]) for row in found} == due


def test_intervals_count_from_midnight_in_beijing() -> None:
    moment = datetime(2026, 3, 2, 17, 33, 20, tzinfo=UTC)
    starts = interval_start(np.full(3, int(moment.timestamp())), np.array([5, 60, 1440]) * 60)
    assert [datetime.fromtimestamp(s, UTC).strftime("%d %H:%M") for s in starts.tolist()] == [
        "02 17:30",
        "02 17:00",
        "02 16:00",
    ]


def test_the_prices_of_an_hour_and_of_a_time(exchange: Exchange) -> None:
    market = exchange.market
    for price_fen in (1000, 1100, 900):
        exchange.place(ask(exchange.north, start=HOUR + 4, hours=1, quantity=2, price_fen=price_fen))
    for minutes, quantity, limit in ((0, 1, 1200), (2, 2, 1200), (40, 1, 1200), (41, 1, 2000)):
        now = NOW + timedelta(minutes=minutes)
        order = bid(
            exchange.alice, market, kind=Kind.HOURLY, start=HOUR + 4, hours=1, quantity=quantity, price_fen=limit
        )
        exchange.place(order, now=now)
    prices = list(Trade.objects.order_by("id").values_list("price_fen", "quantity"))
    assert prices == [(900, 1), (900, 1), (1000, 1), (1000, 1), (1100, 1)]
    (point,) = price_curve(market_id=market.pk, start=HOUR + 4, end=HOUR + 5)
    assert (point.open_fen, point.high_fen, point.low_fen, point.last_price_fen) == (900, 1100, 900, 1100)
    assert (point.volume, point.value_fen, point.vwap_fen, point.trades) == (5, 4900, 980, 5)
    assert point.last_traded_at == NOW + timedelta(minutes=41)
    assert (point.best_ask_fen, point.best_ask_quantity, point.ask_quantity) == (1100, 1, 1)

    def candles(minutes: int) -> list[tuple[object, ...]]:
        found = candles_of_market(
            market_id=market.pk, minutes=minutes, since=NOW - timedelta(days=1), until=NOW + timedelta(days=1)
        )
        return [(c.starts_at, c.open_fen, c.high_fen, c.low_fen, c.close_fen, c.volume, c.trades) for c in found]

    assert candles(Candle.Minutes.FIVE) == [
        (NOW, 900, 1000, 900, 1000, 3, 3),
        (NOW + timedelta(minutes=40), 1000, 1100, 1000, 1100, 2, 2),
    ]
    ten = NOW.replace(hour=10, minute=0)
    assert candles(Candle.Minutes.HOUR) == [
        (ten - timedelta(hours=1), 900, 1000, 900, 1000, 3, 3),
        (ten, 1000, 1100, 1000, 1100, 2, 2),
    ]
    assert candles(Candle.Minutes.DAY) == [(datetime(2026, 3, 1, 16, tzinfo=UTC), 900, 1100, 900, 1100, 5, 5)]
    assert list(find_differences()) == []

"""Open, high, low, close and volume of trades: by contract, and by interval of trading time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import numpy as np

from matching.fill_runs import Trades
from matching.models import Candle

BEIJING_OFFSET_S = 8 * 3600
"""UTC+8, without summer time since 1991: intervals count from midnight there."""


@dataclass(frozen=True, slots=True)
class Bars:
    """Sums over trades by key, ascending by the first key first; all arrays have an entry a bar."""

    keys: list[np.ndarray]
    open_fen: np.ndarray
    high_fen: np.ndarray
    low_fen: np.ndarray
    close_fen: np.ndarray
    volume: np.ndarray
    value_fen: np.ndarray
    trades: np.ndarray
    last: np.ndarray  # position of the bar's last trade

    def __len__(self) -> int:
        return len(self.last)

    @property
    def sums(self) -> list[np.ndarray]:
        """Open, high, low, close, volume, value and number of trades."""
        return [self.open_fen, self.high_fen, self.low_fen, self.close_fen, self.volume, self.value_fen, self.trades]


def bars_by_key(keys: Sequence[np.ndarray], price_fen: np.ndarray, volume: np.ndarray, trade: np.ndarray) -> Bars:
    """Sum up rows, which are in the order of their trades; `trade` has the position of each row's trade."""
    order = np.lexsort(tuple(reversed(keys)))
    keys = [column[order].astype(np.int64) for column in keys]
    price_fen, volume, trade = price_fen[order], volume[order], trade[order]
    is_first = np.zeros(len(order), dtype=bool)
    is_first[:1] = True
    for column in keys:
        is_first[1:] |= column[1:] != column[:-1]
    first = np.flatnonzero(is_first)
    last = np.append(first[1:], len(order))[: len(first)] - 1
    if not len(first):
        nothing = np.empty(0, dtype=np.int64)
        return Bars(keys, *[nothing] * 8)
    return Bars(
        keys=[column[first] for column in keys],
        open_fen=price_fen[first],
        high_fen=np.maximum.reduceat(price_fen, first),
        low_fen=np.minimum.reduceat(price_fen, first),
        close_fen=price_fen[last],
        volume=np.add.reduceat(volume, first),
        value_fen=np.add.reduceat(volume * price_fen, first),
        trades=last - first + 1,
        last=trade[last],
    )


def bars_by_contract(trades: Trades) -> Bars:
    """Sum up by market and delivery hour; volumes are accelerators."""
    trade = np.repeat(np.arange(len(trades)), trades.hours)
    before = np.cumsum(trades.hours) - trades.hours
    hour = trades.start[trade] + np.arange(len(trade)) - before[trade]
    return bars_by_key([trades.market[trade], hour], trades.price_fen[trade], trades.quantity[trade], trade)


def bars_by_interval(trades: Trades) -> Bars:
    """Sum up by market, minutes of the interval and its start (seconds since 1970 UTC); volumes are accelerator-hours."""
    second = np.array([int(moment.timestamp()) for moment in trades.at], dtype=np.int64)
    lengths = np.array(Candle.Minutes.values, dtype=np.int64)
    minutes = np.repeat(lengths, len(trades))
    trade = np.tile(np.arange(len(trades)), len(lengths))
    start = interval_start(second[trade], minutes * 60)
    accelerator_hours = trades.quantity * trades.hours
    return bars_by_key([trades.market[trade], minutes, start], trades.price_fen[trade], accelerator_hours[trade], trade)


def interval_start(second: np.ndarray, length_s: np.ndarray) -> np.ndarray:
    """Return the second at which the interval of `second` starts."""
    start: np.ndarray = second - (second + BEIJING_OFFSET_S) % length_s
    return start


def moments_of(seconds: np.ndarray) -> list[datetime]:
    """Return seconds since 1970 as moments."""
    epoch = datetime.fromtimestamp(0, UTC)
    return [epoch + timedelta(seconds=second) for second in seconds.tolist()]

"""A real week of offers and bids as the engine's commands."""

import csv
import math
from collections import defaultdict
from collections.abc import Iterator
from itertools import count
from pathlib import Path

import numpy as np

from matching.engine.dtypes import COMMAND, NULL, Do, Kind, Side

Row = dict[str, str]


class Numbers:
    """Numbers for names, from 0 in order of appearance."""

    def __init__(self) -> None:
        self._numbers: defaultdict[str, int] = defaultdict(count().__next__)

    def __getitem__(self, name: str) -> int:
        return self._numbers[name]

    def __len__(self) -> int:
        return len(self._numbers)

    @property
    def names(self) -> list[str]:
        return list(self._numbers)


class Week:
    """The week's commands, and the names behind their numbers."""

    def __init__(self, folder: Path) -> None:
        self.orders, self.markets, self.participants, self.sites = Numbers(), Numbers(), Numbers(), Numbers()
        rows = [(float(row["listed_at_h"]), 0, row) for row in read_csv(folder / "offers.csv")]
        rows += [(float(row["submitted_at_h"]), 1, row) for row in read_csv(folder / "bids.csv")]
        rows.sort(key=lambda event: event[:2])
        for _, _, row in rows:
            self.market(row)
        self.commands = np.array(list(self._commands(rows)), dtype=COMMAND)

    def _commands(self, rows: list[tuple[float, int, Row]]) -> Iterator[tuple[int, ...]]:
        open_hour = 0
        for hours, is_bid, row in rows:
            while open_hour <= math.floor(hours):
                for market in range(len(self.markets)):
                    yield self.command(do=Do.CLOSE, market=market, start=open_hour)
                open_hour += 1
            yield self.bid(row) if is_bid else self.offer(row)

    def market(self, row: Row) -> int:
        return self.markets[f"{row['compute_class']}.{row['hub']}"]

    @staticmethod
    def command(**fields: int) -> tuple[int, ...]:
        blank = dict.fromkeys(COMMAND.names or (), 0)
        blank |= dict.fromkeys(("site", "min_quantity", "display_quantity"), NULL)
        return tuple((blank | fields).values())

    def offer(self, row: Row) -> tuple[int, ...]:
        return self.command(
            do=Do.NEW,
            id=self.orders[row["offer"]],
            participant=self.participants[row["provider"]],
            market=self.market(row),
            side=Side.ASK,
            kind=Kind.HOURLY,
            start=int(row["starts_at_h"]),
            hours=int(row["hours"]),
            quantity=int(row["accelerators"]),
            price=int(row["price_fen_per_accelerator_hour"]),
            site=self.sites[row["site"]],
        )

    def bid(self, row: Row) -> tuple[int, ...]:
        return self.command(
            do=Do.NEW,
            id=self.orders[row["bid"]],
            participant=self.participants[row["buyer"]],
            market=self.market(row),
            side=Side.BID,
            kind=Kind.BLOCK,
            start=int(row["starts_at_h"]),
            hours=int(row["hours"]),
            quantity=int(row["accelerators"]),
            price=int(row["limit_fen_per_accelerator_hour"]),
            start_flexibility=int(row["start_flexibility_h"]),
            one_site=row["placement"] == "one_site",
        )


def read_csv(path: Path) -> list[Row]:
    with path.open(newline="") as lines:
        return list(csv.DictReader(lines))

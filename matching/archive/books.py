"""What is open after a sequence, as arrays that any engine can load: from it, the log is replayed without what came before."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from matching.archive.played import engine_columns, engine_rows, engine_schema
from matching.batch import Batch
from matching.engine.dtypes import COMMAND, NULL, RESTING, Do, Event, Kind, blank_commands
from matching.engine.interface import Engine


@dataclass(slots=True)
class Books:
    """The open orders of markets that are replayed together, and what else their engine has been told, after `sequence`."""

    market_ids: list[int]
    sequence: int = 0
    orders: np.ndarray = field(default_factory=lambda: np.empty(0, dtype=COMMAND))  # NEWs, each with its ALTERNATIVEs
    fixed: set[int] = field(default_factory=set)  # blocks of which a part has executed, so that their start is fixed
    rulings: np.ndarray = field(default_factory=lambda: np.empty(0, dtype=COMMAND))  # CLOSE, TIME, BAND, HALT, ...

    def follow(self, batch: Batch) -> None:
        """Take in what a batch has brought and ended, up to its last command."""
        rows, events = batch.commands.rows, batch.events
        self.sequence = int(batch.sequences[-1])
        is_order = (rows["do"] == Do.NEW) | (rows["do"] == Do.ALTERNATIVE)
        ended = events["id"][(events["event"] == Event.GONE) | (events["event"] == Event.REJECTED)]
        orders = np.concatenate([self.orders, rows[is_order]])
        self.orders = orders[~np.isin(orders["id"], ended)]
        self._follow_replaces(batch)
        trades = events[events["event"] == Event.TRADE]
        blocks = self.orders["id"][self.orders["kind"] == Kind.BLOCK]
        executed = np.intersect1d(np.concatenate([trades["id"], trades["maker"]]), blocks)
        self.fixed = (self.fixed & set(blocks.tolist())) | set(executed.tolist())
        is_ruling = (rows["do"] == Do.CLOSE) | (rows["do"] >= Do.TIME)
        self.rulings = last_words(np.concatenate([self.rulings, rows[is_ruling]]))

    def _follow_replaces(self, batch: Batch) -> None:
        """Give replaced orders their new quantity and price, in the order in which that was done."""
        done = batch.events["n"][batch.events["event"] == Event.ACCEPTED]
        for replace in batch.commands.engine[done]:
            is_it = self.orders["id"] == replace["id"]
            for name in ("quantity", "price"):
                if replace[name] != NULL:
                    self.orders[name][is_it] = replace[name]

    def as_they_stand(self, resting: np.ndarray) -> np.ndarray:
        """Return the orders as `Engine.load` wants them: a block's start is the earliest that it may still have."""
        orders = self.orders[np.isin(self.orders["id"], resting["id"])]
        place = places_of(orders)
        block = np.flatnonzero((orders["kind"] == Kind.BLOCK) | (orders["do"] == Do.ALTERNATIVE))
        of_blocks = resting[np.isin(resting["id"], orders["id"][block])]
        waits = {(id_, place_): hour for id_, place_, hour in of_blocks[["id", "alternative", "hour"]].tolist()}
        for row in block.tolist():
            order = orders[row]
            start = waits.get((int(order["id"]), int(place[row])))
            if start is not None:
                latest = int(order["start"]) + int(order["start_flexibility"])
                orders["start"][row] = start
                orders["start_flexibility"][row] = 0 if int(order["id"]) in self.fixed else latest - start
        return orders


def places_of(orders: np.ndarray) -> np.ndarray:
    """Return which of an order's alternatives each row is: 0 for a NEW, then counting."""
    at = np.arange(len(orders))
    is_new = orders["do"] == Do.NEW
    return at - np.maximum.accumulate(np.where(is_new, at, 0)) if len(orders) else at


def last_words(rulings: np.ndarray) -> np.ndarray:
    """Return those of the rulings (in order) that a later one has not made void: the last of each kind, market and span."""
    kind = np.where(rulings["do"] >= Do.HALT, int(Do.HALT), rulings["do"])
    is_span = kind == Do.HALT
    keys = np.zeros(len(rulings), dtype=[("market", "i8"), ("kind", "i8"), ("start", "i8"), ("hours", "i8")])
    keys["market"], keys["kind"] = rulings["market"], kind
    keys["start"] = np.where(is_span, rulings["start"], 0)
    keys["hours"] = np.where(is_span, rulings["hours"], 0)
    _, last = np.unique(keys[::-1], return_index=True)
    return rulings[np.sort(len(rulings) - 1 - last)]


RESTING_COLUMNS = [(name, pa.from_numpy_dtype(RESTING[name])) for name in RESTING.names or ()]
ORDER_SCHEMA = pa.schema([("unit", pa.int32()), ("is_ruling", pa.bool_()), ("is_fixed", pa.bool_()), *engine_schema()])
RESTING_SCHEMA = pa.schema([("unit", pa.int32()), *RESTING_COLUMNS])


class BooksWriter:
    """Writes the books of a month's units: `orders.parquet`, `resting.parquet`, and what the manifest says of each."""

    def __init__(self, folder: Path) -> None:
        """Write into `folder`."""
        self._orders = pq.ParquetWriter(folder / "orders.parquet", ORDER_SCHEMA, compression="zstd")
        self._resting = pq.ParquetWriter(folder / "resting.parquet", RESTING_SCHEMA, compression="zstd")
        self.rows = {"orders.parquet": 0, "resting.parquet": 0}
        self.units: list[dict[str, Any]] = []

    def write(self, books: Books, engine: Engine) -> None:
        """Write what is open in `engine`, which `books` has followed."""
        resting = engine.resting()
        orders = books.as_they_stand(resting)
        rows = np.concatenate([books.rulings, orders])
        unit = len(self.units)
        is_ruling = np.arange(len(rows)) < len(books.rulings)
        is_fixed = np.isin(rows["id"], np.array(sorted(books.fixed), dtype=np.int64)) & ~is_ruling
        units = pa.array(np.full(len(rows), unit, dtype=np.int32))
        columns = [units, pa.array(is_ruling), pa.array(is_fixed), *engine_columns(rows)]
        self._orders.write_table(pa.table(columns, schema=ORDER_SCHEMA))
        quantities = [pa.array(np.ascontiguousarray(resting[name])) for name in RESTING.names or ()]
        units = pa.array(np.full(len(resting), unit, dtype=np.int32))
        self._resting.write_table(pa.table([units, *quantities], schema=RESTING_SCHEMA))
        self.rows["orders.parquet"] += len(rows)
        self.rows["resting.parquet"] += len(resting)
        self.units.append(
            {"markets": books.market_ids, "sequence": books.sequence, "places_given": engine.last_sequence}
        )

    def close(self) -> None:
        """Finish the files."""
        self._orders.close()
        self._resting.close()


def read_books(folder: Path, unit: int, told: dict[str, Any], engine: Engine) -> Books:
    """Load the books of one of a month's units into `engine`, which is empty; `told` is the manifest's word for it."""
    table = pq.read_table(folder / "orders.parquet", filters=pc.field("unit") == unit)
    rows = engine_rows(table)
    is_ruling = table["is_ruling"].to_numpy(zero_copy_only=False)
    is_fixed = table["is_fixed"].to_numpy(zero_copy_only=False)
    resting_table = pq.read_table(folder / "resting.parquet", filters=pc.field("unit") == unit)
    resting = np.zeros(resting_table.num_rows, dtype=RESTING)
    for name in RESTING.names or ():
        resting[name] = resting_table[name].to_numpy()
    books = Books(
        market_ids=list(told["markets"]),
        sequence=int(told["sequence"]),
        orders=rows[~is_ruling],
        fixed=set(rows["id"][is_fixed].tolist()),
        rulings=rows[is_ruling],
    )
    engine.apply(books.rulings)
    engine.load(books.orders, resting, int(told["places_given"]))
    return books


def blank_books(market_ids: list[int]) -> Books:
    """Return the books before the first command."""
    return Books(market_ids=market_ids, orders=blank_commands(0), rulings=blank_commands(0))

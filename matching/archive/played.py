"""What engines were told, whole: a month's commands as rows of the engine's COMMAND, so that replaying them needs no order's row."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from matching.archive.rows import MOMENT
from matching.command_log import Commands
from matching.engine.dtypes import COMMAND, blank_commands

# A command is a row; where an engine is told something else (a MASS_CANCEL is a CANCEL of each order), rows of that follow.
OURS = [
    ("command_id", pa.int64()),
    ("sequence", pa.int64()),
    ("at", MOMENT),
    ("seen", pa.list_(pa.int32())),
    ("is_command", pa.bool_()),
    ("is_told", pa.bool_()),
]


def engine_schema() -> list[tuple[str, pa.DataType]]:
    """Return the columns of COMMAND."""
    return [(name, pa.from_numpy_dtype(COMMAND[name])) for name in COMMAND.names or ()]


SCHEMA = pa.schema([*OURS, *engine_schema()])


def engine_columns(rows: np.ndarray) -> list[pa.Array]:
    """Return rows of COMMAND as Arrow's columns."""
    return [pa.array(np.ascontiguousarray(rows[name])) for name in COMMAND.names or ()]


def engine_rows(table: pa.Table) -> np.ndarray:
    """Return Arrow's columns as rows of COMMAND; one that the file does not have yet is blank."""
    rows = blank_commands(table.num_rows)
    for name in set(COMMAND.names or ()) & set(table.column_names):
        rows[name] = table[name].to_numpy()
    return rows


def to_table(commands: Commands, wanted: np.ndarray) -> pa.Table:
    """Return the commands at the positions where `wanted` (bool), in their order."""
    told_of, count = commands.n_of_row, len(commands)
    times = np.bincount(told_of, minlength=count)
    first = np.searchsorted(told_of, np.arange(count))
    is_same = (
        (times == 1) & (commands.rows[np.minimum(first, max(len(told_of) - 1, 0))] == commands.engine)
        if len(told_of)
        else np.zeros(count, dtype=bool)
    )
    others = np.flatnonzero(~is_same[told_of])
    n = np.concatenate([np.arange(count), told_of[others]])
    rows = np.concatenate([commands.engine, commands.rows[others]])
    is_command = np.arange(len(n)) < count
    is_told = np.where(is_command, is_same[n], True)
    order = np.argsort(n, kind="stable")
    order = order[wanted[n[order]]]
    n = n[order]
    return pa.table(
        [
            pa.array(np.array(commands.ids, dtype=np.int64)[n]),
            pa.array(np.array(commands.sequences, dtype=np.int64)[n]),
            pa.array([commands.at[i] for i in n.tolist()], MOMENT),
            pa.array([commands.seen[i] for i in n.tolist()], pa.list_(pa.int32())),
            pa.array(is_command[order]),
            pa.array(is_told[order]),
            *engine_columns(rows[order]),
        ],
        schema=SCHEMA,
    )


def from_table(table: pa.Table) -> Commands:
    """Return what `to_table` was given."""
    is_command = table["is_command"].to_numpy(zero_copy_only=False)
    is_told = table["is_told"].to_numpy(zero_copy_only=False)
    rows = engine_rows(table)
    named = table.filter(pa.array(is_command))
    return Commands(
        engine=rows[is_command],
        ids=named["command_id"].to_pylist(),
        sequences=named["sequence"].to_pylist(),
        at=named["at"].to_pylist(),
        seen=named["seen"].to_pylist(),
        rows=rows[is_told],
        n_of_row=(np.cumsum(is_command) - 1)[is_told],
    )


def read_played(path: Path, *, market_ids: list[int], after: int) -> pa.Table:
    """Return a month's rows of some markets with sequences above `after`, by sequence."""
    table = pq.read_table(path, filters=(pc.field("market").isin(market_ids)) & (pc.field("sequence") > after))
    return in_order(table)


def in_order(table: pa.Table) -> pa.Table:
    """Return rows by sequence, then the command's market; what a command is told stays behind it, of whatever market that is."""
    is_command = table["is_command"].to_numpy(zero_copy_only=False)
    markets = table["market"].to_numpy()[is_command][np.cumsum(is_command) - 1]
    rows = np.lexsort((np.arange(table.num_rows), markets, table["sequence"].to_numpy()))
    return table.take(pa.array(rows))

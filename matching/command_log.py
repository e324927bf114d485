"""Commands from the database as rows of the engine's COMMAND: what waits in the inbox, or some markets' part of the log."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np
from django.db import connection

from matching.bulk import array_literal
from matching.engine.dtypes import COMMAND, NULL, Do, blank_commands

ENGINE_FIELDS = COMMAND.names or ()

# An order's fields other than quantity and price never change, so that the log reads the same after years.
ENGINE_VALUES = {
    "id": "coalesce(c.order_id, 0)",
    "participant": "coalesce(c.participant_id, o.participant_id, 0)",
    "market": "c.market_id",
    "start": f'CASE WHEN c."do" >= {int(Do.HALT)} THEN coalesce(c.hour, {NULL}) ELSE coalesce(c.hour, o.start, 0) END',
    "hours": f'CASE WHEN c."do" >= {int(Do.HALT)} THEN coalesce(c.hours, {NULL}) ELSE coalesce(o.hours, 0) END',
    "quantity": f"coalesce(c.quantity, {NULL})",
    "price": f"coalesce(c.price_fen, {NULL})",
    "site": f"coalesce(o.site_id, {NULL})",
    "start_flexibility": "coalesce(o.start_flexibility, 0)",
    "min_quantity": f"coalesce(o.min_quantity, {NULL})",
    "display_quantity": f"coalesce(o.display_quantity, {NULL})",
    "expires_minute": f"coalesce(c.minute, {NULL})",
    "do": 'c."do"',
    "side": "coalesce(o.side, 0)",
    "kind": "coalesce(o.kind, 0)",
    "tif": "coalesce(o.time_in_force, 0)",
    "self_trade": "coalesce(o.self_trade, 0)",
    "one_site": "coalesce(o.one_site, false)::int",
    "post_only": "coalesce(o.post_only, false)::int",
    "malformed": "0",
    "alternatives": f'CASE WHEN c."do" = {int(Do.NEW)} THEN coalesce(o.alternative_count, 0) ELSE 0 END',
}
# The engine's fields in their order, then what the matcher needs besides.
COMMAND_COLUMNS = ", ".join(
    [*(ENGINE_VALUES[field] for field in ENGINE_FIELDS), "c.id", "c.sequence", "c.at", "c.seen"]
)

INBOX = f"""
    SELECT {COMMAND_COLUMNS} FROM matching_command c LEFT JOIN matching_order o ON o.id = c.order_id
    WHERE c.sequence IS NULL ORDER BY c.id LIMIT %s
"""

INBOX_OF_GROUPS = f"""
    SELECT {COMMAND_COLUMNS} FROM matching_command c LEFT JOIN matching_order o ON o.id = c.order_id
    WHERE c.sequence IS NULL AND c.market_id IN (SELECT id FROM matching_market WHERE link_group = ANY(%s))
    ORDER BY c.id LIMIT %s
"""

LOG = f"""
    SELECT {COMMAND_COLUMNS} FROM matching_command c LEFT JOIN matching_order o ON o.id = c.order_id
    WHERE c.market_id = ANY(%s) AND c.sequence > %s ORDER BY c.sequence FETCH FIRST %s ROWS WITH TIES
"""

# In the inbox these are the orders that are live now, in the log those that were open when it was played. One that
# is not open in the engine at that moment, because it came in later or left before, is passed over there. A statement for each:
# the live ones are found by indexes that have no others.
LIVE = "o.state IN ('pending', 'open')"
WAS_LIVE = "o.sequence < v.sequence AND (o.closed_sequence IS NULL OR o.closed_sequence >= v.sequence)"

MASS_CANCELLED = f"""
    SELECT v.n, o.id, {NULL}, o.kind, o.start
    FROM unnest(%s::int[], %s::int[], %s::int[], %s::bigint[]) AS v (n, participant_id, market_id, sequence)
    JOIN matching_order o ON o.participant_id = v.participant_id AND o.market_id = v.market_id
    WHERE {{were_live}}
    ORDER BY v.n, o.id
"""

EXPIRED = """
    SELECT v.n, o.id, v.minute, o.kind, o.start
    FROM unnest(%s::int[], %s::int[], %s::int[], %s::bigint[]) AS v (n, minute, market_id, sequence)
    JOIN matching_order o ON o.market_id = v.market_id AND o.expires_at <= to_timestamp(v.minute * 60.0)
    WHERE {were_live}
    ORDER BY v.n, o.id
"""

SPELLED_OUT = {Do.MASS_CANCEL: (MASS_CANCELLED, "participant"), Do.TIME: (EXPIRED, "expires_minute")}
"""Commands of one market whose like in the engine is of all markets: what gives their orders, and by which of their fields."""

RULINGS = f"""
    SELECT {COMMAND_COLUMNS} FROM matching_command c LEFT JOIN matching_order o ON o.id = c.order_id
    WHERE c."do" >= {int(Do.BAND)} AND c.sequence IS NOT NULL ORDER BY c.market_id, c.sequence
"""

ALTERNATIVES = """
    SELECT v.n, a.order_id, a.market_id, a.start, a.start_flexibility, a.price_fen
    FROM unnest(%s::int[], %s::bigint[]) AS v (n, order_id) JOIN matching_alternative a ON a.order_id = v.order_id
    ORDER BY v.n, a.place
"""


@dataclass(frozen=True, slots=True)
class Commands:
    """Commands in the order in which they are played; one entry each, the same position `n` in every field but the last two.

    `rows` are what the engine is told, and `n_of_row` says of which command each is. A MASS_CANCEL, which is of one market where the
    engine's is of all, is a CANCEL of each order there, by ascending id; a TIME is one of each order that has ended by its minute, which
    stands in these as `expires_minute`. A NEW is followed by a row of ALTERNATIVE for each that it has.
    """

    engine: np.ndarray  # dtype COMMAND
    ids: list[int]
    sequences: list[int | None]
    at: list[datetime]
    seen: list[list[int] | None]  # REPLACE: see models.Command
    rows: np.ndarray  # dtype COMMAND
    n_of_row: np.ndarray

    def __len__(self) -> int:
        return len(self.ids)

    def take(self, n: np.ndarray) -> Commands:
        """Return the commands at the positions `n`, ascending."""
        taken = np.flatnonzero(np.isin(self.n_of_row, n))
        return Commands(
            engine=self.engine[n],
            ids=[self.ids[i] for i in n.tolist()],
            sequences=[self.sequences[i] for i in n.tolist()],
            at=[self.at[i] for i in n.tolist()],
            seen=[self.seen[i] for i in n.tolist()],
            rows=self.rows[taken],
            n_of_row=np.searchsorted(n, self.n_of_row[taken]),
        )


def read_inbox(*, limit: int, link_groups: Iterable[str] | None = None) -> Commands:
    """Return the first `limit` commands that have committed and not been played, by id; of all link groups by default."""
    return read(INBOX, [limit]) if link_groups is None else read(INBOX_OF_GROUPS, [list(link_groups), limit])


def read_log(*, market_ids: Sequence[int], after: int, limit: int) -> Commands:
    """Return up to `limit` played commands of some markets with sequences above `after`, by sequence.

    There are more where several have the last sequence, as markets do that were in different link groups then.
    """
    return read(LOG, [list(market_ids), after, limit])


def read_rulings_log() -> Commands:
    """Return every BAND, HALT, COLLECT and RESUME that has been played, by market and sequence."""
    return read(RULINGS, [])


def read(statement: str, values: Sequence[Any]) -> Commands:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        rows: list[tuple[Any, ...]] = cursor.fetchall()
    width = len(ENGINE_FIELDS)
    engine = np.array([row[:width] for row in rows], dtype=COMMAND)
    sequences = [row[width + 1] for row in rows]
    told, n_of_row = spelled_out(engine, sequences)
    return Commands(
        engine=engine,
        ids=[row[width] for row in rows],
        sequences=sequences,
        at=[row[width + 2] for row in rows],
        seen=[row[width + 3] for row in rows],
        rows=told,
        n_of_row=n_of_row,
    )


def spelled_out(engine: np.ndarray, sequences: Sequence[int | None]) -> tuple[np.ndarray, np.ndarray]:
    """Return what the engine is told, and of which command each row is; a statement for each kind of command that is more than a row."""
    is_whole = np.isin(engine["do"], list(SPELLED_OUT))
    further = np.flatnonzero(engine["alternatives"])
    if not is_whole.any() and not len(further):
        return engine, np.arange(len(engine))
    others = np.flatnonzero(~is_whole)
    cancels, alternatives = cancels_by(engine, sequences), alternatives_of(engine, further)
    rows = np.concatenate([engine[others], cancels[0], alternatives[0]])
    n_of_row = np.concatenate([others, cancels[1], alternatives[1]])
    in_order = np.argsort(n_of_row, kind="stable")  # a NEW stays before its alternatives
    return rows[in_order], n_of_row[in_order]


def cancels_by(engine: np.ndarray, sequences: Sequence[int | None]) -> tuple[np.ndarray, np.ndarray]:
    """Return the CANCELs that commands of one market are, and of which command each is."""
    cancelled = np.concatenate([cancelled_by(engine, sequences, do) for do in SPELLED_OUT])
    cancels = blank_commands(len(cancelled))
    cancels["do"], cancels["market"] = Do.CANCEL, engine["market"][cancelled[:, 0]]
    for place, name in enumerate(("id", "expires_minute", "kind", "start"), start=1):
        cancels[name] = cancelled[:, place]
    return cancels, cancelled[:, 0]


def cancelled_by(engine: np.ndarray, sequences: Sequence[int | None], do: Do) -> np.ndarray:
    """Return what the commands that `do` end: the command's position, the order, its minute or NULL, kind and start (shape (m, 5))."""
    n = np.flatnonzero(engine["do"] == do)
    if not len(n):
        return np.empty((0, 5), dtype=np.int64)
    statement, field = SPELLED_OUT[do]
    columns = [
        n.tolist(),
        *(engine[name][n].tolist() for name in (field, "market")),
        [sequences[i] for i in n.tolist()],
    ]
    is_log = sequences[n[0]] is not None  # then all are of the log
    with connection.cursor() as cursor:
        cursor.execute(
            statement.format(were_live=WAS_LIVE if is_log else LIVE), [array_literal(column) for column in columns]
        )
        return np.array(cursor.fetchall(), dtype=np.int64).reshape(-1, 5)


def alternatives_of(engine: np.ndarray, n: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the rows of ALTERNATIVE that follow the NEWs at `n`, and of which command each is."""
    if not len(n):
        return blank_commands(0), n
    with connection.cursor() as cursor:
        cursor.execute(ALTERNATIVES, [array_literal(n.tolist()), array_literal(engine["id"][n].tolist())])
        stored = np.array(cursor.fetchall(), dtype=np.int64).reshape(-1, 6)
    return alternative_commands(*stored.T[1:]), stored[:, 0]


def alternative_commands(
    id_: np.ndarray, market: np.ndarray, start: np.ndarray, start_flexibility: np.ndarray, price_fen: np.ndarray
) -> np.ndarray:
    """Return rows of ALTERNATIVE."""
    rows = blank_commands(len(id_))
    rows["do"], rows["id"], rows["market"], rows["start"] = Do.ALTERNATIVE, id_, market, start
    rows["start_flexibility"], rows["price"] = start_flexibility, price_fen
    return rows

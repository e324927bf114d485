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
    "start": "coalesce(c.hour, o.start, 0)",
    "hours": "coalesce(o.hours, 0)",
    "quantity": f"coalesce(c.quantity, {NULL})",
    "price": f"coalesce(c.price_fen, {NULL})",
    "site": f"coalesce(o.site_id, {NULL})",
    "start_flexibility": "coalesce(o.start_flexibility, 0)",
    "min_quantity": f"coalesce(o.min_quantity, {NULL})",
    "display_quantity": f"coalesce(o.display_quantity, {NULL})",
    "expires_minute": f"{NULL}",
    "do": 'c."do"',
    "side": "coalesce(o.side, 0)",
    "kind": "coalesce(o.kind, 0)",
    "tif": "coalesce(o.time_in_force, 0)",
    "self_trade": "coalesce(o.self_trade, 0)",
    "one_site": "coalesce(o.one_site, false)::int",
    "post_only": "coalesce(o.post_only, false)::int",
    "malformed": "0",
    "alternatives": "0",
}
# The engine's fields in their order, then what the matcher needs besides.
COMMAND_COLUMNS = ", ".join([*(ENGINE_VALUES[field] for field in ENGINE_FIELDS), "c.id", "c.sequence", "c.at"])

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

# In the inbox these are the participant's orders that are live now, in the log those that were open when it was played. One that
# is not open in the engine at that moment, because it came in later or left before, is passed over there.
MASS_CANCELLED = """
    SELECT v.n, o.id
    FROM unnest(%s::int[], %s::int[], %s::int[], %s::bigint[]) AS v (n, participant_id, market_id, sequence)
    JOIN matching_order o ON o.participant_id = v.participant_id AND o.market_id = v.market_id
    WHERE CASE WHEN v.sequence IS NULL THEN o.state IN ('pending', 'open')
               ELSE o.sequence < v.sequence AND (o.closed_sequence IS NULL OR o.closed_sequence >= v.sequence) END
    ORDER BY v.n, o.id
"""


@dataclass(frozen=True, slots=True)
class Commands:
    """Commands in the order in which they are played; one entry each, the same position `n` in every field but the last two.

    `rows` are what the engine is told, and `n_of_row` says of which command each is. A MASS_CANCEL, which is of one market where the
    engine's is of all, is a CANCEL of each order there, by ascending id.
    """

    engine: np.ndarray  # dtype COMMAND
    ids: list[int]
    sequences: list[int | None]
    at: list[datetime]
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
        rows=told,
        n_of_row=n_of_row,
    )


def spelled_out(engine: np.ndarray, sequences: Sequence[int | None]) -> tuple[np.ndarray, np.ndarray]:
    """Return what the engine is told, and of which command each row is; a statement where there is a MASS_CANCEL."""
    n_of_row = np.arange(len(engine))
    masses = np.flatnonzero(engine["do"] == Do.MASS_CANCEL)
    if not len(masses):
        return engine, n_of_row
    with connection.cursor() as cursor:
        columns = [masses.tolist(), *(engine[name][masses].tolist() for name in ("participant", "market"))]
        columns.append([sequences[n] for n in masses.tolist()])
        cursor.execute(MASS_CANCELLED, [array_literal(column) for column in columns])
        cancelled = np.array(cursor.fetchall(), dtype=np.int64).reshape(-1, 2)
    cancels = blank_commands(len(cancelled))
    cancels["do"], cancels["id"], cancels["market"] = Do.CANCEL, cancelled[:, 1], engine["market"][cancelled[:, 0]]
    others = np.flatnonzero(engine["do"] != Do.MASS_CANCEL)
    rows, n_of_row = np.concatenate([engine[others], cancels]), np.concatenate([others, cancelled[:, 0]])
    in_order = np.argsort(n_of_row, kind="stable")
    return rows[in_order], n_of_row[in_order]

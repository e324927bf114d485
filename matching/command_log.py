"""Commands from the database as rows of the engine's COMMAND: what waits in the inbox, or a market's part of the log."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np
from django.db import connection

from matching.engine.dtypes import COMMAND, NULL

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
    WHERE c.market_id = %s AND c.sequence > %s ORDER BY c.sequence LIMIT %s
"""


@dataclass(frozen=True, slots=True)
class Commands:
    """Commands in the order in which they are played; one entry each, the same position in every field."""

    engine: np.ndarray  # dtype COMMAND
    ids: list[int]
    sequences: list[int | None]
    at: list[datetime]

    def __len__(self) -> int:
        return len(self.ids)


def read_inbox(*, limit: int, link_groups: Iterable[str] | None = None) -> Commands:
    """Return the first `limit` commands that have committed and not been played, by id; of all link groups by default."""
    return read(INBOX, [limit]) if link_groups is None else read(INBOX_OF_GROUPS, [list(link_groups), limit])


def read_log(*, market_id: int, after: int, limit: int) -> Commands:
    """Return up to `limit` played commands of a market with sequences above `after`, by sequence."""
    return read(LOG, [market_id, after, limit])


def read(statement: str, values: Sequence[Any]) -> Commands:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        rows: list[tuple[Any, ...]] = cursor.fetchall()
    width = len(ENGINE_FIELDS)
    return Commands(
        engine=np.array([row[:width] for row in rows], dtype=COMMAND),
        ids=[row[width] for row in rows],
        sequences=[row[width + 1] for row in rows],
        at=[row[width + 2] for row in rows],
    )

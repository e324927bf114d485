"""Every row that a run leaves, written so that two runs of the same commands read the same."""

from __future__ import annotations

import json
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterator
from typing import Any

from django.apps import apps
from django.db import connection

from tests.simulation.world import HOUSES

WHO_AND_WHEN = {
    "matching_lease",
    "matching_leaseholder",
    "matching_marketevent",  # a batch tells each level once, so they depend on how the inbox was cut
    "matching_eventnumber",
    "billing_transfer",  # one for each clearing; accounts have their sums
    "matching_clockmark",
    "matching_halt",  # what the exchange has ruled is in the log; why is not
    "matching_haltstep",
    "matching_pricepoint",
    "matching_pricewatch",
    "matching_reference",
    "matching_change",
    "billing_settlementrun",
}
COUNTED = {
    "matching_trade",
    "matching_orderevent",
    "matching_command",
    "billing_vatperiod",
    "billing_account",
    "billing_feeday",
}
"""Their ids depend on what was undone in between."""

LEFT_OUT = {
    "pending_id",
    "counted_to",
    "link_group",
    "place",
    "places",
    "places_given",
    "reference_price_fen",
    "protection_band_bps",
}
"""Transfers have their ids as what was undone in between leaves them; places in the queue are numbers of a group's engine; `verify` holds them against the log."""

SETTLED = """
    SELECT jsonb_build_object('trade_id', trade_id, 'hours', sum(hours), 'value_fen', sum(value_fen),
                              'buyer_fee_fen', sum(buyer_fee_fen), 'seller_fee_fen', sum(seller_fee_fen))
    FROM billing_settlementline GROUP BY trade_id
"""

# A provider's hour gets its row when it is first asked for, also where the ask is refused then.
HOLDINGS = """
    SELECT to_jsonb(h) FROM matching_holding h JOIN matching_site s ON s.id = h.site_id
    WHERE h.committed <> 0 OR h.participant_id <> s.provider_id
"""

# One of an hour that has closed says nothing any more; whether it was stored before depends on the batch.
RULINGS = """
    SELECT to_jsonb(r) FROM matching_contractruling r JOIN matching_market m ON m.id = r.market_id WHERE r.hour >= m.closed_until
"""

READ = {"matching_contractruling": RULINGS, "matching_holding": HOLDINGS, "billing_settlementline": SETTLED}

Rows = dict[str, list[str]]


def take_snapshot() -> Rows:
    """Return the rows of every table as JSON, sorted.

    Sequences are replaced by the rank among their market's commands, for links make gaps; trades by what they are.
    """
    tables = [model._meta.db_table for house in HOUSES for model in apps.get_app_config(house).get_models()]
    rows: dict[str, list[dict[str, Any]]] = {}
    with connection.cursor() as cursor:
        for table in sorted(set(tables) - WHO_AND_WHEN):
            cursor.execute(READ.get(table, f"SELECT to_jsonb(t) FROM {table} t"))
            rows[table] = [json.loads(row) if isinstance(row, str) else row for (row,) in cursor.fetchall()]
    sequences: defaultdict[int, list[int]] = defaultdict(list)
    for command in rows["matching_command"]:
        sequences[command["market_id"]].append(command["sequence"] or 0)
    for numbers in sequences.values():
        numbers.sort()
    trades = {
        trade["id"]: [
            trade["market_id"],
            bisect_right(sequences[trade["market_id"]], trade["sequence"]),
            trade["ordinal"],
        ]
        for trade in rows["matching_trade"]
    }
    return {table: sorted(written(table, row, sequences, trades) for row in found) for table, found in rows.items()}


def written(table: str, row: dict[str, Any], sequences: dict[int, list[int]], trades: dict[int, list[int]]) -> str:
    """Write a row without what may differ."""
    market: int = row["id"] if table == "matching_market" else row.get("market_id", 0)
    kept: dict[str, Any] = {}
    for name, value in row.items():
        if name in LEFT_OUT or (name == "id" and table in COUNTED):
            continue
        if name in ("sequence", "closed_sequence") and value is not None:
            value = bisect_right(sequences[market], value)
        elif name == "trade_id":
            value = trades[value]
        kept[name] = value
    return json.dumps(kept, sort_keys=True)


def differences_between(found: Rows, expected: Rows) -> Iterator[str]:
    """Yield each row that only one of the two has."""
    for table, rows in expected.items():
        if found[table] == rows:
            continue
        yield from (f"{table}: only without faults: {row}" for row in sorted(set(rows) - set(found[table])))
        yield from (f"{table}: only with faults: {row}" for row in sorted(set(found[table]) - set(rows)))
        if len(rows) != len(found[table]):
            yield f"{table}: {len(found[table])} rows with faults, {len(rows)} without"

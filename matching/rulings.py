"""What the exchange has ruled for a market, as its engine has been told: the band, and which contracts do not trade.

The matcher stores it in the batch that plays the commands; a rebuilt engine is told it again before its orders are loaded.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import numpy as np
from django.db import connection

from matching.batch import Batch, null_as_none
from matching.bulk import array_literal
from matching.engine.dtypes import NULL, ContractState, Do, blank_commands

STATE_BY_DO = {
    int(Do.HALT): int(ContractState.HALTED),
    int(Do.COLLECT): int(ContractState.COLLECTING),
    int(Do.RESUME): int(ContractState.OPEN),
}
DO_BY_STATE = {state: do for do, state in STATE_BY_DO.items()}


@dataclass(slots=True)
class Rulings:
    """What commands change in one market, the last word of each; None where they say nothing."""

    band: tuple[int | None, int | None] | None = None  # reference and half width, fen
    state: int | None = None
    contracts: dict[int, int] = field(default_factory=dict)  # ContractState by hour


def rulings_of(commands: np.ndarray) -> dict[int, Rulings]:
    """Fold `commands` (dtype COMMAND, in the order played) into what they change, by market."""
    rulings: dict[int, Rulings] = {}
    rows = commands[commands["do"] >= Do.BAND]
    fields = ("do", "market", "start", "hours", "quantity", "price")
    for do, market_id, start, hours, half_width, reference in rows[list(fields)].tolist():
        ruling = rulings.setdefault(market_id, Rulings())
        if do == Do.BAND:
            ruling.band = null_as_none(reference), null_as_none(half_width)
        elif start == NULL:
            ruling.state = STATE_BY_DO[do]
        else:
            ruling.contracts.update(dict.fromkeys(range(start, start + hours), STATE_BY_DO[do]))
    return rulings


STORE = """
    UPDATE matching_market m SET
        band_reference_fen = CASE WHEN v.is_band THEN v.reference_fen ELSE m.band_reference_fen END,
        band_fen = CASE WHEN v.is_band THEN v.band_fen ELSE m.band_fen END,
        state = coalesce(v.state, m.state)
    FROM unnest(%s::int[], %s::bool[], %s::int[], %s::int[], %s::smallint[])
        AS v (id, is_band, reference_fen, band_fen, state)
    WHERE v.id = m.id
"""

STORE_CONTRACTS = """
    MERGE INTO matching_contractruling r
    USING (
        SELECT v.* FROM unnest(%s::int[], %s::int[], %s::smallint[]) AS v (market_id, hour, state)
        JOIN matching_market m ON m.id = v.market_id AND v.hour >= m.closed_until
    ) AS v
    ON r.market_id = v.market_id AND r.hour = v.hour
    WHEN MATCHED AND v.state = 0 THEN DELETE
    WHEN MATCHED THEN UPDATE SET state = v.state
    WHEN NOT MATCHED AND v.state <> 0 THEN INSERT (market_id, hour, state) VALUES (v.market_id, v.hour, v.state)
"""


def store_rulings(batch: Batch) -> None:
    """Keep what a batch has told its engines, in its transaction, once the markets' closed hours have moved."""
    rulings = rulings_of(batch.commands.engine)
    if rulings:
        bands = [(r.band is not None, *(r.band or (None, None))) for r in rulings.values()]
        execute(STORE, rulings, *zip(*bands, strict=True), [r.state for r in rulings.values()])
    contracts = [(market_id, *ruled) for market_id, r in rulings.items() for ruled in sorted(r.contracts.items())]
    if contracts:
        execute(STORE_CONTRACTS, *zip(*contracts, strict=True))


def execute(statement: str, *columns: Iterable[object]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, [array_literal(column) for column in columns])


TOLD = """
    SELECT id, band_reference_fen, band_fen, state,
           ARRAY(SELECT hour FROM matching_contractruling WHERE market_id = m.id AND hour >= m.closed_until ORDER BY hour),
           ARRAY(SELECT state FROM matching_contractruling WHERE market_id = m.id AND hour >= m.closed_until ORDER BY hour)
    FROM matching_market m WHERE id = ANY(%s::int[])
"""


def read_rulings(market_ids: Iterable[int]) -> dict[int, Rulings]:
    """Return what the engine of each market has been told; one statement."""
    with connection.cursor() as cursor:
        cursor.execute(TOLD, [array_literal(market_ids)])
        return {
            market_id: Rulings((reference, band), state, dict(zip(hours, states, strict=True)))
            for market_id, reference, band, state, hours, states in cursor.fetchall()
        }


def ruling_commands(told: Mapping[int, Rulings]) -> np.ndarray:
    """Return the commands (dtype COMMAND) that tell an engine without orders what it has been told before."""
    rows: list[dict[str, int]] = []
    for market_id, ruling in sorted(told.items()):
        reference, band = ruling.band or (None, None)
        if reference is not None:
            half_width = NULL if band is None else band
            rows.append({"do": Do.BAND, "market": market_id, "price": reference, "quantity": half_width})
        if ruling.state:
            rows.append({"do": DO_BY_STATE[ruling.state], "market": market_id})
        for hour, state in ruling.contracts.items():
            rows.append({"do": DO_BY_STATE[state], "market": market_id, "start": hour, "hours": 1})
    commands = blank_commands(len(rows))
    for command, row in zip(commands, rows, strict=True):
        for name, value in row.items():
            command[name] = value
    return commands


FORGET_CLOSED = """
    DELETE FROM matching_contractruling r USING matching_market m WHERE m.id = r.market_id AND r.hour < m.closed_until
"""


def forget_closed_rulings() -> None:
    """Delete the states of contracts that have closed, which no engine knows any more."""
    with connection.cursor() as cursor:
        cursor.execute(FORGET_CLOSED)

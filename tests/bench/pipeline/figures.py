"""Rows of the table."""

from __future__ import annotations

from tests.bench.engine.rounds import Row, rounded


def row(name: str, value: float, unit: str, peer: str = "", peer_value: float | None = None) -> Row:
    """Return a row of the table; whole numbers where they are large enough to read."""
    return {
        "name": f"pipeline: {name}",
        "value": rounded(value),
        "unit": unit,
        "peer": peer,
        "peer_value": None if peer_value is None else rounded(peer_value),
    }

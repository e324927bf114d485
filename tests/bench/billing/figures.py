"""Rows of the table."""

from __future__ import annotations

from tests.bench.engine.rounds import Row, rounded


def row(name: str, value: float, unit: str, peer: str, peer_value: float) -> Row:
    """Return a row of the table."""
    return {
        "name": f"billing: {name}",
        "value": rounded(value),
        "unit": unit,
        "peer": peer,
        "peer_value": rounded(peer_value),
    }

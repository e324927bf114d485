"""Resident bytes of a resting quantity, in a process of its own; tests/engine/capacity.py fills the books."""

import json
import subprocess
import sys

from tests.bench.engine.rounds import Row, row

SPANS = {"offers of 24 hours": 24, "orders of one hour": 1}
MARKETS, HOURS, QUANTITIES = 200, 1_000, 1_000_000
"""Five quantities a contract, as in the million contracts of `make soak`."""


def rows() -> list[Row]:
    return [
        row(f"memory of a resting quantity, {words}", bytes_a_quantity(span), "bytes") for words, span in SPANS.items()
    ]


def bytes_a_quantity(span: int) -> float:
    command = [
        sys.executable,
        "-m",
        "tests.engine.capacity",
        "resting",
        str(span),
        str(MARKETS),
        str(HOURS),
        str(QUANTITIES),
    ]
    told = subprocess.run(command, capture_output=True, text=True, check=True)
    figures = json.loads(told.stdout)
    return float(figures["bytes"] / figures["quantities"])

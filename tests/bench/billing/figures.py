"""Rows of the table."""

from __future__ import annotations

from functools import partial

from tests.bench.engine import rounds

row = partial(rounds.row, part="billing")

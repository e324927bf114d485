"""Settlement of a day's trades beside a bare INSERT ... SELECT of the rows that it has written."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from time import perf_counter

from django.conf import settings
from django.db import connection, transaction

from marketplace.replay.database import database_address
from tests.bench.billing.figures import row
from tests.bench.billing.traded_day import trade_a_day
from tests.bench.engine.rounds import Row
from tests.bench.pipeline.exchange import Exchange

TRADES = int(os.environ.get("BENCH_SETTLE_TRADES", "1000000"))
MEMORY_MB_MAX = 500

WRITTEN = {
    "billing_transfer": "run_id IS NOT NULL",
    "billing_settlementline": "true",
    "billing_obligation": "settled_value_fen > 0",  # a new version of each
}
"""The rows that settlement writes, by table."""


def rows(exchange: Exchange) -> list[Row]:
    """Return the figures of one exchange."""
    until_hour = trade_a_day(exchange=exchange, trades=TRADES)
    settled = settle(exchange.database, until_hour)
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM billing_transfer WHERE run_id IS NOT NULL")
        (transfers,) = cursor.fetchone()
        cursor.execute("CHECKPOINT")
    bare = {table: seconds_to_insert(table) for table in WRITTEN}
    name, unit = f"{TRADES:,} trades settled", "transfers/s"
    rate = transfers / settled["seconds"]
    return [
        row(name, rate, unit, "INSERT ... SELECT of all rows it wrote", transfers / sum(bare.values())),
        row(name, rate, unit, "INSERT ... SELECT of its transfers alone", transfers / bare["billing_transfer"]),
        row(f"{name}: memory of the process", settled["peak_kib"] / 1024, "MB", "limit", MEMORY_MB_MAX),
    ]


def settle(database: str, until_hour: int) -> dict[str, float]:
    """Settle in a process of its own; return its seconds and peak memory."""
    output = subprocess.run(
        [sys.executable, "-m", "tests.bench.billing.settler", str(until_hour)],
        cwd=settings.BASE_DIR,
        env={**os.environ, "DATABASE_URL": database_address(database), "LOG_LEVEL": "WARNING"},
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    return dict(json.loads(output.splitlines()[-1]))


def seconds_to_insert(table: str) -> float:
    """Copy what settlement wrote into an empty table with the same columns and indexes, in one transaction."""
    bare = f"bare_{table}"
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE TABLE {bare} (LIKE {table} INCLUDING DEFAULTS INCLUDING INDEXES)")
        started = perf_counter()
        with transaction.atomic():
            cursor.execute(f"INSERT INTO {bare} SELECT * FROM {table} WHERE {WRITTEN[table]}")
        return perf_counter() - started

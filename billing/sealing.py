"""The hash chain over the ledger: transfers are sealed in batches, apart from posting, so that posting has no hot row.

A transfer's id is taken before it commits, so ids become visible out of order. Nothing is sealed below a transaction that
may still add to it: the sealer reads how far ids have been given, and then waits for every transaction that was running.
"""

from __future__ import annotations

import time
from datetime import datetime

from django.db import connection, transaction

BATCH = 10_000
"""Transfers a seal."""

_LOCK_KEY = 0x5375616E_7365616C  # "Suanseal"

_GIVEN = "SELECT CASE WHEN is_called THEN last_value ELSE 0 END FROM billing_transfer_id_seq"

_RUNNING = """
SELECT l.virtualtransaction FROM pg_locks l JOIN pg_stat_activity a USING (pid)
WHERE l.locktype = 'virtualxid' AND l.granted AND a.datname = current_database() AND l.pid <> pg_backend_pid()
"""

_SEAL = """
WITH last AS (
    SELECT coalesce(max(id), 0) AS id, coalesce(max(last_id), 0) AS last_id,
        coalesce((SELECT hash FROM billing_ledgerseal ORDER BY id DESC LIMIT 1), '') AS hash
    FROM billing_ledgerseal
),
batch AS (
    SELECT x.id, billing_transfer_text(x) AS content FROM billing_transfer x, last
    WHERE x.id > last.last_id AND x.id <= %(upto)s ORDER BY x.id LIMIT %(batch)s
)
INSERT INTO billing_ledgerseal (id, last_id, ids, digests, hash, sealed_at)
SELECT last.id + 1, max(b.id), array_agg(b.id ORDER BY b.id), array_agg(billing_text_digest(content) ORDER BY b.id),
    encode(sha256(convert_to(last.hash || E'\\n' || string_agg(content, E'\\n' ORDER BY b.id), 'UTF8')), 'hex'), %(now)s
FROM batch b, last GROUP BY last.id, last.hash
"""


def seal_transfers(*, now: datetime, wait_seconds: float = 10) -> int:
    """Seal every transfer that is sure to have no unsealed one below it; returns how many seals were added.

    Nothing is sealed when a transaction runs on for longer than `wait_seconds`; the next call does it. One sealer at a
    time, the others return 0.
    """
    upto = _ids_given()
    if not _wait_for_running(wait_seconds):
        return 0
    seals = 0
    while _seal_next(upto=upto, now=now):
        seals += 1
    return seals


def _ids_given() -> int:
    with connection.cursor() as cursor:
        cursor.execute(_GIVEN)
        return int(cursor.fetchone()[0])


def _wait_for_running(wait_seconds: float) -> bool:
    """Wait until all transactions that run now have ended; False when one has not in time."""
    deadline = time.monotonic() + wait_seconds
    before = _running()
    while before & _running():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True


def _running() -> set[str]:
    with connection.cursor() as cursor:
        cursor.execute(_RUNNING)
        return {row[0] for row in cursor.fetchall()}


@transaction.atomic
def _seal_next(*, upto: int, now: datetime) -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [_LOCK_KEY])
        if cursor.fetchone() != (True,):
            return False
        cursor.execute(_SEAL, {"upto": upto, "batch": BATCH, "now": now})
        return bool(cursor.rowcount)

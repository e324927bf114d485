"""One writer at a time for what clearing and settlement keep: obligations, VAT periods, cursors and runs."""

from __future__ import annotations

from django.db import connection

_LOCK_KEY = 0x5375616E_62696C6C  # "Suanbill": ours alone among the database's advisory locks


def wait_for_turn() -> None:
    """Wait for the billing lock and hold it until the transaction ends, however it ends."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK_KEY])


def keep_runs_out() -> None:
    """Let no settlement run begin until the transaction ends; many may do so at once. Waits for one that runs."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock_shared(%s)", [_LOCK_KEY])

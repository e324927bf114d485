"""How the exchange's machines are: gates that should have been closed, and the database."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import connection

from matching.hours import first_open_hour
from matching.models import ClockMark, Market

GATE_GRACE = timedelta(seconds=10)

DATABASE = """
    SELECT pg_database_size(current_database()),
           (SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()),
           current_setting('max_connections')::int,
           (SELECT coalesce(extract(epoch FROM max(clock_timestamp() - xact_start)), 0)
            FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()),
           pg_is_in_recovery(), current_setting('server_version')
"""


@dataclass(frozen=True, slots=True)
class DatabaseStanding:
    """The database server at a glance."""

    size_bytes: int
    connections: int
    connections_max: int
    oldest_transaction_s: float
    is_standby: bool
    version: str


def late_gates(now: datetime) -> list[Market]:
    """Markets of which a gate should have been closed by now and has not been told to a matcher."""
    told = dict(ClockMark.objects.values_list("market_id", "told_until"))
    late = now - GATE_GRACE
    return [market for market in Market.objects.all() if told.get(market.pk, 0) < first_open_hour(market, late)]


def read_database() -> DatabaseStanding:
    """The database server at a glance, with one statement."""
    with connection.cursor() as cursor:
        cursor.execute(DATABASE)
        return DatabaseStanding(*cursor.fetchone())

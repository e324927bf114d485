"""Delivery hours: integer hours since 1970-01-01T00Z, and when their gates close."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Protocol

SECONDS_A_HOUR = 3600


class HasLead(Protocol):
    """Whatever has a market's lead."""

    lead_hours: int


def hour_of(moment: datetime) -> int:
    """Return the hour in which an aware `moment` lies."""
    return int(moment.timestamp() // SECONDS_A_HOUR)


def moment_of(hour: int) -> datetime:
    """Return the UTC moment at which `hour` starts."""
    return datetime.fromtimestamp(0, UTC) + timedelta(hours=hour)


def gate_of(market: HasLead, hour: int) -> datetime:
    """Return the moment at which the contract of `hour` stops trading: its start less the market's lead."""
    return moment_of(hour - market.lead_hours)


def first_open_hour(market: HasLead, now: datetime) -> int:
    """Return the first hour whose gate has not closed; a gate is closed from its very moment on."""
    return hour_of(now) + market.lead_hours + 1

"""The penalty on what is not delivered: a rate with versions. A trade has that in force when it was made, whatever comes later."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from billing import versions
from billing.models import Rate
from billing.period import day_of
from matching.hours import hour_of

PENALTY_BPS_SQL = """(
    SELECT bps FROM billing_rate WHERE kind = 'penalty' AND state = 'approved'
        AND from_hour <= extract(epoch FROM {traded_at}) / 3600
    ORDER BY from_hour DESC, id DESC LIMIT 1
)"""
"""The rate of a trade made at `{traded_at}` (an SQL expression)."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Penalty:
    """The rate of trades made now, and the next approved one with its first hour, where there is one."""

    bps: int
    next_bps: int | None
    next_from_hour: int | None


def read_penalty(*, now: datetime) -> Penalty:
    """Return the rate in force and the next one that is approved."""
    approved = Rate.objects.filter(kind=Rate.Kind.PENALTY, state=Rate.State.APPROVED)
    bps_from = dict(approved.order_by("from_hour", "pk").values_list("from_hour", "bps"))  # of one hour the newest
    hour = hour_of(now)
    next_from_hour = min((each for each in bps_from if each > hour), default=None)
    return Penalty(
        bps=bps_from[max(each for each in bps_from if each <= hour)],
        next_bps=None if next_from_hour is None else bps_from[next_from_hour],
        next_from_hour=next_from_hour,
    )


def propose_penalty_rate(*, bps: int, from_hour: int, reason: str, by: str, now: datetime) -> Rate:
    """Keep a rate for trades from the Beijing day of `from_hour` on, which a second person is to approve.

    Raises RateOutOfRange, VersionTooEarly, ReasonMissing.
    """
    if not 0 <= bps <= 10_000:
        raise versions.RateOutOfRange(_("A penalty is between 0 and 100 %."))
    rate = Rate(kind=Rate.Kind.PENALTY, bps=bps, from_hour=day_of(from_hour)[0], reason=reason)
    return versions.propose(rate, by=by, now=now)


@transaction.atomic
def approve_penalty_rate(*, rate_id: int, by: str, now: datetime) -> Rate:
    """Put a proposed rate in force from its day on; raises VersionDecided, SecondPersonNeeded, VersionTooEarly."""
    return versions.approve(versions.locked(Rate, rate_id, kind=Rate.Kind.PENALTY), by=by, now=now)

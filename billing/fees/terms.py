"""Which fee rates apply to whom: the schedule in force, the 30-day volume, and the tier that it gives."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection

from billing.period import day_of, period_of
from billing.tax.rates import VAT_BPS_SQL
from matching.hours import hour_of

VOLUME_DAYS = 30

# The schedule of a participant on a day (their SQL expressions): its own newest version, or where that has no tiers, or there
# is none, the newest general one. `volume` is what it traded in the 30 days before, `tier` the rates at that volume.
SCHEDULE_SQL = """
CROSS JOIN LATERAL (
    SELECT s.id, s.participant_id, s.tier_volumes_fen, s.maker_fee_bps, s.taker_fee_bps FROM (
        SELECT DISTINCT ON (participant_id) * FROM billing_feeschedule
        WHERE state = 'approved' AND from_hour <= {day} AND (participant_id = {participant} OR participant_id IS NULL)
        ORDER BY participant_id, from_hour DESC, id DESC
    ) AS s
    WHERE s.tier_volumes_fen <> '{{}}' ORDER BY s.participant_id NULLS LAST LIMIT 1
) AS schedule
"""

VOLUME_SQL = f"""
    SELECT coalesce(sum(traded_fen), 0)::bigint FROM billing_feeday
    WHERE participant_id = {{participant}} AND day >= {{day}} - {24 * VOLUME_DAYS} AND day < {{day}}
"""

TIER_SQL = """
CROSS JOIN LATERAL (
    SELECT schedule.maker_fee_bps[place] AS maker_fee_bps, schedule.taker_fee_bps[place] AS taker_fee_bps
    FROM width_bucket({volume}, schedule.tier_volumes_fen) AS place
) AS tier
"""


@dataclass(frozen=True, kw_only=True, slots=True)
class FeeTerms:
    """At which rates a participant trades today, on which volume, and all tiers of its schedule (fen, bps, bps)."""

    volume_fen: int
    maker_fee_bps: int
    taker_fee_bps: int
    vat_bps: int | None  # on what it buys for delivery in this invoice period; None where no rate is in force
    is_own: bool  # by an override, not the general schedule
    tiers: tuple[tuple[int, int, int], ...]

    @property
    def tier_volume_fen(self) -> int:
        """From which volume on the tier applies on which it stands."""
        return max((volume for volume, *_rates in self.tiers if volume <= self.volume_fen), default=0)

    @property
    def next_tier(self) -> tuple[int, int, int] | None:
        """The next better tier, None on the last."""
        return next((tier for tier in self.tiers if tier[0] > self.volume_fen), None)

    @property
    def missing_fen(self) -> int:
        """How much more has to be traded for the next tier; 0 on the last."""
        return self.next_tier[0] - self.volume_fen if self.next_tier else 0


_TERMS = f"""
SELECT p.id, coalesce(d.volume_fen, volume.fen), coalesce(d.maker_fee_bps, tier.maker_fee_bps),
    coalesce(d.taker_fee_bps, tier.taker_fee_bps), {VAT_BPS_SQL.format(start="%(period)s", participant="p.id")},
    schedule.participant_id IS NOT NULL, schedule.tier_volumes_fen,
    schedule.maker_fee_bps, schedule.taker_fee_bps
FROM unnest(%(participants)s::int[]) AS p (id)
{SCHEDULE_SQL.format(participant="p.id", day="%(day)s")}
CROSS JOIN LATERAL ({VOLUME_SQL.format(participant="p.id", day="%(day)s")}) AS volume (fen)
{TIER_SQL.format(volume="volume.fen")}
LEFT JOIN billing_feeday d ON d.participant_id = p.id AND d.day = %(day)s
"""


def read_fee_terms(*, participant_ids: Sequence[int], now: datetime) -> dict[int, FeeTerms]:
    """Return each participant's terms of today (Beijing): as its first trade of the day has fixed them, or as one now would.

    Id 0 stands for somebody who has traded nothing. Whoever has no schedule in force is left out.
    """
    hour = hour_of(now)
    parameters: dict[str, Any] = {
        "participants": list(participant_ids),
        "day": day_of(hour)[0],
        "period": period_of(hour)[0],
    }
    with connection.cursor() as cursor:
        cursor.execute(_TERMS, parameters)
        return {
            participant_id: FeeTerms(
                volume_fen=volume_fen,
                maker_fee_bps=maker_bps,
                taker_fee_bps=taker_bps,
                vat_bps=vat_bps,
                is_own=is_own,
                tiers=tuple(zip(*tiers, strict=True)),
            )
            for participant_id, volume_fen, maker_bps, taker_bps, vat_bps, is_own, *tiers in cursor.fetchall()
        }

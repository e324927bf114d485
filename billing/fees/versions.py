"""New versions of fee schedules and overrides, and whom one would touch."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise

from django.db import transaction
from django.utils.translation import gettext as _

from billing import versions
from billing.fees.terms import FeeTerms, read_fee_terms
from billing.models import FeeDay, FeeSchedule
from billing.period import day_of
from matching.hours import hour_of
from matching.models import Participant

FEE_BPS_MAX = 1000
TIERS_MAX = 12


class TiersInvalid(versions.UnableToVersion):
    """Tiers that do not start at 0, do not ascend, or are none where some are needed."""

    code, field = "tiers_invalid", "tiers"


class DayAlreadyTraded(versions.UnableToVersion):
    """Rates of the version's first day have been decided already."""

    code, field = "version_too_early", "from_day"


@dataclass(frozen=True, kw_only=True, slots=True)
class Touched:
    """A participant that a version concerns: what it pays today and what it would with the volume it has today."""

    participant: Participant
    volume_fen: int
    maker_fee_bps: int
    taker_fee_bps: int
    new_maker_fee_bps: int
    new_taker_fee_bps: int

    @property
    def is_dearer(self) -> bool:
        """Whether a rate rises."""
        return self.new_maker_fee_bps > self.maker_fee_bps or self.new_taker_fee_bps > self.taker_fee_bps

    @property
    def is_changed(self) -> bool:
        """Whether a rate changes at all."""
        before, after = (self.maker_fee_bps, self.taker_fee_bps), (self.new_maker_fee_bps, self.new_taker_fee_bps)
        return before != after


def new_schedule(
    *, tiers: Sequence[tuple[int, int, int]], from_hour: int, reason: str, participant_id: int | None = None
) -> FeeSchedule:
    """Return a version (not kept) from tiers of volume (fen), maker and taker rate (bps); none of them end an override.

    Raises TiersInvalid, RateOutOfRange.
    """
    volumes = [tier[0] for tier in tiers]
    if (not tiers and participant_id is None) or len(tiers) > TIERS_MAX:
        raise TiersInvalid(_("Enter between one and %(max)s tiers.") % {"max": TIERS_MAX})
    if tiers and (volumes[0] != 0 or any(low >= high for low, high in pairwise(volumes))):
        raise TiersInvalid(_("The first tier starts at a volume of 0, and each next one at a larger volume."))
    if any(not 0 <= bps <= FEE_BPS_MAX for _volume, *rates in tiers for bps in rates):
        raise versions.RateOutOfRange(_("A fee is between 0 and 10 %."))
    return FeeSchedule(
        participant_id=participant_id,
        tier_volumes_fen=volumes,
        maker_fee_bps=[maker for _volume, maker, _taker in tiers],
        taker_fee_bps=[taker for _volume, _maker, taker in tiers],
        from_hour=day_of(from_hour)[0],
        reason=reason,
    )


def propose_schedule(*, schedule: FeeSchedule, by: str, now: datetime) -> FeeSchedule:
    """Keep what `new_schedule` made for a second person to approve; raises VersionTooEarly, ReasonMissing."""
    return versions.propose(schedule, by=by, now=now)


@transaction.atomic
def approve_schedule(*, schedule_id: int, by: str, now: datetime) -> FeeSchedule:
    """Put a proposed schedule in force from its day on; raises VersionDecided, SecondPersonNeeded, VersionTooEarly, DayAlreadyTraded.

    Bids that are held already are never charged more than their hold counts with.
    """
    schedule = versions.locked(FeeSchedule, schedule_id)
    if FeeDay.objects.filter(day__gte=schedule.from_hour).exists():
        raise DayAlreadyTraded(_("Trades of that day have been cleared. Choose a later day."))
    return versions.approve(schedule, by=by, now=now)


def touched_by(*, schedule: FeeSchedule, now: datetime) -> list[Touched]:
    """Return the participants that a version concerns, largest volume first: its own, or all who traded in 30 days by the general one."""
    today = day_of(hour_of(now))[0]
    if schedule.participant_id is not None:
        ids = [schedule.participant_id]
    else:
        recent = FeeDay.objects.filter(day__gte=today - 720).order_by()
        ids = list(recent.values_list("participant_id", flat=True).distinct())
    terms = read_fee_terms(participant_ids=ids, now=now)
    general = read_fee_terms(participant_ids=[0], now=now).get(0)
    people = Participant.objects.in_bulk(ids)
    touched = [
        _touched(people[pk], each, schedule.tiers or list(general.tiers if general else ()))
        for pk, each in terms.items()
        if schedule.participant_id is not None or not each.is_own
    ]
    return sorted(touched, key=lambda one: (-one.volume_fen, one.participant.pk))


def _touched(participant: Participant, terms: FeeTerms, tiers: Sequence[tuple[int, int, int]]) -> Touched:
    _volume, maker, taker = [tier for tier in tiers if tier[0] <= terms.volume_fen][-1]
    return Touched(
        participant=participant,
        volume_fen=terms.volume_fen,
        maker_fee_bps=terms.maker_fee_bps,
        taker_fee_bps=terms.taker_fee_bps,
        new_maker_fee_bps=maker,
        new_taker_fee_bps=taker,
    )

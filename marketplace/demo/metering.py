"""What was delivered in the demo's past: two providers' meters, hours that fell short, access details and disputes."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from random import Random

from billing.delivery.access import due_runs, hand_over_access
from billing.delivery.disputes import raise_dispute, resolve_dispute
from billing.delivery.readings import NewReading, record_readings
from billing.delivery.schedule import DeliveryHour, delivery_hours
from billing.models import Dispute
from billing.period import day_of, period_of
from marketplace.demo.people import BUYER, BUYER_PERSON, FINANCE, PROVIDER, PROVIDER_PERSON
from marketplace.demo.stage import Stage
from matching.hours import hour_of, moment_of
from matching.models import Participant, Site

METERED = (PROVIDER.slug, "demo-delta")
SHORT_SHARE = 0.006  # hours of a holder in which a machine was down
MACHINE = 8  # accelerators
DISPUTE_REASON = "Two machines did not answer for the last half of the hour."


def read_meters(*, stage: Stage, start: int, end: int, now: datetime) -> None:
    """Take in what the meters say of the hours `[start, end)`; the same readings again change nothing."""
    slugs = dict(Site.objects.values_list("pk", "slug"))
    holders = dict(Participant.objects.values_list("pk", "slug"))
    for provider in METERED:
        due = delivery_hours(start=start, end=end, provider_id=stage.participants[provider])
        readings = [_reading(each, slugs[each.site_id], holders[each.holder_id]) for each in due]
        if readings:
            record_readings(provider_id=stage.participants[provider], readings=readings, now=now)


def _reading(due: DeliveryHour, site: str, holder: str) -> NewReading:
    chance = Random(f"meter:{site}:{due.hour}:{holder}")
    missing = chance.randint(1, min(MACHINE, due.held)) if chance.random() < SHORT_SHARE else 0
    return NewReading(
        site=site,
        hour=due.hour,
        holder=holder,
        accelerators=due.held - missing,
        source="dcim",
        source_id=f"{site}/{holder}/{due.hour}",
        read_at=moment_of(due.hour + 1),
    )


def settle_a_dispute(*, stage: Stage, now: datetime) -> None:
    """Let the buyer dispute an hour of the day before, and finance uphold it in part; once."""
    if Dispute.objects.exists():
        return
    start, _ = day_of(hour_of(now) - 24)
    for due in _held_by_buyer(stage, start, start + 24):
        dispute = _raise(stage, due, now)
        upheld = max(due.held - 2, 0)
        resolve_dispute(
            dispute_id=dispute.pk, accelerators=upheld, by=FINANCE, now=now,
            resolution=f"The job's own log shows {upheld} of {due.held} accelerators.",
        )  # fmt: skip
        return


def leave_a_dispute_open(*, stage: Stage, now: datetime) -> None:
    """Let the buyer dispute its newest hour of this invoice period, so that last week's documents do not wait for it."""
    hour = hour_of(now)
    for due in _held_by_buyer(stage, max(period_of(hour)[0], hour - 24), hour):
        _raise(stage, due, now)
        return


def hand_over(*, stage: Stage, now: datetime) -> None:
    """Hand over access details for what the signed-in provider delivers in the next day, all but the last delivery."""
    hour = hour_of(now)
    provider_id = stage.participants[PROVIDER.slug]
    for run in due_runs(start=hour, end=hour + 24, provider_id=provider_id)[:-1]:
        if run.handover is None:
            hand_over_access(
                provider_id=provider_id, site_id=run.site_id, holder_id=run.holder_id, start=run.start,
                hours=run.hours, by=PROVIDER_PERSON, now=now,
                text=f"ssh -p 2222 job-{run.start}@gateway.demo.example\nThe key is the one on your organisation's page.",
            )  # fmt: skip


def _held_by_buyer(stage: Stage, start: int, end: int) -> Iterator[DeliveryHour]:
    due = delivery_hours(start=start, end=end, holder_id=stage.participants[BUYER.slug])
    return (each for each in due if each.held >= 4 and each.reading_id is None and each.dispute_id is None)


def _raise(stage: Stage, due: DeliveryHour, now: datetime) -> Dispute:
    return raise_dispute(
        site_id=due.site_id, hour=due.hour, holder_id=stage.participants[BUYER.slug], accelerators=due.held // 2,
        reason=DISPUTE_REASON, by=BUYER_PERSON, now=now,
    )  # fmt: skip

"""Disputes: a holder says that it got less than counts as delivered; finance upholds or rejects it, with a reason."""

from __future__ import annotations

from datetime import datetime

from django.db import IntegrityError, connection, transaction
from django.utils.translation import gettext as _

from billing.delivery.readings import HELD, mark_stale
from billing.models import Dispute, MeterReading, MonthClosing
from billing.serial import keep_runs_out
from matching.changes import record_change
from matching.hours import hour_of, moment_of
from matching.models import Site

RULING = "dispute"
"""The source of a reading that finance decided."""


class UnableToDispute(Exception):
    """A dispute that cannot be raised or resolved; `code` is stable, `field` the input at fault."""

    code = "unable_to_dispute"
    field: str | None = None


class NothingToDispute(UnableToDispute):
    """Nothing was held there, or no more counts as delivered than the holder says it got."""

    code, field = "nothing_to_dispute", "accelerators"


class DisputeOfFuture(UnableToDispute):
    """The hour has not ended."""

    code, field = "hour_not_over", "hour"


class DisputeTooLate(UnableToDispute):
    """The month of the hour is closed."""

    code, field = "dispute_too_late", "hour"


class DisputeOpen(UnableToDispute):
    """The hour is in dispute already."""

    code, field = "dispute_open", "hour"


class DisputeReasonMissing(UnableToDispute):
    """A dispute, and its resolution, need a reason."""

    code, field = "reason_missing", "reason"


class DisputeResolved(UnableToDispute):
    """The dispute has been resolved before."""

    code = "dispute_resolved"


class RulingOutOfRange(UnableToDispute):
    """A ruling below 0 or above what was sold."""

    code, field = "ruling_out_of_range", "accelerators"


@transaction.atomic
def raise_dispute(
    *, site_id: int, hour: int, holder_id: int, accelerators: int, reason: str, by: str, now: datetime
) -> Dispute:
    """Say that only `accelerators` were delivered in an hour. What is contested is kept from the seller until resolved.

    Raises DisputeReasonMissing, DisputeOfFuture, NothingToDispute, DisputeTooLate, DisputeOpen.
    """
    if not reason.strip():
        raise DisputeReasonMissing(_("Say what was wrong with the delivery."))
    if hour >= hour_of(now):
        raise DisputeOfFuture(_("This hour has not ended. Dispute it once it has."))
    keep_runs_out()
    site = Site.objects.get(pk=site_id)
    counted = delivered_accelerators(site_id=site_id, hour=hour, holder_id=holder_id)
    if not 0 <= accelerators < counted:
        raise NothingToDispute(
            _("%(counted)s accelerators count as delivered in this hour. Enter fewer than that.") % {"counted": counted}
        )
    _refuse_late(hour)
    try:
        with transaction.atomic():
            dispute = Dispute.objects.create(
                site=site,
                hour=hour,
                holder_id=holder_id,
                accelerators=accelerators,
                reason=reason.strip(),
                raised_by=by,
                raised_at=now,
            )
    except IntegrityError as error:
        raise DisputeOpen(_("This hour is in dispute already.")) from error
    mark_stale(hours=[hour])
    after = {"state": Dispute.State.OPEN.value, "accelerators": accelerators}
    record_change(
        who=by, what="dispute.raise", on=dispute, after=after, participant_id=holder_id, why=dispute.reason, now=now
    )
    return dispute


@transaction.atomic
def resolve_dispute(*, dispute_id: int, accelerators: int | None, resolution: str, by: str, now: datetime) -> Dispute:
    """Reject a dispute (`accelerators` None), or uphold it by saying how many were delivered; both need a reason.

    The next settlement pays out or credits what was kept. Raises DisputeReasonMissing, DisputeResolved, RulingOutOfRange.
    """
    if not resolution.strip():
        raise DisputeReasonMissing(_("Give the reason for the decision. Both sides see it."))
    keep_runs_out()
    dispute = Dispute.objects.select_for_update(of=("self",)).select_related("site").get(pk=dispute_id)
    if dispute.state != Dispute.State.OPEN:
        raise DisputeResolved(_("This dispute has been resolved before."))
    if accelerators is not None:
        held = held_accelerators(site_id=dispute.site_id, hour=dispute.hour, holder_id=dispute.holder_id)
        if not 0 <= accelerators <= held:
            raise RulingOutOfRange(_("Enter 0 to %(held)s accelerators.") % {"held": held})
        dispute.ruling = MeterReading.objects.create(
            provider_id=dispute.site.provider_id,
            site_id=dispute.site_id,
            hour=dispute.hour,
            holder_id=dispute.holder_id,
            accelerators=accelerators,
            source=RULING,
            source_id=f"{dispute.pk}",
            read_at=now,
            received_at=now,
            is_ruling=True,
        )
    dispute.state = Dispute.State.REJECTED if accelerators is None else Dispute.State.UPHELD
    dispute.resolution, dispute.resolved_by, dispute.resolved_at = resolution.strip(), by, now
    dispute.save()
    mark_stale(hours=[dispute.hour])
    record_change(
        who=by,
        what="dispute.resolve",
        on=dispute,
        before={"state": Dispute.State.OPEN.value},
        after={"state": Dispute.State(dispute.state).value, "accelerators": accelerators},
        participant_id=dispute.holder_id,
        why=dispute.resolution,
        now=now,
    )
    return dispute


def held_accelerators(*, site_id: int, hour: int, holder_id: int) -> int:
    """Return what a holder bought less what it resold, at a site in an hour."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT {HELD.format(holder='%(holder)s', site='%(site)s', hour='%(hour)s')}",
            {"holder": holder_id, "site": site_id, "hour": hour},
        )
        return int(cursor.fetchone()[0])


def delivered_accelerators(*, site_id: int, hour: int, holder_id: int) -> int:
    """Return what counts as delivered: the reading that counts, or all that is held where there is none."""
    readings = MeterReading.objects.filter(site_id=site_id, hour=hour, holder_id=holder_id)
    newest = readings.order_by("-is_ruling", "-read_at", "-pk").first()
    held = held_accelerators(site_id=site_id, hour=hour, holder_id=holder_id)
    return held if newest is None else min(held, newest.accelerators)


def _refuse_late(hour: int) -> None:
    moment = moment_of(hour)
    if MonthClosing.objects.filter(start_at__lte=moment, end_at__gt=moment, reopened_at=None).exists():
        raise DisputeTooLate(_("The month of this hour is closed. Write to the exchange."))

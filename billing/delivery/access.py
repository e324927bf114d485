"""Access details: a provider hands them over, the holder sees them from gate closure on, and who saw them is kept."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from billing.delivery.access_keys import seal, unseal
from billing.delivery.schedule import delivery_hours
from billing.models import AccessHandover, AccessOpening
from matching.engine.bounds import HOURS_MAX
from matching.hours import gate_of
from matching.models import Participant, Site
from matching.refusal import moment_text

TEXT_LENGTH_MAX = 8_000


class UnableToHandOver(Exception):
    """Access details that are not taken, or not shown; `code` is stable, `field` the input at fault."""

    code = "unable_to_hand_over"
    field: str | None = None


class AccessSiteNotYours(UnableToHandOver):
    """The site is not the provider's."""

    code, field = "site_not_yours", "site"


class NothingDue(UnableToHandOver):
    """The holder holds nothing at the site in one of the hours."""

    code, field = "nothing_due", "hours"


class AccessTextMissing(UnableToHandOver):
    """No text, or too long a one."""

    code, field = "access_text_missing", "text"


class NoAccessYet(UnableToHandOver):
    """The gate has not closed, so the accelerators may still change hands."""

    code = "no_access_yet"


class NoAccessHandedOver(UnableToHandOver):
    """The provider has not handed anything over for this hour."""

    code = "no_access_handed_over"


@dataclass(frozen=True, slots=True)
class DueRun:
    """Consecutive hours of one holder at one site, and what has been handed over for the first of them."""

    site_id: int
    holder_id: int
    start: int
    hours: int
    accelerators: int  # the most in an hour
    handover: AccessHandover | None


@transaction.atomic
def hand_over_access(
    *, provider_id: int, site_id: int, holder_id: int, start: int, hours: int, text: str, by: str, now: datetime
) -> AccessHandover:
    """Keep access details for a holder's hours `[start, start + hours)`; a later one counts before.

    Raises AccessSiteNotYours, AccessTextMissing, NothingDue.
    """
    if not Site.objects.filter(pk=site_id, provider_id=provider_id).exists():
        raise AccessSiteNotYours(_("That site is not one of yours."))
    if not 1 <= len(text.strip()) <= TEXT_LENGTH_MAX:
        raise AccessTextMissing(_("Write how to log in, in at most %(count)s characters.") % {"count": TEXT_LENGTH_MAX})
    due = delivery_hours(start=start, end=start + min(hours, HOURS_MAX), provider_id=provider_id)
    held = {hour.hour for hour in due if hour.site_id == site_id and hour.holder_id == holder_id}
    if hours < 1 or len(held) != hours:
        raise NothingDue(_("The holder has nothing at this site in some of these hours. Choose hours of one delivery."))
    return AccessHandover.objects.create(
        site_id=site_id, holder_id=holder_id, start=start, hours=hours, sealed=seal(text.strip()), by=by,
        handed_over_at=now,
    )  # fmt: skip


@transaction.atomic
def open_access(*, site_id: int, hour: int, holder: Participant, by: str, now: datetime) -> tuple[AccessHandover, str]:
    """Show a holder the access details of an hour, and keep who saw them.

    Raises NothingDue, NoAccessYet, NoAccessHandedOver.
    """
    site = Site.objects.select_related("market").filter(pk=site_id).first()
    due = delivery_hours(start=hour, end=hour + 1, holder_id=holder.pk)
    if site is None or not any(each.site_id == site_id for each in due):
        raise NothingDue(_("You hold nothing there."))
    gate = gate_of(site.market, hour)
    if now < gate:
        raise NoAccessYet(
            _("Access details show from %(gate)s on, when this hour can be traded no more.")
            % {"gate": moment_text(gate)}
        )
    handover = newest_handover(site_id=site_id, holder_id=holder.pk, hour=hour)
    if handover is None:
        raise NoAccessHandedOver(_("The provider has not handed over access details for this hour yet."))
    AccessOpening.objects.create(handover=handover, who=by, participant=holder, at=now)
    return handover, unseal(bytes(handover.sealed))


def newest_handover(*, site_id: int, holder_id: int, hour: int) -> AccessHandover | None:
    """Return the handover that counts for an hour, or None."""
    found = AccessHandover.objects.filter(site_id=site_id, holder_id=holder_id, start__lte=hour)
    return next((each for each in found.filter(start__gt=hour - HOURS_MAX) if each.start + each.hours > hour), None)


def due_runs(*, start: int, end: int, provider_id: int | None = None, holder_id: int | None = None) -> list[DueRun]:
    """Return what is due at a provider's sites, or to a holder, in `[start, end)` as runs of hours, soonest first.

    Three statements, however many.
    """
    hours = delivery_hours(start=start, end=end, provider_id=provider_id, holder_id=holder_id)
    runs: list[tuple[int, int, int, int, int]] = []
    for due in sorted(hours, key=lambda each: (each.site_id, each.holder_id, each.hour)):
        if runs and runs[-1][:2] == (due.site_id, due.holder_id) and runs[-1][2] + runs[-1][3] == due.hour:
            site, holder, first, count, most = runs[-1]
            runs[-1] = (site, holder, first, count + 1, max(most, due.held))
        else:
            runs.append((due.site_id, due.holder_id, due.hour, 1, due.held))
    handed = AccessHandover.objects.filter(start__lt=end, start__gt=start - HOURS_MAX)
    handed = handed.filter(holder_id=holder_id) if provider_id is None else handed.filter(site__provider_id=provider_id)
    by_place: dict[tuple[int, int], list[AccessHandover]] = {}
    for handover in handed.order_by("-id").prefetch_related("openings") if runs else ():
        by_place.setdefault((handover.site_id, handover.holder_id), []).append(handover)
    found = [DueRun(*run, _covering(by_place.get(run[:2], ()), run[2])) for run in runs]
    return sorted(found, key=lambda run: (run.start, run.site_id, run.holder_id))


def _covering(handovers: Sequence[AccessHandover], hour: int) -> AccessHandover | None:
    return next((each for each in handovers if each.start <= hour < each.start + each.hours), None)

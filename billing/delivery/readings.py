"""Meter readings: checked against what was sold, known by their source and id, and never changed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection, transaction
from django.utils.translation import gettext as _

from billing.models import MeterReading, MonthClosing
from billing.serial import keep_runs_out
from matching.hours import hour_of, moment_of

BATCH_MAX = 10_000
"""Readings a call."""


class UnableToRecord(Exception):
    """A reading that is not taken; `code` is stable, `field` the input at fault, the text for the person."""

    code = "unable_to_record"
    field: str | None = None


class TooManyReadings(UnableToRecord):
    """More readings than a call takes."""

    code = "too_many_readings"


class SiteNotYours(UnableToRecord):
    """The site is not the provider's, or there is none of this name."""

    code, field = "site_not_yours", "site"


class NegativeReading(UnableToRecord):
    """Fewer than no accelerators."""

    code, field = "negative_reading", "accelerators"


class HourNotOver(UnableToRecord):
    """The hour has not ended, so nobody can have read it."""

    code, field = "hour_not_over", "hour"


class HoursNotSold(UnableToRecord):
    """The holder holds nothing at the site in this hour."""

    code, field = "hours_not_sold", "hour"


class MoreThanSold(UnableToRecord):
    """More accelerators than the holder holds: a slip, since nobody can be delivered what it did not buy."""

    code, field = "more_than_sold", "accelerators"


class ReadingConflict(UnableToRecord):
    """The source has sent this id before, with other numbers."""

    code, field = "reading_conflict", "source_id"


class DeliveryMonthClosed(UnableToRecord):
    """The hour lies in a month that is closed."""

    code, field = "month_closed", "hour"


@dataclass(frozen=True, kw_only=True, slots=True)
class NewReading:
    """A reading as a provider sends it; `site` and `holder` are slugs."""

    site: str
    hour: int
    holder: str
    accelerators: int
    source: str
    source_id: str
    read_at: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class Verdict:
    """What became of a reading: its id, whether it was there before, or the error for which it was not taken."""

    reading_id: int | None = None
    is_new: bool = False
    error: UnableToRecord | None = None


@dataclass(frozen=True, slots=True)
class _Sold:
    """What the database knows of a reading's site, hour and holder."""

    site_id: int | None
    holder_id: int | None
    provider_id: int | None
    accelerators: int


HELD = """
coalesce((SELECT sum(o.quantity) FROM billing_obligation o WHERE o.buyer_id = {holder} AND o.site_id = {site}
    AND o.start <= {hour} AND o.start + o.hours > {hour}), 0)
- coalesce((SELECT sum(o.quantity) FROM billing_obligation o WHERE o.seller_id = {holder} AND o.site_id = {site}
    AND o.start <= {hour} AND o.start + o.hours > {hour}), 0)
"""
"""The accelerators that a holder who is not the provider has in an hour: bought less resold."""

_SOLD = f"""
SELECT s.id, p.id, s.provider_id,
    CASE WHEN p.id <> s.provider_id THEN {HELD.format(holder="p.id", site="s.id", hour="g.hour")} ELSE 0 END
FROM unnest(%s::varchar[], %s::varchar[], %s::int[]) WITH ORDINALITY AS g (site, holder, hour, place)
LEFT JOIN matching_site s ON s.slug = g.site LEFT JOIN matching_participant p ON p.slug = g.holder
ORDER BY g.place
"""

_STALE = """
UPDATE billing_settlementrun SET is_stale = true
WHERE kind = 'delivery' AND NOT is_stale AND EXISTS (
    SELECT FROM unnest(%s::int[]) AS late (hour) WHERE late.hour >= from_hour AND late.hour < until_hour)
"""


def record_readings(*, provider_id: int, readings: Sequence[NewReading], now: datetime) -> list[Verdict]:
    """Take a provider's readings in and return a verdict a row, in order; a row at fault leaves the others alone.

    A reading that is there already is no new one. One for an hour that is settled makes a delta run due, which also credits
    what is invoiced already. Raises TooManyReadings.
    """
    with transaction.atomic():
        checked = check_readings(provider_id=provider_id, readings=readings, now=now)
        wanted = [
            (reading, site_holder)
            for reading, (verdict, site_holder) in zip(readings, checked, strict=True)
            if verdict is None
        ]
        stored = _store(provider_id, wanted, now)
        mark_stale(hours={r.hour for r, _ids in wanted if (r.source, r.source_id) in stored})
        verdicts = []
        for reading, (verdict, _ids) in zip(readings, checked, strict=True):
            key = (reading.source, reading.source_id)
            if verdict is None and key in stored:
                verdict = Verdict(reading_id=stored.pop(key), is_new=True)
            verdicts.append(verdict or _known(provider_id, reading))
        return verdicts


def check_readings(
    *, provider_id: int, readings: Sequence[NewReading], now: datetime
) -> list[tuple[Verdict | None, tuple[int, int]]]:
    """Say what would become of each reading: None for one that would be taken, and the ids of its site and holder.

    Must run in a transaction: no settlement run begins until it ends. Raises TooManyReadings.
    """
    if len(readings) > BATCH_MAX:
        raise TooManyReadings(_("Send at most %(count)s readings at once.") % {"count": f"{BATCH_MAX:,}"})
    keep_runs_out()
    closings = list(MonthClosing.objects.filter(reopened_at=None).values_list("start_at", "end_at"))
    existing = _existing(provider_id, readings)
    checked: list[tuple[Verdict | None, tuple[int, int]]] = []
    for reading, sold in zip(readings, _sold(readings), strict=True):
        same = existing.get((reading.source, reading.source_id))
        verdict: Verdict | None = None
        if same is not None:
            verdict = _compared(reading, *same)
        else:
            error = _fault(provider_id, reading, sold, hour_of(now), closings)
            verdict = Verdict(error=error) if error else None
        if verdict is None:
            existing[(reading.source, reading.source_id)] = (None, _payload(reading))
        checked.append((verdict, (sold.site_id or 0, sold.holder_id or 0)))
    return checked


def mark_stale(*, hours: Iterable[int]) -> None:
    """Make a delta run due for each settled hour given; the caller keeps runs out."""
    with connection.cursor() as cursor:
        cursor.execute(_STALE, [sorted(set(hours))])


def _fault(
    provider_id: int, reading: NewReading, sold: _Sold, hour_now: int, closings: Sequence[tuple[datetime, datetime]]
) -> UnableToRecord | None:
    """Return the first rule that a reading breaks."""
    if sold.site_id is None or sold.provider_id != provider_id:
        return SiteNotYours(_("%(site)s is no site of yours.") % {"site": reading.site})
    if reading.accelerators < 0:
        return NegativeReading(_("A reading cannot be below 0."))
    if reading.hour >= hour_now:
        return HourNotOver(_("This hour has not ended. Send its reading once it has."))
    if any(start <= moment_of(reading.hour) < end for start, end in closings):
        return DeliveryMonthClosed(_("The month of this hour is closed. Ask the exchange to reopen it."))
    if sold.accelerators <= 0:
        return HoursNotSold(_("%(holder)s holds nothing at this site in this hour.") % {"holder": reading.holder})
    if reading.accelerators > sold.accelerators:
        return MoreThanSold(
            _("%(holder)s holds %(sold)s accelerators in this hour. A reading cannot be above that.")
            % {"holder": reading.holder, "sold": sold.accelerators}
        )
    return None


def _payload(reading: NewReading) -> tuple[object, ...]:
    return (reading.site, reading.hour, reading.holder, reading.accelerators)


def _compared(reading: NewReading, reading_id: int | None, payload: tuple[object, ...]) -> Verdict:
    if payload == _payload(reading):
        return Verdict(reading_id=reading_id)
    return Verdict(
        error=ReadingConflict(
            _("%(source)s has sent reading %(id)s before, with other numbers. Send a correction under a new id.")
            % {"source": reading.source, "id": reading.source_id}
        )
    )


def _sold(readings: Sequence[NewReading]) -> list[_Sold]:
    columns = [[getattr(r, name) for r in readings] for name in ("site", "holder", "hour")]
    with connection.cursor() as cursor:
        cursor.execute(_SOLD, columns)
        return [_Sold(site, holder, owner, int(held)) for site, holder, owner, held in cursor.fetchall()]


def _existing(
    provider_id: int, readings: Sequence[NewReading]
) -> dict[tuple[str, str], tuple[int | None, tuple[object, ...]]]:
    known = MeterReading.objects.filter(
        provider_id=provider_id, is_ruling=False, source_id__in={r.source_id for r in readings}
    )
    rows = known.values_list("source", "source_id", "pk", "site__slug", "hour", "holder__slug", "accelerators")
    return {(source, source_id): (pk, tuple(payload)) for source, source_id, pk, *payload in rows}


def _known(provider_id: int, reading: NewReading) -> Verdict:
    """Compare with what is stored: the row came twice in one call, or another call was quicker."""
    stored = _existing(provider_id, [reading])[(reading.source, reading.source_id)]
    return _compared(reading, *stored)


def _store(
    provider_id: int, wanted: Sequence[tuple[NewReading, tuple[int, int]]], now: datetime
) -> dict[tuple[str, str], int]:
    """Insert readings and return the ids of those that were not there."""
    columns: dict[str, list[Any]] = {
        "site_id": [ids[0] for _r, ids in wanted],
        "holder_id": [ids[1] for _r, ids in wanted],
        **{
            name: [getattr(r, name) for r, _ids in wanted]
            for name in ("hour", "accelerators", "source", "source_id", "read_at")
        },
    }
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO billing_meterreading "
            "(provider_id, site_id, holder_id, hour, accelerators, source, source_id, read_at, received_at, is_ruling) "
            "SELECT %s, g.*, %s, false FROM unnest(%s::int[], %s::int[], %s::int[], %s::int[], %s::varchar[], "
            "%s::varchar[], %s::timestamptz[]) AS g "
            "ON CONFLICT (provider_id, source, source_id) WHERE NOT is_ruling DO NOTHING RETURNING source, source_id, id",
            [provider_id, now, *columns.values()],
        )
        return {(source, source_id): pk for source, source_id, pk in cursor.fetchall()}

"""Who gets which report by mail, and when it is due: each mail is prepared once, with the file that it brings."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.db import transaction
from django.utils.translation import gettext as _

from billing.exports.formats import formats_of
from billing.exports.jobs import ask_for_file
from billing.models import ReportMailing, ReportSubscription
from billing.reports.asked import Asked, read_asked
from billing.reports.frame import Report
from billing.reports.registry import REPORTS
from matching.changes import record_change

Every = ReportSubscription.Every
DAYS = ("from", "to", "at")
"""Limits that follow from when a mail is due."""


class UnableToSubscribe(Exception):
    """A subscription that is not made; the text says why and what to do."""

    code = "unable_to_subscribe"
    field: str | None = None


class ChoiceUnknown(UnableToSubscribe):
    """No such format, rhythm or hour."""

    code = "choice_unknown"


@transaction.atomic
def subscribe(
    *,
    person: str,
    report: Report,
    asked: Asked,
    format: str,
    every: str,
    at_hour: int,
    time_zone: str,
    language: str,
    now: datetime,
) -> ReportSubscription:
    """Send `report` with these limits to `person` from the next day, Monday or first of a month on; raises ChoiceUnknown."""
    if format not in formats_of(report) or every not in Every.values or not 0 <= at_hour <= 23:
        raise ChoiceUnknown(_("Choose a format, how often, and an hour from 0 to 23."))
    made = ReportSubscription.objects.create(
        person=person,
        report=report.name,
        format=format,
        asked={name: value for name, value in asked.values.items() if name not in DAYS},
        every=every,
        at_hour=at_hour,
        time_zone=time_zone,
        language=language,
        next_at=next_due(every=every, at_hour=at_hour, time_zone=time_zone, after=now),
        began_at=now,
    )
    record_change(who=person, what="report.subscribe", on=made, after={"every": every, "format": format}, now=now)
    return made


@transaction.atomic
def unsubscribe(*, subscription_id: int, person: str, now: datetime) -> bool:
    """End a person's subscription; False where it is none of theirs or has ended."""
    found = (
        ReportSubscription.objects.select_for_update().filter(pk=subscription_id, person=person, ended_at=None).first()
    )
    if found is None:
        return False
    found.ended_at = now
    found.save(update_fields=["ended_at"])
    record_change(who=person, what="report.unsubscribe", on=found, now=now)
    return True


def next_due(*, every: str, at_hour: int, time_zone: str, after: datetime) -> datetime:
    """Return the next moment after `after` at `at_hour` on the zone's clock of a day, a Monday or a first of the month."""
    zone = ZoneInfo(time_zone)
    day = after.astimezone(zone).date()
    while True:
        due = datetime.combine(day, time(at_hour), tzinfo=zone)
        is_day = (
            every == Every.DAY
            or (every == Every.WEEK and day.weekday() == 0)
            or (every == Every.MONTH and day.day == 1)
        )
        if is_day and due > after:
            return due
        day += timedelta(days=1)


def days_covered(*, every: str, time_zone: str, due_at: datetime) -> tuple[date, date]:
    """Return the first and last day that a mail is about: the day, week or month that has just ended."""
    today = due_at.astimezone(ZoneInfo(time_zone)).date()
    last = today - timedelta(days=1)
    if every == Every.DAY:
        return last, last
    if every == Every.WEEK:
        return today - timedelta(days=7), last
    return last.replace(day=1), last


def prepare_due_mailings(*, now: datetime) -> int:
    """Ask for the file of every mail that is due, once each, and note when the next one is; returns how many.

    After a pause only the newest mail that was missed is sent.
    """
    prepared = 0
    while True:
        with transaction.atomic():
            due = (
                ReportSubscription.objects.select_for_update(skip_locked=True)
                .filter(ended_at=None, next_at__lte=now)
                .order_by("next_at", "pk")
                .first()
            )
            if due is None:
                return prepared
            due_at = _newest_missed(due, now)
            _prepare(due, due_at, now)
            due.next_at = next_due(every=due.every, at_hour=due.at_hour, time_zone=due.time_zone, after=due_at)
            due.save(update_fields=["next_at"])
            prepared += 1


def _newest_missed(due: ReportSubscription, now: datetime) -> datetime:
    newest = due.next_at
    while (later := next_due(every=due.every, at_hour=due.at_hour, time_zone=due.time_zone, after=newest)) <= now:
        newest = later
    return newest


def _prepare(due: ReportSubscription, due_at: datetime, now: datetime) -> None:
    first, last = days_covered(every=due.every, time_zone=due.time_zone, due_at=due_at)
    limits: Mapping[str, str] = {**due.asked, "from": first.isoformat(), "to": last.isoformat()}
    report = REPORTS[due.report]
    asked = read_asked({**limits, "at": due_at.isoformat()} if "at" in report.limits else limits, now=now)
    made = ask_for_file(report=report, asked=asked, format=due.format, by=due.person, now=now)
    ReportMailing.objects.create(subscription=due, due_at=due_at, file=made)

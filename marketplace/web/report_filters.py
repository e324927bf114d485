"""The filters of finance's reports: they stand in the address, so that a link is a report."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db.models import Max
from django.utils.translation import gettext as _

from billing.models import SettlementLine
from billing.period import HOURS_A_PERIOD, date_of, first_hour_of, period_of
from billing.reports import SettlementFilters
from marketplace.web.page_numbers import number
from matching.hours import hour_of
from matching.models import ComputeClass, Hub, Participant


@dataclass(frozen=True, slots=True)
class Preset:
    """A period with a name."""

    name: str
    first: date
    last: date


@dataclass(frozen=True, slots=True)
class ReportFilters:
    """What the address asks for; `first` and `last` are Beijing delivery days, both included."""

    first: date
    last: date
    participant: Participant | None
    compute_class: str
    hub: str
    run_id: int | None
    presets: tuple[Preset, ...]

    @property
    def settlement(self) -> SettlementFilters:
        """The same for billing.reports, in hours."""
        return SettlementFilters(
            start=first_hour_of(self.first),
            end=first_hour_of(self.last + timedelta(days=1)),
            participant_id=self.participant.pk if self.participant else None,
            compute_class=self.compute_class or None,
            hub=self.hub or None,
            run_id=self.run_id,
        )

    @property
    def file_name(self) -> str:
        """Of a download, without its ending."""
        parts = ["settlement", self.first.isoformat(), self.last.isoformat()]
        if self.participant:
            parts.append(self.participant.slug)
        parts += [part for part in (self.compute_class, self.hub) if part]
        return "-".join(parts)


def report_filters(query: Mapping[str, str], *, now: datetime) -> ReportFilters:
    """Read `from`, `to`, `participant`, `class`, `hub` and `run`; what is missing or unreadable is left open.

    Without dates: the last ended invoice period, or this one while nothing earlier is settled.
    """
    presets = _presets(now)
    default = presets[0] if _has_settled_before(presets[1].first) else presets[1]
    first = _day(query.get("from")) or default.first
    last = _day(query.get("to")) or (default.last if "from" not in query else first + timedelta(days=6))
    slug = query.get("participant", "")
    classes = set(ComputeClass.objects.values_list("slug", flat=True))
    hubs = set(Hub.objects.values_list("slug", flat=True))
    return ReportFilters(
        first=min(first, last),
        last=max(first, last),
        participant=Participant.objects.filter(slug=slug).first() if slug else None,
        compute_class=query.get("class", "") if query.get("class") in classes else "",
        hub=query.get("hub", "") if query.get("hub") in hubs else "",
        run_id=number(query.get("run")),
        presets=presets,
    )


def _presets(now: datetime) -> tuple[Preset, ...]:
    start, end = period_of(hour_of(now))
    monday = date_of(start)
    first = SettlementLine.objects.order_by("start").values_list("start", flat=True).first()
    return (
        Preset(_("Last week"), monday - timedelta(days=7), monday - timedelta(days=1)),
        Preset(_("This week"), monday, date_of(end - 1)),
        Preset(_("Everything"), date_of(first) if first is not None else monday, date_of(end - 1)),
    )


def _has_settled_before(day: date) -> bool:
    hour = first_hour_of(day)
    newest = SettlementLine.objects.filter(start__lt=hour).aggregate(start=Max("start"))["start"]
    return newest is not None and newest >= hour - HOURS_A_PERIOD


def _day(text: str | None) -> date | None:
    try:
        return date.fromisoformat(text or "")
    except ValueError:
        return None

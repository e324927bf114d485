"""What a report is asked for: the limits that stand in its address, so that a link is a report, and a file can be made again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db.models import Max
from django.utils.translation import gettext as _

from billing.models import Account, SettlementLine, Transfer
from billing.period import BEIJING, HOURS_A_PERIOD, date_of, first_hour_of, period_of
from billing.reports.filters import SettlementFilters
from matching.hours import hour_of, moment_of
from matching.models import ComputeClass, Hub, Participant

WORDS_MAX = 120


@dataclass(frozen=True, slots=True)
class Preset:
    """A period with a name."""

    name: str
    first: date
    last: date


@dataclass(frozen=True, kw_only=True, slots=True)
class Asked:
    """What the address asks for; `first` and `last` are Beijing days, both included; empty leaves a limit open."""

    first: date
    last: date
    presets: tuple[Preset, ...] = ()
    participant: Participant | None = None
    compute_class: str = ""
    hub: str = ""
    run_id: int | None = None
    by: str = ""
    at: datetime | None = None
    kind: str = ""
    code: str = ""
    state: str = ""
    who: str = ""
    what: str = ""

    @property
    def settlement(self) -> SettlementFilters:
        """The limits of settled lines, in hours."""
        return SettlementFilters(
            start=first_hour_of(self.first),
            end=first_hour_of(self.last + timedelta(days=1)),
            participant_id=self.participant.pk if self.participant else None,
            compute_class=self.compute_class or None,
            hub=self.hub or None,
            run_id=self.run_id,
        )

    @property
    def hours(self) -> tuple[int, int]:
        """The days as delivery hours `[start, end)`."""
        return first_hour_of(self.first), first_hour_of(self.last + timedelta(days=1))

    @property
    def moments(self) -> tuple[datetime, datetime]:
        """The days as moments `[start, end)`."""
        start, end = self.hours
        return moment_of(start), moment_of(end)

    @property
    def values(self) -> dict[str, str]:
        """The same as an address says it, without what is left open."""
        given = {
            "from": self.first.isoformat(),
            "to": self.last.isoformat(),
            "at": self.at.astimezone(BEIJING).strftime("%Y-%m-%dT%H:%M:%S") if self.at else "",
            "participant": self.participant.slug if self.participant else "",
            "class": self.compute_class,
            "hub": self.hub,
            "run": str(self.run_id or ""),
            "by": self.by,
            "kind": self.kind,
            "code": self.code,
            "state": self.state,
            "who": self.who,
            "what": self.what,
        }
        return {name: value for name, value in given.items() if value}

    def file_name(self, report: str) -> str:
        """The name of a download, without its ending."""
        parts = [report, self.by, self.first.isoformat(), self.last.isoformat()]
        if self.at is not None:
            parts = [report, self.at.astimezone(BEIJING).strftime("%Y-%m-%d-%H%M")]
        parts += [self.participant.slug if self.participant else "", self.compute_class, self.hub, self.kind]
        return "-".join(part for part in parts if part)


def read_asked(query: Mapping[str, str], *, now: datetime, is_recent: bool = False) -> Asked:
    """Read what an address asks for; what is missing or unreadable is left open.

    Without dates: the last ended invoice period, or this one while nothing earlier is settled; where `is_recent`, the last
    thirty days. `at` is Beijing time.
    """
    presets = _presets(now)
    default = presets[0] if _has_settled_before(presets[1].first) else presets[1]
    if is_recent:
        today = now.astimezone(BEIJING).date()
        default = Preset("", today - timedelta(days=29), today)
    first = _day(query.get("from")) or default.first
    last = _day(query.get("to")) or (default.last if "from" not in query else first + timedelta(days=6))
    slug = query.get("participant", "")
    run = query.get("run", "")
    return Asked(
        first=min(first, last),
        last=max(first, last),
        presets=presets,
        participant=Participant.objects.filter(slug=slug).first() if slug else None,
        compute_class=_known(query.get("class", ""), ComputeClass.objects.values_list("slug", flat=True)),
        hub=_known(query.get("hub", ""), Hub.objects.values_list("slug", flat=True)),
        run_id=int(run) if run.isdecimal() and len(run) < 19 else None,
        by=query.get("by", "")[:20],
        at=_moment(query.get("at")),
        kind=_known(query.get("kind", ""), Account.Kind.values),
        code=_known(query.get("code", ""), Transfer.Code.values),
        state=query.get("state", "")[:20],
        who=query.get("who", "").strip()[:WORDS_MAX],
        what=query.get("what", "").strip()[:WORDS_MAX],
    )


def _known(value: str, known: object) -> str:
    return value if value and value in set(known) else ""  # type: ignore[call-overload]


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


def _moment(text: str | None) -> datetime | None:
    try:
        moment = datetime.fromisoformat(text or "")
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=BEIJING)

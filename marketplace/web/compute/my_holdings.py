"""What a participant has bought and still holds, laid out on the ruler: a row a site."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from django.db.models import BigIntegerField, Case, ExpressionWrapper, F, IntegerField, QuerySet, Sum, Value, When
from django.db.models.functions import Cast, Greatest, Least

from marketplace.web.hour_calendar import Ruler, bars
from matching.holdings import HoldingSpan, holdings_of
from matching.models import Holding, Site, Trade

DELIVERED_HOURS = 7 * 24


@dataclass(frozen=True)
class HoldingRow:
    """One site on the ruler; the sequences have one entry an hour, in accelerators."""

    site: Site
    ruler: Ruler
    held: Sequence[int]  # to use, and not offered again
    for_sale: Sequence[int]  # held, and offered again

    @cached_property
    def peak(self) -> int:
        return max((a + b for a, b in zip(self.held, self.for_sale, strict=True)), default=0)

    @property
    def now(self) -> int:
        """Accelerators of the running hour."""
        index = self.ruler.now_hour - self.ruler.start
        return self.held[index] if 0 <= index < self.ruler.hours else 0

    @property
    def ahead(self) -> int:
        """Accelerator-hours after the running hour, on this ruler."""
        first = max(self.ruler.now_hour + 1 - self.ruler.start, 0)
        return sum(self.held[first:]) + sum(self.for_sale[first:])

    @property
    def past_path(self) -> str:
        return bars(self._until_now(self.held), peak=self.peak)

    @property
    def held_path(self) -> str:
        return bars(self._from_now(self.held), peak=self.peak)

    @property
    def for_sale_path(self) -> str:
        return bars(self._from_now(self.for_sale), peak=self.peak, base=self.held)

    @property
    def free_text(self) -> str:
        """What may be sold in each hour, for the script that paints."""
        return ",".join(map(str, self.held))

    @property
    def stretches(self) -> list[tuple[int, int, int, int]]:
        """The same as (start, hours, held, for sale) of equal consecutive hours, for the table."""
        found: list[tuple[int, int, int, int]] = []
        for hour, held, offered in zip(range(self.ruler.start, self.ruler.end), self.held, self.for_sale, strict=True):
            if not held and not offered:
                continue
            if found and found[-1][0] + found[-1][1] == hour and found[-1][2:] == (held, offered):
                found[-1] = (found[-1][0], found[-1][1] + 1, held, offered)
            else:
                found.append((hour, 1, held, offered))
        return found

    def _until_now(self, values: Sequence[int]) -> list[int]:
        return [v if self.ruler.start + i < self.ruler.now_hour else 0 for i, v in enumerate(values)]

    def _from_now(self, values: Sequence[int]) -> list[int]:
        return [v if self.ruler.start + i >= self.ruler.now_hour else 0 for i, v in enumerate(values)]


def bought(participant_id: int) -> QuerySet[Holding]:
    """What it bought: its holdings at others' sites."""
    return Holding.objects.filter(participant_id=participant_id).exclude(site__provider_id=participant_id)


def holding_rows(*, participant_id: int, ruler: Ruler) -> list[HoldingRow]:
    """A row for each site at which it holds what it bought on this ruler, by site id."""
    by_site: dict[Site, list[HoldingSpan]] = defaultdict(list)
    for span in holdings_of(participant_id=participant_id, start=ruler.start, end=ruler.end):
        if span.site.provider_id != participant_id and span.usable:
            by_site[span.site].append(span)
    return [
        HoldingRow(
            site=site,
            ruler=ruler,
            held=ruler.spread((span.start, span.end, span.free) for span in spans),
            for_sale=ruler.spread((span.start, span.end, span.offered) for span in spans),
        )
        for site, spans in sorted(by_site.items(), key=lambda item: item[0].pk)
    ]


@dataclass(frozen=True, slots=True)
class HoldingFigures:
    """The numbers above the calendar."""

    running: int  # accelerators of this hour
    running_sites: int
    ahead: int  # accelerator-hours after this hour
    ahead_until: int | None  # the hour at which the last of them ends
    average_fen: int | None  # paid for an accelerator-hour of them
    delivered: int  # accelerator-hours of the last seven days


def holding_figures(*, participant_id: int, now_hour: int) -> HoldingFigures:
    """Sums over the participant's holdings; two statements."""
    mine = bought(participant_id)
    left = F("capacity") - F("committed")
    rows = mine.filter(hour__gte=now_hour - DELIVERED_HOURS).aggregate(
        running=Sum(Case(When(hour=now_hour, then=left), default=Value(0))),
        sites=Sum(Case(When(hour=now_hour, capacity__gt=F("committed"), then=Value(1)), default=Value(0))),
        ahead=Sum(Case(When(hour__gt=now_hour, then=left), default=Value(0))),
        delivered=Sum(Case(When(hour__lt=now_hour, then=left), default=Value(0))),
    )
    last = mine.filter(hour__gt=now_hour, capacity__gt=F("committed")).order_by("-hour").values_list("hour", flat=True)
    until = last.first()
    return HoldingFigures(
        running=rows["running"] or 0,
        running_sites=rows["sites"] or 0,
        ahead=rows["ahead"] or 0,
        ahead_until=None if until is None else until + 1,
        average_fen=average_paid_fen(participant_id=participant_id, start=now_hour + 1),
        delivered=rows["delivered"] or 0,
    )


def average_paid_fen(
    *, participant_id: int, start: int, end: int | None = None, site_id: int | None = None
) -> int | None:
    """The average price of what it bought for hours in [start, end), rounded to the fen; None without any."""
    trades = Trade.objects.filter(buyer_id=participant_id).annotate(
        last=ExpressionWrapper(F("start") + F("hours"), output_field=IntegerField())
    )
    trades = trades.filter(last__gt=start)
    if site_id is not None:
        trades = trades.filter(site_id=site_id)
    until = F("last") if end is None else Least(F("last"), Value(end))
    if end is not None:
        trades = trades.filter(start__lt=end)
    overlap = F("quantity") * (until - Greatest(F("start"), Value(start)))
    sums = trades.aggregate(
        accelerator_hours=Sum(overlap), value_fen=Sum(Cast("price_fen", BigIntegerField()) * overlap)
    )
    hours, value_fen = sums["accelerator_hours"], sums["value_fen"]
    return (2 * value_fen + hours) // (2 * hours) if hours else None

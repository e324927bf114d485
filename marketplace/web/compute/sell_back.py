"""Selling back what one holds: the form, and what selling it now would bring."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime

from django import forms
from django.utils.translation import gettext_lazy as _

from billing.quote import current_rates, quote_sale
from marketplace.web.compute.my_holdings import average_paid_fen, bought
from marketplace.web.fields import HourField, SiteChoice, YuanField
from matching.engine.dtypes import Kind, Side, TimeInForce
from matching.models import BookLevel, Site
from matching.rules import OrderRequest


class SellBackForm(forms.Form):
    """Which hours of which site, how many accelerators, and the price at which to list them."""

    site = SiteChoice(Site.objects.none(), label=_("Site"), empty_label=None)
    start = HourField(label=_("From"))
    hours = forms.IntegerField(label=_("Hours"), min_value=1, max_value=1024)
    quantity = forms.IntegerField(label=_("Accelerators"), min_value=1)
    price_fen = YuanField(label=_("List at"), required=False)

    def __init__(self, *args: object, participant_id: int, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        sites = Site.objects.filter(holdings__in=bought(participant_id)).distinct()
        self.fields["site"].queryset = sites.select_related("market__compute_class", "market__hub")  # type: ignore[attr-defined]


@dataclass(frozen=True, slots=True)
class SellQuote:
    """What selling `quantity` in each hour now would bring; money in fen, `taken` and `wanted` in accelerator-hours."""

    free: int  # accelerators that may be sold in every hour
    wanted: int
    taken: int
    floor_fen: int | None  # the lowest bid that it would hit
    value_fen: int
    receive_fen: int  # after the fee
    fee_bps: int
    paid_fen: int | None  # average price paid
    cost_fen: int | None  # what the taken accelerator-hours had cost, at that average

    @property
    def average_fen(self) -> int | None:
        return self.value_fen // self.taken if self.taken else None

    @property
    def against_fen(self) -> int | None:
        """Received less paid; a loss is negative."""
        return None if self.cost_fen is None else self.receive_fen - self.cost_fen


def quote_sell_back(
    *, participant_id: int, site: Site, start: int, hours: int, quantity: int, now: datetime
) -> SellQuote:
    """Walk the bids that rest in these hours; four statements, whatever the span."""
    end = start + hours
    mine = bought(participant_id).filter(site=site, hour__gte=start, hour__lt=end)
    left = {
        hour: capacity - committed for hour, capacity, committed in mine.values_list("hour", "capacity", "committed")
    }
    free = min((left.get(hour, 0) for hour in range(start, end)), default=0)
    levels: dict[int, list[tuple[int, int]]] = defaultdict(list)
    bids = BookLevel.objects.filter(market=site.market_id, side=Side.BID, hour__gte=start, hour__lt=end)
    for hour, price_fen, available in bids.order_by("hour", "-price_fen").values_list("hour", "price_fen", "quantity"):
        levels[hour].append((price_fen, available))
    taken = value_fen = 0
    floor_fen: int | None = None
    for found in levels.values():
        wanted = quantity
        for price_fen, available in found:
            part = min(wanted, available)
            if not part:
                break
            wanted -= part
            taken += part
            value_fen += part * price_fen
            floor_fen = price_fen if floor_fen is None else min(floor_fen, price_fen)
    rates = current_rates(now=now, participant_id=participant_id)
    paid_fen = average_paid_fen(participant_id=participant_id, start=start, end=end, site_id=site.pk)
    return SellQuote(
        free=free,
        wanted=quantity * hours,
        taken=taken,
        floor_fen=floor_fen,
        value_fen=value_fen,
        receive_fen=quote_sale(value_fen=value_fen, rates=rates, taker=True).total_fen,
        fee_bps=rates.taker_fee_bps,
        paid_fen=paid_fen,
        cost_fen=None if paid_fen is None else paid_fen * taken,
    )


def sell_request(
    *, participant_id: int, site: Site, start: int, hours: int, quantity: int, price_fen: int, at_once: bool
) -> OrderRequest:
    """The ask: at once what meets a bid at `price_fen` or better, or listed until each hour's gate."""
    return OrderRequest(
        participant_id=participant_id,
        market_id=site.market_id,
        site_id=site.pk,
        side=Side.ASK,
        kind=Kind.HOURLY,
        start=start,
        hours=hours,
        quantity=quantity,
        price_fen=price_fen,
        time_in_force=TimeInForce.IOC if at_once else TimeInForce.GTC,
    )

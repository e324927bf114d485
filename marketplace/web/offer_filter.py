"""The catalogue's filters; they live in the address, so that a filtered list can be sent to a colleague."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from functools import reduce
from operator import or_

import django_filters
from django import forms
from django.db.models import F, FloatField, IntegerField, OrderBy, Q, QuerySet
from django.db.models.expressions import Func
from django.db.models.functions import Cast
from django.utils.translation import gettext_lazy as _

from marketplace.offers.models import Offer
from marketplace.web.figures import TFLOPS_A_PFLOPS
from matching.hours import hour_of
from matching.models import ComputeClass, Hub, Order

SORTS = {
    "class": ("order__market__compute_class__position", "order__price_fen", "id"),
    "hub": ("order__market__hub__position", "order__price_fen", "id"),
    "site": ("order__site__name", "order__start", "id"),
    "start": ("order__start", "order__price_fen", "id"),
    "left": ("-open_accelerator_hours", "order__price_fen", "id"),
    "price": ("order__price_fen", "order__start", "id"),
    "pflops": ("fen_per_tflops", "order__start", "id"),
}
"""Sort keys of the address, each in its natural direction; a leading minus turns it round."""


MORE_FILTERS = ("site", "memory_min", "tflops_min", "pflops_hour_max", "reliability_min", "green_min")
"""Filters that the page keeps folded until one of them is used."""


class SumOfArray(Func):
    """The sum of an integer array's entries."""

    template = "(SELECT coalesce(sum(entry), 0) FROM unnest(%(expressions)s) AS entry)"
    output_field = IntegerField()


class MaxOfArray(Func):
    """The largest entry of an integer array."""

    template = "(SELECT coalesce(max(entry), 0) FROM unnest(%(expressions)s) AS entry)"
    output_field = IntegerField()


def offers_for_sale(*, now: datetime) -> QuerySet[Offer]:
    """Offers of which something can still be bought at `now`, with what is left of them.

    Adds `open_accelerator_hours`, `open_accelerators` (the most that is left in one hour) and `fen_per_tflops`, and what a row shows.
    """
    return (
        Offer.objects.filter(
            order__state__in=(Order.State.PENDING, Order.State.OPEN),
            order__start__gt=hour_of(now) + F("order__market__lead_hours") - F("order__hours"),
        )
        .annotate(open_accelerator_hours=SumOfArray("order__open"), open_accelerators=MaxOfArray("order__open"))
        .filter(open_accelerator_hours__gt=0)
        .annotate(
            fen_per_tflops=Cast("order__price_fen", FloatField()) / F("order__market__compute_class__bf16_tflops")
        )
        .select_related(
            "order__market__compute_class",
            "order__market__hub",
            "order__site__profile",
            "order__participant__reliability",
        )
    )


class WholeNumberFilter(django_filters.NumberFilter):  # type: ignore[misc]  # published without types
    """A number without decimals."""

    field_class = forms.IntegerField


class OfferFilter(django_filters.FilterSet):  # type: ignore[misc]
    """Filters over `offers_for_sale`; `sorted_by` is the sort in force."""

    compute_class = django_filters.ModelChoiceFilter(
        label=_("Class"),
        field_name="order__market__compute_class",
        queryset=ComputeClass.objects.all(),
        to_field_name="slug",
        empty_label=_("All"),
    )
    vendor = django_filters.ChoiceFilter(
        label=_("Vendor"), field_name="order__market__compute_class__vendor", empty_label=_("All"), choices=()
    )
    hub = django_filters.ModelChoiceFilter(
        label=_("Hub"),
        field_name="order__market__hub",
        queryset=Hub.objects.filter(markets__isnull=False).distinct(),
        to_field_name="slug",
        empty_label=_("All"),
    )
    price_max = django_filters.NumberFilter(
        label=_("Price up to"), method="filter_price", min_value=0, max_digits=9, decimal_places=2
    )
    memory_min = WholeNumberFilter(
        label=_("Memory, at least"),
        field_name="order__market__compute_class__memory_gb",
        lookup_expr="gte",
        min_value=1,
    )
    tflops_min = WholeNumberFilter(
        label=_("BF16, at least"),
        field_name="order__market__compute_class__bf16_tflops",
        lookup_expr="gte",
        min_value=1,
    )
    pflops_hour_max = django_filters.NumberFilter(
        label=_("¥/PFLOPS-h up to"), method="filter_pflops_hour", min_value=0, max_digits=9, decimal_places=2
    )
    reliability_min = django_filters.NumberFilter(
        label=_("Reliability, at least"),
        method="filter_reliability",
        min_value=0,
        max_value=100,
        max_digits=5,
        decimal_places=2,
    )
    green_min = WholeNumberFilter(
        label=_("Green share, at least"),
        field_name="order__site__profile__green_share_percent",
        lookup_expr="gte",
        min_value=0,
        max_value=100,
    )
    site = django_filters.CharFilter(label=_("Site or provider"), method="filter_site", max_length=80)
    accelerators = WholeNumberFilter(
        label=_("Accelerators, at least"),
        method="filter_accelerators",
        min_value=1,
        max_value=1_000_000,
    )
    start = django_filters.DateTimeFilter(
        label=_("Delivers after"), method="filter_window", input_formats=["%Y-%m-%dT%H:%M", "%Y-%m-%d"]
    )
    hours = WholeNumberFilter(label=_("within, hours"), method="pass_through", min_value=1, max_value=1_024)

    class Meta:
        model = Offer
        fields: list[str] = []

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        vendors = ComputeClass.objects.order_by("vendor").values_list("vendor", flat=True).distinct()
        self.filters["vendor"].extra["choices"] = [(vendor, vendor) for vendor in vendors]

    @property
    def sorted_by(self) -> str:
        """The sort key in force, with its minus."""
        key = str(self.data.get("sort", "") or "") if self.data else ""
        return key if key.removeprefix("-") in SORTS else "class"

    def filter_queryset(self, queryset: QuerySet[Offer]) -> QuerySet[Offer]:
        """Filter and sort."""
        key = self.sorted_by
        first, *rest = SORTS[key.removeprefix("-")]
        descends = first.startswith("-") != key.startswith("-")
        found: QuerySet[Offer] = super().filter_queryset(queryset)
        return found.order_by(OrderBy(F(first.removeprefix("-")), descending=descends, nulls_last=True), *rest)

    def filter_price(self, queryset: QuerySet[Offer], name: str, value: Decimal) -> QuerySet[Offer]:
        """Yuan in the address, fen in the database."""
        return queryset.filter(order__price_fen__lte=int(value * 100))

    def filter_pflops_hour(self, queryset: QuerySet[Offer], name: str, value: Decimal) -> QuerySet[Offer]:
        """Price over dense BF16 performance; classes that publish none are left out."""
        fen = float(value) * 100 + 0.5  # whatever is shown as this price, rounded half up
        return queryset.filter(fen_per_tflops__lt=fen / TFLOPS_A_PFLOPS)  # type: ignore[misc]  # annotated

    def filter_site(self, queryset: QuerySet[Offer], name: str, value: str) -> QuerySet[Offer]:
        """A part of a site's or its provider's name, in either language."""
        names = ("site__name", "site__name_zh", "participant__name", "participant__name_zh")
        return queryset.filter(reduce(or_, (Q(**{f"order__{field}__icontains": value}) for field in names)))

    def filter_reliability(self, queryset: QuerySet[Offer], name: str, value: Decimal) -> QuerySet[Offer]:
        """Percent in the address; providers without a score yet are left out."""
        return queryset.filter(order__site__provider__reliability__score_bps__gte=int(value * 100))

    def filter_accelerators(self, queryset: QuerySet[Offer], name: str, value: int) -> QuerySet[Offer]:
        """Enough left in at least one hour."""
        return queryset.filter(open_accelerators__gte=value)  # type: ignore[misc]  # annotated

    def filter_window(self, queryset: QuerySet[Offer], name: str, value: datetime) -> QuerySet[Offer]:
        """Delivers in some hour of the window; without a length the window has no end."""
        start = hour_of(value)
        found = queryset.filter(order__start__gt=start - F("order__hours"))
        hours = self.form.cleaned_data.get("hours")
        return found.filter(Q(order__start__lt=start + int(hours))) if hours else found

    def pass_through(self, queryset: QuerySet[Offer], name: str, value: object) -> QuerySet[Offer]:
        """The window's length does nothing without its start."""
        return queryset

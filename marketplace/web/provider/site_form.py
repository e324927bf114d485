"""The form that registers a site."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from marketplace.web.templatetags.names import named
from matching.models import Market


class MarketChoice(forms.ModelChoiceField):  # type: ignore[type-arg]  # not generic at run time
    """Markets as class and hub."""

    def label_from_instance(self, obj: Any) -> str:
        """`A100-SXM4-80G · Yangtze Delta`."""
        return f"{obj.compute_class.slug} · {named(obj.hub)}"


class SiteForm(forms.Form):
    """One data hall, one class of accelerators, one interconnect domain."""

    name = forms.CharField(label=_("Name"), max_length=80, help_text=_("Buyers see it: Wuhu-1."))
    name_zh = forms.CharField(label=_("Chinese name"), max_length=80, required=False)
    market = MarketChoice(
        Market.objects.select_related("compute_class", "hub"),
        label=_("Compute class and hub"),
        help_text=_("All accelerators of a site are of one class."),
    )
    accelerators = forms.IntegerField(label=_("Accelerators installed"), min_value=1, max_value=1_000_000)
    interconnect = forms.CharField(
        label=_("Interconnect"), max_length=80, required=False, help_text=_("For example NVLink 400 GB/s, IB NDR 400.")
    )

    def facts(self) -> dict[str, Any]:
        """What register_site takes."""
        data = self.cleaned_data
        return {
            "market_id": data["market"].pk,
            "name": data["name"],
            "name_zh": data["name_zh"],
            "accelerators": data["accelerators"],
            "interconnect": data["interconnect"],
        }

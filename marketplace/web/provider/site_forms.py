"""The steps in which a provider describes a site; each saves what it has."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from marketplace.offers.models import SiteProfile
from marketplace.offers.onboarding import REQUIRED
from marketplace.web.templatetags.names import named
from matching.models import ComputeClass, Hub


class HubChoice(forms.ModelChoiceField):  # type: ignore[type-arg]  # not generic at run time
    """Hubs by their name in the page's language."""

    def label_from_instance(self, obj: Any) -> str:
        """`Yangtze Delta`."""
        return named(obj)


class StepForm(forms.ModelForm):  # type: ignore[type-arg]  # not generic at run time
    """What a step asks for; required is what an operator needs to see."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, field in self.fields.items():
            field.required = name in REQUIRED

    def said(self) -> dict[str, Any]:
        """Every field that can be read, also of a form that is not complete."""
        self.is_valid()
        return {name: self.cleaned_data[name] for name in self.fields if name in self.cleaned_data}

    def _post_clean(self) -> None:
        """Leave the row alone: the verb checks and stores it."""


class PlaceForm(StepForm):
    """Where it is, and what it has."""

    compute_class = forms.ModelChoiceField(
        ComputeClass.objects.all(),
        label=_("Compute class"),
        empty_label=_("Choose one"),
        help_text=_("All accelerators of a site are of one class."),
    )
    hub = HubChoice(Hub.objects.all(), label=_("Hub"), empty_label=_("Choose one"))

    class Meta:
        model = SiteProfile
        fields = ("name", "name_zh", "city", "compute_class", "hub")
        labels = {"name": _("Name"), "name_zh": _("Chinese name"), "city": _("City")}
        help_texts = {"name": _("Buyers see it: Wuhu-1.")}


class HardwareForm(StepForm):
    """How much of it, and how it is connected."""

    class Meta:
        model = SiteProfile
        fields = ("accelerators", "node_accelerators", "interconnect", "network_gbps", "storage_tb")
        labels = {
            "accelerators": _("Accelerators installed"),
            "node_accelerators": _("Accelerators in one machine"),
            "interconnect": _("Interconnect"),
            "network_gbps": _("Network to the outside, Gb/s"),
            "storage_tb": _("Shared storage, TB"),
        }
        help_texts = {"interconnect": _("For example NVLink 400 GB/s, IB NDR 400.")}


class PowerForm(StepForm):
    """What it runs on."""

    green_share_percent = forms.IntegerField(
        label=_("Green share, %"),
        min_value=0,
        max_value=100,
        help_text=_("Of the energy used in a year, covered by green certificates. Buyers can filter by it."),
    )

    class Meta:
        model = SiteProfile
        fields = ("power_source", "green_share_percent")
        labels = {"power_source": _("Power source")}


class IdentifierForm(StepForm):
    """Under which public identifier other platforms know it."""

    class Meta:
        model = SiteProfile
        fields = ("identifier",)
        labels = {"identifier": _("Public compute identifier")}
        help_texts = {
            "identifier": _("The one that your site has in the national scheme. Without one the exchange gives it one.")
        }


STEPS: dict[str, tuple[str | Promise, type[StepForm] | None]] = {
    "place": (_("Place"), PlaceForm),
    "hardware": (_("Hardware"), HardwareForm),
    "power": (_("Power"), PowerForm),
    "identifier": (_("Identifier"), IdentifierForm),
    "check": (_("Check and submit"), None),
}
"""Word of the address, title and form of each step, in order."""

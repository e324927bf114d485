"""The forms by which finance sets up voucher programmes and gives vouchers out."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from billing.period import first_hour_of
from marketplace.web.desk.fee_forms import PercentField
from marketplace.web.fields import YuanField
from marketplace.web.templatetags.names import named
from matching.models import ComputeClass, Participant


def _day(label: Any) -> forms.DateField:
    return forms.DateField(label=label, widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"))


class ProgrammeForm(forms.Form):
    """Budget, cap and validity, and a share for each compute class; an empty share makes a class not eligible."""

    name = forms.CharField(max_length=120, label=_("Name"))
    name_zh = forms.CharField(max_length=120, required=False, label=_("Name in Chinese"))
    sponsor = forms.CharField(max_length=120, label=_("Sponsor"))
    budget_fen = YuanField(label=_("Budget, ¥"))
    cap_fen = YuanField(label=_("At most for one participant, ¥"))
    first_day = _day(_("First day (Beijing)"))
    last_day = _day(_("Last day"))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.classes = list(ComputeClass.objects.order_by("position", "pk"))
        for each in self.classes:
            self.fields[f"share_{each.pk}"] = PercentField(required=False, label=each.slug)

    def main_fields(self) -> list[forms.BoundField]:
        """All but the shares."""
        return [field for field in self if not field.name.startswith("share_")]

    def shares(self) -> list[forms.BoundField]:
        """A share for each compute class."""
        return [self[f"share_{each.pk}"] for each in self.classes]

    def terms(self) -> dict[str, Any]:
        """What `create_programme` takes."""
        data = self.cleaned_data
        last: date = data["last_day"]
        return {
            **{name: data[name] for name in ("name", "name_zh", "sponsor", "budget_fen", "cap_fen")},
            "start": first_hour_of(data["first_day"]),
            "end": first_hour_of(last + timedelta(days=1)),
            "shares_bps": {each.pk: bps for each in self.classes if (bps := data[f"share_{each.pk}"])},
        }


class BuyersChoice(forms.ModelMultipleChoiceField):  # type: ignore[type-arg]  # not generic at run time
    """Buyers by their name in the page's language."""

    def label_from_instance(self, obj: Any) -> str:
        """`Riverside`."""
        return str(named(obj))


class IssueForm(forms.Form):
    """To whom vouchers are given, and up to how much."""

    participants = BuyersChoice(
        Participant.objects.none(), label=_("Buyers"), widget=forms.CheckboxSelectMultiple, required=True
    )
    limit_fen = YuanField(label=_("Up to, ¥"), required=False, help_text=_("Left empty: the programme's cap."))

    def __init__(self, *args: Any, programme_id: int, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        buyers = Participant.objects.filter(buys=True).exclude(vouchers__programme_id=programme_id)
        self.fields["participants"].queryset = buyers.order_by("slug")  # type: ignore[attr-defined]


class SponsorForm(forms.Form):
    """What the sponsor has paid to our bank."""

    amount_fen = YuanField(label=_("Amount, ¥"))
    bank_reference = forms.CharField(max_length=80, label=_("The bank's number"))

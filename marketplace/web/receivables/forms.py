"""What finance enters about credit: limits, holds of dunning, write-offs."""

from __future__ import annotations

from decimal import Decimal

from django import forms
from django.utils.translation import gettext_lazy as _

from billing.credit.limits import TERMS_DAYS_MAX
from billing.models import CreditLimit
from marketplace.web.fields import YuanField
from matching.models import Participant

LANGUAGES = ((CreditLimit.Language.ZH_HANS, "中文"), (CreditLimit.Language.EN, "English"))


class LimitForm(forms.Form):
    """A version of a buyer's credit limit, from a day on."""

    participant = forms.ModelChoiceField(
        label=_("Buyer"), queryset=Participant.objects.filter(buys=True).order_by("name"), empty_label=_("Choose")
    )
    limit_fen = YuanField(label=_("Credit limit, ¥"), min_value=Decimal(0), help_text=_("0 ends the credit."))
    terms_days = forms.IntegerField(
        label=_("Days to pay an invoice"), min_value=0, max_value=TERMS_DAYS_MAX, initial=30
    )
    from_day = forms.DateField(label=_("In force from, Beijing"), widget=forms.DateInput(attrs={"type": "date"}))
    language = forms.ChoiceField(label=_("Language of reminders"), choices=LANGUAGES)
    reason = forms.CharField(label=_("Why"), max_length=500)


class HoldForm(forms.Form):
    """Why dunning of an invoice is on hold."""

    reason = forms.CharField(label=_("Why dunning is on hold"), max_length=500)


class WriteOffForm(forms.Form):
    """How much of an invoice is given up, and why."""

    amount_fen = YuanField(label=_("Amount to give up, ¥"))
    reason = forms.CharField(label=_("Why"), max_length=500)

"""The organisation part of signing up, and the form that opens a further organisation."""

from __future__ import annotations

from django import forms
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from marketplace.accounts.acting import Choice, Role
from marketplace.accounts.models import User
from marketplace.accounts.opening import open_organisation
from marketplace.accounts.profile import FACTS
from matching.models import Participant


class OrganisationForm(forms.Form):
    """Name and sides of a new organisation."""

    organisation = forms.CharField(
        label=_("Organisation"), max_length=120, help_text=_("Trades and invoices are in its name.")
    )
    organisation_zh = forms.CharField(label=_("Chinese name"), max_length=120, required=False)
    provides = forms.BooleanField(
        label=_("We also provide compute"), required=False, help_text=_("You can register sites and list capacity.")
    )

    def open_for(self, user: User) -> Participant:
        """Open the organisation that the form describes."""
        return open_organisation(
            user=user,
            name=self.cleaned_data["organisation"],
            name_zh=self.cleaned_data["organisation_zh"],
            provides=self.cleaned_data["provides"],
            now=timezone.now(),
        )


class SignupForm(OrganisationForm):
    """What allauth's sign-up asks besides email and password; allauth calls `signup` once the user is saved."""

    field_order = ["email", "password1", "password2", "organisation", "organisation_zh", "provides"]

    def signup(self, request: HttpRequest, user: User) -> None:
        """Open the new user's organisation."""
        self.open_for(user)


class ProfileForm(forms.ModelForm):  # type: ignore[type-arg]  # generic only in the stubs
    """The legal facts of an organisation, which its invoices copy when they are issued."""

    class Meta:
        model = Participant
        fields = list(FACTS)
        labels = {
            "name": _("Name"),
            "name_zh": _("Chinese name"),
            "legal_name": _("Legal name"),
            "tax_id": _("Tax ID"),
            "address": _("Registered address"),
            "bank_account": _("Bank and account"),
        }


def sides_of(participant: Participant) -> list[Choice]:
    """What one may act as for it."""
    sides = [(Role.BUYER, participant.buys), (Role.PROVIDER, participant.provides)]
    return [Choice(role, participant) for role, has in sides if has]

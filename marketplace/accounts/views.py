"""Organisation switch, opening an organisation, and its facts; sign-in and the rest is allauth's."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from marketplace.accounts.access import participant_required
from marketplace.accounts.acting import ActingRequest, Role, acting_of, switch_to
from marketplace.accounts.forms import OrganisationForm, ProfileForm, sides_of
from marketplace.accounts.models import User
from marketplace.accounts.profile import change_profile

HOME_OF = {
    Role.VISITOR: "organisation_new",
    Role.BUYER: "compute",
    Role.PROVIDER: "capacity",
    Role.FINANCE: "finance_settlement",
}
"""Where each role starts: URL names."""


@require_POST
@login_required
def switch_organisation(request: HttpRequest) -> HttpResponse:
    """Act as `acting` (`buyer:12`, `provider:12`, `finance`); go to `next`, or to that role's first page."""
    choice = next((c for c in acting_of(request).choices if c.value == request.POST.get("acting")), None)
    if choice is None:
        messages.error(request, _("You are not a member of that organisation."))
        return redirect("/")
    switch_to(request, choice)
    after = request.POST.get("next", "")
    if url_has_allowed_host_and_scheme(after, allowed_hosts={request.get_host()}, require_https=request.is_secure()):
        return redirect(after)
    return redirect(HOME_OF[choice.role])


@require_GET
@login_required
def start(request: HttpRequest) -> HttpResponse:
    """Where a person lands after signing in: the first page of the role."""
    return redirect(HOME_OF[acting_of(request).role])


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def open_organisation_page(request: HttpRequest) -> HttpResponse:
    """Open an organisation and act for it."""
    form = OrganisationForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        assert isinstance(request.user, User)
        switch_to(request, sides_of(form.open_for(request.user))[0])
        messages.success(request, _("%(name)s is open.") % {"name": form.cleaned_data["organisation"]})
        return redirect("start")
    return render(request, "account/organisation_new.html", {"form": form})


@require_http_methods(["GET", "HEAD", "POST"])
@participant_required
def organisation_profile(request: ActingRequest) -> HttpResponse:
    """The facts that invoices copy."""
    form = ProfileForm(request.POST or None, instance=request.participant)
    if request.method == "POST" and form.is_valid():
        change_profile(
            participant_id=request.participant.pk, by=request.user.email, now=timezone.now(), **form.cleaned_data
        )
        messages.success(request, _("Saved. Documents issued from now on carry these facts."))
        return redirect(reverse("organisation_profile"))
    return render(request, "account/organisation_profile.html", {"form": form})

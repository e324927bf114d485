"""The operators' queue of sites that providers have submitted."""

from __future__ import annotations

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_safe

from marketplace.accounts.access import operator_required
from marketplace.accounts.acting import ActingRequest
from marketplace.offers.models import SiteProfile
from marketplace.offers.onboarding import approve_site, refuse_site
from marketplace.offers.refusal import UnableToOffer
from marketplace.web.fragments import render_page
from matching.models import Market, Site

DECIDED_SHOWN = 20


class RefusalForm(forms.Form):
    """Why a site is refused."""

    reason = forms.CharField(
        max_length=500,
        required=False,
        label=gettext_lazy("Reason"),
        help_text=gettext_lazy("Needed to refuse. The provider reads it."),
        widget=forms.Textarea(attrs={"rows": 3}),
    )


@require_safe
@operator_required
def site_queue(request: ActingRequest) -> HttpResponse:
    """Sites that wait, oldest first, and what was decided last."""
    found = SiteProfile.objects.select_related("provider", "compute_class", "hub", "site")
    context = {
        "waiting": found.filter(state=SiteProfile.State.SUBMITTED).order_by("submitted_at"),
        "decided": found.filter(decided_at__isnull=False).order_by("-decided_at")[:DECIDED_SHOWN],
    }
    return render_page(request, "operations/sites.html", "live", context)


@require_http_methods(["GET", "HEAD", "POST"])
@operator_required
def site_decision(request: ActingRequest, profile_id: int) -> HttpResponse:
    """One submitted site with all that its provider says; approve it, or refuse it with a reason."""
    found = SiteProfile.objects.select_related("provider", "compute_class", "hub", "site")
    profile = get_object_or_404(found, pk=profile_id)
    form = RefusalForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        own = {"by": request.user.email, "now": timezone.now()}
        try:
            if "refuse" in request.POST:
                refuse_site(profile_id=profile.pk, reason=form.cleaned_data["reason"], **own)  # type: ignore[arg-type]
                messages.success(request, _("%(name)s is refused.") % {"name": profile.name})
            else:
                site = approve_site(profile_id=profile.pk, **own)  # type: ignore[arg-type]
                messages.success(request, _("%(name)s trades from now on, as %(id)s.") % {
                    "name": site.name, "id": site.identifier
                })  # fmt: skip
        except UnableToOffer as error:
            form.add_error(error.field if error.field in form.fields else None, str(error))
        else:
            return redirect("operations_sites")
    context = {
        "profile": profile,
        "form": form,
        "market": Market.objects.filter(compute_class=profile.compute_class, hub=profile.hub).first(),
        "others": Site.objects.filter(provider=profile.provider).select_related("market__compute_class", "market__hub"),
    }
    return render(request, "operations/site.html", context, status=422 if form.errors else 200)

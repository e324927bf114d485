"""Deliveries: a holder compares the meters with its contracts and disputes an hour."""

from __future__ import annotations

from django import forms
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from billing.delivery.disputes import UnableToDispute, delivered_accelerators, raise_dispute
from billing.models import Dispute
from marketplace.accounts.access import participant_required
from marketplace.accounts.acting import ActingRequest
from marketplace.web.delivery_access import holder_runs
from marketplace.web.delivery_rows import Deliveries, deliveries_of
from marketplace.web.fragments import render_page
from marketplace.web.hour_calendar import Ruler, ruler_of
from matching.models import Site

SPANS = {24: gettext_lazy("24 h"), 72: gettext_lazy("72 h"), 168: gettext_lazy("1 week")}


class DisputeForm(forms.Form):
    """What the holder got, and what was wrong."""

    accelerators = forms.IntegerField(min_value=0, label=gettext_lazy("Accelerators you could use"))
    reason = forms.CharField(
        max_length=500, label=gettext_lazy("What was wrong"), widget=forms.Textarea(attrs={"rows": 3})
    )


@require_http_methods(["GET", "HEAD"])
@participant_required
def deliveries(request: ActingRequest) -> HttpResponse:
    """What one's contracts were due, and what the meters say."""
    ruler = ruler_of(request.GET, now=timezone.now(), days_before=1)
    found = deliveries_of(ruler=ruler, holder_id=request.participant.pk)
    runs = holder_runs(holder_id=request.participant.pk, now=ruler.now)
    context = {**delivery_context(ruler, found), "access_runs": runs}
    return render_page(request, "compute/deliveries.html", "live", context)


@require_http_methods(["GET", "HEAD", "POST"])
@participant_required
def dispute(request: ActingRequest, site_id: int, hour: int) -> HttpResponse:
    """Raise a dispute about one hour, or see how it stands."""
    site = Site.objects.filter(pk=site_id).first()
    counted = delivered_accelerators(site_id=site_id, hour=hour, holder_id=request.participant.pk) if site else 0
    found = (
        Dispute.objects.filter(site_id=site_id, hour=hour, holder=request.participant).select_related("ruling").first()
    )
    if site is None or (counted == 0 and found is None):
        raise Http404(_("You hold nothing there."))
    form = DisputeForm(request.POST or None, initial={"accelerators": max(counted - 1, 0)})
    if request.method == "POST" and form.is_valid():
        try:
            raise_dispute(
                site_id=site.pk, hour=hour, holder_id=request.participant.pk, by=request.user.email, now=timezone.now(),
                **form.cleaned_data,
            )  # fmt: skip
        except UnableToDispute as error:
            form.add_error(error.field if error.field in form.fields else None, str(error))
        else:
            messages.success(
                request, _("Your dispute is with the exchange. What you contest is kept until it has decided.")
            )
            return redirect("delivery_dispute", site_id=site.pk, hour=hour)
    context = {"site": site, "hour": hour, "counted": counted, "dispute": found, "form": form}
    return render(request, "compute/dispute.html", context, status=422 if form.errors else 200)


def delivery_context(ruler: Ruler, found: Deliveries) -> dict[str, object]:
    return {"ruler": ruler, "deliveries": found, "spans": SPANS}

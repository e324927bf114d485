"""Handing over access details: what is due soon and what has been handed over, and one holder's form."""

from __future__ import annotations

from dataclasses import dataclass

from django import forms
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_safe

from billing.delivery.access import TEXT_LENGTH_MAX, DueRun, UnableToHandOver, due_runs, hand_over_access
from billing.models import AccessHandover
from marketplace.accounts.access import provider_required
from marketplace.accounts.acting import ActingRequest
from marketplace.web.fragments import render_page
from marketplace.web.templatetags.names import named
from matching.hours import hour_of
from matching.models import Participant, Site

HOURS_BACK, HOURS_AHEAD = 24, 24 * 14
SHOWN = 100
OPENINGS_SHOWN = 20


class AccessForm(forms.Form):
    """How to log in."""

    text = forms.CharField(
        label=gettext_lazy("Access details"),
        max_length=TEXT_LENGTH_MAX,
        widget=forms.Textarea(attrs={"rows": 8, "spellcheck": "false", "autocomplete": "off"}),
        help_text=gettext_lazy(
            "Address, account, key or password. Kept encrypted; only the holder sees it, from gate closure on."
        ),
    )


@dataclass(frozen=True, slots=True)
class AccessRow:
    """A run of hours that is due to a holder."""

    run: DueRun
    site: Site
    holder: Participant
    has_begun: bool


@require_safe
@provider_required
def access(request: ActingRequest) -> HttpResponse:
    """Deliveries of today and the next two weeks, soonest first, and which of them lack access details."""
    rows = _rows(request.participant.pk)
    context = {"rows": rows[:SHOWN], "missing": sum(row.run.handover is None for row in rows)}
    return render_page(request, "provider/access.html", "rows", context)


@require_http_methods(["GET", "HEAD", "POST"])
@provider_required
def hand_over(request: ActingRequest, site_id: int, holder_id: int, start: int) -> HttpResponse:
    """Write a holder's access details for its hours from `start` on, and see who has read them."""
    wanted = (site_id, holder_id, start)
    row = next(
        (r for r in _rows(request.participant.pk) if (r.run.site_id, r.run.holder_id, r.run.start) == wanted), None
    )
    if row is None:
        raise Http404(_("Nothing is due there."))
    form = AccessForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            hand_over_access(
                provider_id=request.participant.pk, site_id=site_id, holder_id=holder_id, start=start, hours=row.run.hours,
                text=form.cleaned_data["text"], by=request.user.email, now=timezone.now(),
            )  # fmt: skip
        except UnableToHandOver as error:
            form.add_error(error.field if error.field in form.fields else None, str(error))
        else:
            messages.success(request, _("Handed over. %(holder)s sees it from gate closure on.") % {
                "holder": named(row.holder)
            })  # fmt: skip
            return redirect("provider_access")
    handed = AccessHandover.objects.filter(site_id=site_id, holder_id=holder_id, start__lte=start)
    context = {
        "row": row,
        "form": form,
        "handed": [h for h in handed[:OPENINGS_SHOWN] if h.start + h.hours > start],
        "openings": row.run.handover.openings.all()[:OPENINGS_SHOWN] if row.run.handover else [],
    }
    return render(request, "provider/hand_over.html", context, status=422 if form.errors else 200)


def _rows(provider_id: int) -> list[AccessRow]:
    hour = hour_of(timezone.now())
    runs = due_runs(provider_id=provider_id, start=hour - HOURS_BACK, end=hour + HOURS_AHEAD)
    sites = Site.objects.select_related("market__compute_class", "market__hub").in_bulk({run.site_id for run in runs})
    holders = Participant.objects.in_bulk({run.holder_id for run in runs})
    live = [run for run in runs if run.start + run.hours > hour]
    return [AccessRow(run, sites[run.site_id], holders[run.holder_id], run.start <= hour) for run in live]

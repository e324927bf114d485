"""Finance: disputes and their rulings, a run with what corrected it, and a reading with all that follows from it."""

from __future__ import annotations

from django import forms
from django.contrib import messages
from django.db.models import Sum
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_safe

from billing.delivery.disputes import UnableToDispute, held_accelerators, resolve_dispute
from billing.models import Adjustment, Dispute, MeterReading, SettlementRun
from marketplace.accounts.access import finance_required
from marketplace.accounts.acting import ActingRequest

SHOWN = 200

_TRADE = ("trade__buyer", "trade__seller", "trade__site", "run", "reading", "dispute")


class RulingForm(forms.Form):
    """The decision; without a number the dispute is rejected."""

    decision = forms.ChoiceField(
        choices=[("upheld", gettext_lazy("Uphold")), ("rejected", gettext_lazy("Reject"))],
        label=gettext_lazy("Decision"),
    )
    accelerators = forms.IntegerField(
        required=False,
        label=gettext_lazy("Accelerators delivered"),
        help_text=gettext_lazy("Where you uphold it: how many were delivered."),
    )
    resolution = forms.CharField(max_length=500, label=gettext_lazy("Reason"), widget=forms.Textarea(attrs={"rows": 2}))

    def clean(self) -> dict[str, object]:
        """A decision to uphold needs a number."""
        data = super().clean() or {}
        if data.get("decision") == "upheld" and data.get("accelerators") is None and "accelerators" not in self.errors:
            self.add_error("accelerators", _("Say how many were delivered."))
        return data


@require_safe
@finance_required
def disputes(request: ActingRequest) -> HttpResponse:
    """Open disputes first, then those that are decided."""
    found = Dispute.objects.select_related("site__provider", "holder", "ruling")
    context = {
        "open": found.filter(state=Dispute.State.OPEN).order_by("id")[:SHOWN],
        "resolved": found.exclude(state=Dispute.State.OPEN)[:SHOWN],
    }
    return render(request, "finance/disputes.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@finance_required
def dispute(request: ActingRequest, dispute_id: int) -> HttpResponse:
    """One dispute: what both sides say, the readings, and the decision."""
    found = get_object_or_404(Dispute.objects.select_related("site__provider", "holder", "ruling"), pk=dispute_id)
    form = RulingForm(request.POST or None, initial={"accelerators": found.accelerators})
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        try:
            resolve_dispute(
                dispute_id=found.pk,
                accelerators=data["accelerators"] if data["decision"] == "upheld" else None,
                resolution=data["resolution"],
                by=request.user.email,
                now=timezone.now(),
            )
        except UnableToDispute as error:
            form.add_error(error.field if error.field in form.fields else None, str(error))
        else:
            messages.success(request, _("Decided. The next settlement posts what follows."))
            return redirect("finance_disputes")
    readings = MeterReading.objects.filter(site=found.site, hour=found.hour, holder=found.holder).order_by("-id")
    context = {
        "dispute": found,
        "form": form,
        "held": held_accelerators(site_id=found.site_id, hour=found.hour, holder_id=found.holder_id),
        "readings": readings,
        "adjustments": Adjustment.objects.filter(
            hour=found.hour, trade__site=found.site, trade__buyer=found.holder
        ).select_related(*_TRADE).order_by("id"),
    }  # fmt: skip
    return render(request, "finance/dispute.html", context, status=422 if form.errors else 200)


@require_safe
@finance_required
def reading(request: ActingRequest, reading_id: int) -> HttpResponse:
    """A reading, the others of its hour, and each adjustment that followed."""
    found = get_object_or_404(MeterReading.objects.select_related("site", "holder", "provider"), pk=reading_id)
    same = {"site": found.site, "hour": found.hour, "holder": found.holder}
    context = {
        "reading": found,
        "held": held_accelerators(site_id=found.site_id, hour=found.hour, holder_id=found.holder_id),
        "readings": MeterReading.objects.filter(**same).order_by("-id"),
        "adjustments": Adjustment.objects.filter(
            hour=found.hour, trade__site=found.site, trade__buyer=found.holder
        ).select_related(*_TRADE).order_by("id"),
    }  # fmt: skip
    return render(request, "finance/reading.html", context)


@require_safe
@finance_required
def run(request: ActingRequest, run_id: int) -> HttpResponse:
    """A run, the runs that corrected it, and what they changed together."""
    found = get_object_or_404(SettlementRun, pk=run_id)
    first = found.corrects or found
    runs = [first, *first.deltas.order_by("id")]
    adjustments = Adjustment.objects.filter(run__in=runs).select_related(*_TRADE).order_by("id")
    names = ("value_fen", "principal_fen", "penalty_fen", "returned_fee_fen", "returned_vat_fen", "disputed_fen")
    totals = SettlementRun.objects.filter(pk__in=[r.pk for r in runs]).aggregate(**{n: Sum(n) for n in names})
    context = {
        "run": first,
        "runs": runs,
        "shown_run": found,
        "totals": totals,
        "adjustments": adjustments[:SHOWN],
        "count": adjustments.count(),
    }
    return render(request, "finance/run.html", context)

"""Who takes part: the list, and each organisation with its people, its open orders and what it may do."""

from __future__ import annotations

from django import forms
from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Count, OuterRef, Q, Subquery
from django.db.models.functions import Coalesce
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_safe

from marketplace.accounts.access import operator_required
from marketplace.accounts.acting import ActingRequest
from marketplace.accounts.models import User
from matching.halts import REASON_LENGTH_MAX
from matching.limits import Limits, set_limits
from matching.models import Finding, Order, Participant, ParticipantLimit, Site

PARTICIPANTS_A_PAGE = 50
FINDINGS_SHOWN = 5
OPEN = (Order.State.PENDING, Order.State.OPEN)


class LimitForm(forms.Form):
    """What a participant may do, and why."""

    is_stopped = forms.BooleanField(label=gettext_lazy("No new orders"), required=False)
    open_orders_max = forms.IntegerField(
        label=gettext_lazy("Open orders, at most"), required=False, min_value=1, max_value=2**31 - 1
    )
    order_accelerator_hours_max = forms.IntegerField(
        label=gettext_lazy("One order, at most, accelerator-hours"), required=False, min_value=1, max_value=2**53
    )
    reason = forms.CharField(
        label=gettext_lazy("Reason"),
        max_length=REASON_LENGTH_MAX,
        help_text=gettext_lazy("The participant reads it when an order is refused."),
    )


@require_safe
@operator_required
def participants(request: ActingRequest) -> HttpResponse:
    """Every organisation, newest first, or those whose name fits."""
    query = request.GET.get("q", "").replace("\0", "").strip()
    open_orders = Order.objects.filter(participant=OuterRef("pk"), state__in=OPEN).order_by().values("participant")
    found = Participant.objects.select_related("limit").annotate(
        open_orders=Coalesce(Subquery(open_orders.annotate(n=Count("id")).values("n")), 0)
    )
    if query:
        found = found.filter(Q(name__icontains=query) | Q(name_zh__icontains=query) | Q(slug__icontains=query))
    page = Paginator(found.order_by("-id"), PARTICIPANTS_A_PAGE).get_page(request.GET.get("page"))
    return render(request, "operations/participants.html", {"page": page, "query": query})


@require_http_methods(["GET", "HEAD", "POST"])
@operator_required
def participant(request: ActingRequest, participant_id: int) -> HttpResponse:
    """One organisation; limit what it may do."""
    found = get_object_or_404(Participant, pk=participant_id)
    limit = ParticipantLimit.objects.filter(pk=participant_id).first()
    form = LimitForm(request.POST or None, initial=_initial(limit))
    if request.method == "POST" and form.is_valid():
        data = dict(form.cleaned_data)
        reason = data.pop("reason")
        set_limits(
            participant_id=participant_id,
            limits=Limits(**data),
            by=request.user.email,
            reason=reason,
            now=timezone.now(),
        )
        messages.success(request, _("Holds from its next order on."))
        return redirect("operations_participant", participant_id=participant_id)
    context = {
        "participant": found,
        "limit": limit,
        "form": form,
        "people": User.objects.filter(memberships__participant=found).order_by("email"),
        "sites": Site.objects.filter(provider=found).select_related("market"),
        "open_orders": Order.objects.filter(participant=found, state__in=OPEN).count(),
        "findings": Finding.objects.filter(Q(participant=found) | Q(other=found))[:FINDINGS_SHOWN],
    }
    return render(request, "operations/participant.html", context, status=422 if form.errors else 200)


def _initial(limit: ParticipantLimit | None) -> dict[str, object]:
    if limit is None:
        return {}
    return {name: getattr(limit, name) for name in ("is_stopped", "open_orders_max", "order_accelerator_hours_max")}

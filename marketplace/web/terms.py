"""What a participant pays and gets: its fee tier, its VAT rate, the penalty for shortfalls, and its vouchers."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from billing.delivery.penalty import read_penalty
from billing.fees.terms import read_fee_terms
from billing.models import Voucher, VoucherProgramme, VoucherUse
from marketplace.accounts.access import participant_required
from marketplace.accounts.acting import ActingRequest
from matching.hours import hour_of

USES = 40


@require_safe
@participant_required
def terms(request: ActingRequest) -> HttpResponse:
    """The organisation's tier today, what the next one needs, and its vouchers with what they have paid."""
    now, participant_id = timezone.now(), request.participant.pk
    held = Voucher.objects.filter(participant_id=participant_id).exclude(programme__state=VoucherProgramme.State.DRAFT)
    uses = VoucherUse.objects.filter(voucher__participant_id=participant_id)
    context = {
        "fees": read_fee_terms(participant_ids=[participant_id], now=now).get(participant_id),
        "penalty": read_penalty(now=now),
        "vouchers": held.select_related("programme")
        .prefetch_related("programme__rates__compute_class")
        .order_by("programme__end", "pk"),
        "uses": uses.select_related("voucher__programme", "compute_class").order_by("-pk")[:USES],
        "now_hour": hour_of(now),
    }
    return render(request, "wallet/terms.html", context)

"""Paying in on a provider's page: the amount, and what has become of each payment."""

from __future__ import annotations

from contextlib import suppress
from uuid import uuid4

from django import forms
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods, require_safe

from billing.funds import UnableToDeposit
from billing.models import TopUp
from billing.money import yuan
from billing.payments import stripe_checkout
from billing.payments.method import PaymentProviderUnavailable
from billing.payments.top_ups import AMOUNT_FEN_MAX, AMOUNT_FEN_MIN, check_top_up, start_top_up
from marketplace.accounts.access import participant_required
from marketplace.accounts.acting import ActingRequest
from marketplace.web.fields import YuanField
from marketplace.web.fragments import render_page

SHOWN = 20


class TopUpForm(forms.Form):
    """How much; `key` makes a form that is sent twice one payment."""

    amount_fen = YuanField(label=_("Amount, ¥"))
    key = forms.CharField(max_length=64, widget=forms.HiddenInput)


@require_http_methods(["GET", "HEAD", "POST"])
@participant_required
def top_ups(request: ActingRequest) -> HttpResponse:
    """Ask for an amount, and send its payer to the page on which it is paid."""
    if not stripe_checkout.is_offered():
        raise Http404
    form = TopUpForm(request.POST or None, initial={"key": str(uuid4()), "amount_fen": _asked_fen(request)})
    if request.method == "POST" and form.is_valid():
        top_up = _start(request, form)
        if top_up is not None:
            return redirect(reverse("top_up", args=[top_up.pk]) + "?go=1")
    context = {
        "form": form,
        "top_ups": TopUp.objects.filter(participant_id=request.participant.pk)[:SHOWN],
        "low": yuan(AMOUNT_FEN_MIN),
        "high": yuan(AMOUNT_FEN_MAX),
    }
    return render(request, "wallet/top_ups.html", context, status=422 if form.errors else 200)


def _asked_fen(request: ActingRequest) -> int | None:
    """Return the amount that a link has asked for: a ticket's missing money."""
    asked = request.GET.get("amount_fen", "")
    return max(int(asked), AMOUNT_FEN_MIN) if asked.isdecimal() and len(asked) < len(str(AMOUNT_FEN_MAX)) + 1 else None


def _start(request: ActingRequest, form: TopUpForm) -> TopUp | None:
    """Start the payment, or let the form say why it cannot be."""
    try:
        return start_top_up(
            participant_id=request.participant.pk,
            amount_fen=form.cleaned_data["amount_fen"],
            key=form.cleaned_data["key"],
            method=stripe_checkout.stripe_checkout(),
            return_url=request.build_absolute_uri(reverse("top_ups")) + "{top_up}/",
            language=get_language() or "",
            now=timezone.now(),
        )
    except UnableToDeposit as error:
        form.add_error("amount_fen", str(error))
    except PaymentProviderUnavailable as error:
        form.add_error(None, str(error.sentence))
    return None


@require_safe
@participant_required
def top_up(request: ActingRequest, top_up_id: int) -> HttpResponse:
    """One payment: on to its page, or what has become of it."""
    found = get_object_or_404(TopUp, participant_id=request.participant.pk, pk=top_up_id)
    is_leaving = "go" in request.GET and found.state == TopUp.State.OPEN and bool(found.page_url)
    if found.is_open and not is_leaving and stripe_checkout.is_offered():
        # Where the provider does not answer, the page shows what we know and asks again.
        with suppress(PaymentProviderUnavailable):
            found = check_top_up(top_up=found, method=stripe_checkout.stripe_checkout(), now=timezone.now())
    return render_page(request, "wallet/top_up.html", "state", {"top_up": found, "is_leaving": is_leaving})

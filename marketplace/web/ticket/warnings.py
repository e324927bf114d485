"""A person's own warning limits: what is said before an order beyond them is sent, and the page on which they are set."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from marketplace.accounts.models import User, WarningLimit
from marketplace.web.fields import YuanField
from marketplace.web.templatetags.numbers import money
from matching.models import Market
from matching.rules import OrderRequest


class WarningLimitForm(forms.Form):
    """Three limits; what is left empty is not looked at."""

    value_fen = YuanField(
        label=gettext_lazy("Warn above, yuan"),
        required=False,
        help_text=gettext_lazy("Of the whole order at its limit, before fee and VAT."),
    )
    accelerator_hours = forms.IntegerField(
        label=gettext_lazy("Warn above, accelerator-hours"), required=False, min_value=1, max_value=10**12
    )
    off_reference_percent = forms.IntegerField(
        label=gettext_lazy("Warn beyond, % from the reference price"),
        required=False,
        min_value=1,
        max_value=10_000,
        help_text=gettext_lazy("A limit above or below the market's reference price by more than this."),
    )


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def warning_limits(request: HttpRequest) -> HttpResponse:
    """Show and store one's own limits."""
    assert isinstance(request.user, User)
    stored = WarningLimit.objects.filter(user=request.user).first()
    names = ("value_fen", "accelerator_hours", "off_reference_percent")
    initial = {name: getattr(stored, name) for name in names} if stored else {}
    form = WarningLimitForm(request.POST or None, initial=initial)
    if request.method == "POST" and form.is_valid():
        WarningLimit.objects.update_or_create(user=request.user, defaults=form.cleaned_data)
        messages.success(request, _("Your limits are stored. Orders beyond them ask first."))
        return redirect("warning_limits")
    return render(request, "account/warning_limits.html", {"form": form}, status=422 if form.errors else 200)


def warnings_for(user: Any, order: OrderRequest, market: Market) -> list[str]:
    """A sentence for each of the person's limits that the order is beyond; one statement."""
    limits = WarningLimit.objects.filter(user=user).first() if isinstance(user, User) else None
    if limits is None:
        return []
    hours = order.quantity * order.hours
    price_fen = order.price_fen or market.reference_price_fen or 0
    return [sentence for sentence in _sentences(limits, hours, price_fen, market.reference_price_fen) if sentence]


def _sentences(limits: WarningLimit, hours: int, price_fen: int, reference_fen: int | None) -> list[str]:
    said = []
    if limits.value_fen is not None and hours * price_fen > limits.value_fen:
        values = {"value": money(hours * price_fen), "limit": money(limits.value_fen)}
        said.append(_("%(value)s at its limit is more than %(limit)s.") % values)
    if limits.accelerator_hours is not None and hours > limits.accelerator_hours:
        counts = {"hours": f"{hours:,}", "limit": f"{limits.accelerator_hours:,}"}
        said.append(_("%(hours)s acc-h are more than %(limit)s.") % counts)
    if limits.off_reference_percent is not None and reference_fen:
        off = abs(price_fen - reference_fen) * 100
        if off > limits.off_reference_percent * reference_fen:
            terms = {"price": money(price_fen), "off": f"{off / reference_fen:.0f}", "reference": money(reference_fen)}
            said.append(_("%(price)s is %(off)s%% from the reference price %(reference)s.") % terms)
    return said

"""Finance credits a document: choose lines and amounts, see what it does, then confirm."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from billing.credit_notes.by_finance import REASON_MAX, CreditPlan, UnableToCredit, issue_credit_note, plan_credit
from billing.credit_notes.net_lines import Left, creditable_lines, left_fen
from billing.models import Account, Invoice
from marketplace.accounts.access import finance_required
from marketplace.accounts.acting import ActingRequest
from marketplace.web.fields import YuanField

CAUSES = {
    Invoice.Cause.ALLOWANCE: gettext_lazy("Allowance (销售折让)"),
    Invoice.Cause.ERROR: gettext_lazy("Invoiced wrongly (开票有误)"),
    Invoice.Cause.SUSPENDED: gettext_lazy("Service not delivered (服务中止)"),
    Invoice.Cause.RETURN: gettext_lazy("Returned (销货退回)"),
}


class CreditForm(forms.Form):
    """An amount for each line that can be credited, left empty for none, and why."""

    cause = forms.ChoiceField(choices=list(CAUSES.items()), label=gettext_lazy("Cause"))
    reason = forms.CharField(
        label=gettext_lazy("Reason"),
        max_length=REASON_MAX,
        help_text=gettext_lazy("Printed on the note; the other side reads it."),
    )

    def __init__(self, lines: list[Left], *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.lines = lines
        for left in lines:
            self.fields[f"line_{left.line.position}"] = YuanField(
                required=False, min_value=0, label=left.line.item, widget=forms.NumberInput(attrs={"step": "0.01"})
            )

    @property
    def rows(self) -> list[tuple[Left, forms.BoundField]]:
        """Each line with its field."""
        return [(left, self[f"line_{left.line.position}"]) for left in self.lines]

    @property
    def amounts_fen(self) -> dict[int, int]:
        """What is credited, by position."""
        chosen = {left.line.position: self.cleaned_data[f"line_{left.line.position}"] for left in self.lines}
        return {position: fen for position, fen in chosen.items() if fen}


@require_http_methods(["GET", "HEAD", "POST"])
@finance_required
def credit_note(request: ActingRequest, number: str) -> HttpResponse:
    """The form; sent once it shows what would happen, confirmed it issues the note."""
    document = get_object_or_404(Invoice.objects.select_related("participant"), number=number, corrects=None)
    lines = creditable_lines(document)
    whole = {f"line_{left.line.position}": left.amount_fen for left in lines} if "whole" in request.GET else {}
    form = CreditForm(lines, request.POST or None, initial=whole)
    plan = None
    if request.method == "POST" and form.is_valid():
        try:
            if "confirm" in request.POST:
                return _issue(request, document, form)
            plan = plan_credit(document=document, amounts_fen=form.amounts_fen)
        except UnableToCredit as error:
            form.add_error(error.field if error.field in form.fields else None, str(error))
    context = {
        "document": document,
        "form": form,
        "plan": plan,
        "movements": [] if plan is None else _movements(plan),
        "left_fen": left_fen(document),
    }
    return render(request, "finance/credit_note.html", context, status=422 if form.errors else 200)


def _issue(request: ActingRequest, document: Invoice, form: CreditForm) -> HttpResponse:
    seen = request.POST.get("left_fen", "")
    note = issue_credit_note(
        number=document.number,
        amounts_fen=form.amounts_fen,
        cause=form.cleaned_data["cause"],
        reason=form.cleaned_data["reason"],
        by=request.user.email,
        now=timezone.now(),
        left_fen=int(seen) if seen.isdecimal() else -1,
    )
    messages.success(request, _("Issued %(number)s. Its money has moved.") % {"number": note.number})
    return redirect("finance_invoice", note.number)


def _movements(plan: CreditPlan) -> list[dict[str, Any]]:
    """Say each movement in words."""
    kinds = Account.Kind
    words = {
        (kinds.ALLOWANCES, kinds.FUNDS): _("Compute, from the exchange's allowances to the buyer's balance"),
        (kinds.FEES, kinds.FUNDS): _("Fee, from the exchange's fees to the buyer's balance"),
        (kinds.VAT, kinds.FUNDS): _("VAT, from what is owed to the tax office to the buyer's balance"),
        (kinds.FEES, kinds.PAYABLE): _("Fee, from the exchange's fees to what is owed to the provider"),
        (kinds.PAYABLE, kinds.ALLOWANCES): _("Compute, taken from what is owed to the provider"),
        (kinds.RECEIVABLE, kinds.ALLOWANCES): _("Compute, which the provider then owes"),
    }
    return [
        {"words": words[Account.Kind(m.debit_kind), Account.Kind(m.credit_kind)], "amount_fen": m.amount_fen}
        for m in plan.movements
    ]

"""Finance: the bank's statements, and what each of their lines is booked as."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import IO

from django import forms
from django.contrib import messages
from django.db.models import Sum
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_http_methods, require_POST

from billing.bank.booking import UnableToBookLine, book_line, set_line_aside, take_line_back
from billing.bank.importing import import_statement
from billing.bank.suggesting import BookAs, suggest
from billing.models import Account, BankLine, BankStatement
from billing.sheets import BYTES_MAX, SheetError
from marketplace.accounts.access import finance_required
from marketplace.accounts.acting import ActingRequest
from matching.models import Participant

SHOWN = 50
DONE_SHOWN = 20


class StatementForm(forms.Form):
    """A statement as the bank gives it."""

    file = forms.FileField(
        label=gettext_lazy("Statement, CSV or CAMT.053"),
        help_text=gettext_lazy("Lines that were imported before are left alone."),
        widget=forms.ClearableFileInput(attrs={"accept": ".csv,.xml,text/csv,application/xml"}),
    )

    def import_for(self, request: ActingRequest) -> bool:
        """Take the statement in and say how many lines; where that cannot be done, the form says why and False is returned."""
        file: IO[bytes] = self.cleaned_data["file"]
        try:
            done = import_statement(
                content=file.read(BYTES_MAX + 1),
                file_name=str(file.name),
                imported_by=request.user.email,
                now=timezone.now(),
            )
        except SheetError as error:
            for sentence in str(error).splitlines()[:SHOWN]:
                self.add_error("file", sentence)
            return False
        stored = ngettext("%(n)s line stored.", "%(n)s lines stored.", done.stored) % {"n": done.stored}
        known = ngettext("%(n)s was known.", "%(n)s were known.", done.known) % {"n": done.known}
        messages.success(request, f"{stored} {known}" if done.known else stored)
        return True


@require_http_methods(["GET", "HEAD", "POST"])
@finance_required
def bank(request: ActingRequest) -> HttpResponse:
    """The open lines with what they probably are, the statement's balance beside ours, and a new statement."""
    is_sent = request.method == "POST"
    form = StatementForm(request.POST, request.FILES) if is_sent else StatementForm()
    if is_sent and form.is_valid() and form.import_for(request):
        return redirect("finance_bank")
    waiting = BankLine.objects.filter(state=BankLine.State.OPEN)
    lines = list(waiting[:SHOWN])
    suggestions = suggest(lines)
    context = {
        "form": form,
        "rows": [(line, suggestions.get(line.pk)) for line in lines],
        "open": waiting.count(),
        "open_fen": waiting.aggregate(fen=Sum("amount_fen"))["fen"] or 0,
        "done": BankLine.objects.exclude(state=BankLine.State.OPEN).order_by("-handled_at", "-pk")[:DONE_SHOWN],
        "statement": BankStatement.objects.exclude(closing_fen=None).first(),
        "ledger_fen": _ledger_fen(),
        "participants": Participant.objects.order_by("name"),
    }
    return render(request, "finance/bank.html", context, status=422 if form.errors else 200)


def _ledger_fen() -> int:
    account = Account.objects.get(participant=None, kind=Account.Kind.BANK)
    return account.debits_posted - account.credits_posted


@require_POST
@finance_required
def bank_line(request: ActingRequest, line_id: int) -> HttpResponse:
    """Book a line (`book` is what as, then a colon, then whom or which payout), set it aside (`note`), or take it back."""
    verb = _asked_for(request, line_id)
    if verb is None:
        messages.error(request, _("Choose what the line is."))
        return redirect("finance_bank")
    try:
        verb(by=request.user.email, now=timezone.now())
    except UnableToBookLine as error:
        messages.error(request, str(error))
    return redirect("finance_bank")


def _asked_for(request: ActingRequest, line_id: int) -> Callable[..., BankLine] | None:
    book_as, _colon, target = request.POST.get("book", "").partition(":")
    if request.POST.get("do") == "aside":
        return partial(set_line_aside, line_id=line_id, note=request.POST.get("note", ""))
    if request.POST.get("do") == "back":
        return partial(take_line_back, line_id=line_id)
    if book_as in set(BookAs) and target.isdecimal() and len(target) < 19:
        return partial(book_line, line_id=line_id, book_as=BookAs(book_as), target_id=int(target))
    return None

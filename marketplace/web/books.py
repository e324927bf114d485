"""Finance: the ledger as a file for accounting software."""

from __future__ import annotations

from typing import Any

from django import forms
from django.http import FileResponse, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from billing.books.chart import ChartError
from billing.books.journal import Detail
from billing.books.sending import take_books
from marketplace.accounts.access import finance_required
from marketplace.accounts.acting import ActingRequest


class BooksForm(forms.Form):
    """What to write, and which Beijing days."""

    format = forms.ChoiceField(
        label=gettext_lazy("Format"),
        choices=[("beancount", "Beancount"), ("hledger", "hledger"), ("csv", "CSV")],
    )
    detail = forms.ChoiceField(
        label=gettext_lazy("Entries"),
        choices=[
            (Detail.DAY.value, gettext_lazy("One a day and pair of accounts")),
            (Detail.TRANSFER.value, gettext_lazy("One a transfer")),
        ],
    )
    first = forms.DateField(
        label=gettext_lazy("From"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}),
        help_text=gettext_lazy("Beijing day. The file opens with the balances before it."),
    )
    last = forms.DateField(
        label=gettext_lazy("To"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}),
        help_text=gettext_lazy("Leave both empty for everything until now."),
    )

    def clean(self) -> dict[str, Any]:
        """Refuse days in the wrong order."""
        data = super().clean() or {}
        first, last = data.get("first"), data.get("last")
        if first and last and first > last:
            self.add_error("last", _("This day is before the first one."))
        return data


@require_safe
@finance_required
def books(request: ActingRequest) -> HttpResponseBase:
    """The choice of format and days; with a format in the address, the file."""
    form = BooksForm(request.GET if "format" in request.GET else None)
    if form.is_valid():
        data = form.cleaned_data
        try:
            file, name = take_books(
                format=data["format"], detail=Detail(data["detail"]), first=data["first"], last=data["last"],
                by=request.user.email, now=timezone.now(),
            )  # fmt: skip
            return FileResponse(file, as_attachment=True, filename=name)
        except ChartError as error:
            form.add_error(None, str(error))
    status = 422 if form.errors else 200
    response: HttpResponse = render(request, "finance/books.html", {"form": form}, status=status)
    return response

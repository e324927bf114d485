"""Finance: invoices to the tax platform, and its numbers back."""

from __future__ import annotations

from tempfile import SpooledTemporaryFile
from typing import IO

from django import forms
from django.contrib import messages
from django.http import FileResponse, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_http_methods, require_safe

from billing.fapiao.export import (
    invoices_to_apply_for,
    red_letters_that_wait,
    red_letters_to_apply_for,
    write_application,
    write_red_letters,
)
from billing.fapiao.numbers import import_numbers
from billing.period import BEIJING
from billing.sheets import BYTES_MAX, SheetError
from marketplace.accounts.access import finance_required
from marketplace.accounts.acting import ActingRequest

SHOWN = 50
IN_MEMORY_BYTES = 1 << 20
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


class NumbersForm(forms.Form):
    """The tax platform's answer."""

    file = forms.FileField(
        label=gettext_lazy("CSV file"),
        help_text=gettext_lazy(
            "With the columns 申请号, 数电票号码, 开票日期 and 价税合计（小写）; others are left alone."
        ),
        widget=forms.ClearableFileInput(attrs={"accept": ".csv,text/csv"}),
    )

    def import_for(self, request: ActingRequest) -> bool:
        """Take the numbers in and say how many; where that cannot be done, the form says why and False is returned."""
        file: IO[bytes] = self.cleaned_data["file"]
        try:
            done = import_numbers(content=file.read(BYTES_MAX + 1), imported_by=request.user.email, now=timezone.now())
        except SheetError as error:
            for sentence in str(error).splitlines()[:SHOWN]:
                self.add_error("file", sentence)
            return False
        stored = ngettext("%(n)s number stored.", "%(n)s numbers stored.", done.stored) % {"n": done.stored}
        known = ngettext("%(n)s was known.", "%(n)s were known.", done.known) % {"n": done.known}
        messages.success(request, f"{stored} {known}" if done.known else stored)
        return True


@require_http_methods(["GET", "HEAD", "POST"])
@finance_required
def fapiao(request: ActingRequest) -> HttpResponse:
    """What still waits for a number, the file for the platform, and the way back."""
    is_sent = request.method == "POST"
    form = NumbersForm(request.POST, request.FILES) if is_sent else NumbersForm()
    if is_sent and form.is_valid() and form.import_for(request):
        return redirect("finance_fapiao")
    waiting = invoices_to_apply_for().select_related("participant")
    context = {"form": form, "waiting": waiting.count(), "invoices": waiting[:SHOWN], "shown": SHOWN}
    red = red_letters_to_apply_for().select_related("participant")
    context |= {"red_waiting": red.count(), "red": red[:SHOWN], "blue_missing": red_letters_that_wait().count()}
    return render(request, "finance/fapiao.html", context, status=422 if form.errors else 200)


@require_safe
@finance_required
def fapiao_file(request: ActingRequest) -> FileResponse:
    """Every invoice that waits, as the platform's file."""
    file: IO[bytes] = SpooledTemporaryFile(max_size=IN_MEMORY_BYTES)  # noqa: SIM115  (the response closes it)
    write_application(file, invoices=invoices_to_apply_for())
    file.seek(0)
    today = timezone.now().astimezone(BEIJING).date()
    return FileResponse(file, as_attachment=True, filename=f"fapiao-{today}.xlsx", content_type=XLSX)


@require_safe
@finance_required
def red_letter_file(request: ActingRequest) -> FileResponse:
    """Every red letter whose invoice has a number, as the platform's file."""
    file: IO[bytes] = SpooledTemporaryFile(max_size=IN_MEMORY_BYTES)  # noqa: SIM115  (the response closes it)
    write_red_letters(file, notes=red_letters_to_apply_for())
    file.seek(0)
    today = timezone.now().astimezone(BEIJING).date()
    return FileResponse(file, as_attachment=True, filename=f"red-letters-{today}.xlsx", content_type=XLSX)

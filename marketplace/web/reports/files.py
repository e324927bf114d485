"""Files that workers write: how far they are, the link once they are done, and those of the last days."""

from __future__ import annotations

from django.http import FileResponse, Http404, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from billing.exports import CONTENT_TYPES
from billing.exports.jobs import open_file, stop_file
from billing.models import ReportFile
from marketplace.accounts.access import finance_reader_required
from marketplace.accounts.acting import ActingRequest
from marketplace.web.fragments import render_page

SHOWN = 50


@require_safe
@finance_reader_required
def files(request: ActingRequest) -> HttpResponse:
    """The newest files, whoever asked for them."""
    found = list(ReportFile.objects.all()[:SHOWN])
    context = {"files": found, "is_any_under_way": any(made.is_under_way for made in found)}
    return render_page(request, "finance/reports/files.html", "files", context)


@require_safe
@finance_reader_required
def file(request: ActingRequest, file_id: int) -> HttpResponse:
    """One file: a bar while it is written, then the link."""
    made = get_object_or_404(ReportFile, pk=file_id)
    context = {"made": made, "asked": made.asked, "is_own": made.asked_by == request.user.email}
    return render_page(request, "finance/reports/file.html", "state", context)


@require_POST
@finance_reader_required
def file_stop(request: ActingRequest, file_id: int) -> HttpResponse:
    """Stop one's own file."""
    stop_file(file_id=file_id, by=request.user.email)
    return redirect("finance_report_file_made", file_id)


@require_safe
@finance_reader_required
def file_content(request: ActingRequest, file_id: int) -> HttpResponseBase:
    """The file itself, until it expires."""
    made = get_object_or_404(ReportFile, pk=file_id)
    opened = open_file(made=made, by=request.user.email, now=timezone.now())
    if opened is None:
        raise Http404
    content, name = opened
    return FileResponse(content, as_attachment=True, filename=name, content_type=CONTENT_TYPES[made.format])

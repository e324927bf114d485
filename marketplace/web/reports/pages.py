"""One page for every report: chart first, limits in the address, rows that lead on, totals, and its files."""

from __future__ import annotations

import json
from collections.abc import Sequence

from django.http import FileResponse, Http404, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language
from django.views.decorators.http import require_POST, require_safe

from billing.exports import CONTENT_TYPES, formats_of
from billing.exports.at_once import TooLargeToWaitFor, file_at_once
from billing.exports.jobs import UnableToMakeFile, ask_for_file
from billing.reports.asked import read_asked
from billing.reports.changes import CHANGES
from billing.reports.frame import Column, Report
from billing.reports.registry import REPORTS
from billing.reports.rows import Totals, read_rows, read_totals
from marketplace.accounts.access import finance_reader_required, operator_required
from marketplace.accounts.acting import ActingRequest
from marketplace.web.fragments import render_page
from marketplace.web.page_numbers import number
from marketplace.web.reports.cells import Cell, Names, cells_of
from marketplace.web.reports.chart import chart_of
from marketplace.web.reports.limits import fields_of, groups_of

PAGE = 50


@require_safe
@finance_reader_required
def report(request: ActingRequest, name: str) -> HttpResponse:
    """A report's page."""
    return _page(request, _known(name))


@require_safe
@operator_required
def audit_trail(request: ActingRequest) -> HttpResponse:
    """The audit trail for operators."""
    return _page(request, CHANGES)


@require_safe
@finance_reader_required
def report_file(request: ActingRequest, name: str, format: str) -> HttpResponseBase:
    """A report as a file; what is too large to wait for gets a page that asks for it."""
    return _file(request, _known(name), format)


@require_safe
@operator_required
def audit_trail_file(request: ActingRequest, format: str) -> HttpResponseBase:
    """The audit trail as a file, for operators."""
    return _file(request, CHANGES, format)


@require_POST
@finance_reader_required
def report_export(request: ActingRequest, name: str) -> HttpResponse:
    """Ask for a report as a file that a worker writes; the limits stand in the address."""
    now = timezone.now()
    report = _known(name)
    try:
        made = ask_for_file(
            report=report,
            asked=read_asked(request.GET.dict(), now=now, is_recent=report.is_recent),
            format=request.POST.get("format", ""),
            by=request.user.email,
            now=now,
        )
    except UnableToMakeFile as error:
        raise Http404(str(error)) from error
    return redirect("finance_report_file_made", made.pk)


def _known(name: str) -> Report:
    if name not in REPORTS:
        raise Http404(name)
    return REPORTS[name]


def _page(request: ActingRequest, report: Report) -> HttpResponse:
    asked = read_asked(request.GET.dict(), now=timezone.now(), is_recent=report.is_recent)
    offset = number(request.GET.get("after")) or 0
    totals = read_totals(report, asked)
    columns = [column for column in report.columns(asked) if not column.is_in_files_only]
    chart = chart_of(report, asked)
    title, lead = report.in_words(zh=(get_language() or "").startswith("zh"))
    is_finance = request.user.is_finance
    context = {
        "report": report,
        "title": title,
        "lead": lead,
        "asked": asked,
        "fields": fields_of(report, asked),
        "groups": groups_of(report, asked),
        "has_period": any(limit == "period" for limit in report.limits),
        "columns": columns,
        "rows": cells_of(columns, read_rows(report, asked, offset=offset, limit=PAGE), asked),
        "totals": _totals(columns, totals),
        "count": totals.rows,
        "difference": sum(totals.sums[c.name] for c in columns if c.difference),
        "has_difference": any(c.difference for c in columns),
        "chart": chart,
        "chart_data": json.dumps(chart.data) if chart else "",
        "first": offset + 1,
        "last": min(offset + PAGE, totals.rows),
        "next": offset + PAGE if offset + PAGE < totals.rows else None,
        "before": max(offset - PAGE, 0) if offset else None,
        "files": _file_links(report, is_finance=is_finance),
        "is_finance": is_finance,
    }
    return render_page(request, "finance/reports/report.html", "report", context)


def _file_links(report: Report, *, is_finance: bool) -> list[tuple[str, str]]:
    if report is CHANGES and not is_finance:
        return [(format, reverse("audit_trail_file", args=[format])) for format in formats_of(report)]
    return [(format, reverse("finance_report_file", args=[report.name, format])) for format in formats_of(report)]


def _totals(columns: Sequence[Column], totals: Totals) -> list[Cell]:
    if not totals.sums:
        return []
    names = Names([], [])
    return [
        Cell(
            column,
            names.text(column.form, totals.sums[column.name]) if column.name in totals.sums else "",
            is_zero=totals.sums.get(column.name) == 0,
        )
        for column in columns
    ]


def _file(request: ActingRequest, report: Report, format: str) -> HttpResponseBase:
    now = timezone.now()
    asked = read_asked(request.GET.dict(), now=now, is_recent=report.is_recent)
    try:
        file, name = file_at_once(report=report, asked=asked, format=format, by=request.user.email, now=now)
    except TooLargeToWaitFor as error:
        title, _lead = report.in_words(zh=(get_language() or "").startswith("zh"))
        context = {"report": report, "title": title, "asked": asked, "format": format, "count": error.rows}
        return render(request, "finance/reports/large.html", context)
    except UnableToMakeFile as error:
        raise Http404(str(error)) from error
    return FileResponse(file, as_attachment=True, filename=name, content_type=CONTENT_TYPES[format])

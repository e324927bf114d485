"""A provider's deliveries: what is due at its sites, and its meters."""

from __future__ import annotations

from datetime import datetime

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from billing.delivery.reading_csv import FILE_BYTES_MAX, import_readings, preview_readings
from billing.delivery.readings import NewReading, record_readings
from billing.sheets import SheetError
from marketplace.accounts.access import provider_required
from marketplace.accounts.acting import ActingRequest
from marketplace.web.deliveries import delivery_context
from marketplace.web.delivery_rows import Deliveries, DeliveryLine, deliveries_of
from marketplace.web.fragments import render_page
from marketplace.web.hour_calendar import ruler_of

SOURCE = "page"


@require_http_methods(["GET", "HEAD", "POST"])
@provider_required
def provider_deliveries(request: ActingRequest) -> HttpResponse:
    """The delivery schedule of one's sites, with a field for each hour's meter."""
    now = timezone.now()
    ruler = ruler_of(request.GET, now=now, days_before=1)
    deliveries = deliveries_of(ruler=ruler, provider_id=request.participant.pk)
    faults: list[str] = []
    if request.method == "POST":
        faults, taken = _enter(request, deliveries, now)
        if taken:
            messages.success(request, ngettext("%(n)s reading taken.", "%(n)s readings taken.", taken) % {"n": taken})
        if not faults:
            return redirect(f"{reverse('provider_deliveries')}?{request.GET.urlencode()}")
        deliveries = deliveries_of(ruler=ruler, provider_id=request.participant.pk)
    context = {**delivery_context(ruler, deliveries), "faults": faults}
    return render_page(request, "provider/deliveries.html", "live", context, status=422 if faults else 200)


@require_http_methods(["GET", "HEAD", "POST"])
@provider_required
def readings_file(request: ActingRequest) -> HttpResponse:
    """A CSV file of readings: first what would become of each line, then, asked again, taken in as a whole."""
    context: dict[str, object] = {}
    if request.method == "POST":
        file = request.FILES.get("file")
        content = file.read(FILE_BYTES_MAX + 1) if file else request.POST.get("content", "").encode()
        now = timezone.now()
        try:
            if "take" in request.POST:
                new = import_readings(provider_id=request.participant.pk, content=content, now=now)
                messages.success(request, ngettext("%(n)s reading taken.", "%(n)s readings taken.", new) % {"n": new})
                return redirect("provider_deliveries")
            lines = preview_readings(provider_id=request.participant.pk, content=content, now=now)
            context = {
                "lines": [line for line in lines if line.fault] or lines[:50],
                "count": len(lines),
                "known": sum(line.is_known for line in lines),
                "faulty": sum(bool(line.fault) for line in lines),
                "content": content.decode("utf-8-sig", "ignore") if _is_utf8(content) else content.decode("gb18030"),
            }
        except SheetError as error:
            context = {"fault": str(error).splitlines()[0]}
    is_bad = bool(context.get("fault") or context.get("faulty"))
    return render(request, "provider/readings_file.html", context, status=422 if is_bad else 200)


def _enter(request: ActingRequest, found: Deliveries, now: datetime) -> tuple[list[str], int]:
    """Record what was typed; a number that is there already is left alone.

    Returns a sentence a fault, which names the row that it belongs to, and how many were taken.
    """
    faults, rows, readings = [], [], []
    for line in found.lines:
        typed = request.POST.get(line.field, "").strip()
        if not typed or typed == str(line.due.read):
            continue
        if not typed.lstrip("-").isdecimal() or len(typed) > 9:
            faults.append(f"{line.label}: {_('%(value)s is no whole number.') % {'value': typed}}")
            continue
        rows.append(line)
        readings.append(_reading(line, int(typed), now))
    verdicts = record_readings(provider_id=request.participant.pk, readings=readings, now=now)
    faults += [f"{line.label}: {verdict.error}" for line, verdict in zip(rows, verdicts, strict=True) if verdict.error]
    return faults, sum(verdict.is_new for verdict in verdicts)


def _reading(line: DeliveryLine, accelerators: int, now: datetime) -> NewReading:
    return NewReading(
        site=line.site.slug,
        hour=line.due.hour,
        holder=line.holder.slug,
        accelerators=accelerators,
        source=SOURCE,
        source_id=f"{line.due.site_id}/{line.due.hour}/{line.due.holder_id}/{now.isoformat()}",
        read_at=now,
    )


def _is_utf8(content: bytes) -> bool:
    try:
        content.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True

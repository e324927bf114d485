"""Offers from a CSV file: what would become of each line, then, asked again, all of it listed."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_safe

from billing.sheets import SheetError
from marketplace.accounts.access import provider_required
from marketplace.accounts.acting import ActingRequest
from marketplace.offers.bulk_csv import (
    FILE_BYTES_MAX,
    HEADS,
    LINES_MAX,
    REQUIRED,
    import_offers,
    preview_offers,
    template_csv,
)
from matching.models import Site

SHOWN = 50


@require_http_methods(["GET", "HEAD", "POST"])
@provider_required
def offers_file(request: ActingRequest) -> HttpResponse:
    """Check a file, and list it once it is without fault."""
    context: dict[str, object] = {}
    if request.method == "POST":
        file = request.FILES.get("file")
        content = file.read(FILE_BYTES_MAX + 1) if file else request.POST.get("content", "").encode()
        now = timezone.now()
        try:
            if "take" in request.POST:
                new = len(import_offers(provider_id=request.participant.pk, content=content, now=now))
                messages.success(request, ngettext("%(n)s offer listed.", "%(n)s offers listed.", new) % {"n": new})
                return redirect("provider_offers")
            lines = preview_offers(provider_id=request.participant.pk, content=content, now=now)
            listed = [line.listing for line in lines if line.listing and not line.error]
            context = {
                "lines": ([line for line in lines if line.fault] or lines)[:SHOWN],
                "count": len(lines),
                "known": sum(line.is_known for line in lines),
                "faulty": sum(bool(line.fault) for line in lines),
                "accelerator_hours": sum(listing.quantity * listing.hours for listing in listed),
                "value_fen": sum(listing.quantity * listing.hours * listing.price_fen for listing in listed),
                "content": _text(content),
            }
        except SheetError as error:
            context = {"fault": str(error).splitlines()[0]}
    is_bad = bool(context.get("fault") or context.get("faulty"))
    context |= {
        "columns": [(name, names[1], name in REQUIRED) for name, names in HEADS.items()],
        "lines_max": LINES_MAX,
    }
    return render(request, "provider/offers_file.html", context, status=422 if is_bad else 200)


@require_safe
@provider_required
def offers_template(request: ActingRequest) -> HttpResponse:
    """A file to start from, with a line for each site."""
    text = template_csv(list(Site.objects.filter(provider=request.participant)), now=timezone.now())
    response = HttpResponse(text, content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = 'attachment; filename="offers.csv"'
    return response


def _text(content: bytes) -> str:
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("gb18030")

"""What a person sees while the exchange takes no orders in: nothing is lost, and one button sends it again."""

from __future__ import annotations

from collections.abc import Callable

import structlog
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from marketplace.unreachable import UNREACHABLE
from marketplace.web.unreachable import unreachable_page
from matching.inbox import ExchangeBusy

logger = structlog.get_logger(__name__)


class BusyMiddleware:
    """Answers ExchangeBusy from any page, and a database that is away, with 503, Retry-After, and a form that holds what was sent."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self._get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        if isinstance(error, UNREACHABLE):
            logger.warning("The database could not be reached", error=str(error))
            return unreachable_page(request)
        if not isinstance(error, ExchangeBusy):
            return None
        sent = [(name, value) for name, values in request.POST.lists() for value in values]
        fields = [(name, value) for name, value in sent if name != "csrfmiddlewaretoken"]
        response = render(request, "503.html", {"said": str(error), "fields": fields}, status=503)
        response["Retry-After"] = str(error.retry_after_s)
        return response

"""One view that answers with an empty page."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.urls import path


def answer(request: HttpRequest) -> HttpResponse:
    """Answer at once."""
    return HttpResponse("")


urlpatterns = [path("", answer)]

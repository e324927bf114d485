"""The offers catalogue: the front page."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render


def show_offers(request: HttpRequest) -> HttpResponse:
    """Everything on offer that has not closed, with filters in the address."""
    return render(request, "catalogue/offers.html")

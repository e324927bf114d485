"""The order ticket."""
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
def show_ticket(request: HttpRequest) -> HttpResponse:
    """The page."""
    return render(request, "ticket/ticket.html", {})

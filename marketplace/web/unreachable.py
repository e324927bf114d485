"""What a person or a program sees while the database cannot be reached; needs nothing of the database itself."""

from __future__ import annotations

import sys

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.middleware.csrf import get_token
from django.template import engines
from django.views.defaults import server_error

from marketplace.api.problems import CONTENT_TYPE, problem_of_delay
from marketplace.unreachable import UNREACHABLE, unreachable


def answer_failure(request: HttpRequest) -> HttpResponse:
    """Answer what nobody has caught (Django's handler500): 503 where the database is away, else that it is our fault."""
    if not isinstance(sys.exception(), UNREACHABLE):
        return server_error(request)
    if request.path.startswith("/api/"):
        problem = problem_of_delay(unreachable())
        response = JsonResponse(problem.data, status=503, content_type=CONTENT_TYPE)
        response["Retry-After"] = problem["Retry-After"]
        return response
    return unreachable_page(request)


def unreachable_page(request: HttpRequest) -> HttpResponse:
    """Say so with 503 and Retry-After; a button asks again, and sends an order again under its client_order_id."""
    error = unreachable()
    fields = [
        (name, value) for name, values in request.POST.lists() for value in values if name != "csrfmiddlewaretoken"
    ]
    context = {
        "said": str(error),
        "fields": fields if "client_order_id" in request.POST else [],
        "path": request.get_full_path(),
        "again": request.get_full_path() if request.method == "GET" else "/",
        "csrf_token": get_token(request),
    }
    # Without the context processors, which read the database.
    response = HttpResponse(engines["django"].get_template("unreachable.html").render(context), status=503)
    response["Retry-After"] = str(error.retry_after_s)
    return response

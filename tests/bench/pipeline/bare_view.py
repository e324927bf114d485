"""One view that inserts one row and commits."""

from __future__ import annotations

from django.db import connection
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import path
from django.views.decorators.csrf import csrf_exempt


@csrf_exempt
def insert(request: HttpRequest) -> HttpResponse:
    """Insert a row as wide as an order's."""
    with connection.cursor() as cursor:
        cursor.execute(INSERT)
        (order_id,) = cursor.fetchone()
    return JsonResponse({"id": order_id}, status=201)


INSERT = """
    INSERT INTO bare_order (participant_id, market_id, side, kind, start, hours, quantity, price_fen, placed_at)
    VALUES (1, 1, 1, 1, 490000, 4, 8, 1000, now()) RETURNING id
"""

urlpatterns = [path("", insert)]

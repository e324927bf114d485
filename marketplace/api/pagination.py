"""Lists come newest first in pages; `next` and `previous` are addresses to follow as they are."""

from __future__ import annotations

from typing import Any

from rest_framework.pagination import CursorPagination


class NewestFirst(CursorPagination):
    """Stays right while rows are added; there is no page number and no total to count."""

    ordering: Any = "-id"
    page_size = 100
    page_size_query_param = "limit"
    max_page_size = 1000


class ByPosition(NewestFirst):
    """For the few things that have an order of their own."""

    ordering: Any = "id"

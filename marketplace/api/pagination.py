"""Lists come newest first in pages; `next` and `previous` are addresses to follow as they are."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers
from rest_framework.pagination import CursorPagination
from rest_framework.request import Request

LIMIT_DEFAULT, LIMIT_MAX = 100, 1000


class LimitQuery(serializers.Serializer[Any]):
    """How many a page has."""

    limit = serializers.IntegerField(default=LIMIT_DEFAULT, min_value=1, max_value=LIMIT_MAX)


class NewestFirst(CursorPagination):
    """Stays right while rows are added; there is no page number and no total to count."""

    ordering: Any = "-id"
    page_size = LIMIT_DEFAULT
    page_size_query_param = "limit"

    def get_page_size(self, request: Request) -> int:
        """Read `limit`; raises ValidationError rather than guess."""
        query = LimitQuery(data=request.query_params.dict())
        query.is_valid(raise_exception=True)
        limit: int = query.validated_data["limit"]
        return limit

    def get_schema_operation_parameters(self, view: Any) -> list[dict[str, Any]]:
        """Describe `limit` with its bounds."""
        parameters: list[dict[str, Any]] = super().get_schema_operation_parameters(view)
        for parameter in parameters:
            if parameter["name"] == self.page_size_query_param:
                parameter["schema"] |= {"minimum": 1, "maximum": LIMIT_MAX, "default": LIMIT_DEFAULT}
        return parameters


class ByPosition(NewestFirst):
    """For the few things that have an order of their own."""

    ordering: Any = "id"

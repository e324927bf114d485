"""Views that do one thing: a POST that gives a verb what it was sent, and answers how the thing stands then."""

from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar, TypeVar

from django.db.models import Model
from django.shortcuts import get_object_or_404
from django.utils import timezone
from rest_framework import serializers
from rest_framework.generics import GenericAPIView
from rest_framework.request import Request
from rest_framework.response import Response

from marketplace.api.views.base import View

M = TypeVar("M", bound=Model)


class SignedView(View):
    """A view whose verbs ask who does it, and when."""

    @property
    def signed(self) -> dict[str, Any]:
        """Who acts and when, as the verbs take it."""
        now: datetime = timezone.now()
        return {"by": self.by, "now": now}


class Act(SignedView, GenericAPIView[M]):
    """A POST on one thing. Each one's docstring describes it in the schema, and `body`, where it has one, what it takes."""

    body: ClassVar[type[serializers.Serializer[Any]] | None] = None

    def do(self, found: M, **values: Any) -> None:
        """Call the verb with what was sent; its errors say why not."""
        raise NotImplementedError

    # A docstring here would stand in the schema in place of each act's own.
    def post(self, request: Request, **address: Any) -> Response:
        found = get_object_or_404(self.get_queryset(), **address)
        values = self.read(self.body) if self.body is not None else {}
        self.do(found, **values)
        return Response(self.get_serializer(self.get_queryset().get(pk=found.pk)).data)

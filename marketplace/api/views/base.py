"""What all views share: authentication, problems, and the caller."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

from django.http import HttpRequest, HttpResponseBase
from rest_framework import serializers
from rest_framework.exceptions import NotFound
from rest_framework.permissions import AllowAny, BasePermission
from rest_framework.request import Request
from rest_framework.views import APIView

from marketplace.accounts.models import ApiKey, User
from marketplace.api.authentication import AUTHENTICATION, Caller, caller_of
from marketplace.api.fields import HourField
from matching.changes import name_key, no_key_yet
from matching.models import Participant

SPAN_HOURS_MAX = 24 * 92
"""The longest span of hours answered at once: a quarter."""


class View(APIView):
    """A view of the API."""

    authentication_classes = AUTHENTICATION
    permission_classes: Sequence[type[BasePermission]] = (AllowAny,)

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """Answer; what the request changes names its key in the audit trail."""
        with no_key_yet():
            return super().dispatch(request, *args, **kwargs)

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Name the key once it is known and may do this."""
        super().initial(request, *args, **kwargs)
        if isinstance(request.auth, ApiKey):
            name_key(str(request.auth))

    @property
    def by(self) -> str:
        """Who acts, as the verbs take it; only behind a permission that asks for somebody."""
        return cast(User, self.request.user).email

    def read(self, form: type[serializers.Serializer[Any]]) -> dict[str, Any]:
        """Read the body as `form` has it; raises ValidationError."""
        given = form(data=self.request.data)
        given.is_valid(raise_exception=True)
        return dict(given.validated_data)

    @property
    def caller(self) -> Caller:
        """For whom the request acts."""
        return caller_of(self.request)

    @property
    def participant(self) -> Participant:
        """The caller's organisation; only behind a permission that asks for one."""
        participant = self.caller.participant
        assert participant is not None
        return participant


class NothingHere(View):
    """Any other address below the API answers in the API's own form."""

    schema = None

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Answer 404 to every method."""
        raise NotFound


class SpanQuery(serializers.Serializer[Any]):
    """Where a span of delivery hours in the query string starts; `span_of` adds how long it may be."""

    start = HourField(required=False, help_text="First delivery hour; by default the first that still trades.")


def span_of(request: Request, *, default_start: int, hours_max: int = SPAN_HOURS_MAX) -> tuple[int, int]:
    """Read `start` and `hours` (at most `hours_max`) of the query as delivery hours [start, end); raises ValidationError."""
    given: dict[str, Any] = {
        name: request.query_params[name] for name in ("start", "hours") if name in request.query_params
    }
    if given.get("start", "").isascii() and given.get("start", "").isdigit():
        given["start"] = int(given["start"])
    query = SpanQuery(data=given)
    query.fields["hours"] = serializers.IntegerField(default=48, min_value=1, max_value=hours_max)
    query.is_valid(raise_exception=True)
    start: int = query.validated_data.get("start", default_start)
    return start, start + query.validated_data["hours"]

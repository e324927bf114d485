"""Finance closes months and opens them again, two people each time."""

from __future__ import annotations

from datetime import date
from types import SimpleNamespace
from typing import Any, ClassVar

from django.http import Http404
from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.generics import GenericAPIView
from rest_framework.request import Request
from rest_framework.response import Response

from billing.models import MonthClosing
from billing.month_close import ask_to_reopen, reopen_month
from billing.months.closing import agree_to_close, ask_to_close, withdraw_close
from billing.months.open_points import open_points, seal_of
from billing.months.span import Month
from billing.months.standing import read_months, read_standing
from marketplace.api.permissions import ApprovesForFinance, BooksForFinance, ReadsForFinance
from marketplace.api.serializers.finance.months import MonthsSerializer, OneMonthSerializer, ReopeningSerializer
from marketplace.api.views.acts import SignedView

MONTHS_MAX = 120
LIMIT = OpenApiParameter("limit", {"type": "integer", "minimum": 1, "maximum": MONTHS_MAX, "default": 24})


class LimitOfMonths(serializers.Serializer[Any]):
    """How many months."""

    limit = serializers.IntegerField(default=24, min_value=1, max_value=MONTHS_MAX)


class Months(SignedView, GenericAPIView[MonthClosing]):
    """The months of the ledger."""

    permission_classes = (ReadsForFinance,)
    serializer_class = MonthsSerializer

    @extend_schema(parameters=[LIMIT], responses=MonthsSerializer)
    def get(self, request: Request) -> Response:
        """The months of the ledger with where they stand, newest first."""
        query = LimitOfMonths(data=request.query_params.dict())
        query.is_valid(raise_exception=True)
        months = read_months(now=timezone.now(), **query.validated_data)
        return Response(MonthsSerializer({"months": months}).data)


class OneMonth(SignedView, GenericAPIView[Any]):
    """One month."""

    permission_classes: Any = (ReadsForFinance,)
    serializer_class = OneMonthSerializer

    @extend_schema(operation_id="month_retrieve", responses=OneMonthSerializer)
    def get(self, request: Request, month: str) -> Response:
        """A month with what is still to be done before its close, its seal, and who closed or opened it."""
        return self.answer(month_of(month))

    def answer(self, month: Month) -> Response:
        """Answer how it stands."""
        now = timezone.now()
        standing = read_standing(month=month, now=now)
        body = SimpleNamespace(
            **{name: getattr(standing, name) for name in ("month", "is_over", "closing", "request", "was_reopened")},
            points=open_points(month=month, now=now) if standing.closing is None else [],
            seal=seal_of(month),
            history=MonthClosing.objects.filter(month=month.first).order_by("-pk").select_related("request"),
        )
        return Response(OneMonthSerializer(body).data)


class MonthAct(OneMonth):
    """A POST on a month; each one's docstring describes it in the schema."""

    http_method_names = ("post", "options")
    body: ClassVar[type[serializers.Serializer[Any]] | None] = None

    def do(self, month: Month, **values: Any) -> None:
        """Call the verb."""
        raise NotImplementedError

    # A docstring here would stand in the schema in place of each act's own.
    @extend_schema(responses=OneMonthSerializer)
    def post(self, request: Request, month: str) -> Response:
        found = month_of(month)
        self.do(found, **(self.read(self.body) if self.body is not None else {}))
        return self.answer(found)


class AskToClose(MonthAct):
    """Ask for a month to be closed, once everything of it is done. Somebody else has to agree."""

    permission_classes = (BooksForFinance,)

    def do(self, month: Month, **values: Any) -> None:
        """Ask."""
        ask_to_close(month=month, **self.signed)


class AgreeToClose(MonthAct):
    """Agree to the close that somebody else has asked for. No transfer can be posted in the month any more."""

    permission_classes = (ApprovesForFinance,)

    def do(self, month: Month, **values: Any) -> None:
        """Agree."""
        agree_to_close(month=month, **self.signed)


class WithdrawClose(MonthAct):
    """Take back the request to close a month."""

    permission_classes = (BooksForFinance,)

    def do(self, month: Month, **values: Any) -> None:
        """Withdraw."""
        withdraw_close(month=month, **self.signed)


class AskToReopen(MonthAct):
    """Ask for a closed month to be opened again, with a reason. Somebody else has to agree."""

    permission_classes = (BooksForFinance,)
    body = ReopeningSerializer

    def do(self, month: Month, **values: Any) -> None:
        """Ask."""
        ask_to_reopen(month=month.first, **values, **self.signed)


class ReopenMonth(MonthAct):
    """Agree to the reopening that somebody else has asked for."""

    permission_classes = (ApprovesForFinance,)

    def do(self, month: Month, **values: Any) -> None:
        """Agree."""
        reopen_month(month=month.first, **self.signed)


def month_of(name: str) -> Month:
    """Read a month of the address; raises Http404."""
    try:
        return Month(date.fromisoformat(f"{name}-01"))
    except ValueError as error:
        raise Http404 from error

"""Finance takes the bank's statements in, and books each of their lines once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db.models import Model, QuerySet
from django.http import Http404
from drf_spectacular.utils import extend_schema
from rest_framework.generics import ListAPIView
from rest_framework.parsers import JSONParser, MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response

from billing.bank.booking import book_line, set_line_aside, take_line_back
from billing.bank.importing import import_statement
from billing.bank.suggesting import BookAs, Suggestion, suggest
from billing.models import BankLine, BankStatement, Invoice, Payout
from billing.sheets import BYTES_MAX
from marketplace.api.finance_filters import BankLineFilter
from marketplace.api.permissions import BooksForFinance, ReadsForFinance
from marketplace.api.serializers.finance.bank import (
    TARGETS,
    BankLineSerializer,
    BookLineSerializer,
    ImportedSerializer,
    SetAsideSerializer,
    StatementSerializer,
    UploadSerializer,
)
from marketplace.api.views.acts import Act, SignedView
from marketplace.api.views.base import View
from matching.models import Participant

KNOWN_BY: dict[str, tuple[type[Model], str]] = {
    "participant": (Participant, "slug"),
    "invoice": (Invoice, "number"),
    "payout": (Payout, "pk"),
}
"""What a line can be booked to, and how the API names it."""


class BankStatements(SignedView, ListAPIView[BankStatement]):
    """The bank's statements, newest first."""

    permission_classes = (BooksForFinance,)
    parser_classes = (MultiPartParser, JSONParser)
    queryset = BankStatement.objects.all()
    serializer_class = StatementSerializer

    @extend_schema(request={"multipart/form-data": UploadSerializer}, responses={201: ImportedSerializer})
    def post(self, request: Request) -> Response:
        """Take in a statement as CSV or CAMT.053: all of it or, with every fault by its line, nothing.

        Lines that were imported before are left alone, so the same file again does no harm.
        """
        file = self.read(UploadSerializer)["file"]
        signed = self.signed
        done = import_statement(
            content=file.read(BYTES_MAX + 1), file_name=str(file.name), imported_by=signed["by"], now=signed["now"]
        )
        return Response(ImportedSerializer(done).data, status=201)


class BankLines(View, ListAPIView[BankLine]):
    """Lines of the bank's statements, newest first, each open one with what it probably is."""

    permission_classes = (ReadsForFinance,)
    queryset = BankLine.objects.all()
    serializer_class = BankLineSerializer
    filterset_class = BankLineFilter

    def paginate_queryset(self, queryset: Any) -> list[Any] | None:
        """Find the suggestions of a page's lines together."""
        page = super().paginate_queryset(queryset)
        self.suggestions = _suggestions(page or ())
        return page

    def get_serializer_context(self) -> dict[str, Any]:
        """Hand the suggestions on."""
        return {**super().get_serializer_context(), "suggestions": getattr(self, "suggestions", {})}


class LineAct(Act[BankLine]):
    """An act on a bank line."""

    permission_classes = (BooksForFinance,)
    serializer_class = BankLineSerializer

    def get_queryset(self) -> QuerySet[BankLine]:
        """Any of them."""
        return BankLine.objects.all()


class BookLine(LineAct):
    """Book an open line as what it is, once. A deposit that was booked by hand under the same number is found."""

    body = BookLineSerializer

    def do(self, found: BankLine, **values: Any) -> None:
        """Find what it is booked to by its name, and book it."""
        book_as: BookAs = values["book_as"]
        name = TARGETS[book_as]
        model, field = KNOWN_BY[name]
        target_id = model._default_manager.filter(**{field: values[name]}).values_list("pk", flat=True).first()
        if target_id is None:
            raise Http404
        book_line(line_id=found.pk, book_as=book_as, target_id=target_id, **self.signed)


class SetLineAside(LineAct):
    """Set a line aside that is none of our participants', saying what it is."""

    body = SetAsideSerializer

    def do(self, found: BankLine, **values: Any) -> None:
        """Set it aside."""
        set_line_aside(line_id=found.pk, **values, **self.signed)


class TakeLineBack(LineAct):
    """Open a line again that was set aside."""

    def do(self, found: BankLine, **values: Any) -> None:
        """Take it back."""
        take_line_back(line_id=found.pk, **self.signed)


def _suggestions(lines: Sequence[BankLine]) -> dict[int, dict[str, Any]]:
    """Say what each open line probably is, by the names that the API knows; a statement a kind of thing more."""
    found = suggest(lines)
    names = {
        name: dict(model._default_manager.filter(pk__in=ids).values_list("pk", field))
        for name, (model, field) in KNOWN_BY.items()
        if (ids := {each.target_id for each in found.values() if TARGETS[each.book_as] == name})
    }
    return {pk: _named(each, names) for pk, each in found.items()}


def _named(suggestion: Suggestion, names: dict[str, dict[Any, Any]]) -> dict[str, Any]:
    name = TARGETS[suggestion.book_as]
    named = dict.fromkeys(KNOWN_BY) | {name: names[name].get(suggestion.target_id)}
    return {"book_as": suggestion.book_as.value, "why": suggestion.why, **named}

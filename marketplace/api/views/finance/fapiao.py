"""Invoices to the tax platform, and its numbers back."""

from __future__ import annotations

from collections.abc import Callable
from tempfile import SpooledTemporaryFile
from typing import IO, Any

from django.db.models import QuerySet
from django.http import FileResponse
from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.generics import GenericAPIView
from rest_framework.parsers import JSONParser, MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response

from billing.fapiao.export import (
    invoices_to_apply_for,
    red_letters_that_wait,
    red_letters_to_apply_for,
    write_application,
    write_red_letters,
)
from billing.fapiao.numbers import import_numbers
from billing.models import Invoice
from billing.period import BEIJING
from billing.sheets import BYTES_MAX
from marketplace.api.permissions import BooksForFinance, ReadsForFinance
from marketplace.api.serializers.finance.bank import ImportedSerializer, UploadSerializer
from marketplace.api.views.acts import SignedView
from marketplace.api.views.base import View

IN_MEMORY_BYTES = 1 << 20
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
FILE = {(200, XLSX): OpenApiTypes.BINARY}


class WaitingSerializer(serializers.Serializer[Any]):
    """How much waits for the tax platform."""

    invoices = serializers.IntegerField(help_text="Without a number.")
    red_letters = serializers.IntegerField(help_text="Credit notes whose invoice has its number.")
    without_blue = serializers.IntegerField(help_text="Credit notes that wait for their invoice's number.")


class Fapiao(View, GenericAPIView[Invoice]):
    """What waits for the tax platform."""

    permission_classes = (ReadsForFinance,)
    serializer_class = WaitingSerializer

    @extend_schema(responses=WaitingSerializer)
    def get(self, request: Request) -> Response:
        """How many documents wait for a number of the tax platform."""
        body = {
            "invoices": invoices_to_apply_for().count(),
            "red_letters": red_letters_to_apply_for().count(),
            "without_blue": red_letters_that_wait().count(),
        }
        return Response(WaitingSerializer(body).data)


class Application(View, GenericAPIView[Invoice]):
    """Invoices for the tax platform."""

    permission_classes = (ReadsForFinance,)

    @extend_schema(responses=FILE)
    def get(self, request: Request) -> FileResponse:
        """Every invoice that waits for a number, as the platform's XLSX file."""
        return _sent("fapiao", lambda file: write_application(file, invoices=invoices_to_apply_for()))


class RedLetters(View, GenericAPIView[Invoice]):
    """Credit notes for the tax platform."""

    permission_classes = (ReadsForFinance,)

    @extend_schema(responses=FILE)
    def get(self, request: Request) -> FileResponse:
        """Every credit note whose invoice has its number, as the platform's XLSX file of red letters."""
        notes: QuerySet[Invoice] = red_letters_to_apply_for()
        return _sent("red-letters", lambda file: write_red_letters(file, notes=notes))


class FapiaoNumbers(SignedView, GenericAPIView[Invoice]):
    """The tax platform's answer."""

    permission_classes = (BooksForFinance,)
    parser_classes = (MultiPartParser, JSONParser)
    serializer_class = ImportedSerializer

    @extend_schema(request={"multipart/form-data": UploadSerializer}, responses={201: ImportedSerializer})
    def post(self, request: Request) -> Response:
        """Take in the platform's numbers as CSV: all of the file or, with every fault by its line, nothing."""
        file, signed = self.read(UploadSerializer)["file"], self.signed
        done = import_numbers(content=file.read(BYTES_MAX + 1), imported_by=signed["by"], now=signed["now"])
        return Response(ImportedSerializer(done).data, status=201)


def _sent(name: str, write: Callable[[IO[bytes]], None]) -> FileResponse:
    file: IO[bytes] = SpooledTemporaryFile(max_size=IN_MEMORY_BYTES)  # noqa: SIM115  (the response closes it)
    write(file)
    file.seek(0)
    today = timezone.now().astimezone(BEIJING).date()
    return FileResponse(file, as_attachment=True, filename=f"{name}-{today}.xlsx", content_type=XLSX)

"""Reports: as rows, as files, and by mail."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db.models import QuerySet
from django.http import FileResponse, Http404
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.utils.translation import get_language
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.generics import GenericAPIView, ListAPIView, RetrieveAPIView
from rest_framework.request import Request
from rest_framework.response import Response

from billing.books.journal import Detail
from billing.books.sending import take_books
from billing.exports import CONTENT_TYPES, formats_of
from billing.exports.at_once import file_at_once
from billing.exports.jobs import ask_for_file, open_file, stop_file
from billing.models import ReportFile, ReportSubscription
from billing.reports.asked import Asked, read_asked
from billing.reports.frame import Report
from billing.reports.registry import REPORTS
from billing.reports.rows import read_rows, read_totals
from billing.subscriptions.subscribing import subscribe, unsubscribe
from marketplace.accounts.models import User
from marketplace.api.permissions import ReadsForFinance, ReadsReports
from marketplace.api.serializers.finance.reports import (
    BooksQuerySerializer,
    FileQuerySerializer,
    NewFileSerializer,
    NewSubscriptionSerializer,
    ReportFileSerializer,
    ReportRowsSerializer,
    ReportsSerializer,
    RowsQuerySerializer,
    SubscriptionSerializer,
    address_of,
    name_in_json,
)
from marketplace.api.views.acts import Act, SignedView
from marketplace.api.views.base import View

FILE = {(200, content_type): OpenApiTypes.BINARY for content_type in CONTENT_TYPES.values()}
JOURNAL = {(200, "application/octet-stream"): OpenApiTypes.BINARY}


class Reports(View, GenericAPIView[ReportFile]):
    """Every report."""

    permission_classes = (ReadsForFinance,)
    serializer_class = ReportsSerializer

    @extend_schema(responses=ReportsSerializer)
    def get(self, request: Request) -> Response:
        """Every report with what it shows and what limits it."""
        return Response(ReportsSerializer({"reports": [_described(report) for report in REPORTS.values()]}).data)


class ReportRows(SignedView, GenericAPIView[ReportFile]):
    """One report."""

    permission_classes = (ReadsReports,)
    serializer_class = ReportRowsSerializer

    @extend_schema(operation_id="report_retrieve", parameters=[RowsQuerySerializer], responses=ReportRowsSerializer)
    def get(self, request: Request, name: str) -> Response:
        """A report's rows from `after` on, with the totals of all of them. Operators may read the audit trail (`changes`)."""
        report = _known(name)
        limits = _query(request, RowsQuerySerializer)
        after, limit = limits.pop("after"), limits.pop("limit")
        asked = _asked(report, limits)
        columns, totals = report.columns(asked), read_totals(report, asked)
        rows = read_rows(report, asked, offset=after, limit=limit)
        body = {
            "report": report.name,
            "asked": asked.values,
            "columns": columns,
            "rows": [{name_in_json(column): row[column.name] for column in columns} for row in rows],
            "totals": {name_in_json(c): totals.sums[c.name] for c in columns if c.name in totals.sums},
            "count": totals.rows,
            "next": after + limit if after + limit < totals.rows else None,
        }
        return Response(ReportRowsSerializer(body).data)


class ReportAtOnce(SignedView, GenericAPIView[ReportFile]):
    """A report as a file."""

    permission_classes = (ReadsReports,)

    @extend_schema(parameters=[FileQuerySerializer], responses=FILE)
    def get(self, request: Request, name: str) -> FileResponse:
        """A report as CSV, XLSX, Parquet or PDF, its documents as ZIP; one that is too large to wait for is asked for by `/report-files`."""
        report = _known(name)
        limits = _query(request, FileQuerySerializer)
        format = limits.pop("format")
        file, file_name = file_at_once(report=report, asked=_asked(report, limits), format=format, **self.signed)
        return FileResponse(file, as_attachment=True, filename=file_name, content_type=CONTENT_TYPES[format])


class ReportFiles(SignedView, ListAPIView[ReportFile]):
    """Files that workers write or have written, newest first, whoever asked for them."""

    permission_classes = (ReadsForFinance,)
    queryset = ReportFile.objects.all()
    serializer_class = ReportFileSerializer

    @extend_schema(request=NewFileSerializer, responses={201: ReportFileSerializer})
    def post(self, request: Request) -> Response:
        """Ask for a report as a file that a worker writes; `percent` of the file says how far it is. It is kept for a week."""
        values = self.read(NewFileSerializer)
        report = REPORTS[values["report"]]
        asked = _asked(report, values.get("limits", {}))
        made = ask_for_file(report=report, asked=asked, format=values["format"], **self.signed)
        return Response(ReportFileSerializer(made).data, status=201)


class OneReportFile(View, RetrieveAPIView[ReportFile]):
    """One file: how far it is."""

    permission_classes = (ReadsForFinance,)
    queryset = ReportFile.objects.all()
    serializer_class = ReportFileSerializer


class StopReportFile(Act[ReportFile]):
    """Stop a file that one has asked for oneself and that is not written yet."""

    permission_classes = (ReadsForFinance,)
    serializer_class = ReportFileSerializer

    def get_queryset(self) -> QuerySet[ReportFile]:
        """One's own."""
        if getattr(self, "swagger_fake_view", False):
            return ReportFile.objects.none()
        return ReportFile.objects.filter(asked_by=self.by)

    def do(self, found: ReportFile, **values: Any) -> None:
        """Stop."""
        stop_file(file_id=found.pk, by=self.by)


class ReportFileContent(SignedView, GenericAPIView[ReportFile]):
    """A file itself."""

    permission_classes = (ReadsForFinance,)

    @extend_schema(responses=FILE)
    def get(self, request: Request, pk: str) -> FileResponse:
        """The file itself, once it is done and until it expires."""
        made = get_object_or_404(ReportFile, pk=pk)
        opened = open_file(made=made, **self.signed)
        if opened is None:
            raise Http404
        content, name = opened
        return FileResponse(content, as_attachment=True, filename=name, content_type=CONTENT_TYPES[made.format])


class Subscriptions(SignedView, ListAPIView[ReportSubscription]):
    """Reports that the caller's person gets by mail, newest first."""

    permission_classes = (ReadsForFinance,)
    serializer_class = SubscriptionSerializer

    def get_queryset(self) -> QuerySet[ReportSubscription]:
        """One's own that have not ended."""
        if getattr(self, "swagger_fake_view", False):
            return ReportSubscription.objects.none()
        return ReportSubscription.objects.filter(person=self.by, ended_at=None)

    @extend_schema(request=NewSubscriptionSerializer, responses={201: SubscriptionSerializer})
    def post(self, request: Request) -> Response:
        """Send a report by mail every day, week or month, about the day, week or month before."""
        values = self.read(NewSubscriptionSerializer)
        report = REPORTS[values["report"]]
        user = request.user
        assert isinstance(user, User)
        made = subscribe(
            person=user.email,
            report=report,
            asked=_asked(report, values.get("limits", {})),
            format=values["format"],
            every=values["every"],
            at_hour=values["at_hour"],
            time_zone=user.time_zone,
            language=get_language() or "en",
            now=timezone.now(),
        )
        return Response(SubscriptionSerializer(made).data, status=201)


class OneSubscription(View, GenericAPIView[ReportSubscription]):
    """One subscription."""

    permission_classes = (ReadsForFinance,)

    @extend_schema(responses={204: None})
    def delete(self, request: Request, pk: str) -> Response:
        """End one's own subscription; nothing more comes of it."""
        if not unsubscribe(subscription_id=int(pk), person=self.by, now=timezone.now()):
            raise Http404
        return Response(status=204)


class Books(SignedView, GenericAPIView[ReportFile]):
    """The ledger for accounting software."""

    permission_classes = (ReadsForFinance,)

    @extend_schema(operation_id="accounting_books_retrieve", parameters=[BooksQuerySerializer], responses=JOURNAL)
    def get(self, request: Request) -> FileResponse:
        """The posted transfers as a journal for Beancount or hledger, or as CSV, opening with the balances before the first day."""
        values = _query(request, BooksQuerySerializer)
        values["detail"] = Detail(values["detail"])
        file, name = take_books(**values, **self.signed)
        return FileResponse(file, as_attachment=True, filename=name, content_type="application/octet-stream")


def _query(request: Request, form: type[serializers.Serializer[Any]]) -> dict[str, Any]:
    given = form(data=request.query_params.dict())
    given.is_valid(raise_exception=True)
    return dict(given.validated_data)


def _asked(report: Report, limits: Mapping[str, Any]) -> Asked:
    return read_asked(address_of(limits), now=timezone.now(), is_recent=report.is_recent)


def _known(name: str) -> Report:
    if name not in REPORTS:
        raise Http404
    return REPORTS[name]


def _described(report: Report) -> dict[str, Any]:
    title, lead = report.in_words(zh=(get_language() or "").startswith("zh"))
    return {
        "name": report.name,
        "title": title,
        "lead": lead,
        "limits": [limit.value for limit in report.limits],
        "by": list(report.groups),
        "states": list(report.states),
        "formats": list(formats_of(report)),
    }

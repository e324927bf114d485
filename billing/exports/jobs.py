"""Large files, written by workers: asked for, written once whatever is killed, kept for a week."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

import structlog
from django.core.files import File
from django.core.files.storage import default_storage
from django.db import connection, transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from django.utils.translation import gettext as _

from billing.exports.formats import TooManyRows, formats_of, write_report
from billing.models import ReportFile
from billing.reports.asked import Asked, read_asked
from billing.reports.frame import Report
from billing.reports.registry import REPORTS
from billing.reports.rows import read_totals
from matching.changes import record_change

AT_ONCE_ROWS = 20_000
"""Reports of up to so many rows are sent at once; a worker writes larger ones."""

AT_ONCE_PDF_ROWS = 300
"""The same for a PDF, which takes typst longer."""

AT_ONCE_DOCUMENTS = 20
"""The same for a ZIP, which has a PDF for each row."""

KEPT = timedelta(days=7)
ATTEMPTS_MAX = 5
FILE_LOCK = 0x5A11
"""First key of the advisory locks that let one worker write a file; the second is its id."""

log = structlog.get_logger(__name__)


class UnableToMakeFile(Exception):
    """A file that is not made; the text says why and what to do."""

    code = "unable_to_make_file"
    field: str | None = None


class FormatUnknown(UnableToMakeFile):
    """The report does not come in that format."""

    code, field = "format_unknown", "format"


def refuse_unknown_format(report: Report, format: str) -> None:
    """Raise FormatUnknown for a format that a report does not come in."""
    if format in formats_of(report):
        return
    if report.document:
        raise FormatUnknown(_("Choose CSV, XLSX, Parquet, PDF or ZIP."))
    raise FormatUnknown(_("Choose CSV, XLSX, Parquet or PDF."))


class Stopped(Exception):
    """Its asker has stopped it."""


def is_sent_at_once(*, format: str, rows: int) -> bool:
    """Whether a report of so many rows is small enough to be waited for."""
    return rows <= {"pdf": AT_ONCE_PDF_ROWS, "zip": AT_ONCE_DOCUMENTS}.get(format, AT_ONCE_ROWS)


@transaction.atomic
def ask_for_file(*, report: Report, asked: Asked, format: str, by: str, now: datetime) -> ReportFile:
    """Ask for a report as a file that a worker writes; raises FormatUnknown."""
    refuse_unknown_format(report, format)
    rows = read_totals(report, asked).rows
    made = ReportFile.objects.create(
        report=report.name, format=format, asked=asked.values, asked_by=by, asked_at=now, rows_expected=rows
    )
    record_change(who=by, what="report.export", on=made, after={**asked.values, "rows": rows}, now=now)
    return made


@transaction.atomic
def stop_file(*, file_id: int, by: str) -> None:
    """Stop a file that is not written yet, for who asked for it; nothing happens to one that is."""
    under_way = ReportFile.objects.filter(pk=file_id, asked_by=by, state__in=["waiting", "running"])
    under_way.update(state=ReportFile.State.STOPPED)


def write_waiting_files(*, now: datetime) -> int:
    """Write every file that waits, and those whose worker died; returns how many were written."""
    waiting = ReportFile.objects.filter(state__in=["waiting", "running"]).order_by("id").values_list("pk", flat=True)
    return sum(write_file(file_id=file_id, now=now) for file_id in list(waiting))


def write_file(*, file_id: int, now: datetime) -> bool:
    """Write one file; False where another worker has it, or it is not waiting any more.

    Rows are read on this thread's connection. Its lock, which dies with its worker, and its progress need one of their own,
    since a COPY keeps its connection busy.
    """
    with _side_connection() as side, side.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s, %s)", [FILE_LOCK, file_id])
        if not cursor.fetchone()[0]:
            return False
        try:
            cursor.execute(
                "UPDATE billing_reportfile SET state = 'running', attempts = attempts + 1, rows_written = 0 "
                "WHERE id = %s AND state IN ('waiting', 'running') RETURNING attempts",
                [file_id],
            )
            begun = cursor.fetchone()
            return begun is not None and _write(ReportFile.objects.get(pk=file_id), begun[0], side, now)
        finally:
            cursor.execute("SELECT pg_advisory_unlock(%s, %s)", [FILE_LOCK, file_id])


def _write(made: ReportFile, attempt: int, side: BaseDatabaseWrapper, now: datetime) -> bool:
    if attempt > ATTEMPTS_MAX:
        _end(made, fault=_("Five workers died writing this file. Narrow the filters, or tell an operator."), now=now)
        return False

    def on_rows(rows: int) -> None:
        with side.cursor() as cursor:
            cursor.execute(
                "UPDATE billing_reportfile SET rows_written = %s WHERE id = %s RETURNING state", [rows, made.pk]
            )
            if cursor.fetchone() == (ReportFile.State.STOPPED.value,):
                raise Stopped

    asked = read_asked(made.asked, now=made.asked_at)
    with tempfile.TemporaryFile() as file:
        try:
            rows = write_report(
                file,
                format=made.format,
                report=REPORTS[made.report],
                asked=asked,
                now=now,
                rows_expected=made.rows_expected,
                on_rows=on_rows,
            )
        except Stopped:
            return False
        except TooManyRows as error:
            _end(made, fault=str(error), now=now)
            return False
        made.bytes = file.tell()
        file.seek(0)
        name = default_storage.save(f"reports/{made.pk}-{asked.file_name(made.report)}.{made.format}", File(file))
    ended = ReportFile.objects.filter(pk=made.pk, state=ReportFile.State.RUNNING).update(
        state=ReportFile.State.DONE,
        file=name,
        bytes=made.bytes,
        rows_written=rows,
        finished_at=now,
        expires_at=now + KEPT,
    )
    if not ended:
        default_storage.delete(name)
    return bool(ended)


def _end(made: ReportFile, *, fault: str, now: datetime) -> None:
    ReportFile.objects.filter(pk=made.pk).update(state=ReportFile.State.FAILED, fault=fault[:500], finished_at=now)
    log.warning("report not written", report=made.report, format=made.format, fault=fault)


def open_file(*, made: ReportFile, by: str, now: datetime) -> tuple[File[bytes], str] | None:
    """Open a file that is done and has not expired, and return it with its name; the audit trail says who took it."""
    if made.state != ReportFile.State.DONE or not made.file or not default_storage.exists(str(made.file)):
        return None
    record_change(who=by, what="report.download", on=made, after={"bytes": made.bytes}, now=now)
    name = read_asked(made.asked, now=made.asked_at).file_name(made.report)
    return default_storage.open(str(made.file)), f"{name}.{made.format}"


def drop_expired_files(*, now: datetime) -> int:
    """Delete the files whose week is over; returns how many."""
    dropped = 0
    for made in ReportFile.objects.filter(expires_at__lte=now).exclude(file=""):
        default_storage.delete(str(made.file))
        made.file = ""
        made.save(update_fields=["file"])
        dropped += 1
    return dropped


@contextmanager
def _side_connection() -> Iterator[BaseDatabaseWrapper]:
    side = connection.copy()
    try:
        yield side
    finally:
        side.close()

"""Files that are small enough to be waited for."""

from __future__ import annotations

from datetime import datetime
from tempfile import SpooledTemporaryFile
from typing import IO

from django.utils.translation import gettext as _

from billing.exports.formats import TooManyRows, write_report
from billing.exports.jobs import UnableToMakeFile, is_sent_at_once, refuse_unknown_format
from billing.reports.asked import Asked
from billing.reports.frame import Report
from billing.reports.rows import read_totals
from matching.changes import Thing, record_change

IN_MEMORY_BYTES = 1 << 20


class TooLargeToWaitFor(UnableToMakeFile):
    """A worker has to write it; `rows` is how many it has."""

    code = "too_large_to_wait_for"

    def __init__(self, rows: int) -> None:
        """Say what to do instead."""
        self.rows = rows
        super().__init__(
            _("The report has %(rows)s rows. Ask for a file that a worker writes.") % {"rows": f"{rows:,}"}
        )


class TooManyForFormat(UnableToMakeFile):
    """The format takes no so many rows."""

    code, field = "too_many_rows", "format"


def file_at_once(*, report: Report, asked: Asked, format: str, by: str, now: datetime) -> tuple[IO[bytes], str]:
    """Write a report and return the file and its name; the caller closes it. The audit trail says who took it.

    Raises FormatUnknown, TooLargeToWaitFor, TooManyForFormat.
    """
    refuse_unknown_format(report, format)
    rows = read_totals(report, asked).rows
    if not is_sent_at_once(format=format, rows=rows):
        raise TooLargeToWaitFor(rows)
    file: IO[bytes] = SpooledTemporaryFile(max_size=IN_MEMORY_BYTES)  # noqa: SIM115  (whoever sends it closes it)
    try:
        write_report(file, format=format, report=report, asked=asked, now=now, rows_expected=rows)
    except TooManyRows as error:
        raise TooManyForFormat(str(error)) from error
    name = f"{asked.file_name(report.name)}.{format}"
    facts = {**asked.values, "format": format, "rows": rows}
    record_change(who=by, what="report.download", on=Thing("billing.report", report.name, name), after=facts, now=now)
    file.seek(0)
    return file, name

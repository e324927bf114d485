"""The documents of a report as a ZIP: a PDF each, named by its number, and the report itself as CSV."""

from __future__ import annotations

from typing import IO
from zipfile import ZipFile, ZipInfo

from django.db import connection

from billing.exports.csv_file import write_csv
from billing.exports.stream import OnRows, nobody
from billing.invoice_pdf import render_invoices
from billing.period import BEIJING
from billing.reports.asked import Asked
from billing.reports.frame import Report
from billing.reports.rows import ordered


def write_zip(file: IO[bytes], *, report: Report, asked: Asked, on_rows: OnRows = nobody) -> int:
    """Write the PDFs in the report's order, each dated by its issue (Beijing), and the list; returns the number of documents.

    A PDF is compressed already and is stored as it is.
    """
    with ZipFile(file, "w") as archive:
        with archive.open(f"{report.name}.csv", "w") as listed:
            write_csv(listed, report=report, asked=asked)
        done = 0
        for done, (document, pdf) in enumerate(render_invoices(_documents(report, asked)), start=1):
            issued = document.issued_at.astimezone(BEIJING).timetuple()[:6]
            archive.writestr(ZipInfo(f"{document.number}.pdf", issued), pdf)
            on_rows(done)
    return done


def _documents(report: Report, asked: Asked) -> list[int]:
    with connection.cursor() as cursor:
        cursor.execute(*ordered(report.query(asked), str(report.document)))
        return [document_id for (document_id,) in cursor.fetchall()]

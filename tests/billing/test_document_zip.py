"""The documents of a period as a ZIP: each as its own page prints it, with a list, made by a worker where they are many."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import pytest
from django.core.files.storage import default_storage

from billing.documents.content import document_content, document_contents
from billing.exports import jobs, write_report
from billing.exports.at_once import TooLargeToWaitFor, file_at_once
from billing.exports.jobs import FormatUnknown, ask_for_file, write_waiting_files
from billing.invoice_pdf import render_invoice
from billing.invoicing import issue_invoices
from billing.models import Invoice
from billing.reports.asked import Asked, read_asked
from billing.reports.registry import REPORTS
from tests.billing.test_invoicing import WEEK, trade_a_week
from tests.billing.test_shortfalls import buy, read, settle
from tests.billing.world import MONDAY, World

WHO = "fiona@exchange.test"
DOCUMENTS = REPORTS["documents"]


@pytest.fixture
def week(world: World) -> World:
    """A week of two buyers, its documents, and the notes that a late reading makes."""
    buy(world)
    trade_a_week(world)
    world.settle(MONDAY + WEEK)
    issue_invoices(period_start=MONDAY, now=world.now)
    read(world, MONDAY + 1, 5, "late")
    settle(world)
    return world


def asked_of(world: World, **limits: str) -> Asked:
    return read_asked({"from": "2025-11-24", "to": "2025-12-30", **limits}, now=world.now)


def entries_of(file: io.BytesIO) -> dict[str, bytes]:
    with ZipFile(file) as archive:
        assert archive.testzip() is None
        return {name: archive.read(name) for name in archive.namelist()}


def test_a_zip_holds_each_document_as_its_page_prints_it_and_a_list(week: World) -> None:
    kinds = set(Invoice.objects.values_list("kind", flat=True))
    assert {"invoice", "statement", "fee", "credit"} <= kinds
    file, done = io.BytesIO(), list[int]()
    rows = write_report(file, format="zip", report=DOCUMENTS, asked=asked_of(week), now=week.now, on_rows=done.append)
    entries = entries_of(file)
    listed = list(csv.DictReader(io.StringIO(entries.pop("documents.csv").decode())))
    assert done == list(range(1, rows + 1))
    assert list(entries) == [f"{row['number']}.pdf" for row in listed]
    assert len(listed) == Invoice.objects.count()
    for row in listed:
        document = Invoice.objects.get(number=row["number"])
        assert entries[f"{document.number}.pdf"] == render_invoice(document), document.number
        assert (row["kind"], row["total_cny"]) == (document.kind, f"{document.total_fen / 100:.2f}")


def test_documents_read_at_once_say_what_each_says_alone(week: World) -> None:
    documents = list(Invoice.objects.all())
    assert document_contents(documents) == [document_content(document) for document in documents]


def test_its_limits_are_the_reports(week: World) -> None:
    file = io.BytesIO()
    asked = asked_of(week, state="invoice", participant=week.buyers[0].slug)
    write_report(file, format="zip", report=DOCUMENTS, asked=asked, now=week.now)
    own = Invoice.objects.filter(kind="invoice", participant=week.buyers[0])
    assert set(entries_of(file)) == {"documents.csv", *(f"{document.number}.pdf" for document in own)}
    empty = io.BytesIO()
    asked = asked_of(week, **{"from": "2025-01-01", "to": "2025-01-02"})
    assert write_report(empty, format="zip", report=DOCUMENTS, asked=asked, now=week.now) == 0
    assert set(entries_of(empty)) == {"documents.csv"}


@pytest.mark.django_db(transaction=True)
def test_many_are_written_by_a_worker_and_only_documents_come_as_zip(
    week: World, monkeypatch: pytest.MonkeyPatch, settings: Any, tmp_path: Path
) -> None:
    settings.MEDIA_ROOT = tmp_path
    monkeypatch.setattr(jobs, "AT_ONCE_DOCUMENTS", 1)
    asked = asked_of(week)
    with pytest.raises(TooLargeToWaitFor):
        file_at_once(report=DOCUMENTS, asked=asked, format="zip", by=WHO, now=week.now)
    made = ask_for_file(report=DOCUMENTS, asked=asked, format="zip", by=WHO, now=week.now)
    assert write_waiting_files(now=week.now) == 1
    made.refresh_from_db()
    assert made.rows_written == made.rows_expected == Invoice.objects.count()
    with default_storage.open(str(made.file)) as stored:
        assert len(entries_of(io.BytesIO(stored.read()))) == made.rows_written + 1
    with pytest.raises(FormatUnknown, match="PDF or ZIP"):
        ask_for_file(report=DOCUMENTS, asked=asked, format="doc", by=WHO, now=week.now)
    with pytest.raises(FormatUnknown, match=r"Choose CSV, XLSX, Parquet or PDF\."):
        ask_for_file(report=REPORTS["lines"], asked=asked, format="zip", by=WHO, now=week.now)

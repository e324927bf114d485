"""Reports as files: all formats say the same to the fen, a worker that dies leaves nothing half, mails come once."""

from __future__ import annotations

import csv
import io
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import openpyxl
import pyarrow.parquet as pq
import pytest
from django.core.files.storage import default_storage
from django.db import connection
from pypdf import PdfReader

from billing.exports import FORMATS, TooManyRows, jobs, pdf_file, write_report, xlsx_file
from billing.exports.jobs import (
    FormatUnknown,
    ask_for_file,
    drop_expired_files,
    stop_file,
    write_file,
    write_waiting_files,
)
from billing.funds import book_deposit
from billing.invoicing import issue_invoices
from billing.models import Account, ReportFile, ReportMailing
from billing.reports.asked import Asked, read_asked
from billing.reports.frame import Form
from billing.reports.registry import REPORTS
from billing.reports.rows import read_rows, read_totals
from billing.subscriptions.subscribing import (
    ChoiceUnknown,
    days_covered,
    next_due,
    prepare_due_mailings,
    subscribe,
    unsubscribe,
)
from matching.models import Change
from tests.billing.test_invoicing import WEEK, trade_a_week
from tests.billing.world import MONDAY, World

WHO = "fiona@exchange.test"


@pytest.fixture
def week(world: World) -> World:
    trade_a_week(world)
    world.settle(MONDAY + WEEK)
    issue_invoices(period_start=MONDAY, now=world.now)
    book_deposit(participant_id=world.buyers[0].pk, amount_fen=7, reference="=1+1 <&>", by=WHO, now=world.now)
    return world


def asked_of(world: World, **limits: str) -> Asked:
    return read_asked({"from": "2025-11-24", "to": "2025-12-30", **limits}, now=world.now)


def content_of(world: World, name: str, format: str, asked: Asked) -> bytes:
    file = io.BytesIO()
    rows = write_report(file, format=format, report=REPORTS[name], asked=asked, now=world.now)
    assert rows == read_totals(REPORTS[name], asked).rows
    return file.getvalue()


def test_every_format_of_every_report_says_the_same(week: World) -> None:
    for name in REPORTS:
        check_formats(week, name)


def check_formats(week: World, name: str) -> None:
    """Hold all formats of a report against each other and its page."""
    report = REPORTS[name]
    for by in list(report.groups) or [""]:
        asked = asked_of(week, by=by)
        columns, totals = report.columns(asked), read_totals(report, asked)
        rows = list(csv.DictReader(io.StringIO(content_of(week, name, "csv", asked).decode())))
        assert list(rows[0] if rows else ()) == [column.name for column in columns if rows]
        table = pq.read_table(io.BytesIO(content_of(week, name, "parquet", asked)))
        sheet = openpyxl.load_workbook(io.BytesIO(content_of(week, name, "xlsx", asked))).worksheets[0]
        cells = list(sheet.iter_rows(min_row=2, values_only=True))
        shown = read_rows(report, asked, offset=0, limit=1000)
        assert len(rows) == table.num_rows == len(shown) == len(cells) - bool(totals.sums)
        for place, column in enumerate(columns):
            texts = [row[column.name] for row in rows]
            if column.form is Form.FEN:
                amounts = [Decimal(row[column.name]) / 100 for row in shown]
                assert [Decimal(text) for text in texts] == amounts == table[column.name].to_pylist()
                assert [Decimal(str(row[place])) for row in cells[: len(rows)]] == amounts
            if column.form is Form.DAY:
                assert [date.fromisoformat(text) for text in texts] == [row[place].date() for row in cells[: len(rows)]]
            if column.adds:
                scale = 100 if column.form is Form.FEN else 1
                assert Decimal(str(cells[-1][place])) * scale == totals.sums[column.name]
            if column.difference:
                assert totals.sums[column.name] == 0
    assert "Page 1 of" in PdfReader(io.BytesIO(content_of(week, name, "pdf", asked))).pages[0].extract_text()


def test_text_of_any_kind_stays_text(week: World) -> None:
    book = openpyxl.load_workbook(io.BytesIO(content_of(week, "changes", "xlsx", asked_of(week))))
    (cell,) = [cell for cell in book.worksheets[0][2] if '"reference": "=1+1 <&>"' in str(cell.value)]
    assert cell.data_type == "s"
    text = PdfReader(io.BytesIO(content_of(week, "lines", "pdf", asked_of(week)))).pages[0].extract_text()
    assert "结算明细" in text
    assert "Settled lines" in text


def test_rows_beyond_a_sheet_go_on_in_the_next(week: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(xlsx_file, "ROWS_A_SHEET", 5)
    file = io.BytesIO()
    asked = asked_of(week)
    xlsx_file.write_xlsx(file, report=REPORTS["lines"], asked=asked, rows_expected=8)
    sheets = openpyxl.load_workbook(file).worksheets
    assert [sheet.max_row for sheet in sheets[:2]] == [6, 5]
    assert sheets[1].cell(row=5, column=1).value == "合计 Total"


def test_a_pdf_that_nobody_would_read_is_refused(week: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pdf_file, "ROWS_MAX", 3)
    with pytest.raises(TooManyRows, match="3 rows"):
        content_of(week, "lines", "pdf", asked_of(week))


def test_the_trial_balance_of_any_time_is_the_ledgers(week: World) -> None:
    now = read_totals(REPORTS["trial-balance"], asked_of(week))
    assert now.sums["balance_cny"] == 0
    assert now.sums["debits_cny"] == sum(Account.objects.values_list("debits_posted", flat=True))
    before = asked_of(week, at=(week.now - timedelta(seconds=1)).isoformat())
    assert read_totals(REPORTS["trial-balance"], before).sums["debits_cny"] < now.sums["debits_cny"]


def test_a_planted_difference_shows_where_it_is(week: World) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute(
            "UPDATE billing_invoiceline SET amount_fen = amount_fen + 5 WHERE id = (SELECT min(l.id) FROM billing_invoiceline l "
            "JOIN billing_invoice i ON i.id = l.invoice_id WHERE i.number = 'SS-2025-B-000001')"
        )
        cursor.execute("SET LOCAL session_replication_role = origin")
    rows = read_rows(REPORTS["reconciliation"], asked_of(week), offset=0, limit=50)
    assert [(row["participant"], row["difference_cny"]) for row in rows if row["difference_cny"]] == [("buyer-0", 5)]


@pytest.mark.django_db(transaction=True)
def test_a_file_is_written_once_whatever_dies(
    world: World, monkeypatch: pytest.MonkeyPatch, settings: object, tmp_path: object
) -> None:
    settings.MEDIA_ROOT = tmp_path  # type: ignore[attr-defined]
    trade_a_week(world)
    world.settle(MONDAY + WEEK)
    report, asked = REPORTS["lines"], asked_of(world)
    with pytest.raises(FormatUnknown):
        ask_for_file(report=report, asked=asked, format="doc", by=WHO, now=world.now)
    made = ask_for_file(report=report, asked=asked, format="csv", by=WHO, now=world.now)
    write = write_report
    monkeypatch.setattr(jobs, "write_report", lambda *args, **more: (write(*args, **more), 1 / 0))
    with pytest.raises(ZeroDivisionError):  # the worker dies after its last row
        write_file(file_id=made.pk, now=world.now)
    assert default_storage.listdir("")[0] in ([], ["reports"])
    assert ReportFile.objects.get().state == "running"
    monkeypatch.setattr(jobs, "write_report", write)
    assert write_waiting_files(now=world.now) == 1
    assert write_waiting_files(now=world.now) == 0
    made.refresh_from_db()
    assert (made.state, made.attempts, made.percent) == ("done", 2, 100)
    assert made.rows_written == made.rows_expected == len(made.file.open().readlines()) - 1
    assert Change.objects.get(what="report.export").after["rows"] == made.rows_expected
    stopped = ask_for_file(report=report, asked=asked, format="csv", by=WHO, now=world.now)
    stop_file(file_id=stopped.pk, by="somebody else")
    assert ReportFile.objects.get(pk=stopped.pk).is_under_way
    stop_file(file_id=stopped.pk, by=WHO)
    assert write_waiting_files(now=world.now) == 0
    assert drop_expired_files(now=world.now + timedelta(days=6)) == 0
    assert drop_expired_files(now=world.now + timedelta(days=7)) == 1
    assert default_storage.listdir("reports")[1] == []
    hopeless = ask_for_file(report=report, asked=asked, format="csv", by=WHO, now=world.now)
    ReportFile.objects.filter(pk=hopeless.pk).update(attempts=jobs.ATTEMPTS_MAX)
    assert not write_file(file_id=hopeless.pk, now=world.now)
    assert ReportFile.objects.get(pk=hopeless.pk).fault.startswith("Five workers died")


def test_when_a_subscription_is_due() -> None:
    sunday = datetime(2025, 11, 23, 12, tzinfo=UTC)
    assert next_due(every="day", at_hour=8, time_zone="Asia/Shanghai", after=sunday) == sunday + timedelta(hours=12)
    assert next_due(every="week", at_hour=8, time_zone="Europe/Berlin", after=sunday) == datetime(
        2025, 11, 24, 7, tzinfo=UTC
    )
    assert next_due(every="month", at_hour=0, time_zone="Asia/Shanghai", after=sunday) == datetime(
        2025, 11, 30, 16, tzinfo=UTC
    )
    due = datetime(2025, 11, 30, 16, tzinfo=UTC)
    assert days_covered(every="month", time_zone="Asia/Shanghai", due_at=due) == (date(2025, 11, 1), date(2025, 11, 30))


def test_a_mailing_is_prepared_once(week: World) -> None:
    start = week.now
    with pytest.raises(ChoiceUnknown):
        subscribe(person=WHO, report=REPORTS["fees"], asked=asked_of(week), format="csv", every="year", at_hour=8, time_zone="UTC", language="en", now=start)  # fmt: skip
    made = subscribe(person=WHO, report=REPORTS["fees"], asked=asked_of(week, participant="buyer-0"), format="csv", every="week", at_hour=8, time_zone="Asia/Shanghai", language="zh-hans", now=start)  # fmt: skip
    assert prepare_due_mailings(now=start) == 0
    later = made.next_at + timedelta(days=15)  # two mails were missed: the newest is sent
    assert prepare_due_mailings(now=later) == 1
    assert prepare_due_mailings(now=later) == 0
    mailing = ReportMailing.objects.get()
    first, last = days_covered(every="week", time_zone="Asia/Shanghai", due_at=mailing.due_at)
    assert (mailing.file.asked["from"], mailing.file.asked["to"]) == (first.isoformat(), last.isoformat())
    assert (mailing.file.asked["participant"], (last - first).days) == ("buyer-0", 6)
    assert not unsubscribe(subscription_id=made.pk, person="somebody else", now=later)
    assert unsubscribe(subscription_id=made.pk, person=WHO, now=later)
    assert prepare_due_mailings(now=later + timedelta(days=30)) == 0
    assert set(FORMATS) == {"csv", "xlsx", "parquet", "pdf"}

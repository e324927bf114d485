"""Finance's report pages: a total opens its lines, a line its trade; large files are made by workers; mails come once."""

from __future__ import annotations

from datetime import timedelta
from io import BytesIO
from pathlib import Path
from smtplib import SMTPException
from typing import Any
from unittest import mock
from zipfile import ZipFile

import pytest
from django.core import mail
from django.urls import reverse
from django.utils import timezone

from billing.exports import jobs
from billing.models import ReportFile, ReportMailing, ReportSubscription
from billing.period import BEIJING
from billing.reports.registry import REPORTS
from billing.subscriptions.subscribing import prepare_due_mailings
from marketplace.accounts.models import User
from marketplace.report_mail import send_ready_mailings
from matching.models import Change
from tests.web.desk.world import World


def test_every_report_is_a_page_in_both_languages(world: World) -> None:
    for name, report in REPORTS.items():
        client = world.client("fiona")
        address = reverse("finance_report", args=[name])
        assert f"<h1>{report.title}</h1>" in client.get(address).content.decode()
        for by in report.groups:
            assert client.get(address, {"by": by}).status_code == 200
        assert client.get(address, {"from": "x", "run": "y", "at": "z", "after": "9999"}).status_code == 200
        client.cookies["language"] = "zh-hans"
        assert f"<h1>{report.title_zh}</h1>" in client.get(address).content.decode()


def test_from_a_total_to_the_trade(world: World) -> None:
    client = world.client("fiona")
    page = client.get(reverse("finance_report", args=["reconciliation"])).content.decode()
    assert "Everything agrees, difference 0.00" in page
    lines = reverse("finance_report", args=["lines"])
    assert f"{lines}?from=" in page
    page = client.get(lines, {"participant": "alice"}).content.decode()
    start = page.index(reverse("finance_trade", args=[1])[:-2])
    address = page[start : page.index('"', start)]
    trade = client.get(address).content.decode()
    assert "Alice" in trade
    assert "difference 0.00" in trade
    assert world.document(world.alice).number in trade


def test_a_large_file_is_made_by_a_worker(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jobs, "AT_ONCE_ROWS", 0)
    User.objects.filter(email="fiona@example.com").update(finance_role="viewer")  # who only looks may have files too
    client = world.client("fiona")
    page = client.get(reverse("finance_report_file", args=["lines", "csv"]), {"participant": "alice"}).content.decode()
    action = reverse("finance_report_export", args=["lines"]) + "?participant=alice"
    assert action in page
    page = client.post(action, {"format": "csv"}, follow=True).content.decode()
    assert "Waiting for a worker" in page
    made = ReportFile.objects.get()
    assert client.get(reverse("finance_report_file_content", args=[made.pk])).status_code == 404
    assert world.client("bob").get(reverse("finance_report_file_made", args=[made.pk])).status_code == 403
    client.post(reverse("finance_report_file_stop", args=[made.pk]))
    assert (
        "Stopped. Nothing was kept." in client.get(reverse("finance_report_file_made", args=[made.pk])).content.decode()
    )


def test_documents_are_taken_as_a_zip_and_nothing_else_is(world: World) -> None:
    client = world.client("fiona")
    assert reverse("finance_report_documents") in client.get(reverse("finance_invoices")).content.decode()
    page = client.get(reverse("finance_report_documents")).content.decode()
    address = reverse("finance_report_file", args=["documents", "zip"])
    assert address in page
    number = world.document(world.alice).number
    assert reverse("finance_invoice", args=[number]) in page
    taken = client.get(address, {"participant": "alice"})
    assert taken["Content-Type"] == "application/zip"
    with ZipFile(BytesIO(b"".join(taken.streaming_content))) as archive:  # type: ignore[attr-defined]
        assert set(archive.namelist()) == {"documents.csv", f"{number}.pdf"}
    assert client.get(reverse("finance_report_file", args=["lines", "zip"])).status_code == 404
    monthly = {"report": "documents", "every": "month", "format": "zip", "at_hour": "8"}
    refused = client.post(reverse("finance_subscriptions"), {**monthly, "report": "lines"})
    assert (refused.status_code, ReportSubscription.objects.count()) == (422, 0)
    assert "Choose CSV, XLSX, Parquet or PDF." in refused.content.decode()
    client.post(reverse("finance_subscriptions"), monthly)
    assert ReportSubscription.objects.get().format == "zip"


def test_operators_see_the_audit_trail(world: World) -> None:
    User.objects.filter(email="bob@example.com").update(is_staff=True)
    world.client("fiona").get(reverse("finance_report_file", args=["fees", "csv"]))
    client = world.client("bob")
    page = client.get(
        reverse("audit_trail"), {"who": "FIONA", "to": f"{world.now.astimezone(BEIJING):%Y-%m-%d}"}
    ).content.decode()
    assert "Downloaded a report" in page
    assert client.get(reverse("audit_trail_file", args=["csv"])).status_code == 200
    assert world.client("alice").get(reverse("audit_trail")).status_code == 403
    assert {change.what for change in Change.objects.all()} == {"report.download"}


@pytest.mark.django_db(transaction=True)
def test_a_subscription_is_mailed_once(settings: Any, tmp_path: Path) -> None:
    world = World.create(timezone.now())
    settings.MEDIA_ROOT = tmp_path
    client = world.client("fiona")
    values = {"report": "settlement", "every": "day", "format": "csv", "at_hour": "8"}
    page = client.post(reverse("finance_subscriptions") + "?report=settlement&by=market", values, follow=True)
    assert "Subscribed" in page.content.decode()
    made = ReportSubscription.objects.get()
    now = made.next_at + timedelta(minutes=1)
    assert prepare_due_mailings(now=now) == 1
    assert send_ready_mailings(now=now) == 0  # its file is not written yet
    jobs.write_waiting_files(now=now)
    with mock.patch("django.core.mail.EmailMessage.send", side_effect=SMTPException), pytest.raises(SMTPException):
        send_ready_mailings(now=now)
    assert ReportMailing.objects.get().sent_at is None
    assert send_ready_mailings(now=now) == 1
    assert send_ready_mailings(now=now) == 0
    (sent,) = mail.outbox
    assert sent.to == ["fiona@example.com"]
    assert sent.attachments[0][0].endswith(".csv")
    assert reverse("finance_subscriptions") in str(sent.body)
    User.objects.filter(email="fiona@example.com").update(finance_role="")
    later = now + timedelta(days=1)
    assert prepare_due_mailings(now=later) == 1
    jobs.write_waiting_files(now=later)
    assert send_ready_mailings(now=later) == 0
    assert ReportMailing.objects.first().dropped == "not in finance any more"  # type: ignore[union-attr]

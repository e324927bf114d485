"""A settled month leaves for the archive: pages, reports and documents say what they said, and verify sees it all."""

from __future__ import annotations

from datetime import UTC, datetime
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.urls import reverse
from django.utils import translation
from pytest_django import Settings

from billing.documents.content import document_content
from billing.invoicing import issue_invoices
from billing.models import Invoice, Obligation
from billing.period import period_of
from billing.reports import SettlementFilters, settlement_lines, settlement_summary
from billing.settlement import settle_delivered
from billing.verify import find_differences as find_billing_differences
from marketplace.archive import MonthUnfinished, archive_months
from matching.hours import hour_of
from matching.models import ArchivedMonth, Command, Order, Trade
from matching.verify import find_differences
from tests.matching.conftest import own_months  # noqa: F401
from tests.web.desk.world import World

WEDNESDAY = datetime(2026, 3, 25, 6, 30, tzinfo=UTC)
MAY = datetime(2026, 5, 5, tzinfo=UTC)


@pytest.fixture
def world(own_months: None, settings: Settings, tmp_path: Path) -> World:  # noqa: F811
    """Last week traded, settled and invoiced; this week a bid is half filled. All of it is over by May."""
    settings.ARCHIVE_DIR = tmp_path
    world = World.create(WEDNESDAY)
    world.buy(world.alice, world.first, hours=4)
    world.run(MAY)
    return world


def finish(world: World) -> None:
    settle_delivered(until_hour=hour_of(MAY), now=MAY)
    issue_invoices(period_start=period_of(hour_of(WEDNESDAY))[0], now=MAY)


def test_a_month_waits_for_settlement_and_invoices(world: World, tmp_path: Path) -> None:
    with pytest.raises(MonthUnfinished, match="2026-03 stays in the database: 1 trades are not settled yet"):
        archive_months(before=MAY, root=tmp_path, now=MAY)
    settle_delivered(until_hour=hour_of(MAY), now=MAY)
    with pytest.raises(MonthUnfinished, match="not invoiced yet"):
        archive_months(before=MAY, root=tmp_path, now=MAY)
    assert not ArchivedMonth.objects.exists()


def test_reports_documents_and_pages_are_what_they_were(world: World, tmp_path: Path) -> None:
    finish(world)
    order = Order.objects.filter(participant=world.alice, side=1).earliest("pk")
    before = figures()
    months = archive_months(before=MAY, root=tmp_path, now=MAY)
    assert [str(month) for month in months] == ["2026-03"]
    assert not Trade.objects.exists()
    assert Obligation.objects.count() == sum(month.trades for month in months) > 0
    assert figures() == before
    assert list(find_billing_differences()) == []
    assert list(find_differences()) == []

    alice = world.client("alice")
    page = alice.get(reverse("trades")).content.decode()
    assert "Trades before 2026-04-01 are in the archive." in page
    page = alice.get(reverse("order", args=[order.pk])).content.decode()
    assert f"In all, {order.filled_accelerator_hours} acc-h of it traded." in page
    for name, pages in {
        "alice": ("compute", "wallet", "wallet_documents"),
        "fiona": ("finance_settlement", "finance_lines"),
    }.items():
        for each in pages:
            assert world.client(name).get(reverse(each)).status_code == 200
    assert world.client("bob").get(reverse("earnings")).status_code == 200
    with translation.override("zh-hans"):
        assert "已归档" in alice.get(reverse("trades"), headers={"accept-language": "zh-hans"}).content.decode()


def figures() -> list[object]:
    filters = SettlementFilters()
    lines = [(line.pk, line.trade.price_fen, line.trade.site_id) for line in settlement_lines(filters)]
    return [settlement_summary(filters), lines, [document_content(invoice) for invoice in Invoice.objects.all()]]


def test_commands_say_what_they_did(world: World, tmp_path: Path) -> None:
    finish(world)
    out = StringIO()
    call_command("archive", before="2026-04", stdout=out, stderr=StringIO())
    (month,) = ArchivedMonth.objects.all()
    assert out.getvalue().startswith(f"2026-03: {month.commands} commands, {month.trades} trades")
    again = StringIO()
    call_command("archive", before="2026-04", stdout=again, stderr=StringIO())
    assert "nothing to archive" in again.getvalue()
    with pytest.raises(CommandError, match="as in 2026-08"):
        call_command("archive", before="March")

    out = StringIO()
    call_command("audit", "--from", "1", "--engine", "reference", stdout=out, stderr=StringIO())
    last = Command.objects.order_by("-sequence").values_list("sequence", flat=True).first() or month.commands
    assert f"all: {last} commands" in out.getvalue()
    assert "all agree" in out.getvalue()
    with pytest.raises(CommandError, match="no market in a link group nowhere"):
        call_command("audit", "--from", "1", "--group", "nowhere", stderr=StringIO())

    path = tmp_path / "2026-03" / "played.parquet"
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(CommandError, match=r"2026-03/played\.parquet: its SHA-256"):
        call_command("audit", "--from", "1", "--engine", "reference", stdout=StringIO(), stderr=StringIO())
    out = StringIO()
    with pytest.raises(SystemExit):
        call_command("verify", stdout=out)
    assert "2026-03/played.parquet: its SHA-256" in out.getvalue()

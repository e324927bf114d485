"""A page of a list costs as many statements with many rows as with one."""

from __future__ import annotations

from datetime import timedelta

from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from billing.credit.limits import ask_for_limit, refuse_limit
from billing.models import BankLine, BankStatement, FeeSchedule, Rate, ReportFile, TaxStatus
from billing.payouts.batches import drop_batch, prepare_payouts
from billing.period import BEIJING, day_of
from billing.vouchers.programmes import create_programme, issue_vouchers
from marketplace.accounts.models import User
from matching.halts import halt_trading
from matching.hours import hour_of
from matching.models import Finding
from tests.api.conftest import program_of
from tests.api.finance.conftest import Program
from tests.web.desk.world import World

FINANCE = (
    "transfers", "payables", "payout-batches", "payouts", "bank-statements", "bank-lines", "credit-limits",
    "credit-accounts", "receivables", "write-offs", "corrections", "fee-schedules", "vat-rates", "penalties", "tax-codes",
    "voucher-programmes", "report-files", "settlement-runs", "adjustments",
)  # fmt: skip
OPERATIONS = ("halts", "participants", "site-requests", "findings")


def more_of_everything(world: World, number: int) -> None:
    """A row more in most lists."""
    now, tomorrow = timezone.now(), timezone.now().astimezone(BEIJING).date() + timedelta(days=1)
    limit = ask_for_limit(
        participant_id=world.alice.pk, limit_fen=number, terms_days=1, from_day=tomorrow, reason="r", by="a", now=now
    )
    refuse_limit(limit_id=limit.pk, by="b", now=now)
    drop_batch(batch_id=prepare_payouts(minimum_fen=1, by="a", now=now).pk, by="a", now=now)
    statement = BankStatement.objects.create(file_name="s", closing_on=tomorrow, imported_by="a", imported_at=now)
    BankLine.objects.create(
        statement=statement,
        reference=f"B-{number}",
        booked_on=tomorrow,
        amount_fen=5,
        text=f"top-up {world.alice.slug}",
    )
    hour = day_of(hour_of(now))[0] + 24 * number
    FeeSchedule.objects.create(participant=world.alice, from_hour=hour, reason="r", state="proposed", proposed_by="a")
    Rate.objects.create(kind="vat", tax_code="services", bps=600, from_hour=hour, state="proposed", proposed_by="a")
    TaxStatus.objects.create(
        participant=world.alice, tax_code="export", from_hour=hour, state="proposed", proposed_by="a"
    )
    today = day_of(hour_of(now))[0]
    programme = create_programme(
        name="V", sponsor="S", budget_fen=100, cap_fen=10, start=today, end=today + 240,
        shares_bps={world.market.compute_class_id: 2_000}, by="a", now=now,
    )  # fmt: skip
    issue_vouchers(programme_id=programme.pk, participant_ids=[world.alice.pk], by="a", now=now)
    ReportFile.objects.create(report="lines", format="csv", asked={}, asked_by="a", asked_at=now, rows_expected=1)
    Finding.objects.create(
        pattern="spoof", market=world.market, participant=world.alice, other=world.alice,
        day=tomorrow + timedelta(days=number), count=4, accelerator_hours=9, value=8, seen_at=now,
    )  # fmt: skip
    halt_trading(market=world.market, by="a", reason="r", now=now)


def statements(program: Program, path: str) -> int:
    with CaptureQueriesContext(connection) as captured:
        program.rows(path)
    return len(captured)


def test_no_list_costs_more_with_more_rows(world: World, greta: Program) -> None:
    world.bob.bank_account = "6222"
    world.bob.save()
    olga = Program(
        program_of(User.objects.create_user("olga@example.com", is_staff=True), acts_for="operations", may="read")
    )
    more_of_everything(world, 1)
    programs = {**dict.fromkeys(FINANCE, greta), **dict.fromkeys(OPERATIONS, olga)}
    few = {path: statements(program, path) for path, program in programs.items()}
    for number in range(2, 5):
        more_of_everything(world, number)
    assert {path: statements(program, path) for path, program in programs.items()} == few
    assert max(few.values()) <= 12, few

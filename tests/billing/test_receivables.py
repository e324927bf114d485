"""What is due of invoices: prepaid, paid by the bank's lines, aged, dunned once a level, held, and given up by two people."""

from __future__ import annotations

from datetime import timedelta

import pytest

from billing.bank.booking import book_line
from billing.bank.importing import import_statement
from billing.bank.suggesting import BookAs, suggest
from billing.corrections.by_hand import approve_correction, ask_to_correct
from billing.credit.ageing import ageing, bucket_of
from billing.credit.due import pay_all
from billing.dunning import levels, write_offs
from billing.dunning.levels import hold_dunning, release_dunning, write_notices
from billing.dunning.write_offs import approve_write_off, ask_for_write_off, refuse_write_off
from billing.funds import deposit_funds
from billing.holds import BiddingStopped
from billing.invoicing import issue_invoices
from billing.models import Account, BankLine, InvoiceDue, InvoicePayment
from billing.period import BEIJING
from billing.settlement import settle_delivered
from billing.verify import find_differences
from tests.billing.test_credit import lend
from tests.billing.test_shortfalls import read
from tests.billing.world import MONDAY, World

WEEK = 168


def owe(world: World, *weeks: int, quantity: int = 2) -> list[InvoiceDue]:
    """Let buyer 0 buy, get and be invoiced some hours in each of these weeks."""
    for week in weeks:
        world.hour = max(world.hour, MONDAY + week * WEEK - 10)
        bid = world.bid(0, start=MONDAY + week * WEEK + 5, hours=10, quantity=quantity, price_fen=1000)
        world.trade(bid, price_fen=1000, quantity=quantity)
        world.clear()
        world.settle(MONDAY + (week + 1) * WEEK)
        issue_invoices(period_start=MONDAY + week * WEEK, now=world.now)
    return list(InvoiceDue.objects.order_by("invoice_id"))


@pytest.fixture
def lent() -> World:
    """A buyer without money and with ¥10,000 of credit for 14 days."""
    world = World.create(deposit_fen=0)
    lend(world, 0, 1_000_000, terms_days=14)
    return world


def open_fen() -> list[int]:
    return list(InvoiceDue.objects.order_by("invoice_id").values_list("open_fen", flat=True))


@pytest.mark.django_db
def test_what_is_prepaid_pays_first_and_only_the_rest_is_due(lent: World) -> None:
    deposit_funds(participant_id=lent.buyers[0].pk, amount_fen=5_000, key="early", now=lent.now)
    (due,) = owe(lent, 0)
    assert due.due_on == (lent.now.astimezone(BEIJING) + timedelta(days=14)).date()
    assert (due.terms_days, due.total_fen, due.paid_fen) == (14, due.invoice.total_fen, 5_000)
    assert due.payments.get().kind == InvoicePayment.Kind.PREPAID
    owe(lent, 1)
    account = Account.objects.get(participant=lent.buyers[0], kind="funds")
    assert sum(open_fen()) == account.debits_posted - account.credits_posted
    assert list(find_differences()) == []


@pytest.mark.django_db
def test_bank_lines_pay_the_invoice_they_name_and_then_the_oldest(lent: World) -> None:
    first, second = owe(lent, 0, 1)
    day = lent.now.astimezone(BEIJING).date()
    rows = [
        f"{day},{second.open_fen / 100:.2f},CNY,R1,Somebody,,pays {second.invoice.number}",
        f"{day},{first.open_fen / 100 + 10:.2f},CNY,R2,Somebody,,from BUYER-0",
    ]
    content = "Date,Amount,Currency,Reference,Counterparty,Counterparty account,Text\n" + "\n".join(rows) + "\n"
    import_statement(content=content.encode(), file_name="s.csv", imported_by="f", now=lent.now)
    lines = {line.reference: line for line in BankLine.objects.all()}
    found = suggest(list(lines.values()))
    assert (found[lines["R1"].pk].book_as, found[lines["R1"].pk].target_id) == (BookAs.INVOICE, second.pk)
    book_line(line_id=lines["R1"].pk, book_as=BookAs.INVOICE, target_id=second.pk, by="f", now=lent.now)
    assert open_fen() == [first.open_fen, 0]
    deposit = found[lines["R2"].pk]
    assert deposit.book_as == BookAs.DEPOSIT
    book_line(line_id=lines["R2"].pk, book_as=BookAs.DEPOSIT, target_id=deposit.target_id, by="f", now=lent.now)
    assert open_fen() == [0, 0]
    assert InvoicePayment.objects.order_by("pk").last().transfer_id == BankLine.objects.get(reference="R2").transfer_id  # type: ignore[union-attr]
    assert list(find_differences()) == []


@pytest.mark.django_db
def test_shortfall_found_later_pays_part_of_the_invoice(lent: World) -> None:
    (due,) = owe(lent, 0, quantity=4)
    bid = lent.bid(0, start=lent.hour + 2, hours=1, quantity=3, price_fen=1000)
    lent.trade(bid, price_fen=1000, quantity=3)
    lent.clear()
    lent.close(lent.hour + 3)
    read(lent, lent.hour - 1, 1, "short")
    settle_delivered(until_hour=lent.hour, now=lent.now)
    # What is not invoiced yet falls by what was short; the penalty on it pays what is.
    assert due.payments.get().amount_fen == 2 * 1000 // 10
    assert list(find_differences()) == []


@pytest.mark.django_db
def test_deposit_taken_back_opens_what_it_had_paid(lent: World) -> None:
    (due,) = owe(lent, 0)
    paid = deposit_funds(participant_id=lent.buyers[0].pk, amount_fen=due.open_fen, key="bounces", now=lent.now)
    assert open_fen() == [0]
    asked = ask_to_correct(
        transfer_id=paid, amount_fen=due.open_fen, reason="Bounced", by="a@example.com", now=lent.now
    )
    approve_correction(correction_id=asked.pk, by="b@example.com", now=lent.now)
    assert open_fen() == [due.open_fen]
    assert [payment.kind for payment in due.payments.all()] == ["payment", "returned"]
    assert list(find_differences()) == []


@pytest.mark.django_db
def test_ageing_counts_from_the_day_after_the_due_date(lent: World) -> None:
    (due,) = owe(lent, 0)
    for days, name in (
        (0, "current"),
        (1, "1-30"),
        (30, "1-30"),
        (31, "31-60"),
        (61, "61-90"),
        (90, "61-90"),
        (91, "90+"),
    ):
        day = due.due_on + timedelta(days=days)
        assert bucket_of(due_on=due.due_on, day=day) == name
        assert {b.name: b.open_fen for b in ageing(day=day) if b.open_fen} == {name: due.open_fen}
    assert [b.name for b in ageing(day=due.due_on)] == ["current", "1-30", "31-60", "61-90", "90+"]


@pytest.mark.django_db
def test_each_level_is_written_once_and_the_last_stops_new_bids_until_paid(lent: World) -> None:
    (due,) = owe(lent, 0)
    running = lent.bid(0, start=lent.hour + 2000, hours=2, price_fen=100)
    issued = lent.hour
    written = []
    for day in range(12, 50):
        lent.hour = issued + 24 * day
        written += [(day - 14, notice.level) for notice in (*write_notices(now=lent.now), *write_notices(now=lent.now))]
    assert written == [(1, 1), (14, 2), (30, 3)]
    with pytest.raises(BiddingStopped):
        lent.bid(0, start=lent.hour + 1000, price_fen=1)
    lent.trade(running, price_fen=90, quantity=1)  # what runs goes on
    lent.clear()
    deposit_funds(participant_id=lent.buyers[0].pk, amount_fen=due.open_fen, key="at last", now=lent.now)
    lent.bid(0, start=lent.hour + 1000, price_fen=1)
    assert list(find_differences()) == []


@pytest.mark.django_db
def test_late_dunning_keeps_a_week_between_letters_and_a_hold_stops_it(lent: World) -> None:
    (due,) = owe(lent, 0)
    lent.hour += 24 * 60
    assert [notice.level for notice in write_notices(now=lent.now)] == [1]
    with pytest.raises(levels.HoldReasonMissing):
        hold_dunning(invoice_id=due.pk, reason=" ", by="f@example.com", now=lent.now)
    hold_dunning(invoice_id=due.pk, reason="Contested", by="f@example.com", now=lent.now)
    with pytest.raises(levels.NothingToDun):
        hold_dunning(invoice_id=due.pk, reason="Contested", by="f@example.com", now=lent.now)
    lent.hour += 24 * 7
    assert write_notices(now=lent.now) == []
    release_dunning(invoice_id=due.pk, by="f@example.com", now=lent.now)
    assert [notice.level for notice in write_notices(now=lent.now)] == [2]
    lent.hour += 24 * 7
    assert [notice.level for notice in write_notices(now=lent.now)] == [3]
    with pytest.raises(BiddingStopped):
        lent.bid(0, start=lent.hour + 10, price_fen=1)
    hold_dunning(invoice_id=due.pk, reason="Pays in parts", by="f@example.com", now=lent.now)
    lent.bid(0, start=lent.hour + 10, price_fen=1)


@pytest.mark.django_db
def test_rest_is_given_up_by_two_people_and_booked_as_bad_debt(lent: World) -> None:
    (due,) = owe(lent, 0)
    for amount_fen, reason, error in (
        (due.open_fen + 1, "Gone", write_offs.MoreThanOpen),
        (0, "Gone", write_offs.MoreThanOpen),
        (1, " ", write_offs.WriteOffReasonMissing),
    ):
        with pytest.raises(error):
            ask_for_write_off(invoice_id=due.pk, amount_fen=amount_fen, reason=reason, by="a@example.com", now=lent.now)
    asked = ask_for_write_off(
        invoice_id=due.pk, amount_fen=due.open_fen, reason="Gone", by="a@example.com", now=lent.now
    )
    with pytest.raises(write_offs.WriteOffAskedAlready):
        ask_for_write_off(invoice_id=due.pk, amount_fen=1, reason="Gone", by="b@example.com", now=lent.now)
    with pytest.raises(write_offs.WriteOffNeedsSecondPerson):
        approve_write_off(write_off_id=asked.pk, by="a@example.com", now=lent.now)
    deposit_funds(participant_id=lent.buyers[0].pk, amount_fen=100, key="a little", now=lent.now)
    with pytest.raises(write_offs.MoreThanOpen):
        approve_write_off(write_off_id=asked.pk, by="b@example.com", now=lent.now)
    refuse_write_off(write_off_id=asked.pk, by="b@example.com", now=lent.now)
    rest_fen = due.open_fen - 100
    again = ask_for_write_off(invoice_id=due.pk, amount_fen=rest_fen, reason="Gone", by="a@example.com", now=lent.now)
    approve_write_off(write_off_id=again.pk, by="b@example.com", now=lent.now)
    with pytest.raises(write_offs.WriteOffDecided):
        approve_write_off(write_off_id=again.pk, by="b@example.com", now=lent.now)
    assert open_fen() == [0]
    assert Account.objects.get(kind="bad_debt").debits_posted == rest_fen
    assert pay_all(now=lent.now) == 0
    assert list(find_differences()) == []

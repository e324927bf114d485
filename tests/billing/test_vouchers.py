"""Vouchers: what they pay, in which order, up to what, and that it comes back."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

import pytest
from django.db import IntegrityError
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from billing.credit_notes.by_finance import issue_credit_note
from billing.delivery.readings import NewReading, record_readings
from billing.einvoices.terms import invoice_terms
from billing.funds import available_fen
from billing.invoicing import issue_invoices
from billing.models import Account, Invoice, Voucher, VoucherProgramme, VoucherUse
from billing.rounding import share_half_up
from billing.settlement import settle_delivered
from billing.verify import find_differences
from billing.vouchers import programmes
from billing.vouchers.cover import Part, Room, cover, most_covered, release
from matching.models import Change, ComputeClass
from tests.billing.threads import in_threads
from tests.billing.world import MONDAY, World


def programme(world: World, **changes: object) -> VoucherProgramme:
    """An active programme that pays 30 % for the world's class, with a voucher for each buyer."""
    terms = {
        "name": "Compute vouchers 2025",
        "sponsor": "Science office",
        "budget_fen": 100_000,
        "cap_fen": 50_000,
        "start": MONDAY - 24,
        "end": MONDAY + 7 * 24,
        "shares_bps": {world.markets[0].compute_class_id: 3000},
    } | changes
    made = programmes.create_programme(by="ann@x.example", now=world.now, **terms)  # type: ignore[arg-type]
    ids = [buyer.pk for buyer in world.buyers]
    programmes.issue_vouchers(programme_id=made.pk, participant_ids=ids, by="ann@x.example", now=world.now)
    return programmes.activate_programme(programme_id=made.pk, by="bob@x.example", now=world.now)


def buy(
    world: World, *, hour: int = MONDAY, hours: int = 1, quantity: int = 1, price_fen: int = 10_000, buyer: int = 0
) -> None:
    bid = world.bid(buyer, start=hour, hours=hours, quantity=quantity, price_fen=price_fen)
    world.trade(bid, price_fen=price_fen, quantity=quantity)


def read(world: World, hour: int, accelerators: int, turn: int = 1) -> None:
    reading = NewReading(
        site=world.sites[0].slug, hour=hour, holder=world.buyers[0].slug, accelerators=accelerators, source="m",
        source_id=f"{hour}-{turn}", read_at=world.now,
    )  # fmt: skip
    (verdict,) = record_readings(provider_id=world.providers[0].pk, readings=[reading], now=world.now)
    assert verdict.error is None


def paid(world: World, buyer: int = 0) -> list[int]:
    """What each voucher of a buyer has paid, in the order of issue."""
    held = Voucher.objects.filter(participant=world.buyers[buyer]).order_by("pk")
    assert list(find_differences()) == []
    return list(held.values_list("used_fen", flat=True))


amounts = st.integers(0, 10**6)


@settings(deadline=None, suppress_health_check=list(HealthCheck))
@given(st.integers(1, 10_000), amounts, st.lists(amounts, min_size=1, max_size=4), st.integers(0, 10**6))
def test_cover_never_passes_its_room_and_release_takes_back_what_is_too_much(
    bps: int, base_fen: int, rooms: list[int], net_fen: int
) -> None:
    parts = [Part(voucher_id=n, programme_id=n % 2, share_bps=bps) for n in range(len(rooms))]
    room = Room(vouchers=dict(enumerate(rooms)), programmes={0: 700_000, 1: 300_000})
    paid_fen = cover(base_fen=base_fen, parts=parts, room=room)
    covered = sum(part.base_fen for part in parts)
    assert covered <= base_fen
    assert paid_fen == sum(part.amount_fen for part in parts)
    assert min([*room.vouchers.values(), *room.programmes.values()]) >= 0
    if covered < base_fen:
        assert all(room.left_fen(part) <= Fraction(bps, 10_000) + 1 for part in parts)
    release(net_fen=net_fen, parts=parts, room=room)
    assert sum(part.base_fen for part in parts) == min(covered, net_fen)
    most = most_covered(amount_fen=net_fen, bps=bps)
    assert share_half_up(amount_fen=most, bps=bps) <= net_fen < share_half_up(amount_fen=most + 1, bps=bps)


def test_a_voucher_pays_its_share_at_settlement_up_to_its_cap(world: World) -> None:
    programme(world, cap_fen=7_000)
    buy(world, hours=3)
    before = available_fen(world.buyers[0].pk)
    world.clear()
    cost = before - available_fen(world.buyers[0].pk)
    world.settle(MONDAY + 1)
    assert paid(world) == [3_000]
    assert available_fen(world.buyers[0].pk) == before - cost + 3_000
    world.settle(MONDAY + 3)
    assert paid(world) == [7_000]
    subsidy = Account.objects.get(kind="subsidy")
    assert subsidy.debits_posted - subsidy.credits_posted == 7_000
    pk = VoucherProgramme.objects.get().pk
    for _ in range(2):  # the bank's number is booked once
        programmes.book_sponsor_payment(programme_id=pk, amount_fen=7_000, bank_reference="B1", by="a", now=world.now)
    assert VoucherProgramme.objects.get().received_fen == 7_000
    assert list(find_differences()) == []


def test_soonest_expiry_first_and_no_charge_twice(world: World) -> None:
    later = programme(world, end=MONDAY + 14 * 24, cap_fen=50_000)
    sooner = programme(world, cap_fen=1_000, shares_bps={world.markets[0].compute_class_id: 5000})
    programme(world, start=MONDAY + 48, end=MONDAY + 72)  # not yet
    buy(world)
    world.settle(MONDAY + 1)
    assert paid(world) == [2_400, 1_000, 0]  # 1,000 is half of 2,000; 30 % of the other 8,000
    programmes.end_programme(programme_id=later.pk, by="a", now=world.now)
    buy(world, hour=MONDAY + 1)
    world.settle(MONDAY + 2)
    assert paid(world) == [2_400, 1_000, 0]
    assert VoucherProgramme.objects.get(pk=sooner.pk).left_fen == 99_000
    assert Change.objects.filter(what__startswith="voucher_programme.").count() == 7


def test_only_eligible_classes_and_each_at_its_share(world: World) -> None:
    domestic = ComputeClass.objects.create(slug="DCU-K100-AI", name="K100", vendor="Hygon")
    world.markets[1].compute_class = domestic
    world.markets[1].save()
    foreign = world.markets[0].compute_class_id
    programme(world, shares_bps={foreign: 1000, domestic.pk: 5000})
    for market in (0, 1):
        bid = world.bid(0, market=market, price_fen=10_000)
        world.trade(bid, price_fen=9_999, quantity=1)
    world.settle(MONDAY + 1)
    uses = dict(VoucherUse.objects.values_list("compute_class_id", "amount_fen"))
    assert uses == {foreign: 1_000, domestic.pk: 5_000}
    assert paid(world) == [6_000]


def test_what_falls_short_gives_back_to_the_programme_not_to_the_buyer(world: World) -> None:
    programme(world)
    buy(world, quantity=4)
    world.clear()
    world.settle(MONDAY + 1)
    before = available_fen(world.buyers[0].pk)
    assert paid(world) == [12_000]
    read(world, MONDAY, 1)
    settle_delivered(until_hour=MONDAY + 1, now=world.now)
    assert paid(world) == [3_000]
    # principal, penalty, fee (0.60 %) and VAT of the two, less the share that was the programme's
    assert available_fen(world.buyers[0].pk) - before == 30_000 + 3_000 + 180 + 1_810 - 9_000
    read(world, MONDAY, 3, turn=2)
    settle_delivered(until_hour=MONDAY + 1, now=world.now)
    assert paid(world) == [9_000]
    assert VoucherProgramme.objects.get().left_fen == 91_000


def test_a_charge_that_is_covered_in_part_gives_back_only_what_is_too_much(world: World) -> None:
    programme(world, cap_fen=6_000)  # covers 20,000 of 40,000
    buy(world, quantity=4)
    world.settle(MONDAY + 1)
    read(world, MONDAY, 3)
    settle_delivered(until_hour=MONDAY + 1, now=world.now)
    assert paid(world) == [6_000]
    read(world, MONDAY, 1, turn=2)
    settle_delivered(until_hour=MONDAY + 1, now=world.now)
    assert paid(world) == [3_000]


def test_a_credit_note_gives_back_to_the_programme_what_is_too_much(world: World) -> None:
    """The invoice states what vouchers paid, and notes on it what goes back to them."""
    programme(world, cap_fen=9_000)
    buy(world, quantity=4)  # 40,000, of which 30,000 are covered
    world.settle(MONDAY + 7 * 24)
    issue_invoices(period_start=MONDAY, now=world.now)
    invoice = Invoice.objects.get(kind="invoice")
    assert (invoice.voucher_fen, invoice.net_fen) == (9_000, 40_240)
    assert "算力券支付 90.00 元" in str(invoice_terms(invoice)["BT-20"])
    before = available_fen(world.buyers[0].pk)
    credited = {"cause": "allowance", "reason": "So", "by": "f", "now": world.now}
    first = issue_credit_note(number=invoice.number, amounts_fen={1: 10_000}, **credited)  # type: ignore[arg-type]
    assert (first.voucher_fen, paid(world)) == (0, [9_000])
    second = issue_credit_note(number=invoice.number, amounts_fen={1: 10_000}, **credited)  # type: ignore[arg-type]
    assert (second.voucher_fen, paid(world)) == (3_000, [6_000])
    assert available_fen(world.buyers[0].pk) - before == first.total_fen + second.total_fen - 3_000
    read(world, MONDAY, 0)  # nothing was delivered after all
    settle_delivered(until_hour=world.hour, now=world.now)
    assert paid(world) == [0]
    assert VoucherProgramme.objects.get().left_fen == 100_000


@pytest.mark.django_db(transaction=True)
def test_budget_and_caps_hold_whoever_settles_issues_and_ends_at_once() -> None:
    world = World.create(buyers=6)
    for turn in range(3):
        programme(world, budget_fen=20_000 + turn, cap_fen=9_000 + turn, end=MONDAY + (2 + turn) * 24)
    for hour in range(48):
        buy(world, hour=MONDAY + hour, buyer=hour % 6, price_fen=10_001)
    world.close(MONDAY + 48)
    ended = VoucherProgramme.objects.latest("pk").pk  # not the one that is being made meanwhile

    def work(row: int) -> None:
        if row == 0:
            programmes.end_programme(programme_id=ended, by="a", now=world.now)
        elif row == 1:
            made = programme(world, budget_fen=500, cap_fen=400)
            assert made.pk
        else:
            settle_delivered(until_hour=MONDAY + 48, now=world.now)

    assert in_threads(6, work) == []
    settle_delivered(until_hour=MONDAY + 48, now=world.now)
    assert list(find_differences()) == []
    first = VoucherProgramme.objects.order_by("pk").first()
    assert first is not None
    assert first.left_fen == 0  # all of it was wanted
    with pytest.raises(IntegrityError, match="voucher_programme_within_budget"):
        VoucherProgramme.objects.filter(pk=first.pk).update(used_fen=20_001)


def _own(world: World) -> None:
    made = programme(world)
    again = programmes.create_programme(
        name="A", sponsor="B", budget_fen=1, cap_fen=1, start=made.start, end=made.end, shares_bps={world.markets[0].compute_class_id: 1},
        by="ann@x.example", now=world.now,
    )  # fmt: skip
    programmes.activate_programme(programme_id=again.pk, by="Ann@X.example", now=world.now)


@pytest.mark.parametrize(
    ("bad", "error"),
    [
        (lambda w: programme(w, name=" "), programmes.NameMissing),
        (lambda w: programme(w, budget_fen=0), programmes.BudgetInvalid),
        (lambda w: programme(w, cap_fen=100_001), programmes.BudgetInvalid),
        (lambda w: programme(w, end=MONDAY - 24), programmes.ValidityInvalid),
        (lambda w: programme(w, start=MONDAY + 1), programmes.ValidityInvalid),
        (lambda w: programme(w, shares_bps={}), programmes.ShareInvalid),
        (lambda w: programme(w, shares_bps={1: 10_001}), programmes.ShareInvalid),
        (_own, programmes.SecondPersonNeeded),
        (
            lambda w: programmes.activate_programme(programme_id=programme(w).pk, by="z", now=w.now),
            programmes.ProgrammeNotInState,
        ),
        (
            lambda w: programmes.issue_vouchers(
                programme_id=programme(w).pk, participant_ids=[w.providers[0].pk], by="a", now=w.now
            ),
            programmes.NotABuyer,
        ),
        (
            lambda w: programmes.issue_vouchers(
                programme_id=programme(w).pk, participant_ids=[w.buyers[0].pk], limit_fen=50_001, by="a", now=w.now
            ),
            programmes.LimitInvalid,
        ),
        (
            lambda w: programmes.book_sponsor_payment(
                programme_id=programme(w).pk, amount_fen=0, bank_reference="x", by="a", now=w.now
            ),
            programmes.AmountNotPositive,
        ),
    ],
)
def test_a_programme_that_cannot_be_is_refused_by_name(
    world: World, bad: Callable[[World], object], error: type[programmes.UnableToSubsidise]
) -> None:
    with pytest.raises(error) as caught:
        bad(world)
    assert str(caught.value)

"""Finance enters fees, tax and vouchers as Fiona, Greta approves; Alice sees what she pays and gets."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.test import Client
from django.urls import reverse

from billing.fees.terms import read_fee_terms
from billing.models import FeeSchedule, Rate, TaxStatus, VoucherProgramme, VoucherUse
from billing.period import date_of
from billing.settlement import settle_delivered
from billing.verify import find_differences
from marketplace.accounts.models import User
from matching.hours import hour_of, moment_of
from tests.web.desk.world import World


@pytest.fixture
def staffed(world: World) -> World:
    """Greta approves, Henry looks."""
    for name, role in (("greta", "approver"), ("henry", "viewer")):
        User.objects.create_user(f"{name}@example.com", finance_role=role)
    return world


def _page(client: Client, name: str, *args: object) -> str:
    answer = client.get(reverse(name, args=args))
    assert answer.status_code == 200
    return answer.content.decode()


def _send(client: Client, name: str, /, *args: object, **values: object) -> str:
    return client.post(reverse(name, args=args), values, follow=True).content.decode()


def _day(world: World, days: int) -> date:
    return date_of(hour_of(world.now)) + timedelta(days=days)


def _tiers(world: World, **changes: object) -> dict[str, object]:
    tiers = {
        "volume_0": "0",
        "maker_0": "0.10",
        "taker_0": "0.5",
        "volume_1": "1000",
        "maker_1": "0",
        "taker_1": "0.25",
    }
    return tiers | {"from_day": _day(world, 1), "reason": "Yearly review"} | changes


def test_two_people_change_the_fees(staffed: World) -> None:
    fiona, greta = staffed.client("fiona"), staffed.client("greta")
    staffed.buy(staffed.alice, staffed.first, quantity=16, hours=8)
    preview = _send(fiona, "finance_schedule_new", **_tiers(staffed))
    assert "would pay something else today" in preview
    assert not FeeSchedule.objects.filter(state="proposed").exists()
    assert "Somebody else in finance has to approve it" in _send(
        fiona, "finance_schedule_new", propose="1", **_tiers(staffed)
    )
    schedule = FeeSchedule.objects.get(state="proposed")
    assert schedule.tiers == [(0, 10, 50), (100_000, 0, 25)]
    waits = _page(fiona, "finance_fees")
    assert "from ¥1,000.00: maker 0%, taker 0.25%" in waits
    assert reverse("finance_version_approve", args=["fee_schedule", schedule.pk]) not in waits
    assert "It applies from its day on" in _send(greta, "finance_version_approve", "fee_schedule", schedule.pk)
    tomorrow = moment_of(schedule.from_hour)
    terms = read_fee_terms(participant_ids=[staffed.alice.pk], now=tomorrow)[staffed.alice.pk]
    assert (terms.taker_fee_bps, terms.maker_fee_bps) == (25, 0)
    _send(fiona, "finance_schedule_new", propose="1", **_tiers(staffed, participant=staffed.alice.pk, volume_1=""))
    assert FeeSchedule.objects.filter(state="proposed").count() == 0  # half a row
    own = {"participant": staffed.alice.pk, "volume_1": "", "maker_1": "", "taker_1": ""}
    _send(fiona, "finance_schedule_new", propose="1", **_tiers(staffed, **own))
    assert "Turned down" in _send(
        greta, "finance_version_reject", "fee_schedule", FeeSchedule.objects.get(state="proposed").pk
    )
    mine = _page(staffed.client("alice"), "wallet_terms")
    assert "0.60%" in mine
    assert "Fees and vouchers" in mine


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"from_day": "2020-01-01"}, "has begun. Choose a later day"),
        ({"volume_0": "5"}, "The first tier starts at a volume of 0"),
        ({"taker_0": "11"}, "A fee is between 0 and 10 %"),
        ({"maker_1": ""}, "Fill in the whole row"),
        ({"ends": "on"}, "Choose whose override ends"),
        ({"reason": " "}, "This field is required"),
    ],
)
def test_what_is_wrong_stands_beside_the_field(staffed: World, changes: dict[str, object], words: str) -> None:
    answer = staffed.client("fiona").post(reverse("finance_schedule_new"), _tiers(staffed, **changes))
    assert answer.status_code == 422
    assert words in answer.content.decode()


def test_vat_rates_and_tax_codes(staffed: World) -> None:
    fiona, greta = staffed.client("fiona"), staffed.client("greta")
    assert "New VAT rate" in _page(fiona, "finance_vat_new")
    values: dict[str, object] = {"tax_code": "services", "bps": "9", "from_day": _day(staffed, 1), "reason": "Law"}
    staffed.buy(staffed.alice, staffed.first)
    assert "Hours of that week are sold or bid for" in _send(fiona, "finance_vat_new", **values)
    _send(fiona, "finance_vat_new", **values | {"from_day": _day(staffed, 30)})
    rate = Rate.objects.get(state="proposed")
    assert "You proposed this" in _send(greta, "finance_version_approve", "vat_rate", _own_by_greta(rate))
    _send(greta, "finance_version_approve", "vat_rate", rate.pk)
    assert Rate.objects.get(pk=rate.pk).state == "approved"
    _send(
        fiona, "finance_tax_code_new", participant=staffed.charlie.pk, tax_code="export", from_day=_day(staffed, 15),
        reason="Abroad",
    )  # fmt: skip
    _send(greta, "finance_version_approve", "tax_code", TaxStatus.objects.get().pk)
    page = _page(fiona, "finance_fees")
    assert "Services used abroad" in page
    assert "9%" in page


def test_two_people_change_the_penalty(staffed: World) -> None:
    fiona, greta = staffed.client("fiona"), staffed.client("greta")
    day = _day(staffed, 3)
    assert 'value="10"' in _page(fiona, "finance_penalty_new")
    values: dict[str, object] = {"bps": "12.5", "from_day": day, "reason": "Law firm"}
    assert "has begun. Choose a later day" in _send(
        fiona, "finance_penalty_new", **values | {"from_day": _day(staffed, 0)}
    )
    assert "less than or equal to 100" in _send(fiona, "finance_penalty_new", **values | {"bps": "101"})
    assert "This field is required" in _send(fiona, "finance_penalty_new", **values | {"reason": " "})
    assert not Rate.objects.filter(state="proposed").exists()
    assert "Somebody else in finance has to approve it" in _send(fiona, "finance_penalty_new", **values)
    rate = Rate.objects.get(state="proposed")
    own = _page(fiona, "finance_fees")
    assert "Penalty: 12.50%" in own
    assert reverse("finance_version_approve", args=["penalty_rate", rate.pk]) not in own
    assert fiona.post(reverse("finance_version_approve", args=["penalty_rate", rate.pk])).status_code == 403
    assert "It applies from its day on" in _send(greta, "finance_version_approve", "penalty_rate", rate.pk)
    page = _page(greta, "finance_fees")
    assert f"12.50% from {day}" in page
    assert f"12.50% for trades from {day} on" in _page(staffed.client("bob"), "wallet_terms")
    trail = _page(fiona, "finance_report_changes")
    assert "Proposed a penalty" in trail
    assert "Approved a penalty" in trail
    _send(fiona, "finance_penalty_new", **values)
    assert "Turned down" in _send(
        fiona, "finance_version_reject", "penalty_rate", Rate.objects.get(state="proposed").pk
    )


def _own_by_greta(rate: Rate) -> int:
    return Rate.objects.create(
        kind="vat", tax_code="export", bps=100, from_hour=rate.from_hour, state="proposed", proposed_by="greta@example.com",
        reason="So",
    ).pk  # fmt: skip


def test_a_programme_from_its_set_up_to_its_end(staffed: World) -> None:
    fiona, greta, alice = staffed.client("fiona"), staffed.client("greta"), staffed.client("alice")
    assert "No programme has been set up yet" in _page(fiona, "finance_programmes")
    class_id = staffed.market.compute_class_id
    values: dict[str, object] = {
        "name": "City vouchers", "sponsor": "Science office", "budget_fen": "100", "cap_fen": "50",
        "first_day": _day(staffed, 0), "last_day": _day(staffed, 30), f"share_{class_id}": "20",
    }  # fmt: skip
    assert "within the budget" in _send(fiona, "finance_programme_new", **values | {"cap_fen": "101"})
    assert "not be over" in _send(fiona, "finance_programme_new", **values | {"last_day": "2020-01-01"})
    assert "at least one compute class" in _send(fiona, "finance_programme_new", **values | {f"share_{class_id}": ""})
    _send(fiona, "finance_programme_new", **values)
    programme = VoucherProgramme.objects.get()
    _send(fiona, "finance_vouchers_issue", programme.pk, participants=[staffed.alice.pk])
    assert "Activate ¥100.00" in _page(greta, "finance_programme", programme.pk)
    assert "Active. It pays" in _send(greta, "finance_programme_activate", programme.pk)
    order = staffed.buy(staffed.alice, staffed.first)
    job: dict[str, str | int] = {
        "compute_class": staffed.market.compute_class.slug,
        "hub": staffed.market.hub.slug,
        "accelerators": 1,
        "hours": 2,
    }
    job |= {"start": staffed.first, "placement": "one_site", "price": "best"}
    ticket = alice.get(reverse("buy"), job).content.decode()
    assert "Vouchers pay you back" in ticket
    later = moment_of(staffed.first + 4)
    staffed.run(later)
    settle_delivered(until_hour=staffed.first + 4, now=later)
    paid = sum(VoucherUse.objects.values_list("amount_fen", flat=True))
    assert paid == order.filled_value_fen // 5 or paid == 5_000
    page = _page(fiona, "finance_programme", programme.pk)
    assert f"¥{paid / 100:.2f}" in page
    _send(fiona, "finance_programme_sponsor", programme.pk, amount_fen="10", bank_reference="B-1")
    assert "another amount" in _send(
        fiona, "finance_programme_sponsor", programme.pk, amount_fen="11", bank_reference="B-1"
    )
    assert "Ended. What is left" in _send(fiona, "finance_programme_end", programme.pk)
    mine = _page(alice, "wallet_terms")
    assert "City vouchers" in mine
    assert list(find_differences()) == []


def test_a_viewer_changes_nothing(staffed: World) -> None:
    henry = staffed.client("henry")
    assert "New fees" not in _page(henry, "finance_fees")
    for name in ("finance_programme_new", "finance_penalty_new"):
        assert henry.post(reverse(name), {}).status_code == 403
    assert staffed.client("alice").get(reverse("finance_fees")).status_code == 403

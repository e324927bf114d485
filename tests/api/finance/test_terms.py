"""Fees, tax and voucher programmes by the API: proposed by one, in force once another has approved."""

from __future__ import annotations

from datetime import timedelta

from billing.fees.terms import read_fee_terms
from billing.models import VoucherProgramme
from billing.period import date_of
from matching.hours import hour_of, moment_of
from tests.api.finance.conftest import Program
from tests.web.desk.world import World


def test_two_people_change_the_fees(world: World, fiona: Program, greta: Program, alice: Program) -> None:
    world.buy(world.alice, world.first, quantity=16, hours=8)
    tomorrow = date_of(hour_of(world.now)) + timedelta(days=1)
    tiers = [{"volume_fen": 0, "maker_fee_bps": 10, "taker_fee_bps": 50}]
    body = {"from_day": tomorrow.isoformat(), "reason": "Yearly review", "tiers": tiers}
    touched = fiona.post("fee-schedules", **body, preview=True)[1]["touched"]
    assert "alice" in {row["participant"] for row in touched}
    assert fiona.rows("fee-schedules", state="proposed") == []
    assert fiona.post("fee-schedules", **{**body, "tiers": []}) == (422, "tiers_invalid")
    today = date_of(hour_of(world.now)).isoformat()
    assert fiona.post("fee-schedules", **{**body, "from_day": today}) == (422, "version_too_early")
    assert alice.post("fee-schedules", **body) == (403, "finance_required")
    status, proposed = fiona.post("fee-schedules", **body)
    assert (status, proposed["state"], proposed["decision"]["proposed_by"]) == (201, "proposed", "fiona@example.com")
    assert proposed["id"] not in {row["id"] for row in alice.rows("fee-schedules")}
    assert fiona.post(f"fee-schedules/{proposed['id']}/approve") == (403, "approver_required")
    assert greta.post(f"fee-schedules/{proposed['id']}/approve")[1]["state"] == "approved"
    assert greta.post(f"fee-schedules/{proposed['id']}/reject") == (409, "version_decided")
    ids = [world.alice.pk]
    terms = read_fee_terms(participant_ids=ids, now=moment_of(proposed["from_hour"]))[world.alice.pk]
    assert (terms.maker_fee_bps, terms.taker_fee_bps) == (10, 50)
    (newest, *_rest) = alice.rows("fee-schedules")
    assert (newest["id"], newest["decision"]) == (proposed["id"], None)


def test_vat_tax_codes_and_the_penalty_wait_for_a_second_person(world: World, fiona: Program, greta: Program) -> None:
    later = (date_of(hour_of(world.now)) + timedelta(days=70)).isoformat()
    vat = {"tax_code": "services", "bps": 700, "from_day": later, "reason": "New law"}
    assert fiona.post("vat-rates", **{**vat, "bps": 10_001}) == (400, "invalid")
    assert fiona.post("vat-rates", **{**vat, "from_day": "2025-01-06"}) == (422, "version_too_early")
    _status, rate = fiona.post("vat-rates", **vat)
    assert greta.post(f"vat-rates/{rate['id']}/approve")[1]["decided_by"] == "greta@example.com"
    assert fiona.rows("vat-rates", state="approved")[0]["bps"] == 700
    penalty = {"bps": 2_000, "from_day": later, "reason": "Too many shortfalls"}
    _status, proposed = greta.post("penalties", **penalty)
    assert greta.post(f"penalties/{proposed['id']}/approve") == (422, "second_person_needed")
    assert fiona.post(f"penalties/{proposed['id']}/reject")[1]["state"] == "rejected"
    _status, proposed = fiona.post("penalties", **penalty)
    assert greta.post(f"penalties/{proposed['id']}/approve")[1]["state"] == "approved"
    assert fiona.rows("penalties", state="approved")[0]["bps"] == 2_000
    code = {"participant": "alice", "tax_code": "export", "from_day": later, "reason": "Abroad"}
    assert fiona.post("tax-codes", **{**code, "participant": "bob"}) == (404, "not_found")
    _status, status = greta.post("tax-codes", **code)
    assert greta.post(f"tax-codes/{status['id']}/approve") == (422, "second_person_needed")
    assert fiona.post(f"tax-codes/{status['id']}/reject")[1]["state"] == "rejected"


def test_a_programme_is_set_up_given_out_activated_and_paid_for(
    world: World, fiona: Program, greta: Program, alice: Program
) -> None:
    today = date_of(hour_of(world.now))
    body = {
        "name": "Spring", "sponsor": "City", "budget_fen": 10_000, "cap_fen": 1_000, "first_day": today.isoformat(),
        "until_day": (today + timedelta(days=10)).isoformat(),
        "shares": [{"compute_class": world.market.compute_class.slug, "share_bps": 2_000}],
    }  # fmt: skip
    assert fiona.post("voucher-programmes", **{**body, "cap_fen": 10_001}) == (422, "budget_invalid")
    unknown = [{"compute_class": "nothing", "share_bps": 1}]
    assert fiona.post("voucher-programmes", **{**body, "shares": unknown}) == (404, "not_found")
    status, made = fiona.post("voucher-programmes", **body)
    assert (status, made["state"], made["rates"][0]["share_bps"]) == (201, "draft", 2_000)
    path = f"voucher-programmes/{made['id']}"
    assert fiona.post(f"{path}/vouchers", participants=["alice"], limit_fen=2_000) == (422, "limit_invalid")
    assert fiona.post(f"{path}/vouchers", participants=["bob"]) == (422, "not_a_buyer")
    assert fiona.post(f"{path}/vouchers", participants=["alice", "charlie"])[1]["vouchers"] == 2
    assert fiona.post(f"{path}/activate") == (403, "approver_required")
    assert greta.post(f"{path}/activate")[1]["activated_by"] == "greta@example.com"
    assert alice.rows("vouchers")[0]["left_fen"] == 1_000
    pay = {"amount_fen": 400, "bank_reference": "S-1"}
    for _ in range(2):
        assert fiona.post(f"{path}/sponsor-payments", **pay)[1]["received_fen"] == 400
    again = {**pay, "amount_fen": 500}
    assert fiona.post(f"{path}/sponsor-payments", **again) == (409, "bank_reference_booked")
    assert fiona.post(f"{path}/end")[1]["state"] == "ended"
    assert VoucherProgramme.objects.get().received_fen == 400

"""Fees and vouchers by the API: one's own, and everybody's for finance."""

from __future__ import annotations

from django.utils import timezone

from billing.models import FeeSchedule
from billing.period import day_of
from billing.vouchers.programmes import activate_programme, create_programme, issue_vouchers
from matching.hours import hour_of
from tests.api.conftest import World, _client


def test_everybody_sees_its_own_terms_and_finance_all(world: World) -> None:
    FeeSchedule.objects.create(
        participant=world.alice, from_hour=0, tier_volumes_fen=[0, 500], maker_fee_bps=[1, 0], taker_fee_bps=[3, 2]
    )
    today = day_of(hour_of(timezone.now()))[0]
    programme = create_programme(
        name="V", sponsor="S", budget_fen=10_000, cap_fen=1_000, start=today, end=today + 240,
        shares_bps={world.market.compute_class_id: 2_000}, by="a", now=timezone.now(),
    )  # fmt: skip
    issue_vouchers(programme_id=programme.pk, participant_ids=[world.alice.pk], by="a", now=timezone.now())
    alice, charlie, fay = (
        _client("alice@example.com", world.alice),
        _client("charlie@example.com", world.charlie),
        _client("fay@example.com", None),
    )
    assert alice.get("/api/v1/vouchers").json()["results"] == []  # a draft
    activate_programme(programme_id=programme.pk, by="b", now=timezone.now())
    fees = alice.get("/api/v1/fees").json()
    assert (fees["taker_fee_bps"], fees["vat_bps"], fees["missing_fen"], fees["is_own"]) == (3, 600, 500, True)
    assert fees["penalty_bps"] == 1_000
    assert fees["tiers"][1] == {"volume_fen": 500, "maker_fee_bps": 0, "taker_fee_bps": 2}
    assert charlie.get("/api/v1/fees").json()["taker_fee_bps"] == 60
    assert [row["participant"] for row in charlie.get("/api/v1/fee-schedules").json()["results"]] == [None]
    assert len(fay.get("/api/v1/fee-schedules").json()["results"]) == 2
    (voucher,) = alice.get("/api/v1/vouchers").json()["results"]
    assert (voucher["left_fen"], voucher["programme"]["rates"][0]["share_bps"]) == (1_000, 2_000)
    assert charlie.get("/api/v1/vouchers").json()["results"] == []
    assert len(fay.get("/api/v1/vouchers").json()["results"]) == 1
    assert fay.get("/api/v1/voucher-uses").json()["results"] == []
    preview = alice.post("/api/v1/orders/preview", world.bid(), format="json").json()
    assert preview["voucher_fen"] == 800  # a fifth of 2 x 2 x ¥10.00
    assert preview["fee_fen"] == 1  # 0.03 % of ¥40.00
    assert charlie.post("/api/v1/orders/preview", world.bid(), format="json").json()["voucher_fen"] == 0

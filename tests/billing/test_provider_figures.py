"""A provider's reliability and earnings say what the ledger and the meters say."""

from __future__ import annotations

import pytest

from billing.delivery.access import hand_over_access
from billing.delivery.disputes import raise_dispute, resolve_dispute
from billing.delivery.reliability import keep_reliability, reliability_of, short_hours
from billing.period import period_of
from billing.reports.earnings import earnings_by_day, earnings_by_period, earnings_by_trade, total_of
from tests.billing.test_shortfalls import balance, buy, read, settle
from tests.billing.world import MONDAY, World


def _late(world: World) -> None:
    hand_over_access(
        provider_id=world.providers[0].pk, site_id=world.sites[0].pk, holder_id=world.buyers[0].pk, start=MONDAY, hours=4,
        text="ssh", by="bob@example.com", now=world.now,
    )  # fmt: skip


@pytest.mark.django_db
def test_net_earnings_are_what_the_ledger_owes_and_each_line_adds_up() -> None:
    world = World.create()
    provider, site = world.providers[0], world.sites[0]
    buy(world, hours=4)
    buy(world, hours=2, quantity=3, price_fen=977)
    world.hour = MONDAY + 5
    read(world, MONDAY, 6, "short")
    dispute = raise_dispute(
        site_id=site.pk, hour=MONDAY + 1, holder_id=world.buyers[0].pk, accelerators=7, reason="two nodes", by="alice",
        now=world.now,
    )  # fmt: skip
    settle(world)

    def ledger() -> int:
        return balance("payable", provider) + balance("receivable", provider)

    span = {"start": MONDAY - 24, "end": MONDAY + 48}
    (week,) = earnings_by_period(provider_id=provider.pk, **span)
    assert week.start == period_of(MONDAY)[0]
    assert week.gross_fen == 4 * 8 * 1033 + 2 * 3 * 977
    assert week.shortfall_fen > 0
    assert week.penalty_fen > 0
    assert week.kept_back_fen > 0
    assert week.net_fen == ledger()
    days = earnings_by_day(provider_id=provider.pk, **span)
    assert total_of(days).net_fen == week.net_fen
    lines = earnings_by_trade(provider_id=provider.pk, site_id=site.pk, limit=50, **span)
    assert total_of(lines).net_fen == week.net_fen
    assert len(lines) == 2

    resolve_dispute(dispute_id=dispute.pk, accelerators=8, resolution="One node was down.", by="fiona", now=world.now)
    settle(world)
    (week,) = earnings_by_period(provider_id=provider.pk, **span)
    assert week.kept_back_fen == 0
    assert week.net_fen == ledger()
    assert earnings_by_period(provider_id=world.providers[1].pk, **span) == []


@pytest.mark.django_db
def test_the_score_falls_with_what_was_not_delivered_disputes_lost_and_late_hand_overs() -> None:
    world = World.create()
    provider = world.providers[0]
    buy(world, hours=4)
    world.hour = MONDAY + 5
    read(world, MONDAY, 6, "short")
    settle(world)
    assert keep_reliability(now=world.now) == 2
    found = reliability_of(provider_id=provider.pk)
    assert found is not None
    assert (found.sold_30, found.short_30, found.sold_90, found.score_bps) == (32, 2, 32, 9375)
    _late(world)
    dispute = raise_dispute(
        site_id=world.sites[0].pk, hour=MONDAY + 1, holder_id=world.buyers[0].pk, accelerators=7, reason="two nodes",
        by="alice", now=world.now,
    )  # fmt: skip
    resolve_dispute(dispute_id=dispute.pk, accelerators=7, resolution="Yes.", by="fiona", now=world.now)
    settle(world)
    keep_reliability(now=world.now)
    found = reliability_of(provider_id=provider.pk)
    assert found is not None
    assert (found.short_90, found.disputes_lost_90, found.late_handovers_90) == (3, 1, 1)
    assert found.score_bps == 10_000 * 29 // 32 - 10 - 5
    assert [(h.hour, h.accelerators) for h in short_hours(provider_id=provider.pk, days=90, limit=9, now=world.now)] == [
        (MONDAY + 1, 1), (MONDAY, 2),
    ]  # fmt: skip
    idle = reliability_of(provider_id=world.providers[1].pk)
    assert idle is not None
    assert idle.score_bps is None

"""A settlement killed after any statement and run again gives exactly the books of an undisturbed one."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection, transaction

from billing import settlement
from billing.delivery.disputes import raise_dispute, resolve_dispute
from billing.models import Account, Adjustment, Dispute, SettlementLine, SettlementRun, Transfer, VoucherUse
from billing.settlement import settle_delivered
from billing.verify import find_differences
from tests.billing.test_shortfalls import read
from tests.billing.test_vouchers import programme
from tests.billing.world import MONDAY, World

POINTS = 20


class Killed(BaseException):
    """The process ends here."""


class Statements:
    """Counts the statements of a connection and kills after the one asked for."""

    def __init__(self, kill_after: int | None = None) -> None:
        self.count = 0
        self.kill_after = kill_after

    def __call__(self, execute: Callable[..., Any], *args: Any) -> Any:
        result = execute(*args)
        self.count += 1
        if self.count == self.kill_after:
            raise Killed
        return result


def trade_three_days(world: World) -> None:
    """Two buyers with vouchers that do not last, hours that fell short, and one in dispute."""
    programme(world, budget_fen=60_000, cap_fen=40_000)
    for row, (buyer, start, hours, quantity, price) in enumerate(
        [(0, 0, 30, 7, 1033), (0, 20, 5, 3, 877), (1, 3, 60, 2, 999), (1, 40, 1, 1, 61), (0, 50, 12, 4, 1201)]
    ):
        bid = world.bid(buyer, market=row % 2, start=MONDAY + start, hours=hours, quantity=quantity, price_fen=price)
        world.trade(bid, price_fen=price, quantity=quantity)
    world.clear()
    world.close(MONDAY + 72)
    for hour in (2, 21, 52):
        read(world, MONDAY + hour, hour % 3, f"{hour}")
    raise_dispute(site_id=world.sites[0].pk, hour=MONDAY + 4, holder_id=world.buyers[0].pk, accelerators=2, reason="Down",
                  by="a", now=world.now)  # fmt: skip


def play(world: World, statements: Statements) -> None:
    """Settle, take late readings and a ruling in, and settle again; who is killed is started again."""
    settle(world, statements)
    read(world, MONDAY + 2, 6, "corrected")
    read(world, MONDAY + 26, 1, "late")
    resolve_dispute(dispute_id=Dispute.objects.get().pk, accelerators=4, resolution="Half", by="f", now=world.now)
    settle(world, statements)


def settle(world: World, statements: Statements) -> None:
    try:
        with connection.execute_wrapper(statements):
            settle_delivered(until_hour=world.hour, now=world.now)
    except Killed:
        settle_delivered(until_hour=world.hour, now=world.now)


def books() -> dict[str, object]:
    """Everything that money says, without the ids that a sequence happens to give."""
    accounts = Account.objects.order_by("kind", "participant__slug").values_list(
        "kind", "participant__slug", "debits_pending", "debits_posted", "credits_pending", "credits_posted"
    )
    lines = SettlementLine.objects.order_by("start", "trade__price_fen").values_list(
        "run__from_hour", "start", "hours", "value_fen", "buyer_fee_fen", "seller_fee_fen"
    )
    adjustments = Adjustment.objects.order_by("id").values_list(
        "run__kind", "trade__price_fen", "hour", "kind", "accelerators", "principal_fen", "penalty_fen", "buyer_fee_fen"
    )
    transfers = Transfer.objects.order_by("code", "phase", "amount_fen").values_list("code", "phase", "amount_fen")
    uses = VoucherUse.objects.order_by("id").values_list("day", "voucher__participant__slug", "base_fen", "amount_fen")
    runs = SettlementRun.objects.order_by("id").values_list(
        "kind", "from_hour", "until_hour", "state", "lines", "vat_fen"
    )
    return {
        "accounts": list(accounts),
        "lines": list(lines),
        "adjustments": list(adjustments),
        "uses": list(uses),
        "transfers": list(transfers),
        "runs": list(runs),
    }


def test_twenty_kills_anywhere_change_nothing(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settlement, "CHUNK", 2)
    trade_three_days(world)
    with transaction.atomic():
        counted = Statements()
        play(world, counted)
        undisturbed = books()
        assert list(find_differences()) == []
        transaction.set_rollback(True)
    assert len(undisturbed["adjustments"]) > 5  # type: ignore[arg-type]
    assert sum(use[-1] for use in undisturbed["uses"]) == 60_000  # type: ignore[attr-defined]
    for point in random.Random(1).sample(range(1, counted.count), POINTS):
        with transaction.atomic():
            play(world, Statements(point))
            assert books() == undisturbed
            assert list(find_differences()) == []
            transaction.set_rollback(True)

"""A settlement killed (SIGKILL) after any statement and run again gives exactly the books of an undisturbed one."""

from __future__ import annotations

import os
import random
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.db import connection
from psycopg import sql

from billing import settlement
from billing.delivery.disputes import raise_dispute, resolve_dispute
from billing.models import Account, Adjustment, Dispute, SettlementLine, SettlementRun, Transfer, VoucherUse
from billing.settlement import settle_delivered
from billing.verify import find_differences
from marketplace.replay.database import database, drop_database
from tests.billing.test_shortfalls import read
from tests.billing.test_vouchers import programme
from tests.billing.world import MONDAY, World

POINTS = 20


class Statements:
    """Counts the statements of a connection, and kills this process after the one asked for."""

    def __init__(self, kill_after: int | None = None) -> None:
        self.count = 0
        self.kill_after = kill_after

    def __call__(self, execute: Callable[..., Any], *args: Any) -> Any:
        result = execute(*args)
        self.count += 1
        if self.count == self.kill_after:
            os.kill(os.getpid(), signal.SIGKILL)
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


def play(world: World, kill_first: int | None = None, kill_second: int | None = None) -> tuple[int, int]:
    """Settle, take late readings and a ruling in, and settle again; return how many statements each settlement had.

    Who is to be killed settles in a process of its own, killed after that statement, and is started again.
    """
    first = settle(world, kill_first)
    read(world, MONDAY + 2, 6, "corrected")
    read(world, MONDAY + 26, 1, "late")
    resolve_dispute(dispute_id=Dispute.objects.get().pk, accelerators=4, resolution="Half", by="f", now=world.now)
    return first, settle(world, kill_second)


def settle(world: World, kill_after: int | None) -> int:
    if kill_after is not None:
        settle_and_be_killed(world, kill_after)
    return counted_settlement(world)


def settle_and_be_killed(world: World, kill_after: int) -> None:
    give_up_connections()  # a child must not speak on its parent's
    child = os.fork()
    if child == 0:
        try:
            counted_settlement(world, kill_after)
        finally:
            os._exit(1)  # it was to be killed before
    _, status = os.waitpid(child, 0)
    assert os.WIFSIGNALED(status)
    assert os.WTERMSIG(status) == signal.SIGKILL


def counted_settlement(world: World, kill_after: int | None = None) -> int:
    statements = Statements(kill_after)
    with connection.execute_wrapper(statements):
        settle_delivered(until_hour=world.hour, now=world.now)
    return statements.count


def give_up_connections() -> None:
    connection.close()
    connection.close_pool()  # type: ignore[attr-defined]


@contextmanager
def copy_of_the_database() -> Iterator[None]:
    """Work on a copy of the test's database, dropped after it."""
    original = connection.settings_dict["NAME"]
    copy = f"{original}_{os.getpid()}"
    give_up_connections()
    with connection._nodb_cursor() as cursor:
        statement = "CREATE DATABASE {} TEMPLATE {}"
        cursor.execute(sql.SQL(statement).format(sql.Identifier(copy), sql.Identifier(original)))
    try:
        with database(copy):
            yield
    finally:
        drop_database(copy)


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


def test_twenty_kills_anywhere_change_nothing(transactional_db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settlement, "CHUNK", 2)
    world = World.create()
    trade_three_days(world)
    with copy_of_the_database():
        first, second = play(world)
        undisturbed = books()
        assert list(find_differences()) == []
    assert len(undisturbed["adjustments"]) > 5  # type: ignore[arg-type]
    assert sum(use[-1] for use in undisturbed["uses"]) == 60_000  # type: ignore[attr-defined]
    anywhere = [(n, None) for n in range(1, first)] + [(None, n) for n in range(1, second)]
    for point in random.Random(1).sample(anywhere, POINTS):
        with copy_of_the_database():
            play(world, *point)
            assert books() == undisturbed
            assert list(find_differences()) == []

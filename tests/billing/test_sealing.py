"""The hash chain: what is sealed cannot be changed unnoticed, and sealing never overlooks a transfer that commits late."""

from __future__ import annotations

import threading

import pytest
from django.db import connection, transaction

from billing import sealing
from billing.funds import deposit_funds
from billing.models import LedgerSeal, Transfer
from billing.sealing import seal_transfers
from billing.verify import find_differences
from tests.billing.test_invoicing import WEEK, trade_a_week
from tests.billing.test_verify import by_hand
from tests.billing.threads import in_threads
from tests.billing.world import MONDAY, World


@pytest.fixture
def sealed(world: World, monkeypatch: pytest.MonkeyPatch) -> World:
    """A settled week under several seals, and a few transfers after them."""
    monkeypatch.setattr(sealing, "BATCH", 10)
    trade_a_week(world)
    world.settle(MONDAY + WEEK)
    assert seal_transfers(now=world.now) == -(-Transfer.objects.count() // 10) > 3
    deposit_funds(participant_id=world.buyers[0].pk, amount_fen=5, key="late", now=world.now)
    return world


def test_an_honest_chain_has_no_difference_and_grows(sealed: World) -> None:
    assert list(find_differences()) == []
    assert seal_transfers(now=sealed.now) == 1
    assert seal_transfers(now=sealed.now) == 0
    assert list(find_differences()) == []
    assert sum(len(seal.ids) for seal in LedgerSeal.objects.all()) == Transfer.objects.count()


@pytest.mark.parametrize(
    "change",
    [
        "amount_fen = amount_fen + 1",
        "at = at + interval '1 microsecond'",
        "participant_id = NULL",
        "run_id = NULL",
        "code = 'fee'",
    ],
)
def test_a_change_of_any_sealed_transfer_is_named_even_with_its_own_seal_made_anew(sealed: World, change: str) -> None:
    target = Transfer.objects.filter(run__isnull=False, participant__isnull=False).order_by("id").first()
    assert target is not None
    with by_hand(), connection.cursor() as cursor:
        cursor.execute(f"UPDATE billing_transfer SET {change} WHERE id = %s", [target.pk])
        cursor.execute(
            "UPDATE billing_transfer SET seal = billing_transfer_seal("
            "id, debit_account_id, credit_account_id, amount_fen, code, phase, pending_id) WHERE id = %s",
            [target.pk],
        )
    assert any(s.startswith(f"billing_transfer {target.pk}: changed after it was sealed") for s in find_differences())


def test_a_deleted_and_an_added_transfer_are_named(sealed: World) -> None:
    with by_hand(), connection.cursor() as cursor:
        cursor.execute(
            "DELETE FROM billing_transfer WHERE id = (SELECT max(last_id) FROM billing_ledgerseal) RETURNING id"
        )
        (gone,) = cursor.fetchone()
        found = list(find_differences())
        assert any(s.startswith(f"billing_transfer {gone}: deleted after") for s in found)
        cursor.execute(
            "INSERT INTO billing_transfer OVERRIDING SYSTEM VALUE SELECT (x).* FROM (SELECT jsonb_populate_record(x, "
            "jsonb_build_object('id', 0, 'key', 'planted')) AS x FROM billing_transfer x WHERE key = 'late') AS y"
        )
    assert any(s.startswith("billing_transfer 0: added below billing_ledgerseal 1") for s in find_differences())


def test_a_seal_forged_to_fit_breaks_the_chain_after_it(sealed: World) -> None:
    seal_transfers(now=sealed.now)
    with by_hand(), connection.cursor() as cursor:
        cursor.execute("UPDATE billing_ledgerseal SET hash = repeat('0', 64) WHERE id = 2")
    found = list(find_differences())
    assert [s.split(":")[0] for s in found] == ["billing_ledgerseal 2", "billing_ledgerseal 3"]


@pytest.mark.django_db(transaction=True)
def test_a_transfer_that_commits_late_is_not_passed_over() -> None:
    world = World.create()
    inside, go_on = threading.Event(), threading.Event()
    seals = []

    def work(row: int) -> None:
        if row == 0:  # takes the smaller ids, on accounts that the other does not touch
            with transaction.atomic():
                world.bid(0)
                inside.set()
                assert go_on.wait(20)
            return
        assert inside.wait(20)
        deposit_funds(participant_id=world.buyers[1].pk, amount_fen=8, key="quick", now=world.now)
        seals.append(seal_transfers(now=world.now, wait_seconds=0.2))
        go_on.set()
        seals.append(seal_transfers(now=world.now))

    assert in_threads(2, work) == []
    assert seals == [0, 1]
    assert list(find_differences()) == []
    assert LedgerSeal.objects.get().ids == list(Transfer.objects.order_by("id").values_list("id", flat=True))


@pytest.mark.django_db(transaction=True)
def test_posting_and_sealing_at_once_cover_everything_in_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sealing, "BATCH", 7)
    world = World.create(buyers=4)

    def work(row: int) -> None:
        for turn in range(8):
            if row % 3 == 0:
                seal_transfers(now=world.now, wait_seconds=1)
            else:
                deposit_funds(participant_id=world.buyers[(row + turn) % 4].pk, amount_fen=1, key=f"{row}-{turn}", now=world.now)  # fmt: skip

    assert in_threads(6, work) == []
    seal_transfers(now=world.now)
    assert sum(len(seal.ids) for seal in LedgerSeal.objects.all()) == Transfer.objects.count()
    assert list(find_differences()) == []

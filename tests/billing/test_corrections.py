"""What people booked by hand is taken back by a transfer that names it: one asks, another approves, nothing is edited."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction

from billing.corrections import by_hand as verbs
from billing.corrections.by_hand import (
    UnableToCorrect,
    approve_correction,
    ask_to_correct,
    left_of,
    refuse_correction,
)
from billing.funds import available_fen
from billing.models import Correction, Transfer
from billing.verify import find_differences
from matching.models import Change
from tests.billing.test_shortfalls import buy
from tests.billing.world import MONDAY, World


def deposit_of(world: World) -> Transfer:
    return Transfer.objects.get(code="top_up", participant=world.buyers[0], corrects=None)


def ask(world: World, amount_fen: int = 40_000_000, **changed: Any) -> Correction:
    details = {"transfer_id": deposit_of(world).pk, "reason": "Typed wrong", "by": "fiona", "now": world.now, **changed}
    return ask_to_correct(amount_fen=amount_fen, **details)


def test_a_deposit_is_corrected_by_two_people(world: World) -> None:
    asked = ask(world)
    assert available_fen(world.buyers[0].pk) == 100_000_000
    approved = approve_correction(correction_id=asked.pk, by="greta", now=world.now)
    back = approved.posted
    assert back is not None
    assert (back.corrects, back.amount_fen, back.code) == (deposit_of(world), 40_000_000, "top_up")
    assert (available_fen(world.buyers[0].pk), left_of(deposit_of(world))) == (60_000_000, 60_000_000)
    assert list(find_differences()) == []
    assert list(Change.objects.order_by("pk").values_list("who", "what")) == [
        ("fiona", "correction.ask"), ("greta", "correction.approve"),
    ]  # fmt: skip
    rest = ask(world, 60_000_000)
    refuse_correction(correction_id=rest.pk, by="fiona", now=world.now)
    assert ask(world, 60_000_000).pk != rest.pk


def test_each_fault_is_named_and_moves_nothing(world: World) -> None:
    for error, changed in (
        ("CorrectionReasonMissing", {"reason": " "}),
        ("CorrectionTooLarge", {"amount_fen": 100_000_001}),
        ("CorrectionTooLarge", {"amount_fen": 0}),
    ):
        with pytest.raises(getattr(verbs, error)) as caught:
            ask(world, **changed)
        assert isinstance(caught.value, UnableToCorrect)
    asked = ask(world)
    with pytest.raises(verbs.CorrectionAlreadyAsked):
        ask(world)
    with pytest.raises(verbs.CorrectionOwn):
        approve_correction(correction_id=asked.pk, by="Fiona", now=world.now)
    with pytest.raises(IntegrityError, match="second_person"), transaction.atomic():
        Correction.objects.filter(pk=asked.pk).update(
            state="approved", decided_by="fiona", decided_at=world.now, posted=deposit_of(world)
        )
    approve_correction(correction_id=asked.pk, by="greta", now=world.now)
    with pytest.raises(verbs.CorrectionDecided):
        approve_correction(correction_id=asked.pk, by="greta", now=world.now)
    with pytest.raises(verbs.NotPosted):
        ask(world, 1, transfer_id=Transfer.objects.get(corrects__isnull=False).pk)
    buy(world)
    world.settle(MONDAY + 4)
    for code in ("settlement", "vat", "fee"):
        with pytest.raises(verbs.CorrectedElsewhere):
            ask(world, 1, transfer_id=Transfer.objects.filter(code=code)[0].pk)


def test_money_that_is_spent_is_not_taken_back(world: World) -> None:
    world.bid(0, hours=100, quantity=80, price_fen=10_000)
    asked = ask(world, 100_000_000)
    with pytest.raises(verbs.CorrectionNotCovered):
        approve_correction(correction_id=asked.pk, by="greta", now=world.now)
    asked.refresh_from_db()
    assert asked.state == "asked"


@pytest.mark.django_db(transaction=True)
def test_approvals_at_once_post_one_correction() -> None:
    world = World.create()
    asked = ask(world)
    refused: list[UnableToCorrect] = []

    def approve() -> None:
        try:
            approve_correction(correction_id=asked.pk, by="greta", now=world.now)
        except verbs.CorrectionDecided as error:
            refused.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=approve) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (len(refused), Transfer.objects.filter(corrects__isnull=False).count()) == (5, 1)

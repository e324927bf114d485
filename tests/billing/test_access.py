"""Access details lie encrypted, show to the holder alone from gate closure on, and every look is kept."""

from __future__ import annotations

import pytest
from django.db import DatabaseError, connection, transaction

from billing.delivery.access import (
    AccessSiteNotYours,
    NoAccessHandedOver,
    NoAccessYet,
    NothingDue,
    due_runs,
    hand_over_access,
    open_access,
)
from billing.models import AccessHandover, AccessOpening
from tests.billing.test_shortfalls import buy
from tests.billing.world import MONDAY, World

SECRET = "ssh root@10.0.0.7 -p 2222, password correct-horse"


@pytest.mark.django_db
def test_the_holder_sees_them_from_the_gate_on_and_nobody_else() -> None:
    world = World.create()
    buy(world, hours=4)
    site, (alice, eve) = world.sites[0], world.buyers
    deal = {"site_id": site.pk, "holder_id": alice.pk, "start": MONDAY, "text": SECRET, "by": "bob@example.com"}
    look = {"site_id": site.pk, "hour": MONDAY + 1, "by": "alice@example.com"}
    with pytest.raises(AccessSiteNotYours):
        hand_over_access(**deal, hours=4, provider_id=world.providers[1].pk, now=world.now)  # type: ignore[arg-type]
    with pytest.raises(NothingDue):
        hand_over_access(**deal, hours=5, provider_id=world.providers[0].pk, now=world.now)  # type: ignore[arg-type]
    hand_over_access(**deal, hours=4, provider_id=world.providers[0].pk, now=world.now)  # type: ignore[arg-type]
    with connection.cursor() as cursor:
        cursor.execute("SELECT convert_from(sealed, 'UTF8') FROM billing_accesshandover")
        assert "correct-horse" not in cursor.fetchone()[0]
    with pytest.raises(NoAccessYet, match="2025-11-23"):
        open_access(holder=alice, now=world.now, **look)  # type: ignore[arg-type]
    world.hour = MONDAY + 1
    assert open_access(holder=alice, now=world.now, **look)[1] == SECRET  # type: ignore[arg-type]
    with pytest.raises(NothingDue):
        open_access(holder=eve, now=world.now, **look)  # type: ignore[arg-type]
    assert list(AccessOpening.objects.values_list("who", "participant")) == [("alice@example.com", alice.pk)]
    (run,) = due_runs(provider_id=world.providers[0].pk, start=MONDAY, end=MONDAY + 24)
    assert (run.start, run.hours, run.accelerators, run.holder_id) == (MONDAY, 4, 8, alice.pk)
    assert run.handover is not None
    with pytest.raises(DatabaseError), transaction.atomic():
        AccessHandover.objects.update(by="somebody else")


@pytest.mark.django_db
def test_without_a_hand_over_the_holder_is_told_so() -> None:
    world = World.create()
    buy(world, hours=1)
    world.hour = MONDAY
    with pytest.raises(NoAccessHandedOver):
        open_access(
            site_id=world.sites[0].pk, hour=MONDAY, holder=world.buyers[0], by="alice@example.com", now=world.now
        )

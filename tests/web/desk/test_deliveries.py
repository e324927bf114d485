"""Deliveries: a provider enters its meters, a holder disputes an hour, finance decides and follows it to the money."""

from __future__ import annotations

from datetime import timedelta
from html import unescape

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from billing.delivery.readings import NewReading, record_readings
from billing.models import Adjustment, Dispute, MeterReading, Obligation
from billing.period import date_of
from billing.settlement import settle_delivered
from matching.hours import hour_of, moment_of
from tests.web.desk.world import World


@pytest.fixture
def hour(world: World) -> int:
    """An hour that ended an hour ago, in which Alice holds two of Bob's accelerators; settled, not invoiced."""
    world.buy(world.alice, world.first, hours=1)
    ended = hour_of(world.now) - 1
    Obligation.objects.filter(start=world.first).update(start=ended, settled_until=ended)
    return ended


def page(hour: int) -> str:
    return f"?from={moment_of(hour) + timedelta(hours=8):%Y-%m-%d}&span=24"


def field(world: World, hour: int) -> str:
    return f"reading-{world.site.pk}-{hour}-{world.alice.pk}"


def test_a_provider_enters_a_meter_and_sees_it(world: World, hour: int) -> None:
    bob = world.client("bob")
    url = reverse("provider_deliveries") + page(hour)
    text = bob.get(url).content.decode()
    assert "Assumed in full" in text
    assert field(world, hour) in text
    bad = bob.post(url, {field(world, hour): "9"})
    assert (bad.status_code, MeterReading.objects.count()) == (422, 0)
    assert "holds 2 accelerators" in bad.content.decode()
    assert bob.post(url, {field(world, hour): "1"}).status_code == 302
    assert "Short" in bob.get(url).content.decode()
    assert bob.post(url, {field(world, hour): "1"}).status_code == 302
    assert MeterReading.objects.get().accelerators == 1


def test_a_file_is_checked_before_it_is_taken_in(world: World, hour: int) -> None:
    bob, url = world.client("bob"), reverse("readings_file")
    head = "site,hour,holder,accelerators,id\n"
    good = f"{world.site.slug},{moment_of(hour).isoformat()},alice,1,a\n"

    def send(text: str) -> tuple[int, str]:
        response = bob.post(url, {"file": SimpleUploadedFile("meters.csv", text.encode())})
        return response.status_code, response.content.decode()

    status, text = send(head + good + f"{world.site.slug},{moment_of(hour).isoformat()},alice,-1,b\n")
    assert status == 422
    assert "1 line at fault" in text
    assert "A reading cannot be below 0." in text
    status, text = send(head + good)
    assert status == 200
    assert "1 line can be taken in" in text
    assert not MeterReading.objects.exists()
    assert bob.post(url, {"take": "1", "content": head + good}).status_code == 302
    assert MeterReading.objects.get().source_id == "a"


def test_a_dispute_goes_from_the_holder_to_the_decision_and_the_money(world: World, hour: int) -> None:
    alice, fiona = world.client("alice"), world.client("fiona")
    url = reverse("delivery_dispute", args=[world.site.pk, hour])
    assert url in alice.get(reverse("deliveries") + page(hour)).content.decode()
    assert alice.post(url, {"accelerators": "2", "reason": "Slow"}).status_code == 422
    assert alice.post(url, {"accelerators": "1", "reason": "One node was down"}).status_code == 302
    dispute = Dispute.objects.get()
    assert "One node was down" in fiona.get(reverse("finance_disputes")).content.decode()
    decide = reverse("finance_dispute", args=[dispute.pk])
    assert fiona.post(decide, {"decision": "upheld", "resolution": "The log says so"}).status_code == 422
    answer = {"decision": "upheld", "accelerators": "1", "resolution": "The log says so"}
    assert fiona.post(decide, answer).status_code == 302
    text = alice.get(url).content.decode()
    assert "Upheld" in text
    assert "The log says so" in text
    assert "One node was down" in fiona.get(decide).content.decode()


def test_finance_follows_a_run_to_its_reading_and_back(world: World) -> None:
    world.buy(world.alice, world.first, hours=1)
    later = moment_of(world.first + 1)
    world.run(later)
    reading = NewReading(
        site=world.site.slug,
        hour=world.first,
        holder="alice",
        accelerators=0,
        source="dcim",
        source_id="1",
        read_at=later,
    )
    record_readings(provider_id=world.bob.pk, readings=[reading], now=later)
    settle_delivered(until_hour=world.first + 1, now=later)
    adjustment = Adjustment.objects.get()
    fiona = world.client("fiona")
    run_url = reverse("finance_run", args=[adjustment.run_id])
    assert run_url in fiona.get(reverse("finance_runs")).content.decode()
    reading_url = reverse("finance_reading", args=[adjustment.reading_id])
    assert reading_url in fiona.get(run_url).content.decode()
    text = fiona.get(reading_url).content.decode()
    assert run_url in text
    assert "20.00" in text
    day = date_of(world.first).isoformat()
    report = unescape(fiona.get(reverse("finance_settlement"), {"from": day, "to": day}).content.decode())
    assert '"name": "Fell short", "amount": -20.0,' in report
    assert f"{reverse('finance_report', args=['shortfalls'])}?from={day}&to={day}" in report


def test_others_see_none_of_it(world: World, hour: int) -> None:
    charlie = world.client("charlie")
    assert charlie.get(reverse("delivery_dispute", args=[world.site.pk, hour])).status_code == 404
    assert "You hold nothing in these hours" in charlie.get(reverse("deliveries") + page(hour)).content.decode()
    for name in ("provider_deliveries", "readings_file", "finance_disputes"):
        assert charlie.get(reverse(name)).status_code == 403

"""Operators halt and reopen markets with a reason; nobody else may look; everybody reads why."""

from __future__ import annotations

from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest
from django.test import Client
from django.utils import timezone

from marketplace.accounts.models import User
from matching.engine.dtypes import ContractState, Do
from matching.halts import Reopening, halt_trading
from matching.models import Halt, HaltStep, Order
from tests.web.floor import PASSWORD, Floor, open_floor, person_for

SHANGHAI = ZoneInfo("Asia/Shanghai")
"""The zone of a person who has chosen none."""


@pytest.fixture
def floor(db: None) -> Floor:
    return open_floor()


@pytest.fixture
def operator(floor: Floor) -> Client:
    client = Client()
    client.force_login(User.objects.create_user("ops@example.com", PASSWORD, is_staff=True))
    return client


def member(floor: Floor) -> Client:
    client = Client()
    client.force_login(person_for(floor.alice))
    return client


def test_an_operator_halts_collects_and_resumes_with_a_reason(floor: Floor, operator: Client) -> None:
    trading = operator.get("/operations/").content.decode()
    assert "Trades" in trading
    assert '<td class="n" data-label="Reference, ¥/acc-h">10.00</td>' in trading
    sent = {"market": floor.market.symbol, "reason": "cooling failed"}
    assert operator.post("/operations/halts/new", sent).status_code == 302
    halt = Halt.objects.get()
    page = operator.get("/operations/").content.decode()
    assert "cooling failed" in page
    assert "ops@example.com" in page
    assert operator.post(f"/operations/halts/{halt.pk}/collect", {"reason": "back", "minutes": 5}).status_code == 302
    assert operator.post(f"/operations/halts/{halt.pk}/collect", {"reason": "back", "minutes": 5}).status_code == 422
    assert operator.post(f"/operations/halts/{halt.pk}/resume", {"reason": ""}).status_code == 422
    assert operator.post(f"/operations/halts/{halt.pk}/resume", {"reason": "checked"}).status_code == 302
    assert list(HaltStep.objects.values_list("do", "by", "reason")) == [
        (Do.HALT, "ops@example.com", "cooling failed"),
        (Do.COLLECT, "ops@example.com", "back"),
        (Do.RESUME, "ops@example.com", "checked"),
    ]
    assert operator.post(f"/operations/halts/{halt.pk}/resume", {"reason": "again"}).status_code == 422


def test_hours_are_named_in_the_operators_zone_and_a_plan_is_kept(floor: Floor, operator: Client) -> None:
    start = (timezone.now() + timedelta(hours=5)).astimezone(SHANGHAI).replace(minute=0)
    sent = {
        "market": floor.market.symbol,
        "reason": "maintenance",
        "from_hour": f"{start:%Y-%m-%dT%H:%M}",
        "hours": 2,
        "reopen_after": 10,
        "collect_minutes": 3,
    }
    assert operator.post("/operations/halts/new", sent).status_code == 302
    halt = Halt.objects.get()
    assert (halt.hour, halt.hours) == (int(start.timestamp()) // 3600, 2)
    assert halt.collect_at is not None
    assert halt.resume_at == halt.collect_at + timedelta(minutes=3)
    past = sent | {"from_hour": "2020-01-01T00:00"}
    refused = operator.post("/operations/halts/new", past)
    assert refused.status_code == 422
    assert "still trades" in refused.content.decode()


def test_nobody_else_operates(floor: Floor) -> None:
    assert Client().get("/operations/").status_code == 302
    assert member(floor).get("/operations/").status_code == 403
    assert not Halt.objects.exists()


def test_the_market_the_ticket_and_the_order_say_halted_since_when_why_and_until(floor: Floor) -> None:
    client = member(floor)
    ticket = f"/buy/?market={floor.market.symbol}&accelerators=2&hours=2&start={floor.first}&price=limit&limit=9.00"
    sent = client.get(ticket).context["send"]
    client.post("/buy/", sent | {"back": ""})
    floor.matcher.drain()
    order = Order.objects.get(participant=floor.alice)
    now = timezone.now()
    plan = Reopening(now + timedelta(minutes=30), now + timedelta(minutes=35))
    halt_trading(market=floor.market, by="ops", reason="cooling failed", now=now, reopening=plan)
    floor.matcher.drain()
    for address in (f"/markets/{floor.market.symbol}/", ticket, f"/compute/orders/{order.pk}/", "/compute/orders/"):
        page = client.get(address).content.decode()
        assert "Trading has been halted since" in page, address
        assert "cooling failed" in page, address
        assert "an auction reopens it at" in page, address
    assert client.get(ticket).context["outcome"].may_send is False
    story = client.get(f"/compute/orders/{order.pk}/").content.decode()
    assert "Trading was halted" in story
    client.post(f"/compute/orders/{order.pk}/cancel")
    floor.matcher.drain()
    order.refresh_from_db()
    assert order.state == Order.State.CANCELLED
    assert Halt.objects.get().state == ContractState.HALTED


def test_while_orders_are_collected_the_ticket_says_so_and_takes_a_bid(floor: Floor) -> None:
    halt_trading(market=floor.market, by="ops", reason="fire drill", now=timezone.now(), collecting=True)
    floor.matcher.drain()
    for kind in ("job", "hourly"):
        ticket = f"/buy/?market={floor.market.symbol}&kind={kind}&accelerators=2&hours=2&start={floor.first}&price=limit&limit=20"
        answer = member(floor).get(ticket) if kind == "job" else Client().get(ticket)
        assert "trading has stopped" in answer.context["verdict"].title
        assert "fire drill" in answer.context["verdict"].sentence
        assert answer.context["outcome"].may_send


def test_a_bid_good_till_a_time_in_the_buyers_zone(floor: Floor) -> None:
    client = member(floor)
    until = (timezone.now() + timedelta(minutes=90)).astimezone(SHANGHAI).replace(second=0, microsecond=0)
    ticket = f"/buy/?market={floor.market.symbol}&accelerators=2&hours=2&start={floor.first + 9}&price=limit&limit=9.00"
    answer = client.get(f"{ticket}&until={until:%Y-%m-%dT%H:%M}")
    assert answer.context["outcome"].may_send
    client.post("/buy/", answer.context["send"] | {"back": ""})
    floor.matcher.drain()
    order = Order.objects.get(participant=floor.alice)
    assert (order.expires_at, order.state) == (until, Order.State.OPEN)
    assert f"Until {until.day}" in client.get(f"/compute/orders/{order.pk}/").content.decode()
    late = client.get(f"{ticket}&until=2020-01-01T00:00")
    assert "needs a time later than now" in late.content.decode()

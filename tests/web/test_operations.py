"""Operators: markets are opened and changed, participants limited, odd trading seen with its evidence."""

from __future__ import annotations

import re
from datetime import timedelta
from html import unescape

import pytest
from django.test import Client
from django.utils import timezone

from billing.funds import deposit_funds
from marketplace.accounts.models import User
from marketplace.trading import place_order
from matching.cancel import cancel_order
from matching.engine.dtypes import Kind
from matching.matcher import Matcher
from matching.models import Change, ComputeClass, Finding, Hub, Market, Participant, ParticipantLimit
from matching.references import set_reference
from matching.surveillance.scan import scan_patterns
from tests.factories import ask, bid, make_participant
from tests.web.floor import Floor, person_for


@pytest.fixture
def operator(db: None) -> Client:
    """Olga, who operates the exchange."""
    client = Client()
    client.force_login(User.objects.create_user("olga@example.com", "a long enough password", is_staff=True))
    return client


def text_of(client: Client, address: str) -> str:
    response = client.get(address)
    assert response.status_code == 200
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", " ", response.content.decode())))


@pytest.mark.parametrize(
    "page", ["", "markets/new", "markets/H800-80G.yangtze-delta/", "participants/", "surveillance/", "system/"]
)
def test_only_operators_come_in(operator: Client, alice: Client, floor: Floor, page: str) -> None:
    assert operator.get(f"/operations/{page}").status_code == 200
    assert alice.get(f"/operations/{page}").status_code == 403
    assert Client().get(f"/operations/{page}").status_code == 302


def test_a_market_is_opened_and_trades_at_once(operator: Client, floor: Floor) -> None:
    floor.matcher.drain()
    ComputeClass.objects.create(slug="B300-288G", name="NVIDIA B300", vendor="NVIDIA", position=9)
    Hub.objects.create(slug="gansu", name="Gansu", name_zh="甘肃", position=7)
    terms = {
        "compute_class": "B300-288G", "hub": "gansu", "lot": 8, "tick_fen": "0.05", "lead_hours": 1, "horizon_hours": 720,
        "open_blocks_max": 10, "breaker_bps": "", "breaker_minutes": 5, "breaker_halt_minutes": 5, "breaker_collect_minutes": 5,
    }  # fmt: skip
    response = operator.post("/operations/markets/new", terms)
    assert response.headers["Location"] == "/operations/markets/B300-288G.gansu/"
    market = Market.objects.get(symbol="B300-288G.gansu")
    assert (market.lot, market.tick_fen, market.lead_hours, market.breaker_bps) == (8, 5, 1, None)
    request = bid(floor.alice, market, kind=Kind.HOURLY, start=floor.first + 3, hours=1, quantity=8, price_fen=100)
    place_order(request=request, now=timezone.now())
    Matcher().drain()  # whoever played the group has lost its lease to the group with the new market
    assert "1.00" in text_of(Client(), f"/markets/B300-288G.gansu/?hour={floor.first + 3}")
    again = operator.post("/operations/markets/new", terms)
    assert again.status_code == 422
    assert "B300-288G.gansu is open already" in again.content.decode()
    assert Change.objects.filter(what="market.open", who="olga@example.com").count() == 1


def test_terms_change_with_a_reason_or_not_at_all(operator: Client, floor: Floor) -> None:
    address = f"/operations/markets/{floor.market.symbol}/"
    terms = {
        "do": "terms", "horizon_hours": 500, "open_blocks_max": 7, "breaker_bps": 100, "breaker_minutes": 1,
        "breaker_halt_minutes": 2, "breaker_collect_minutes": 3,
    }  # fmt: skip
    assert operator.post(address, terms).status_code == 422
    assert operator.post(address, {**terms, "horizon_hours": 0, "reason": "x"}).status_code == 422
    assert Market.objects.get(pk=floor.market.pk).open_blocks_max != 7
    assert operator.post(address, {**terms, "reason": "Calmer books"}).status_code == 302
    change = Change.objects.get(what="market.change")
    assert (change.after["open_blocks_max"], change.why) == (7, "Calmer books")
    reference = {
        "do": "reference",
        "reference-price_fen": "12.50",
        "reference-band_bps": 3000,
        "reference-reason": "News",
    }
    assert operator.post(address, reference).status_code == 302
    market = Market.objects.get(pk=floor.market.pk)
    assert (market.reference_price_fen, market.protection_band_bps) == (1250, 3000)
    change = Change.objects.get(what="market.reference")
    assert (change.before["price_fen"], change.after["band_bps"], change.why) == (
        1000,
        3000,
        "News",
    )


def test_limits_are_set_with_a_reason_and_noted(operator: Client, floor: Floor) -> None:
    address = f"/operations/participants/{floor.alice.pk}/"
    assert "alice@example.com" not in text_of(operator, address)
    assert operator.post(address, {"is_stopped": "on"}).status_code == 422
    assert operator.post(address, {"is_stopped": "on", "reason": "Papers missing"}).status_code == 302
    assert ParticipantLimit.objects.get(pk=floor.alice.pk).is_stopped
    assert "Papers missing" in text_of(operator, address)
    assert "stopped" in text_of(operator, "/operations/participants/?q=爱丽丝")
    assert Change.objects.get(what="participant.limit").participant_id == floor.alice.pk


def trade_back_and_forth(floor: Floor, later: int = 0) -> None:
    """Alice buys eight accelerators of Bob for two hours and sells them to him again."""
    floor.bob.buys = True
    floor.bob.save()
    deposit_funds(participant_id=floor.bob.pk, amount_fen=1_000_000, key=f"test:bob:{later}", now=timezone.now())
    common = {"kind": Kind.HOURLY, "start": floor.first + later, "hours": 2, "quantity": 8}
    for request in (
        bid(floor.alice, floor.market, price_fen=1000, **common),
        ask(floor.north, participant=floor.alice, price_fen=900, **common),
        bid(floor.bob, floor.market, price_fen=900, **common),
    ):
        place_order(request=request, now=timezone.now())
        floor.matcher.drain()


def test_wash_like_trading_is_found_once_with_its_trades(operator: Client, floor: Floor) -> None:
    trade_back_and_forth(floor)
    both = person_for(floor.alice)
    both.memberships.create(participant=floor.bob)
    now = timezone.now()
    for _ in range(2):
        scan_patterns(now=now)
    finding = Finding.objects.get()
    assert (finding.pattern, finding.accelerator_hours, finding.value) == ("wash", 16, 100)
    page = text_of(operator, f"/operations/surveillance/{finding.pk}/")
    assert "16 acc-h came back, 100% of what went" in page
    assert f"The same people act for both: {both.email}" in page

    form = {"state": "escalated", "seen_at": finding.seen_at.isoformat()}
    assert operator.post(f"/operations/surveillance/{finding.pk}/", {**form, "note": ""}).status_code == 422
    trade_back_and_forth(floor, later=2)
    scan_patterns(now=now + timedelta(minutes=10))
    stale = operator.post(f"/operations/surveillance/{finding.pk}/", {**form, "note": "Asked both"})
    assert "This has gone on since you looked" in stale.content.decode()
    form["seen_at"] = Finding.objects.get().seen_at.isoformat()
    assert operator.post(f"/operations/surveillance/{finding.pk}/", {**form, "note": "Asked both"}).status_code == 302
    scan_patterns(now=now + timedelta(minutes=20))
    decided = Finding.objects.get()
    assert (decided.state, decided.decided_by) == ("escalated", "olga@example.com")
    assert "followed up" in text_of(operator, "/operations/surveillance/?pattern=wash")


def test_large_orders_that_flee_are_found_and_small_or_filled_ones_are_not(floor: Floor) -> None:
    trade_back_and_forth(floor)  # Alice has sold
    carol = make_participant("carol")
    deposit_funds(participant_id=carol.pk, amount_fen=1_000_000, key="test:carol", now=timezone.now())

    def flee(participant: Participant, quantity: int) -> None:
        request = bid(
            participant, floor.market, kind=Kind.HOURLY, start=floor.first, hours=1, quantity=quantity, price_fen=1
        )
        order_id = place_order(request=request, now=timezone.now())
        floor.matcher.drain()
        cancel_order(order_id=order_id, participant_id=request.participant_id, now=timezone.now())
        floor.matcher.drain()

    for _ in range(12):
        flee(carol, 1)
    for _ in range(5):
        flee(floor.alice, 48)
        flee(carol, 48)  # who trades on no other side
    scan_patterns(now=timezone.now())
    found = Finding.objects.get(pattern="spoof")
    assert (found.participant_id, found.count, found.accelerator_hours) == (floor.alice.pk, 5, 240)
    assert len(found.order_ids) == 5


def test_trades_far_from_the_reference_are_found(operator: Client, floor: Floor) -> None:
    set_reference(market_id=floor.market.pk, price_fen=800, band_bps=4000, by="olga", reason="x", now=timezone.now())
    floor.matcher.drain()
    request = bid(floor.alice, floor.market, kind=Kind.HOURLY, start=floor.first, hours=1, quantity=8, price_fen=1100)
    place_order(request=request, now=timezone.now())
    floor.matcher.drain()
    scan_patterns(now=timezone.now())
    found = Finding.objects.get()
    assert (found.pattern, found.value, found.count) == ("off_band", 2500, 1)
    assert "25.0% away" in text_of(operator, "/operations/surveillance/")


def test_the_system_page_says_what_stands_still(operator: Client, floor: Floor) -> None:
    page = text_of(operator, "/operations/system/")
    assert "stands still" in page
    assert "PostgreSQL 18" in page


def test_the_admin_is_for_operators_and_every_change_is_noted(operator: Client, alice: Client, floor: Floor) -> None:
    hub = floor.market.hub
    assert alice.get("/admin/").status_code == 302
    address = f"/admin/matching/hub/{hub.pk}/change/"
    assert operator.get(address).status_code == 200
    facts = {"name": "Yangtze Delta", "name_zh": "长江三角洲", "position": 2}
    assert operator.post(address, facts).status_code == 302
    change = Change.objects.get(what="hub.change")
    assert (change.who, change.after["name_zh"]) == ("olga@example.com", "长江三角洲")
    assert Hub.objects.get(pk=hub.pk).slug == hub.slug
    assert operator.get(f"/admin/matching/hub/{hub.pk}/delete/").status_code == 403
    for model in ("matching/computeclass", "matching/participant", "accounts/user", "accounts/membership"):
        assert operator.get(f"/admin/{model}/").status_code == 200

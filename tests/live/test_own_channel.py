"""Own orders, trades and balance reach their participant, and nobody else."""

from __future__ import annotations

import json

import pytest
from django.test import Client
from websockets.exceptions import InvalidStatus

from billing.funds import deposit_funds
from marketplace.accounts.keys import create_api_key, revoke_api_key
from marketplace.accounts.models import ApiKey, Membership, User
from matching.cancel import cancel_order
from matching.models import Participant
from tests.factories import NOW, ask, bid
from tests.live.client import LiveClient
from tests.matching.conftest import Exchange
from tests.web_server import WebServer


def member_of(participant: Participant) -> User:
    user = User.objects.create_user(f"{participant.slug}@example.com", "pw")
    Membership.objects.create(user=user, participant=participant)
    return user


def key_of(participant: Participant) -> tuple[ApiKey, dict[str, str]]:
    key, token = create_api_key(user=member_of(participant), participant=participant, name="live", now=NOW)
    return key, {"Authorization": f"Bearer {token}"}


def follow_own(web: WebServer, headers: dict[str, str]) -> LiveClient:
    client = LiveClient(web.live_url, headers=headers)
    client.say({"do": "subscribe", "channel": "own"})
    client.receive_until("own_snapshot")
    return client


def test_both_parties_hear_of_their_side_and_others_of_nothing(web: WebServer, exchange: Exchange) -> None:
    north = exchange.north.provider
    clients = {p.slug: follow_own(web, key_of(p)[1]) for p in (north, exchange.alice, exchange.bob)}
    visitor = LiveClient(web.live_url)
    visitor.say({"do": "subscribe", "market": exchange.market.symbol})
    offer = exchange.place(ask(exchange.north))
    order = exchange.place(bid(exchange.alice, exchange.market))
    bought = sold = None
    while bought is None:
        bought = next(iter(clients["alice"].receive_until("own").get("trades", [])), None)
    while sold is None:
        sold = next(iter(clients["north"].receive_until("own").get("trades", [])), None)
    assert (bought["side"], bought["order_id"]) == ("bid", order.pk)
    assert (sold["side"], sold["order_id"]) == ("ask", offer.pk)
    deposit_funds(participant_id=exchange.bob.pk, amount_fen=777, key="later", now=NOW)
    while (last := clients["bob"].receive_until("own")).get("balance", {}).get("funds_fen") != 777:
        assert "orders" not in last
    for name, others in (("alice", [offer.pk]), ("bob", [offer.pk, order.pk]), ("north", [order.pk])):
        told = [m for m in clients[name].messages if m["type"] in ("own", "own_snapshot")]
        assert not {o["id"] for m in told for o in m.get("orders", [])} & set(others)
    assert not [t for m in clients["bob"].messages for t in m.get("trades", [])]
    visitor.receive_until("heartbeat")
    said = json.dumps(visitor.messages)
    assert "own" not in {m["type"] for m in visitor.messages}
    assert not any(secret in said for secret in ("order_id", "participant", "balance", "buyer", "seller"))


def test_a_person_follows_by_the_session_of_the_pages(web: WebServer, exchange: Exchange) -> None:
    order = exchange.place(bid(exchange.alice, exchange.market))
    pages = Client()
    pages.force_login(member_of(exchange.alice))
    client = LiveClient(
        web.live_url, headers={"Cookie": f"sessionid={pages.cookies['sessionid'].value}"}, origin=web.url
    )
    assert client.hello["participant"] == "alice"
    client.say({"do": "subscribe", "channel": "own"})
    assert [o["id"] for o in client.receive_until("own_snapshot")["orders"]] == [order.pk]
    cancel_order(participant_id=exchange.alice.pk, order_id=order.pk, now=NOW)
    exchange.matcher.drain()
    changed = client.receive_until("own")
    while "orders" not in changed:
        changed = client.receive_until("own")
    assert [(o["id"], o["state"]) for o in changed["orders"]] == [(order.pk, "cancelled")]


def test_another_sites_page_may_not_connect(web: WebServer, exchange: Exchange) -> None:
    with pytest.raises(InvalidStatus) as refused:
        LiveClient(web.live_url, origin="https://evil.example")
    assert refused.value.response.status_code == 403
    assert json.loads(refused.value.response.body or b"")["code"] == "foreign_origin"


def test_a_key_that_does_not_work_is_refused(web: WebServer, exchange: Exchange) -> None:
    with pytest.raises(InvalidStatus) as refused:
        LiveClient(web.live_url, headers={"Authorization": "Bearer sk_nothing"})
    assert refused.value.response.status_code == 401
    with pytest.raises(InvalidStatus) as refused:
        LiveClient(web.live_url.replace("/live/", "/other/"))
    assert refused.value.response.status_code == 404


def test_a_revoked_key_and_a_lost_membership_end_the_connection(web: WebServer, exchange: Exchange) -> None:
    key, headers = key_of(exchange.alice)
    alice, bob = follow_own(web, headers), follow_own(web, key_of(exchange.bob)[1])
    revoke_api_key(key=key, now=NOW)
    Membership.objects.filter(participant=exchange.bob).delete()
    for client in (alice, bob):
        assert client.code_at_end() == 4401


def test_a_message_that_is_too_long_ends_the_connection(web: WebServer, exchange: Exchange) -> None:
    client = LiveClient(web.live_url)
    client.say({"do": "subscribe", "market": "x" * 5000})
    assert client.code_at_end() == 1009

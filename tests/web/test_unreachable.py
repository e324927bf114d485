"""While no connection to the database can be had, pages and API say when to come back; nothing of what was sent is half done."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone
from psycopg_pool import ConnectionPool, PoolTimeout

from marketplace.accounts.keys import create_api_key
from marketplace.accounts.models import Membership, User
from matching.models import Order
from tests.factories import make_market, make_participant

pytestmark = pytest.mark.django_db(transaction=True)


def in_a_thread(ask: Callable[[Client], Any]) -> Any:
    """Return what a client is answered in a thread that has no connection yet, as a web process serves it."""
    answers: list[Any] = []

    def run() -> None:
        try:
            answers.append(ask(Client(raise_request_exception=False)))
        finally:
            connection.close()

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    return answers[0]


def pool_of_this_process() -> ConnectionPool:
    pool: ConnectionPool = connection.pool  # type: ignore[attr-defined]  # of Django's PostgreSQL backend
    return pool


@contextmanager
def exhausted_pool() -> Iterator[None]:
    """Take every connection that the pool gives, and let others wait for one no longer than a moment."""
    pool = pool_of_this_process()
    patience, pool.timeout = pool.timeout, 0.2
    with ExitStack() as taken:
        while True:
            try:
                taken.enter_context(pool.connection())
            except PoolTimeout:
                break
        yield
    pool.timeout = patience


def end_sessions() -> None:
    """End every other session of the database, as its restart does."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_terminate_backend(pid, 1000) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )


def test_a_pool_without_a_free_connection_is_told_with_503_and_when_to_come_back() -> None:
    make_market()
    user = User.objects.create_user("alice@example.com")
    participant = make_participant("alice")
    Membership.objects.create(user=user, participant=participant)
    _, token = create_api_key(user=user, participant=participant, name="test", now=timezone.now())
    session = Client()
    session.force_login(user)
    cookie = {"Cookie": session.cookies.output(header="", sep=";").strip()}
    key = {"Authorization": f"Bearer {token}"}
    with exhausted_pool():
        answers = [
            in_a_thread(lambda client: client.get("/")),
            in_a_thread(
                lambda client: client.get("/orders/", headers=cookie)
            ),  # found by a middleware, not by the view
            in_a_thread(lambda client: client.post("/api/v1/orders", {}, "application/json", headers=key)),
            in_a_thread(lambda client: client.get("/api/v1/orders", headers=cookie)),
            in_a_thread(lambda client: client.get("/", headers={"Accept-Language": "zh-hans"})),
        ]
    assert [answer.status_code for answer in answers] == [503] * 5
    assert all(int(answer["Retry-After"]) > 0 for answer in answers)
    page, own_page, program, person, chinese = answers
    assert "Try again in a few seconds" in page.content.decode()
    assert "Try again in a few seconds" in own_page.content.decode()
    for answer in (program, person):
        assert answer["Content-Type"] == "application/problem+json"
        assert (answer.json()["code"], answer.json()["status"]) == ("unavailable", 503)
        assert "Try again in a few seconds" in answer.json()["detail"]
    assert "请几秒后重试" in chinese.content.decode()
    assert not Order.objects.exists()
    assert in_a_thread(lambda client: client.get("/api/v1/orders", headers=key)).status_code == 200


def test_a_restart_of_the_database_costs_one_answer() -> None:
    """The pool's other connections have ended too; nobody else meets them."""
    make_market()
    with ExitStack() as idle:
        for _ in range(3):
            idle.enter_context(pool_of_this_process().connection())
    end_sessions()
    statuses = [in_a_thread(lambda client: client.get("/api/v1/markets")).status_code for _ in range(4)]
    assert statuses == [503, 200, 200, 200]

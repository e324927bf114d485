"""Two hundred SIGKILLs of real processes under load: nothing acknowledged is lost, nothing is done twice. By `make soak` only."""

from __future__ import annotations

import os
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from random import Random

import psutil
import psycopg
import pytest

from marketplace.embedded import locations
from matching.engine.dtypes import Do
from tests.house.demo import Demo, free_port
from tests.house.kills import VICTIMS, Client, make_keys, run_manage, victims

KILLS = 200
CLIENTS = 4
QUIET_S_MAX = 300
WORK_S_MAX = 30
LEAD_HOURS = 3  # orders are for hours that are open long after the run


@pytest.mark.soak
def test_two_hundred_kills_lose_nothing(tmp_path: Path) -> None:
    seed = int(os.environ.get("SOAK_SEED", time.time()))
    chance = Random(seed)
    demo = Demo(tmp_path / "var", free_port(), "--matchers", "2", "--web-processes", "2", "--no-traders")
    stop = threading.Event()
    clients: list[Client] = []
    try:
        demo.wait_until_it_answers()
        keys = make_keys(demo)
        first_hour = int(time.time() // 3600) + LEAD_HOURS
        for number in range(CLIENTS):
            role, side = ("buyer", "bid") if number % 2 else ("provider", "ask")
            clients.append(Client(number, demo.url, keys[role], side, keys["sites"], first_hour, stop))
        for client in clients:
            client.start()
        killed = kill_at_random(demo, clients, chance, int(os.environ.get("SOAK_KILLS", KILLS)))
        stop.set()
        for client in clients:
            client.join(QUIET_S_MAX)
            assert not client.is_alive(), "a client has had no answer since the kills ended"
        wait_until_quiet(demo)
        differences = list(find_losses(demo, clients))
        verified = run_manage(demo, "verify")
    finally:
        stop.set()
        code = demo.stop()
    sys.stdout.write(report(seed, killed, clients) + verified.stdout + verified.stderr)
    assert differences == []
    assert verified.returncode == 0
    assert code == 0, demo.said()


def kill_at_random(demo: Demo, clients: list[Client], chance: Random, count: int) -> Counter[str]:
    """Kill one process after another, at random moments under load; returns how many of each kind.

    Half of the kills wait until an order has been acknowledged since the one before, so that what is killed has been at work; the
    others meet the exchange wherever it is, coming back too.
    """
    killed: Counter[str] = Counter()
    while killed.total() < count:
        assert demo.process.poll() is None, demo.said()
        if chance.random() < 0.5:
            wait_for_work(clients)
        time.sleep(chance.uniform(0.05, 2))
        running = victims(demo)
        if not running:
            continue
        (kind,) = chance.choices(list(running), [VICTIMS[kind] for kind in running])
        try:
            chance.choice(running[kind]).kill()
        except psutil.NoSuchProcess:
            continue
        killed[kind] += 1
        if killed.total() % 10 == 0:
            sys.stdout.write(f"{killed.total()} killed: {dict(killed)}\n")
            sys.stdout.flush()
    return killed


def wait_for_work(clients: list[Client]) -> None:
    """Wait until an order is acknowledged, for WORK_S_MAX at most."""
    deadline = time.monotonic() + WORK_S_MAX
    before = sum(len(client.acknowledged) for client in clients)
    while sum(len(client.acknowledged) for client in clients) == before and time.monotonic() < deadline:
        time.sleep(0.02)


def wait_until_quiet(demo: Demo) -> None:
    """Wait until everything that was accepted has been matched and cleared."""
    deadline = time.monotonic() + QUIET_S_MAX
    waiting = (
        "SELECT (SELECT count(*) FROM matching_command WHERE sequence IS NULL) + (SELECT count(*) FROM matching_market m"
        " LEFT JOIN billing_clearingcursor c ON c.market_id = m.id WHERE m.sequence > coalesce(c.sequence, 0))"
    )
    while demo.query(waiting):
        assert time.monotonic() < deadline, "what was accepted is not matched and cleared"
        time.sleep(0.2)


def find_losses(demo: Demo, clients: list[Client]) -> Iterator[str]:
    """Compare what the clients were told with what is stored."""
    with psycopg.connect(locations.database_url(demo.var_dir / "postgres")) as connection:
        stored = connection.execute(
            "SELECT o.client_order_id, o.id, o.state, count(c.id) FROM matching_order o"
            ' LEFT JOIN matching_command c ON c.order_id = o.id AND c."do" = %s'
            " WHERE o.client_order_id LIKE 'kill-%%' GROUP BY o.id",
            [Do.NEW.value],
        ).fetchall()
        cancelled = {
            row[0]
            for row in connection.execute(
                'SELECT order_id FROM matching_command WHERE "do" = %s AND sequence IS NOT NULL', [Do.CANCEL.value]
            )
        }
    times = Counter(name for name, _, _, _ in stored)
    ids = {name: order_id for name, order_id, _, _ in stored}
    state_of = {order_id: state for _, order_id, state, _ in stored}
    for name, order_id, state, commands in stored:
        if times[name] != 1 or commands != 1 or state == "pending":
            yield f"{name}, order {order_id}: stored {times[name]} times, {commands} commands, {state}"
        if not any(name in client.sent for client in clients):
            yield f"{name}, order {order_id}: nobody placed it"
    for client in clients:
        yield from client.contradictions
        for name, order_id in client.acknowledged.items():
            if ids.get(name) != order_id:
                yield f"{name} was acknowledged as order {order_id} and is stored as {ids.get(name)}"
        for order_id in client.cancelled:
            if order_id not in cancelled or state_of.get(order_id) == "open":
                yield f"order {order_id} was said to be cancelled and is {state_of.get(order_id)}"
        for name in client.sent - client.acknowledged.keys():
            if name in ids:
                yield f"{name} was refused and is stored as order {ids[name]}"


def report(seed: int, killed: Counter[str], clients: list[Client]) -> str:
    """Say what was done."""
    placed = sum(len(client.acknowledged) for client in clients)
    refused: Counter[str] = sum((client.refused for client in clients), Counter())
    return (
        f"SOAK_SEED={seed}: {killed.total()} SIGKILLs ({', '.join(f'{n} {kind}' for kind, n in killed.items())}); "
        f"{placed} orders acknowledged, {sum(len(c.cancelled) for c in clients)} cancelled, "
        f"{refused.total()} refused {dict(refused)}, {sum(client.again for client in clients)} requests sent again\n"
    )

"""`make demo` as a person meets it: it starts, answers, trades, stops cleanly, and starts again with its data."""

from __future__ import annotations

import json
import signal
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import cycle
from pathlib import Path
from typing import Any

import psutil
import pytest
import requests
from websockets.sync.client import connect

from marketplace.demo.people import DEMO_LOGINS, DEMO_PASSWORD
from marketplace.embedded.postgres import EmbeddedPostgres
from tests.browser.chromium import find_chromium, run_chromium
from tests.browser.first_job import reach_a_filled_job
from tests.browser.person import Person
from tests.house.demo import Demo, free_port
from tests.house.kills import make_keys, victims

ANYBODY = ("", "markets/", "buy/")
PAGES = {
    "buyer": (*ANYBODY, "compute/", "compute/orders/", "compute/trades/", "wallet/", "wallet/documents/"),
    "provider": (*ANYBODY, "provider/", "provider/list/", "provider/offers/", "provider/sites/", "provider/earnings/"),
    "finance": (
        *ANYBODY,
        "finance/",
        "finance/reports/reconciliation/",
        "finance/runs/",
        "finance/invoices/",
        "finance/ledger/",
        "finance/bank/",
    ),
    "approver": (*ANYBODY, "finance/", "finance/payouts/"),
}


def visit(session: requests.Session, url: str, pages: tuple[str, ...]) -> Iterator[tuple[str, int]]:
    """Open each page, one in Chinese and the next in English, and give its status."""
    for language, page in zip(cycle(("zh-hans", "en")), pages, strict=False):
        yield page, session.get(url + page, headers={"Accept-Language": language}, timeout=60).status_code


def wait_for_line(demo: Demo, line: str) -> None:
    """Wait until the terminal says it."""
    deadline = time.monotonic() + 60
    while line not in demo.said():
        assert time.monotonic() < deadline, demo.said()
        time.sleep(0.1)


@pytest.fixture(scope="module")
def demo_dir(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A var folder for the demos of this module, which leave no process behind."""
    folder = tmp_path_factory.mktemp("demo") / "var"
    yield folder
    assert not EmbeddedPostgres(folder / "postgres").is_running()


@pytest.mark.slow
@pytest.mark.timeout(420)
def test_a_first_start_opens_on_a_living_market_and_stops_cleanly(demo_dir: Path) -> None:
    demo = Demo(demo_dir, free_port())
    try:
        demo.wait_until_it_answers()
        assert demo.url in demo.said()
        assert requests.get(demo.url, timeout=30).status_code == 200
        broken = [
            f"{login.email} {page}: {status}"
            for login in DEMO_LOGINS
            for page, status in visit(demo.sign_in(login.email, DEMO_PASSWORD), demo.url, PAGES[login.role])
            if status != 200
        ]
        assert broken == []
        assert demo.query("SELECT count(*) FROM billing_invoice") > 0, "finance has invoices"
        assert demo.query("SELECT count(*) FROM billing_invoicedue WHERE due_on < now() AND paid_fen < total_fen") > 0
        assert demo.query("SELECT count(*) FROM billing_payout WHERE state = 'paid'") > 0
        assert demo.query("SELECT count(*) FROM billing_bankline WHERE state = 'open'") > 0
        assert demo.query("SELECT count(*) FROM billing_adjustment WHERE kind = 'shortfall'") > 0
        assert demo.query("SELECT count(*) FROM offers_siteprofile WHERE state = 'submitted'") > 0
        assert demo.query("SELECT min(green_share_percent) FROM offers_siteprofile WHERE state = 'active'") > 0
        assert demo.query("SELECT count(DISTINCT hour) FROM matching_booklevel WHERE side = -1") >= 72
        assert demo.query("SELECT count(DISTINCT hour) FROM matching_booklevel WHERE side = 1") >= 66

        orders = demo.query("SELECT count(*) FROM matching_order")
        deadline = time.monotonic() + 60
        while demo.query("SELECT count(*) FROM matching_order WHERE state <> 'pending'") < orders + 3:
            assert time.monotonic() < deadline, "the traders trade"
            time.sleep(0.2)
    finally:
        code = demo.stop()
    assert code == 0, demo.said()
    assert demo.said().rstrip().endswith("`make demo` goes on where this left off.")
    assert demo.family() == []


@pytest.mark.slow
@pytest.mark.timeout(420)
def test_a_second_start_is_quick_keeps_the_data_and_heals(demo_dir: Path) -> None:
    demo = Demo(demo_dir, free_port())
    try:
        started = time.monotonic()
        demo.wait_until_it_answers()
        assert "First start" not in demo.said()
        assert time.monotonic() - started < 60

        second = Demo(demo_dir, free_port())
        assert second.process.wait(60) == 1
        assert "A demo already runs on" in second.said()

        (matcher,) = [process for process in demo.family() if process.cmdline()[-1] == "matcher"]
        matcher.kill()
        wait_for_line(demo, "matcher ended (signal SIGKILL); starting it again")
        psutil.Process(int((demo_dir / "postgres" / "postmaster.pid").read_text().split()[0])).kill()
        wait_for_line(demo, "The database had ended and was started again.")
    finally:
        code = demo.stop(signal.SIGTERM)
    assert code == 0, demo.said()
    assert demo.family() == []


@pytest.mark.browser
@pytest.mark.soak
@pytest.mark.timeout(420)
def test_a_new_visitor_has_a_filled_job_in_five_clicks_and_a_minute(demo_dir: Path) -> None:
    if find_chromium() is None:
        pytest.skip("no Chromium on this machine; install Debian's chromium to run the browser tests")
    (buyer,) = [login for login in DEMO_LOGINS if login.role == "buyer"]
    filled = (
        "SELECT count(*) FROM matching_order o JOIN accounts_membership m USING (participant_id)"
        f" JOIN accounts_user u ON u.id = m.user_id WHERE o.state = 'filled' AND u.email = '{buyer.email}'"
    )
    demo = Demo(demo_dir, free_port())
    try:
        demo.wait_until_it_answers()
        before = demo.query(filled)
        with run_chromium() as browser:
            for language in ("en-GB", "zh-CN"):
                visitor = Person(browser, demo.url.rstrip("/"), language)
                reach_a_filled_job(visitor, email=buyer.email, password=DEMO_PASSWORD)
                assert visitor.errors == []
        assert demo.query(filled) >= before + 2
    finally:
        code = demo.stop()
    assert code == 0, demo.said()


@pytest.mark.soak
@pytest.mark.timeout(420)
def test_two_web_processes_serve_one_exchange(demo_dir: Path) -> None:
    before = web_starts(demo_dir)
    demo = Demo(demo_dir, free_port(), "--web-processes", "2", "--no-traders")
    try:
        demo.wait_until_it_answers()
        keys = make_keys(demo)
        site, market, _tick, lot, reference = keys["sites"][0]
        order = {"market": market, "side": "ask", "kind": "hourly", "site": site, "start": int(time.time() // 3600) + 5,
                 "hours": 1, "quantity": lot, "price_fen": reference}  # fmt: skip
        first, second = wait_for_web_starts(demo, before + 2)
        with only(first, of=second), connect(demo.url.replace("http", "ws") + "live/") as feed:
            feed.send(json.dumps({"do": "subscribe", "market": market}))
            while json.loads(feed.recv(timeout=60))["type"] != "snapshot":
                pass
            first.suspend()  # who listens stands still, who places goes on
            second.resume()
            placed = requests.post(
                f"{demo.url}api/v1/orders",
                json=order,
                headers={"Authorization": f"Bearer {keys['provider']}"},
                timeout=60,
            )
            assert placed.status_code == 201, placed.text
            first.resume()
            while order["start"] not in hours_told(json.loads(feed.recv(timeout=60))):
                pass
        first.kill()
        for _ in range(20):
            assert requests.get(f"{demo.url}markets/", timeout=30).status_code == 200
        wait_for_line(demo, "ended (signal SIGKILL); starting it again")
        assert len(wait_for_web_starts(demo, before + 3)) == 2
    finally:
        code = demo.stop()
    assert code == 0, demo.said()
    assert demo.family() == []


def web_starts(var_dir: Path) -> int:
    """How often a web process has come to listen."""
    return sum(log.read_text(encoding="utf-8").count("Uvicorn running") for log in (var_dir / "log").glob("web*.log"))


def wait_for_web_starts(demo: Demo, starts: int) -> list[psutil.Process]:
    """Return the web processes that run, once there have been so many starts."""
    deadline = time.monotonic() + 60
    while web_starts(demo.var_dir) < starts:
        assert time.monotonic() < deadline, demo.said()
        time.sleep(0.1)
    return victims(demo)["web"]


@contextmanager
def only(one: psutil.Process, *, of: psutil.Process) -> Iterator[None]:
    """Let `one` alone take connections until it is suspended; both run afterwards."""
    of.suspend()
    try:
        yield
    finally:
        for process in (one, of):
            process.resume()


def hours_told(message: dict[str, Any]) -> set[int]:
    """The delivery hours that a live message tells of."""
    return {event.get("hour") for event in message.get("events", [])}


def test_a_taken_port_is_said_in_a_sentence(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        demo = Demo(tmp_path / "var", port)
        assert demo.process.wait(60) == 1
    assert f"Port {port} is taken by another program. Choose a free one: make demo PORT={port + 1}" in demo.said()
    assert "Traceback" not in demo.said()

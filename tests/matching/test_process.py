"""The matcher as a real process: woken by an order, alone at work, stopped by SIGTERM."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager

import pytest
from django.conf import settings
from django.utils import timezone

from matching.hours import hour_of
from matching.models import Command, Order
from tests.factories import ask, bid, make_market, make_participant, make_site
from tests.matching.conftest import place

Process = subprocess.Popen[str]


@contextmanager
def matcher(environment: dict[str, str]) -> Iterator[Process]:
    """Run `manage.py matcher`, killed at the end if it still runs."""
    process = subprocess.Popen(
        [sys.executable, "manage.py", "matcher"],
        cwd=settings.BASE_DIR,
        env=environment,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def wait_for_line(process: Process, words: str) -> None:
    assert process.stderr is not None
    lines = []
    for line in process.stderr:
        lines.append(line)
        if words in line:
            return
    raise AssertionError("".join(lines))


def wait_until(condition: Callable[[], bool], *, seconds: float = 20) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


@pytest.mark.slow
def test_a_process_matches_stands_by_takes_over_and_stops(process_environment: dict[str, str]) -> None:
    market = make_market()
    site, buyer = make_site(market), make_participant()
    now = timezone.now()
    with ExitStack() as running:
        first = running.enter_context(matcher(process_environment))
        wait_for_line(first, "ready")
        second = running.enter_context(matcher(process_environment))
        wait_for_line(second, "standing by")
        start = hour_of(now) + 2
        place([ask(site, start=start), bid(buyer, market, start=start)], now=now)
        wait_until(lambda: Order.objects.filter(state=Order.State.FILLED).count() == 1)
        wait_until(lambda: Command.objects.filter(hour__isnull=False, sequence__isnull=False).exists())

        first.kill()
        wait_for_line(second, "ready")
        place([bid(buyer, market, start=start)], now=now)
        wait_until(lambda: Order.objects.filter(state=Order.State.FILLED).count() == 2)

        second.send_signal(signal.SIGTERM)
        wait_for_line(second, "stopped")
        assert second.wait(timeout=10) == 0

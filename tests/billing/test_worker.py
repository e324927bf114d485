"""A worker as a real process on the embedded broker: it dies whole, and the next one does what it has not done."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest
from django.conf import settings

from billing.models import Obligation
from tests.billing.world import World
from tests.matching.processes import wait_until

WAIT_S_MAX = 90
CELERY = [sys.executable, "-m", "celery", "-A", "marketplace"]


@pytest.mark.slow
def test_a_killed_worker_leaves_nothing_behind_that_waits_for_it(
    process_environment: dict[str, str], world: World, tmp_path: Path
) -> None:
    environment = {**process_environment, "SUANSHI_VAR": str(tmp_path)}
    for done in (1, 2):
        world.trade(world.bid(0, hours=3), price_fen=900, quantity=1)
        with worker(environment) as process:
            subprocess.run([*CELERY, "call", "billing.clear"], cwd=settings.BASE_DIR, env=environment, check=True)
            wait_until(lambda done=done: Obligation.objects.count() == done, seconds=WAIT_S_MAX)  # type: ignore[misc]
            assert psutil.Process(process.pid).children() == []


@contextmanager
def worker(environment: dict[str, str]) -> Iterator[subprocess.Popen[bytes]]:
    """Run a worker and kill it at the end."""
    command = [*CELERY, "worker", "--loglevel", "WARNING", "--without-gossip", "--without-mingle"]
    process = subprocess.Popen(command, cwd=settings.BASE_DIR, env=environment)
    try:
        yield process
    finally:
        process.kill()
        process.wait()

"""Random participants through the real code, with faults at every step: what came of it is what would have come without them."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest
from django.conf import settings

from tests.simulation.campaign import play
from tests.simulation.report import failure_of

SEEDS = 3
SEEDS_OF_THE_SOAK = 1000
PROCESSES = 2


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
@pytest.mark.timeout(300)
def test_faults_change_no_outcome() -> None:
    for seed in range(1, SEEDS + 1):
        run = play(seed)
        assert not run.differences, failure_of(run, lines=60)


@pytest.mark.django_db(transaction=True)
def test_a_seed_decides_every_step() -> None:
    first, second = play(4), play(4)
    assert first.trace == second.trace
    assert first.faults == second.faults
    assert first.commands > 0


@pytest.mark.soak
def test_a_thousand_seeds() -> None:
    seeds = int(os.environ.get("SOAK_SEEDS", SEEDS_OF_THE_SOAK))
    share = -(-seeds // PROCESSES)
    running = [
        subprocess.Popen(
            [sys.executable, "-m", "tests.simulation", "--seed", str(1 + row * share), "--seeds", str(share)],
            cwd=settings.BASE_DIR,
        )
        for row in range(PROCESSES)
    ]
    assert [process.wait() for process in running] == [0] * PROCESSES

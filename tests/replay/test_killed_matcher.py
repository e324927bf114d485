"""Matchers killed with SIGKILL at random moments of a replay leave what an undisturbed one leaves."""

from __future__ import annotations

import os
import random
import subprocess
import sys
import time
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import call_command

from marketplace.replay.calendar import Calendar
from marketplace.replay.player import Player
from marketplace.replay.seed import seed_week
from marketplace.replay.week import Week, read_week
from matching.linking import link_markets
from matching.matcher import Matcher
from matching.models import Command, Market, Trade
from tests.replay.end_state import end_state
from tests.replay.synthetic import write_synthetic_folder

KILLS = int(os.environ.get("KILLED_MATCHER_KILLS", "5"))
WAIT_S_MAX = 60

# In the future, so that the process's own clock closes no gate of the week.
CALENDAR = Calendar(datetime(2040, 1, 1, 16, tzinfo=UTC))


@dataclass
class Processes:
    """Two real matcher processes that share two link groups; the older one is killed, and the other has all until there is a new one."""

    environment: dict[str, str]
    chance: random.Random
    kill_at: set[int]  # numbers of the calls of `match` at which the older one is killed
    running: deque[subprocess.Popen[bytes]] = field(default_factory=deque)
    calls: int = 0
    kills: int = 0
    kills_at_work: int = 0

    def start(self) -> None:
        command = [sys.executable, "manage.py", "matcher"]
        self.running.append(subprocess.Popen(command, cwd=settings.BASE_DIR, env=self.environment))

    def match(self) -> None:
        """Wait until the inbox is empty, killing the older process on the way where it is due."""
        if self.calls in self.kill_at:
            time.sleep(self.chance.uniform(0, 0.06))
            self.kills += 1
            self.kills_at_work += Command.objects.filter(sequence=None).exists()
            self.kill_older()
            self.start()
        self.calls += 1
        deadline = time.monotonic() + WAIT_S_MAX
        while Command.objects.filter(sequence=None).exists():
            assert time.monotonic() < deadline, "the matcher does not come back"
            time.sleep(0.005)

    def kill_older(self) -> None:
        process = self.running.popleft()
        process.kill()
        process.wait()


@pytest.fixture
def processes(process_environment: dict[str, str]) -> Iterator[Processes]:
    made = Processes(process_environment, random.Random(20251117), kill_at=set())
    yield made
    while made.running:
        made.kill_older()


def seeded_player(week: Week) -> Player:
    call_command("flush", interactive=False, verbosity=0)
    player = Player(
        week=week, seeded=seed_week(week=week, now=CALENDAR.start), match=Matcher().drain, calendar=CALENDAR
    )
    link_markets(symbols=[Market.objects.order_by("id")[1].symbol], link_group="second")
    # The process's own clock finds nothing to close before the week.
    Market.objects.update(closed_until=CALENDAR.first_hour + week.first_hour)
    return player


@pytest.mark.slow
@pytest.mark.timeout(240)
def test_kills_change_nothing(processes: Processes, tmp_path: Path) -> None:
    week = read_week(write_synthetic_folder(tmp_path, bids=200))
    undisturbed = seeded_player(week)
    calls = count_calls(undisturbed)
    undisturbed.play()
    expected = end_state()
    assert Trade.objects.count() > 50

    processes.kill_at = set(processes.chance.sample(range(1, calls[0] - 1), KILLS))
    disturbed = seeded_player(week)
    disturbed.match = processes.match
    processes.start()
    processes.start()
    disturbed.play()
    found = end_state()

    assert processes.kills == KILLS
    assert processes.kills_at_work > 0, "no kill met the matcher at work; the moments prove nothing"
    for table in expected:
        assert found[table] == expected[table], table


def count_calls(player: Player) -> list[int]:
    """Count the calls of the player's `match`, in the one item of the list returned."""
    calls = [0]
    match = player.match

    def counted() -> None:
        calls[0] += 1
        match()

    player.match = counted
    return calls
